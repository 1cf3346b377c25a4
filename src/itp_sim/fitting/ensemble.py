"""Draws of the posterior by an ensemble of walkers (emcee), all of them in one call of the engine.

emcee: Foreman-Mackey et al. 2013, Publ Astron Soc Pac 125:306, doi:10.1086/670067. Moves by differences of walkers: ter
Braak 2006, Stat Comput 16:239, doi:10.1007/s11222-006-8769-1. R-hat: Vehtari et al. 2021, Bayesian Anal 16:667,
doi:10.1214/20-BA1221.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from itp_sim.extras import missing
from itp_sim.fitting.climb import Top
from itp_sim.fitting.sampled import Sample
from itp_sim.fitting.target import Target, densities
from itp_sim.streams import generator

Floats = NDArray[np.float64]

#: Walkers for each free parameter, ensembles apart from each other, steps of a stretch, and stretches at most.
WALKERS, ENSEMBLES, STRETCH, STRETCHES = 4, 2, 400, 6
#: Steps over the longest autocorrelation time at which a chain is long enough, and the largest R-hat of one that is;
#: assumed, and looser than what emcee (50) and Vehtari et al. (1.01) ask for, for time.
LONG, CONVERGED = 25.0, 1.05
#: Share of the steps that is left out at the start, and draws that are kept.
BURNT, MOST = 0.3, 8000
#: How often the start of a walker who cannot exist is moved half way to the estimate.
HALVINGS = 20


def ensemble(target: Target, top: Top, seed: int) -> tuple[Sample, dict[str, Any]]:
    """Draw from the posterior.

    Ensembles start apart from each other: around the estimate, with the spread of the population.

    Parameters
    ----------
    target
        The density.
    top
        The estimate, as one row.
    seed
        Names the random streams.

    Returns
    -------
    Sample
        Draws of equal weight.
    dict
        `autocorrelation` (longest of any parameter, in steps; emcee), `rhat` and `effective` (worst parameter;
        ArviZ), `steps`, `walkers`, `converged`.

    Raises
    ------
    MissingExtraError
        If emcee or arviz-stats is not installed.
    """
    try:
        import emcee
        from arviz_stats.base import array_stats  # type: ignore[attr-defined]
    except ImportError:
        raise missing("bayes", 'sampler="ensemble" needs emcee and arviz-stats', "leave `sampler` out") from None
    walks = [_walk(emcee, target, top, seed=seed, which=which) for which in range(ENSEMBLES)]
    for stretch in range(1, STRETCHES + 1):
        for walkers, first in walks:
            walkers.run_mcmc(first if stretch == 1 else None, STRETCH)
        burnt = round(BURNT * stretch * STRETCH)
        chains = [walkers.get_chain(discard=burnt) for walkers, _ in walks]
        said = _told(emcee, array_stats, chains)
        if said["converged"]:
            break
    scores = np.concatenate([chain.reshape(-1, chain.shape[2]) for chain in chains])
    density = np.concatenate([walkers.get_log_prob(discard=burnt).ravel() for walkers, _ in walks])
    every = max(1, len(scores) // MOST)
    scores, density = scores[::every], density[::every]
    weights = np.full(len(scores), 1.0 / len(scores))
    return Sample(scores, density, weights, said.pop("effective")), {**said, "steps": stretch * STRETCH}


def _walk(emcee: Any, target: Target, top: Top, *, seed: int, which: int) -> tuple[Any, Any]:
    """Walkers of one ensemble, and where they start."""
    rng = generator(seed, f"ensemble {which}")
    free = len(target.prior.names)
    n = WALKERS * free
    spread = np.linalg.cholesky(np.linalg.inv(target.prior.precision))
    away = rng.standard_normal((n, free)) @ spread.T
    start = top.scores[0] + away
    for _ in range(HALVINGS):
        lost = np.isneginf(np.add(*densities(target, start)))
        if not lost.any():
            break
        away[lost] *= 0.5
        start = top.scores[0] + away

    def log_density(scores: Floats) -> Floats:
        density: Floats = np.add(*densities(target, scores))
        return density

    # Without DESnookerMove: with that of emcee 3.1 variances came out a seventh too small.
    moves = [(emcee.moves.DEMove(), 0.9), (emcee.moves.DEMove(gamma0=1.0), 0.1)]
    walkers = emcee.EnsembleSampler(n, free, log_density, moves=moves, vectorize=True)
    # emcee takes random numbers in the form of an older NumPy; this state is its own, not the global one.
    state = np.random.RandomState(int(rng.integers(2**32))).get_state()
    return walkers, emcee.State(start, random_state=state)


def _told(emcee: Any, array_stats: Any, chains: list[Floats]) -> dict[str, Any]:
    """What chains of shape (steps, walkers, free) say of themselves."""
    steps, _, free = chains[0].shape
    autocorrelation = max(float(emcee.autocorr.integrated_time(chain, tol=0).max()) for chain in chains)
    apart = np.concatenate([np.swapaxes(chain, 0, 1) for chain in chains])
    rhat, effective = (
        [float(tell(apart[:, :, i], chain_axis=0, draw_axis=1)) for i in range(free)]
        for tell in (array_stats.rhat, array_stats.ess)
    )
    return {
        "walkers": len(apart),
        "autocorrelation": autocorrelation,
        "rhat": max(rhat),
        "effective": min(effective),
        "converged": steps >= LONG * autocorrelation and max(rhat) <= CONVERGED,
    }
