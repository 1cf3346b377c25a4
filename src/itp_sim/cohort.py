"""Cohorts of any size: patients are drawn, solved and counted chunk by chunk, in one process or on many machines."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from os import PathLike
from typing import Any

import pandas as pd
import xarray as xr

from itp_sim import __version__, checks
from itp_sim import equations as eq
from itp_sim.courses import warn_of_courses
from itp_sim.design import COHORT_OUTPUTS, COHORT_PER_DAY, COHORT_RTOL, Arm, Design, design, even_days
from itp_sim.effort import LARGEST, refuse_if_too_large, seconds_allowed
from itp_sim.errors import InputError
from itp_sim.parameters import correlations, population_key, records
from itp_sim.population import virtual_patients
from itp_sim.progress import progress as reported
from itp_sim.readings import Solved, readings
from itp_sim.results import label
from itp_sim.simulate import origin, solve_arms
from itp_sim.solve import digest
from itp_sim.store import Store, open_store, per_patient
from itp_sim.summary import Summary, count
from itp_sim.usual import DEFAULT_BUDGET, DEFAULT_DAYS, DEFAULT_DEFINITION, LONGEST
from itp_sim.workers import Executor, mapped, number_of_processes

#: Most patients in a cohort, and most chunks.
MOST, MOST_CHUNKS = 1_000_000_000, 1_000_000
#: Unless told otherwise a chunk is a twentieth of the cohort, within these numbers of patients.
CHUNK = (2500, 10_000)
#: How often a chunk's results are held at the same time while they are labelled and counted; measured.
COPIES = 4


class Interrupted(KeyboardInterrupt):
    """A cohort that was stopped by Ctrl-C; `summary` counts the patients that were done."""

    def __init__(self, message: str, summary: Summary) -> None:
        super().__init__(message)
        self.summary = summary


@dataclass(frozen=True, kw_only=True)
class _Request:
    """What all chunks of a cohort have in common; it is sent to the workers."""

    population: str
    numbers: str  #: fingerprint of the population's records
    n: int
    drawn: dict[str, Any]  #: seed, sampling and limits, for `virtual_patients`
    design: Design
    budget: float  #: seconds for a chunk
    definition: str

    def solve(self, first: int, n: int) -> tuple[pd.DataFrame, Solved]:
        """Draw and solve `n` patients."""
        people = virtual_patients(self.population, n, first=first, of=self.n, **self.drawn)
        p = eq.Parameters(*people.to_numpy().T.copy())
        return people, solve_arms(self.design, p, people.index.tolist(), budget=self.budget)

    def count(self, kept: Store | None, first: int, n: int) -> Summary:
        """Draw, solve and count `n` patients, and keep them if there is a store."""
        if _fingerprint(self.population) != self.numbers:
            raise InputError(
                "a worker has another version of itp_sim, other equations, or other numbers of "
                f"{self.population}: give all the same"
            )
        people, solved = self.solve(first, n)
        summary = count(readings(solved), definition=self.definition)
        if kept is not None:
            kept.keep(first, summary, _labelled(people, solved) if kept.curves else None)
        return summary


def _labelled(people: pd.DataFrame, solved: Solved) -> xr.Dataset:
    """The result as `simulate` returns it."""
    return label(solved, patients=people.index.tolist(), attrs=origin(people))


def simulate_population(
    population: str | PathLike[str],
    arms: Mapping[str, Arm] | Arm | Iterable[Arm],
    *,
    n: int,
    seed: int = 0,
    days: float = DEFAULT_DAYS,
    platelets: tuple[float | None, float | None] = (None, None),
    weight_kg: float | tuple[float | None, float | None] | None = None,
    typical: Mapping[str, float] | None = None,
    spread: Mapping[str, float] | None = None,
    sampling: str = "random",
    definition: str = DEFAULT_DEFINITION,
    rtol: float = COHORT_RTOL,
    chunk: int | None = None,
    executor: Executor | int | None = None,
    engine: str = "auto",
    threads: int | None = None,
    store: str | PathLike[str] | None = None,
    times: Iterable[float] | None = None,
    outputs: Iterable[str] | None = None,
    budget: float = DEFAULT_BUDGET,
    progress: bool = True,
) -> Summary:
    """Simulate the virtual patients of a population under every regimen and count what happens to them.

    The counts are whole numbers and add up: they are the same for every chunk size, executor and order, and the same
    as those of :func:`itp_sim.simulate` with all patients at once and the same `rtol`.

    Parameters
    ----------
    population, seed, platelets, weight_kg, typical, spread, sampling
        As in :func:`itp_sim.virtual_patients`. With "stratified" every chunk orders the whole cohort: for up to some
        100,000 patients.
    arms, days
        As in :func:`itp_sim.simulate`.
    n
        Number of patients, 1 to 1,000,000,000.
    definition
        Name of a response definition, as in :func:`itp_sim.response`.
    rtol
        Relative tolerance of the integration, as in :func:`itp_sim.simulate`; 1e-5 by default: the error of a count is
        then a hundred-thousandth, and the run takes half the time that it takes with 1e-7.
    chunk
        Patients that are drawn, solved and counted at a time; by default a twentieth of the cohort, 2,500 to 10,000.
    executor
        None works in this process; a number in that many processes, which end with the call; anything else must have
        the `map` of `concurrent.futures`: its executors, dask's `client.get_executor()`, mpi4py's `MPIPoolExecutor`.
    engine
        As in :func:`itp_sim.simulate`; the fastest here is asked of every worker.
    threads
        Threads of each worker; by default one for each processor in this process, and one with an `executor`.
    store
        Folder in which finished chunks are kept, cut as they were when it was made. A call that was stopped or killed
        goes on from there when it is made again, to the same bits. Workers on other machines must see the same folder.
    times, outputs
        Days and names of the curves that the store keeps, as in :func:`itp_sim.simulate`; by default `platelets` and
        `igg` four times a day. ``outputs=()`` keeps the counts alone, as there are without a store.
        ``xarray.open_zarr(store)`` opens the curves, read-outs and parameters of every patient, labelled as by
        `simulate`; patients that are not done read NaN.
    budget
        Seconds allowed for a chunk.
    progress
        Show on stderr how many patients are done and the time left, if that is a terminal.

    Returns
    -------
    itp_sim.summary.Summary
        For :func:`itp_sim.compare`.

    Raises
    ------
    InputError
        If anything asked for cannot be used or is too large, or `store` holds another cohort.
    StoreError
        If `store` cannot be read or written.
    MissingExtraError
        If curves are to be kept and zarr is not installed.
    SolverError
        If a patient's integration fails, or a worker is lost.
    Interrupted
        At Ctrl-C; a `KeyboardInterrupt` with the counts of the patients that are done.
    """
    n = checks.whole("n", n, 1, MOST)
    outputs = None if outputs is None else checks.several("outputs", outputs, "['platelets']")
    if store is None and (times is not None or outputs):
        raise InputError("times and outputs are those of the curves that a store keeps: give store=PATH too")
    processes = number_of_processes(executor)
    name = population_key(population)
    asked = _Request(
        population=name,
        numbers=_fingerprint(name),
        n=n,
        drawn={
            "seed": seed,
            "platelets": platelets,
            "weight_kg": weight_kg,
            "typical": _held(typical),
            "spread": _held(spread),
            "sampling": sampling,
        },
        design=design(
            arms,
            patients=n,
            days=days,
            rtol=rtol,
            engine=engine,
            threads=1 if threads is None and executor is not None else threads,
            **_curves(store, days, times=times, outputs=outputs),
        ),
        budget=seconds_allowed(budget),
        definition=definition,
    )
    # One patient first: what cannot be used is refused here, and the store takes its labels and units.
    people, solved = asked.solve(0, 1)
    warn_of_courses(asked.design.arms.values(), float(people["WT"].iloc[0]))
    nobody = count(readings(solved), definition=definition).nobody()
    example = _labelled(people, solved)
    chunk = _chunk(chunk, n, size=per_patient(example), processes=max(processes, 1))
    kept = None
    if store is not None:
        curves = asked.design.outputs
        said = {"patients": n, **asked.drawn, "definition": definition, **example.attrs, "numbers": asked.numbers}
        said |= {"times": asked.design.grid.tolist(), "outputs": list(curves)}
        kept = open_store(store, request=said, example=example if curves else None, patients=n, chunk=chunk)
    return _summed(asked, kept, _cut(n, kept.chunk if kept else chunk), executor=executor, total=nobody, shown=progress)


def _summed(
    asked: _Request,
    kept: Store | None,
    chunks: list[tuple[int, int]],
    *,
    executor: Executor | int | None,
    total: Summary,
    shown: bool,
) -> Summary:
    """`total` and the sum of the chunks: those that were finished before, then the others as they come."""
    left = []
    try:
        with reported(asked.n, "patients", shown=shown) as advance:
            for first, n in chunks:
                part = kept.summary(first, n) if kept else None
                if part is None:
                    left.append((first, n))
                else:
                    total += part
                    advance(n)
            if left:
                with mapped(executor, partial(asked.count, kept), *zip(*left, strict=True)) as parts:
                    for part in parts:
                        total += part
                        advance(part.patients)
    except KeyboardInterrupt:
        way_out = f"; they are kept in {kept.path}: run again to go on" if kept else ""
        raise Interrupted(f"interrupted after {total.patients:,} of {asked.n:,} patients{way_out}", total) from None
    return total


def _cut(n: int, chunk: int) -> list[tuple[int, int]]:
    """Index of the first patient and number of patients of every chunk."""
    return [(first, min(chunk, n - first)) for first in range(0, n, chunk)]


def _fingerprint(population: str) -> str:
    """What a cohort rests on, in few letters: version, equations, method, and the population's values and spreads."""
    numbers = [
        [record.name, record.value, record.omega, record.limits, record.range]
        for record in records(population).values()
    ]
    together = [[one.between, one.value] for one in correlations(population)]
    return blake2b(json.dumps([__version__, digest(), numbers, together]).encode(), digest_size=8).hexdigest()


def _held(given: Any) -> Any:
    """A mapping that can be sent to a worker; anything else is refused there."""
    return dict(given) if isinstance(given, Mapping) else given


def _curves(store: object, days: object, *, times: Any, outputs: Any) -> dict[str, Any]:
    """Times and outputs for `design`: the same for a cohort of any size."""
    end = checks.number("days", days, 0.0, LONGEST, "day", open_low=True)
    if store is None:
        return {"times": [end], "outputs": ()}
    return {
        "times": even_days(end, COHORT_PER_DAY).tolist() if times is None else times,
        "outputs": COHORT_OUTPUTS if outputs is None else outputs,
    }


def _chunk(asked: int | None, n: int, *, size: int, processes: int) -> int:
    """Patients in a chunk, so that all processes together stay within the memory allowed; `size` is one patient's."""
    most = int(LARGEST / (COPIES * size * processes))
    if asked is None:
        asked = min(max(n // 20, CHUNK[0]), CHUNK[1], max(most, 1))
    least = -(-n // MOST_CHUNKS)
    hint = f"a cohort has at most {MOST_CHUNKS:,} chunks" if least > 1 else ""
    chunk = min(checks.whole("chunk", asked, least, MOST, hint=hint), n)
    each = "" if processes == 1 else f" in each of {processes} processes"
    refuse_if_too_large(
        f"a chunk of {chunk:,} patients{each}",
        COPIES * size * processes * float(chunk),
        less="give a smaller `chunk`, or fewer times, outputs or processes",
    )
    return chunk
