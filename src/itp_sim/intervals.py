"""Intervals: how sure they are meant to be, and the ends between which most of what was drawn lies."""

import numpy as np
from numpy.typing import NDArray

#: Confidence of every interval.
CONFIDENCE = 0.95
#: Shares of what is drawn that lie below the two ends of an interval.
ENDS = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)


def ends(drawn: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ends between which most of the drawn values lie, each end one of them.

    Parameters
    ----------
    drawn
        Values, one row a draw, shape (draws, ...). NaN is a draw without a value: it is left out, so whoever calls says
        how many there were. An infinite value lies beyond all others and may be an end.

    Returns
    -------
    tuple of numpy.ndarray
        Lower and upper ends, shape (...); NaN where no draw has a value.
    """
    if not len(drawn):
        nothing = np.full(drawn.shape[1:], np.nan)
        return nothing, nothing
    low, high = np.apply_along_axis(_ends, 0, drawn)
    return low, high


def wilson(hits: int, n: int) -> tuple[float, float]:
    """Return the ends of Wilson's interval for a share of `hits` in `n` patients, 1 or more."""
    from scipy.stats import binomtest  # slow to load

    found = binomtest(hits, n).proportion_ci(CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)


def _ends(values: NDArray[np.float64]) -> NDArray[np.float64]:
    known = values[~np.isnan(values)]
    if not len(known):
        return np.full(2, np.nan)
    found: NDArray[np.float64] = np.quantile(known, ENDS, method="closest_observation")
    return found
