"""The printed read-outs of the explorer: which, with what words, unit and digits."""

import math
from typing import NamedTuple

import xarray as xr

from itp_sim.response import response


class Row(NamedTuple):
    """One read-out, a column of :func:`itp_sim.response`."""

    column: str
    label: str
    unit: str
    digits: int


ROWS = (
    Row("grams", "IgG prescribed", "g", 0),
    Row("hours", "hours on the drip", "h", 1),
    Row("untreated", "untreated count", "10⁹/L", 0),
    Row("peak", "peak count", "10⁹/L", 0),
    Row("peak_day", "day of the peak", "day", 1),
    Row("day_30", "first day at 30", "day", 1),
    Row("day_50", "first day at 50", "day", 1),
    Row("day_100", "first day at 100", "day", 1),
    Row("days_above_30", "time at 30 or more", "days", 1),
    Row("days_above_50", "time at 50 or more", "days", 1),
    Row("days_above_100", "time at 100 or more", "days", 1),
    Row("return_day", "90% of the rise gone", "day", 1),
    Row("area", "area over untreated", "10⁹/L d", 0),
    Row("igg_peak", "peak plasma IgG", "g/L", 1),
    Row("response", "response", "", 0),
)


def printed(run: xr.Dataset) -> list[tuple[str, ...]]:
    """Return the read-outs of a run as text: for each of `ROWS` one cell an arm."""
    table = response(run)
    return [tuple(cell(value, row.digits) for value in table[row.column]) for row in ROWS]


def cell(value: object, digits: int) -> str:
    """A value as it is printed: text, a rounded number, or a dash for what is not there."""
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    return "-" if math.isnan(number) else f"{round(number, digits) + 0.0:.{digits}f}"  # + 0.0: no "-0"
