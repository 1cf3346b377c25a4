"""A large problem solved block by block, so that progress is told while it runs."""

import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from itp_sim.equations import Parameters
from itp_sim.errors import BudgetError
from itp_sim.solve import Problem, Readouts, Solution

#: Patients in a block of each engine: about a second of work.
BLOCK: Mapping[str, int] = MappingProxyType({"reference": 64, "twin": 4096, "kernel": 16384})


def in_blocks(
    work: Callable[[Problem], Solution], problem: Problem, *, size: int, advance: Callable[[int], object]
) -> Solution:
    """Solve `problem` in blocks of patients, and tell `advance` of every block how many it had.

    No patient's solution depends on the others, so the blocks change no bit.

    Parameters
    ----------
    work
        Solves a block.
    problem
        What is asked.
    size
        Patients in a block; see `BLOCK`.
    advance
        Called with the number of patients that were done since the last call.

    Raises
    ------
    BudgetError
        If the seconds allowed for the whole problem are used up.
    """
    deadline = time.monotonic() + problem.budget
    n = len(problem.schedules)
    solutions = []
    for start in range(0, n, size):
        block = slice(start, min(start + size, n))
        try:
            solutions.append(work(_part(problem, block, deadline)))
        except BudgetError as error:
            if not start:
                raise
            raise BudgetError(f"after {start:,} of {n:,} patients, {error}") from None
        advance(block.stop - block.start)
    return solutions[0] if len(solutions) == 1 else _joined(solutions)


def _part(problem: Problem, block: slice, deadline: float) -> Problem:
    return problem._replace(
        parameters=Parameters(*(values[block] for values in problem.parameters)),
        schedules=problem.schedules[block],
        levels=problem.levels[block],
        budget=max(deadline - time.monotonic(), 0.0),
    )


def _joined(solutions: Sequence[Solution]) -> Solution:
    """Solutions of blocks as one; failures keep the number of their patient in the whole."""
    firsts = np.cumsum([0, *(len(one.delivered) for one in solutions)]).tolist()
    return Solution(
        values={name: np.concatenate([one.values[name] for one in solutions]) for name in solutions[0].values},
        readouts=Readouts(*map(np.concatenate, zip(*(one.readouts for one in solutions), strict=True))),
        delivered=np.concatenate([one.delivered for one in solutions]),
        imbalance=np.concatenate([one.imbalance for one in solutions]),
        evaluations=sum(one.evaluations for one in solutions),
        failures=tuple(
            failure._replace(patient=first + failure.patient)
            for first, one in zip(firsts, solutions, strict=False)
            for failure in one.failures
        ),
    )
