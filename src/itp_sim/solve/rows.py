"""A problem as plain arrays, and the arrays that take its answer: what the twin and the kernel share."""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from itp_sim.equations import Outputs, Parameters, State
from itp_sim.solve.method import REASONS, STAGES, UNREACHED
from itp_sim.solve.problem import RETURNABLE, Failure, Floats, Problem, Readouts, SameDays, Schedule, Solution

#: Places of outputs and of a parameter that get special care, and of the states, among all that can be returned.
COUNT, IGG = Outputs._fields.index("platelets"), Outputs._fields.index("igg")
P0 = Parameters._fields.index("P0")
STATE_PLACES = tuple(RETURNABLE.index(name) for name in State._fields)

#: Read-outs of the count and of IgG, one number a patient, in the order of their rows.
SINGLE = Readouts._fields[:5]
#: Read-outs by level.
BY_LEVEL = Readouts._fields[5:]


class Asked(NamedTuple):
    """A problem as arrays; every one contiguous."""

    p: Floats  #: parameters, shape (parameters, patients)
    first: NDArray[np.int64]  #: place of each patient's first breakpoint, and the end, shape (patients + 1,)
    breaks: Floats  #: breakpoints of all patients [day]
    rates: Floats  #: rate after each breakpoint [g/day]; that after a patient's last is not used
    days: Floats  #: output days, shape (times,)
    levels: Floats  #: shape (levels, patients)
    wanted: NDArray[np.int64]  #: places of the outputs in `RETURNABLE`
    rtol: float


class Answer(NamedTuple):
    """What an engine fills; NaN where it has nothing to say."""

    values: Floats  #: shape (outputs, patients, times)
    single: Floats  #: rows of `SINGLE`, shape (5, patients)
    by_level: Floats  #: rows of `BY_LEVEL`, shape (3, levels, patients)
    audit: Floats  #: gram delivered and largest imbalance, shape (2, patients)
    ended: Floats  #: day reached and number in `REASONS`, shape (2, patients)
    steps: NDArray[np.int64]  #: steps tried, shape (patients,)


def asked(problem: Problem) -> Asked:
    """Lay out `problem`."""
    n = len(problem.levels)
    p = np.array(problem.parameters, dtype=np.float64).reshape(len(problem.parameters), n)
    first, breaks, rates = _laid_out(problem.schedules)
    return Asked(
        p=p,
        first=first,
        breaks=breaks,
        rates=rates,
        days=np.array(problem.times, dtype=np.float64),
        levels=np.array(problem.levels, dtype=np.float64).T.copy(),
        wanted=np.array([RETURNABLE.index(name) for name in problem.outputs], dtype=np.int64),
        rtol=float(problem.rtol),
    )


def _laid_out(schedules: Sequence[Schedule]) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Places of the first breakpoints, breakpoints, and the rates after them, of all patients."""
    n = len(schedules)
    if isinstance(schedules, SameDays):
        size = len(schedules.times)
        breaks = np.tile(np.array(schedules.times), n)
        rates = np.zeros((n, size))
        rates[:, :-1] = schedules.rates
        return np.arange(0, n * size + 1, size), breaks, rates.ravel()
    # Patients of one weight often share a schedule: each is taken apart once.
    different = {id(s): s for s in schedules}
    number = {key: i for i, key in enumerate(different)}
    which = np.fromiter((number[id(s)] for s in schedules), np.int64, n)
    counts = np.array([len(s.times) for s in different.values()], np.int64)
    total = int(counts.sum())
    breaks = np.fromiter(chain.from_iterable(s.times for s in different.values()), np.float64, total)
    rates = np.fromiter(chain.from_iterable((*s.rates, 0.0) for s in different.values()), np.float64, total)
    first = np.concatenate([[0], np.cumsum(counts[which])])
    places = np.arange(first[-1]) + np.repeat((np.cumsum(counts) - counts)[which] - first[:-1], counts[which])
    return first, breaks[places], rates[places]


def blank(a: Asked) -> Answer:
    """Room for the answer."""
    n = a.p.shape[1]
    return Answer(
        values=np.full((len(a.wanted), n, len(a.days)), np.nan),
        single=np.full((len(SINGLE), n), np.nan),
        by_level=np.full((len(BY_LEVEL), len(a.levels), n), np.nan),
        audit=np.full((2, n), np.nan),
        ended=np.zeros((2, n)),
        steps=np.zeros(n, np.int64),
    )


def solution(problem: Problem, answer: Answer) -> Solution:
    """Name the answer's parts; a patient who failed keeps no value."""
    if answer.values.size:
        answer.ended[1, np.isnan(answer.values[:, :, -1]).any(axis=0) & (answer.ended[1] == 0)] = UNREACHED
    failed = answer.ended[1].nonzero()[0]
    if len(failed):
        answer.values[:, failed] = answer.single[:, failed] = answer.by_level[:, :, failed] = np.nan
        answer.audit[0, failed], answer.audit[1, failed] = 0.0, np.nan
    return Solution(
        values=dict(zip(problem.outputs, answer.values, strict=True)),
        readouts=Readouts(*answer.single, *(rows.T for rows in answer.by_level)),
        delivered=answer.audit[0],
        imbalance=answer.audit[1],
        evaluations=int(answer.steps.sum()) * STAGES,
        failures=tuple(
            Failure(int(i), float(answer.ended[0, i]), REASONS[int(answer.ended[1, i])]) for i in failed.tolist()
        ),
    )
