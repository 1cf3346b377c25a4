"""Solvers of the model: the same problem, the same answer."""

from itp_sim.solve.engines import ENGINES, choose, described, digest, run_seconds, solve, unusable
from itp_sim.solve.problem import RETURNABLE, Failure, Problem, Readouts, SameDays, Schedule, Solution

__all__ = [
    "ENGINES",
    "RETURNABLE",
    "Failure",
    "Problem",
    "Readouts",
    "SameDays",
    "Schedule",
    "Solution",
    "choose",
    "described",
    "digest",
    "run_seconds",
    "solve",
    "unusable",
]
