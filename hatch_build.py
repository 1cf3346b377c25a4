"""Compiles the kernel of the fast engine: while a wheel is built, or in place by ``python hatch_build.py``.

By hand, after an edit of the equations, it first prints again what is generated from them.

Any C compiler of the GCC or Clang family serves; where there is none, a build asks for the `ziglang` package from PyPI,
which brings one. Without any of them the package installs as pure Python: the NumPy engine gives the same results.
``ITP_SIM_PURE=1`` leaves the kernel out on purpose: that wheel runs everywhere, in a browser too (docs/jupyterlite.md).
``ITP_SIM_PLATFORM=macos_arm64`` builds a wheel for another platform, with ziglang; `CROSS` has the names.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, without hatchling
    BuildHookInterface = object

SOLVE = Path(__file__).parent / "src" / "itp_sim" / "solve"
LIBRARY = SOLVE / "libkernel.so"
SOURCES = (SOLVE / "kernel.c", SOLVE / "generated.h")

#: Set to anything, this leaves the kernel out of a wheel.
PURE = "ITP_SIM_PURE"

#: Names the platform of a wheel that is built on another one.
PLATFORM = "ITP_SIM_PLATFORM"


class Cross(NamedTuple):
    """A platform that wheels are built for from any other."""

    target: str  #: as Zig calls it, with the oldest system
    tag: str  #: of the wheel
    wide: bool  #: whether its processors may have the wide vectors


CROSS = {
    "linux_x86_64": Cross("x86_64-linux-gnu.2.17", "manylinux_2_17_x86_64", True),
    "linux_aarch64": Cross("aarch64-linux-gnu.2.17", "manylinux_2_17_aarch64", False),
    "macos_x86_64": Cross("x86_64-macos.11.0-none", "macosx_11_0_x86_64", True),
    "macos_arm64": Cross("aarch64-macos.11.0-none", "macosx_11_0_arm64", False),
    "windows_x86_64": Cross("x86_64-windows-gnu", "win_amd64", True),
}

# Never a fast-math flag: every machine must give the same bits.
FLAGS = ("-O3", "-std=gnu11", "-ffp-contract=off", "-fvisibility=hidden", "-fno-sanitize=undefined")
# One object for each width of the vector; the wide ones are called only where the processor has them.
ANYWHERE = {1: (), 2: ()}
ON_X86 = {4: ("-mavx2",), 8: ("-mavx512f", "-mavx512dq", "-mavx512vl", "-mprefer-vector-width=512")}


class CustomBuildHook(BuildHookInterface):  # type: ignore[misc]
    """Puts the compiled kernel into the wheel."""

    def dependencies(self) -> list[str]:
        """What a build needs on top: a compiler, if the machine has none."""
        if self.target_name == "wheel" and os.environ.get(PLATFORM):
            return ["ziglang"]
        needless = self.target_name != "wheel" or os.environ.get(PURE) or working_compiler()
        return [] if needless or not to_be_had("ziglang") else ["ziglang"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and mark the wheel as one for this platform; or say that there is no kernel."""
        if self.target_name != "wheel" or os.environ.get(PURE):
            return
        cross = chosen_platform()
        problem = compile_kernel(cross=cross)
        if problem and cross:
            raise RuntimeError(f"no kernel for {cross.tag}: {problem}")
        if problem:
            self.app.display_warning(f"itp_sim is installed without its compiled kernel: {problem}")
            return
        build_data["artifacts"].append(f"/{LIBRARY.relative_to(self.root).as_posix()}")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{cross.tag if cross else platform_tag()}"


def compile_kernel(target: Path = LIBRARY, flags: tuple[str, ...] = FLAGS, cross: Cross | None = None) -> str:
    """Compile the kernel beside its sources, for `cross` or for this machine; return why not, or nothing."""
    target.unlink(missing_ok=True)
    if sys.maxsize < 2**32 and not cross:
        return "it needs a 64-bit machine"
    compiler = zig("-target", cross.target) if cross else working_compiler()
    if not compiler:
        return "no C compiler (cc, gcc, clang, or the ziglang package) was found"
    wide = cross.wide if cross else platform.machine().lower() in {"x86_64", "amd64"}
    independent = position_independent("win32" if cross and "windows" in cross.target else None)
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "libkernel.so"
        objects = [Path(folder) / f"{lanes}.o" for lanes in (0, *ANYWHERE, *(ON_X86 if wide else ()))]
        extra = {int(o.stem): (f"-DLANES={o.stem}", *(ANYWHERE | ON_X86)[int(o.stem)]) for o in objects[1:]}
        extra[0] = (f'-DDIGEST="{digest()}"', *(("-DWIDE",) if wide else ()))
        try:
            for o in objects:
                run(*compiler, *flags, *independent, *extra[int(o.stem)], "-c", SOURCES[0], "-o", o)
            run(*compiler, *flags, "-shared", *objects, "-o", built)
        except subprocess.CalledProcessError as error:
            return f"{compiler[0]} failed: {error.stderr.strip()[-500:]}"
        return (not cross and loaded(built)) or moved(built, target)


def moved(built: Path, target: Path) -> str:
    """Put `built` at `target` in one move, since a process may have loaded what was there; return nothing."""
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    shutil.copyfile(built, draft)
    draft.replace(target)
    return ""


def to_be_had(package: str) -> bool:
    """Whether pip finds `package`; where there is no pip to ask, the front end is expected to find it."""
    pip = (sys.executable, "-I", "-m", "pip")  # isolated: the environment of a build hides the pip that made it
    try:
        run(*pip, "--version")
    except (OSError, subprocess.SubprocessError):
        return True
    try:
        run(*pip, "install", "--quiet", "--dry-run", "--no-deps", package)
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def loaded(library: Path) -> str:
    """Try `library` in a process of its own; return what went wrong, or nothing."""
    code = """import ctypes, sys
digest = ctypes.CDLL(sys.argv[1]).itp_digest
digest.restype = ctypes.c_char_p
print(digest().decode())"""
    try:
        said = run(sys.executable, "-c", code, library).strip()
    except subprocess.CalledProcessError as error:
        return f"it does not load: {error.stderr.strip()[-500:]}"
    return "" if said == digest() else "another library was loaded in its place"


def working_compiler() -> tuple[str, ...]:
    """The first compiler that makes a shared library, or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "try.c"
        source.write_text("#include <stdint.h>\nint64_t one(void) { return 1; }\n", encoding="utf-8")
        for compiler in compilers():
            try:
                run(*compiler, *FLAGS, *position_independent(), "-shared", source, "-o", Path(folder) / "try.so")
            except (OSError, subprocess.CalledProcessError):
                continue
            return compiler
    return ()


def compilers() -> Iterator[tuple[str, ...]]:
    """Compilers that may be here, best first."""
    for name in (os.environ.get("CC"), "cc", "gcc", "clang"):
        path = name and shutil.which(name)
        if path:
            yield (path,)
    if zig():
        yield zig()


def zig(*more: str) -> tuple[str, ...]:
    """The compiler of the ziglang package, if it is there."""
    # Zig compiles for the machine it runs on unless told otherwise; a wheel must run on others too.
    return (sys.executable, "-m", "ziglang", "cc", "-mcpu=baseline", *more) if find_spec("ziglang") else ()


def chosen_platform() -> Cross | None:
    """The platform that was asked for; none is this one."""
    name = os.environ.get(PLATFORM)
    if name and name not in CROSS:
        raise ValueError(f"{PLATFORM} is {name!r}: choose from {', '.join(CROSS)}")
    return CROSS[name] if name else None


def position_independent(system: str | None = None) -> tuple[str, ...]:
    """Flag for code that can be loaded anywhere; Windows always makes such code."""
    return () if (system or sys.platform) == "win32" else ("-fPIC",)


def digest() -> str:
    """Digest of the sources, as `itp_sim.solve.kernel` checks it."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in SOURCES)).hexdigest()


def platform_tag() -> str:
    """Tag of the platform that the wheel is for."""
    from packaging.tags import platform_tags

    return next(tag for tag in platform_tags() if "manylinux" not in tag and "musllinux" not in tag)


def run(*command: object, env: Mapping[str, str] | None = None) -> str:
    """Standard output of `command`."""
    words = [str(part) for part in command]
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=1800, env=env).stdout  # noqa: S603


def printed_again() -> str:
    """Print the fast engines' sources from the equations if they have changed; return why not, or nothing."""
    source = os.pathsep.join(filter(None, [str(SOLVE.parents[1]), os.environ.get("PYTHONPATH")]))
    try:
        sys.stdout.write(run(sys.executable, "-m", "itp_sim.generate", env=os.environ | {"PYTHONPATH": source}))
    except subprocess.CalledProcessError as error:
        return f"the equations cannot be printed: {error.stderr.strip()[-500:]}"
    return ""


if __name__ == "__main__":
    failure = printed_again() or compile_kernel()
    sys.stdout.write(f"{failure or LIBRARY}\n")
    sys.exit(bool(failure))
