"""Axes from results: what happened to the count, and why."""

from itp_sim.plots.balance import balance
from itp_sim.plots.cohort import bands, cohort
from itp_sim.plots.counts import counts
from itp_sim.plots.curves import curves, patients
from itp_sim.plots.durations import durations
from itp_sim.plots.fits import fit, prediction, profile
from itp_sim.plots.groups import paired, reached, response_map
from itp_sim.plots.infusions import infusions
from itp_sim.plots.mechanism import FLUXES, mechanism
from itp_sim.plots.planning import chance, information
from itp_sim.plots.rates import rates
from itp_sim.plots.reservoir import reservoir
from itp_sim.plots.sensitivity import indices, tornado
from itp_sim.plots.style import ARMS
from itp_sim.plots.validation import validation
from itp_sim.response import THRESHOLDS

__all__ = [
    "ARMS",
    "FLUXES",
    "THRESHOLDS",
    "balance",
    "bands",
    "chance",
    "cohort",
    "counts",
    "curves",
    "durations",
    "fit",
    "indices",
    "information",
    "infusions",
    "mechanism",
    "paired",
    "patients",
    "prediction",
    "profile",
    "rates",
    "reached",
    "reservoir",
    "response_map",
    "tornado",
    "validation",
]
