"""What a release consists of, what its types say to a user's script, and how long an installation takes."""

import os
import re
import shlex
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.packaging import release

pytest.importorskip("hatchling")

ROOT = Path(__file__).parents[2]

SCRIPT = """
import itp_sim as itp

patient = itp.typical_patient("adult_chronic", weight_kg=70, platelets=12)
arms = {"1 g/kg": itp.regimen("1 g/kg"), "2 g/kg": itp.regimen("1 g/kg daily x 2")}
run = itp.simulate(patient, arms, days=42)
peak: float = float(run.platelets.max())
table = itp.response(run)
print(peak, table.peak, arms["2 g/kg"].plan(weight_kg=92))
"""


@pytest.mark.slow
def test_types_are_seen_by_the_script_of_a_user(tmp_path: Path) -> None:
    pytest.importorskip("mypy")

    def checked(text: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "mine.py").write_text(text, encoding="utf-8")
        words = [sys.executable, "-m", "mypy", "--strict", "--config-file", os.devnull, "mine.py"]
        env = os.environ | {"MYPYPATH": str(ROOT / "src")}
        return subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)

    assert checked(SCRIPT).returncode == 0, checked(SCRIPT).stdout
    wrong = checked(SCRIPT.replace("weight_kg=70", "weight_kg='70'").replace("itp.response(run)", "itp.respnse(run)"))
    assert '"weight_kg" to "typical_patient" has incompatible type "str"' in wrong.stdout
    assert 'has no attribute "respnse"' in wrong.stdout


def test_the_system_of_a_library_is_read_from_its_head() -> None:
    def head(text: str) -> bytes:
        return bytes.fromhex(text.replace(" ", "")).ljust(256, b"\0")

    assert release.kind(head("7f454c46 02010100 00000000 00000000 0300 b700")) == "linux_aarch64"
    assert release.kind(head("cffaedfe 0c000001")) == "macos_arm64"
    assert release.kind(head("cffaedfe 07000001")) == "macos_x86_64"
    assert release.kind(b"MZ" + bytes(58) + b"\x40\0\0\0" + b"PE\0\0\x64\x86" + bytes(8)) == "windows_x86_64"
    assert release.kind(b"anything else") == "unknown"


def test_a_wheel_with_the_kernel_of_another_is_seen() -> None:
    cross = release.hook().CROSS
    files = frozenset({"itp_sim/__init__.py"})
    good = [
        release.Found(f"{name}.whl", f"py3-none-{one.tag}", name, True, files | {release.KERNEL}, 1)
        for name, one in cross.items()
    ]
    good.append(release.Found("pure.whl", "py3-none-any", "none", False, files, 1))
    assert release.wrong(good) == []
    first, *others = good
    assert "holds a kernel for none" in release.wrong([first._replace(kind="none"), *others])[0]
    assert "comes from other sources" in release.wrong([first._replace(digest=False), *others])[0]
    assert "holds other files" in release.wrong([first, others[0]._replace(files=files | {"more"}), *others[1:]])[0]
    assert "tags are" in release.wrong(others)[0]


def test_the_platform_of_a_wheel_must_be_one_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    hook = release.hook()
    monkeypatch.setenv(hook.PLATFORM, "amiga")
    with pytest.raises(ValueError, match="ITP_SIM_PLATFORM is 'amiga': choose from linux_x86_64"):
        hook.chosen_platform()
    monkeypatch.setenv(hook.PLATFORM, "windows_x86_64")
    assert hook.chosen_platform() is hook.CROSS["windows_x86_64"]
    assert hook.CustomBuildHook(str(ROOT), {}, None, None, str(ROOT), "wheel").dependencies() == ["ziglang"]


def test_the_page_of_the_release_names_every_platform() -> None:
    text = release.PAGE.read_text(encoding="utf-8")
    for name, one in release.hook().CROSS.items():
        assert re.search(rf"^\| py3-none-{one.tag} \| {name} \| \d+ \| [\d.]+ \|$", text, re.MULTILINE), name
    assert re.search(r"^\| py3-none-any \| none \| \d+ ", text, re.MULTILINE)


@pytest.mark.slow
def test_wheels_for_every_platform_are_built_and_hold_what_they_must(tmp_path: Path) -> None:
    pytest.importorskip("build")
    asked = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(tmp_path / "zig"), "ziglang"]
    if subprocess.run(asked, capture_output=True, check=False).returncode:
        pytest.skip("ziglang cannot be downloaded here")
    release.build(tmp_path)
    assert release.wrong(list(release.wheels(tmp_path))) == []


#: Seconds from the wheel to the first table, on a warm cache.
INSTALLED_WITHIN = 90


@pytest.mark.slow
def test_installed_and_run_within_a_minute_and_a_half(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """The wheel built from the sdist, in a fresh environment, then the README's first command."""
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", tmp_path, ROOT], check=True, capture_output=True
    )
    (wheel,) = tmp_path.glob("*.whl")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (line,) = re.findall(r"pip install \. && (itp-sim compare .*)$", readme, re.MULTILINE)
    hidden = {"PYTHONPATH", "VIRTUAL_ENV"}
    env = {name: value for name, value in os.environ.items() if name not in hidden}
    scripts = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    for turn in ("cold", "warm"):
        start, used = time.monotonic(), os.times()
        venv.create(tmp_path / "venv", with_pip=True, clear=True)
        subprocess.run([scripts / "python", "-m", "pip", "install", "-q", wheel], env=env, check=True)
        command, *words = shlex.split(line)
        said = subprocess.run([scripts / command, *words], cwd=tmp_path, env=env, check=True, capture_output=True)
        assert b"peak count" in said.stdout
        spent, ended = time.monotonic() - start, os.times()
        processor = ended.children_user + ended.children_system - used.children_user - used.children_system
        record_property("worst", f"{turn}: {spent:.0f} s, {processor:.0f} of processor time")
        print(f"{turn}: {spent:.0f} s, {processor:.0f} s of processor time")
    # A busy machine takes longer by the clock alone.
    assert min(spent, processor) <= INSTALLED_WITHIN
    assert (tmp_path / "comparison.png").stat().st_size > 10_000
