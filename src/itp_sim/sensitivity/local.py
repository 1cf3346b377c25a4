"""Elasticities of read-outs in one patient."""

import warnings

import numpy as np
import xarray as xr

from itp_sim.errors import InputError
from itp_sim.parameters import records
from itp_sim.records import SHARES
from itp_sim.sensitivity.elasticities import STEP, elasticities, points
from itp_sim.sensitivity.labelled import of_elasticities
from itp_sim.sensitivity.question import ALIKE, Question

#: Error of the steps above which an output is called not smooth, beside this share of the elasticity; assumed.
ROUGH = 0.01


def runs(inputs: int) -> int:
    """Runs that the elasticities of so many parameters take."""
    return 1 + 4 * inputs


def local(question: Question) -> xr.Dataset:
    """Elasticities of the read-outs, labelled; warns of one that is not smooth.

    Raises
    ------
    InputError
        If an output has no relative change in this patient.
    """
    found = records(question.patient.population)
    values = np.array([getattr(question.patient.parameters, name) for name in question.names])
    for one in question.wanted:
        if one.name == "response":
            raise InputError("response is 0 or 1 in one patient, so it has no elasticity: ask for method='sobol'")
    outputs = question.answer(points(values, [name in SHARES for name in question.names]))
    for one, column in zip(question.wanted, outputs.T, strict=True):
        if np.isnan(column).any() or abs(column[0]) <= ALIKE * question.design.rtol:
            what = "not within the run" if np.isnan(column).any() else "0"
            raise InputError(
                f"{one.name} is {what} in this patient, so it has no relative change: leave it out, or ask for "
                "method='sobol', another count or more days"
            )
    answer = elasticities(outputs)
    rough = np.argwhere(answer.error > ROUGH * (1 + np.abs(answer.elasticity)))
    for row, column in rough[:1]:
        warnings.warn(
            f"{question.wanted[column].name} is not smooth where {question.names[row]} is {values[row]:g}: two steps "
            f"differ by {answer.error[row, column]:.2g}, see `step_error`",
            stacklevel=3,
        )
    return of_elasticities(
        answer,
        question=question,
        records=[found[name] for name in question.names],
        attrs={"step": STEP, "runs": len(outputs)},
    )
