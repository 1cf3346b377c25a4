"""Fits of every subject of a table."""

import time
from os import PathLike
from typing import Any

from itp_sim import checks
from itp_sim.effort import refuse_if_too_long, seconds_allowed
from itp_sim.errors import BudgetError, InputError
from itp_sim.fitting.asked import errors_of, weight_of
from itp_sim.fitting.cost import fit_seconds
from itp_sim.fitting.measured import measured
from itp_sim.fitting.one import SAMPLERS, fit
from itp_sim.fitting.result import Fit
from itp_sim.nmtran import Records
from itp_sim.progress import progress as reported
from itp_sim.usual import DEFAULT_BUDGET, DEFAULT_POPULATION


def fit_each(
    data: Records,
    population: str | PathLike[str] = DEFAULT_POPULATION,
    *,
    budget: float = DEFAULT_BUDGET,
    progress: bool = True,
    **options: Any,
) -> dict[str, Fit]:
    """Fit every subject of a table, each on its own.

    Parameters
    ----------
    data
        Records with any number of subjects.
    population
        As in :func:`fit`.
    budget
        Seconds that they all may take together.
    progress
        Show on stderr how many subjects are done, if that is a terminal.
    **options
        Those of :func:`fit` but for `subject`.

    Returns
    -------
    dict
        A fit by id of the subject, in the order of the table. ``pandas.concat({id: one.summary() for id, one in
        fits.items()})`` is their table.

    Raises
    ------
    InputError
        As :func:`fit`; what is wrong with any of the subjects, and that they would take too long together, is said
        before the first is fitted.
    SolverError
        As :func:`fit`; a BudgetError if the seconds allowed are used up.
    """
    if not isinstance(data, Records):
        raise InputError(f"data is {checks.shown(data)}: give Records, as read_nmtran() returns them, or use fit()")
    if "subject" in options:
        raise InputError("fit_each fits every subject: leave out `subject`, or use fit()")
    errors = errors_of(options.get("count_cv"), options.get("igg_cv"))
    for one in data:
        weight_of(one, options.get("weight_kg"))
        measured(one, errors)
    budget = seconds_allowed(budget)
    refuse_if_too_long(
        f"fits of {len(data)} subjects take",
        fit_seconds(data, checks.name("sampler", options.get("sampler", SAMPLERS[0]), SAMPLERS)),
        budget=budget,
        less="fit fewer subjects at a time",
    )
    deadline = time.monotonic() + budget
    fits: dict[str, Fit] = {}
    with reported(len(data), "subjects", shown=progress) as advance:
        for one in data:
            if time.monotonic() > deadline:
                raise BudgetError(
                    f"{len(fits)} of {len(data)} subjects were fitted in budget={budget:g} s: fit fewer at a time, or "
                    "raise `budget`"
                )
            fits[one.id] = fit(one, population, budget=budget, **options)
            advance(1)
    return fits
