"""Our engines: the compiled kernel, its twin in NumPy, and the reference solver."""

from pathlib import Path

from benchmarks.engines.engine import Counts, Engine
from benchmarks.problem import Floats, Runs
from itp_sim.solve import Solution

#: Counts whose crossings a user's run records, beside peak, area and the audit of mass.
LEVELS = 10


def engines() -> list[Engine]:
    """Engines of this package."""
    wide = (1e-3, 1e-10)
    return [
        Engine("kernel", "itp_sim", kernel, wide, "printed C, as many patients in a vector as fit"),
        Engine("kernel, one lane", "itp_sim", kernel_in_one_lane, wide, "the same, one patient at a time"),
        Engine("kernel with crossings", "itp_sim", kernel_with_crossings, wide, "as the kernel; finds ten levels too"),
        Engine("twin", "itp_sim", twin, wide, "printed NumPy over arrays of patients", together=4000),
        Engine("reference", "itp_sim", reference, wide, "equations.py as it stands; read-outs too"),
    ]


def kernel(_folder: Path) -> Counts:
    """As wide as the machine, one thread."""
    from itp_sim.solve import kernel as engine

    return lambda asked, rtol: _counts(engine.solve(asked.problem(rtol)))


def kernel_in_one_lane(_folder: Path) -> Counts:
    """The same without vectors."""
    from itp_sim.solve import kernel as engine

    return lambda asked, rtol: _counts(engine.solve(asked.problem(rtol), lanes=1))


def kernel_with_crossings(_folder: Path) -> Counts:
    """With the days on which ten counts are crossed, which no other engine here is asked for."""
    from itp_sim.solve import kernel as engine

    return lambda asked, rtol: _counts(engine.solve(asked.problem(rtol, levels=LEVELS)))


def twin(_folder: Path) -> Counts:
    """The same method over arrays of patients."""
    from itp_sim.solve import twin as engine

    return lambda asked, rtol: _counts(engine.solve(asked.problem(rtol)))


def reference(_folder: Path) -> Counts:
    """SciPy's odeint on the equations as they stand, with read-outs."""
    from itp_sim.solve import reference as engine

    def counts(asked: Runs, rtol: float) -> Floats:
        return _counts(engine.solve(asked.problem(rtol)))

    return counts


def _counts(solution: Solution) -> Floats:
    if solution.failures:
        raise RuntimeError(f"{len(solution.failures)} patients failed, the first: {solution.failures[0]}")
    return solution.values["platelets"]
