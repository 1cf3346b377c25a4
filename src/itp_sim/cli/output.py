"""How the shell prints and saves."""

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from itp_sim import checks
from itp_sim.printed import cell
from itp_sim.writing import write_text, written_whole

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = [
    "FIGURE_TYPES",
    "aligned",
    "cell",
    "check_figure_file",
    "plain",
    "print_json",
    "print_note",
    "rows",
    "save",
    "save_text",
]

#: File types that a figure can be saved as.
FIGURE_TYPES = (".svg", ".pdf", ".png")


def aligned(rows: list[list[str]], *, left: int) -> str:
    """Columns of equal width; the first `left` of them flush left, the others flush right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [f"{c:<{w}}" if i < left else f"{c:>{w}}" for i, (c, w) in enumerate(zip(row, widths, strict=True))]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def rows(table: "pd.DataFrame") -> dict[str, Any]:
    """A table as JSON knows it, row by row."""
    return {str(name): plain(row) for name, row in table.iterrows()}


def plain(row: "pd.Series[Any]") -> dict[str, Any]:
    """A row as JSON knows it: a value that is not there is null."""
    values = {}
    for key, given in row.items():
        value = given.item() if hasattr(given, "item") else given
        values[str(key)] = None if isinstance(value, float) and not math.isfinite(value) else value
    return values


def print_note(text: str) -> None:
    """Print one line on stderr that is no error."""
    print(f"itp-sim: note: {text}", file=sys.stderr)


def print_json(content: dict[str, Any]) -> None:
    """Print one JSON object."""
    print(json.dumps(content, indent=2, allow_nan=False))


def check_figure_file(path: Path | None) -> None:
    """Refuse a figure that could not be saved, before anything is simulated.

    Raises
    ------
    InputError
        If its name has no type of a figure, or its folder is not there.
    """
    if path is not None:
        checks.file_to_write("--out", path, FIGURE_TYPES)


def save(figure: "Figure | Any", path: Path, *, option: str = "--out") -> None:
    """Save a figure whole or not at all; the same figure, the same bytes."""
    import matplotlib as mpl

    # What changes from one file to the next is left out: dates, and the random salt in the names of SVG elements.
    undated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(path.suffix.lower())
    with written_whole(path, what=f"{option} {str(path)!r}") as draft, mpl.rc_context({"svg.hashsalt": "itp_sim"}):
        figure.savefig(draft, dpi=200, metadata=undated)


def save_text(text: str, path: Path, *, option: str = "--out") -> None:
    """Save text whole or not at all."""
    write_text(text, path, what=f"{option} {str(path)!r}")
