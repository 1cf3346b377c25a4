"""Counts as a laboratory reports them: with noise, rounded, never below a floor."""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from itp_sim.trials.design import Criterion, Measurement
from itp_sim.uniforms import stream

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def noise(how: Measurement, n: int, *, seed: int, name: str) -> Floats:
    """Factors by which the counts of `n` patients are measured too high or too low, shape (patients, visits).

    The factor of a patient depends on (seed, name, patient, day of the visit) and nothing else: not on `n`, the other
    visits, the arm or the dose. Half are above 1.

    Parameters
    ----------
    how
        Coefficient of variation and visits.
    n
        Number of patients.
    seed, name
        Name the random stream.
    """
    sd = math.sqrt(math.log1p(how.cv**2))
    days = [
        ndtri(stream(f"{name} measured on day {float(day)!r}", n, seed=seed, first=0, attempt=0)) for day in how.visits
    ]
    factors: Floats = np.exp(sd * np.stack(days, axis=1))
    return factors


def reported(counts: Floats, how: Measurement) -> Floats:
    """Counts as they are written down [1e9/L]: rounded to the nearest `round_to`, at least `floor`."""
    rounded = how.round_to * np.round(counts / how.round_to) if how.round_to else counts
    written: Floats = np.maximum(rounded, how.floor)
    return written


def meets(counts: Floats, untreated: Floats, criterion: Criterion) -> Bools:
    """Whether measured counts meet a criterion; `untreated` are those of day 0, in a shape that goes with `counts`."""
    above = counts > criterion.at_least if criterion.strict else counts >= criterion.at_least
    met: Bools = above & (counts >= criterion.multiple * untreated)
    return met


def ever(met: Bools) -> Bools:
    """Whether it was so at any visit, shape (patients, visits) -> (patients,)."""
    return np.asarray(met.any(axis=1), dtype=bool)
