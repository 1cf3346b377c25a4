"""Patients x regimens -> one labelled result."""

import json
import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice, pairwise
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from itp_sim import checks, dosing
from itp_sim import equations as eq
from itp_sim.blocks import BLOCK, in_blocks
from itp_sim.catalogue import regimen
from itp_sim.dosing import Infusion, Regimen
from itp_sim.errors import InputError, SolverError
from itp_sim.patient_table import DRAWN, Patients, patient_table
from itp_sim.progress import progress as reported
from itp_sim.results import label
from itp_sim.solve import ENGINES, RETURNABLE, Problem, Schedule, Solution, choose, solve
from itp_sim.solve.problem import Floats

#: What an arm may be given as; None is an arm without treatment.
Arm = Regimen | str | None


@dataclass(frozen=True, slots=True)
class Level:
    """A count to be reached: at least `count` and at least `multiple` times the patient's untreated count.

    Parameters
    ----------
    count
        0 to 2000 [1e9/L].
    multiple
        0 to 100; 0 asks for the count alone.

    Raises
    ------
    InputError
        If a number is out of range.
    """

    count: float
    multiple: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", checks.number("the count of a level", self.count, 0.0, 2000.0, "1e9/L"))
        object.__setattr__(self, "multiple", checks.number("the multiple of a level", self.multiple, 0.0, 100.0))

    @property
    def label(self) -> str:
        """Name of the level in a result, with all its digits."""
        count, multiple = (repr(x).removesuffix(".0") for x in (self.count, self.multiple))
        return count if self.multiple == 0.0 else f"{count} and {multiple}x"


#: Levels whose crossings every run records: the clinical thresholds, and those joined with a doubling.
LEVELS = (
    *map(Level, (10.0, 20.0, 30.0, 50.0, 80.0, 100.0, 150.0)),
    Level(30.0, 2.0),
    Level(80.0, 2.0),
    Level(100.0, 2.0),
)

#: Default tolerance; measured error of the count is about the same.
RTOL = 1e-7
#: A result larger than this is refused before it is computed [bytes].
LARGEST = 4e9
#: Entries that are read of a list before it is refused, which may have no end.
MOST_ARMS, MOST_TIMES, MOST_LEVELS = 1000, 300_000, 1000
#: A single patient, or a few, get every output eight times a day; a cohort gets these four times a day.
COHORT = 20
COHORT_OUTPUTS = ("platelets", "igg")
#: Gram by which the audit of doses may be off, relative to what is due, or to 1 g.
AUDIT = 1e-9
#: A count this much short of a level, relative to it, is at the level: an untreated count wavers by rounding.
ROUNDING = 1e-9


def simulate(
    patients: Patients,
    arms: Mapping[str, Arm] | Arm | Iterable[Arm],
    *,
    days: float = 42.0,
    times: Iterable[float] | None = None,
    outputs: Iterable[str] | None = None,
    levels: Iterable[Level | float] = LEVELS,
    rtol: float = RTOL,
    engine: str = "auto",
    threads: int | None = None,
    budget: float = 3600.0,
    progress: bool = True,
) -> xr.Dataset:
    """Simulate every patient under every regimen.

    Parameters
    ----------
    patients
        A patient, several, patients by name, or a table with one row a patient and a column for each of
        `equations.Parameters`. Names and labels of rows become those of the patients, which are numbered from 0
        otherwise.
    arms
        Regimens by name; or one regimen, or several, named by their text. A regimen may be given as text; None is an
        arm without treatment.
    days
        Length of the run [day], from the start of the first infusion. Six weeks by default: long enough for the count
        to be back after 2 g/kg. What is prescribed for later days is not given; see `delivered` beside `grams`.
    times
        Output days, ascending, within 0 to `days`. By default eight a day, and four a day for more than 20 patients.
    outputs
        Names from `equations.Outputs` and `equations.State`. By default every field of `Outputs`, and for more than 20
        patients `platelets` and `igg`. An empty list keeps the read-outs alone.
    levels
        Counts whose crossing days are found on the solution itself; a number is a count [1e9/L].
    rtol
        Relative tolerance of the integration, 1e-13 to 1e-3.
    engine
        "kernel" (compiled), "twin" (the same method in NumPy, the same numbers), "reference" (SciPy on the equations as
        they stand); "auto" takes the fastest that can be used here.
    threads
        Threads that share the patients, for the kernel; by default one for each processor. They change no bit.
    budget
        Seconds allowed.
    progress
        Show on stderr how many curves of more than 20 patients are done, if that is a terminal and takes long.

    Returns
    -------
    xarray.Dataset
        Outputs over (arm, patient, time); read-outs over (arm, patient) and (arm, patient, level); `parameters` over
        (patient, parameter). Every variable carries `units` and `long_name`; NaN in a day means "not within the run".
        `attrs` carry what rebuilds the run.

    Raises
    ------
    InputError
        If anything asked for cannot be used.
    SolverError
        If a patient's integration fails or its dose is not delivered.
    BudgetError
        If the seconds allowed are used up.
    """
    table = patient_table(patients)
    regimens = _regimens(arms)
    days = checks.number("days", days, 0.0, 36525.0, "day", open_low=True)
    rtol = checks.number("rtol", rtol, 1e-13, 1e-3)
    few = len(table) <= COHORT
    grid = _grid(times, days, per_day=8 if few else 4)
    names = _outputs(outputs, few)
    engine = checks.name("engine", engine, ENGINES)
    engine = choose(len(table)) if engine == "auto" else engine
    threads = None if threads is None else checks.whole("threads", threads, 1, 1024)
    marks = _levels(levels)
    deadline = time.monotonic() + checks.number("budget", budget, 0.0, 1e9, "s", open_low=True)
    _refuse_if_too_large(len(regimens) * len(table) * len(grid) * len(names) * 8)

    p = eq.Parameters(**{name: table[name].to_numpy(dtype=float) for name in eq.Parameters._fields})
    counts = np.maximum([mark.count for mark in marks], np.outer(p.P0, [mark.multiple for mark in marks]))
    infusions = [_infusions(name, given, p.WT, days) for name, given in regimens.items()]
    solutions = []
    with reported(len(regimens) * len(table), "curves", shown=progress and not few) as advance:
        for name, infused in zip(regimens, infusions, strict=True):
            left = deadline - time.monotonic()
            problem = Problem(p, _schedules(infused, p.WT, days), grid, counts * (1 - ROUNDING), names, rtol, left)
            work = partial(solve, engine=engine, threads=threads)
            solution = in_blocks(work, problem, size=BLOCK[engine], advance=advance)
            solutions.append(_audited(solution, name, list(table.index), _due(infused, p.WT, days)))
    return label(
        problem,
        solutions,
        arms=regimens,
        infusions=infusions,
        patients=list(table.index),
        levels={mark.label: (mark.count, mark.multiple) for mark in marks},
        counts=counts,
        attrs={"population": table.attrs["population"], **_drawn(table), "days": days, "solver": engine},
    )


def _regimens(arms: Mapping[str, Arm] | Arm | Iterable[Arm]) -> dict[str, Regimen | None]:
    """Regimens by name of arm."""
    if isinstance(arms, Mapping):
        for name in arms:
            if not isinstance(name, str) or not name.strip():
                raise InputError(f"an arm is named {checks.shown(name)}: give each arm a name in text")
        named: dict[str, Any] = dict(arms)
    else:
        several = [arms] if arms is None or isinstance(arms, Regimen | str | bytes) else arms
        read = [
            _regimen(arm, "an arm") for arm in _listed("arms", several, MOST_ARMS, "a regimen, or regimens by name")
        ]
        named = {}
        for arm in read:
            text = arm.text if arm else "none"
            if text in named:
                raise InputError(f"two arms are {text!r}: give each once, or name them, as in {{'a': ..., 'b': ...}}")
            named[text] = arm
    if not named:
        raise InputError("no arm was given: give a regimen, or regimens by name")
    return {name: _regimen(arm, f"arm {name!r}") for name, arm in named.items()}


def _regimen(arm: object, where: str) -> Regimen | None:
    if arm is None or isinstance(arm, Regimen):
        return arm
    if isinstance(arm, str):
        return regimen(arm)
    raise InputError(
        f"{where} is {checks.shown(arm)}: give a regimen, its text such as '1 g/kg', or None for no treatment"
    )


def _listed(field: str, given: Any, most: int, wanted: str) -> list[Any]:
    """`given` as a list, read no further than it may be long."""
    try:
        # Arrays of any kind give plain numbers by tolist(); iterating over them may not.
        read = list(islice(np.asarray(given).tolist() if hasattr(given, "__array__") else given, most + 1))
    except TypeError:
        raise InputError(f"{field} is {checks.shown(given)}: give {wanted}") from None
    if len(read) > most:
        raise InputError(f"{field} has more than {most} entries: give fewer")
    return read


def _grid(times: Iterable[float] | None, days: float, *, per_day: int) -> Floats:
    """Output days, checked."""
    if times is None:
        return np.linspace(0.0, days, int(np.ceil(days * per_day)) + 1)
    given = [
        checks.number("a day in times", t, 0.0, days, "day", hint="or raise `days`")
        for t in _listed("times", times, MOST_TIMES, "a list of days")
    ]
    if not given:
        raise InputError("times is empty: give at least one day, or leave it out")
    for a, b in pairwise(given):
        if b <= a:
            raise InputError(f"times has {b:.17g} after {a:.17g}: give each day once, in ascending order")
    return np.array(given)


def _outputs(outputs: Iterable[str] | None, few: bool) -> tuple[str, ...]:
    if outputs is None:
        return eq.Outputs._fields if few else COHORT_OUTPUTS
    several = [outputs] if isinstance(outputs, str) else outputs
    given = _listed("outputs", several, 10 * len(RETURNABLE), "names, as in ['platelets', 'igg']")
    return tuple(dict.fromkeys(checks.name("output", name, RETURNABLE) for name in given))


def _levels(levels: Iterable[Level | float] | Level | float) -> tuple[Level, ...]:
    """Levels; a bare number is a count."""
    several = [levels] if isinstance(levels, Level | int | float) else levels
    given = _listed("levels", several, MOST_LEVELS, "counts, as in [30, 50, 100]")
    if not given:
        raise InputError("levels is empty: give at least one count, or leave it out")
    return tuple(dict.fromkeys(mark if isinstance(mark, Level) else Level(mark) for mark in given))


def _refuse_if_too_large(size: float) -> None:
    if size > LARGEST:
        raise InputError(
            f"the result would take {size / 1e9:.1f} GB, more than {LARGEST / 1e9:g} GB: "
            "ask for fewer patients, days, `times` or `outputs`, or let simulate_population() stream them to a store"
        )


def _drawn(table: pd.DataFrame) -> dict[str, str]:
    """How virtual patients were drawn, before anybody edited the table."""
    said = {name: table.attrs[name] for name in DRAWN if name in table.attrs}
    return {"drawn": json.dumps(said, default=float)} if said else {}


def _infusions(arm: str, given: Regimen | None, weights: Floats, days: float) -> list[tuple[Infusion, ...]]:
    """Infusions of every patient, the first within the run; patients of one weight share theirs."""
    if given and given.doses[0].day >= days:
        raise InputError(
            f"arm {arm!r}: the run ends on day {days:g}, before the first infusion on day {given.doses[0].day:g}: "
            "raise `days`, or give None for no treatment"
        )
    made = {weight: given.infusions(weight) if given else () for weight in np.unique(weights).tolist()}
    return [made[weight] for weight in weights.tolist()]


def _schedules(infused: list[tuple[Infusion, ...]], weights: Floats, days: float) -> tuple[Schedule, ...]:
    """Breakpoints and rates of every patient."""
    by_weight = dict(zip(weights.tolist(), infused, strict=True))
    made = {weight: Schedule(*dosing.breakpoints(one, days)) for weight, one in by_weight.items()}
    return tuple(made[weight] for weight in weights.tolist())


def _due(infused: list[tuple[Infusion, ...]], weights: Floats, days: float) -> Floats:
    """Grams that the infusions bring within the run, counted without breakpoints, of every patient."""
    by_weight = {}
    for weight, infusions in dict(zip(weights.tolist(), infused, strict=True)).items():
        grams = []
        for infusion in infusions:
            start = infusion.start
            for duration, rate in infusion.pieces:
                grams.append(rate * min(duration, max(days - start, 0.0)))
                start += duration
        by_weight[weight] = math.fsum(grams)
    return np.array([by_weight[weight] for weight in weights.tolist()])


def _audited(solution: Solution, arm: str, patients: list[object], due: Floats) -> Solution:
    """Refuse a solution with a failed patient, a dose that was not given, IgG unaccounted for, or no number."""
    if solution.failures:
        first = solution.failures[0]
        raise SolverError(
            f"arm {arm!r}: {len(solution.failures)} of {len(patients)} patients failed; "
            f"patient {patients[first.patient]} on day {first.day:g}: {first.reason}"
        )
    allowed = AUDIT * np.maximum(due, 1.0)
    for row in np.flatnonzero(~(np.abs(solution.delivered - due) <= allowed))[:1]:
        raise SolverError(
            f"arm {arm!r}, patient {patients[row]}: {solution.delivered[row]:.9g} of {due[row]:.9g} g were delivered"
        )
    for row in np.flatnonzero(~(solution.imbalance <= allowed))[:1]:
        raise SolverError(
            f"arm {arm!r}, patient {patients[row]}: {solution.imbalance[row]:.2g} g of infused IgG are unaccounted for"
        )
    for name, values in solution.values.items():
        for row in np.flatnonzero(~np.isfinite(values).all(axis=1))[:1]:
            raise SolverError(f"arm {arm!r}, patient {patients[row]}: {name} is not finite throughout the run")
    return solution
