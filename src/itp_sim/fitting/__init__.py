"""Fits of single patients: what their counts tell, what they leave open, and what may come."""

from itp_sim.fitting.each import fit_each
from itp_sim.fitting.noise import with_noise
from itp_sim.fitting.one import fit
from itp_sim.fitting.result import Fit
from itp_sim.fitting.visits import expected_information

__all__ = ["Fit", "expected_information", "fit", "fit_each", "with_noise"]
