"""Build what a release consists of, and look into it: ``python tests/packaging/release.py FOLDER [--write]``.

An sdist; from that sdist a wheel for each platform, compiled by ziglang, and a pure one that runs everywhere. It needs
PyPI and the packages build and hatchling. ``--write`` puts what was found into docs/release.md. A folder that has
wheels in it is only looked into.
"""

import importlib.util
import os
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "release.md"
KERNEL = "itp_sim/solve/libkernel.so"
#: Machines by their number in the head of an ELF, a Mach-O and a PE file.
ELF = {0x3E: "x86_64", 0xB7: "aarch64"}
MACH = {0x01000007: "x86_64", 0x0100000C: "arm64"}
PE = {0x8664: "x86_64"}


class Found(NamedTuple):
    """What is in one wheel."""

    name: str
    tag: str
    kind: str  #: of the compiled kernel, such as "macos_arm64"; "none"
    digest: bool  #: whether the kernel says that it comes from these sources
    files: frozenset[str]
    size: int  #: bytes


def hook() -> ModuleType:
    """The build hook, which knows the platforms."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def build(folder: Path) -> None:
    """Build the sdist and every wheel into `folder`."""
    _built("--sdist", ROOT, folder)
    (sdist,) = folder.glob("*.tar.gz")
    with tempfile.TemporaryDirectory() as place:
        with tarfile.open(sdist) as archive:
            archive.extractall(place, filter="data")
        (source,) = Path(place).iterdir()
        for name in hook().CROSS:
            _built("--wheel", source, folder, ITP_SIM_PLATFORM=name)
        _built("--wheel", source, folder, ITP_SIM_PURE="1")


def _built(what: str, source: Path, folder: Path, **settings: str) -> None:
    command = [sys.executable, "-m", "build", what, "--outdir", str(folder), str(source)]
    subprocess.run(command, env=os.environ | settings, check=True, stdout=subprocess.DEVNULL)


def kind(library: bytes) -> str:
    """System and machine that a compiled library is for."""
    if library[:4] == b"\x7fELF":
        return f"linux_{ELF.get(struct.unpack_from('<H', library, 18)[0], 'other')}"
    if library[:4] == b"\xcf\xfa\xed\xfe":
        return f"macos_{MACH.get(struct.unpack_from('<I', library, 4)[0], 'other')}"
    if library[:2] == b"MZ":
        at = struct.unpack_from("<I", library, 60)[0]
        return f"windows_{PE.get(struct.unpack_from('<H', library, at + 4)[0], 'other')}"
    return "unknown"


def wheels(folder: Path) -> Iterator[Found]:
    """What is in each wheel of `folder`."""
    digest = hook().digest().encode()
    for path in sorted(folder.glob("*.whl")):
        with zipfile.ZipFile(path) as archive:
            names = frozenset(name for name in archive.namelist() if ".dist-info/" not in name)
            library = archive.read(KERNEL) if KERNEL in names else b""
            (head,) = [name for name in archive.namelist() if name.endswith(".dist-info/WHEEL")]
            tags = [line.split(": ")[1] for line in archive.read(head).decode().splitlines() if line.startswith("Tag")]
        made_for = kind(library) if library else "none"
        yield Found(path.name, " ".join(tags), made_for, digest in library, names, path.stat().st_size)


def wrong(found: list[Found]) -> list[str]:
    """What is not as it must be."""
    cross = hook().CROSS
    said = []
    expected = {f"py3-none-{cross[name].tag}": name for name in cross} | {"py3-none-any": "none"}
    if sorted(one.tag for one in found) != sorted(expected):
        said.append(f"tags are {[one.tag for one in found]}, not {sorted(expected)}")
    for one in found:
        if one.kind != expected.get(one.tag):
            said.append(f"{one.name} holds a kernel for {one.kind}")
        if one.kind != "none" and not one.digest:
            said.append(f"the kernel of {one.name} comes from other sources")
        if one.files - {KERNEL} != found[0].files - {KERNEL}:
            said.append(f"{one.name} holds other files than {found[0].name}")
    return said


def page(folder: Path, found: list[Found]) -> str:
    """What was found, as Markdown."""
    rows = [f"| {one.tag} | {one.kind} | {len(one.files)} | {one.size / 1e6:.1f} |" for one in found]
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        files = sum(member.isfile() for member in archive)
    return "\n".join(
        [
            "# Release",
            "",
            "Built and inspected by `python tests/packaging/release.py FOLDER --write` (needs PyPI, and the packages",
            "build and hatchling): from one sdist, a wheel for each platform, compiled by ziglang, and a pure one",
            "without a kernel.",
            "",
            "| wheel | kernel for | files | MB |",
            "|---|---|---:|---:|",
            *rows,
            f"| sdist | | {files} | {sdist.stat().st_size / 1e6:.1f} |",
            "",
            "Each compiled kernel carries the digest of its sources, and all wheels hold the same files but for it.",
            "A wheel is run only on the platform of the machine that tests it; the others were inspected, not run.",
            "",
        ]
    )


def main() -> int:
    """Return 1 if anything is wrong."""
    folder = Path(sys.argv[1]).absolute()
    if not list(folder.glob("*.whl")):
        build(folder)
    found = list(wheels(folder))
    text = page(folder, found)
    print(text)
    print(*wrong(found), sep="\n")
    if "--write" in sys.argv and not wrong(found):
        PAGE.write_text(text, encoding="utf-8", newline="\n")
    return int(bool(wrong(found)))


if __name__ == "__main__":
    sys.exit(main())
