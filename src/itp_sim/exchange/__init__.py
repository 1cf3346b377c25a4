"""Models for other programs: SBML, mrgsolve and rxode2; equations and parameters as LaTeX.

The equations stand in texts that :mod:`itp_sim.generate` prints from the running code, with places for the patient, the
regimen and what is known of each number; these are filled here.
"""

from itp_sim.exchange.for_r import to_mrgsolve, to_rxode2
from itp_sim.exchange.latex import equations_latex, parameters_latex, supplement
from itp_sim.exchange.sbml import to_sbml

__all__ = ["equations_latex", "parameters_latex", "supplement", "to_mrgsolve", "to_rxode2", "to_sbml"]
