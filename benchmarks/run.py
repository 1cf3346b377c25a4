"""One run of the benchmark: every measurement, in an order that lets engines take turns."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks import claims, measure, problem, texts, work
from benchmarks.engines.engine import Engine
from benchmarks.measure import Cost, Growth, Scan, Truth
from benchmarks.printed import load
from benchmarks.problem import ARMS, MANY, ONE, Runs
from benchmarks.public import Public, public
from benchmarks.worker import Worker, environment


class Size(NamedTuple):
    """How much is measured."""

    judged: int  #: patients whose error is measured
    most: int  #: patients in each arm when costs are compared
    rounds: int  #: turns of an engine that is not much slower than the fastest of its kind; the others take one
    cohorts: tuple[int, ...]  #: throughput is shown for these numbers of patients
    longest: float  #: seconds that an engine may take for one cohort, the kernel four times as long; or extrapolated
    growth: int  #: most patients when the growth of the cost is measured
    repeats: int  #: fresh processes


FULL = Size(problem.JUDGED, 10_000, 5, (1_000, 10_000, 100_000, 1_000_000), 20.0, 100_000, 2)
QUICK = Size(5, 20, 2, (10, 100), 1.0, 100, 1)

#: Seconds for the patients whose memory is measured.
FILLED = 3.0
#: An engine this many times as slow as the fastest of its kind takes one turn and is started in no fresh process.
MUCH_SLOWER = 2.0
#: Engines whose growth is measured, if they are there.
GROWING = (claims.KERNEL, "itp_sim twin", claims.NUMBA)


class Cold(NamedTuple):
    """A fresh process."""

    first: float  #: CPU time to the first curve, nothing compiled before [s]
    again: float  #: the same in the next process
    memory: float  #: most memory up to the first curve [MB]
    many: float  #: most memory with `patients` under two infusions [MB]
    patients: int


class Results(NamedTuple):
    """All that was measured."""

    scans: dict[str, Scan]
    costs: dict[str, Cost]
    latency: dict[str, float]  #: wall time of one warm patient under two infusions, least [s]
    throughput: dict[str, dict[int, tuple[float, bool]]]  #: patients -> CPU seconds, and whether they were run
    growth: dict[str, list[Growth]]
    work: work.Work
    peak: work.Peak | str
    absent: dict[str, str]  #: engines that were left out, and why
    equations: dict[str, str]  #: form in which each engine is given the right-hand side
    cold: dict[str, Cold]
    public: Public
    threads: dict[int, float]  #: number of threads -> wall time of a run of the kernel [s]
    judged: int  #: patients whose error was measured
    load: tuple[float, float]  #: load of the machine before and after


def run(engines: Sequence[Engine], folder: Path, size: Size) -> Results:
    """Measure `engines`, with the printed model and the patients in `folder`."""
    before = os.getloadavg()[0]
    texts.write(folder)
    asked = _asked(folder, size)
    say(f"solving {size.judged} patients by the reference at rtol {problem.TIGHT:g}")
    truth = Truth(tuple(problem.truth(runs.part(0, size.judged)) for runs in asked.values()))
    workers, absent = measure.start(engines, folder, say)
    scans = {}
    for worker in workers:
        say(f"scanning tolerances of {worker.engine.key}")
        scans[worker.engine.key] = measure.scan(worker, truth, most=size.most)
    rtol = {key: scan.chosen.rtol for key, scan in scans.items() if scan.chosen}
    fit = {worker.engine.key: worker for worker in workers if worker.engine.key in rtol}
    costs: dict[str, Cost] = {}
    for turn in range(size.rounds):
        say(f"turn {turn + 1} of {size.rounds}")
        going = [key for key in fit if not turn or _worth_more(key, costs)]
        measure.turn({key: fit[key] for key in going}, scans, costs, truth=truth, most=size.most)
    say("one patient, cohorts, growth")
    latency = {key: measure.latency(worker, rtol[key], costs[key].best) for key, worker in fit.items()}
    throughput = {key: _throughput(fit[key], rtol[key], costs[key], size) for key in _leaders(costs)}
    growth = {
        key: measure.growth(fit[key], rtol[key], largest=_largest(costs[key], size), repeats=size.repeats)
        for key in GROWING
        if key in fit
    }
    for worker in workers:
        worker.close()
    say("fresh processes")
    some = {arm: runs.part(0, 1000) for arm, runs in asked.items()}
    return Results(
        scans,
        costs,
        latency,
        throughput,
        growth,
        work=work.work(some, rtol.get(claims.KERNEL, problem.ACCURACY)),
        peak=work.peak(),
        absent=absent,
        equations={engine.key: engine.equations for engine in engines},
        cold={key: _cold(key, folder, rtol[key], cost=costs[key]) for key in fit if _worth_more(key, costs)},
        public=public(size.repeats),
        threads=measure.threads(asked[ARMS[-1]], rtol.get(claims.KERNEL, problem.ACCURACY)),
        judged=size.judged,
        load=(before, os.getloadavg()[0]),
    )


def say(text: str) -> None:
    """Tell how far it is, on stderr."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _asked(folder: Path, size: Size) -> dict[str, Runs]:
    """Patients under each regimen; those under the last are written for the fresh processes."""
    model = load(folder)
    p = problem.table(size.most)
    asked = {arm: problem.runs(p, arm, model=model) for arm in ARMS}
    problem.save(folder / MANY, asked[ARMS[-1]])
    problem.save(folder / ONE, asked[ARMS[-1]].part(0, 1))
    return asked


def _worth_more(key: str, costs: dict[str, Cost]) -> bool:
    """Whether an engine is ours, or not much slower than the fastest of its kind."""
    ours = claims.kind(key, costs[key].group)
    fastest = min(cost.best for other, cost in costs.items() if claims.kind(other, cost.group) == ours)
    return ours == "itp_sim" or costs[key].best < MUCH_SLOWER * fastest


def _leaders(costs: dict[str, Cost]) -> list[str]:
    """Our engines that users meet, and the fastest of each other kind."""
    ours = [key for key in ("itp_sim kernel", "itp_sim twin", "itp_sim reference") if key in costs]
    others: dict[str, str] = {}
    for key, cost in sorted(costs.items(), key=lambda item: item[1].best):
        if cost.group != "itp_sim":
            others.setdefault(claims.kind(key, cost.group), key)
    return ours + list(others.values())


def _largest(cost: Cost, size: Size) -> int:
    """Most patients when the growth of an engine's cost is measured: a tenth of them if it is slow."""
    return size.growth if size.growth * cost.best < size.longest else size.growth // 10


def _throughput(worker: Worker, rtol: float, cost: Cost, size: Size) -> dict[int, tuple[float, bool]]:
    """CPU seconds for cohorts under both regimens, and whether they were run."""
    found = {}
    for n in size.cohorts:
        expected = n * len(ARMS) * cost.best
        if expected > size.longest * (4.0 if worker.engine.key == claims.KERNEL else 1.0):
            found[n] = (expected, False)
        else:
            found[n] = (sum(worker.solve(arm, n, rtol=rtol).seconds for arm in ARMS), True)
    return found


def _cold(key: str, folder: Path, rtol: float, *, cost: Cost) -> Cold:
    """Two fresh processes, one after the other; the second finds what the first has compiled and kept."""
    for kept in ("numba", "jax", "__pycache__"):
        shutil.rmtree(folder / kept, ignore_errors=True)
    patients = min(measure.round_down(int(FILLED / cost.best)), cost.patients)

    def fresh(n: int) -> dict[str, float]:
        command = [sys.executable, "-m", "benchmarks.cold", key, str(folder), repr(rtol), str(n)]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment())
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return found

    first, again = fresh(0), fresh(patients)
    return Cold(first["seconds"], again["seconds"], first["first"], again["memory"], patients)
