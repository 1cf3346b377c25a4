"""The density that a fit climbs and draws from: many patients who could be this one, in one call of the engine."""

import math
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from itp_sim.equations import Parameters
from itp_sim.errors import SolverError
from itp_sim.fitting.measured import OUTPUTS, Measured, log_likelihood
from itp_sim.fitting.prior import Prior, log_prior, parameters
from itp_sim.patient import possible
from itp_sim.solve import Problem, SameDays, solve

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: Tolerance of the integration for slopes by differences, and for densities alone; errors of a count are as large.
SLOPE_RTOL, DENSITY_RTOL = 1e-8, 1e-5
#: Step of the differences in a score: their own error and that of the integration are then below 1e-3 of a slope.
STEP = 1e-3


@dataclass(frozen=True)
class Target:
    """What was measured in a patient, and the population that the patient is of."""

    prior: Prior
    measured: Measured
    threads: int | None = None
    deadline: float = math.inf  #: of `time.monotonic`

    def seconds(self) -> float:
        """Seconds that one more call of the engine may take."""
        return max(self.deadline - time.monotonic(), 1e-3)


def predicted(target: Target, scores: Floats, *, rtol: float = DENSITY_RTOL) -> Floats:
    """Logarithm of every value for patients with these `scores`, shape (patients, free) -> (patients, values).

    A patient who cannot exist has NaN.

    Raises
    ------
    SolverError
        If the integration of none of the patients finishes.
    BudgetError
        If the seconds allowed are used up.
    """
    m = target.measured
    given = parameters(target.prior, scores)
    exist = np.asarray(possible(given))
    curves = np.full((len(scores), len(m.log)), np.nan)
    if exist.any():
        some = Parameters(*(column[exist] for column in given))
        curves[exist] = _solved(target, some, rtol)
    return curves


def _solved(target: Target, p: Parameters, rtol: float) -> Floats:
    m, n = target.measured, len(p.WT)
    schedules = SameDays(m.schedule.times, np.tile(m.schedule.rates, (n, 1)))
    wanted = OUTPUTS[: int(m.output.max()) + 1]
    problem = Problem(p, schedules, m.days, np.empty((n, 0)), wanted, rtol, target.seconds())
    solution = solve(problem, threads=target.threads)
    if len(solution.failures) == n:
        first = solution.failures[0]
        raise SolverError(f"no patient could be simulated: {first.reason} on day {first.day:g}; check the infusions")
    values = np.stack([solution.values[name] for name in wanted])
    with np.errstate(invalid="ignore", divide="ignore"):
        logs: Floats = np.log(values[m.output, :, m.day].T)
    return logs


def densities(target: Target, scores: Floats, *, rtol: float = DENSITY_RTOL) -> tuple[Floats, Floats]:
    """Log likelihood and log prior of patients with these `scores`; minus infinity who cannot exist."""
    likelihood = log_likelihood(target.measured, predicted(target, scores, rtol=rtol))
    return np.where(np.isfinite(likelihood), likelihood, -np.inf), log_prior(target.prior, scores)


def linearised(target: Target, scores: Floats) -> tuple[Floats, Floats]:
    """Predicted logarithms, shape (patients, values), and their slopes in the scores, (patients, values, free).

    Each patient and those one step away in one score are solved in one call.
    """
    n, free = scores.shape
    # A step towards the median cannot leave the scores that are told apart.
    steps = np.where(scores > 0, -STEP, STEP)
    moved = scores[:, None, :] + steps[:, None, :] * np.concatenate([np.zeros((1, free)), np.eye(free)])
    curves = predicted(target, moved.reshape(-1, free), rtol=SLOPE_RTOL).reshape(n, free + 1, -1)
    at = curves[:, 0]
    slopes = (curves[:, 1:] - at[:, None]) / steps[:, :, None]
    slopes = np.swapaxes(slopes, 1, 2)
    # Where a neighbour cannot exist no slope is known, and a climb stays on its side.
    return at, np.where(np.isfinite(slopes), slopes, 0.0)
