"""What is known of a patient before any count: the spread of a population, as normal scores.

The score of a parameter is 0 at the population's median and normal with standard deviation 1 between patients, whatever
the parameter's own distribution. Fits move scores; :func:`parameters` says which patient has them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from itp_sim import checks
from itp_sim.distribution import quantile, share_below
from itp_sim.equations import Parameters
from itp_sim.errors import InputError
from itp_sim.parameters import correlations, population_key, records
from itp_sim.records import Record

Floats = NDArray[np.float64]

#: Parameters that are judged unless told otherwise, as far as the population's patients differ in them: those that a
#: few counts can tell. Remission, KREM, is one in children alone.
JUDGED = ("P0", "EPS", "FIND", "IC50", "KREM")
#: Scores beyond this are no patient's: one in 10^9 is.
FURTHEST = 6.0


@dataclass(frozen=True)
class Prior:
    """The population of a patient whose weight is known.

    Parameters
    ----------
    population
        Name, or path of an own file.
    free
        Records of the parameters in which patients differ, by name; weight is not among them.
    fixed
        Values of all other parameters.
    precision
        Inverse of the correlations of the scores, shape (free, free).
    """

    population: str
    free: Mapping[str, Record]
    fixed: Mapping[str, float]
    precision: Floats

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the free parameters."""
        return tuple(self.free)


def read_prior(population: str | PathLike[str], weight: float | None = None) -> Prior:
    """Return what a population says of a patient of `weight` [kg], that of its typical patient if left out.

    A patient may be anywhere within the range of a record. Where a record also says between which ends virtual patients
    are drawn (`truncate`, the entry criterion of a trial), that is not asked of somebody whose counts are at hand.

    Raises
    ------
    UnknownNameError
        If there is no such population.
    InputError
        If the weight is out of range, or the population's patients are all alike.
    """
    key = population_key(population)
    found = records(key)
    typical = found["WT"]
    weight = typical.value if weight is None else checks.number("weight", weight, *typical.range, "kg")
    free = {name: record for name, record in found.items() if record.omega > 0 and name != "WT"}
    if not free:
        raise InputError(f"all patients of {key} are alike, so nothing is fitted: give a parameter a cv or logit_sd")
    fixed = {name: record.value for name, record in found.items() if name not in free} | {"WT": weight}
    matrix = np.eye(len(free))
    names = list(free)
    for one in correlations(key):
        if set(one.between) <= set(names):
            i, j = map(names.index, one.between)
            matrix[i, j] = matrix[j, i] = one.value
    return Prior(key, free, fixed, np.asarray(np.linalg.inv(matrix), dtype=np.float64))


def parameters(prior: Prior, scores: Floats) -> Parameters:
    """Parameters of patients with these `scores`, shape (patients, free): arrays of shape (patients,)."""
    columns = {name: np.full(len(scores), value) for name, value in prior.fixed.items()}
    columns |= {name: value_at(prior, name, scores[:, i]) for i, name in enumerate(prior.free)}
    return Parameters(**columns)


def value_at(prior: Prior, name: str, score: Floats) -> Floats:
    """Value of one parameter at these scores, in its own unit."""
    record = prior.free[name]
    return quantile(record, record.range, ndtr(np.clip(score, -FURTHEST, FURTHEST)))


def score_of(prior: Prior, name: str, value: Floats | float) -> Floats:
    """Score at which one parameter has this value."""
    record = prior.free[name]
    share = np.clip(share_below(record, record.range, value), ndtr(-FURTHEST), ndtr(FURTHEST))
    score: Floats = ndtri(share)
    return score


def log_prior(prior: Prior, scores: Floats) -> Floats:
    """Log density of scores, shape (patients, free) -> (patients,), but for a constant."""
    density: Floats = -0.5 * np.einsum("ni,ij,nj->n", scores, prior.precision, scores)
    return density
