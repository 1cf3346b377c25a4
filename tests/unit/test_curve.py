"""The count between nodes: exact on quintics; crossings, time above, peak, area and return, found on the curve."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

from itp_sim.solve import curve

Floats = NDArray[np.float64]

NODES = np.array([0.0, 0.4, 1.0, 1.3, 2.5, 4.0])
coefficient = st.floats(-3, 3, allow_subnormal=False)
quintics = st.lists(coefficient, min_size=6, max_size=6).map(Polynomial)


def joined(f: Polynomial, t: Floats = NODES) -> curve.Curve:
    return curve.quintic(t, f(t), f.deriv()(t), ddy=f.deriv(2)(t))


def hill(t: Floats, top: float = 5.0, width: float = 1.0) -> curve.Curve:
    """``top - (t - 2)^2 / width^2``: rises and falls again."""
    return joined(Polynomial([top - 4 / width**2, 4 / width**2, -1 / width**2]), t)


def above(c: curve.Curve, *levels: float) -> Floats:
    return curve.times_above(c, curve.monotone_nodes(c), np.array(levels))


def size(f: Polynomial) -> float:
    return 1 + float(np.abs(f.coef).dot(4.0 ** np.arange(len(f.coef))))


# --- exact on polynomials -----------------------------------------------------------------------------------------


@given(quintics, st.floats(0, 4))
def test_a_quintic_is_itself(f: Polynomial, t: float) -> None:
    assert abs(curve.value(joined(f), np.array(t)) - f(t)) <= 1e-13 * size(f)


@given(quintics, st.floats(-50, 50))
def test_area_of_a_quintic(f: Polynomial, base: float) -> None:
    exact = f.integ()(4.0) - f.integ()(0.0) - 4 * base
    assert abs(curve.area(joined(f), base) - exact) <= 1e-13 * (size(f) + 4 * abs(base))


def test_a_sextic_is_not_itself() -> None:
    """Negative control: one degree more is beyond it."""
    f = Polynomial([0, 0, 0, 0, 0, 0, 1.0])
    assert abs(curve.value(joined(f), np.array(3.0)) - f(3.0)) > 0.1


def test_error_falls_with_the_sixth_power_of_the_gap() -> None:
    days = np.linspace(0, 3, 1001)
    errors = []
    for n in (7, 13, 25):
        t = np.linspace(0, 3, n)
        c = curve.quintic(t, np.sin(2 * t), 2 * np.cos(2 * t), ddy=-4 * np.sin(2 * t))
        errors.append(np.abs(curve.value(c, days) - np.sin(2 * days)).max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.all(np.abs(orders - 6) < 0.3)


def test_value_at_nodes_and_ends() -> None:
    f = Polynomial([1.0, 2.0, -0.5])
    assert curve.value(joined(f), np.array([[0.0, 4.0], [0.4, 2.5]])) == pytest.approx(
        f(np.array([[0, 4], [0.4, 2.5]]))
    )


def test_value_and_slopes_join_at_the_nodes() -> None:
    y, dy, ddy = np.random.default_rng(0).normal(size=(3, len(NODES)))
    c = curve.quintic(NODES, y, dy, ddy=ddy)
    for k, expected in enumerate((y, dy, ddy)):
        pieces = [Polynomial(column).deriv(k) if k else Polynomial(column) for column in c.c.T]
        assert [f(0) for f in pieces] == pytest.approx(expected[:-1])
        assert [f(h) for f, h in zip(pieces, np.diff(NODES), strict=True)] == pytest.approx(expected[1:])


# --- crossings ----------------------------------------------------------------------------------------------------


@given(st.floats(0.01, 3.99), st.floats(0.1, 5), st.floats(-20, 20))
def test_a_straight_line_crosses_where_it_should(day: float, slope: float, level: float) -> None:
    c = joined(Polynomial([level - slope * day, slope]))
    (days,) = curve.crossings(c, curve.monotone_nodes(c), np.array([level]))
    assert days == pytest.approx([day], abs=1e-13 * (1 + abs(level) / slope))
    assert above(c, level)[:, 0] == pytest.approx([day, 4.0, 4.0 - day], abs=1e-12 * (1 + abs(level) / slope))


@given(st.sets(st.integers(1, 39), min_size=1, max_size=5), st.floats(0.1, 10), st.floats(-10, 10))
def test_crossings_are_the_real_roots(tenths: set[int], scale: float, level: float) -> None:
    roots = np.array(sorted(tenths)) / 10 + 0.03
    f = Polynomial.fromroots(roots) * scale + level
    c = joined(f, np.linspace(0, 4, 54))
    (days,) = curve.crossings(c, curve.monotone_nodes(c), np.array([level]))
    assert days == pytest.approx(roots, abs=1e-14 * size(f) / np.abs(f.deriv()(roots)).min())


def test_up_and_down_within_one_interval() -> None:
    """No node lies above the level: the turning point shows that the curve does."""
    c = hill(np.array([0.0, 4.0]))
    assert above(c, 4.0)[:, 0] == pytest.approx([1.0, 3.0, 2.0], rel=1e-14)
    assert above(c, 5 - 1e-8)[:, 0] == pytest.approx([2 - 1e-4, 2 + 1e-4, 2e-4], rel=1e-6)


def test_nodes_alone_would_miss_it() -> None:
    """Negative control of the test before."""
    c = hill(np.array([0.0, 4.0]))
    assert [len(days) for days in curve.crossings(c, c.t, np.array([4.0]))] == [0]


def test_several_levels_at_once_are_the_same_as_one_by_one() -> None:
    f = Polynomial([0.0, 3.0, -2.6, 0.6])
    c = joined(f)
    levels = np.array([0.9, 0.5, -3.0, 4.0, 0.0, 100.0])
    together = above(c, *levels)
    for k, level in enumerate(levels):
        assert np.array_equal(together[:, k], above(c, level)[:, 0], equal_nan=True)


@pytest.mark.parametrize("gap", [0.0, 1e-9])
def test_a_level_just_touched_from_below(gap: float) -> None:
    """Reached for one moment, or by less than rounding: a first day at the top, or none; never much time above."""
    c = hill(np.linspace(0, 4, 8))
    first, last, days = above(c, 5 + gap)[:, 0]
    assert days <= 1e-6
    if not math.isnan(first):
        assert first == pytest.approx(2, abs=1e-6)
        assert last == pytest.approx(2, abs=1e-6)
    assert gap == 0 or math.isnan(first)


def test_a_level_just_touched_from_above() -> None:
    f = Polynomial([5.0, -4.0, 1.0])  # 1 + (t - 2)^2
    first, last, days = above(joined(f), 1.0)[:, 0]
    assert (first, last) == (0.0, 4.0)
    assert days == pytest.approx(4, abs=1e-6)


def test_never_reached() -> None:
    assert np.array_equal(above(hill(NODES), 6.0)[:, 0], [np.nan, np.nan, 0.0], equal_nan=True)


def test_above_from_the_start_and_to_the_end() -> None:
    falling, rising, bowl = Polynomial([5.0, -1.0]), Polynomial([1.0, 1.0]), Polynomial([5.0, -4.0, 1.0])
    assert above(joined(falling), 2.0)[:, 0] == pytest.approx([0.0, 3.0, 3.0])
    assert above(joined(rising), 2.0)[:, 0] == pytest.approx([1.0, 4.0, 3.0])
    assert above(joined(bowl), 2.0)[:, 0] == pytest.approx([0.0, 4.0, 2.0])
    assert above(joined(rising), 0.5)[:, 0] == pytest.approx([0.0, 4.0, 4.0])


@given(quintics, st.floats(-10, 10))
def test_time_above_agrees_with_a_fine_grid(f: Polynomial, level: float) -> None:
    c = joined(f)
    fine = np.linspace(0, 4, 20_001)
    over = curve.value(c, fine) >= level
    # Each crossing moves the count of grid points by one at most; a quintic in five pieces crosses 25 times at most.
    assert above(c, level)[2, 0] == pytest.approx(over.mean() * 4, abs=26 * 4 / 20_000)


# --- peak, turning points, return ---------------------------------------------------------------------------------


@given(st.floats(0.2, 3.8), st.floats(0.1, 5), st.floats(1, 300))
def test_peak_of_a_parabola(day: float, bend: float, top: float) -> None:
    c = joined(Polynomial([top - bend * day**2, 2 * bend * day, -bend]))
    nodes = curve.monotone_nodes(c)
    found, found_day = curve.peak(c, nodes)
    assert found == pytest.approx(top, rel=1e-13, abs=1e-12)
    assert found_day == pytest.approx(day, abs=1e-12 * top / bend + 1e-12)


def test_peak_at_an_end_and_first_of_two() -> None:
    rising = joined(Polynomial([1.0, 1.0]))
    assert curve.peak(rising, curve.monotone_nodes(rising)) == (5.0, 4.0)
    t = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    waves = curve.quintic(t, np.array([0.0, 3, 0, 3, 0]), np.zeros(5), ddy=np.zeros(5))
    assert curve.peak(waves, curve.monotone_nodes(waves)) == (3.0, 1.0)


def test_between_monotone_nodes_the_curve_goes_one_way() -> None:
    t = np.linspace(0, 6, 25)
    c = curve.quintic(t, np.sin(3 * t), 3 * np.cos(3 * t), ddy=-9 * np.sin(3 * t))
    nodes = curve.monotone_nodes(c)
    assert len(nodes) == len(t) + 6
    for left, right in pairwise(nodes):
        steps = np.diff(curve.value(c, np.linspace(left, right, 50)))
        assert np.all(steps >= -1e-14) or np.all(steps <= 1e-14)


def test_return_day_is_after_nine_tenths_of_the_fall() -> None:
    c = hill(NODES, top=24.0)  # 20 to 24 to 20
    nodes = curve.monotone_nodes(c)
    assert curve.return_day(c, nodes, 20.0) == pytest.approx(2 + math.sqrt(3.6), rel=1e-13)
    assert math.isnan(curve.return_day(c, nodes, 5.0))  # not back within the run


def test_return_day_needs_a_rise() -> None:
    falling = joined(Polynomial([12.0, -1.0]))
    assert math.isnan(curve.return_day(falling, curve.monotone_nodes(falling), 12.0))


@given(st.lists(st.floats(5, 200), min_size=6, max_size=6), st.floats(6, 190))
def test_flat_stretches_and_level_nodes_are_no_trouble(values: list[float], level: float) -> None:
    """Nodes that lie on the level, and slopes of exactly zero: the times stay within the run and add up."""
    y = np.array(values)
    y[2] = y[3] = level
    c = curve.quintic(NODES, y, np.zeros(6), ddy=np.zeros(6))
    first, last, days = above(c, level)[:, 0]
    assert 0 <= first <= last <= 4
    assert 0 <= days <= last - first + 1e-12


def broken_shift(c: Floats, x: Floats) -> Floats:
    return c.copy()


def test_the_tests_see_a_curve_that_is_not_moved_to_its_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: after a turning point the polynomial must be taken about the point where the search starts."""
    monkeypatch.setattr(curve, "_shift", broken_shift)
    found = above(hill(np.array([0.0, 3.5])), 4.5)[:, 0]
    assert not np.allclose(found[:2], 2 + np.sqrt(0.5) * np.array([-1, 1]))
