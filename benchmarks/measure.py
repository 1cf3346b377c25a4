"""Measurements: the tolerance that gives the accuracy, cost in turns, one patient, growth."""

import math
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from benchmarks import problem
from benchmarks.engines.engine import Engine
from benchmarks.problem import ACCURACY, ARMS, Floats, Runs
from benchmarks.worker import Timed, Worker
from itp_sim.solve import kernel
from itp_sim.solve.engines import processors

#: Seconds that one pass of an engine may take; slower ones are given fewer patients.
PASS = 2.0
#: Scanning ends when an engine is this much more accurate than asked, or as accurate as asked and this slow [s].
ENOUGH, SLOW = 1e-2, 10.0
#: Halvings, on a log scale, of the decade in which an engine reaches the accuracy.
HALVINGS = 3

Say = Callable[[str], None]


class Point(NamedTuple):
    """One tolerance of one engine."""

    rtol: float
    error: float  #: largest relative error of the count, over patients, arms and days
    seconds: float  #: CPU time for one patient under one regimen


class Scan(NamedTuple):
    """Error and cost against the tolerance."""

    points: tuple[Point, ...]  #: tighter and tighter
    chosen: Point | None  #: loosest tolerance with the accuracy asked for


class Cost(NamedTuple):
    """What an engine costs at its chosen tolerance."""

    group: str
    patients: int  #: in each arm
    seconds: tuple[float, ...]  #: CPU time for one patient under one regimen, pass by pass
    error: float  #: of the patients that were timed and whose truth is known

    @property
    def best(self) -> float:
        """Least of the passes: what else runs on the machine only adds."""
        return min(self.seconds)

    @property
    def middle(self) -> float:
        """Median of the passes."""
        return statistics.median(self.seconds)


class Truth(NamedTuple):
    """Counts of the first patients by the reference solver, for each arm."""

    counts: tuple[Floats, ...]

    @property
    def patients(self) -> int:
        """Patients whose truth is known."""
        return len(self.counts[0])

    def error(self, passes: Iterable[Timed]) -> float:
        """Largest relative error over the arms."""
        return max(
            problem.error(one.counts, true[: len(one.counts)]) for one, true in zip(passes, self.counts, strict=True)
        )


def pass_over(worker: Worker, patients: int, *, rtol: float, truth: Truth) -> tuple[float, float]:
    """CPU time for one patient under one regimen, and the error, over both arms."""
    keep = min(truth.patients, patients)
    passes = [worker.solve(arm, patients, rtol=rtol, keep=keep) for arm in ARMS]
    return sum(one.seconds for one in passes) / (patients * len(ARMS)), truth.error(passes)


def scan(worker: Worker, truth: Truth, *, most: int) -> Scan:
    """Try tolerances by decades, then within the decade in which the accuracy is reached."""
    patients = min(most, max(truth.patients, worker.engine.together))

    def tried(rtol: float) -> Point:
        seconds, error = pass_over(worker, patients, rtol=rtol, truth=truth)
        return Point(rtol, error, seconds)

    loosest, tightest = worker.engine.tolerances
    decades = [loosest / 10**i for i in range(round(math.log10(loosest / tightest)) + 1)]
    points: list[Point] = []
    for rtol in decades:
        points.append(tried(rtol))
        slow = points[-1].seconds * patients * len(ARMS) > SLOW
        if points[-1].error < ACCURACY * (1.0 if slow else ENOUGH):
            break
    good = next((i for i, point in enumerate(points) if point.error <= ACCURACY), None)
    if good is None:
        return Scan(tuple(points), None)
    chosen = points[good]
    if good:
        low, high = math.log10(chosen.rtol), math.log10(points[good - 1].rtol)
        for _ in range(HALVINGS):
            between = tried(10 ** ((low + high) / 2))
            points.append(between)
            if between.error <= ACCURACY:
                chosen, low = between, math.log10(between.rtol)
            else:
                high = math.log10(between.rtol)
    return Scan(tuple(sorted(points, reverse=True)), chosen)


def turn(
    workers: Mapping[str, Worker], scans: Mapping[str, Scan], costs: dict[str, Cost], *, truth: Truth, most: int
) -> None:
    """Time every engine once, at its tolerance and with as many patients as fit into a pass; add to `costs`."""
    for key, worker in workers.items():
        chosen = scans[key].chosen
        if chosen is None:
            continue
        fit = round_down(int(PASS / (chosen.seconds * len(ARMS))))
        n = costs[key].patients if key in costs else min(most, max(truth.patients, worker.engine.together, fit))
        seconds, error = pass_over(worker, n, rtol=chosen.rtol, truth=truth)
        before = costs[key].seconds if key in costs else ()
        costs[key] = Cost(worker.engine.group, n, (*before, seconds), error)


def latency(worker: Worker, rtol: float, seconds: float) -> float:
    """Wall time of one warm patient under two infusions, the least of some."""
    repeats = min(500, max(3, int(0.5 / max(seconds, 1e-3))))
    return min(worker.latency(ARMS[-1], rtol=rtol, repeats=repeats))


def threads(asked: Runs, rtol: float, *, repeats: int = 5) -> dict[int, float]:
    """Wall time of a run of the kernel with one thread and with one for each processor."""
    problem, most = asked.problem(rtol), len(asked.schedules)
    found: dict[int, float] = {}
    for _ in range(repeats):
        for number in sorted({1, processors()}):
            start = time.perf_counter()
            kernel.solve(problem, threads=number)
            taken = (time.perf_counter() - start) / most
            found[number] = min(taken, found.get(number, taken))
    return found


def round_down(n: int) -> int:
    """One digit, then zeros."""
    return n if n < 10 else int(n // 10 ** int(math.log10(n)) * 10 ** int(math.log10(n)))


class Growth(NamedTuple):
    """Cost against a size."""

    of: str  #: what grows
    sizes: tuple[float, ...]
    seconds: tuple[float, ...]  #: CPU time

    @property
    def slope(self) -> float:
        """Power with which the cost grows: slope of the least-squares line through the logarithms."""
        x, y = ([math.log(v) for v in values] for values in (self.sizes, self.seconds))
        return statistics.linear_regression(x, y).slope


def growth(worker: Worker, rtol: float, *, largest: int, repeats: int) -> list[Growth]:
    """Cost of an engine against patients, days and infusions, each the least of `repeats`; up to `largest` patients."""
    patients = [n for n in (10, 100, 1_000, 10_000, 100_000) if largest / 1_000 <= n <= largest]
    few = min(1_000, largest)
    days = (21.0, 42.0, 84.0, 168.0, 336.0)
    doses = (1, 2, 4, 8, 16)

    def least(regimen: str, n: int, length: float) -> float:
        return min(worker.solve(regimen, n, rtol=rtol, days=length).seconds for _ in range(repeats))

    return [
        Growth("patients", tuple(patients), tuple(least(ARMS[1], n, problem.DAYS) for n in patients)),
        Growth("days", days, tuple(least(ARMS[1], few, d) for d in days)),
        Growth("infusions in 84 days", doses, tuple(least(f"0.4 g/kg every 5 days x {k}", few, 84.0) for k in doses)),
    ]


def start(engines: Iterable[Engine], folder: Path, say: Say) -> tuple[list[Worker], dict[str, str]]:
    """A worker for each engine that is installed and starts, and why the others are left out."""
    workers, absent = [], {}
    for engine in engines:
        missing = engine.missing()
        if missing:
            absent[engine.key] = missing
            continue
        say(f"starting {engine.key}")
        workers.append(Worker(engine, folder))
    return workers, absent
