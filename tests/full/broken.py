"""Break the code, one thing at a time and in a copy, and see the proofs fail.

``python -m tests.full.broken [--write] [WORD ...]``; with words, only breakages whose text holds one of them.
``--write`` puts them into docs/verification.md; with words, beside what stood there of the others.
"""

import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import NamedTuple

from tests.full import page
from tests.full.proofs import ROOT, run

BROKEN = Path(__file__).with_name("broken.toml")
#: What a test raises that has noticed something, and did not fall over the breakage itself.
NOTICED = ("AssertionError", "assert", "Failed", "hypothesis.errors", "ExceptionGroup")
LEFT_OUT = (".git", "mutants", "__pycache__", ".hypothesis", ".*_cache", ".coverage*", "notebooks", "benchmarks")


class Broken(NamedTuple):
    """One breakage; see ``broken.toml``."""

    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    build: bool = False
    raises: str = "AssertionError"


def breakages(path: Path = BROKEN) -> tuple[Broken, ...]:
    """The maintained list."""
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["broken"]
    return tuple(Broken(**row | {"tests": tuple(row["tests"])}) for row in rows)


def edited(text: str, one: Broken) -> str:
    """The text of a file with the breakage in it."""
    if text.count(one.old) != 1:
        raise ValueError(f"{one.file} has {text.count(one.old)} times {one.old!r}: renew the row in broken.toml")
    return text.replace(one.old, one.new)


def unnoticed(one: Broken, folder: Path) -> list[str]:
    """Tests that did not notice the breakage."""
    copy = folder / "copy"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
    file = copy / one.file
    file.write_text(edited(file.read_text(encoding="utf-8"), one), encoding="utf-8")
    if one.build:
        subprocess.run([sys.executable, "hatch_build.py"], cwd=copy, check=True, capture_output=True)
    cases = [case for test in one.tests for case in run([test], processes=0, root=copy, first=True)]
    saw = {case.test for case in cases if case.failed and case.error.startswith((*NOTICED, one.raises))}
    return [test for test in one.tests if test not in saw]


def main(words: list[str]) -> int:
    """Try all breakages, or those whose text holds one of `words`."""
    chosen = [word for word in words if not word.startswith("-")]
    some = [one for one in breakages() if not chosen or any(word in one.what for word in chosen)]
    missed = {}
    for one in some:
        with tempfile.TemporaryDirectory() as folder:
            missed[one.what] = unnoticed(one, Path(folder))
        print(
            f"{one.what}: {'NOT noticed by ' + ', '.join(missed[one.what]) if missed[one.what] else 'noticed'}",
            flush=True,
        )
    if "--write" in words:
        known = page.tried() | missed if chosen else missed
        page.put("broken", page.broken([one for one in breakages() if one.what in known], known))
    return int(any(missed.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
