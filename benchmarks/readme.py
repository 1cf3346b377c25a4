"""The table of speed in README.md, taken from results.md: ``python -m benchmarks.readme``."""

from pathlib import Path

from benchmarks.claims import KERNEL, kind

HERE = Path(__file__).parent
RESULTS, README = HERE / "results.md", HERE.parent / "README.md"
BEGIN, END = "<!-- Speed: printed by python -m benchmarks.readme -->", "<!-- End of speed -->"

NO = "does not hold"

Row = dict[str, str]


def block(results: str) -> str:
    """What stands between the marks, made of the text of results.md."""
    costs, forms, aims = (_table(results, head) for head in ("rtol", "right-hand side", "verdict"))
    given = {row["engine"]: row["right-hand side"] for row in forms}
    rows = [
        f"| {row['engine']} | {given[row['engine']]} | {row['µs a run']} | {row['x kernel']} |" for row in chosen(costs)
    ]
    # What stands in brackets is left to results.md.
    measured = [(row["aim"], row["measured"].split(" (")[0], row["verdict"]) for row in aims]
    missed = [
        f"- {aim}: {found if verdict == NO else verdict}" for aim, found, verdict in measured if verdict != "holds"
    ]
    return "\n".join(
        [
            BEGIN,
            "",
            "| engine | right-hand side | µs a run | times the kernel |",
            "|---|---|---:|---:|",
            *rows,
            "",
            *(
                ["Aimed at and not reached, or not measured here:", "", *missed]
                if missed
                else ["Every aim is reached."]
            ),
            "",
            END,
        ]
    )


def chosen(costs: list[Row]) -> list[Row]:
    """The kernel, the twin, and the fastest of each other kind, the fastest first."""
    kinds: dict[str, Row] = {}
    for row in sorted(costs, key=_seconds):
        name = row["engine"]
        if name in {KERNEL, "itp_sim twin"}:
            kinds[name] = row
        elif not name.startswith("itp_sim"):
            kinds.setdefault(kind(name, "SciPy + numba" if "+ numba" in name else name.split(maxsplit=1)[0]), row)
    return sorted(kinds.values(), key=_seconds)


def _seconds(row: Row) -> float:
    return float(row["µs a run"].replace(",", ""))


def _table(text: str, column: str) -> list[Row]:
    """Rows of the first table that has `column`, by the names of its columns."""
    lines = iter(text.splitlines())
    for line in lines:
        head = _cells(line)
        if column in head:
            next(lines)
            break
    else:
        raise ValueError(f"no table in results.md has the column {column!r}: run `python -m benchmarks --write`")
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append(dict(zip(head, _cells(line), strict=True)))
    return rows


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def write() -> None:
    """Put the block into README.md."""
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    new = before + block(RESULTS.read_text(encoding="utf-8")) + rest.split(END)[1]
    README.write_text(new, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write()
