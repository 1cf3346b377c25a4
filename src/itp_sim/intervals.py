"""Intervals: how sure they are meant to be; of values, of what was drawn, of a mean, of shares and their difference."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Confidence of every interval.
CONFIDENCE = 0.95
#: Shares of what is drawn that lie below the two ends of an interval.
ENDS = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)
#: Shares of patients that lie below the ends of what is said of most of them, and below the median.
SPREAD = (0.05, 0.5, 0.95)


def spread(values: ArrayLike) -> dict[str, float]:
    """Return the ``median`` of values, one or more, and ``low`` and ``high``, between which 90% of them lie.

    Of patients, who differ; no confidence is in it.
    """
    low, median, high = np.quantile(np.asarray(values, dtype=float), SPREAD).tolist()
    return {"median": median, "low": low, "high": high}


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
    """Return the ends of Wilson's interval for a share of `hits` in `n` patients, 1 or more.

    For a share that stands by itself, simulated or published: over all shares it covers as often as it says, with ends
    nearer to each other than those of an exact interval.
    """
    from scipy.stats import binomtest

    found = binomtest(hits, n).proportion_ci(CONFIDENCE, method="wilson")
    return float(found.low), float(found.high)


def clopper_pearson(hits: NDArray[np.int64], n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the exact ends of shares of `hits`, of any shape, in `n` patients, 1 or more.

    For a curve of shares that passes through none and all: it covers no share less often than it says, however near to
    0 or 1, where Wilson's may.
    """
    from scipy.special import betaincinv

    low = np.where(hits > 0, betaincinv(np.maximum(hits, 1), n - hits + 1, ENDS[0]), 0.0)
    high = np.where(hits < n, betaincinv(hits + 1, np.maximum(n - hits, 1), ENDS[1]), 1.0)
    return low, high


def student(mean: float, *, sd: float, n: int) -> tuple[float, float]:
    """Return the ends of Student's interval for the mean of `n` values, 2 or more, with standard deviation `sd`.

    For a published mean, of which nothing else is known; exact if the values are normal.
    """
    from scipy.stats import t

    half = float(t.ppf(ENDS[1], n - 1)) * sd / math.sqrt(n)
    return mean - half, mean + half


def paired_shares(gained: int, lost: int, n: int) -> tuple[float, float, float]:
    """Return the difference of two shares of the same `n` patients, and the ends of its interval.

    Wald's interval with half a patient added to each cell (Agresti and Min 2005), which takes account of the pairs.

    Parameters
    ----------
    gained, lost
        Patients who are in the first share alone, and in the second alone.
    n
        All patients, 1 or more.
    """
    from scipy.stats import norm

    difference = (gained - lost) / n
    b, c, m = gained + 0.5, lost + 0.5, n + 2.0
    centre = (b - c) / m
    half = norm.ppf(ENDS[1]) * np.sqrt((b + c) - (b - c) ** 2 / m) / m
    return float(difference), float(centre - half), float(centre + half)


def _ends(values: NDArray[np.float64]) -> NDArray[np.float64]:
    known = values[~np.isnan(values)]
    if not len(known):
        return np.full(2, np.nan)
    found: NDArray[np.float64] = np.quantile(known, ENDS, method="closest_observation")
    return found
