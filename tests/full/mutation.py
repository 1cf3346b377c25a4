"""Mutation testing of the core modules: ``python -m tests.full.mutation [--write] [NAME ...]``.

It makes a copy of the checkout, runs mutmut there, and looks at every survivor again with all tests of the module at
once: mutmut chooses tests one by one, and does not see those that share what a fixture of the file has computed. The
survivors that remain need a reason in ``survivors.toml``. With names, such as ``dosing``, only those modules. What was
found is kept in the copy (``MUTATION_COPY`` names another), so that a run that was stopped goes on; ``--report`` runs
nothing and takes what is there.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.full.proofs import ROOT

PAGE, REASONS = ROOT / "tests" / "mutation.md", Path(__file__).with_name("survivors.toml")
MODULES = ("dosing", "equations", "parameters", "response")
UNSEEN = "not checked"
#: Tests that look at a survivor again.
AGAIN = {
    "dosing": ("dosing", "regimen_text", "catalogue"),
    "equations": ("equations", "units", "twin", "simulate"),
    "parameters": ("parameters", "records"),
    "response": ("response",),
}


class Mutant(NamedTuple):
    """One change of the code."""

    name: str
    status: str  #: killed, survived, timeout, ...
    before: str
    after: str

    @property
    def module(self) -> str:
        """Core module that it belongs to."""
        return self.name.split(".")[1]


def results(copy: Path) -> dict[str, str]:
    """Status of each mutant, as mutmut keeps it."""
    said = _said(copy, "mutmut", "results", "--all", "true")
    return dict(re.findall(r"^\s*(\S+__mutmut_\d+): (.+)$", said, re.MULTILINE))


def change(copy: Path, name: str) -> tuple[str, str]:
    """The line before and after."""
    said = _said(copy, "mutmut", "show", name).splitlines()
    lines = [line for line in said if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return tuple("\n".join(line[1:].strip() for line in lines if line[0] == sign) for sign in "-+")  # type: ignore[return-value]


def killed_after_all(copy: Path, name: str) -> bool:
    """Whether the tests of the module fail together where none failed by itself."""
    files = [f"tests/unit/test_{one}.py" for one in AGAIN[name.split(".")[1]]]
    env = _env(copy) | {"MUTANT_UNDER_TEST": name, "PYTHONPATH": str(copy / "mutants" / "src")}
    left_out = "not plain_arithmetic and not import_only_typing and not cost_little and not source_is_used"
    words = [sys.executable, "-m", "pytest", "-x", "-q", "-n0", "-p", "no:cacheprovider", "-k", left_out, *files]
    try:
        done = subprocess.run(words, cwd=copy / "mutants", env=env, capture_output=True, timeout=900, check=False)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0


def survivors(copy: Path, found: dict[str, str]) -> Iterator[Mutant]:
    """Mutants that no test kills."""
    for name, status in sorted(found.items()):
        if status in ("survived", "no tests") and not killed_after_all(copy, name):
            yield Mutant(name, status, *change(copy, name))


def page(every: dict[str, str], left: list[Mutant], reasons: dict[str, str]) -> str:
    """The page of the score and the survivors."""
    found = [name for name, status in every.items() if status != UNSEEN]
    killed, lines = len(found) - len(left), []
    for mutant in left:
        reason = reasons.get(key(mutant), "**no reason yet**")
        lines.append(f"| {mutant.module} | `{_cell(mutant.before)}` | `{_cell(mutant.after)}` | {reason} |")
    by_module = []
    for module in MODULES:
        own, all_ = (sum(name.split(".")[1] == module for name in names) for names in (found, every))
        by_module.append(f"| {module} | {all_} | {own} | {own - sum(m.module == module for m in left)} |")
    unseen = len(every) - len(found)
    return "\n".join(
        [
            "# Mutation testing",
            "",
            "Written by `python -m tests.full.mutation --write` (mutmut, an hour or two of one processor).",
            "",
            f"{killed:,} of {len(found):,} mutants of the core modules are killed: {100 * killed / len(found):.1f}%"
            + (f"; {unseen:,} more were not looked at yet, among them" if unseen else "")
            + (f" {', '.join(_unfinished(every))}." if unseen else "."),
            "",
            "| module | mutants | looked at | killed |",
            "|---|---:|---:|---:|",
            *by_module,
            "",
            "mutmut changes what stands in functions: numbers, words, operators, comparisons, arguments. Constants",
            "of a module and properties are not changed.",
            "",
            "## Survivors",
            "",
            "| module | line | changed to | why nothing notices |",
            "|---|---|---|---|",
            *lines,
            "",
        ]
    )


def _unfinished(every: dict[str, str]) -> list[str]:
    """Modules of which nothing, or not all, was looked at."""
    some = {name.split(".")[1] for name, status in every.items() if status == UNSEEN}
    whole = {name.split(".")[1] for name, status in every.items() if status != UNSEEN}
    return [f"{'part' if module in whole else 'all'} of {module}" for module in MODULES if module in some]


def key(mutant: Mutant) -> str:
    """How a survivor is called in the list of reasons: by what it does, since its number changes."""
    return f"{mutant.module}: {mutant.after}"


def reasons_kept() -> dict[str, str]:
    """Reasons by survivor."""
    rows = tomllib.loads(REASONS.read_text(encoding="utf-8")).get("survivor", [])
    return {f"{row['module']}: {row['after']}": row["why"] for row in rows}


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _env(copy: Path) -> dict[str, str]:
    hidden = {"PYTHONPATH"}
    return {k: v for k, v in os.environ.items() if k not in hidden} | {"HYPOTHESIS_PROFILE": "unshrunk"}


def _said(copy: Path, *words: str) -> str:
    return subprocess.run(words, cwd=copy, env=_env(copy), capture_output=True, text=True, check=True).stdout


def main(words: list[str]) -> int:
    """Return 1 if a survivor has no reason."""
    copy = Path(os.environ.get("MUTATION_COPY") or Path(tempfile.gettempdir()) / "itp_sim_mutation")
    if not copy.exists():
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", "mutants", "__pycache__", ".*_cache"))
    chosen = [word for word in words if not word.startswith("-")] or list(MODULES)
    if "--report" not in words:
        names = [f"itp_sim.{module}*" for module in chosen]
        subprocess.run(["mutmut", "run", *names, "--max-children", "1"], cwd=copy, env=_env(copy), check=False)
    found = {name: status for name, status in results(copy).items() if name.split(".")[1] in chosen}
    left, reasons = list(survivors(copy, found)), reasons_kept()
    text = page(found, left, reasons)
    print(text)
    if "--write" in words:
        PAGE.write_text(text, encoding="utf-8", newline="\n")
    return int(any(key(mutant) not in reasons for mutant in left))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
