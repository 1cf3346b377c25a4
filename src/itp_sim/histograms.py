"""Histograms of whole numbers: they add up, and hold a median with the interval of its order statistics."""

import numpy as np
from numpy.typing import NDArray

from itp_sim.intervals import ENDS

Counts = NDArray[np.int64]


def binned(scaled: NDArray[np.float64], low: int, high: int) -> Counts:
    """Return histograms over the last axis: a bin for each whole number, one for what is below, one for what is above.

    Parameters
    ----------
    scaled
        Values, in bins, shape (..., n); what is not a number is left out.
    low, high
        First and last bin.

    Returns
    -------
    numpy.ndarray
        Counts, shape (..., high - low + 3).
    """
    bins = high - low + 3
    place = np.clip(np.round(scaled), low - 1, high + 1) - (low - 1)
    rows = [row[~np.isnan(row)].astype(np.int64) for row in place.reshape(-1, place.shape[-1])]
    counts = np.stack([np.bincount(row, minlength=bins) for row in rows])
    return counts.reshape(*place.shape[:-1], bins)


def median_interval(counts: Counts, low: float, width: float) -> tuple[float, float, float]:
    """Return the median of a histogram with the interval of its order statistics; NaN where it is not within the bins.

    That interval takes nothing for granted of how values are distributed. Fewer than six values have none: the lowest
    and the highest of them hold the median too seldom.

    Parameters
    ----------
    counts
        One histogram, as `binned` gives it.
    low, width
        Value of the first bin, and from each bin to the next.
    """
    from scipy.stats import binom

    n = int(counts.sum())
    ranks = np.array([(n + 1) // 2, n // 2 + 1, binom.ppf(ENDS[0], n, 0.5), binom.ppf(ENDS[1], n, 0.5) + 1])
    place = np.searchsorted(np.cumsum(counts), ranks)
    outside = (place <= 0) | (place >= len(counts) - 1)  # a rank that does not exist falls there too
    found = np.where(outside, np.nan, low + (place - 1) * width)
    return float(found[:2].mean()), float(found[2]), float(found[3])
