"""The units of a table, and slips of unit that its numbers give away."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from itp_sim import checks

#: Units of time, amounts and counts, and how many of each make a day, a gram and 1e9/L.
TIMES: Mapping[str, float] = MappingProxyType({"day": 1.0, "h": 24.0})
AMOUNTS: Mapping[str, float] = MappingProxyType({"g": 1.0, "mg": 1000.0})
COUNTS: Mapping[str, float] = MappingProxyType({"1e9/L": 1.0, "1e12/L": 1e-3, "1e4/uL": 0.1, "1/uL": 1e3})
_COUNT_WORDS = (
    *(("10^" + unit[2:], unit) for unit in ("1e9/L", "1e12/L", "1e4/uL")),
    *(("/uL", "1/uL"), ("per microlitre", "1/uL"), ("1e3/uL", "1e9/L"), ("10^3/uL", "1e9/L"), ("G/L", "1e9/L")),
)
_TIME_WORDS = (("d", "day"), ("days", "day"), ("hour", "h"), ("hours", "h"))
_AMOUNT_WORDS = (("gram", "g"), ("grams", "g"), ("milligram", "mg"))

#: Longest infusion [day], and the highest rate: more than any dose that a regimen takes in its shortest time [g/day].
LONGEST_INFUSION = 2.0
FASTEST = 200_000.0
#: Longest that is taken for days where no unit is said [day]: labels take hours, so that 2 is rather 2 h; assumed.
LONGEST_UNSAID = 1.0
#: Counts all of which lie below this are rather in another unit [1e9/L]; a fit does not tell such from each other.
LEAST_COUNT = 1.0
#: Most in one infusion [g/kg], and where the weight is not known [g]; twice what a regimen takes by weight.
MOST_PER_KG, MOST = 10.0, 500.0
#: A dose below this is rather one in g/kg, written as such [g/kg], if its number is one that doses in g/kg have.
LEAST_PER_KG, MOST_LIKE_PER_KG = 0.02, 5.0


@dataclass(frozen=True, slots=True)
class Units:
    """What the caller says of the units; None: day, g and 1e9/L, and a slip is looked for.

    Raises
    ------
    UnknownNameError
        If a unit is another than day, h, g, mg, and those of COUNTS.
    """

    time: str | None = None
    amount: str | None = None
    count: str | None = None

    def __post_init__(self) -> None:
        if self.time is not None:
            object.__setattr__(self, "time", checks.name("time_unit", self.time, TIMES, _TIME_WORDS))
        if self.amount is not None:
            object.__setattr__(self, "amount", checks.name("amount_unit", self.amount, AMOUNTS, _AMOUNT_WORDS))
        if self.count is not None:
            object.__setattr__(self, "count", checks.name("count_unit", self.count, COUNTS, _COUNT_WORDS))

    @property
    def per_day(self) -> float:
        """Units of time in a day."""
        return TIMES[self.time or "day"]

    @property
    def per_gram(self) -> float:
        """Units of amount in a gram."""
        return AMOUNTS[self.amount or "g"]

    @property
    def per_count(self) -> float:
        """Units of a count in 1e9/L."""
        return COUNTS[self.count or "1e9/L"]

    @property
    def rate(self) -> str:
        """Unit of a rate."""
        return f"{self.amount or 'g'}/{self.time or 'day'}"


def like_hours(times: Iterable[float]) -> bool:
    """Whether times [day] look like hours: at least three, to 72 at least, all of them whole multiples of 24."""
    later = {t for t in times if t > 0.0}
    return len(later) > 2 and max(later) >= 72.0 and all(t % 24.0 == 0.0 for t in later)


def duration_slip(days: float) -> str:
    """What was probably meant by a length of `days` that is too long."""
    if days <= 24.0 * LONGEST_INFUSION:
        return f"if it is in hours, write {days / 24.0:.6g}"
    if days <= 1440.0 * LONGEST_INFUSION:
        return f"if it is in minutes, write {days / 1440.0:.6g}"
    return "an infusion takes hours"


def amount_slip(grams: float) -> str:
    """What was probably meant by an amount that is too large."""
    return f"if it is in mg, write {grams / 1000.0:.6g}" if grams <= 1000.0 * MOST else "the amount of one infusion"


def small_count_slip(highest: float) -> str:
    """What was probably meant by counts of which the highest is so low."""
    return (
        f"if they are in 10^12/L, write {1000.0 * highest:.6g} or say count_unit='1e12/L'; if in 10^4/uL, write "
        f"{10.0 * highest:.6g} or say count_unit='1e4/uL'; if they are right, say count_unit='1e9/L'"
    )


def value_slip(kind: str, value: float, most: float) -> str:
    """What was probably meant by an observation that is too large."""
    if kind == "platelets" and value <= 1000.0 * most:
        return f"if it is in platelets per microlitre, write {value / 1000.0:.6g}"
    if kind == "igg" and value <= 100.0 * most:
        return f"if it is in mg/dL, write {value / 100.0:.6g}"
    return "counts are in 1e9/L, IgG in g/L"
