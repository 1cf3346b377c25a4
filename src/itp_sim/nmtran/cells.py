"""One row of a table: its cells as numbers and labels, and errors that name row and column."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Real

import pandas as pd

from itp_sim import checks
from itp_sim.errors import InputError, TableError

#: What stands for a value that is missing.
MISSING = ("", ".")
#: A range that no cell needs to leave.
ANY = (-1e15, 1e15)
#: Numbers as they are written here; Python and Fortran know more ways.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?\d+,\d+")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")


@dataclass(frozen=True, slots=True)
class Row:
    """One row, as it was given.

    Parameters
    ----------
    where
        Table and row, as messages name them.
    at
        Line of the file, or row of the data frame counted from 1.
    cells
        What stands in each column: text, a number or None.
    """

    where: str
    at: int
    cells: Mapping[str, object]

    def has(self, column: str) -> bool:
        """Whether the column is there and the cell holds something."""
        return not _missing(self.cells.get(column))

    def fault(self, column: str, what: str) -> TableError:
        """The error that says `what` is wrong in this column."""
        return TableError(f"{self.where}, {column} {what}", row=self.at, column=column)

    def number(
        self, column: str, low: float, high: float, unit: str = "", *, hint: str = "", open_low: bool = False
    ) -> float | None:
        """The cell as a number in its range; None if it is missing.

        Raises
        ------
        TableError
            If it is no such number.
        """
        cell = self.cells.get(column)
        if _missing(cell):
            return None
        x = self._float(column, cell)
        if low < x <= high or (x == low and not open_low):
            return x
        with self.refused(column):
            return checks.number(f"{self.where}, {column}", x, low, high, unit, hint=hint, open_low=open_low)

    def whole(self, column: str, allowed: Sequence[int]) -> int | None:
        """The cell as one of some whole numbers; None if it is missing.

        Raises
        ------
        TableError
            If it is another.
        """
        cell = self.cells.get(column)
        if _missing(cell):
            return None
        x = self._float(column, cell)
        if x not in allowed:
            most = 4
            numbers = [str(n) for n in allowed]
            said = (
                " or ".join(numbers) if len(numbers) <= most else f"a whole number from {numbers[0]} to {numbers[-1]}"
            )
            raise self.fault(column, f"is {x:g}: write {said}")
        return int(x)

    def label(self, column: str) -> str | None:
        """The cell as text; whole numbers are written without a point. None if it is missing."""
        cell = self.cells.get(column)
        if _missing(cell):
            return None
        return f"{cell:.0f}" if isinstance(cell, float) and cell.is_integer() else str(cell)

    @contextmanager
    def refused(self, column: str) -> Iterator[None]:
        """Errors of a check that names row and column already, as errors of the table."""
        try:
            yield
        except TableError:
            raise
        except InputError as error:
            raise TableError(str(error), row=self.at, column=column) from None

    def _float(self, column: str, cell: object) -> float:
        if isinstance(cell, str):
            text = cell.strip()
            if not _NUMBER.fullmatch(text):
                raise self.fault(column, f"is {checks.shown(text)}, not a number: {_instead(text, column)}")
            x = float(text)
        elif isinstance(cell, Real) and not isinstance(cell, bool):
            x = float(cell)
        else:
            raise self.fault(column, f"is {checks.shown(cell)}, not a number: {_instead('', column)}")
        if not math.isfinite(x):
            raise self.fault(column, f"is {checks.shown(cell)}: write a number that is finite")
        return x


def _missing(cell: object) -> bool:
    """Whether a cell holds nothing; data frames have several ways of saying so."""
    if isinstance(cell, str):
        return cell in MISSING or cell.strip() in MISSING
    return cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and cell != cell)


def _instead(text: str, column: str) -> str:
    """What to write instead of a text that is no number."""
    if _COMMA.fullmatch(text):
        return f"write {text.replace(',', '.')}, with a decimal point"
    if text.upper() == column:
        return "the names of the columns stand in the first line alone; delete this row"
    if text.casefold() in {"na", "nan", "n/a", "nd", "null", "none", "missing", "-"}:
        return "write . for what is missing"
    if text[:1] in {"<", ">"}:
        return "values beyond a limit are not supported; write . with MDV 1"
    if _CLOCK.fullmatch(text):
        return "clock times are not supported; write days from the subject's own zero"
    if _DATE.fullmatch(text):
        return "dates are not supported; write days from the subject's own zero"
    if re.fullmatch(r"[+-]?[\d.]+[dD][+-]?\d+", text):
        return f"write {text.upper().replace('D', 'E')}"
    return "write a number, or . for what is missing"
