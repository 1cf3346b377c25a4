"""Labels for what a solver returned: one xarray.Dataset over arm, patient, time and level."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from types import MappingProxyType

import numpy as np
import scipy
import xarray as xr

from itp_sim import __version__
from itp_sim import equations as eq
from itp_sim.design import Design
from itp_sim.dosing import Regimen
from itp_sim.errors import InputError
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.readings import PRESCRIBED, Readings, Solved, readings
from itp_sim.solve.problem import Floats

#: Unit and meaning of each read-out of a solution.
READOUTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "peak": ("1e9/L", "highest count"),
        "peak_day": ("day", "day of the highest count"),
        "area": ("1e9/L day", "area between the count and the untreated count"),
        "return_day": ("day", "first day after the peak with 90% of the rise gone"),
        "igg_peak": ("g/L", "highest plasma IgG"),
        "first_day": ("day", "first day at or above the level"),
        "last_day": ("day", "last day at or above the level"),
        "days_above": ("day", "days at or above the level"),
    }
)


def label(solved: Solved, *, patients: Sequence[object], attrs: Mapping[str, object]) -> xr.Dataset:
    """Join the solutions of all arms into one labelled result.

    Parameters
    ----------
    solved
        Patients, arms and solutions.
    patients
        Labels of the patients.
    attrs
        What else the result should say of itself.

    Returns
    -------
    xarray.Dataset
        As :func:`itp_sim.simulate` returns it.
    """
    labels = _labels(eq.Outputs) | _labels(eq.State)
    over_time, over_levels = ("arm", "patient", "time"), ("arm", "patient", "level")
    design, p, solutions = solved.design, solved.parameters, solved.solutions
    found = readings(solved).values
    variables = {}
    for name in design.outputs:
        values = np.stack([solution.values[name] for solution in solutions])
        variables[name] = _variable(over_time, values, unit=labels[name].unit, meaning=labels[name].meaning)
    for name, (unit, meaning) in READOUTS.items():
        variables[name] = _variable(over_levels[: found[name].ndim], found[name], unit=unit, meaning=meaning)
    variables |= {
        "delivered": _variable(
            ("arm", "patient"),
            np.stack([s.delivered for s in solutions]),
            unit="g",
            meaning="infused IgG delivered within the run",
        ),
        "level_count": _variable(
            ("patient", "level"), design.counts(p.P0), unit="1e9/L", meaning="count of the level for this patient"
        ),
        "parameters": _variable(
            ("patient", "parameter"),
            np.column_stack(p),
            unit="see parameter_unit",
            meaning="parameters of each patient",
        ),
        "infusion_day": _variable(("arm", "infusion"), _starts(solved), unit="day", meaning="start of each infusion"),
        "grams": _variable(("arm", "patient"), found["grams"], unit="g", meaning="IgG prescribed"),
        "hours": _variable(("arm", "patient"), found["hours"], unit="h", meaning="hours of infusion prescribed"),
        "vials": _variable(
            ("arm", "patient"), found["vials"], unit="vials", meaning="fewest vials that hold what is prescribed"
        ),
    }
    return xr.Dataset(variables, _coordinates(design, patients), {**said(design), **attrs})


@cache
def _labels(fields: type) -> dict[str, eq.Label]:
    return eq.labels(fields)


def _coordinates(design: Design, patients: Sequence[object]) -> dict[str, xr.Variable]:
    declared = _labels(eq.Parameters)
    return {
        "arm": _names("arm", list(design.arms), "regimen"),
        "patient": _names("patient", patients, "label of the patient"),
        "time": _variable(("time",), design.grid, unit="day", meaning="days from day 0 of the regimen"),
        "level": _names(
            "level", [one.label for one in design.levels], "count, and multiple of the untreated count, to be reached"
        ),
        "parameter": _names("parameter", list(declared), "parameter of the equations"),
        "parameter_unit": _names("parameter", [declared[name].unit or "1" for name in declared], "unit of a parameter"),
    }


def said(design: Design) -> dict[str, object]:
    """What a result says of the design it comes from, and of the programs."""
    arms = design.arms.items()
    return {
        "title": "Platelet count in ITP under IVIG, simulated",
        "regimens": json.dumps({name: given.text if given else None for name, given in arms}),
        "products": json.dumps({name: given.product.name if given else None for name, given in arms}),
        "rate_steps": json.dumps({name: _rate_steps(given) for name, given in arms}),
        "vials_g": json.dumps({name: [g for g, _ in given.product.vials] if given else None for name, given in arms}),
        "levels": json.dumps([(mark.count, mark.multiple) for mark in design.levels]),
        "rtol": design.rtol,
        "itp_sim_version": __version__,
        "numpy_version": np.__version__,
        "scipy_version": scipy.__version__,
        "notice": RESEARCH_ONLY,
        "days": design.days,
        "solver": design.engine,
    }


def whole(run: object) -> xr.Dataset:
    """Return a result over arm and patient; one that was selected is a dimension again.

    Parameters
    ----------
    run
        Result of `simulate`, or a selection from it by arm, patient or time.

    Raises
    ------
    InputError
        If it is anything else.
    """
    needed = {"arm", "patient", "level", "parameter"}
    if not isinstance(run, xr.Dataset) or not {*needed, *READOUTS, *PRESCRIBED, "parameters"} <= set(run.variables):
        what = "None" if run is None else f"a {type(run).__name__}"
        raise InputError(f"run is {what}, not a result of simulate(): give one")
    if not {"level", "parameter"} <= set(run.dims) or "days" not in run.attrs:
        raise InputError("the run has lost its levels, parameters or attrs: select by arm, patient or time only")
    for dim, without in (("arm", ("parameters", "level_count")), ("patient", ("infusion_day",))):
        if dim not in run.dims:
            run = run.expand_dims(dim).assign({name: run[name] for name in without})
    return run


def read(run: object) -> Readings:
    """Read-outs of a labelled result, or of a selection from it, as plain arrays.

    Raises
    ------
    InputError
        If it is no result; see :func:`whole`.
    """
    run = whole(run)
    starts = run.infusion_day.transpose("arm", "infusion").to_numpy()
    return Readings(
        arms=tuple(str(name) for name in run.arm.to_numpy()),
        levels=tuple(run.level.to_numpy().tolist()),
        days=float(run.attrs["days"]),
        start=np.nan_to_num(starts[:, 0]) if starts.shape[1] else np.zeros(len(starts)),
        values={name: run[name].transpose("arm", "patient", ...).to_numpy() for name in (*READOUTS, *PRESCRIBED)},
    )


def _rate_steps(given: Regimen | None) -> list[tuple[float, float | None]] | None:
    """The product's rate steps, mg/kg/min and minutes: with them a run is rebuilt whatever its product is."""
    return [(step.mg_per_kg_min, step.minutes) for step in given.product.steps] if given else None


def _starts(solved: Solved) -> Floats:
    """Start of each infusion of each arm [day]; NaN where an arm has fewer."""
    most = max(len(arm.starts) for arm in solved.prescribed)
    starts = np.full((len(solved.prescribed), max(most, 1)), np.nan)  # a file cannot hold a dimension of no length
    for row, arm in zip(starts, solved.prescribed, strict=True):
        row[: len(arm.starts)] = arm.starts
    return starts


def _names(dim: str, names: Sequence[object], meaning: str) -> xr.Variable:
    values = np.asarray(names) if len(names) else np.array([], dtype=str)
    return xr.Variable((dim,), values, {"long_name": meaning})


def _variable(dims: tuple[str, ...], values: Floats, *, unit: str, meaning: str) -> xr.Variable:
    return xr.Variable(dims, values, {"units": unit or "1", "long_name": meaning})
