"""The rows of a table, from a CSV file or a data frame; comments are left out, nothing is interpreted."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from io import StringIO
from os import PathLike
from pathlib import PurePath
from typing import TypeVar

import pandas as pd

from itp_sim import checks
from itp_sim.cells import unguarded
from itp_sim.errors import InputError, TableError
from itp_sim.files import read_text
from itp_sim.nmtran.cells import Row
from itp_sim.nmtran.columns import TEXTS, named

T = TypeVar("T")

#: Largest file [bytes] and most rows that are read; some 50,000 subjects with ten rows each.
MAX_BYTES = 50_000_000
MAX_ROWS = 500_000
#: Files that people give and that are no CSV.
_OTHERS = (".xlsx", ".xls", ".ods", ".parquet", ".json", ".sas7bdat", ".xpt", ".rds", ".zip", ".gz")


def rows_of(table: object, *, covariates: Iterable[str], drop: Iterable[str]) -> tuple[str, list[str], list[Row]]:
    """Return what the table is called, its columns but for comments and what is dropped, and its rows.

    Raises
    ------
    TableError
        If it cannot be read, or is not a table with the columns that are needed.
    InputError
        If it is neither a path nor a data frame.
    """
    asked = _names("covariates", covariates), _names("drop", drop)
    if isinstance(table, pd.DataFrame):
        return _of_frame(table, *asked)
    if not isinstance(table, str | PathLike) or not str(table):
        raise InputError(f"the table is {checks.shown(table)}: give the path of a CSV file, or a pandas.DataFrame")
    return _of_file(table, *asked)


def _names(field: str, given: object) -> list[str]:
    names = checks.several(field, given, "['AGE']")
    for name in names:
        if not isinstance(name, str):
            raise InputError(f"{field} has {checks.shown(name)}: give names of columns, as in ['AGE']")
    return names


def _of_file(path: str | PathLike[str], covariates: list[str], drop: list[str]) -> tuple[str, list[str], list[Row]]:
    name = PurePath(path).name
    if PurePath(path).suffix.casefold() in _OTHERS:
        raise TableError(f"{name} is no CSV file: save the table as CSV (UTF-8, commas), or give a pandas.DataFrame")
    text = read_text(path, what="a CSV file", most=MAX_BYTES, error=TableError)
    lines = _lines(name, text)
    first, header = next(lines, (1, []))
    if not any(cell.strip() for cell in header):
        raise TableError(f"{name} is empty: write the names of the columns into the first line", row=1)
    _refuse_title(header, name, first)
    columns = named(header, where=f"{name}, line {first}", at=first, covariates=covariates, drop=drop)
    texts = [at for at, column in enumerate(columns) if column in TEXTS]
    rows: list[Row] = []
    for at, cells in lines:
        if len(rows) >= MAX_ROWS:
            raise _too_long(name)
        where = f"{name}, line {at}"
        if len(cells) != len(columns):
            raise TableError(
                f"{where} has {len(cells)} cells, and the first line names {len(columns)}: {_comma(cells)}", row=at
            )
        for place in texts:
            cells[place] = unguarded(cells[place])
        rows.append(Row(where, at, dict(zip(columns, cells, strict=True))))
    return name, *_left(name, columns, rows, drop=drop)


def _refuse_title(header: Sequence[str], name: str, at: int) -> None:
    """Refuse a first line that names no columns: a title, or what tells a spreadsheet the separator."""
    words = [cell.strip() for cell in header if cell.strip()]
    separator = words[0].casefold().startswith("sep=")
    title = len(words) == 1 and " " in words[0] and not {";", "\t"} & set(words[0])
    if separator or title:
        first = "sep=," if separator and header[0].strip().casefold() == "sep=" else words[0]
        raise TableError(
            f"{name}, line {at}: {checks.shown(first)} is no line of names: delete it, or write a # in front of it; "
            "the first line names the columns",
            row=at,
        )


def _lines(name: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each line that is neither empty, separators alone among them, nor a comment."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    at = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise TableError(f"{name}, line {at} {_not_csv(text, at, error)}", row=at) from None
        if cells is None:
            return
        if any(cell.strip() for cell in cells) and not cells[0].lstrip().startswith("#"):
            yield at, cells
        at = reader.line_num + 1


def _not_csv(text: str, at: int, error: Exception) -> str:
    """Why the line that begins as number `at` cannot be split into cells."""
    line = text.splitlines()[at - 1]
    for sign, word in ((";", "semicolons"), ("\t", "tabs")):
        if f'"{sign}' in line or f'{sign}"' in line:
            return f"holds {word}: separate the cells by commas, with decimal points"
    return f"is not CSV: {error}; is a quotation mark open?"


def _comma(cells: Sequence[str]) -> str:
    if any(";" in cell or "\t" in cell for cell in cells):
        return "separate the cells by commas"
    return "write . for what is missing, and numbers with a decimal point, not a comma"


def _of_frame(frame: pd.DataFrame, covariates: list[str], drop: list[str]) -> tuple[str, list[str], list[Row]]:
    name = "table"
    header = []
    for column in frame.columns:
        if not isinstance(column, str):
            raise TableError(f"{name} has a column called {checks.shown(column)}: give the columns names in text")
        header.append(column)
    columns = named(header, where=name, at=None, covariates=covariates, drop=drop)
    if len(frame) > MAX_ROWS:
        raise _too_long(name)
    empty = frame.isna().all(axis="columns").tolist()
    by_column = [frame.iloc[:, place].astype(object).tolist() for place in range(len(columns))]
    rows = [
        Row(f"{name}, row {at}", at, dict(zip(columns, cells, strict=True)))
        for at, cells in enumerate(zip(*by_column, strict=True), start=1)
        if not empty[at - 1]
    ]
    return name, *_left(name, columns, rows, drop=drop)


def _left(name: str, columns: Sequence[str], rows: list[Row], *, drop: Sequence[str]) -> tuple[list[str], list[Row]]:
    """Columns and rows without comments and what is dropped."""
    if "C" in columns and "C" not in drop:
        rows = [row for row in rows if not _comment(row)]
    if not rows:
        raise TableError(f"{name} has no rows: write one for each dose and each count")
    return [column for column in columns if column != "C" and column not in drop], rows


def _comment(row: Row) -> bool:
    if not row.has("C"):
        return False
    said = row.label("C") or ""
    if not re.fullmatch(r"\s*[cC#]\s*", said):
        raise row.fault("C", f"is {checks.shown(said)}: write C to leave the row out, . to keep it, or use drop=['C']")
    return True


def _too_long(name: str) -> TableError:
    return TableError(f"{name} has more than {MAX_ROWS:,} rows: split it by subjects")


def same(rows: Sequence[Row], column: str, read: Callable[[Row], T | None]) -> T | None:
    """What `read` makes of a column that is the same in all rows of a subject; None if every cell is missing.

    Raises
    ------
    TableError
        If two rows differ.
    """
    first: T | None = None
    for row in rows:
        value = read(row)
        if value is None or value == first:
            continue
        if first is not None:
            raise row.fault(
                column,
                f"is {_said(value)} and was {_said(first)} for this ID: one value a subject is "
                f"supported; write that of the first dose, or use drop=[{column!r}]",
            )
        first = value
    return first


def _said(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else checks.shown(value)
