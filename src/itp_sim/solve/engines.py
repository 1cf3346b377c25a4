"""Which engine solves a problem: the compiled kernel, its NumPy twin, or SciPy patient by patient."""

import os
import warnings
from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from pathlib import Path
from types import MappingProxyType

import numpy as np

from itp_sim import checks
from itp_sim import equations as eq
from itp_sim.errors import SolverError
from itp_sim.solve import generated, kernel, twin, untreated
from itp_sim.solve.problem import Floats, Problem, Solution
from itp_sim.usual import DEFAULT_DAYS

#: Names of the engines; auto is the fastest that can be used here.
ENGINES = ("auto", "kernel", "twin", "reference")
#: CPU seconds that a run of up to six weeks takes with each of them, roughly; measured.
SECONDS: Mapping[str, float] = MappingProxyType({"kernel": 5e-5, "twin": 1e-3, "reference": 3e-2})
#: Patients from which the twin beats SciPy (about 0.3 s for any few patients, against 10 ms for each).
MANY = 40
#: What renews what was printed from the equations, and the kernel.
RENEW = "run `python hatch_build.py` in the checkout"
#: Largest relative difference between the generated functions and the equations that rounding explains.
SAME = 1e-9


def solve(problem: Problem, *, engine: str = "auto", threads: int | None = None) -> Solution:
    """Integrate every patient of `problem`.

    Parameters
    ----------
    problem
        Patients, infusions and what is wanted of them.
    engine
        "kernel": compiled, fastest. "twin": the same method in NumPy, the same bits. "reference": SciPy on the
        equations as they stand. "auto": the kernel; without it the twin for many patients, the reference for few.
        After an edit of the equations the twin takes them as they stand, with the same answer but for rounding.
    threads
        Threads that share the patients, for the kernel; by default one for each processor.

    Raises
    ------
    UnknownNameError
        If `engine` is none of these.
    SolverError
        If the engine asked for cannot be used; says why.
    BudgetError
        If the seconds allowed are used up.
    """
    asked = checks.name("engine", engine, ENGINES)
    chosen = choose(len(problem.levels)) if asked == "auto" else asked
    if chosen == "reference":
        # SciPy takes longer to import than the kernel takes for a thousand patients.
        from itp_sim.solve import reference

        return reference.solve(problem)
    if chosen == "twin":
        return twin.solve(problem, model=twin.PRINTED if up_to_date() else twin.AS_THEY_STAND)
    if not up_to_date():
        raise SolverError(f"the kernel was compiled from other equations: {RENEW}, or use engine='twin' or 'reference'")
    return kernel.solve(problem, threads=processors() if threads is None else threads)


def choose(patients: int) -> str:
    """Fastest engine that can be used here for so many patients; a warning says if an edit has made it a slower one."""
    slower = "twin" if patients >= MANY else "reference"
    if up_to_date():
        return "kernel" if kernel.available() else slower
    if kernel.available():
        warnings.warn(
            f"the equations were edited: {slower!r} solves them as they stand, and the faster kernel not before you "
            f"{RENEW}",
            stacklevel=2,
        )
    return slower


def run_seconds(runs: int, days: float, engine: str) -> float:
    """CPU seconds that so many runs of so many days take with this engine, roughly."""
    return runs * SECONDS[engine] * max(days / DEFAULT_DAYS, 1.0)


def described() -> str:
    """Which engines are used here, in a line."""
    if not unusable("kernel"):
        return "kernel (compiled)"
    few = f"reference (SciPy) for up to {MANY - 1} patients"
    return f"twin (NumPy), and {few}; no compiled kernel: {unusable('kernel')}"


def unusable(engine: str) -> str:
    """Why one of `ENGINES` cannot be used here; nothing if it can."""
    if engine != "kernel":
        return ""
    return kernel.find().reason if up_to_date() else f"the equations were edited: {RENEW}"


def processors() -> int:
    """Processors that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


@cache
def digest() -> str:
    """What all numbers rest on, in few letters: the equations, and every source of the engines."""
    folder = Path(__file__).parent
    sources = [Path(eq.__file__), *sorted(path for path in folder.iterdir() if path.suffix in {".py", ".c", ".h"})]
    return blake2b(b"".join(path.read_bytes() for path in sources), digest_size=8).hexdigest()


@cache
def up_to_date() -> bool:
    """Whether the generated functions still say what the equations say, at one arbitrary point."""
    y, p, u = (np.linspace(0.4, 0.9, len(kind._fields)) for kind in (eq.State, eq.Parameters, eq.Untreated))
    sizes = (generated.STATES, generated.PARAMETERS, generated.UNTREATED)
    if (len(y), len(p), len(u)) != sizes:
        return False
    state, parameters, steady = eq.State(*y), eq.Parameters(*p), eq.Untreated(*u)
    rows = [x[:, None] for x in (y, p, u)]
    lengths = (generated.CONSTANTS, len(y), generated.OUTPUTS, generated.WATCHED, len(y))
    c, f, seen, watched, start = (np.empty((k, 1)) for k in lengths)
    generated.constants(rows[1], rows[2], c)
    generated.rhs(rows[0], c, np.ones((1, 1)), f)
    generated.observe(rows[0], c, seen)
    generated.watch(rows[0], c, watched)
    generated.baseline(rows[1], rows[2], start)
    # Half of thrombopoietin is left to other tissue, so that a steady state exists.
    possible = parameters._replace(FP=0.25, FM=0.25)
    found, first = untreated.start(np.array(possible)[:, None])
    expected = eq.untreated(possible)
    return (
        _close(f, eq.rhs(state, parameters, steady, 1.0))
        and _close(seen, eq.outputs(state, parameters, steady))
        and np.isclose(watched[2, 0], eq.infused_so_far(state, parameters), rtol=SAME)
        and _close(start, eq.baseline(parameters, steady))
        and _close(found, expected)
        and _close(first, eq.baseline(possible, expected))
    )


def _close(rows: Floats, expected: tuple[float, ...]) -> bool:
    return len(rows) == len(expected) and np.allclose(rows[:, 0], expected, rtol=SAME, atol=SAME)
