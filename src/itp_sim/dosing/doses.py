"""One dose of a regimen, and doses written as text."""

from collections.abc import Sequence
from dataclasses import dataclass

from itp_sim import checks
from itp_sim.errors import InputError

#: Largest amount of one infusion by weight [g/kg], and in all [g].
MOST_PER_KG, MOST_GRAMS = 5.0, 500.0
#: Last day of a dose [day], and the shortest and longest infusion that is asked for [h].
LAST_DAY, HOURS = 36_500.0, (0.25, 48.0)
#: Days between the doses of a series, and most doses of one, as the text of a regimen may say them.
SPACING, MOST_IN_SERIES = (0.25, 365.0), 365


@dataclass(frozen=True, slots=True)
class Dose:
    """One infusion of a regimen, before the patient is known.

    Parameters
    ----------
    day
        Start, 0 to 36500, from the start of the first infusion [day].
    amount
        Above 0 to 5 [g/kg] or to 500 [g].
    per_kg
        Whether `amount` is in g/kg.
    hours
        Length, 0.25 to 48 [h]; None takes the label's rate.

    Raises
    ------
    InputError
        If a number is out of range.
    """

    day: float
    amount: float
    per_kg: bool = True
    hours: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "day", checks.number("day of an infusion", self.day, 0.0, LAST_DAY, "day"))
        if not isinstance(self.per_kg, bool):
            raise InputError(f"per_kg is {checks.shown(self.per_kg)}: give True for g/kg, False for g")
        unit, most = ("g/kg", MOST_PER_KG) if self.per_kg else ("g", MOST_GRAMS)
        amount = checks.number("dose", self.amount, 0.0, most, unit, open_low=True, hint=self._slip())
        object.__setattr__(self, "amount", amount)
        if self.hours is not None:
            hint = "hours of one infusion, not minutes"
            hours = checks.number("length of an infusion", self.hours, *HOURS, "h", hint=hint)
            object.__setattr__(self, "hours", hours)

    def __str__(self) -> str:
        return f"{_digits(self.amount)} {'g/kg' if self.per_kg else 'g'}"

    def _slip(self) -> str:
        """What was probably meant by an amount that is far too large."""
        if isinstance(self.amount, int | float):
            if self.per_kg and MOST_PER_KG < self.amount <= 200.0:
                return f"did you mean {self.amount:g} g?"
            if (200.0 if self.per_kg else MOST_GRAMS) < self.amount <= 500_000.0:
                return f"did you mean mg: {self.amount / 1000.0:g} {'g/kg' if self.per_kg else 'g'}?"
        return "the amount of one infusion"

    def grams(self, weight_kg: float) -> float:
        """Amount for a patient of `weight_kg` [g]."""
        return self.amount * weight_kg if self.per_kg else self.amount


def written(doses: Sequence[Dose]) -> str:
    """Return `doses` as text that `regimen_text.parse` reads back, the shortest regular way.

    Doses of one kind that are equally spaced become ``daily x N`` or ``every K days x N``, others a list of days.
    """
    kinds = dict.fromkeys((dose.amount, dose.per_kg, dose.hours) for dose in sorted(doses, key=by_day))
    parts: list[tuple[float, str, str]] = []
    for amount, per_kg, hours in kinds:
        same = [dose for dose in doses if (dose.amount, dose.per_kg, dose.hours) == (amount, per_kg, hours)]
        head = str(same[0]) + ("" if hours is None else f" over {_digits(hours)} h")
        parts += [(first, head, when) for first, when in _schedule(sorted(dose.day for dose in same))]
    parts.sort(key=lambda part: part[0])
    text = " then ".join(f"{head}{when}" for _, head, when in parts)
    first = f"{parts[0][1]}{parts[0][2]}"
    return first.removesuffix(" on day 0") + text[len(first) :]


def _schedule(days: list[float]) -> list[tuple[float, str]]:
    """First day and text of each series among ascending `days`, then of the lists of what is left over."""
    parts = []
    single: list[float] = []
    while days:
        there = set(days)
        found = [_series(days[0], second, there) for second in days[1:9]]
        step, series = max(found, key=_length, default=(0.0, []))
        if len(series) > 2 or (len(series) == 2 and step == 1.0):
            every = "daily" if step == 1.0 else f"every {_digits(step)} days"
            parts.append((days[0], f" {every} x {len(series)} on day {_digits(days[0])}"))
        else:
            series = days[:1]
            single += series
        days = _without(days, series)
    while single:
        distinct = list(dict.fromkeys(single))
        parts.append((distinct[0], f" on day {_listed(distinct)}"))
        single = _without(single, distinct)
    return parts


def _series(first: float, second: float, days: set[float]) -> tuple[float, list[float]]:
    """Spacing and days of the longest equally spaced series in `days` that begins with these two."""
    # Six decimals undo the rounding of a sum, so that the text gives the very same days back.
    step = round(second - first, 6)
    series = [first]
    shortest, longest = SPACING
    while shortest <= step <= longest and len(series) < MOST_IN_SERIES:
        after = first + len(series) * step
        if after not in days:
            break
        series.append(after)
    return step, series


def _length(candidate: tuple[float, list[float]]) -> int:
    return len(candidate[1])


def _without(days: list[float], taken: list[float]) -> list[float]:
    left = list(days)
    for day in taken:
        left.remove(day)
    return left


def by_day(dose: Dose) -> tuple[float, bool, float, float]:
    """Order in which doses are kept."""
    return dose.day, dose.per_kg, dose.amount, dose.hours or 0.0


def _digits(x: float) -> str:
    """All digits of `x`, and no more."""
    return repr(x).removesuffix(".0")


def _listed(days: Sequence[float]) -> str:
    """Days as "0, 3 and 21"."""
    *before, last = map(_digits, days)
    return f"{', '.join(before)} and {last}" if before else last
