"""The reference solver against itself, against closed forms and against other integrators.

Tight is rtol 1e-12.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import odeint, solve_ivp, trapezoid

from itp_sim import equations as eq
from itp_sim import typical_patient, virtual_patients
from itp_sim.errors import BudgetError
from itp_sim.solve import Problem, Readouts, Schedule, Solution, reference
from itp_sim.solve.reference import integrate, solve

Floats = NDArray[np.float64]

DAYS = 42.0
GRID = np.linspace(0.0, DAYS, 127)
LEVELS = (30.0, 50.0, 100.0)
TIGHT, DEFAULT = 1e-12, 1e-7
TYPICAL = typical_patient("adult_chronic", weight_kg=70, platelets=12).parameters
IGG = ("IVIG1", "IVIG2", "ACT1", "ACT2", "CE", "OUT")
DAY_READOUTS = ("peak_day", "first_day", "last_day", "days_above", "return_day")


def cohort(n: int, seed: int = 3) -> list[eq.Parameters]:
    table = virtual_patients("adult_chronic", n=n, seed=seed)
    return [eq.Parameters(*map(float, row)) for row in table[list(eq.Parameters._fields)].to_numpy()]


def infused(*infusions: tuple[float, float, float], days: float = DAYS, cuts: tuple[float, ...] = ()) -> Schedule:
    """Rates for infusions that do not overlap, each given as start [day], length [h] and gram."""
    times, rates = [0.0], []
    for start, hours, gram in infusions:
        end = start + hours / 24
        if start > times[-1]:
            times, rates = [*times, start], [*rates, 0.0]
        times, rates = [*times, end], [*rates, gram / (end - start)]
    times, rates = [*times, days], [*rates, 0.0]
    for cut in cuts:
        if cut not in times:
            i = int(np.searchsorted(times, cut))
            times.insert(i, cut)
            rates.insert(i, rates[i - 1])
    return Schedule(tuple(times), tuple(rates))


def two_days(p: eq.Parameters, days: float = DAYS) -> Schedule:
    """1 g/kg on days 0 and 1."""
    return infused((0.0, 5.0, p.WT), (1.0, 5.0, p.WT), days=days)


def run(
    people: list[eq.Parameters],
    schedules: list[Schedule],
    rtol: float = TIGHT,
    *,
    times: Floats = GRID,
    outputs: tuple[str, ...] = eq.State._fields,
    levels: Floats | None = None,
    budget: float = 600.0,
) -> Solution:
    p = eq.Parameters(*map(np.array, zip(*people, strict=True)))
    at = np.tile(LEVELS, (len(people), 1)) if levels is None else levels
    return solve(Problem(p, tuple(schedules), times, at, outputs, rtol, budget))


def states(solution: Solution) -> Floats:
    """Shape (patients, states, times)."""
    assert solution.failures == ()
    return np.array([solution.values[name] for name in eq.State._fields]).transpose(1, 0, 2)


def apart(x: Floats, y: Floats) -> float:
    """Largest relative difference; below 1e-3 the solver's absolute tolerance counts."""
    return float((np.abs(x - y) / np.maximum(np.abs(y), 1e-3)).max())


def given_until(schedule: Schedule, times: Floats) -> Floats:
    """Gram that ran in until each of `times`."""
    return np.sum([rate * (np.clip(times, start, end) - start) for start, end, rate in schedule.pieces()], axis=0)


# --- no dose is lost ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["LSODA", "Radau", "BDF"])
def test_an_infusion_inside_the_right_hand_side_is_stepped_over(method: str) -> None:
    """Negative control for the test below: the usual way loses the dose and reports success."""
    u = eq.untreated(TYPICAL)

    def pulse(t: float, y: Floats) -> Floats:
        rate = 70.0 / (4 / 24) if 14 <= t < 14 + 4 / 24 else 0.0
        return np.array(eq.rhs(eq.State(*y.tolist()), TYPICAL, u, rate))

    naive = solve_ivp(pulse, (0.0, DAYS), eq.baseline(TYPICAL, u), method=method, rtol=1e-6, atol=1e-9)
    last = eq.State(*naive.y[:, -1])
    assert naive.success
    assert (last.IVIG1 * TYPICAL.V1 + last.IVIG2 * TYPICAL.V2) * TYPICAL.WT + last.OUT < 1e-6


def test_that_infusion_is_delivered() -> None:
    schedule = infused((14.0, 4.0, 70.0))
    for rtol in (1e-3, DEFAULT, TIGHT):
        solution = run([TYPICAL], [schedule], rtol)
        last = eq.State(*states(solution)[0, :, -1])
        held = (last.IVIG1 * TYPICAL.V1 + last.IVIG2 * TYPICAL.V2) * TYPICAL.WT + last.OUT
        assert held == pytest.approx(70.0, rel=1e-12)
        assert solution.delivered[0] == pytest.approx(70.0, rel=1e-12)


@pytest.mark.parametrize("rtol", [1e-4, DEFAULT, TIGHT])
def test_igg_is_in_the_body_or_eliminated_at_every_output_day(rtol: float) -> None:
    people = cohort(10)
    schedules = [infused((0.0, 5.0, p.WT), (1.3, 0.2, 5.0), (20.0, 48.0, 0.4 * p.WT)) for p in people]
    solution = run(people, schedules, rtol)
    for p, schedule, path, imbalance in zip(people, schedules, states(solution), solution.imbalance, strict=True):
        s = eq.State(*path)
        held = (s.IVIG1 * p.V1 + s.IVIG2 * p.V2) * p.WT + s.OUT
        dose = 1.4 * p.WT + 5
        assert np.abs(held - given_until(schedule, GRID)).max() <= 1e-12 * dose
        assert imbalance <= 1e-12 * dose


# --- invariances --------------------------------------------------------------------------------------------------


def linear(p: eq.Parameters) -> eq.Parameters:
    return p._replace(fcrn_effect=0.0)


def igg(solution: Solution) -> Floats:
    return np.array([solution.values[name] for name in IGG])


def test_doses_add_up_and_scale_without_fcrn() -> None:
    people = [linear(p) for p in cohort(5)]
    first, second = (0.5, 5.0, 70.0), (3.25, 8.0, 30.0)
    ran = {
        name: igg(run(people, [infused(*parts)] * 5))
        for name, parts in {
            "first": (first,),
            "second": (second,),
            "both": (first, second),
            "triple": ((0.5, 5.0, 210.0),),
        }.items()
    }
    assert apart(ran["first"] + ran["second"], ran["both"]) <= 1e-10
    assert apart(3 * ran["first"], ran["triple"]) <= 1e-10


def test_with_fcrn_doses_do_not_add_up() -> None:
    """Negative control: saturation is seen by the test above."""
    first, second = (0.5, 5.0, 70.0), (3.25, 8.0, 30.0)
    one, two, both = (igg(run([TYPICAL], [infused(*x)])) for x in ((first,), (second,), (first, second)))
    assert apart(one + two, both) > 1e-3


def test_a_later_infusion_does_the_same_later() -> None:
    people = cohort(5)
    now = run(people, [infused((0.0, 5.0, p.WT), days=28.0) for p in people], times=np.linspace(0, 28, 85))
    later = run(people, [infused((14.0, 5.0, p.WT)) for p in people], times=np.linspace(14, 42, 85))
    assert apart(states(later), states(now)) <= 1e-9
    assert later.readouts.first_day - 14 == pytest.approx(now.readouts.first_day, abs=1e-8, nan_ok=True)


def test_extra_breakpoints_change_nothing() -> None:
    people = cohort(5)
    plain = run(people, [two_days(p) for p in people])
    cuts = (0.05, 0.1, 0.7, 1.1, 1.5, 2.0, 10.0, 10.0 + 1e-6, 30.0)
    cut = run(people, [infused((0.0, 5.0, p.WT), (1.0, 5.0, p.WT), cuts=cuts) for p in people])
    assert apart(states(cut), states(plain)) <= 1e-9
    for name in DAY_READOUTS:
        assert getattr(cut.readouts, name) == pytest.approx(getattr(plain.readouts, name), abs=1e-7, nan_ok=True)


def test_no_dose_and_a_dose_of_nothing_are_the_same() -> None:
    people = cohort(5)
    none = run(people, [infused()] * 5)
    nothing = run(people, [infused((0.0, 5.0, 0.0), (7.0, 5.0, 0.0))] * 5)
    assert apart(states(nothing), states(none)) <= 1e-10
    assert np.all(nothing.delivered == 0)


# --- the untreated patient ----------------------------------------------------------------------------------------


def test_untreated_patient_stays_for_a_hundred_years() -> None:
    u = eq.untreated(TYPICAL)
    path = integrate(TYPICAL, u, infused(days=36525.0), times=np.array([36525.0]), rtol=DEFAULT)
    assert apart(path.y, np.array(eq.baseline(TYPICAL, u))[:, None]) <= 1e-10


def test_a_cohort_stays_for_a_year() -> None:
    people = cohort(20)
    solution = run(people, [infused(days=365.0)] * 20, DEFAULT, times=np.linspace(0, 365, 74))
    start = np.array([eq.baseline(p, eq.untreated(p)) for p in people])
    assert apart(states(solution), start[:, :, None]) <= 1e-10


def test_the_closed_form_is_where_a_long_run_ends() -> None:
    """From a state far off, on the bare equations: the steady state is reached, so it is stable too."""
    for p in [TYPICAL, *cohort(5)]:
        u = eq.untreated(p)
        rest = np.array(eq.baseline(p, u))
        moves = np.array([name not in ("OUT", "AB") for name in eq.State._fields])  # nothing brings those two back
        start = np.where(moves, rest * np.linspace(0.5, 2.0, len(rest)) + 5 * (rest == 0), rest)

        def f(t: float, y: Floats, p: eq.Parameters = p, u: eq.Untreated = u) -> Any:
            return eq.rhs(eq.State(*y.tolist()), p, u, 0.0)

        end = odeint(f, start, [0.0, 6000.0], tfirst=True, rtol=1e-12, atol=1e-14, mxstep=100_000)[-1]
        assert apart(end[moves], rest[moves]) <= 1e-9


def test_a_treated_patient_comes_back() -> None:
    solution = run([TYPICAL], [two_days(TYPICAL, days=3000.0)], times=np.array([3000.0]), outputs=("platelets", "igg"))
    assert solution.values["platelets"][0, 0] == pytest.approx(TYPICAL.P0, rel=1e-8)
    assert solution.values["igg"][0, 0] == pytest.approx(TYPICAL.IGG0, rel=1e-8)


@pytest.mark.parametrize("gram_per_kg", [0.4, 2.0, 10.0])
def test_without_blockade_and_fcrn_the_count_never_moves(gram_per_kg: float) -> None:
    people = [p._replace(fcrn_effect=0.0, blockade_effect=0.0) for p in cohort(5)]
    igg = len(IGG) + 2
    start = np.array([eq.baseline(p, eq.untreated(p)) for p in people])[:, igg:, None]
    for rtol, allowed in ((TIGHT, 1e-10), (DEFAULT, 10 * DEFAULT)):
        solution = run(people, [infused((0.0, 5.0, gram_per_kg * p.WT)) for p in people], rtol)
        assert apart(states(solution)[:, igg:], start) <= allowed


def test_without_the_spleen_the_count_starts_from_the_patients_own() -> None:
    p = TYPICAL._replace(spleen=0.0)
    solution = run([p], [infused()], outputs=("platelets", "spleen_clearance"), times=np.array([0.0, 1e-6, 7.0]))
    first, moment, week = solution.values["platelets"][0]
    assert first == pytest.approx(p.P0, rel=1e-13)
    assert moment == pytest.approx(p.P0, rel=1e-5)
    assert week > 1.5 * p.P0
    assert np.all(solution.values["spleen_clearance"] == 0)


def test_igg_never_falls_below_the_untreated_level() -> None:
    people = cohort(10)
    solution = run(people, [two_days(p, days=200.0) for p in people], times=np.linspace(0, 200, 401), outputs=("igg",))
    assert np.all(solution.values["igg"] >= np.array([p.IGG0 for p in people])[:, None] * (1 - 1e-10))


# --- accuracy -----------------------------------------------------------------------------------------------------


def achieved(n: int, rtol: float) -> float:
    """Error of the worst state of the worst patient against tight, in units of `rtol`."""
    people = cohort(n)
    schedules = [two_days(p) for p in people]
    tight = states(run(people, schedules, 1e-13))
    return apart(states(run(people, schedules, rtol)), tight) / rtol


#: Largest error of a state, in units of rtol.
AIM = 10
RTOLS = (1e-4, 1e-6, 1e-7, 1e-8, 1e-10)


@pytest.mark.parametrize("rtol", RTOLS)
def test_achieved_tolerance_is_near_the_requested(rtol: float) -> None:
    assert achieved(20, rtol) <= AIM


@pytest.mark.slow
@pytest.mark.parametrize("rtol", RTOLS)
def test_achieved_tolerance_of_two_hundred(rtol: float, record_property: Callable[[str, object], None]) -> None:
    worst = achieved(200, rtol)
    record_property("count", f"200 patients, {len(RTOLS)} tolerances")
    record_property("worst", f"{worst:.1f} rtol at {rtol:g}")
    assert worst <= AIM


def pieced(p: eq.Parameters, schedule: Schedule, times: Floats, method: str, rtol: float) -> Floats:
    """The same equations under another integrator, written here: shape (states, times)."""
    u = eq.untreated(p)
    y, parts = np.array(eq.baseline(p, u)), []
    for start, end, rate in schedule.pieces():

        def f(t: float, y: Floats, rate: float = rate) -> Floats:
            return np.array(eq.rhs(eq.State(*y.tolist()), p, u, rate))

        inside = times[(times >= start) & (times < end)]
        solved = solve_ivp(f, (start, end), y, method=method, t_eval=[*inside, end], rtol=rtol, atol=rtol * 1e-3)
        assert solved.success
        parts.append(solved.y[:, :-1])
        y = solved.y[:, -1]
    return np.concatenate([*parts, y[:, None]], axis=1)


@pytest.mark.parametrize("p", [TYPICAL, *cohort(3)], ids=lambda p: f"{p.P0:.0f}")
def test_a_runge_kutta_of_order_eight_agrees(p: eq.Parameters) -> None:
    times = np.linspace(0, DAYS, 43)
    solution = run([p], [two_days(p)], times=times)
    assert apart(states(solution)[0], pieced(p, two_days(p), times, "DOP853", 1e-12)) <= 1e-8


def test_an_implicit_runge_kutta_agrees() -> None:
    schedule, times = two_days(TYPICAL, days=10.0), np.linspace(0, 10, 11)
    solution = run([TYPICAL], [schedule], times=times)
    assert apart(states(solution)[0], pieced(TYPICAL, schedule, times, "Radau", 1e-10)) <= 1e-8


@pytest.mark.slow
def test_twenty_patients_under_another_integrator(record_property: Callable[[str, object], None]) -> None:
    record_property("count", "20 patients")
    people = cohort(20, seed=8)
    solution = run(people, [two_days(p) for p in people])
    for p, path in zip(people, states(solution), strict=True):
        assert apart(path, pieced(p, two_days(p), GRID, "DOP853", 1e-12)) <= 1e-8


# --- read-outs ----------------------------------------------------------------------------------------------------


def same_bits(x: Readouts, y: Readouts) -> bool:
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(x, y, strict=True))


@pytest.mark.parametrize("rtol", [1e-5, DEFAULT])
def test_readouts_do_not_depend_on_the_output_days(rtol: float) -> None:
    people = cohort(10)
    schedules = [two_days(p) for p in people]
    days = np.sort(np.random.default_rng(0).uniform(0, DAYS, 500))
    grids = (GRID, np.array([DAYS]), days, np.array([0.0, 5 / 24, 5 / 24 + 1e-12, 1 / 12, np.nextafter(1 / 12, 1)]))
    first, *others = (run(people, schedules, rtol, times=grid).readouts for grid in grids)
    assert all(same_bits(first, other) for other in others)


def test_values_at_a_day_do_not_depend_on_the_other_days() -> None:
    few, many = np.array([3.3, 17.1]), np.sort([*GRID, 3.3, 17.1])
    some = states(run([TYPICAL], [two_days(TYPICAL)], DEFAULT, times=few))
    all_days = states(run([TYPICAL], [two_days(TYPICAL)], DEFAULT, times=many))
    assert np.array_equal(some, all_days[:, :, np.isin(many, few)])


def day_errors(found: Readouts, right: Readouts) -> dict[str, float]:
    """Largest gap in days, by read-out; what is never reached must be so in both."""
    pairs = {name: (getattr(found, name), getattr(right, name)) for name in DAY_READOUTS}
    assert all(np.array_equal(np.isnan(x), np.isnan(y)) for x, y in pairs.values())
    return {name: float(np.nanmax(np.abs(x - y))) for name, (x, y) in pairs.items()}


@pytest.mark.parametrize(
    ("people", "rtol", "allowed"),
    [([TYPICAL], DEFAULT, 2e-6), ([TYPICAL], 1e-8, 1e-6), (cohort(20), DEFAULT, 1e-4), (cohort(20), 1e-10, 1e-6)],
    ids=["typical, default", "typical", "cohort, default", "cohort"],
)
def test_days_are_near_those_of_a_tight_run(people: list[eq.Parameters], rtol: float, allowed: float) -> None:
    """Where the count is nearly flat, a small error of the count is a large one of the day."""
    schedules = [two_days(p) for p in people]
    tight, found = (run(people, schedules, x, outputs=()).readouts for x in (1e-13, rtol))
    assert max(day_errors(found, tight).values()) <= allowed


def test_the_count_on_a_day_of_crossing_is_the_level() -> None:
    """So the error of a day is the error of the count over its slope, and no more."""
    for p in [TYPICAL, *(p for p in cohort(10) if p.P0 <= 15)]:
        for rtol, allowed in ((TIGHT, 1e-7), (DEFAULT, 10 * DEFAULT)):
            read = run([p], [two_days(p)], rtol, outputs=()).readouts
            days = np.concatenate([read.first_day[0], read.last_day[0]])
            here = ~np.isnan(days) & (days > 0) & (days < DAYS)
            order = np.argsort(days[here])
            count = run([p], [two_days(p)], times=days[here][order], outputs=("platelets",)).values["platelets"][0]
            assert count == pytest.approx(np.array([*LEVELS, *LEVELS])[here][order], rel=allowed)


def errors_between_nodes(people: list[eq.Parameters], levels: Floats, patch: pytest.MonkeyPatch) -> dict[str, float]:
    """Day errors of tight runs that come from the curve between nodes alone."""
    schedules = [two_days(p) for p in people]
    found = run(people, schedules, levels=levels, outputs=()).readouts
    patch.setattr(reference, "FINE", reference.FINE / 8)
    patch.setattr(reference, "COARSE", reference.COARSE / 16)
    return day_errors(found, run(people, schedules, levels=levels, outputs=()).readouts)


def test_the_curve_between_nodes_does_not_move_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    people = [p for p in cohort(30) if p.P0 <= 20]
    errors = errors_between_nodes(people, np.tile(LEVELS, (len(people), 1)), monkeypatch)
    assert max(errors.values()) <= 1e-6


def test_nor_within_the_first_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    people = cohort(30)
    errors = errors_between_nodes(people, np.array([[1.2 * p.P0, 1.5 * p.P0] for p in people]), monkeypatch)
    assert max(errors.values()) <= 1e-6


def test_peak_and_area_agree_with_a_fine_grid() -> None:
    times = np.linspace(0, DAYS, 20 * 1008 + 1)
    solution = run([TYPICAL], [two_days(TYPICAL)], times=times, outputs=("platelets", "igg"))
    count, igg = solution.values["platelets"][0], solution.values["igg"][0]
    read = solution.readouts
    assert count.max() <= read.peak[0] * (1 + 1e-10)
    assert count.max() == pytest.approx(read.peak[0], rel=1e-7)
    assert times[count.argmax()] == pytest.approx(read.peak_day[0], abs=2e-3)
    assert trapezoid(count - TYPICAL.P0, times) == pytest.approx(read.area[0], rel=1e-6)
    assert igg.max() == pytest.approx(read.igg_peak[0], rel=1e-9)
    over = count >= 50
    assert over.mean() * DAYS == pytest.approx(read.days_above[0, 1], abs=5e-3)
    later = (times > read.peak_day[0]) & (count < TYPICAL.P0 + 0.1 * (read.peak[0] - TYPICAL.P0))
    assert times[later][0] == pytest.approx(read.return_day[0], abs=3e-3)


# --- failure ------------------------------------------------------------------------------------------------------


def test_a_run_without_time_is_stopped() -> None:
    with pytest.raises(BudgetError, match="budget"):
        run([TYPICAL], [two_days(TYPICAL)], TIGHT, budget=0.0)


def test_one_patient_that_fails_does_not_touch_the_others() -> None:
    broken = TYPICAL._replace(KE0=float("nan"))
    alone = run([TYPICAL], [two_days(TYPICAL)], DEFAULT)
    solution = run([broken, TYPICAL], [two_days(TYPICAL)] * 2, DEFAULT)
    assert [failure.patient for failure in solution.failures] == [0]
    assert np.array_equal(solution.values["PLT1"][1], alone.values["PLT1"][0])
    assert np.isnan(solution.values["PLT1"][0]).all()
