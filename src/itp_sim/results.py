"""Labels for what a solver returned: one xarray.Dataset over arm, patient, time and level."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
import scipy
import xarray as xr

from itp_sim import __version__
from itp_sim import equations as eq
from itp_sim.dosing import Infusion, Regimen
from itp_sim.errors import InputError
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.solve import Problem, Readouts, Solution
from itp_sim.solve.problem import Floats

#: Unit and meaning of each read-out of a solution.
READOUTS = {
    "peak": ("1e9/L", "highest count"),
    "peak_day": ("day", "day of the highest count"),
    "area": ("1e9/L day", "area between the count and the untreated count"),
    "return_day": ("day", "first day after the peak with 90% of the rise gone"),
    "igg_peak": ("g/L", "highest plasma IgG"),
    "first_day": ("day", "first day at or above the level"),
    "last_day": ("day", "last day at or above the level"),
    "days_above": ("day", "days at or above the level"),
}

#: A rise smaller than this, relative to the untreated count, is rounding, not a rise.
NO_RISE = 1e-6


def label(
    problem: Problem,
    solutions: Sequence[Solution],
    *,
    arms: Mapping[str, Regimen | None],
    infusions: Sequence[Sequence[Sequence[Infusion]]],
    patients: Sequence[object],
    levels: Mapping[str, tuple[float, float]],
    counts: Floats,
    attrs: Mapping[str, object],
) -> xr.Dataset:
    """Join the solutions of all arms into one labelled result.

    Parameters
    ----------
    problem
        What was asked; any arm's will do, they differ in nothing but the schedules.
    solutions
        One per arm.
    arms
        Regimens by name.
    infusions
        Infusions of each arm and patient.
    patients
        Labels of the patients.
    levels
        Count and multiple of each level by its label.
    counts
        Count of each level for each patient, shape (patients, levels).
    attrs
        What else the result should say of itself.
    """
    labels = eq.labels(eq.Outputs) | eq.labels(eq.State)
    over_time, over_levels = ("arm", "patient", "time"), ("arm", "patient", "level")
    p = problem.parameters
    readouts = [_without_noise(solution.readouts, p.P0, max(NO_RISE, problem.rtol)) for solution in solutions]
    variables = {}
    for name in problem.outputs:
        values = np.stack([solution.values[name] for solution in solutions])
        variables[name] = _variable(over_time, values, labels[name].unit, labels[name].meaning)
    for name, (unit, meaning) in READOUTS.items():
        values = np.stack([getattr(one, name) for one in readouts])
        variables[name] = _variable(over_levels[: values.ndim], values, unit, meaning)
    variables |= {
        "delivered": _variable(
            ("arm", "patient"), np.stack([s.delivered for s in solutions]), "g", "infused IgG delivered within the run"
        ),
        "level_count": _variable(("patient", "level"), counts, "1e9/L", "count of the level for this patient"),
        "parameters": _variable(
            ("patient", "parameter"), np.column_stack(p), "see parameter_unit", "parameters of each patient"
        ),
        **_prescribed(infusions),
    }
    declared = eq.labels(eq.Parameters)
    coordinates = {
        "arm": _names("arm", list(arms), "regimen"),
        "patient": _names("patient", patients, "label of the patient"),
        "time": _variable(("time",), problem.times, "day", "days from day 0 of the regimen"),
        "level": _names("level", list(levels), "count, and multiple of the untreated count, to be reached"),
        "parameter": _names("parameter", list(declared), "parameter of the equations"),
        "parameter_unit": _names("parameter", [declared[name].unit or "1" for name in declared], "unit of a parameter"),
    }
    said = {
        "title": "Platelet count in ITP under IVIG, simulated",
        "regimens": json.dumps({name: given.text if given else None for name, given in arms.items()}),
        "products": json.dumps({name: given.product.name if given else None for name, given in arms.items()}),
        "rate_steps": json.dumps({name: _rate_steps(given) for name, given in arms.items()}),
        "levels": json.dumps(list(levels.values())),
        "rtol": problem.rtol,
        "itp_sim_version": __version__,
        "numpy_version": np.__version__,
        "scipy_version": scipy.__version__,
        "notice": RESEARCH_ONLY,
    }
    return xr.Dataset(variables, coordinates, {**said, **attrs})


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
    if not isinstance(run, xr.Dataset) or not {*needed, *READOUTS, "parameters", "grams"} <= set(run.variables):
        what = "None" if run is None else f"a {type(run).__name__}"
        raise InputError(f"run is {what}, not a result of simulate(): give one")
    if not {"level", "parameter"} <= set(run.dims) or "days" not in run.attrs:
        raise InputError("the run has lost its levels, parameters or attrs: select by arm, patient or time only")
    for dim, without in (("arm", ("parameters", "level_count")), ("patient", ("infusion_day",))):
        if dim not in run.dims:
            run = run.expand_dims(dim).assign({name: run[name] for name in without})
    return run


def _without_noise(read: Readouts, untreated: Floats, least: float) -> Readouts:
    """The read-outs, with no day of a peak that rounding made of a count which never rises."""
    still = read.peak - untreated <= least * untreated
    return read._replace(
        peak_day=np.where(still, 0.0, read.peak_day), return_day=np.where(still, np.nan, read.return_day)
    )


def _rate_steps(given: Regimen | None) -> list[tuple[float, float | None]] | None:
    """The product's rate steps, mg/kg/min and minutes: with them a run is rebuilt whatever its product is."""
    return [(step.mg_per_kg_min, step.minutes) for step in given.product.steps] if given else None


def _prescribed(infusions: Sequence[Sequence[Sequence[Infusion]]]) -> dict[str, xr.Variable]:
    """Grams and hours of each arm and patient, and the starts of each arm's infusions."""
    most = max(len(one) for arm in infusions for one in arm)
    starts = np.full((len(infusions), max(most, 1)), np.nan)  # a file cannot hold a dimension of no length
    for row, arm in zip(starts, infusions, strict=True):
        row[: len(arm[0])] = [infusion.start for infusion in arm[0]]
    grams = np.array([[sum(infusion.grams for infusion in one) for one in arm] for arm in infusions], dtype=float)
    hours = np.array([[sum(infusion.hours for infusion in one) for one in arm] for arm in infusions], dtype=float)
    return {
        "infusion_day": _variable(("arm", "infusion"), starts, "day", "start of each infusion"),
        "grams": _variable(("arm", "patient"), grams, "g", "IgG prescribed"),
        "hours": _variable(("arm", "patient"), hours, "h", "hours of infusion prescribed"),
    }


def _names(dim: str, names: Sequence[object], meaning: str) -> xr.Variable:
    values = np.asarray(names) if len(names) else np.array([], dtype=str)
    return xr.Variable((dim,), values, {"long_name": meaning})


def _variable(dims: tuple[str, ...], values: Floats, unit: str, meaning: str) -> xr.Variable:
    return xr.Variable(dims, values, {"units": unit or "1", "long_name": meaning})
