"""Axes from results: what happened to the count, and why."""

from itp_sim.plots.cohort import cohort
from itp_sim.plots.counts import counts
from itp_sim.plots.mechanism import FLUXES, mechanism
from itp_sim.plots.style import ARMS, THRESHOLDS

__all__ = ["ARMS", "FLUXES", "THRESHOLDS", "cohort", "counts", "mechanism"]
