"""The fast engine in C: finds the compiled kernel, hands it a problem, shares the patients among threads."""

import ctypes
import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray

from itp_sim import checks
from itp_sim.errors import InputError, SolverError
from itp_sim.solve.problem import Problem, Solution, used_up
from itp_sim.solve.rows import Answer, Asked, asked, blank, solution

HERE = Path(__file__).parent
LIBRARY = HERE / "libkernel.so"
SOURCES = (HERE / "kernel.c", HERE / "generated.h")

#: Most patients handed to the kernel at a time: it cannot be stopped within them, and at their end some lanes have
#: nothing left to do; and the least that are worth a thread.
CHUNK, LEAST = 2048, 64
#: Patients up to which a vector just wide enough for them beats the widest: wider ones take longer for one step.
FEW = 4
#: Lanes that the kernel is compiled for.
WIDTHS = (1, 2, 4, 8)
#: Levels that fit on the kernel's stack.
MOST_LEVELS = 1000


class Found(NamedTuple):
    """The loaded library, or why there is none."""

    library: ctypes.CDLL | None
    reason: str
    widest: int = 0  #: lanes of the widest vector that this machine runs


class Task(ctypes.Structure):
    """`Task` of kernel.c."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("patients", "times", "levels", "outputs")),
        *((name, ctypes.c_void_p) for name in ("p", "first", "breaks", "rates", "days", "marks", "wanted")),
        ("rtol", ctypes.c_double),
        *((name, ctypes.c_void_p) for name in ("values", "single", "by_level", "audit", "ended", "steps")),
    )


def available() -> bool:
    """Whether the compiled kernel can be used here."""
    return find().library is not None


def solve(problem: Problem, *, threads: int = 1, lanes: int = 0) -> Solution:
    """Integrate every patient of `problem`; the same bits for any `threads` and `lanes`.

    Parameters
    ----------
    problem
        Patients, infusions and what is wanted of them.
    threads
        Threads that share the patients.
    lanes
        Patients side by side in one vector: 1, 2, 4 or 8; 0 for the widest that this machine has.

    Raises
    ------
    SolverError
        If there is no compiled kernel; says why.
    BudgetError
        If the seconds allowed are used up.
    """
    library, reason, widest = find()
    if library is None:
        raise SolverError(f"the compiled kernel cannot be used: {reason}")
    deadline = time.monotonic() + problem.budget
    a = asked(problem)
    checks.whole("the number of levels", len(a.levels), 0, MOST_LEVELS, hint="or solve with engine='twin'")
    answer = blank(a)
    task = _task(a, answer)
    n = a.p.shape[1]
    if lanes not in (0, *(w for w in WIDTHS if w <= widest)):
        found = checks.shown(lanes)
        raise InputError(f"lanes is {found}: give 1, 2, 4 or 8, at most {widest} on this machine, or 0 for that")
    width = lanes or min(widest, next((w for w in WIDTHS if n <= w <= FEW), widest))

    # As many chunks for each thread.
    chunk = min(CHUNK, max(-(-n // (threads * -(-n // (threads * CHUNK)))), LEAST))

    def run(start: int) -> None:
        if time.monotonic() > deadline:
            raise used_up(f"day 0 of patient {start + 1} of {n}")
        library.itp_run(ctypes.byref(task), start, min(start + chunk, n), width)

    starts = range(0, n, chunk)
    if min(threads, len(starts)) > 1:
        with ThreadPoolExecutor(threads) as pool:
            try:
                list(pool.map(run, starts))
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    else:
        for start in starts:
            run(start)
    return solution(problem, answer)


@cache
def find() -> Found:
    """Load the kernel if it was compiled from the sources beside it."""
    try:
        library = ctypes.CDLL(os.fspath(LIBRARY))
        library.itp_digest.restype = ctypes.c_char_p
        library.itp_widest.restype = ctypes.c_int64
        library.itp_run.restype = None
        library.itp_run.argtypes = (ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)
        compiled = library.itp_digest().decode()
    except (OSError, AttributeError) as error:
        return Found(None, f"{error}; build it with `python hatch_build.py` in a checkout")
    if compiled != digest():
        return Found(None, "it was compiled from other sources: run `python hatch_build.py` in the checkout")
    return Found(library, "", int(library.itp_widest()))


def digest() -> str:
    """Digest of the sources of the kernel."""
    return sha256(b"".join(path.read_bytes() for path in SOURCES)).hexdigest()


def _task(a: Asked, answer: Answer) -> Task:
    sizes = (a.p.shape[1], len(a.days), len(a.levels), len(a.wanted))
    given = map(_address, (a.p, a.first, a.breaks, a.rates, a.days, a.levels, a.wanted))
    return Task(*sizes, *given, a.rtol, *map(_address, answer))


def _address(array: NDArray[Any]) -> int:
    """Where the numbers of `array` stand; its `ctypes` attribute says so too, more slowly."""
    address: int = array.__array_interface__["data"][0]
    return address
