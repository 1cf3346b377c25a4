"""The rows of the full tier, and what a run of their tests found."""

import ast
import os
import subprocess
import sys
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[2]
ROWS = Path(__file__).with_name("rows.toml")


class Row(NamedTuple):
    """One line of the page; see ``rows.toml``."""

    section: str
    what: str
    tests: tuple[str, ...]
    unit: str


class Case(NamedTuple):
    """One case of a test that was run."""

    test: str  #: file::test
    seconds: float
    failed: bool
    skipped: bool
    error: str  #: first words of what a failed one raised
    said: dict[str, str]  #: what it recorded


class Found(NamedTuple):
    """What the tests of a row found."""

    shown: str
    worst: str
    failed: int
    seconds: float


def rows(path: Path = ROWS) -> tuple[Row, ...]:
    """The rows, with the laws looked up."""
    read = []
    for given in tomllib.loads(path.read_text(encoding="utf-8"))["row"]:
        tests = tuple(laws(given["tests"])) if given.get("laws") else tuple(given["tests"])
        read.append(Row(given["section"], given["what"], tests, given.get("unit", "")))
    return tuple(read)


def laws(folders: Iterable[str]) -> Iterator[str]:
    """Tests that are given their examples by hypothesis, as file::test."""
    for folder in folders:
        for path in sorted((ROOT / folder).glob("test_*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef) and any(_gives(d) for d in node.decorator_list):
                    yield f"{path.relative_to(ROOT).as_posix()}::{node.name}"


def _gives(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == "given"


def run(tests: Iterable[str], *, processes: int, root: Path = ROOT, first: bool = False) -> list[Case]:
    """Run tests in a pytest of their own, up to the `first` failure if asked; what each case found."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        words = ["-m", "slow or not slow", "-q", f"-n{processes}", "--dist=worksteal", f"--junitxml={report}"]
        words += ["-o", "junit_family=xunit1"]  # which knows of what a test records
        words += ["-x"] if first else []
        chosen = sorted(set(tests))
        env = os.environ | {"PYTHONPATH": str(root / "src")}
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *words, *chosen]
        done = subprocess.run(command, cwd=root, env=env, check=False)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"pytest ended with {done.returncode}: a test that a row names does not exist")
        return list(_cases(report))


def _cases(report: Path) -> Iterator[Case]:
    for case in ET.parse(report).iter("testcase"):
        name = case.get("name", "").split("[")[0]
        file = case.get("classname", "").replace(".", "/") + ".py"
        said = {p.get("name", ""): p.get("value", "") for p in case.iter("property")}
        wrong = next((found for kind in ("failure", "error") if (found := case.find(kind)) is not None), None)
        error = "" if wrong is None else wrong.get("message", "")
        skipped = case.find("skipped") is not None
        yield Case(f"{file}::{name}", float(case.get("time", 0)), wrong is not None, skipped, error, said)


def found(row: Row, cases: Iterable[Case]) -> Found:
    """What the cases say of a row."""
    own = [case for case in cases if case.test in row.tests or case.test.split("::")[0] in row.tests]
    done = [case for case in own if not case.skipped]
    if missing := {test for test in row.tests if not any(case.test.startswith(test) for case in own)}:
        raise RuntimeError(f"no case of {sorted(missing)} was run")
    said = defaultdict(list)
    for case in done:
        for name, text in case.said.items():
            said[name].append(text)
    if "files" in said:
        files, refused = (sum(map(int, said[name])) for name in ("files", "refused"))
        shown, worst = f"{files:,} files", f"{refused:,} refused, {files - refused:,} read"
    elif "slips" in said:
        shown, worst = f"{sum(map(int, said['slips'])):,} slips", ""
    elif "kills" in said:
        shown, worst = f"{sum(map(int, said['kills']))} kills and resumes", ""
    else:
        shown = ", ".join(dict.fromkeys(said["count"])) or f"{len(done):,} {row.unit}"
        worst = ", ".join(dict.fromkeys(said["worst"]))
    if skipped := len(own) - len(done):
        shown += f", {skipped} skipped"
    return Found(shown, worst, sum(case.failed for case in done), sum(case.seconds for case in own))
