"""Sobol indices of any function of numbers between 0 and 1, with bootstrap intervals.

The estimator is SciPy's: Saltelli et al. 2010, Comput Phys Commun 181:259, doi:10.1016/j.cpc.2009.09.018.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from itp_sim.errors import InputError
from itp_sim.intervals import ends
from itp_sim.streams import generator
from itp_sim.uniforms import sobol_points

Floats = NDArray[np.float64]
#: Rows of numbers strictly between 0 and 1, shape (rows, inputs), to rows of outputs, shape (rows, outputs).
Function = Callable[[Floats], Floats]

#: Bootstrap samples behind each interval, and share of them that may have no index; assumed.
RESAMPLES, MOST_WITHOUT = 500, 0.5
#: Share of the mean square below which a variance is what rounding left.
ROUNDING = 1e-12


class Draws(NamedTuple):
    """Values of a function where the estimator needs them: at two samples, and at mixtures of the two."""

    A: Floats  #: shape (outputs, n)
    B: Floats  #: shape (outputs, n)
    AB: Floats  #: at A with one input of B, shape (inputs, outputs, n)


class Indices(NamedTuple):
    """Indices with the ends of their intervals, each of shape (inputs, outputs)."""

    first: Floats  #: share of the variance that an input explains by itself
    first_low: Floats
    first_high: Floats
    total: Floats  #: share that is left as long as this input alone is not known
    total_low: Floats
    total_high: Floats

    def widest(self) -> tuple[int, int, float]:
        """Input, output and half width of the widest interval."""
        half = np.maximum(self.first_high - self.first_low, self.total_high - self.total_low) / 2
        row, column = np.unravel_index(int(half.argmax()), half.shape)
        return int(row), int(column), float(half[row, column])


def draw(function: Function, inputs: int, *, n: int, seed: int) -> Draws:
    """Evaluate a function at scrambled Sobol points, ``n (inputs + 2)`` times, `n` at a time.

    Parameters
    ----------
    function
        Takes and returns rows; each row on its own.
    inputs
        Number of inputs.
    n
        Points of each sample, a power of two.
    seed
        Scrambles the points.
    """
    points = np.clip(sobol_points(2 * inputs, n, seed=seed, first=0), 1e-12, 1 - 1e-12)
    a, b = points[:, :inputs], points[:, inputs:]
    mixed = []
    for i in range(inputs):
        one = a.copy()
        one[:, i] = b[:, i]
        mixed.append(function(one).T)
    return Draws(function(a).T, function(b).T, np.stack(mixed))


def indices(draws: Draws, *, seed: int, resamples: int = RESAMPLES) -> Indices:
    """First-order and total indices, with percentile intervals of a bootstrap over the points.

    The bootstrap takes the points for independent ones. Sobol points are spread more evenly, so the intervals are
    rather too wide than too narrow.

    Parameters
    ----------
    draws
        From `draw`; every value finite, and no output constant.
    seed
        Names the random stream of the bootstrap.
    resamples
        Number of bootstrap samples. In one in which an output is constant, as a response may be that few draws show, it
        has no index; such samples are left out of that output's intervals.

    Raises
    ------
    InputError
        If a value is not finite, or an output is constant in more than half of the bootstrap samples.
    """
    from scipy.stats import sobol_indices

    n = draws.A.shape[1]
    _refuse_what_is_no_number(draws)
    # SciPy drops dimensions of length one, and fails where one input meets one output: the last output goes in twice.
    a, b, mixed = (np.concatenate([each, each[..., -1:, :]], axis=-2) for each in draws)
    found = sobol_indices(func={"f_A": a, "f_B": b, "f_AB": mixed}, n=n)
    shape = len(draws.A) + 1, len(draws.AB)
    first, total = (np.reshape(each, shape)[:-1].T for each in (found.first_order, found.total_order))
    again = resampled(draws, seed=seed, resamples=resamples)
    _refuse_if_constant(again)
    (first_low, total_low), (first_high, total_high) = ends(again)
    return Indices(first, first_low, first_high, total, total_low, total_high)


def resampled(draws: Draws, *, seed: int, resamples: int) -> Floats:
    """First-order and total indices of bootstrap samples, shape (resamples, 2, inputs, outputs).

    As SciPy estimates them from copies of the points, but from sums with weights: many times as fast. NaN where an
    output is constant in a sample, which then has no variance to share out.
    """
    centre = (draws.A + draws.B).mean(axis=1, keepdims=True) / 2
    a, b, apart = draws.A - centre, draws.B - centre, draws.AB - draws.A
    parts = np.stack([b * apart, apart, apart**2 / 2])
    squares, sums = (a**2 + b**2) / 2, (a + b) / 2
    found = []
    for weights in _weights(a.shape[1], seed=seed, resamples=resamples):
        mean = np.einsum("on,n->o", sums, weights)
        square = np.einsum("on,n->o", squares, weights)
        variance = square - mean**2
        varies = variance > ROUNDING * square
        product, difference, total = np.einsum("pion,n->pio", parts, weights)
        shares = np.stack([product - mean * difference, total]) / np.where(varies, variance, 1.0)
        found.append(np.where(varies, shares, np.nan))
    return np.array(found)


def _refuse_what_is_no_number(draws: Draws) -> None:
    lost = sum(int((~np.isfinite(each)).sum()) for each in draws)
    if lost:
        raise InputError(
            f"{lost} of {sum(each.size for each in draws)} values of the function are not finite, so there is no "
            "variance to share out: leave the output out, or give narrower ends"
        )


def _refuse_if_constant(again: Floats) -> None:
    """Refuse an output with an index in less than half of the bootstrap samples: it has no interval."""
    without = float(np.isnan(again).mean(axis=0).max())
    if without > MOST_WITHOUT:
        raise InputError(
            f"an output is the same in all draws of {100 * without:.0f}% of the bootstrap samples: ask for a larger n, "
            "or leave it out"
        )


def _weights(n: int, *, seed: int, resamples: int) -> Iterator[Floats]:
    """Share that each point has of each bootstrap sample."""
    stream = generator(seed, "bootstrap of the Sobol indices")
    for _ in range(resamples):
        yield np.bincount(stream.integers(0, n, n), minlength=n) / n
