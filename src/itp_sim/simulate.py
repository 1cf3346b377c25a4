"""Patients x regimens -> one labelled result."""

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
import xarray as xr

from itp_sim import equations as eq
from itp_sim.blocks import BLOCK, in_blocks
from itp_sim.courses import warn_of_courses
from itp_sim.design import COHORT, LEVELS, RTOL, Arm, Design, Level, design
from itp_sim.effort import refuse_if_too_large, seconds_allowed
from itp_sim.errors import SolverError
from itp_sim.patient_table import DRAWN, Patients, patient_table
from itp_sim.prescription import prescribed
from itp_sim.progress import progress as reported
from itp_sim.readings import Solved
from itp_sim.results import label
from itp_sim.solve import Problem, Solution, solve
from itp_sim.solve.problem import Floats
from itp_sim.usual import DEFAULT_BUDGET, DEFAULT_DAYS

#: Gram by which the audit of doses may be off, relative to what is due, or to 1 g.
AUDIT = 1e-9
#: What to do about a run that must not be trusted.
_INSTEAD = "try engine='reference', and report it as a fault"
#: A count this much short of a level, relative to it, is at the level: an untreated count wavers by rounding.
ROUNDING = 1e-9


def simulate(
    patients: Patients,
    arms: Mapping[str, Arm] | Arm | Iterable[Arm],
    *,
    days: float = DEFAULT_DAYS,
    times: Iterable[float] | None = None,
    outputs: Iterable[str] | None = None,
    levels: Iterable[Level | float] = LEVELS,
    rtol: float = RTOL,
    engine: str = "auto",
    threads: int | None = None,
    budget: float = DEFAULT_BUDGET,
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
        Length of the run [day], from day 0, on which a regimen without ``on day`` starts. Six weeks by default: long
        enough for the count to be back after 2 g/kg. What is prescribed for later days is not given; see
        `delivered` beside `grams`.
    times
        Output days, ascending, within 0 to `days`. By default eight a day, and four a day for more than 20 patients.
    outputs
        Names from `equations.Outputs` and `equations.State`. By default every field of `Outputs`, and for more than 20
        patients `platelets` and `igg`. An empty list keeps the read-outs alone.
    levels
        Counts whose crossing days are found on the solution itself; a number is a count [1e9/L].
    rtol
        Relative tolerance of the integration, 1e-13 to 1e-3; the largest relative error of a count is about the same.
        1e-7 by default, far below what a curve shows; cohorts that are only counted take 1e-5 (`simulate_population`).
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

    Warns
    -----
    UserWarning
        If doses are far from those of product labels, or start on day 1: see :mod:`itp_sim.courses`.
    """
    table = patient_table(patients)
    asked = design(
        arms,
        patients=len(table),
        days=days,
        times=times,
        outputs=outputs,
        levels=levels,
        rtol=rtol,
        engine=engine,
        threads=threads,
    )
    budget = seconds_allowed(budget)
    refuse_if_too_large(
        "the result",
        len(asked.arms) * len(table) * len(asked.grid) * len(asked.outputs) * 8.0,
        less="ask for fewer patients or days, or for fewer `times` or `outputs`, or let simulate_population() stream "
        "them to a store",
    )
    p = eq.Parameters(*table.to_numpy(dtype=float).T.copy())
    patients_named = list(table.index)
    warn_of_courses(asked.arms.values(), float(np.median(p.WT)))
    solved = solve_arms(asked, p, patients_named, budget=budget, shown=progress and len(table) > COHORT)
    return label(solved, patients=patients_named, attrs=origin(table))


def solve_arms(
    asked: Design, p: eq.Parameters, patients: Sequence[object], *, budget: float = DEFAULT_BUDGET, shown: bool = False
) -> Solved:
    """Solve patients with parameters `p`, who are called `patients`, in every arm; see :func:`simulate`.

    Raises
    ------
    InputError
        If an infusion cannot be given.
    SolverError
        If a patient's integration fails or its dose is not delivered.
    BudgetError
        If the seconds allowed are used up.
    """
    deadline = time.monotonic() + budget
    given = tuple(prescribed(arm, p.WT, asked.days) for arm in asked.arms.values())
    marks = asked.counts(p.P0) * (1 - ROUNDING)
    work = partial(solve, engine=asked.engine, threads=asked.threads)
    solutions = []
    with reported(len(given) * len(patients), "curves", shown=shown) as advance:
        for name, arm in zip(asked.arms, given, strict=True):
            left = deadline - time.monotonic()
            problem = Problem(p, arm.schedules, asked.grid, marks, asked.outputs, asked.rtol, left)
            solution = in_blocks(work, problem, size=BLOCK[asked.engine], advance=advance)
            solutions.append(_audited(solution, name, patients, due=arm.due))
    return Solved(asked, p, given, tuple(solutions))


def origin(table: pd.DataFrame) -> dict[str, str]:
    """Population of the patients and how virtual ones were drawn, before anybody edited the table."""
    said = {name: table.attrs[name] for name in DRAWN if name in table.attrs}
    drawn = {"drawn": json.dumps(said, default=float)} if said else {}
    return {"population": str(table.attrs["population"]), **drawn}


def _audited(solution: Solution, arm: str, patients: Sequence[object], *, due: Floats) -> Solution:
    """Refuse a solution with a failed patient, a dose that was not given, IgG unaccounted for, or no number."""
    if solution.failures:
        first = solution.failures[0]
        raise SolverError(
            f"arm {arm!r}: {len(solution.failures)} of {len(patients)} patients failed; "
            f"patient {patients[first.patient]} on day {first.day:g}: {first.reason}; "
            "leave the patient out, or try engine='reference' or another rtol"
        )
    allowed = AUDIT * np.maximum(due, 1.0)
    for row in np.flatnonzero(~(np.abs(solution.delivered - due) <= allowed))[:1]:
        raise SolverError(
            f"arm {arm!r}, patient {patients[row]}: {solution.delivered[row]:.9g} of {due[row]:.9g} g were delivered; "
            f"{_INSTEAD}"
        )
    for row in np.flatnonzero(~(solution.imbalance <= allowed))[:1]:
        raise SolverError(
            f"arm {arm!r}, patient {patients[row]}: {solution.imbalance[row]:.2g} g of infused IgG are unaccounted "
            f"for; {_INSTEAD}"
        )
    for name, values in solution.values.items():
        for row in np.flatnonzero(~np.isfinite(values).all(axis=1))[:1]:
            raise SolverError(
                f"arm {arm!r}, patient {patients[row]}: {name} is not finite throughout the run; {_INSTEAD}"
            )
    return solution
