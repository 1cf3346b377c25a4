"""What every engine is asked: the counts of the same virtual patients on the same days, under two regimens."""

import sys
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from itp_sim import equations as eq
from itp_sim.solve import Problem, Schedule, method

Floats = NDArray[np.float64]

POPULATION, SEED = "adult_chronic", 1
#: One and two infusions of the default product, whose rate rises by the steps of its label.
ARMS = ("1 g/kg", "1 g/kg daily x 2")
DAYS, PER_DAY = 42.0, 4
#: Largest relative error of the count that an engine may make, and over how many patients that is measured.
ACCURACY, JUDGED = 1e-5, 100
TIGHT = 1e-12
#: Files with one patient and with many.
ONE, MANY = "one.npz", "many.npz"
#: A state below this counts as this large when an engine weighs its error, in every engine alike.
SIZE = method.ABSOLUTE
#: Seconds allowed to one call of our own engines.
BUDGET = 3600.0


class Runs(NamedTuple):
    """Patients under one regimen, laid out for any engine; rows of numbers, one column a patient."""

    p: Floats  #: parameters
    u: Floats  #: untreated steady state
    c: Floats  #: what stays the same during a run
    y: Floats  #: state on day 0
    schedules: tuple[Schedule, ...]
    times: Floats  #: output days

    def part(self, first: int, last: int) -> "Runs":
        """Patients `first` to `last` - 1."""
        rows = (x[:, first:last].copy() for x in self[:4])
        return Runs(*rows, self.schedules[first:last], self.times)

    def problem(self, rtol: float, *, levels: int = 0) -> Problem:
        """The question as our engines take it; the crossings of `levels` counts are found too."""
        marks = np.tile(np.linspace(10.0, 150.0, levels), (len(self.schedules), 1))
        return Problem(eq.Parameters(*self.p), self.schedules, self.times, marks, ("platelets",), rtol, BUDGET)


@lru_cache(maxsize=16)
def table(n: int, first: int = 0) -> Floats:
    """Parameters of `n` patients from the `first`, one row a parameter."""
    from itp_sim import virtual_patients

    drawn = virtual_patients(POPULATION, n, SEED, first=first)
    return np.ascontiguousarray(drawn[list(eq.Parameters._fields)].to_numpy(dtype=float).T)


def runs(p: Floats, regimen: str, *, model: ModuleType, days: float = DAYS) -> Runs:
    """Patients with parameters `p` under `regimen`; `model` is the printed one."""
    import itp_sim
    from itp_sim import dosing

    parameters = eq.Parameters(*p)
    untreated = eq.untreated(parameters)
    start = eq.baseline(parameters, untreated)
    u, y = (np.array([np.broadcast_to(row, p.shape[1:]) for row in rows]) for rows in (untreated, start))
    c = np.empty((model.CONSTANTS, p.shape[1]))
    model.constants(p, u, c)
    given = itp_sim.regimen(regimen)
    weights = parameters.WT.tolist()
    made = {w: Schedule(*dosing.breakpoints(given.infusions(w), days)) for w in set(weights)}
    grid = np.linspace(0.0, days, int(days * PER_DAY) + 1)
    return Runs(p, u, c, y, tuple(made[w] for w in weights), grid)


def truth(asked: Runs) -> Floats:
    """Counts by the reference solver at its tightest, shape (patients, times)."""
    from itp_sim.solve import reference

    return reference.solve(asked.problem(TIGHT)).values["platelets"]


def error(counts: Floats, true: Floats) -> float:
    """Largest relative error."""
    if counts.shape != true.shape or not np.isfinite(counts).all():
        return np.inf
    return float(np.abs(counts / true - 1.0).max())


def save(path: Path, asked: Runs) -> None:
    """Write `asked`, for a process that is to import nothing else."""
    different = list(dict.fromkeys(asked.schedules))
    which = [different.index(schedule) for schedule in asked.schedules]
    parts = {f"times{i}": s.times for i, s in enumerate(different)} | {
        f"rates{i}": s.rates for i, s in enumerate(different)
    }
    np.savez(path, **dict(zip("pucy", asked[:4], strict=True)), times=asked.times, which=which, **parts)


def read(path: Path) -> Runs:
    """Read what :func:`save` wrote."""
    with np.load(path) as found:
        which = found["which"].tolist()
        different = [
            Schedule(tuple(found[f"times{i}"].tolist()), tuple(found[f"rates{i}"].tolist()))
            for i in range(max(which) + 1)
        ]
        return Runs(*(found[name] for name in "pucy"), tuple(different[i] for i in which), found["times"])


def peak_memory() -> float:
    """Most memory that this process has held [MB]."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    import resource

    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held / (2**20 if sys.platform == "darwin" else 1024)
