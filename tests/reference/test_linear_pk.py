"""Infused IgG without FcRn saturation is linear: the matrix exponential is its exact answer."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import expm

from itp_sim import equations as eq
from itp_sim import typical_patient
from itp_sim.solve import Problem, Schedule
from itp_sim.solve.reference import solve

Floats = NDArray[np.float64]

STATES = ("IVIG1", "IVIG2", "ACT1", "ACT2", "CE", "OUT")
DAYS = 42.0
TIMES = np.linspace(0.0, DAYS, 64)
#: What varies here, and over which factors of the typical value.
VARIED = {"WT": (0.2, 2.0), "CL": (0.4, 2.5), "V1": (0.6, 1.6), "Q": (0.4, 2.0), "V2": (0.4, 2.0), "KE0": (0.2, 5.0)}
TIGHT, DEFAULT = 1e-12, 1e-7


def patient(rng: np.random.Generator) -> eq.Parameters:
    typical = typical_patient().parameters
    varied = {name: getattr(typical, name) * rng.uniform(*factors) for name, factors in VARIED.items()}
    return typical._replace(fcrn_effect=0.0, KACT=rng.uniform(0.0, 0.1), IGG0=rng.uniform(4.0, 20.0), **varied)


def schedule(infusions: list[tuple[float, float, float]]) -> Schedule:
    """Start, end and gram of each infusion as rates between all their ends; overlapping rates add up."""
    times = sorted({0.0, DAYS, *(t for start, end, _ in infusions for t in (start, end))})
    rates = [
        sum(gram / (end - start) for start, end, gram in infusions if start <= left and right <= end)
        for left, right in pairwise(times)
    ]
    return Schedule(tuple(times), tuple(rates))


def bolus(rng: np.random.Generator) -> list[tuple[float, float, float]]:
    return [(0.0, 1e-4, rng.uniform(10, 140))]


def infusion(rng: np.random.Generator) -> list[tuple[float, float, float]]:
    start = rng.uniform(0, 20)
    return [(start, start + rng.uniform(1, 12) / 24, rng.uniform(10, 140))]


def overlap(rng: np.random.Generator) -> list[tuple[float, float, float]]:
    start, length = rng.uniform(0, 10), rng.uniform(0.5, 3.0)
    inner = start + 0.3 * length
    return [
        (start, start + length, rng.uniform(10, 70)),  # nested, overlapping, and one that starts where another ends
        (inner, inner + 0.2 * length, rng.uniform(10, 70)),
        (start + 0.7 * length, start + 2 * length, rng.uniform(10, 70)),
        (start + 2 * length, start + 3 * length, rng.uniform(10, 70)),
    ]


def repeats(rng: np.random.Generator) -> list[tuple[float, float, float]]:
    every, length, gram = rng.uniform(1, 7), rng.uniform(2, 8) / 24, rng.uniform(10, 70)
    return [(every * k, every * k + length, gram) for k in range(int(rng.integers(2, 6)))]


def exact(p: eq.Parameters, given: Schedule, times: Floats) -> Floats:
    """States at `times`, shape (states, times), by matrix exponentials; the rate is a constant seventh state."""
    f, k12, k21 = p.CL / p.V1, p.Q / p.V1, p.Q / p.V2
    A = np.zeros((7, 7))
    A[0, :2], A[1, :2] = [-f - k12, k12], [k21, -k21]
    A[2, 2:4], A[3, 2:4] = [-f - k12 - p.KACT, k12], [k21, -k21 - p.KACT]
    A[4, [2, 4]] = [p.KE0, -p.KE0]
    A[5, 0] = f * p.V1 * p.WT
    A[[0, 2], 6] = 1 / (p.V1 * p.WT)
    x = np.zeros(7)
    out = np.empty((6, len(times)))
    for start, end, rate in given.pieces():
        x[6] = rate
        inside = np.flatnonzero((times >= start) & (times <= end))
        *moved, x = expm(A * (np.append(times[inside], end) - start)[:, None, None]) @ x
        out[:, inside] = np.reshape(moved, (-1, 7)).T[:6]
    return out


def errors(n: int, rtol: float, *, seed: int, broken: float = 1.0) -> Floats:
    """Relative error of every state at every output day, where there is IgG at all; shape (states, patients, times)."""
    rng = np.random.default_rng(seed)
    kinds = (bolus, infusion, overlap, repeats)
    people = [patient(rng) for _ in range(n)]
    given = [schedule(kinds[i % len(kinds)](rng)) for i in range(n)]
    p = eq.Parameters(*map(np.array, zip(*people, strict=True)))
    solution = solve(Problem(p, tuple(given), TIMES, np.full((n, 1), 50.0), STATES, rtol, 600.0))
    assert solution.failures == ()
    found = np.array([solution.values[name] for name in STATES])
    expected = np.array([exact(q._replace(CL=q.CL * broken), g, TIMES) for q, g in zip(people, given, strict=True)])
    expected = expected.transpose(1, 0, 2)
    # LSODA's absolute tolerance is a thousandth of its relative one: values below 1e-3 are held to that.
    return np.abs(found - expected) / np.maximum(np.abs(expected), 1e-3)


def test_tight() -> None:
    assert errors(24, TIGHT, seed=1).max() <= 1e-10


def test_default() -> None:
    assert errors(24, DEFAULT, seed=1).max() <= 1e-6


@pytest.mark.slow
@pytest.mark.parametrize(("rtol", "allowed"), [(TIGHT, 1e-10), (DEFAULT, 1e-6)])
def test_two_hundred_patients(rtol: float, allowed: float, record_property: Callable[[str, object], None]) -> None:
    worst = errors(200, rtol, seed=2).max()
    record_property("count", "200 patients")
    record_property("worst", f"{worst:.1e} of {allowed:g}")
    assert worst <= allowed


def test_a_small_slip_is_seen() -> None:
    """Negative control: clearance off by 1e-8 fails the tight test."""
    assert errors(4, TIGHT, seed=1, broken=1 + 1e-8).max() > 1e-10
