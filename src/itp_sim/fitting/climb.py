"""The most probable patients: damped Gauss-Newton steps from many starts side by side.

Levenberg's method with Marquardt's scale (Marquardt 1963, J Soc Ind Appl Math 11:431). Its constants are assumed: they
decide how many steps a climb takes, and a test holds where it ends to another optimiser.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from itp_sim.fitting.measured import log_likelihood, slopes
from itp_sim.fitting.prior import FURTHEST, log_prior, parameters
from itp_sim.fitting.target import Target, linearised
from itp_sim.patient import possible

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: Most steps; log density that the next step would gain, at which a climb is over: of an estimate, and of a profile,
#: of which nothing hangs on a hundredth.
STEPS, EXACT, ROUGH = 40, 1e-4, 3e-3
#: Damping at the start, its factors after a step up and after one that was refused, and the largest that is tried.
DAMPING, EASED, HARDER, STUCK = 1e-2, 0.2, 8.0, 1e6
#: Longest step in the scores, and how often a start that is impossible is moved half way to the median.
LONGEST_STEP, HALVINGS = 2.0, 12


class Top(NamedTuple):
    """Where climbs ended; one row a climb."""

    scores: Floats  #: shape (climbs, free)
    likelihood: Floats  #: log likelihood, shape (climbs,)
    density: Floats  #: log likelihood and log prior, shape (climbs,)
    uphill: Floats  #: first derivatives of the log likelihood, shape (climbs, free)
    information: Floats  #: minus the second derivatives of the log likelihood (Gauss-Newton), (climbs, free, free)
    curves: Floats  #: logarithms predicted, shape (climbs, values)
    arrived: Bools  #: whether the last step was as small as asked


def some(top: Top, which: NDArray[np.intp]) -> Top:
    """Some of the climbs."""
    return Top._make(field[which] for field in top)


def climb(target: Target, starts: Floats, *, held: Bools | None = None, over: float = EXACT) -> Top:
    """Climb the log density from every one of `starts`, shape (climbs, free).

    Parameters
    ----------
    target
        What is climbed.
    starts
        Scores to start from. One whose patient cannot exist is moved towards the median.
    held
        Scores that stay as they are, shape of `starts`; none by default.
    over
        Log density to be gained by the next step, at which a climb is over.
    """
    held = np.zeros(starts.shape, dtype=bool) if held is None else held
    top = _looked(target, _startable(target, starts, held))
    damping = np.full(len(starts), DAMPING)
    arrived = np.zeros(len(starts), dtype=bool)
    for _ in range(STEPS):
        going = np.flatnonzero(~arrived)
        if not len(going):
            break
        at = some(top, going)
        step, gain = _step(target, at, held=held[going], damping=damping[going])
        arrived[going] = gain < over
        moving = gain >= over
        going, before, step, gain = going[moving], at.density[moving], step[moving], gain[moving]
        if not len(going):
            break
        after = _looked(target, np.clip(top.scores[going] + step, -FURTHEST, FURTHEST))
        up = after.density >= before
        # Half of what was foretold, or more, and the next step may be bolder; much less, and it overshot.
        kept = np.where(np.isfinite(before), after.density - np.nan_to_num(before), 1.0) / gain
        damping[going] *= np.where(kept > 0.5, EASED, np.where(kept > 0.25, 1.0, HARDER))
        arrived[going] = damping[going] > STUCK
        for field, new in zip(top[:-1], after[:-1], strict=True):
            field[going[up]] = new[up]
    return top._replace(arrived=arrived & np.isfinite(top.density))


def _looked(target: Target, scores: Floats) -> Top:
    """Density, and what a step needs, at `scores`; minus infinity where no patient can be."""
    curves, gradient = linearised(target, scores)
    likelihood = log_likelihood(target.measured, curves)
    there = np.isfinite(likelihood)
    likelihood = np.where(there, likelihood, -np.inf)
    first, second = (np.where(there[:, None], part, 0.0) for part in slopes(target.measured, curves))
    return Top(
        scores=scores.copy(),
        likelihood=likelihood,
        density=likelihood + log_prior(target.prior, scores),
        uphill=np.einsum("nv,nvi->ni", first, gradient),
        information=np.einsum("nvi,nv,nvj->nij", gradient, second, gradient),
        curves=curves,
        arrived=np.zeros(len(scores), dtype=bool),
    )


def _step(target: Target, at: Top, *, held: Bools, damping: Floats) -> tuple[Floats, Floats]:
    """Damped Newton steps of the scores that are not held, and the log density that each would gain."""
    precision = target.prior.precision
    free = ~held
    curved = at.information + precision
    diagonal = np.einsum("nii->ni", curved) * damping[:, None]
    curved = np.where(free[:, :, None] & free[:, None, :], curved, 0.0)
    curved += np.einsum("ni,ij->nij", np.where(free, diagonal, 1.0), np.eye(free.shape[1]))
    slope = np.where(free, at.uphill - at.scores @ precision, 0.0)
    step = np.linalg.solve(curved, slope[:, :, None])[:, :, 0]
    longest = np.abs(step).max(axis=1, keepdims=True)
    return step * np.minimum(1.0, LONGEST_STEP / np.maximum(longest, 1e-300)), 0.5 * (step * slope).sum(axis=1)


def _startable(target: Target, starts: Floats, held: Bools) -> Floats:
    """Starts whose patients can exist: the others are moved towards the median, but for what is held."""
    scores = np.clip(starts, -FURTHEST, FURTHEST)
    for _ in range(HALVINGS):
        impossible = ~np.asarray(possible(parameters(target.prior, scores)))
        if not impossible.any():
            break
        scores[impossible] *= np.where(held[impossible], 1.0, 0.5)
    return scores
