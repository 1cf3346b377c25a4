"""Trials as they were run: arms, visits, measured counts, later doses, exact endpoints, beside what was published."""

from itp_sim.trials.compare import SECTIONS, run_trial, summary, validate
from itp_sim.trials.defaults import defaults, excluded
from itp_sim.trials.published import observed
from itp_sim.trials.read import load_trial, trials
from itp_sim.trials.report import report
from itp_sim.trials.simulated import simulated

__all__ = [
    "SECTIONS",
    "defaults",
    "excluded",
    "load_trial",
    "observed",
    "report",
    "run_trial",
    "simulated",
    "summary",
    "trials",
    "validate",
]
