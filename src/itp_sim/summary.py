"""What happened to a cohort, as whole numbers: those of its parts add up, in any order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import xarray as xr

from itp_sim import checks
from itp_sim.design import Level
from itp_sim.errors import InputError
from itp_sim.histograms import Counts, binned, median_interval
from itp_sim.readings import Readings
from itp_sim.response import DEFINITIONS, THRESHOLDS, check_length, grades, reached_by
from itp_sim.results import read
from itp_sim.usual import DEFAULT_DEFINITION

#: Days from the first infusion within which the thresholds of `response` must be reached.
BY_DAY = 7.0
#: Fields of a summary that add up.
COUNTED = ("patients", "hits", "gained", "lost", "values", "differences")
#: Bins of each histogram; a median is exact to the width of one.
BINS = 8192


class Measure(NamedTuple):
    """A read-out whose median is compared; binned from 0 to `high`, or to the length of the run if `high` is None."""

    unit: str
    high: float | None


MEASURES: Mapping[str, Measure] = MappingProxyType(
    {
        "peak": Measure("1e9/L", 2048.0),
        "peak_day": Measure("day", None),
        "day_50": Measure("day", None),
        "day_100": Measure("day", None),
        "days_above_30": Measure("day", None),
        "days_above_50": Measure("day", None),
        "days_above_100": Measure("day", None),
        "return_day": Measure("day", None),
        "igg_peak": Measure("g/L", 256.0),
        "grams": Measure("g", 4096.0),
        "hours": Measure("h", 512.0),
        "vials": Measure("vials", float(BINS)),
    }
)


@dataclass(frozen=True)
class Summary:
    """Whole numbers that say what :func:`itp_sim.compare` shows; those of parts of a cohort add up, in any order.

    Parameters
    ----------
    arms, rates
        Names of the arms, the first of which the others are compared with, and of the rates.
    patients
        Number of patients.
    hits
        Patients in whom each rate's event happened, shape (arms, rates).
    gained, lost
        Patients with the event in this arm but not in the first, and the other way round, shape (arms, rates).
    values
        Histograms of each measure, shape (arms, measures, bins + 3); the last bin is "not within the run".
    differences
        Histograms of each patient's difference to the first arm, shape (arms, measures, 2 bins + 3); a patient
        without the measure in both arms is left out.
    days
        Length of the run [day].
    definition
        Name of the response definition.
    """

    arms: tuple[str, ...]
    rates: tuple[str, ...]
    patients: int
    hits: Counts
    gained: Counts
    lost: Counts
    values: Counts
    differences: Counts
    days: float
    definition: str

    def __add__(self, other: "Summary") -> "Summary":
        same = ("arms", "rates", "days", "definition")
        if any(getattr(self, name) != getattr(other, name) for name in same):
            different = [name for name in same if getattr(self, name) != getattr(other, name)]
            raise InputError(
                f"two summaries with different {' and '.join(different)} do not add up: simulate both with the same"
            )
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in COUNTED})

    def nobody(self) -> "Summary":
        """The same of no patient at all: what a sum starts from."""
        return replace(self, **{name: 0 * getattr(self, name) for name in COUNTED})


def summarise(run: xr.Dataset, *, definition: str = DEFAULT_DEFINITION) -> Summary:
    """Count what :func:`itp_sim.compare` shows of a run.

    Raises
    ------
    InputError, UnknownNameError
        As :func:`itp_sim.response`.
    """
    return count(read(run), definition=definition)


def count(found: Readings, *, definition: str) -> Summary:
    """Count what :func:`itp_sim.compare` shows of read-outs.

    Raises
    ------
    InputError, UnknownNameError
        As :func:`itp_sim.response`.
    """
    key = checks.name("definition", definition, DEFINITIONS)
    check_length(found.days, key)
    events = {
        f"at least {level} by day {BY_DAY:g}": reached_by(found, Level(float(level)), BY_DAY) for level in THRESHOLDS
    }
    events[f"response ({key})"] = grades(found, key) != DEFINITIONS[key].otherwise
    happened = np.stack(list(events.values()), axis=1)
    known = dict(found.values)
    for level in THRESHOLDS:
        at = found.at(Level(float(level)))
        known |= {f"day_{level}": at["first_day"], f"days_above_{level}": at["days_above"]}
    values = np.stack([known[name] for name in MEASURES], axis=1)
    for (name, measure), of_measure in zip(MEASURES.items(), values.swapaxes(0, 1), strict=True):
        if measure.high and np.nanmax(of_measure, initial=0.0) > measure.high:
            raise InputError(
                f"{name} is up to {np.nanmax(of_measure):g} {measure.unit}, more than the {measure.high:g} that can be "
                "compared: use response() for the patients one by one"
            )
    # What is not within the run comes later than all that is.
    late = np.where(np.isnan(values), np.inf, values)
    scaled = late / np.array([measure.high or found.days for measure in MEASURES.values()])[:, None] * BINS
    with np.errstate(invalid="ignore"):  # two that are both not within the run have no difference
        apart = scaled - scaled[0]
    return Summary(
        arms=found.arms,
        rates=tuple(events),
        patients=values.shape[2],
        hits=happened.sum(axis=2),
        gained=(happened & ~happened[0]).sum(axis=2),
        lost=(~happened & happened[0]).sum(axis=2),
        values=binned(scaled, 0, BINS),
        differences=binned(apart, -BINS, BINS),
        days=found.days,
        definition=key,
    )


def total(run: xr.Dataset | Summary | Iterable[Summary], *, definition: str | None = None) -> Summary:
    """Return the counts of a run, or of all summaries together.

    Raises
    ------
    InputError
        If `run` is neither, holds no patient, two summaries do not belong together, or they have another definition.
    UnknownNameError
        If there is no such definition.
    """
    if isinstance(run, xr.Dataset):
        return summarise(run, definition=DEFAULT_DEFINITION if definition is None else definition)
    several = [run] if isinstance(run, Summary) else list(run) if isinstance(run, Iterable) else []
    if not several or not all(isinstance(one, Summary) for one in several):
        raise InputError(f"{checks.shown(type(run).__name__)} cannot be compared: give a result of simulate()")
    together = reduce(Summary.__add__, several)
    if not together.patients:
        raise InputError("the summary counts no patient: give one of a cohort, or a result of simulate()")
    if definition is not None and checks.name("definition", definition, DEFINITIONS) != together.definition:
        raise InputError(
            f"the summary was counted by the definition {together.definition!r}, not {definition!r}: leave it out, or "
            f"simulate again with definition={definition!r}"
        )
    return together


def median(s: Summary, name: str, arm: int) -> float:
    """Median of a measure in an arm, counted from 0; NaN where it is not within the run."""
    width = (MEASURES[name].high or s.days) / BINS
    return median_interval(s.values[arm, list(MEASURES).index(name)], 0.0, width)[0]
