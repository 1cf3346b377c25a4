"""The page docs/verification.md: each of its parts is written by a command of its own."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from tests.full.proofs import ROOT, Found, Row

if TYPE_CHECKING:
    from tests.full.broken import Broken

PAGE = ROOT / "docs" / "verification.md"
#: Parts of the page and the commands that write them.
PARTS = {
    "full": "python -m tests.full --write",
    "laws": "python -m tests.full --laws",
    "broken": "python -m tests.full.broken --write",
}
#: What stands before a row that was run after the run of all.
ALONE = "Run on its own since then: "
FRAME = """# Verification

For research and education only. Not for choosing a dose or treating a patient.

Whether the equations are solved right; whether they are the right equations is asked in [validation.md](validation.md).
What each row has to hold stands in the tests that it names, in `tests/full/rows.toml`. A case is one test with one set
of arguments; it may look at thousands of patients, schedules or files, as its row says.

{full}

## The laws

{laws}

## Each proof seen to fail

{broken}
"""


def mark(part: str) -> tuple[str, str]:
    """What stands before and after a part."""
    return f"<!-- {part}: written by {PARTS[part]} -->", f"<!-- end of {part} -->"


def put(part: str, text: str) -> None:
    """Put a part into the page."""
    if not PAGE.exists():
        empty = {name: "\n\nNot run yet.\n\n".join(mark(name)) for name in PARTS}
        PAGE.write_text(FRAME.format(**empty), encoding="utf-8")
    begin, end = mark(part)
    before, rest = PAGE.read_text(encoding="utf-8").split(begin)
    new = f"{before}{begin}\n\n{text.strip()}\n\n{end}{rest.split(end)[1]}"
    PAGE.write_text(new, encoding="utf-8", newline="\n")


def part(name: str) -> str:
    """What stands in a part of the page."""
    begin, end = mark(name)
    return PAGE.read_text(encoding="utf-8").split(begin)[1].split(end)[0].strip()


def line(row: Row, found: Found) -> str:
    """One line of the summary."""
    cells = (row.what, found.shown, found.worst, str(found.failed), f"{found.seconds:.0f}")
    return f"| {' | '.join(cells)} |".replace("|  |", "| |")


def amend(results: Iterable[tuple[Row, Found]], order: Sequence[Row]) -> None:
    """Put rows that were run on their own into the page in their `order`, say which, and count what failed.

    Cases and minutes stay those of the run of all rows.
    """
    results = list(results)
    head = part("full").split("\n## ")[0].strip().splitlines()
    alone = {one for one in head if one.startswith(ALONE)} | {ALONE + row.what for row, _ in results}
    about = [one for one in head if not one.startswith(ALONE)]
    about += [ALONE + row.what for row in order if ALONE + row.what in alone]
    told = {old.split(" | ")[0].removeprefix("| "): old for old in part("full").splitlines() if old.startswith("| ")}
    told |= {row.what: line(row, found) for row, found in results}
    text = _page(about, [(row.section, told[row.what]) for row in order if row.what in told])
    failed = sum(map(int, re.findall(r" \| (\d+) \| \d+ \|$", text, re.MULTILINE)))
    put("full", re.sub(r"cases, \d+ failed;", f"cases, {failed} failed;", text))


def full(results: Sequence[tuple[Row, Found]], about: Collection[str]) -> str:
    """The full tier's summary as Markdown."""
    return _page(about, [(row.section, line(row, found)) for row, found in results])


def _page(about: Collection[str], lines: Sequence[tuple[str, str]]) -> str:
    """Lines under the headings of their sections."""
    text = [*about, ""]
    for section in dict.fromkeys(section for section, _ in lines):
        text += [f"## {section}", "", "| what | looked at | worst | failed | s |", "|---|---|---|---:|---:|"]
        text += [own for name, own in lines if name == section]
        text.append("")
    return "\n".join(text)


def law_list(laws: Iterable[str]) -> str:
    """The laws by file, as a list."""
    by_file: dict[str, list[str]] = {}
    for law in laws:
        file, name = law.split("::")
        by_file.setdefault(file, []).append(name.removeprefix("test_").removeprefix("law_").replace("_", " "))
    return "\n".join(f"- `{file}`: {'; '.join(names)}." for file, names in by_file.items())


def broken(some: Iterable["Broken"], missed: Mapping[str, Collection[str]]) -> str:
    """What was broken and which tests noticed, as Markdown."""
    lines = [
        "One thing is broken at a time, in a copy; the tests named must notice.",
        "",
        "| broken | in | tests | noticed |",
        "|---|---|---|---|",
    ]
    for one in some:
        names = ", ".join(f"`{test.split('::')[1]}`" for test in one.tests)
        noticed = "NO" if missed[one.what] else "yes"
        lines.append(f"| {one.what} | `{one.file.removeprefix('src/itp_sim/')}` | {names} | {noticed} |")
    return "\n".join(lines)


def tried() -> dict[str, tuple[str, ...]]:
    """Breakages on the page, with the tests that did not notice: none where it says so, else all that it names."""
    lines = [one.split(" | ") for one in part("broken").splitlines() if one.endswith((" | NO |", " | yes |"))]
    return {cells[0].removeprefix("| "): () if cells[-1] == "yes |" else ("all",) for cells in lines}
