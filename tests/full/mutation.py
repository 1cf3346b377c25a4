"""Mutation testing of the core modules: ``python -m tests.full.mutation [--write] [--again] [--report] [MODULE ...]``.

mutmut makes the mutants, in a copy of the checkout; :mod:`tests.full.mutants` runs the tests of their module for each.
A survivor is looked at once more in a process of its own, where the mutant is in force while the tests are collected.
What is found is kept in ``mutation.json``, function by function, so that the parts of a run add up and one that was
stopped goes on: only mutants that were not killed yet, and those of functions that changed, are run. ``--again`` runs
all of the modules named, ``--report`` none. The page is printed from what is kept; survivors need a reason in
``survivors.toml``.
"""

import difflib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.full.proofs import ROOT

PAGE = ROOT / "tests" / "mutation.md"
FOUND, REASONS = Path(__file__).with_name("mutation.json"), Path(__file__).with_name("survivors.toml")
#: Core modules, and the fast tests of each. Those of the equations use them as they stand, not the kernel made of them.
TESTS = {
    "dosing": ("dosing", "regimen_text", "catalogue"),
    "equations": ("equations", "units"),
    "parameters": ("parameters", "records"),
    "response": ("response",),
}
MODULES = tuple(TESTS)
CHILDREN = 2
LEFT_BEHIND = (".git", "mutants", "__pycache__", ".*")


class Function(NamedTuple):
    """What is known of the mutants of one function."""

    source: str  #: hash of the function
    mutants: int
    killed: tuple[int, ...] = ()
    survived: dict[int, tuple[str, str]] = {}  #: number, with the lines before and after  # noqa: RUF012


Found = dict[str, Function]  #: by mutmut's name of the function


class Made(NamedTuple):
    """Mutants of one source file."""

    code: str  #: with all mutants in it
    functions: Found  #: of which nothing is known
    changes: dict[str, tuple[str, str]]  #: lines before and after, by mutant


def module_of(name: str) -> str:
    """Core module that a function or mutant belongs to."""
    return name.split(".")[1]


# --- mutants ---------------------------------------------------------------------------------------------------------


def files(module: str) -> list[Path]:
    """Source files of a module, from the root."""
    path = ROOT / "src" / "itp_sim" / module
    found = sorted(path.glob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    return [one.relative_to(ROOT) for one in found]


def make(path: Path) -> Made:
    """Mutants of a file, by mutmut."""
    from mutmut.mutation.file_mutation import mutate_file_contents
    from mutmut.utils.format_utils import get_mutant_name

    made = mutate_file_contents(str(path), (ROOT / path).read_text(encoding="utf-8"))
    lines, functions, changes = made.code.splitlines(), {}, {}

    def text(name: str, plain: str) -> list[str]:
        span = made.line_span_by_function_name[name]
        return [line.replace(name, plain) for line in lines[span.start - 1 : span.end]]

    for name in made.mutant_names:
        own, _, number = name.rpartition("__mutmut_")
        function = get_mutant_name(path, own)
        functions[function] = Function(made.hash_by_function_name[own], int(number))
        differ = list(difflib.unified_diff(text(f"{own}__mutmut_orig", own), text(name, own), n=0, lineterm=""))[2:]
        before, after = ("\n".join(line[1:].strip() for line in differ if line[0] == sign) for sign in "-+")
        changes[f"{function}__mutmut_{number}"] = before, after
    return Made(made.code, functions, changes)


# --- what is found ---------------------------------------------------------------------------------------------------


def kept() -> Found:
    """What earlier runs have found."""
    rows: dict[str, Any] = json.loads(FOUND.read_text(encoding="utf-8")) if FOUND.exists() else {}
    return {
        name: Function(
            row["source"],
            row["mutants"],
            tuple(row["killed"]),
            {int(n): (before, after) for n, (before, after) in row["survived"].items()},
        )
        for name, row in rows.items()
    }


def keep(found: Found) -> None:
    """Write what was found, one function a line."""
    plain = {name: json.dumps(found[name]._asdict(), ensure_ascii=False) for name in sorted(found)}
    rows = [f"{json.dumps(name, ensure_ascii=False)}: {row}" for name, row in plain.items()]
    new = FOUND.with_suffix(".new")  # so that a run that is stopped leaves a whole file
    new.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8", newline="\n")
    new.replace(FOUND)


def up_to_date(found: Found, made: Found, again: tuple[str, ...] = ()) -> Found:
    """What still holds of the functions as they are now; nothing of the modules that are run `again`."""
    still = {}
    for name, new in made.items():
        old = found.get(name, new)
        same = (old.source, old.mutants) == (new.source, new.mutants) and module_of(name) not in again
        still[name] = old if same else new
    return still


def add(found: Found, mutant: str, change: tuple[str, str] | None) -> None:
    """Note that a mutant was killed, or what it is if it survived."""
    name, _, number = mutant.rpartition("__mutmut_")
    one, n = found[name], int(number)
    survived = {k: v for k, v in one.survived.items() if k != n} | ({} if change is None else {n: change})
    killed = {k for k in one.killed if k != n} | ({n} if change is None else set())
    found[name] = one._replace(killed=tuple(sorted(killed)), survived=dict(sorted(survived.items())))


def left(found: Found, module: str) -> list[str]:
    """Mutants of a module that are not killed, or not looked at, in an order that makes any part a random sample."""
    own = {name: one for name, one in found.items() if module_of(name) == module}
    numbers = {name: set(range(1, one.mutants + 1)) - set(one.killed) for name, one in own.items()}
    names = [f"{name}__mutmut_{n}" for name, some in numbers.items() for n in some]
    return sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())


# --- runs ------------------------------------------------------------------------------------------------------------


def copy_with(made: dict[Path, Made], home: Path) -> Path:
    """Copy of the checkout with all mutants in it."""
    copy = home / "checkout"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_BEHIND))
    for path, one in made.items():
        (copy / path).write_text(one.code, encoding="utf-8")
    return copy


def survivors(copy: Path, module: str, names: list[str]) -> Iterator[tuple[str, bool]]:
    """Each mutant, and whether it survives."""
    words = [sys.executable, "-m", "tests.full.mutants", str(CHILDREN), *_files(module)]
    with subprocess.Popen(words, cwd=copy, env=_env(copy), stdin=-1, stdout=-1, text=True) as run:
        assert run.stdin
        assert run.stdout
        run.stdin.write("\n".join(names))
        run.stdin.close()
        for line in run.stdout:
            name, status = line.split()
            yield name, status == "survived" and not killed_from_the_start(copy, name)
    if run.returncode != 0:
        sys.exit(f"The tests of {module} did not run: pytest ended with {run.returncode}.")


def killed_from_the_start(copy: Path, name: str) -> bool:
    """Whether the tests fail in a process where the mutant is in force before they are collected."""
    from tests.full.mutants import LEFT_OUT, SWITCH

    options = ["-x", "-q", "-n0", "-p", "no:cacheprovider", "-k", LEFT_OUT]
    words, env = [sys.executable, "-m", "pytest", *options, *_files(module_of(name))], _env(copy) | {SWITCH: name}
    try:
        done = subprocess.run(words, cwd=copy, env=env, capture_output=True, timeout=900, check=False)
    except subprocess.TimeoutExpired:
        return True
    if done.returncode > pytest.ExitCode.INTERRUPTED:  # neither a failed test nor a module that cannot be imported
        sys.exit(f"The tests of {module_of(name)} did not run: pytest ended with {done.returncode}.")
    return done.returncode != 0


def _files(module: str) -> list[str]:
    return [f"tests/unit/test_{one}.py" for one in TESTS[module]]


def _env(copy: Path) -> dict[str, str]:
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return dict(os.environ) | one_thread | {"PYTHONPATH": str(copy / "src"), "HYPOTHESIS_PROFILE": "unshrunk"}


def look(found: Found, made: dict[Path, Made], modules: list[str]) -> None:
    """Run what is left of the modules, and keep what is found."""
    changes = {name: change for one in made.values() for name, change in one.changes.items()}
    with tempfile.TemporaryDirectory() as home:
        copy = copy_with(made, Path(home))
        for module in modules:
            names = left(found, module)
            for i, (name, survives) in enumerate(survivors(copy, module, names) if names else (), 1):
                add(found, name, changes[name] if survives else None)
                keep(found)
                print(f"{module} {i}/{len(names)}", name, "survived" if survives else "killed", flush=True)


# --- the page --------------------------------------------------------------------------------------------------------


def page(found: Found, reasons: dict[str, str]) -> str:
    """The page of the score and the survivors."""
    count = {module: [0, 0, 0] for module in MODULES}
    lines = []
    for name, one in found.items():
        module = module_of(name)
        for i, n in enumerate((one.mutants, len(one.killed) + len(one.survived), len(one.killed))):
            count[module][i] += n
        for before, after in one.survived.values():
            reason = reasons.get(key(module, after), "**no reason yet**")
            lines.append(f"| {module} | `{_cell(before)}` | `{_cell(after)}` | {reason} |")
    every, seen, killed = (sum(row[i] for row in count.values()) for i in range(3))
    parts = [f"{'part' if row[1] else 'all'} of {module}" for module, row in count.items() if row[1] < row[0]]
    unseen = f"; {every - seen:,} more were not looked at yet, among them {', '.join(parts)}." if parts else "."
    by_module = [f"| {m} | {a} | {b} | {c} | {100 * c / b if b else 0:.1f}% |" for m, (a, b, c) in count.items()]
    return "\n".join(
        [
            "# Mutation testing",
            "",
            "Written by `python -m tests.full.mutation --write` (mutants by mutmut; an hour or less of two processors;",
            "with names of modules, only those) from `tests/full/mutation.json`, where what was found is kept: the",
            "next run goes on from there.",
            "",
            f"{killed:,} of {seen:,} mutants of the core modules are killed: {100 * killed / seen:.1f}%{unseen}",
            "",
            "| module | mutants | looked at | killed | score |",
            "|---|---:|---:|---:|---:|",
            *by_module,
            "",
            "mutmut changes what stands in functions: numbers, words, operators, comparisons, arguments. Constants",
            "of a module and properties are not changed. A mutant is killed if a test of its module fails, or runs",
            "into a limit of time or memory. The equations are tested as they stand: no test that compares them",
            "with the kernel made of them takes part.",
            "",
            "## Survivors",
            "",
            "| module | line | changed to | why nothing notices |",
            "|---|---|---|---|",
            *lines,
            "",
        ]
    )


def key(module: str, after: str) -> str:
    """How a survivor is called in the list of reasons: by what it does, since its number changes."""
    return f"{module}: {after}"


def reasons_kept() -> dict[str, str]:
    """Reasons by survivor."""
    rows = tomllib.loads(REASONS.read_text(encoding="utf-8")).get("survivor", [])
    return {key(row["module"], row["after"]): row["why"] for row in rows}


def without_reason(found: Found, reasons: dict[str, str]) -> list[str]:
    """Survivors that nobody has explained."""
    left = [key(module_of(name), after) for name, one in found.items() for _, after in one.survived.values()]
    return [one for one in left if one not in reasons]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def main(words: list[str]) -> int:
    """Return 1 if a survivor has no reason."""
    modules = [word for word in words if not word.startswith("-")] or list(MODULES)
    if unknown := sorted(set(modules) - set(MODULES)):
        sys.exit(f"No module {', '.join(unknown)}: one of {', '.join(MODULES)}.")
    found, reasons = kept(), reasons_kept()
    if "--report" not in words:
        made = {path: make(path) for module in MODULES for path in files(module)}
        functions = {name: one for each in made.values() for name, one in each.functions.items()}
        found = up_to_date(found, functions, tuple(modules) if "--again" in words else ())
        look(found, made, modules)
        found = kept()
    text = page(found, reasons)
    print(text)
    if "--write" in words:
        PAGE.write_text(text, encoding="utf-8", newline="\n")
    return int(bool(without_reason(found, reasons)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
