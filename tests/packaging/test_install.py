"""What a user installs: checkout -> sdist -> wheel -> a new environment outside the checkout."""

import hashlib
import json
import os
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

pytest.importorskip("build")
pytest.importorskip("pip")
pytest.importorskip("hatchling")

ROOT = Path(__file__).parents[2]
COMPILED = {".dll", ".dylib", ".so"}


def run(*command: object, cwd: Path) -> str:
    """Standard output of `command`, run as someone who does not know of the checkout."""
    hidden = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={key: value for key, value in os.environ.items() if key not in hidden},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def hashes(folder: Path) -> dict[str, str]:
    """SHA-256 of each file by its path in `folder`; what was compiled for one machine is left out."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in COMPILED
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel that was built from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (found,) = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a new environment with the wheel in it."""
    home = tmp_path_factory.mktemp("env") / "venv"
    venv.create(home, with_pip=False, symlinks=os.name != "nt")
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    install = ("install", "--quiet", "--no-deps", "--no-index", wheel)
    run(sys.executable, "-m", "pip", "--python", scripts / "python", *install, cwd=home)
    site = run(scripts / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip()
    # The dependencies are borrowed from the environment that runs this test instead of being downloaded again.
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (Path(site) / "borrowed.pth").write_text("\n".join(borrowed) + "\n", encoding="utf-8")
    return scripts


def test_sdist_holds_the_whole_project(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
    assert {"LICENSE", "README.md", "CITATION.cff", "pyproject.toml", "tests/packaging/test_install.py"} <= names
    assert {f"params/{name}" for name in hashes(ROOT / "params")} <= names


def test_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"itp_sim"}
    assert "itp_sim/py.typed" in names
    source = {f"itp_sim/{name}" for name in hashes(ROOT / "src" / "itp_sim")}
    params = {f"itp_sim/params/{name}" for name in hashes(ROOT / "params")}
    written = {name for name in names if ".dist-info/" not in name and Path(name).suffix not in COMPILED}
    assert written == source | params | {"itp_sim/golden.csv"}
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_installed_parameters_are_those_of_the_checkout(installed: Path, tmp_path: Path) -> None:
    file = run(installed / "python", "-c", "import itp_sim; print(itp_sim.__file__)", cwd=tmp_path).strip()
    package = Path(file).parent
    assert not package.is_relative_to(ROOT)
    assert package.is_relative_to(installed.parent)
    expected = hashes(ROOT / "params")
    assert "sources.toml" in expected
    assert hashes(package / "params") == expected


def test_installed_command_reads_its_own_parameters(installed: Path, tmp_path: Path) -> None:
    printed = json.loads(run(installed / "itp-sim", "params", "adult_chronic", "--json", cwd=tmp_path))
    with (ROOT / "params" / "adult_chronic.toml").open("rb") as file:
        written = tomllib.load(file)
    values = {
        name: record["value"] for name, record in written.items() if isinstance(record, dict) and "value" in record
    }
    assert values
    assert {name: printed["parameters"][name]["value"] for name in values} == values


# --- without a compiler on the machine ------------------------------------------------------------------------------

SAID = """
import itp_sim as itp
people = itp.virtual_patients(n=50)
run = itp.simulate(people, "1 g/kg", days=7)
print(run.attrs["solver"], float(run.peak.max()))
"""


def bare(home: Path, built: Path, **settings: str) -> tuple[Path, str]:
    """Bin folder of a new environment with the sdist in it, built where PATH leads to no compiler; what was said."""
    venv.create(home, with_pip=True, symlinks=os.name != "nt")
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    (sdist,) = built.glob("*.tar.gz")
    environment = {key: value for key, value in os.environ.items() if key not in {"CC", "PYTHONPATH", "VIRTUAL_ENV"}}
    done = subprocess.run(
        [scripts / "python", "-m", "pip", "install", "-v", "--no-deps", sdist],
        cwd=home,
        env=environment | {"PATH": str(scripts)} | settings,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    site = run(scripts / "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip()
    borrowed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (Path(site) / "borrowed.pth").write_text("\n".join(borrowed) + "\n", encoding="utf-8")
    return scripts, done.stdout + done.stderr


def downloaded(package: str, folder: Path) -> None:
    """Fetch `package` and what it needs, or skip the test."""
    words = [sys.executable, "-m", "pip", "download", "--quiet", "--dest", str(folder), package]
    if subprocess.run(words, capture_output=True, check=False, timeout=600).returncode:
        pytest.skip(f"{package} cannot be downloaded here")


@pytest.mark.slow
def test_without_a_compiler_the_kernel_comes_through_ziglang(built: Path, tmp_path: Path) -> None:
    downloaded("ziglang", tmp_path)
    scripts, _ = bare(tmp_path / "venv", built)
    assert run(scripts / "itp-sim", "--version", cwd=tmp_path).splitlines()[1] == "engine: kernel (compiled)"
    assert run(scripts / "python", "-c", SAID, cwd=tmp_path).startswith("kernel ")


@pytest.mark.slow
def test_without_any_compiler_the_install_works_and_says_so(built: Path, tmp_path: Path) -> None:
    """The index has what builds the package, and no ziglang."""
    downloaded("hatchling", tmp_path / "index")
    settings = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "index"), "PIP_CONFIG_FILE": os.devnull}
    scripts, said = bare(tmp_path / "venv", built, **settings)
    assert "installed without its compiled kernel: no C compiler" in " ".join(said.split())
    engine = run(scripts / "itp-sim", "--version", cwd=tmp_path).splitlines()[1]
    assert engine.startswith("engine: twin (NumPy), and reference (SciPy) for up to 39 patients; no compiled kernel:")
    assert run(scripts / "python", "-c", SAID, cwd=tmp_path).startswith("twin ")
