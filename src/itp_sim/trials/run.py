"""A trial as it was run: virtual patients of its kind, counts at its visits, later doses to those who need them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from itp_sim import checks
from itp_sim.design import COHORT_RTOL
from itp_sim.dosing import Regimen
from itp_sim.errors import InputError
from itp_sim.parameters import records
from itp_sim.population import virtual_patients
from itp_sim.simulate import simulate
from itp_sim.trials.design import Arm, Entry, Later, Trial
from itp_sim.trials.measure import Bools, Floats, ever, meets, noise, reported

#: Most virtual patients of an arm.
MOST = 1_000_000

#: Other medians and spreads of a population's records, as in `virtual_patients`, by name of the population.
Overrides = Mapping[str, Mapping[str, Mapping[str, float]]]


class Course(NamedTuple):
    """What was measured in one arm; arrays of shape (patients, visits)."""

    counts: Floats  #: measured counts [1e9/L]
    igg: Floats  #: plasma IgG [g/L], without noise; no visits if no endpoint asks for it


def courses(
    trial: Trial,
    *,
    n: int,
    seed: int,
    overrides: Overrides | None = None,
    threads: int | None = None,
) -> dict[str, Course]:
    """Run the arms of a trial that an endpoint asks for, in the same `n` virtual patients.

    Parameters
    ----------
    trial
        The trial.
    n
        Virtual patients of each arm; a mixture of populations takes its share of each.
    seed
        Names the virtual patients and the noise of their counts.
    overrides
        Medians and spreads instead of those of the records: ``{"adult_chronic": {"typical": {"IC50": 3.0}, "spread":
        {"FIND": 1.5}}}``. What the trial's entry says of its patients comes after them.
    threads
        As in `simulate`; they change no bit.

    Returns
    -------
    dict
        A course by key of the arm.

    Raises
    ------
    InputError
        If a number is out of range, or `overrides` name what does not exist.
    SolverError
        If a patient's integration fails.
    """
    n = checks.whole("n", n, 1, MOST)
    changes = _checked(overrides, trial)
    asked: dict[str, bool] = {}  # arm -> whether IgG is asked for
    for endpoint in trial.endpoints.values():
        for key in endpoint.arms:
            asked[key] = asked.get(key, False) or endpoint.needs_igg
    parts: dict[str, list[Course]] = {key: [] for key in asked}
    for people, factors in _entering(trial, n, seed=seed, changes=changes):
        for key, igg in asked.items():
            arm = trial.arms[key]
            parts[key].append(
                _course(trial, arm, people.assign(**arm.assign), factors=factors, igg=igg, threads=threads)
            )
    return {key: _joined(several) for key, several in parts.items()}


def untreated(trial: Trial, *, n: int, seed: int, overrides: Overrides | None = None) -> Floats:
    """Return the counts of who enters, as they are measured on day 0, before any arm changes a patient.

    Parameters
    ----------
    trial, n, seed, overrides
        As in `courses`.

    Returns
    -------
    numpy.ndarray
        Measured counts [1e9/L], shape (patients,).
    """
    groups = _entering(trial, checks.whole("n", n, 1, MOST), seed=seed, changes=_checked(overrides, trial))
    measured = [reported(people["P0"].to_numpy() * factors[:, 0], trial.measurement) for people, factors in groups]
    return np.concatenate(measured)


def _entering(trial: Trial, n: int, *, seed: int, changes: Overrides) -> Iterator[tuple[pd.DataFrame, Floats]]:
    """Yield who enters from each population, and the noise of their counts, shape (patients, visits)."""
    for population, size in _sizes(trial.populations, n).items():
        yield (
            _patients(trial.entry, population, size, seed=seed, changes=changes.get(population, {}), trial=trial),
            noise(trial.measurement, size, seed=seed, name=f"{trial.key} {Path(population).stem}"),
        )


def _checked(overrides: Any, trial: Trial) -> Overrides:
    """The overrides, with no key that would be passed over in silence."""
    given = {} if overrides is None else overrides
    nested = isinstance(given, Mapping) and all(
        isinstance(one, Mapping) and all(isinstance(kind, Mapping) for kind in one.values()) for one in given.values()
    )
    if not nested:
        raise InputError(
            f"overrides is {checks.shown(overrides)}: give them by population, as in "
            "{'adult_chronic': {'typical': {'IC50': 3.0}, 'spread': {'EPS': 0.5}}}"
        )
    for population, changes in given.items():
        if population not in trial.populations:
            records(population)  # those of other trials are passed over, but must exist
        for key in changes:
            checks.name(f"override of {population}", key, ("typical", "spread"))
    return given


def _sizes(populations: Mapping[str, float], n: int) -> dict[str, int]:
    """Patients of each population: its share of `n`, at least one."""
    total = sum(populations.values())
    ends = [round(n * share) for share in np.cumsum([0.0, *populations.values()]) / total]
    return {key: max(b - a, 1) for key, a, b in zip(populations, ends[:-1], ends[1:], strict=True)}


def _patients(
    entry: Entry, population: str, n: int, *, seed: int, changes: Mapping[str, Mapping[str, float]], trial: Trial
) -> pd.DataFrame:
    """Virtual patients who may enter. All weigh the same unless grams are given: per kg, weight changes nothing."""
    arms = trial.arms.values()
    given = [*(arm.regimen for arm in arms), *(late.regimen for arm in arms for late in arm.later)]
    per_kg = all(dose.per_kg for regimen in given if regimen for dose in regimen.doses)
    table = virtual_patients(
        population,
        n,
        seed,
        platelets=entry.platelets,
        weight_kg=records(population)["WT"].value if per_kg else None,
        typical={**changes.get("typical", {}), **entry.typical},
        spread=changes.get("spread"),
    )
    return table.assign(**entry.assign)


def _course(trial: Trial, arm: Arm, people: pd.DataFrame, *, factors: Floats, igg: bool, threads: int | None) -> Course:
    """One arm: all patients first, then those who get more, from the day on which they get it."""
    how = trial.measurement
    outputs = ("platelets", "igg") if igg else ("platelets",)

    def solved(rows: Bools, regimen: Regimen | None) -> list[Floats]:
        run = simulate(
            people[rows],
            {arm.key: regimen},
            days=how.visits[-1],
            times=how.visits,
            outputs=outputs,
            levels=(50.0,),
            rtol=COHORT_RTOL,  # far below the noise of a count
            threads=threads,
            progress=False,
        )
        return [run[name].to_numpy()[0] for name in outputs]

    values = solved(np.ones(len(people), dtype=bool), arm.regimen)
    counts = reported(values[0] * factors, how)
    regimens = [arm.regimen]
    has = np.zeros(len(people), dtype=int)  # place of each patient's regimen in `regimens`
    for day in sorted({day for later in arm.later for day in later.days}):
        now = how.visits.index(day)
        before = has.copy()
        for later in arm.later:
            gets = ~_spared(later, counts[:, : now + 1]) if day in later.days else np.zeros(len(people), dtype=bool)
            for old in np.unique(has[gets]).tolist():
                regimens.append(_with(regimens[old], later.regimen, day))
                has[gets & (has == old)] = len(regimens) - 1
        for new in np.unique(has[has != before]).tolist():
            # What was measured so far stays, and so do all bits of those who get nothing.
            for kept, fresh in zip(values, solved(has == new, regimens[new]), strict=True):
                kept[has == new, now + 1 :] = fresh[:, now + 1 :]
        counts = reported(values[0] * factors, how)
    return Course(counts, values[1] if igg else np.empty((len(people), 0)))


def _spared(later: Later, counts: Floats) -> Bools:
    """Who does not get the dose; `counts` are those up to the day of the decision."""
    if later.unless is None:
        return np.zeros(len(counts), dtype=bool)
    met = meets(counts, counts[:, :1], later.unless)
    return ever(met[:, 1:]) if later.once_met else met[:, -1]


def _with(given: Regimen | None, more: Regimen, day: float) -> Regimen:
    """A regimen and the doses of another that starts on `day`."""
    doses = tuple(replace(dose, day=day + dose.day) for dose in more.doses)
    return replace(more, doses=(*(given.doses if given else ()), *doses))


def _joined(several: list[Course]) -> Course:
    """The patients of all populations as one arm."""
    return Course(*(np.concatenate(both) for both in zip(*several, strict=True)))
