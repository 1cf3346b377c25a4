"""The NumPy engine: its method, its laws, and what it reads off the count between its steps."""

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.unit.alike import bits, cohort

from itp_sim import equations as eq
from itp_sim import typical_patient
from itp_sim.errors import BudgetError
from itp_sim.solve import Problem, Schedule, Solution, method, stages, twin
from itp_sim.solve.follow import Step, Track, advance, clearly_monotone, slope, value
from itp_sim.solve.rows import asked, blank, solution

Floats = NDArray[np.float64]

DAYS = 42.0
GRID = np.linspace(0.0, DAYS, 85)
LEVELS = (30.0, 50.0, 100.0)
TYPICAL = typical_patient("adult_chronic", weight_kg=70, platelets=12).parameters
ALL = (*eq.Outputs._fields, *eq.State._fields)


def alike(n: int, p: eq.Parameters = TYPICAL) -> eq.Parameters:
    return eq.Parameters(*(np.full(n, x) for x in p))


def infused(gram: float, *starts: float, hours: float = 5.0, days: float = DAYS) -> Schedule:
    """The same infusion on several days."""
    times, rates = [0.0], []
    for start in starts:
        if start > times[-1]:
            times, rates = [*times, start], [*rates, 0.0]
        times, rates = [*times, start + hours / 24], [*rates, gram / (hours / 24)]
    return Schedule((*times, days), (*rates, 0.0))


def problem(p: eq.Parameters, schedules: list[Schedule], rtol: float = 1e-6, **changes: object) -> Problem:
    levels = np.tile(LEVELS, (len(schedules), 1))
    return Problem(p, tuple(schedules), GRID, levels, ALL, rtol, 600.0)._replace(**changes)


def two_days(p: eq.Parameters) -> list[Schedule]:
    return [infused(float(weight), 0.0, 1.0) for weight in p.WT]


def in_lanes(p: Problem, width: int) -> Solution:
    a = asked(p)
    answer = blank(a)
    with np.errstate(all="ignore"):
        twin.run(a, answer, width=width)
    return solution(p, answer)


# --- the method ---------------------------------------------------------------------------------------------------


def classical() -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """The method in its textbook form: alpha, beta, weights, embedded weights and dense weights over increments."""
    s = method.STAGES
    state, right = np.zeros((s, s)), np.zeros((s, s))
    for i in range(s):
        row = method.STATE[min(i, 5)]
        state[i, : len(row)] = row
        state[i, 5:i] = 1.0
        right[i, : len(method.RIGHT[i])] = method.RIGHT[i]
    gammas = np.linalg.inv(np.eye(s) / method.GAMMA - right)
    alpha = state @ gammas
    weights = state[-1].copy()
    weights[-1] = 1.0
    return alpha, alpha + gammas, weights @ gammas, state[-1] @ gammas, np.array(method.DENSE) @ gammas


def defects(w: Floats, share: float = 1.0) -> dict[int, float]:
    """Largest defect of the order conditions, by order, of a result at `share` of the step."""
    alpha, beta, *_ = classical()
    a, b = alpha.sum(1), beta.sum(1)
    ab = alpha @ b
    terms = {
        1: [w.sum() - share],
        2: [w @ b - share**2 / 2],
        3: [w @ a**2 - share**3 / 3, w @ beta @ b - share**3 / 6],
        4: [w @ a**3 - share**4 / 4, w @ (a * ab) - share**4 / 8, w @ beta @ a**2 - share**4 / 12],
        5: [w @ a**4 - 1 / 5, w @ (a**2 * ab) - 1 / 10, w @ ab**2 - 1 / 20, w @ (a * (alpha @ a**2)) - 1 / 15],
    }
    terms[4] += [w @ beta @ beta @ b - share**4 / 24]
    terms[5] += [w @ (a * (alpha @ (beta @ b))) - 1 / 30, w @ beta @ a**3 - 1 / 20, w @ beta @ (a * ab) - 1 / 40]
    terms[5] += [w @ beta @ beta @ a**2 - 1 / 60, w @ beta @ beta @ beta @ b - 1 / 120]
    return {order: max(map(abs, found)) for order, found in terms.items()}


def test_result_is_of_order_five_and_the_embedded_one_of_order_four() -> None:
    _, _, weights, embedded, _ = classical()
    assert max(defects(weights).values()) < 1e-13
    found = defects(embedded)
    assert max(found[order] for order in (1, 2, 3, 4)) < 1e-13
    assert found[5] > 1e-3


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_polynomial_between_the_nodes_is_of_order_four(share: float) -> None:
    _, _, weights, _, dense = classical()
    inner = share * (weights + (1 - share) * (dense[0] + share * (dense[1] + share * dense[2])))
    assert max(defects(inner, share)[order] for order in (1, 2, 3, 4)) < 1e-13


def test_a_fast_decay_dies_in_one_step() -> None:
    """Stiffly accurate: the result of a step is nothing as the rate goes to infinity."""
    _, beta, weights, _, _ = classical()
    z = -1e9
    growth = 1 + z * weights @ np.linalg.solve(np.eye(method.STAGES) - z * beta, np.ones(method.STAGES))
    assert abs(growth) < 1e-6


def test_steps_cost_what_the_order_promises() -> None:
    p = cohort(10)
    loose, tight = (in_lanes(problem(p, two_days(p), rtol), 10).evaluations for rtol in (1e-5, 1e-7))
    assert 100 ** (1 / 5) * 0.75 < tight / loose < 100 ** (1 / 5) * 1.25


# --- laws ---------------------------------------------------------------------------------------------------------


def test_bits_are_the_same_in_any_company_and_order() -> None:
    p = cohort(7)
    together = in_lanes(problem(p, two_days(p), 1e-4), 7)
    for width in (1, 3):
        assert bits(in_lanes(problem(p, two_days(p), 1e-4), width)) == bits(together)
    turned = eq.Parameters(*(x[::-1].copy() for x in p))
    backwards = in_lanes(problem(turned, two_days(turned), 1e-4), 4)
    assert np.array_equal(backwards.values["platelets"][::-1], together.values["platelets"])
    alone = in_lanes(problem(eq.Parameters(*(x[4:5] for x in p)), two_days(p)[4:5], 1e-4), 1)
    assert np.array_equal(alone.values["tpo"][0], together.values["tpo"][4])


def test_days_asked_for_change_no_other_number() -> None:
    p = cohort(5)
    many = twin.solve(problem(p, two_days(p)))
    few = twin.solve(problem(p, two_days(p), times=GRID[::6], outputs=("igg", "platelets", "PLT3")))
    for name in few.values:
        assert np.array_equal(few.values[name], many.values[name][:, ::6])
    assert [r.tobytes() for r in few.readouts] == [r.tobytes() for r in many.readouts]


@pytest.mark.parametrize("rtol", [1e-3, 1e-6, 1e-8])
def test_infused_igg_is_in_the_body_or_gone(rtol: float) -> None:
    p = cohort(6)
    s = twin.solve(problem(p, two_days(p), rtol))
    given = (np.clip(GRID, 0, 5 / 24) + np.clip(GRID - 1, 0, 5 / 24)) * 24 / 5 * p.WT[:, None]
    v = s.values
    held = (v["IVIG1"] * p.V1[:, None] + v["IVIG2"] * p.V2[:, None]) * p.WT[:, None] + v["OUT"]
    assert np.abs(held - given).max() <= 1e-12 * 2 * p.WT.max()
    assert np.all(s.imbalance <= 1e-12 * 2 * p.WT)
    assert s.delivered == pytest.approx(2 * p.WT, rel=1e-13)


def test_untreated_patient_stays_for_a_hundred_years() -> None:
    p = cohort(8)
    century = [Schedule((0.0, 36525.0), (0.0,))] * 8
    s = twin.solve(problem(p, century, times=np.array([0.0, 100.0, 36525.0])))
    assert s.values["platelets"] == pytest.approx(np.tile(p.P0[:, None], 3), rel=1e-10)
    assert s.readouts.area == pytest.approx(np.zeros(8), abs=1e-5)
    assert np.isnan(s.readouts.return_day).all()


def test_ten_minutes_in_ten_years_are_not_missed() -> None:
    schedule = Schedule((0.0, 1800.0, 1800.0 + 10 / 1440, 3652.5), (0.0, 70 * 144.0, 0.0))
    s = twin.solve(problem(alike(1), [schedule], times=np.array([1799.0, 1801.0])))
    assert s.delivered[0] == pytest.approx(70.0)
    assert s.values["IVIG1"][0, 0] == 0
    assert s.values["IVIG1"][0, 1] > 10


def test_pieces_of_hardly_any_length_do_no_harm() -> None:
    plain = infused(70.0, 0.0)
    times, rates = [list(x) for x in plain]
    cut = Schedule((0.0, 5e-324, 1e-15, *times[1:]), (0.0, rates[0], *rates))
    a, b = (twin.solve(problem(alike(1), [schedule], 1e-7)).values["platelets"] for schedule in (plain, cut))
    assert a == pytest.approx(b, rel=1e-5)


def test_a_patient_that_cannot_be_solved_is_named_and_harms_nobody() -> None:
    p = cohort(9)
    good = twin.solve(problem(p, two_days(p)))
    p = p._replace(EPS=np.where(np.arange(9) == 4, np.nan, p.EPS))
    s = twin.solve(problem(p, two_days(p)))
    (failure,) = s.failures
    assert (failure.patient, failure.day) == (4, 0.0)
    assert "rounding" in failure.reason
    assert np.isnan(s.values["platelets"][4]).all()
    others = np.arange(9) != 4
    assert np.array_equal(s.values["platelets"][others], good.values["platelets"][others])
    assert np.array_equal(s.readouts.peak[others], good.readouts.peak[others])


def test_steps_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(method, "STEPS", 10)
    (failure,) = twin.solve(problem(alike(1), [infused(70.0, 0.0)])).failures
    assert 0 < failure.day < DAYS
    assert "steps" in failure.reason


def test_a_run_shorter_than_any_step_is_a_failure() -> None:
    short = problem(alike(1), [Schedule((0.0, 1e-300), (0.0,))], times=np.array([0.0]))
    (failure,) = twin.solve(short).failures
    assert "not reached" in failure.reason


def test_seconds_are_limited() -> None:
    with pytest.raises(BudgetError, match=r"time allowed was used up on day 0, with 0 of 1 patients done.*budget"):
        twin.solve(problem(alike(1), [infused(70.0, 0.0)], budget=1e-9))


def test_nobody_and_nothing_may_be_asked_for() -> None:
    s = twin.solve(problem(alike(0), []))
    assert s.values["platelets"].shape == (0, len(GRID))
    s = twin.solve(problem(alike(2), [infused(70.0, 0.0)] * 2, outputs=(), times=np.empty(0), levels=np.empty((2, 0))))
    assert s.values == {}
    assert s.readouts.first_day.shape == (2, 0)
    assert np.all(s.readouts.peak > 50)


# --- what is read off the count -----------------------------------------------------------------------------------

coefficients = st.lists(st.floats(-40, 40).map(lambda x: round(x, 3)), min_size=5, max_size=5)


def track(*polynomials: Floats, levels: list[float], untreated: float) -> Track:
    """Read-outs of polynomials one after the other, each for two days from day 10 on."""
    k, c = len(levels), polynomials[0]
    t = Track(
        untreated=np.array([untreated]),
        levels=np.array(levels)[:, None],
        single=np.zeros((5, 1)),
        by_level=np.zeros((3, k, 1)),
        over=np.zeros((k, 1), bool),
        since=np.zeros((k, 1)),
    )
    lanes = np.array([0])
    t.begin(lanes, c[:1].copy(), np.array([1.0]))
    t.since[:] = 10.0
    t.by_level[0][t.over] = 10.0
    t.single[1] = 10.0
    flat = np.array([[1.0], [0.0], [0.0], [0.0], [0.0]])
    day = 10.0
    for c in polynomials:
        end = value(c[:, None], np.ones(1))
        with np.errstate(all="ignore"):
            advance(t, Step(lanes, np.array([day]), np.array([2.0]), c[:, None], end, flat, np.ones(1)))
        day += 2.0
    t.finish(lanes, np.array([day]))
    return t


def turns(c: Floats) -> Floats:
    """Shares of the step at which the polynomial turns."""
    roots = np.roots(np.trim_zeros((c[1:] * np.arange(1, 5))[::-1], "f"))
    real = np.sort(roots[np.abs(roots.imag) < 1e-7].real)
    return real[(real > 0) & (real < 1)]


@given(coefficients)
@example([0.0, 3.0, -4.0, 0.0, 1.0])
def test_a_step_called_monotone_never_turns(c: list[float]) -> None:
    if clearly_monotone(np.array(c)[:, None]):
        slopes = np.array([np.polyval(np.polyder(c[::-1]), s) for s in np.linspace(0, 1, 201)])
        assert slopes.min() * slopes.max() > -1e-9


@given(coefficients, st.floats(-30, 30), st.floats(-5, 5))
@example([0.0, 21.0, -50.0, 100 / 3, 0.0], 2.0, 0.0)
def test_one_step_is_read_as_its_roots_say(c: list[float], level: float, untreated: float) -> None:
    poly = np.array(c)
    inside = turns(poly)
    # Two turns within a quarter of a step, or one on its border, are not looked for.
    assume(len(np.unique(np.floor(inside * 4))) == len(inside))
    assume(np.abs(slope(poly[:, None], np.linspace(0, 1, 5))).min() > 1e-9)
    nodes = np.concatenate([[0.0], inside, [1.0]])
    heights = value(poly[:, None], nodes)
    assume(np.abs(heights - level).min() > 1e-3)
    crossing = np.roots(np.trim_zeros(np.array([*poly[:0:-1], poly[0] - level]), "f"))
    crossing = np.sort(crossing[np.abs(crossing.imag) < 1e-9].real)
    crossing = crossing[(crossing > 0) & (crossing < 1)]
    edges = 10 + 2 * np.concatenate([[0.0], crossing, [1.0]])
    assume(np.diff(edges).min() > 1e-6)
    above = np.arange(len(edges) - 1) % 2 == (0 if poly[0] >= level else 1)

    t = track(poly, levels=[level], untreated=untreated)
    first, last, total = t.by_level[:, 0, 0]
    assert total == pytest.approx(np.diff(edges)[above].sum(), abs=1e-8)
    if above.any():
        assert first == pytest.approx(edges[:-1][above][0], abs=1e-8)
        assert last == pytest.approx(edges[1:][above][-1], abs=1e-8)
    else:
        assert np.isnan(first)
        assert np.isnan(last)
    assert t.single[0, 0] == pytest.approx(heights.max(), abs=1e-9)
    integral = 2 * (poly / np.arange(1, 6)).sum() - 2 * untreated
    assert t.single[2, 0] == pytest.approx(integral, abs=1e-9)


def test_the_day_of_return_follows_the_highest_peak() -> None:
    # 4 s (1-s) rises from 0 to 1 and falls; 90% of the rise is gone at (1 + sqrt 0.9)/2.
    hump = np.array([0.0, 4.0, -4.0, 0.0, 0.0])
    t = track(hump, levels=[0.5], untreated=0.0)
    assert t.single[:2, 0] == pytest.approx([1.0, 11.0])
    assert t.single[3, 0] == pytest.approx(10 + 1 + np.sqrt(0.9), abs=1e-12)
    for second, start in ((2 * hump, 12), (0.5 * hump, 10)):
        t = track(hump, second, levels=[], untreated=0.0)
        assert t.single[3, 0] == pytest.approx(start + 1 + np.sqrt(0.9), abs=1e-12)
    t = track(hump, 2 * hump + np.array([0.0, 1.0, 0.0, 0.0, 0.0]), levels=[], untreated=0.0)
    assert np.isnan(t.single[3, 0])
    falls, on = np.array([1.0, -0.85, 0.0, 0.0, 0.0]), np.array([0.15, -0.15, 0.0, 0.0, 0.0])
    assert track(falls, on, levels=[], untreated=0.0).single[3, 0] == pytest.approx(12 + 2 / 3)


def test_a_crossing_is_found_within_the_step() -> None:
    p = alike(1)
    levels = np.array([[20.0, 30.0, 55.5, 1e4]])
    s = twin.solve(problem(p, two_days(p), 1e-6, levels=levels))
    days = np.concatenate([s.readouts.first_day[0, :3], s.readouts.last_day[0, :3]])
    order = np.argsort(days)
    at = twin.solve(problem(p, two_days(p), 1e-6, times=days[order], outputs=("platelets",))).values["platelets"][0]
    assert at == pytest.approx(np.tile(levels[0, :3], 2)[order], rel=1e-12)
    assert np.isnan(s.readouts.first_day[0, 3])
    assert s.readouts.days_above[0, 3] == 0


def test_peaks_are_no_lower_than_any_output() -> None:
    p = cohort(20)
    s = twin.solve(problem(p, two_days(p), outputs=("platelets", "igg"), times=np.linspace(0, DAYS, 2000)))
    for peak, name in ((s.readouts.peak, "platelets"), (s.readouts.igg_peak, "igg")):
        seen = s.values[name].max(axis=1)
        assert np.all(peak >= seen * (1 - 1e-12))
        assert peak == pytest.approx(seen, rel=1e-2)


# --- pieces -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("states", [24, 25, 26, 27])
def test_squared_error_is_the_sum_of_squared_shares(states: int) -> None:
    e, y, new = np.random.default_rng(7).normal(0.0, 20.0, (3, states, 50))
    shares = e / (np.maximum(np.abs(y), np.abs(new)) + method.ABSOLUTE)
    expected = (shares**2).sum(axis=0) / (method.ALLOWED * 1e-6) ** 2
    assert stages.squared_error(e, y, new, rtol=1e-6) == pytest.approx(expected, rel=1e-13)


def test_a_schedule_that_patients_share_is_laid_out_as_if_each_had_his_own() -> None:
    one, other = infused(70, 0.0, 1.0), infused(35, 2.0)
    shared = (one, other, one, one, other)
    apart = tuple(infused(70, 0.0, 1.0) if s is one else infused(35, 2.0) for s in shared)
    p = alike(5)
    laid = [asked(Problem(p, s, GRID, np.full((5, 1), 30.0), ("platelets",), 1e-6, 60.0)) for s in (shared, apart)]
    for a, b in zip(laid[0][1:4], laid[1][1:4], strict=True):
        assert np.array_equal(a, b)
    assert laid[0].breaks[laid[0].first[1] : laid[0].first[2]].tolist() == list(other.times)
    assert laid[0].rates[laid[0].first[2] : laid[0].first[3]].tolist() == [*one.rates, 0.0]
