"""Platelets in immune thrombocytopenia (ITP) under intravenous immunoglobulin (IVIG): an ODE model with its evidence.

Time is in days from day 0, on which the first infusion starts unless another day is said; counts are in 10^9/L, IgG in
g/L, doses in g or g/kg, lengths of infusion in hours. Public names load on first use, so ``import itp_sim`` is fast.

For research and education only. Not for choosing a dose or treating a patient.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from itp_sim import equations, figures, plots
    from itp_sim.catalogue import product, products, regimen
    from itp_sim.chances import chance_above
    from itp_sim.cohort import Interrupted, simulate_population
    from itp_sim.comparison import compare
    from itp_sim.design import Level
    from itp_sim.errors import (
        BudgetError,
        InputError,
        ItpError,
        MissingExtraError,
        ParameterFileError,
        SolverError,
        StoreError,
        TableError,
        UnknownNameError,
    )
    from itp_sim.exchange import equations_latex, parameters_latex, to_mrgsolve, to_rxode2, to_sbml
    from itp_sim.explorer import explore, write_explorer
    from itp_sim.fitting import Fit, expected_information, fit, fit_each, with_noise
    from itp_sim.nmtran import read_nmtran, to_nmtran
    from itp_sim.notice import RESEARCH_ONLY
    from itp_sim.parameter_bands import parameter_bands
    from itp_sim.parameters import parameters_table, populations, records
    from itp_sim.patient import MECHANISM_SWITCHES, Patient, typical_patient
    from itp_sim.population import virtual_patients
    from itp_sim.posterior import posterior
    from itp_sim.response import response
    from itp_sim.run_files import save_run
    from itp_sim.safety import adverse_events
    from itp_sim.sensitivity import sensitivity
    from itp_sim.simulate import simulate
    from itp_sim.trial_size import trial_size
    from itp_sim.trials import load_trial, run_trial, validate

__version__ = "0.1.0"

__all__ = [
    "MECHANISM_SWITCHES",
    "RESEARCH_ONLY",
    "BudgetError",
    "Fit",
    "InputError",
    "Interrupted",
    "ItpError",
    "Level",
    "MissingExtraError",
    "ParameterFileError",
    "Patient",
    "SolverError",
    "StoreError",
    "TableError",
    "UnknownNameError",
    "__version__",
    "adverse_events",
    "chance_above",
    "compare",
    "equations",
    "equations_latex",
    "expected_information",
    "explore",
    "figures",
    "fit",
    "fit_each",
    "load_trial",
    "parameter_bands",
    "parameters_latex",
    "parameters_table",
    "plots",
    "populations",
    "posterior",
    "product",
    "products",
    "read_nmtran",
    "records",
    "regimen",
    "response",
    "run_trial",
    "save_run",
    "sensitivity",
    "simulate",
    "simulate_population",
    "to_mrgsolve",
    "to_nmtran",
    "to_rxode2",
    "to_sbml",
    "trial_size",
    "typical_patient",
    "validate",
    "virtual_patients",
    "with_noise",
    "write_explorer",
]

_SUBMODULES = ("equations", "figures", "plots")

_HOME = {
    "MECHANISM_SWITCHES": "patient",
    "Patient": "patient",
    "parameters_table": "parameters",
    "populations": "parameters",
    "records": "parameters",
    "typical_patient": "patient",
    "product": "catalogue",
    "products": "catalogue",
    "regimen": "catalogue",
    "Level": "design",
    "simulate": "simulate",
    "Interrupted": "cohort",
    "simulate_population": "cohort",
    "compare": "comparison",
    "parameter_bands": "parameter_bands",
    "posterior": "posterior",
    "adverse_events": "safety",
    "sensitivity": "sensitivity",
    "trial_size": "trial_size",
    "virtual_patients": "population",
    "load_trial": "trials",
    "run_trial": "trials",
    "validate": "trials",
    "response": "response",
    "equations_latex": "exchange",
    "parameters_latex": "exchange",
    "to_mrgsolve": "exchange",
    "to_rxode2": "exchange",
    "to_sbml": "exchange",
    "explore": "explorer",
    "Fit": "fitting",
    "chance_above": "chances",
    "expected_information": "fitting",
    "fit": "fitting",
    "fit_each": "fitting",
    "with_noise": "fitting",
    "write_explorer": "explorer",
    "save_run": "run_files",
    "read_nmtran": "nmtran",
    "to_nmtran": "nmtran",
    "RESEARCH_ONLY": "notice",
    "BudgetError": "errors",
    "InputError": "errors",
    "ItpError": "errors",
    "MissingExtraError": "errors",
    "ParameterFileError": "errors",
    "SolverError": "errors",
    "StoreError": "errors",
    "TableError": "errors",
    "UnknownNameError": "errors",
}


class _Face(ModuleType):
    """The package as a user sees it: ``itp_sim.simulate`` is the function, whichever module was imported first."""

    def __setattr__(self, name: str, value: object) -> None:
        # The import system binds each loaded submodule here; it must not hide the public name it shares.
        if not (name in _HOME and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


if not TYPE_CHECKING:  # a type checker would take every misspelt name for an object

    def __getattr__(name: str) -> object:
        """Load a public name on first use, so that ``import itp_sim`` stays fast."""
        if name in _SUBMODULES:
            return import_module(f"{__name__}.{name}")
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value: object = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """Public names, loaded or not."""
    return sorted({*globals(), *__all__})


sys.modules[__name__].__class__ = _Face
