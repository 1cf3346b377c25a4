"""What one arm brings each patient: grams, hours and vials as prescribed, and the schedule that the solver follows."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import compress
from typing import NamedTuple

import numpy as np

from itp_sim.dosing import Dose, Infusion, Regimen, breakpoints, joint_breakpoints, vials_by_tenths
from itp_sim.dosing.preparation import OVER, checked_weight
from itp_sim.solve import SameDays, Schedule
from itp_sim.solve.problem import Floats


class Prescribed(NamedTuple):
    """One arm, for every patient."""

    starts: Floats  #: start of each infusion [day], shape (infusions,)
    grams: Floats  #: IgG prescribed [g], shape (patients,)
    hours: Floats  #: hours of infusion prescribed [h], shape (patients,)
    vials: Floats  #: fewest vials of the product that hold each infusion, summed, shape (patients,)
    due: Floats  #: gram that the infusions bring within the run, counted without breakpoints, shape (patients,)
    schedules: Sequence[Schedule]  #: one per patient


def prescribed(given: Regimen | None, weights: Floats, days: float) -> Prescribed:
    """Work out an arm for patients of `weights` [kg] in a run of `days` [day].

    Where every infusion takes the same hours in every patient, one schedule is worked out for 1 kg and multiplied by
    the weights. Only a dose in g at the label's rates, which are per kg, takes hours that depend on the weight.

    Raises
    ------
    InputError
        If a weight is not 0.5 to 400 kg, or a dose is too small to last 1e-9 day.
    """
    for weight in (weights.min(initial=1.0), weights.max(initial=1.0)):
        checked_weight(float(weight))
    doses = given.doses if given else ()
    starts = np.array([dose.day for dose in doses])
    if given and not all(map(_same_hours, doses)):
        return _one_by_one(given, starts, weights=weights, days=days)
    return _scaled(given, starts, weights=weights, days=days)


def _same_hours(dose: Dose) -> bool:
    return dose.per_kg or dose.hours is not None


def _scaled(given: Regimen | None, starts: Floats, *, weights: Floats, days: float) -> Prescribed:
    """Doses in g/kg of one kg times the weight, and doses in g as they are."""
    doses = given.doses if given else ()
    per_kg = [dose.per_kg for dose in doses]
    of_one_kg, whole = (
        _infusions(given, list(compress(doses, kind))) for kind in (per_kg, [not one for one in per_kg])
    )
    times, (times_weight, fixed) = joint_breakpoints([of_one_kg, whole], days)
    rates = np.multiply.outer(weights, np.array(times_weight)) + np.array(fixed)
    due, due_fixed = (math.fsum(_within(one, days) for one in group) for group in (of_one_kg, whole))
    grams = np.zeros_like(weights)
    for dose in doses:
        grams += dose.amount * weights if dose.per_kg else dose.amount
    hours = sum(infusion.hours for infusion in (*of_one_kg, *whole))
    return Prescribed(
        starts=starts,
        grams=grams,
        hours=np.full_like(weights, hours),
        vials=_vials(given, weights),
        due=due * weights + due_fixed,
        schedules=SameDays(times, rates),
    )


def _infusions(given: Regimen | None, doses: Sequence[Dose]) -> tuple[Infusion, ...]:
    """Infusions of these doses for a patient of one kg."""
    return replace(given, doses=tuple(doses)).infusions(1.0) if given and doses else ()


def _one_by_one(given: Regimen, starts: Floats, *, weights: Floats, days: float) -> Prescribed:
    """Every weight on its own; patients of one weight share what was worked out."""
    distinct, which = np.unique(weights, return_inverse=True)
    infused = [given.infusions(weight) for weight in distinct.tolist()]
    schedules = [Schedule(*breakpoints(one, days)) for one in infused]
    grams, hours, due = (
        np.array([total(one) for one in infused], dtype=float)[which]
        for total in (
            lambda one: sum(infusion.grams for infusion in one),
            lambda one: sum(infusion.hours for infusion in one),
            lambda one: math.fsum(_within(infusion, days) for infusion in one),
        )
    )
    vials = _vials(given, weights)
    return Prescribed(starts, grams, hours, vials, due, tuple(schedules[i] for i in which.tolist()))


def _vials(given: Regimen | None, weights: Floats) -> Floats:
    """Vials of all doses; those of one infusion are not shared with the next."""
    vials = np.zeros_like(weights)
    if given is None or not len(weights):
        return vials
    sizes = [grams for grams, _ in given.product.vials]
    most = max(dose.grams(float(weights.max())) for dose in given.doses)
    needed, tenths = vials_by_tenths(most, sizes)
    for dose in given.doses:
        grams = dose.amount * weights if dose.per_kg else np.full_like(weights, dose.amount)
        vials += np.array(needed)[np.ceil(10.0 * grams / tenths - OVER).astype(int)]
    return vials


def _within(infusion: Infusion, days: float) -> float:
    """Gram of an infusion that run in before the end of the run."""
    grams, start = [], infusion.start
    for duration, rate in infusion.pieces:
        grams.append(rate * min(duration, max(days - start, 0.0)))
        start += duration
    return math.fsum(grams)
