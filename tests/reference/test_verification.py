"""Proofs on the whole of the numerics: order of convergence, every gram in ten years, closed forms of odd infusions.

The long ones belong to the full tier, ``python -m tests.full``; each has a short form beside it.
"""

import itertools
import json
import math
import random
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.reference.test_linear_pk import STATES, exact

import itp_sim as itp
from itp_sim import equations as eq
from itp_sim.dosing import Infusion, breakpoints
from itp_sim.solve import Problem, Schedule, Solution, kernel, method, reference, solve, twin

Floats = NDArray[np.float64]

TYPICAL = itp.typical_patient("adult_chronic", weight_kg=70, platelets=12).parameters
TIGHT = 1e-13
MINUTES = 1 / 1440


def cohort(n: int, seed: int = 3) -> eq.Parameters:
    table = itp.virtual_patients("adult_chronic", n=n, seed=seed)
    return eq.Parameters(*(table[name].to_numpy(dtype=float) for name in eq.Parameters._fields))


def alone(p: eq.Parameters) -> eq.Parameters:
    return eq.Parameters(*(np.array([x]) for x in p))


def steady(start: float, grams: float, days: float) -> Infusion:
    return Infusion(start, grams, ((days, grams / days),))


def ran(
    p: eq.Parameters,
    schedules: list[Schedule],
    times: Floats,
    *,
    outputs: tuple[str, ...] = eq.State._fields,
    **how: object,
) -> Solution:
    n = len(schedules)
    asked = Problem(p, tuple(schedules), times, np.full((n, 1), 50.0), outputs, float(how.get("rtol", TIGHT)), 3000.0)
    solver: Callable[[Problem], Solution] = how.get("solver", reference.solve)  # type: ignore[assignment]
    solution = solver(asked)
    assert solution.failures == ()
    return solution


def states(solution: Solution) -> Floats:
    """Shape (patients, states, times)."""
    return np.array(list(solution.values.values())).transpose(1, 0, 2)


def apart(x: Floats, y: Floats) -> float:
    """Largest difference relative to the value; below 1e-3 the absolute tolerance counts."""
    return float((np.abs(x - y) / np.maximum(np.abs(y), 1e-3)).max())


# --- order of convergence -------------------------------------------------------------------------------------------

#: Infusions that start and end on no grid [day, g, day].
OFF_GRID = (
    steady(0.1234567, 70.0, 0.2345678),
    steady(1.7654321, 30.0, math.pi / 10),
    steady(3.3333333, 35.0, 0.7071068),
)
ORDER = 5
#: Steps in each piece between breakpoints.
HALVED = (24, 48, 96, 192)


def in_steps(n: int, moved: float = 0.0) -> Schedule:
    """The infusions, with each piece between breakpoints cut into `n`; `moved` days late, in shares of a step."""
    times, rates = breakpoints(OFF_GRID, 8.0)
    late = [0.0, *(t + moved / n for t in times[1:-1]), 8.0]
    cuts = [a + (b - a) * i / n for a, b in itertools.pairwise(late) for i in range(n)]
    return Schedule((*cuts, 8.0), tuple(rate for rate in rates for _ in range(n)))


def orders(monkeypatch: pytest.MonkeyPatch, moved: float = 0.0) -> list[float]:
    """Order that each of three halvings of the steps shows, one step from each breakpoint to the next."""
    p, times = alone(TYPICAL), np.array([8.0])
    right = states(ran(p, [Schedule(*breakpoints(OFF_GRID, 8.0))], times))
    with monkeypatch.context() as patched:
        patched.setattr(method, "FIRST_STEP", 1e3)
        errors = []
        for n in HALVED:
            schedule = in_steps(n, moved)
            found = ran(p, [schedule], times, solver=twin.solve, rtol=1e9)
            assert found.evaluations == method.STAGES * (len(schedule.times) - 1)
            errors.append(apart(states(found), right))
    return [math.log2(a / b) for a, b in itertools.pairwise(errors)]


def test_order_of_convergence_through_infusions_off_the_grid(
    monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    found = orders(monkeypatch)
    record_property("count", f"{len(found)} halvings")
    record_property("worst", f"order {min(found, key=lambda order: -abs(order - ORDER)):.2f}")
    assert all(abs(order - ORDER) <= 0.3 for order in found)


def test_an_infusion_off_by_a_thousandth_of_a_step_spoils_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: it falls to the first."""
    assert max(orders(monkeypatch, 1e-3)) < 2


# --- every gram, in ten years ---------------------------------------------------------------------------------------

END = 3655.0


def any_infusions(draw: random.Random) -> list[Infusion]:
    """One to four infusions in ten years, of ten minutes and of 1e-9 day too."""
    some = []
    for _ in range(draw.randint(1, 4)):
        start = draw.choice([0.0, draw.uniform(0, 3650), float(draw.randint(0, 3650)), draw.random() * 1e-8])
        some.append(steady(start, 10 ** draw.uniform(-1, 2), draw.choice([10 * MINUTES, 10 ** draw.uniform(-9, 0.5)])))
    return some


def missed(n: int) -> tuple[int, float]:
    """Schedules of `n` at whose end a dose is neither in the body nor eliminated; the worst, relative to the dose."""
    draw = random.Random(4)
    worst, lost = 0.0, 0
    for first in range(0, n, 1000):
        some = [any_infusions(draw) for _ in range(min(1000, n - first))]
        people = cohort(len(some), seed=first)
        schedules = [Schedule(*breakpoints(infusions, END)) for infusions in some]
        # The reference for everyone would take hours; it has the same breakpoints.
        s = ran(people, schedules, np.array([END]), outputs=("IVIG1", "IVIG2", "OUT"), solver=solve, rtol=1e-5)
        prescribed = np.array([math.fsum(i.grams for i in infusions) for infusions in some])
        v = {name: x[:, 0] for name, x in s.values.items()}
        held = (v["IVIG1"] * people.V1 + v["IVIG2"] * people.V2) * people.WT + v["OUT"]
        unheld, undelivered = (np.abs(x - prescribed) / prescribed for x in (held, s.delivered))
        worst = max(worst, float(undelivered.max()))
        lost += int(((undelivered > LOST) | (unheld > UNHELD)).sum())
    return lost, worst


#: Share of the dose that counts as missed: not delivered, or neither in the body nor eliminated at the end. Late in ten
#: years a day is rounded to 4e-13, which is a billionth of the length of an infusion of seconds, step by step.
LOST, UNHELD = 1e-12, 1e-8


def test_no_gram_is_missed_in_ten_years() -> None:
    assert missed(200 if kernel.available() else 20)[0] == 0


@pytest.mark.slow
def test_no_gram_is_missed_in_ten_thousand_schedules(record_property: Callable[[str, object], None]) -> None:
    lost, worst = missed(10_000)
    record_property("count", "10,000 schedules")
    record_property("worst", f"{worst:.1e} of the dose")
    assert lost == 0


def test_a_lost_infusion_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: the solver steps over what it is not told."""
    told = breakpoints
    monkeypatch.setattr("tests.reference.test_verification.breakpoints", lambda some, end: told(some[1:], end))
    assert missed(20)[0] > 0


# --- odd infusions, in closed form ----------------------------------------------------------------------------------

GAPS = (0.0, 5e-324, 1e-300, 1e-18, 1e-12, 1e-11, 1e-9, 1e-6)
LINEAR = TYPICAL._replace(fcrn_effect=0.0)
DAYS = np.linspace(2.0, 12.0, 21)

#: Overlapping, nested, back to back, tied, and crossing the end of the run; after each comes the same, a gap later.
SHAPES: dict[str, tuple[tuple[float, float], ...]] = {
    "overlapping": ((0.0, 1.0), (0.6, 1.6)),
    "nested": ((0.0, 1.5), (0.4, 0.7)),
    "back to back": ((0.0, 0.5), (0.5, 1.25)),
    "tied": ((0.25, 0.75), (0.25, 0.75)),
    "tied at the start": ((0.25, 0.75), (0.25, 1.5)),
    "tied at the end": ((0.25, 1.5), (1.0, 1.5)),
    "crossing the end": ((0.0, 0.5), (11.0, 14.0)),
}


def one_by_one(infusions: list[Infusion]) -> Floats:
    """Sum of the closed forms of single infusions, cut at the end; shape (states, times)."""
    total = np.zeros((len(STATES), len(DAYS)))
    for one in infusions:
        rate, end = one.pieces[0][1], min(one.end, DAYS[-1])
        edges = [(0.0, one.start, 0.0), (one.start, end, rate), (end, float(DAYS[-1]), 0.0)]
        kept = [(a, b, r) for a, b, r in edges if b > a]
        times = (*(a for a, _, _ in kept), kept[-1][1])
        total += exact(LINEAR, Schedule(times, tuple(r for _, _, r in kept)), DAYS)
    return total


def off(infusions: list[Infusion]) -> float:
    """Distance of the solver from the closed form."""
    schedule = Schedule(*breakpoints(infusions, float(DAYS[-1])))
    found = states(ran(alone(LINEAR), [schedule], DAYS, outputs=STATES))[0]
    return apart(found, one_by_one(infusions))


@pytest.mark.parametrize("gap", GAPS)
@pytest.mark.parametrize("shape", SHAPES)
def test_infusions_that_touch_are_those_of_the_closed_form(shape: str, gap: float) -> None:
    infusions = [steady(a + i * gap, 30.0 + i, b - a) for i, (a, b) in enumerate(SHAPES[shape])]
    # A piece of 1e-9 day restarts the integrator twice at one place, which costs as much again.
    assert off(infusions) <= (2e-10 if gap == 1e-9 else 1e-10)


WHEN = st.floats(0.0, 1.5, allow_subnormal=True) | st.sampled_from([0.0, 5e-324, 1e-300, 0.25, 0.5, 1.0])
LENGTHS = st.floats(0.01, 1.0) | st.sampled_from([10 * MINUTES, 0.25, 0.5])


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(WHEN, LENGTHS, st.sampled_from(GAPS)), min_size=1, max_size=4), st.randoms(use_true_random=False)
)
@example([(0.0, 0.25, 5e-324), (0.25, 0.25, 0.0)], random.Random(1))
def test_law_any_infusions_are_those_of_the_closed_form(
    some: list[tuple[float, float, float]], shuffler: random.Random
) -> None:
    infusions = [steady(start + gap, 20.0, length) for start, length, gap in some]
    assert off(infusions) <= 1e-10
    mixed = infusions.copy()
    shuffler.shuffle(mixed)
    assert breakpoints(mixed, 12.0) == breakpoints(infusions, 12.0)


def test_a_gap_that_is_closed_wrongly_is_seen() -> None:
    """Negative control: a start that is a ten-thousandth of a day off."""
    infusions = [steady(0.0, 30.0, 1.0), steady(0.6, 31.0, 1.0)]
    moved = [infusions[0], steady(0.6001, 31.0, 1.0)]
    schedule = Schedule(*breakpoints(moved, float(DAYS[-1])))
    found = states(ran(alone(LINEAR), [schedule], DAYS, outputs=STATES))[0]
    assert apart(found, one_by_one(infusions)) > 1e-6


# --- laws, tight ----------------------------------------------------------------------------------------------------

GRID = np.linspace(0.0, 28.0, 85)
TWO = (steady(0.0, 70.0, 5 / 24), steady(1.0, 70.0, 5 / 24))


def both(p: eq.Parameters, infusions: tuple[Infusion, ...], end: float = 28.0, times: Floats = GRID) -> Floats:
    """All states by the reference, tight."""
    n = len(p.WT)
    return states(ran(p, [Schedule(*breakpoints(infusions, end))] * n, times))


def test_a_later_start_does_the_same_later() -> None:
    p = cohort(3)
    later = tuple(steady(i.start + 14.0, i.grams, i.days) for i in TWO)
    assert apart(both(p, later, 42.0, GRID + 14.0), both(p, TWO)) <= 1e-10


def test_breakpoints_more_change_nothing() -> None:
    p = cohort(3)
    times, rates = breakpoints(TWO, 28.0)
    cuts = sorted({*times, 0.05, 0.7, 1.1, 1.5, 2.0, 10.0, 10.000001, 20.0})
    running = [rates[max(i for i, t in enumerate(times[:-1]) if t <= cut)] for cut in cuts[:-1]]
    found = states(ran(p, [Schedule(tuple(cuts), tuple(running))] * 3, GRID))
    assert apart(found, both(p, TWO)) <= 1e-10


#: What one unit becomes when time is counted in hours and platelets in 10^6 per litre; other units stay.
OTHER = {"day": 24.0, "1/day": 1 / 24, "L/day/kg": 1 / 24, "1e9/L": 1e3, "1e9/L/day": 1e3 / 24}


def test_other_units_give_the_same_patient() -> None:
    """The equations know no unit: in hours and 10^6 per litre the states are the same, in those units."""
    p = cohort(3)
    factors = {name: OTHER.get(label.unit, 1.0) for name, label in eq.labels(eq.Parameters).items()}
    assert sum(factor != 1 for factor in factors.values()) >= 10
    other = eq.Parameters(*(x * factors[name] for name, x in p._asdict().items()))
    times, rates = breakpoints(TWO, 28.0)
    hours = Schedule(tuple(24 * t for t in times), tuple(rate / 24 for rate in rates))
    found = states(ran(other, [hours] * 3, 24 * GRID))
    for row, label in enumerate(eq.labels(eq.State).values()):
        found[:, row] /= OTHER.get(label.unit, 1.0)
    assert apart(found, both(p, TWO)) <= 1e-10


def test_grams_and_grams_per_kg_are_the_same_dose() -> None:
    patient = itp.typical_patient(weight_kg=70)
    run = itp.simulate(patient, {"per kg": "1 g/kg daily x 2", "g": "70 g daily x 2"}, days=28)
    a, b = run.platelets.to_numpy()
    assert a == pytest.approx(b, rel=1e-10)


# --- a result can be made again from what it says -------------------------------------------------------------------


def test_a_result_is_rebuilt_from_what_it_carries() -> None:
    """Parameters, regimens, days, levels and tolerance: from the attrs and coordinates alone, the same bits."""
    people = itp.virtual_patients(n=5, seed=9)
    arms = {"a": itp.regimen("1 g/kg daily x 2 then 0.4 g/kg on day 21", product="Privigen"), "b": "30 g over 6 h"}
    run = itp.simulate(people, arms, days=35, times=[0, 1, 9, 35], rtol=1e-6, outputs=["platelets", "igg"])
    said = run.attrs
    rows = run.parameters.isel(arm=0) if "arm" in run.parameters.dims else run.parameters
    values = rows.transpose("patient", "parameter").to_pandas()
    texts, products = json.loads(said["regimens"]), json.loads(said["products"])
    again = itp.simulate(
        [itp.typical_patient().assign(**row) for row in values.to_dict("records")],
        {name: itp.regimen(texts[name], product=products[name]) for name in texts},
        days=said["days"],
        times=run.time.to_numpy(),
        rtol=said["rtol"],
        outputs=["platelets", "igg"],
        engine=said["solver"],
    )
    for name in ("platelets", "igg", "peak", "first_day", "delivered"):
        assert np.array_equal(run[name].to_numpy(), again[name].to_numpy(), equal_nan=True), name
    assert {"itp_sim_version", "numpy_version", "scipy_version", "population"} <= said.keys()
    assert json.loads(said["drawn"])["seed"] == 9
