"""Draws of the posterior: those of normal approximations, each weighted by what the approximation got wrong.

Importance sampling that learns from its own draws (population Monte Carlo: Cappé et al. 2004, J Comput Graph Stat
13:907). What is drawn from is assumed: a poor choice costs effective draws, which are counted.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2
from scipy.special import gammaln, logsumexp

from itp_sim.fitting.climb import Top
from itp_sim.fitting.target import Target, densities
from itp_sim.streams import generator

Floats = NDArray[np.float64]

#: Learning: draws of a round, most rounds, and effective draws after which no further one is needed.
EACH, ROUNDS, LEARNT = 1000, 10, 400.0
#: Effective draws to which an approximation is fitted, and the smallest power of the weights by which they are reached.
TO_FIT, LEAST_POWER = 150.0, 0.01
#: The draws that count, how many of them must be effective, and how often they are drawn anew for it. Vehtari et al.
#: 2021 ask for 400 (Bayesian Anal 16:667, doi:10.1214/20-BA1221).
LAST, ENOUGH, TRIES = 4000, 400.0, 4
#: Part of them that comes from the population itself, in case the approximations miss a part of the posterior, and as
#: many from the approximations at the tops.
BESIDE = 0.1
#: Parts of a posterior that have a cloud of their own, draws that are divided among them, and how much of the spread of
#: the whole goes into each.
PARTS, RESAMPLED, OF_THE_WHOLE = 4, 1000, 0.2
#: Variance that every cloud has.
TINY = 1e-6
#: Degrees of freedom and widening of what is drawn from, whose tails have to be longer than the posterior's.
FREEDOM, WIDER = 7.0, 1.1
#: Log density by which a top lies below the highest when it is left out, and distance at which two are the same.
LOW, APART = 8.0, 0.5


class Sample(NamedTuple):
    """Draws with weights."""

    scores: Floats  #: shape (draws, free)
    density: Floats  #: log likelihood and log prior, shape (draws,)
    weights: Floats  #: sum to 1, shape (draws,)
    effective: float  #: number of independent draws that would tell as much, ``1 / sum(weights**2)`` (Kish 1965)


class _Cloud(NamedTuple):
    """A multivariate t, normal if its degrees of freedom are infinite, and how many are drawn from it."""

    n: int
    centre: Floats
    root: Floats  #: Cholesky root of its scale
    freedom: float


def sample(target: Target, top: Top, seed: int) -> Sample:
    """Draw from the posterior, around the places where climbs ended.

    First the approximations learn: each round is fitted to the weighted draws of those before it. Then what counts is
    drawn anew from the last approximations together, so that no draw is kept because others agreed with it. The density
    of every draw is divided by that of all that is drawn from together (balance heuristic, Veach and Guibas 1995): an
    approximation that is poor costs effective draws, and the intervals stay right.

    Parameters
    ----------
    target
        The density.
    top
        Where climbs ended; every distinct top that is nearly as high as the highest is drawn around.
    seed
        Names the random stream.
    """
    rng = generator(seed, "draws of a fit")
    precision = target.prior.precision
    tops = distinct(top)
    around = [
        _Cloud(EACH // len(tops), top.scores[i], _root(np.linalg.inv(top.information[i] + precision)), FREEDOM)
        for i in tops.tolist()
    ]
    beside = round(BESIDE * LAST)
    population = _Cloud(beside, np.zeros(len(precision)), np.linalg.cholesky(np.linalg.inv(precision)), math.inf)
    scores, logs = _learn(target, rng, [*around, population])
    for _ in range(TRIES):
        parts = [_fitted(scores, logs)._replace(n=LAST // 2), *_parts(rng, scores, logs)]
        clouds = [*parts, *(one._replace(n=beside // len(tops)) for one in around), population]
        scores, density = _drawn(target, rng, clouds)
        logs = _log_weights(scores, density, clouds)
        found = Sample(scores, density, *_even(logs))
        if found.effective >= ENOUGH:
            break
    return found


def _learn(target: Target, rng: np.random.Generator, clouds: list[_Cloud]) -> tuple[Floats, Floats]:
    """Draws and their log weights, of approximations that follow the posterior better and better."""
    scores, density = _drawn(target, rng, clouds)
    for turn in range(ROUNDS):
        logs = _log_weights(scores, density, clouds)
        if _even(logs)[1] >= LEARNT or turn == ROUNDS - 1:
            break
        clouds = [*clouds, _fitted(scores, logs)]
        more, heights = _drawn(target, rng, clouds[-1:])
        scores, density = np.concatenate([scores, more]), np.concatenate([density, heights])
    return scores, logs


def _parts(rng: np.random.Generator, scores: Floats, logs: Floats) -> list[_Cloud]:
    """A cloud for each part of a posterior that is bent or cut off on a side."""
    even = scores[rng.choice(len(scores), RESAMPLED, p=_even(_tempered(logs))[0])]
    _, part = kmeans2(even / even.std(axis=0), PARTS, minit="++", seed=rng)
    own = np.atleast_2d(np.cov(even.T)) * OF_THE_WHOLE
    clouds = []
    for which in range(PARTS):
        inside = even[part == which]
        if len(inside) > 2 * even.shape[1]:
            covariance = (1 - OF_THE_WHOLE) * np.atleast_2d(np.cov(inside.T)) + own
            n = LAST // 2 * len(inside) // RESAMPLED
            clouds.append(_Cloud(n, inside.mean(axis=0), _root(covariance + TINY * np.eye(len(own))), FREEDOM))
    return clouds


def distinct(top: Top) -> NDArray[np.intp]:
    """Climbs that ended highest at places of their own, the highest first."""
    kept: list[int] = []
    for i in np.argsort(-top.density, kind="stable").tolist():
        near = any(np.abs(top.scores[i] - top.scores[j]).max() < APART for j in kept)
        if not kept or (top.density[i] > top.density[kept[0]] - LOW and not near):
            kept.append(i)
    return np.array(kept)


def _root(covariance: Floats) -> Floats:
    return np.asarray(WIDER * np.linalg.cholesky(covariance), dtype=np.float64)


def _drawn(target: Target, rng: np.random.Generator, clouds: Sequence[_Cloud]) -> tuple[Floats, Floats]:
    """Scores drawn from every cloud, and their log density."""
    parts = []
    for one in clouds:
        normal = rng.standard_normal((one.n, len(one.centre))) @ one.root.T
        if math.isfinite(one.freedom):
            normal /= np.sqrt(rng.chisquare(one.freedom, (one.n, 1)) / one.freedom)
        parts.append(one.centre + normal)
    scores = np.concatenate(parts)
    return scores, np.add(*densities(target, scores))


def _log_weights(scores: Floats, density: Floats, clouds: Sequence[_Cloud]) -> Floats:
    """Log weights of draws of all `clouds` together, the largest 0."""
    mixed = logsumexp([math.log(one.n) + _log_density(one, scores) for one in clouds], axis=0)
    logs: Floats = density - mixed
    return np.asarray(logs - logs.max(), dtype=np.float64)


def _even(logs: Floats) -> tuple[Floats, float]:
    """Weights that sum to 1, and the number of draws that they are worth."""
    weights = np.exp(logs - logsumexp(logs))
    return weights, float(1.0 / (weights**2).sum())


def _log_density(cloud: _Cloud, scores: Floats) -> Floats:
    free = len(cloud.centre)
    away = np.linalg.solve(cloud.root, (scores - cloud.centre).T)
    square = (away**2).sum(axis=0)
    size = -np.log(np.diag(cloud.root)).sum()
    nu = cloud.freedom
    if math.isinf(nu):
        normal: Floats = size - 0.5 * square - 0.5 * free * math.log(2 * math.pi)
        return normal
    constant = gammaln((nu + free) / 2) - gammaln(nu / 2) - 0.5 * free * math.log(nu * math.pi)
    found: Floats = size + constant - 0.5 * (nu + free) * np.log1p(square / nu)
    return found


def _tempered(logs: Floats) -> Floats:
    """Log weights; where few have weight, evened out until more have."""
    power = 1.0
    while _even(power * logs)[1] < TO_FIT and power > LEAST_POWER:
        power *= 0.8
    return power * logs


def _fitted(scores: Floats, logs: Floats) -> _Cloud:
    """The cloud of weighted draws."""
    weights, _ = _even(_tempered(logs))
    centre = weights @ scores
    away = scores - centre
    covariance = (away * weights[:, None]).T @ away
    return _Cloud(EACH, centre, _root(covariance + TINY * np.eye(len(centre))), FREEDOM)
