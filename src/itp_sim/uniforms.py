"""Draws between 0 and 1 of each parameter: at random, in strata or as Sobol points, correlated where it is declared."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from itp_sim.equations import Parameters
from itp_sim.records import Correlation
from itp_sim.streams import words

Floats = NDArray[np.float64]
#: Draws of all patients, of a parameter at an attempt.
Draws = Callable[[str, int], Floats]

#: Most draws of a parameter that are held at a time: those of one table of patients, or the strata of a cohort.
MOST = 5_000_000
#: Ways to place the draws of each parameter, with the most patients of a cohort: Sobol points have to be walked through
#: from the start of their sequence.
SAMPLING: Mapping[str, int] = MappingProxyType({"random": 2**62, "stratified": MOST, "sobol": 2**24})


def uniforms(sampling: str, names: Sequence[str], *, n: int, seed: int, first: int, of: int) -> Draws:
    """Return the draws of `n` patients, strictly between 0 and 1; those after the first attempt are always random.

    Parameters
    ----------
    sampling
        One of `SAMPLING`.
    names
        Parameters that are drawn.
    n, first, of
        Number of patients, index of the first, and number in the whole cohort.
    seed
        Names the streams.
    """
    if sampling == "sobol":
        points = sobol_points(len(names), n, seed=seed, first=first)
        columns = dict(zip(sorted(names), np.clip(points.T, 1e-12, 1 - 1e-12), strict=True))
    elif sampling == "stratified":
        columns = {name: _stratified(name, n, seed=seed, first=first, of=of) for name in names}
    else:
        columns = {}
    return lambda name, attempt: (
        columns[name] if attempt == 0 and name in columns else stream(name, n, seed=seed, first=first, attempt=attempt)
    )


def correlated(draw: Draws, together: Sequence[Correlation]) -> Draws:
    """Return draws whose normal scores are correlated; the first of the parameters in the equations keeps its own.

    Sums are written out: a product of matrices may round differently for another number of patients.
    """
    if not together:
        return draw
    names = [name for name in Parameters._fields if any(name in one.between for one in together)]
    matrix = np.eye(len(names))
    for one in together:
        i, j = map(names.index, one.between)
        matrix[i, j] = matrix[j, i] = one.value
    weights = dict(zip(names, np.linalg.cholesky(matrix).tolist(), strict=True))

    def drawn(name: str, attempt: int) -> Floats:
        if name not in names[1:]:
            return draw(name, attempt)
        parts = [w * ndtri(draw(other, attempt)) for other, w in zip(names, weights[name], strict=True) if w]
        u: Floats = np.clip(ndtr(sum(parts)), 1e-16, 1 - 1e-16)
        return u

    return drawn


def sobol_points(dimensions: int, n: int, *, seed: int, first: int) -> Floats:
    """Return the points `first` to ``first + n - 1`` of one scrambled sequence, shape (n, dimensions)."""
    from scipy.stats import qmc

    sequence = qmc.Sobol(dimensions, seed=np.random.default_rng(seed))
    if first:
        return np.ascontiguousarray(sequence.fast_forward(first).random(n))
    # The first point on its own: SciPy warns of any other number that is no power of two.
    return np.concatenate([sequence.random(1), sequence.random(n - 1)] if n > 1 else [sequence.random(1)])


def _stratified(name: str, n: int, *, seed: int, first: int, of: int) -> Floats:
    """One draw in each of `of` equal strata, in an order that is the parameter's own; those of `n` patients."""
    within = stream(name, n, seed=seed, first=first, attempt=0)
    order = np.argsort(stream(f"{name} stratum", of, seed=seed, first=0, attempt=0), kind="stable")
    return (order[first : first + n] + within) / of


def stream(name: str, n: int, *, seed: int, first: int, attempt: int) -> Floats:
    """Return draws of the patients `first` to ``first + n - 1`` from the stream of one name, strictly within 0 and 1.

    A draw is addressed by (seed, name, patient, attempt): a Philox counter, no sequence.
    """
    # Four 64-bit words a counter: patient and word address an attempt, further attempts have keys of their own.
    block, word = divmod(attempt, 4)
    raw = words(seed, f"{name}\n{block}", first=first, n=n)[word::4]
    return ((raw >> np.uint64(12)).astype(float) + 0.5) * 2.0**-52
