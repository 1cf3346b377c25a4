"""Read-outs as they are printed, in the shell and in the explorer: which, with what words, unit and digits."""

import math
from typing import NamedTuple


class Row(NamedTuple):
    """One read-out, a column of :func:`itp_sim.response`."""

    column: str
    label: str
    unit: str
    digits: int  #: after the point


ROWS = (
    Row("grams", "IgG prescribed", "g", 0),
    Row("hours", "hours on the drip", "h", 1),
    Row("vials", "vials", "", 0),
    Row("untreated", "untreated count", "10^9/L", 0),
    Row("peak", "peak count", "10^9/L", 0),
    Row("peak_day", "day of the peak", "day", 1),
    Row("day_30", "first day at 30", "day", 1),
    Row("day_50", "first day at 50", "day", 1),
    Row("day_100", "first day at 100", "day", 1),
    Row("days_above_30", "time at 30 or more", "days", 1),
    Row("days_above_50", "time at 50 or more", "days", 1),
    Row("days_above_100", "time at 100 or more", "days", 1),
    Row("return_day", "90% of the rise gone", "day", 1),
    Row("area", "area over untreated", "10^9/L d", 0),
    Row("igg_peak", "peak plasma IgG", "g/L", 1),
    Row("response", "response", "", 0),
)


def cell(value: object, digits: int) -> str:
    """A value as it stands in a table: text, a rounded number, or a dash for what is not there."""
    if isinstance(value, str):
        return value
    number = float(value)  # type: ignore[arg-type]
    return "-" if math.isnan(number) else rounded(number, digits)


def rounded(value: float, digits: int) -> str:
    """A number with so many digits after the point, never "-0"."""
    return f"{round(value, digits) + 0.0:.{digits}f}"
