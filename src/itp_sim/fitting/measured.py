"""What was measured in one patient, laid out for a fit: which output of which day, how sure, and above or at what."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr

from itp_sim.dosing import breakpoints
from itp_sim.errors import InputError
from itp_sim.fitting.residual import Residual
from itp_sim.nmtran import Observation, Subject
from itp_sim.solve import Schedule

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: Observations of one patient that a fit takes; more are a sign that the table is of something else.
MOST = 2000
#: Outputs of the model that are observed.
OUTPUTS = ("platelets", "igg")
#: The end of a run in which nothing was measured after the first infusion [day].
SHORTEST_RUN = 1.0


@dataclass(frozen=True)
class Measured:
    """Values of one patient, each at a place of the model's outputs.

    Parameters
    ----------
    days
        Output days from the first infusion, ascending [day].
    day, output
        Place in `days` and in `OUTPUTS` of each value.
    log
        Logarithm of each value; of the floor, where the value is below it.
    below
        Whether the value says only that it is below `log`.
    sd
        Standard deviation of the logarithm.
    schedule
        The patient's infusions to the last of `days`.
    """

    days: Floats
    day: NDArray[np.intp]
    output: NDArray[np.intp]
    log: Floats
    below: Bools
    sd: Floats
    schedule: Schedule


def measured(subject: Subject, errors: Mapping[str, Residual]) -> Measured:
    """Lay out what was measured in a subject.

    A value of a day before the first infusion is one of the untreated patient, as is one of the very moment of it.

    Raises
    ------
    InputError
        If there is no count, no infusion, no count after one, or too many observations; says which subject.
    """
    seen = subject.observations
    _check(subject, seen)
    first = subject.infusions[0].start
    when = [max(one.day - first, 0.0) for one in seen]
    days = np.array(sorted({0.0, *when}))
    shifted = [type(one)(one.start - first, one.grams, one.pieces) for one in subject.infusions]
    floors = np.array([errors[one.kind].floor for one in seen])
    values = np.array([one.value for one in seen])
    return Measured(
        days=days,
        day=np.searchsorted(days, when),
        output=np.array([OUTPUTS.index(one.kind) for one in seen]),
        log=np.log(np.maximum(values, floors)),
        below=values < floors,
        sd=np.array([errors[one.kind].sd for one in seen]),
        schedule=Schedule(*breakpoints(shifted, max(float(days[-1]), SHORTEST_RUN))),
    )


def _check(subject: Subject, seen: tuple[Observation, ...]) -> None:
    who = f"subject {subject.id!r}"
    counts = [one for one in seen if one.kind == "platelets"]
    if not counts:
        raise InputError(f"{who} has no platelet count: a fit needs at least one after an infusion")
    if not subject.infusions:
        raise InputError(
            f"{who} has {len(counts)} counts and no infusion: counts of an untreated patient tell P0 alone; "
            "add rows with AMT"
        )
    if len(seen) > MOST:
        raise InputError(f"{who} has {len(seen)} observations: a fit takes at most {MOST}; thin them out")
    start = subject.infusions[0].start
    if all(one.day <= start for one in counts):
        raise InputError(
            f"{who} has no count after the first infusion, which starts on day {start:g}: the last is of day "
            f"{counts[-1].day:g}; are TIME and AMT those of one patient?"
        )


# --- the likelihood -------------------------------------------------------------------------------------------------


def deviations(m: Measured, predicted: Floats) -> Floats:
    """How many standard deviations each value lies above the logarithm that is `predicted`, shape (..., values)."""
    away: Floats = (m.log - predicted) / m.sd
    return away


def log_likelihood(m: Measured, predicted: Floats) -> Floats:
    """Log density of the values given logarithms `predicted`, shape (..., values) -> (...), but for a constant.

    A value below the floor counts with the chance of being there: method M3 of Beal 2001, J Pharmacokinet Pharmacodyn
    28:481, doi:10.1023/A:1012299115260.
    """
    away = deviations(m, predicted)
    density: Floats = np.where(m.below, log_ndtr(away), -0.5 * away**2).sum(axis=-1)
    return density


def slopes(m: Measured, predicted: Floats) -> tuple[Floats, Floats]:
    """First derivative of the log density in each logarithm that is predicted, and minus the second."""
    away = deviations(m, predicted)
    # The hazard of the normal law, by logarithms: far below the floor both its parts vanish.
    hazard = np.exp(-0.5 * away**2 - 0.5 * np.log(2 * np.pi) - log_ndtr(away))
    first = np.where(m.below, -hazard, away) / m.sd
    second = np.where(m.below, hazard * (hazard + away), 1.0) / m.sd**2
    return first, second
