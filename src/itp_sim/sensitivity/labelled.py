"""Labels for what was found: one xarray.Dataset over parameter and output."""

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from itp_sim.records import SHARES, Record
from itp_sim.results import said
from itp_sim.sensitivity.elasticities import Elasticities
from itp_sim.sensitivity.indices import Draws, Indices
from itp_sim.sensitivity.question import Question
from itp_sim.sensitivity.varied import Varied
from itp_sim.solve.problem import Floats

_OVER_BOTH = ("parameter", "output")
_MEANINGS = {
    "first": "share of the output's variance that the parameter explains by itself (first-order Sobol index)",
    "total": "share of the output's variance that is left while the parameter alone is unknown (total Sobol index)",
}


def of_indices(
    found: Indices, draws: Draws, *, question: Question, ways: Sequence[Varied], attrs: Mapping[str, object]
) -> xr.Dataset:
    """Sobol indices with their intervals, what varied between which ends, and mean and spread of the outputs."""
    variables = {}
    for name, meaning in _MEANINGS.items():
        variables[name] = _variable(_OVER_BOTH, getattr(found, name), unit="1", meaning=meaning)
        for end, which in (("low", "lower"), ("high", "upper")):
            limit = f"{which} end of the bootstrap interval of `{name}`"
            variables[f"{name}_{end}"] = _variable(_OVER_BOTH, getattr(found, f"{name}_{end}"), unit="1", meaning=limit)
    values = np.concatenate([draws.A, draws.B], axis=1)
    variables["mean"] = _variable(
        ("output",), values.mean(axis=1), unit="see output_unit", meaning="mean of the output"
    )
    spread = values.std(axis=1)
    variables["sd"] = _variable(("output",), spread, unit="see output_unit", meaning="standard deviation of the output")
    for end in ("low", "high"):
        meaning = f"{end}est value of the parameter"
        ends = np.array([getattr(way, end) for way in ways])
        variables[end] = _variable(("parameter",), ends, unit="see parameter_unit", meaning=meaning)
    return _labelled(variables, question, records=[way.record for way in ways], attrs={"method": "sobol", **attrs})


def of_elasticities(
    found: Elasticities, *, question: Question, records: Sequence[Record], attrs: Mapping[str, object]
) -> xr.Dataset:
    """Elasticities with the error of their steps, and the outputs of the patient himself."""
    meaning = "relative change of the output per relative change of the parameter, or of the odds of a share"
    variables = {
        "elasticity": _variable(_OVER_BOTH, found.elasticity, unit="1", meaning=meaning),
        "step_error": _variable(_OVER_BOTH, found.error, unit="1", meaning="how far two lengths of the step disagree"),
        "at": _variable(("output",), found.at, unit="see output_unit", meaning="the output of the patient himself"),
    }
    return _labelled(variables, question, records=records, attrs={"method": "local", **attrs})


def _labelled(
    variables: Mapping[str, xr.Variable], question: Question, *, records: Sequence[Record], attrs: Mapping[str, object]
) -> xr.Dataset:
    values = np.array([getattr(question.patient.parameters, record.name) for record in records])
    wanted = question.wanted
    coordinates = {
        "parameter": _names("parameter", [record.name for record in records], "parameter of the equations"),
        "parameter_unit": _names("parameter", [record.unit or "1" for record in records], "unit of a parameter"),
        "meaning": _names("parameter", [record.meaning for record in records], "meaning of a parameter"),
        "change": _names(
            "parameter",
            ["odds" if record.name in SHARES else "value" for record in records],
            "what a relative change of a parameter is of: odds of a share, f/(1 - f), or its value",
        ),
        "output": _names("output", [one.name for one in wanted], "read-out of the platelet count"),
        "output_unit": _names("output", [one.unit for one in wanted], "unit of a read-out"),
        "output_meaning": _names("output", [one.meaning for one in wanted], "meaning of a read-out"),
    }
    own = _variable(("parameter",), values, unit="see parameter_unit", meaning="value of the parameter in the patient")
    title = "Which parameter decides the platelet count in ITP under IVIG, simulated"
    told = {**said(question.design), "title": title, "population": question.patient.population, **attrs}
    return xr.Dataset({**variables, "value": own}, coordinates, told)


def _names(dim: str, names: Sequence[str], meaning: str) -> xr.Variable:
    return xr.Variable((dim,), np.asarray(names), {"long_name": meaning})


def _variable(dims: tuple[str, ...], values: Floats, *, unit: str, meaning: str) -> xr.Variable:
    return xr.Variable(dims, values, {"units": unit, "long_name": meaning})
