"""A process of its own for each engine, so that engines take turns and their libraries do not meet."""

import multiprocessing
import os
import sys
import time
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from benchmarks import problem
from benchmarks.engines.engine import Engine
from benchmarks.printed import load
from benchmarks.problem import Floats, Runs

#: Everything on one core, whatever a library would like.
ONE_CORE = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
}
#: Patients drawn and solved at a time when there are many.
CHUNK = 10_000


def environment() -> dict[str, str]:
    """Environment of a fresh process: one core, and the same modules as here."""
    return os.environ | ONE_CORE | {"PYTHONPATH": os.pathsep.join(path or "." for path in sys.path)}


class Timed(NamedTuple):
    """One pass over patients."""

    seconds: float  #: CPU time of the solver alone
    wall: float
    counts: Floats  #: counts of the first patients, shape (patients, times)


class Worker:
    """One engine, ready in another process."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        os.environ.update(ONE_CORE)  # before the process starts, since libraries read it when they load
        context = multiprocessing.get_context("spawn")
        self.engine = engine
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, engine, folder), daemon=True)
        self._process.start()
        self._answer()

    def solve(self, regimen: str, patients: int, *, rtol: float, days: float = problem.DAYS, keep: int = 0) -> Timed:
        """Time `patients` patients, and return the counts of the first `keep`."""
        return Timed(*self._call("solve", regimen, patients, rtol=rtol, days=days, keep=keep))

    def latency(self, regimen: str, *, rtol: float, repeats: int) -> list[float]:
        """Wall time of one warm patient, several times [s]."""
        answer: list[float] = self._call("latency", regimen, rtol=rtol, repeats=repeats)
        return answer

    def close(self) -> None:
        """End the process."""
        self._ours.close()
        self._process.join(timeout=10)
        if self._process.is_alive():
            self._process.kill()

    def _call(self, name: str, *arguments: Any, **named: Any) -> Any:
        self._ours.send((name, arguments, named))
        return self._answer()

    def _answer(self) -> Any:
        try:
            worked, answer = self._ours.recv()
        except EOFError:
            raise RuntimeError(f"{self.engine.name}: the process ended") from None
        if not worked:
            raise RuntimeError(f"{self.engine.name}:\n{answer}")
        return answer


def _serve(pipe: Connection, engine: Engine, folder: Path) -> None:
    try:
        jobs = _Jobs(engine, folder)
        pipe.send((True, None))
    except Exception:
        pipe.send((False, traceback.format_exc()))
        return
    while True:
        try:
            name, arguments, named = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send((True, getattr(jobs, name)(*arguments, **named)))
        except Exception:
            pipe.send((False, traceback.format_exc()))


class _Jobs:
    """What a worker can be asked for."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.counts = engine.prepare(folder)
        self.model = load(folder)
        self.warm: set[tuple[str, float]] = set()

    def solve(self, regimen: str, patients: int, *, rtol: float, days: float, keep: int) -> tuple[float, float, Floats]:
        cpu = wall = 0.0
        kept = np.empty((0, 0))
        for first in range(0, patients, CHUNK):
            asked = self._runs(regimen, min(CHUNK, patients - first), first=first, days=days)
            start = time.process_time(), time.perf_counter()
            found = self.counts(asked, rtol)
            now = time.process_time(), time.perf_counter()
            cpu += getattr(self.counts, "seconds", now[0] - start[0])
            wall += getattr(self.counts, "seconds", now[1] - start[1])
            kept = kept if first else found[:keep]
        return cpu, wall, kept

    def latency(self, regimen: str, *, rtol: float, repeats: int) -> list[float]:
        asked = self._runs(regimen, 1, first=0, days=problem.DAYS)
        taken = []
        for _ in range(repeats + 1):
            start = time.perf_counter()
            self.counts(asked, rtol)
            taken.append(getattr(self.counts, "seconds", time.perf_counter() - start))
        return taken[1:]

    def _runs(self, regimen: str, patients: int, *, first: int, days: float) -> Runs:
        asked = problem.runs(problem.table(patients, first), regimen, model=self.model, days=days)
        if (regimen, days) not in self.warm:
            self.counts(asked.part(0, 2), problem.ACCURACY)  # what is compiled for these shapes on first use
            self.warm.add((regimen, days))
        return asked
