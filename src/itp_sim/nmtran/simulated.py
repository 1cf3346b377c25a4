"""A simulated cohort as subjects: its doses as they were given, its counts at chosen times."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from itp_sim import checks, regimen_text, results
from itp_sim.dosing import Dose, Infusion, RateStep, infused
from itp_sim.errors import InputError
from itp_sim.nmtran.rows import MAX_ROWS
from itp_sim.nmtran.subjects import KINDS, Observation, Records, Subject

#: Share by which the grams worked out again may differ from those of the run.
SAME = 1e-9


def subjects(
    run: xr.Dataset, *, times: Iterable[float] | None = None, outputs: Iterable[str] = ("platelets",)
) -> Records:
    """Return each patient in each arm of a run as a subject, numbered from 1, arm by arm.

    Doses are worked out again from the regimens and rate steps that the run carries and from the weights; what starts
    after the end of the run was not given and is left out. Values are those of the model, without noise of measurement.

    Parameters
    ----------
    run
        Result of `simulate`, or a selection from it by arm, patient or time.
    times
        Output days of the run at which there is an observation; all by default.
    outputs
        "platelets", "igg" or both.

    Raises
    ------
    InputError
        If the run lacks what is asked for, or does not carry its regimens.
    """
    run = results.whole(run)
    kinds = _kinds(run, outputs)
    days = _days(run, times)
    if run.sizes["arm"] * run.sizes["patient"] * len(days) * len(kinds) > MAX_ROWS:
        raise InputError(f"the table would have more than {MAX_ROWS:,} rows: choose fewer patients, or `times`")
    weights = run.parameters.sel(parameter="WT").to_numpy().tolist()
    labels = [str(label) for label in run.patient.to_numpy().tolist()]
    found: list[Subject] = []
    for name in run.arm.to_numpy().tolist():
        arm = run.sel(arm=name)
        values = {kind: _over_time(arm[kind], days) for kind in kinds}
        for at, (weight, given) in enumerate(zip(weights, _infusions(arm, name, weights), strict=True)):
            seen = [Observation(day, x, kind) for kind in kinds for day, x in zip(days, values[kind][at], strict=True)]
            found.append(
                Subject(
                    id=str(len(found) + 1),
                    infusions=given,
                    observations=tuple(seen),
                    weight_kg=weight,
                    arm=str(name),
                    patient=labels[at],
                )
            )
    return Records(tuple(found), "simulated")


def _kinds(run: xr.Dataset, outputs: Iterable[str]) -> list[str]:
    asked = checks.several("outputs", outputs, "['platelets', 'igg']")
    kinds = list(dict.fromkeys(checks.name("output", kind, KINDS) for kind in asked))
    if not kinds:
        raise InputError("outputs is empty: choose from platelets, igg")
    for kind in kinds:
        if kind not in run:
            raise InputError(f"the run holds no {kind}: simulate with `outputs` that contain it")
    return kinds


def _days(run: xr.Dataset, times: Iterable[float] | None) -> list[float]:
    """Output days of the run, or those of them that are asked for."""
    there: list[float] = np.atleast_1d(run.time.to_numpy()).tolist()
    if times is None:
        return there
    array = hasattr(times, "__array__")
    given = np.asarray(times).ravel().tolist() if array else checks.several("times", times, "[0, 7, 14]")
    asked = [checks.number("a day in times", day, 0.0, max(there), "day") for day in given]
    if not asked:
        raise InputError("times is empty: give output days of the run, or leave it out")
    for day in asked:
        if day not in there:
            nearest = min(there, key=lambda t: abs(t - day))
            raise InputError(
                f"day {day:g} is no output day of the run, {nearest:.6g} is: choose such days, or simulate with "
                "times=[...]"
            )
    return sorted(set(asked))


def _over_time(values: xr.DataArray, days: Sequence[float]) -> list[list[float]]:
    """Values by patient and day; of a run of which one day was selected, too."""
    several = values if "time" in values.dims else values.expand_dims("time")
    chosen: list[list[float]] = several.sel(time=list(days)).transpose("patient", "time").to_numpy().tolist()
    return chosen


def _infusions(arm: xr.Dataset, name: str, weights: Sequence[float]) -> list[tuple[Infusion, ...]]:
    """Infusions of each patient that start within the run."""
    regimens, steps = (_carried(arm, key, name) for key in ("regimens", "rate_steps"))
    if regimens is None:
        return [()] * len(weights)
    doses = regimen_text.parse(regimens)
    label = [RateStep(rate, minutes) for rate, minutes in steps]
    _check_grams(arm, name, doses=doses, weights=weights)
    given = [dose for dose in doses if dose.day < float(arm.attrs["days"])]
    of_weight = {
        weight: tuple(infused(dose, label, grams=dose.grams(weight), weight_kg=weight) for dose in given)
        for weight in set(weights)
    }
    return [of_weight[weight] for weight in weights]


def _carried(arm: xr.Dataset, key: str, name: str) -> Any:
    """What the run says of one arm."""
    try:
        return json.loads(arm.attrs[key])[name]
    except (KeyError, TypeError, ValueError):
        raise InputError(
            f"the run does not say the {key} of arm {name!r}: give it with its attrs, as simulated"
        ) from None


def _check_grams(arm: xr.Dataset, name: str, *, doses: Sequence[Dose], weights: Sequence[float]) -> None:
    """Refuse a run whose regimens are not those that it was simulated with."""
    per_kg, whole = (sum(dose.amount for dose in doses if dose.per_kg is kind) for kind in (True, False))
    if not np.allclose(arm.grams.to_numpy(), per_kg * np.array(weights) + whole, rtol=SAME, atol=0.0):
        raise InputError(f"the regimen that the run carries for arm {name!r} is not what was given: simulate again")
