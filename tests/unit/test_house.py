"""Rules of the house: a cheap import, a listed public face, floors, no dangerous calls, no global state touched."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import itp_sim

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "itp_sim"
SOURCE_FILES = sorted(SOURCE.rglob("*.py"))
HEAVY = {"matplotlib", "numpy", "pandas", "scipy", "sympy", "xarray"}

FORBIDDEN_CALLS = {"__import__", "compile", "eval", "exec"}
FORBIDDEN_MODULES = {
    "asyncio",
    "code",
    "codeop",
    "commands",
    "dill",
    "ftplib",
    "http",
    "httpx",
    "joblib",
    "marshal",
    "pickle",
    "pty",
    "requests",
    "shelve",
    "smtplib",
    "socket",
    "socketserver",
    "ssl",
    "subprocess",
    "telnetlib",
    "urllib",
    "urllib3",
    "xmlrpc",
}
FORBIDDEN_ATTRIBUTES = re.compile(r"(os|posix)\.(exec\w*|fork\w*|popen|posix_spawn\w*|spawn\w*|startfile|system)")
FORBIDDEN_METHODS = {"eval", "parse_expr", "read_pickle", "sympify", "to_pickle"}


def python(code: str) -> str:
    """Standard output of `code` in a new interpreter that sees this checkout."""
    run = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def short(path: Path) -> str:
    return str(path.relative_to(SOURCE))


def dangers(module: ast.Module) -> list[str]:
    """Every import, call or attribute in `module` that runs text as code, starts a process or opens a connection."""
    found = []
    for node in ast.walk(module):
        match node:
            case ast.Import(names=names):
                found += [n.name for n in names if n.name.split(".")[0] in FORBIDDEN_MODULES]
            case ast.ImportFrom(module=str(home), names=names):
                found += [home] if home.split(".")[0] in FORBIDDEN_MODULES else []
                found += [f"{home}.{n.name}" for n in names if FORBIDDEN_ATTRIBUTES.fullmatch(f"{home}.{n.name}")]
            case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_CALLS | FORBIDDEN_METHODS:
                found.append(name)
            case ast.Attribute(value=ast.Name(id=home), attr=attr) if FORBIDDEN_ATTRIBUTES.fullmatch(f"{home}.{attr}"):
                found.append(f"{home}.{attr}")
            case ast.Attribute(attr=attr) if attr in FORBIDDEN_METHODS:
                found.append(attr)
            case ast.keyword(arg="allow_pickle" | "shell"):
                found.append(str(node.arg))
    return found


# --- the import -----------------------------------------------------------------------------------------------------


def test_import_costs_little() -> None:
    code = """
import resource
def spent():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
before = spent()
import itp_sim
print(spent() - before)
"""
    assert min(float(python(code)) for _ in range(3)) <= 0.35


def test_import_and_dir_load_no_heavy_library() -> None:
    loaded = python("import sys, itp_sim; dir(itp_sim); itp_sim.equations; print(*sys.modules)").split()
    assert "itp_sim.equations" in loaded
    assert not HEAVY & {name.split(".")[0] for name in loaded}


# --- the public face ------------------------------------------------------------------------------------------------


def typed_names() -> set[str]:
    """Names imported under ``if TYPE_CHECKING`` in the package's own file."""
    guards = [n for n in tree(SOURCE / "__init__.py").body if isinstance(n, ast.If)]
    return {name.name for guard in guards for node in ast.walk(guard) for name in getattr(node, "names", [])}


@pytest.mark.parametrize("name", itp_sim.__all__)
def test_public_name_resolves_and_says_what_it_is(name: str) -> None:
    value = getattr(itp_sim, name)
    assert getattr(itp_sim, name) is value
    if callable(value) or hasattr(value, "__file__"):
        assert (value.__doc__ or "").strip()


def test_lists_of_public_names_agree() -> None:
    lazy = {*itp_sim._HOME, *itp_sim._SUBMODULES}
    assert lazy | {"__version__"} == set(itp_sim.__all__)
    assert lazy == typed_names()
    assert len(itp_sim.__all__) == len(set(itp_sim.__all__))
    assert set(itp_sim.__all__) <= set(dir(itp_sim))


def test_a_submodule_never_hides_the_function_of_its_name() -> None:
    code = """
import importlib, itp_sim
shared = [n for n in itp_sim._HOME if importlib.util.find_spec(f"itp_sim.{n}")]
for name in shared:
    importlib.import_module(f"itp_sim.{name}")
print(*shared, *(n for n in shared if callable(getattr(itp_sim, n))))
"""
    names = python("import importlib.util" + code).split()
    half = len(names) // 2
    assert {"simulate", "response"} <= set(names[:half])
    assert names[:half] == names[half:]


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        itp_sim.simulat  # noqa: B018


def test_modules_and_public_definitions_have_docstrings() -> None:
    bare = []
    for path in SOURCE_FILES:
        module = tree(path)
        if not ast.get_docstring(module):
            bare.append(short(path))
        for node in module.body:
            public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
            if public and not ast.get_docstring(node):
                bare.append(f"{short(path)}: {node.name}")
    assert bare == []


# --- one home per fact ----------------------------------------------------------------------------------------------


def test_version_is_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    cited = re.search(r"^version: (\S+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)
    assert cited
    assert project["version"] == itp_sim.__version__ == cited[1]


@pytest.mark.parametrize("place", ["README.md", "CONTRIBUTING.md", ".ci/run"])
def test_extras_that_are_named_exist(place: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lists = re.findall(r"\.\[([\w,]+)\]", (ROOT / place).read_text(encoding="utf-8"))
    named = {extra for one in lists for extra in one.split(",")}
    assert named
    assert named <= set(project["optional-dependencies"])


def test_lists_name_what_is_in_the_folders() -> None:
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert set(re.findall(r"`tests/(\w+)`", contributing)) == folders
    table = (ROOT / "params" / "README.md").read_text(encoding="utf-8").split("\n\n")[2]
    params = {path.name + "/" * path.is_dir() for path in (ROOT / "params").iterdir() if path.name != "README.md"}
    assert set(re.findall(r"^\| `([\w./]+)` \|", table, re.MULTILINE)) == params


@pytest.mark.parametrize(
    "place",
    [
        "README.md",
        "CITATION.cff",
        "docs/equations.md",
        "notebooks/README.md",
        "params/README.md",
        "src/itp_sim/__init__.py",
    ],
)
def test_research_statement_stands_where_it_must(place: str) -> None:
    text = " ".join((ROOT / place).read_text(encoding="utf-8").replace("\n>", "\n").split())
    assert itp_sim.RESEARCH_ONLY in text


@pytest.mark.parametrize("population", itp_sim.populations())
def test_research_statement_goes_with_the_tables(population: str) -> None:
    for table in (itp_sim.parameters_table(population), itp_sim.products()):
        assert table.attrs["notice"] == itp_sim.RESEARCH_ONLY


def test_research_statement_is_written_once_in_the_code() -> None:
    homes = {
        short(path)
        for path in SOURCE_FILES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and itp_sim.RESEARCH_ONLY in node.value
    }
    assert homes == {"notice.py", "__init__.py"}


def test_parameters_have_one_home() -> None:
    assert (ROOT / "params").is_dir()
    assert not (SOURCE / "params").exists()
    assert [p for p in (ROOT / "params").rglob("*") if p.is_symlink()] == []


# --- floors and dangerous calls -------------------------------------------------------------------------------------


def test_import_contracts_hold() -> None:
    program = shutil.which("lint-imports", path=Path(sys.executable).parent) or shutil.which("lint-imports")
    if program is None:
        pytest.skip("import-linter is not installed")
    run = subprocess.run(
        [program, "--no-cache"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_equations_import_only_typing() -> None:
    module = tree(SOURCE / "equations.py")
    plain = {n.name for node in ast.walk(module) if isinstance(node, ast.Import) for n in node.names}
    homes = {node.module for node in ast.walk(module) if isinstance(node, ast.ImportFrom)}
    assert plain | homes <= {"typing", "dataclasses"}


@pytest.mark.parametrize("path", SOURCE_FILES, ids=short)
def test_source_runs_no_text_no_process_no_connection(path: Path) -> None:
    assert dangers(tree(path)) == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "import urllib.request",
        "from subprocess import run",
        "from http.client import HTTPConnection",
        "from os import system",
        "os.system('ls')",
        "os.popen('ls')",
        "eval('1')",
        "exec('1')",
        "compile('1', '', 'eval')",
        "__import__('x')",
        "frame.eval('a + b')",
        "pandas.read_pickle(path)",
        "np.load(path, allow_pickle=True)",
    ],
)
def test_each_danger_is_seen(line: str) -> None:
    assert dangers(ast.parse(line))


def test_harmless_lines_are_no_danger() -> None:
    assert dangers(ast.parse("import re, os, json\nre.compile('a')\nos.replace(a, b)\njson.loads(text)")) == []


MUTABLE = ast.Dict | ast.List | ast.Set | ast.DictComp | ast.ListComp | ast.SetComp


def mutable(module: ast.Module) -> list[str]:
    """Public constants of a module that anybody who imports them could change."""
    found = []
    for node in module.body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)], value=value)
                | ast.AnnAssign(target=ast.Name(id=name), value=value)
            ):
                while isinstance(value, ast.BinOp):
                    value = value.left  # which says what kind a sum has
                if isinstance(value, MUTABLE) or made(value):
                    found += [name] * (not name.startswith("_"))
    return found


def made(value: ast.expr | None) -> bool:
    return isinstance(value, ast.Call) and ast.unparse(value.func) in {"dict", "dict.fromkeys", "list", "set"}


def test_public_constants_are_frozen() -> None:
    assert {f"{short(path)} {name}" for path in SOURCE_FILES for name in mutable(tree(path))} == set()
    code = "A = {1: 2}\nB: dict = {}\nC = [1]\n_D = []\nE = (1,)\nF = dict(a=1)\nG = E + (2,)\nH = {1} | frozenset()"
    assert mutable(ast.parse(code)) == ["A", "B", "C", "F", "H"]


# --- global state ---------------------------------------------------------------------------------------------------


def test_loading_every_module_changes_no_global_state() -> None:
    code = f"""
import json, os, sys, warnings
import matplotlib, numpy, pandas, scipy, xarray
try:
    import sympy
except ImportError:
    pass
import importlib
from pathlib import Path
def state():
    return {{
        "warnings": repr(warnings.filters),
        "random": repr(numpy.random.get_state()),
        "errors": numpy.geterr(),
        "print": repr(numpy.get_printoptions()),
        "rcParams": repr(dict(matplotlib.rcParams)),
        "pandas": pandas.get_option("display.width"),
        "xarray": repr(dict(xarray.get_options())),
        "cwd": os.getcwd(),
        "environ": dict(os.environ),
        "hook": repr(sys.excepthook),
        "path": list(sys.path),
    }}
import matplotlib.pyplot, scipy.integrate
before = state()
source = Path({str(SOURCE)!r})
names = []
for path in sorted(source.rglob("*.py")):
    names.append(".".join(("itp_sim", *path.relative_to(source).with_suffix("").parts)).removesuffix(".__init__"))
    importlib.import_module(names[-1])
after = state()
print(json.dumps([names, [key for key in before if before[key] != after[key]]]))
"""
    names, changed = json.loads(python(code))
    assert len(names) == len(SOURCE_FILES)
    assert "itp_sim.equations" in names
    assert changed == []
