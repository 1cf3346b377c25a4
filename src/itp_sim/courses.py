"""What a reader could miss of the doses of a run: far from any that is given, or a day later than was meant."""

import warnings
from collections.abc import Iterable
from dataclasses import replace
from itertools import accumulate

from itp_sim.catalogue import course_range
from itp_sim.dosing import Regimen
from itp_sim.dosing.doses import MOST_PER_KG

#: Times by which a course may be below the least of the labels, and within `WINDOW` above the largest; assumed.
FAR_BELOW, FAR_ABOVE = 10.0, 2.0
#: Days within which doses are one course: labels give theirs within five; assumed.
WINDOW = 7.0


def warn_of_courses(arms: Iterable[Regimen | None], weight_kg: float) -> None:
    """Warn of regimens that were probably not meant so.

    Parameters
    ----------
    arms
        Regimens; None, an arm without treatment, is passed over.
    weight_kg
        Body weight for doses in grams [kg].

    Warns
    -----
    UserWarning
        If a regimen is far below or above the courses of product labels in ITP, has an infusion that by weight would be
        refused, or starts on day 1.
    """
    for arm in filter(None, arms):
        for note in _notes(arm, weight_kg):
            warnings.warn(f"{arm.text!r} {note}", stacklevel=3)


def _notes(arm: Regimen, kg: float) -> Iterable[str]:
    least, most = course_range()
    given = [(dose.day, dose.grams(kg) / kg) for dose in arm.doses]
    total = sum(amount for _, amount in given)
    if total < least / FAR_BELOW:
        yield (
            f"is {total:.2g} g/kg in all, far below a clinical dose: the least course on a product's label in ITP is "
            f"{least:g} g/kg; doses by weight are written 'x g/kg'"
        )
    largest = max(amount for _, amount in given)
    within = _most_within(given)
    if largest > MOST_PER_KG:
        yield (
            f"is {largest:.3g} g/kg in one infusion at {kg:g} kg: a dose by weight may be at most {MOST_PER_KG:g} g/kg"
        )
    elif within > FAR_ABOVE * most:
        yield (
            f"brings {within:.3g} g/kg within {WINDOW:g} days, far above a clinical course: the largest on a product's "
            f"label in ITP is {most:g} g/kg; a dose is that of each infusion"
        )
    if given[0][0] == 1.0:
        yield (
            "starts on day 1, which is 24 h after time 0, from which days and read-outs are counted: if the first "
            f"infusion is meant to be at time 0, write {_from_zero(arm)!r}"
        )


def _most_within(given: list[tuple[float, float]]) -> float:
    """The most that doses of any `WINDOW` days bring, of pairs of day, ascending, and amount."""
    sums = [0.0, *accumulate(amount for _, amount in given)]
    found, first = 0.0, 0
    for last, (day, _) in enumerate(given):
        while given[first][0] <= day - WINDOW:
            first += 1
        found = max(found, sums[last + 1] - sums[first])
    return found


def _from_zero(arm: Regimen) -> str:
    """The text of the regimen that starts a day earlier."""
    first = arm.doses[0].day
    earlier = tuple(replace(dose, day=dose.day - first) for dose in arm.doses)
    return Regimen(earlier, arm.product).text
