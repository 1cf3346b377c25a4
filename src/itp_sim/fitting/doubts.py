"""What a reader of a fit could miss: a curve off the counts, a population that is not the patient's, few draws."""

import warnings
from collections.abc import Mapping
from typing import Any

from itp_sim import checks
from itp_sim.parameters import populations, records

#: Mean square of the deviations [squared standard deviations] above which a fit is said not to fit; assumed.
POOR = 3.0
#: Share of the typical weight of a population below which a patient is rather one of another; assumed.
LIGHT = 0.5


def warn(subject: str, said: Mapping[str, Any]) -> None:
    """Warn of what the diagnostics of a fit give away.

    Parameters
    ----------
    subject
        Id of the subject.
    said
        Diagnostics of the fit.

    Warns
    -----
    UserWarning
        If the counts lie far from the curve, or against the population, or the draws are too few, or the ensemble has
        not converged.
    """
    for doubt in _doubts(said):
        warnings.warn(f"subject {subject}: {doubt}", stacklevel=3)


def _doubts(said: Mapping[str, Any]) -> list[str]:
    found = []
    if said["standardised"] > POOR:
        found.append(
            f"the counts lie {said['standardised'] ** 0.5:.1f} times as far from the curve as the assumed error says: "
            "is TIME in hours and read as days (`time_unit`)? Else another error (`count_cv`), another treatment, or "
            "not this model"
        )
    if said["disagree"]:
        found.append(
            f"counts and population disagree on {', '.join(said['disagree'])}, whose estimate is not among the values "
            "that the counts allow: wrong units, dose or population?"
        )
    if not said["converged"] and "rhat" in said:
        found.append(f"the ensemble has not converged, R-hat {said['rhat']:.2f}: intervals are rough")
    elif not said["converged"]:
        found.append(f"only {said['effective']:.0f} effective draws: intervals are rough; try sampler='ensemble'")
    return found


def warn_of_weight(subject: str, weight: float, population: str) -> None:
    """Warn of a patient who weighs far less than those of the population do, where there is one of lighter patients.

    Parameters
    ----------
    subject
        Id of the subject.
    weight
        Body weight [kg].
    population
        The prior.

    Warns
    -----
    UserWarning
        If the weight is below half of the population's typical one, and nearer to that of another.
    """
    typical = records(population)["WT"].value
    lighter = [name for name in populations() if records(name)["WT"].value < typical]
    if weight < LIGHT * typical and lighter:
        warnings.warn(
            f"subject {subject}: {weight:g} kg is far below the {typical:g} kg of {population}, the prior: "
            f"population {checks.listed(lighter)}?",
            stacklevel=3,
        )
