"""How patients differ in one parameter: the distribution that its record declares, cut at limits."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtr, ndtri

from itp_sim.records import Record

Floats = NDArray[np.float64]


def quantile(record: Record, limits: tuple[float, float], u: Floats) -> Floats:
    """Return the values below which shares `u` of the patients within `limits` lie, in the unit of the record."""
    low, high = _tails(record, limits)
    scores = ndtri(low + u * (high - low))
    drawn: Floats
    if record.logit_sd is not None:
        drawn = expit(logit(record.value) + record.omega * scores)
    else:
        drawn = record.value * np.exp((record.omega or 1.0) * scores)
    return np.clip(drawn, *limits)


def share_below(record: Record, limits: tuple[float, float], value: Floats | float) -> Floats:
    """Return the share of the patients within `limits` who lie below a value: the inverse of :func:`quantile`."""
    low, high = _tails(record, limits)
    inside = np.clip(np.asarray(value, dtype=float), *limits)
    share: Floats = (ndtr(_score(record, inside)) - low) / (high - low)
    return share


def _tails(record: Record, limits: tuple[float, float]) -> tuple[float, float]:
    """Shares of the patients without limits who lie below each of `limits`."""
    low, high = (float(ndtr(_score(record, np.array(end)))) for end in limits)
    return low, high


def _score(record: Record, value: Floats) -> Floats:
    """Standard deviations between the median and a value, on the scale on which patients are normal."""
    with np.errstate(divide="ignore"):
        if record.logit_sd is None:
            # A parameter without spread, given limits: spread evenly enough on the log scale.
            return np.asarray(np.log(value / record.value) / (record.omega or 1.0))
        return np.asarray((logit(value) - logit(record.value)) / record.omega)
