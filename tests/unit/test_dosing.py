"""What is infused: no gram is lost or gained, whatever the order, the overlap and the gaps; weights, vials, plans."""

import math
import random
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise, permutations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from itp_sim import RESEARCH_ONLY
from itp_sim.dosing import (
    LATEST,
    SHORTEST,
    Dose,
    Fact,
    Infusion,
    Product,
    RateStep,
    Regimen,
    breakpoints,
    delivered,
    dosing_weight,
    fewest_vials,
    nearest_amount,
    vials_by_tenths,
)
from itp_sim.errors import InputError, UnknownNameError

SIZES = (1.0, 2.5, 5.0, 10.0, 20.0, 40.0)
VIALS = tuple((g, 10 * g) for g in SIZES)
STEPS = (RateStep(1, 30), RateStep(2, 30), RateStep(4, 30), RateStep(8))
PRODUCT = Product("Ten", 0.1, VIALS, STEPS)
BIG = Product("Big", 0.1, ((5, 50), (10, 100), (20, 200)), (RateStep(4),))


def steady(start: float, grams: float, days: float) -> Infusion:
    return Infusion(start, grams, ((days, grams / days),))


def given_before(infusion: Infusion, end: float) -> float:
    """Grams of an infusion before `end`, in exact arithmetic."""
    start, grams = Fraction(infusion.start), Fraction(0)
    for duration, rate in infusion.pieces:
        within = min(max(Fraction(end) - start, Fraction(0)), Fraction(duration))
        grams += within * Fraction(rate)
        start += Fraction(duration)
    return float(grams)


def rate_at(infusions: list[Infusion], t: float) -> float:
    """Total rate at a time that is no event."""
    total = 0.0
    for infusion in infusions:
        start = infusion.start
        for duration, rate in infusion.pieces:
            total += rate if start < t < start + duration else 0.0
            start += duration
    return total


# --- infusions --------------------------------------------------------------------------------------------------------


def test_an_infusion_knows_its_end_and_hours() -> None:
    infusion = Infusion(2, 3, ((0.25, 4), (0.5, 4)))
    assert (infusion.days, infusion.end, infusion.hours) == (0.75, 2.75, 18.0)
    assert all(type(x) is float for x in (infusion.start, infusion.grams, *infusion.pieces[0]))


@pytest.mark.parametrize(
    ("start", "grams", "pieces", "message"),
    [
        (-1.0, 1.0, ((1.0, 1.0),), "start of an infusion is -1 day: "),
        (math.nan, 1.0, ((1.0, 1.0),), "start of an infusion is nan"),
        (LATEST + 1, 1.0, ((1.0, 1.0),), "0 to 40000 day"),
        (0.0, 0.0, ((1.0, 1.0),), "grams of an infusion is 0 g: "),
        (0.0, True, ((1.0, 1.0),), "grams of an infusion is True, not a number"),
        (0.0, 1.0, ((0.0, 1.0), (1.0, 1.0)), "duration of a piece of infusion is 0 day: "),
        (0.0, 1.0, ((1.0, 2.0), (1.0, -1.0)), "rate of a piece of infusion is -1 g/day: "),
        (0.0, 1.0, ((1.0, math.inf),), "rate of a piece of infusion is inf"),
        (0.0, 1.0, (), "takes less than 1e-09 day: give it more hours, or check the amount"),
        (0.0, 1.0, ((0.99e-9, 1 / 0.99e-9),), "takes less than 1e-09 day"),
        (3.0, 1.0, ((1.0, 0.999),), "on day 3 hold 0.999 g, not 1 g: make duration times rate add up to the dose"),
    ],
)
def test_an_infusion_that_cannot_be_is_refused(
    start: float, grams: float, pieces: tuple[tuple[float, float], ...], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        Infusion(start, grams, pieces)


def test_a_pause_is_a_piece_at_no_rate() -> None:
    infusion = Infusion(0.0, 2.0, ((1.0, 1.0), (1.0, 0.0), (1.0, 1.0)))
    assert breakpoints([infusion], 5.0) == ((0.0, 1.0, 2.0, 3.0, 5.0), (1.0, 0.0, 1.0, 0.0))


def test_the_shortest_infusion_is_allowed() -> None:
    assert steady(0.0, 1.0, SHORTEST).days == SHORTEST


def test_the_largest_infusion_is_allowed() -> None:
    assert steady(0.0, 10_000.0, 1.0).grams == 10_000.0
    with pytest.raises(InputError, match="grams of an infusion is 10001"):
        steady(0.0, 10_001.0, 1.0)


def test_values_are_frozen() -> None:
    for value, name in ((steady(0, 1, 1), "grams"), (PRODUCT, "name"), (Dose(0, 1), "day"), (RateStep(1), "minutes")):
        with pytest.raises(AttributeError):
            setattr(value, name, 3)
    for value, name in ((Fact("vials", "label"), "unit"), (Regimen((Dose(0, 1),), PRODUCT), "doses")):
        with pytest.raises(AttributeError):
            setattr(value, name, 3)


def test_the_audit_needs_a_rate_for_each_interval() -> None:
    with pytest.raises(ValueError, match="shorter"):
        delivered((0.0, 1.0, 2.0), (1.0,))


# --- breakpoints ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("infusions", "end", "times", "rates"),
    [
        pytest.param([], 3, (0.0, 3.0), (0.0,), id="no treatment"),
        pytest.param([steady(1, 2, 1)], 3, (0.0, 1.0, 2.0, 3.0), (0.0, 2.0, 0.0), id="one"),
        pytest.param([steady(0, 2, 2), steady(1, 4, 2)], 3, (0.0, 1.0, 2.0, 3.0), (1.0, 3.0, 2.0), id="overlapping"),
        pytest.param([steady(0, 3, 3), steady(1, 4, 1)], 3, (0.0, 1.0, 2.0, 3.0), (1.0, 5.0, 1.0), id="nested"),
        pytest.param([steady(0, 1, 1), steady(1, 4, 2)], 3, (0.0, 1.0, 3.0), (1.0, 2.0), id="back to back, at the end"),
        pytest.param([steady(1, 1, 1), steady(1, 4, 1)], 3, (0.0, 1.0, 2.0, 3.0), (0.0, 5.0, 0.0), id="tied"),
        pytest.param([steady(2, 4, 2)], 3, (0.0, 2.0, 3.0), (0.0, 2.0), id="crossing the end"),
        pytest.param([steady(3, 4, 2), steady(9, 1, 1)], 3, (0.0, 3.0), (0.0,), id="after the end"),
        pytest.param([steady(3 - 5e-10, 4, 2)], 3, (0.0, 3.0), (0.0,), id="starts as good as at the end"),
    ],
)
def test_infusions_add_up(
    infusions: list[Infusion], end: float, times: tuple[float, ...], rates: tuple[float, ...]
) -> None:
    assert breakpoints(infusions, end) == (times, rates)


def test_a_cut_through_a_ramp_keeps_what_ran_in() -> None:
    infusion = Infusion(0.0, 7.0, ((1.0, 1.0), (1.0, 2.0), (1.0, 4.0)))
    assert delivered(*breakpoints([infusion], 2.25)) == pytest.approx(4.0, rel=1e-14)


@pytest.mark.parametrize("gap", [5e-324, 1e-300, 1e-18, 1e-12, 9.9e-10])
def test_events_closer_than_the_shortest_gap_are_one(gap: float) -> None:
    times, rates = breakpoints([steady(0.0, 1.0, 1.0), steady(gap, 3.0, 1.0)], 5.0)
    assert len(times) == 3
    assert times[0] == 0.0
    assert delivered(times, rates) == pytest.approx(4.0, rel=1e-13)


def test_events_at_the_shortest_gap_stay_apart() -> None:
    times, _ = breakpoints([steady(0.0, 1.0, 1.0), steady(1e-9, 3.0, 1.0)], 5.0)
    assert times[:2] == (0.0, 1e-9)


def test_a_chain_of_close_events_does_not_collapse() -> None:
    chain = [steady(i * 0.6e-9, 1.0, 1.0) for i in range(200)]
    times, rates = breakpoints(chain, 2.0)
    assert times[1] == pytest.approx(1.2e-9)
    assert delivered(times, rates) == pytest.approx(200.0, rel=1e-12)


def test_a_part_that_vanishes_leaves_its_grams_to_its_neighbour() -> None:
    tiny = 1e-10
    last = Infusion(0.0, 3.0, ((1.0, 1.0), (tiny, 2.0 / tiny)))
    first = Infusion(0.0, 3.0, ((tiny, 2.0 / tiny), (1.0, 1.0)))
    for infusion in (first, last):
        times, rates = breakpoints([infusion], 5.0)
        assert len(times) == 3
        assert times[1] == pytest.approx(1.0, abs=2e-10)
        assert delivered(times, rates) == pytest.approx(3.0, rel=1e-13)


def test_the_end_of_the_run_is_not_moved() -> None:
    times, rates = breakpoints([steady(0.0, 1.0, 3.0 - 5e-10)], 3.0)
    assert times == (0.0, 3.0)
    assert delivered(times, rates) == pytest.approx(1.0, rel=1e-14)


@pytest.mark.parametrize("start", [0.0, 1.0, 1000.0, 36_500.0, 39_999.0])
def test_the_shortest_infusion_is_delivered_however_late(start: float) -> None:
    times, rates = breakpoints([steady(start, 70.0, SHORTEST)], LATEST)
    assert delivered(times, rates) == pytest.approx(70.0, rel=1e-12)
    assert max(b - a for (a, b), rate in zip(pairwise(times), rates, strict=True) if rate) < 1.1e-9


def test_a_short_infusion_in_pieces_is_delivered_late() -> None:
    times, rates = breakpoints([Infusion(39_999.0, 2.0, ((0.5e-9, 1 / 0.5e-9),) * 2)], LATEST)
    assert len(times) == 4
    assert delivered(times, rates) == pytest.approx(2.0, rel=1e-12)


def test_the_shortest_infusion_is_not_lengthened() -> None:
    assert breakpoints([steady(0.0, 70.0, SHORTEST)], 1.0)[0] == (0.0, SHORTEST, 1.0)


def test_pieces_that_vanish_leave_their_grams_to_the_next() -> None:
    infusion = Infusion(0.0, 3.0, ((0.5e-9, 1 / 0.5e-9), (0.25e-9, 1 / 0.25e-9), (1.0, 1.0)))
    times, rates = breakpoints([infusion], 2.0)
    assert times == (0.0, infusion.end, 2.0)
    assert delivered(times, rates) == pytest.approx(3.0, rel=1e-12)


def test_ten_minute_infusions_in_ten_years_are_all_delivered() -> None:
    daily = [steady(float(day), 1.0, 10 / 1440) for day in range(3650)]
    times, rates = breakpoints(daily, 3650.0)
    assert len(times) == 2 * 3650 + 1
    assert delivered(times, rates) == pytest.approx(3650.0, rel=1e-12)
    assert sum(rate > 0 for rate in rates) == 3650


def test_ten_thousand_random_schedules_lose_nothing() -> None:
    draw = random.Random(4)
    for _ in range(10_000):
        infusions = []
        for _ in range(draw.randint(1, 3)):
            start = draw.choice([0.0, draw.uniform(0, 3650), float(draw.randint(0, 3650)), draw.random() * 1e-8])
            days = draw.choice([10 / 1440, 10 ** draw.uniform(-9, 0.5)])
            infusions.append(steady(start, 10 ** draw.uniform(-3, 2), days))
        total = math.fsum(i.grams for i in infusions)
        assert abs(delivered(*breakpoints(infusions, 3655.0)) - total) <= 1e-10 * total


GAPS = [0.0, 5e-324, 1e-300, 1e-12, 5e-10, 9.99e-10, 1e-9, 1.01e-9, 3e-9, 1e-3]
DAYS = st.floats(0.0, 400.0) | st.sampled_from(GAPS) | st.integers(0, 20).map(float)
START = st.builds(lambda a, b: a + b, DAYS, st.sampled_from(GAPS))
LENGTH = st.floats(1e-9, 3.0) | st.sampled_from([1e-9, 1.5e-9, 10 / 1440, 0.125, 1.0])


@st.composite
def infusion_of(draw: st.DrawFn) -> Infusion:
    pieces = draw(st.lists(st.tuples(LENGTH, st.floats(0.01, 800.0)), min_size=1, max_size=4))
    return Infusion(draw(START), math.fsum(d * r for d, r in pieces), tuple(pieces))


MANY = st.lists(infusion_of(), max_size=6)


@settings(max_examples=200, deadline=None)
@given(MANY, st.floats(1e-9, 500.0) | st.sampled_from([1e-9, 1.0, 400.0]))
@example([steady(2.0, 5.0, 1e-9)], 2.0 + 5e-10)
@example([steady(0.0, 1.0, 1.0), steady(1.0 - 5e-10, 1.0, 1.0)], 1.0)
def test_law_grams_are_conserved(infusions: list[Infusion], end: float) -> None:
    times, rates = breakpoints(infusions, end)
    assert times[0] == 0.0
    assert times[-1] == end
    assert len(rates) == len(times) - 1
    assert all(b - a >= SHORTEST for a, b in pairwise(times))
    assert all(rate >= 0.0 and math.isfinite(rate) for rate in rates)
    counted = [i for i in infusions if end - i.start >= 2e-9]
    at_the_end = math.fsum(given_before(i, end) for i in infusions if i not in counted)
    expected = math.fsum(given_before(i, end) for i in counted)
    slack = 1e-12 * expected + 1e-9
    assert expected - slack <= delivered(times, rates) <= expected + at_the_end + slack


@settings(max_examples=120, deadline=None)
@given(MANY.filter(bool))
def test_law_grams_are_conserved_to_rounding_in_a_long_run(infusions: list[Infusion]) -> None:
    total = math.fsum(i.grams for i in infusions)
    assert delivered(*breakpoints(infusions, 1000.0)) == pytest.approx(total, rel=1e-12)


@settings(max_examples=120, deadline=None)
@given(MANY, st.randoms(use_true_random=False))
def test_law_order_changes_no_bit(infusions: list[Infusion], shuffler: random.Random) -> None:
    shuffled = list(infusions)
    shuffler.shuffle(shuffled)
    assert breakpoints(shuffled, 300.0) == breakpoints(infusions, 300.0)


def test_order_changes_no_bit_where_plain_sums_would() -> None:
    infusions = [steady(0.0, 0.1 * k, 1.0) for k in (1, 2, 3, 7)] + [steady(0.5, 1000.0, 1.0)]
    rates = {breakpoints(order, 2.0)[1] for order in permutations(infusions)}
    assert len(rates) == 1


LONG = st.builds(
    lambda start, pieces: Infusion(start, math.fsum(d * r for d, r in pieces), tuple(pieces)),
    st.floats(0.0, 5.0) | st.integers(0, 5).map(float),
    st.lists(st.tuples(st.floats(0.1, 2.0) | st.just(1.0), st.floats(0.01, 800.0)), min_size=1, max_size=3),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(LONG, max_size=5))
def test_law_the_rate_is_the_sum_of_the_running_infusions(infusions: list[Infusion]) -> None:
    times, rates = breakpoints(infusions, 9.0)
    for (a, b), rate in zip(pairwise(times), rates, strict=True):
        if b - a > 1e-7:
            assert rate == pytest.approx(rate_at(infusions, (a + b) / 2), rel=1e-7, abs=1e-12)


@pytest.mark.parametrize("end", [0.0, 9e-10, -1.0, math.nan, math.inf, LATEST + 1, "42", None, True])
def test_an_end_that_is_no_end_is_refused(end: object) -> None:
    with pytest.raises(InputError, match="end of the run is .*1e-09 to 40000 day$|end of the run is .*, not a number"):
        breakpoints([], end)  # type: ignore[arg-type]


# --- products ---------------------------------------------------------------------------------------------------------


def test_the_ramp_follows_the_label() -> None:
    pieces = PRODUCT.ramp(70.0, 70.0)
    assert [24 * 60 * d for d, _ in pieces] == pytest.approx([30, 30, 30, 98.75])
    assert [rate / 70 / 1.44 for _, rate in pieces] == pytest.approx([1, 2, 4, 8])
    assert math.fsum(d * r for d, r in pieces) == pytest.approx(70.0, rel=1e-14)


@pytest.mark.parametrize(("mg_per_kg", "minutes"), [(15, [15]), (30, [30]), (90, [30, 30]), (90.8, [30, 30, 0.2])])
def test_a_small_dose_ends_on_an_early_step(mg_per_kg: float, minutes: list[float]) -> None:
    assert [1440 * d for d, _ in PRODUCT.ramp(mg_per_kg * 0.05, 50.0)] == pytest.approx(minutes, rel=1e-9)


def test_a_dose_that_all_but_ends_with_a_step_leaves_no_sliver() -> None:
    rate = 1.44  # g a day at 1 mg/kg/min and 1 kg
    assert PRODUCT.ramp((1 / 48 + 0.5e-9) * rate, 1.0) == (pytest.approx((1 / 48 + 0.5e-9, rate)),)
    assert len(PRODUCT.ramp((1 / 48 + 1.5e-9) * rate, 1.0)) == 2


@given(st.floats(0.01, 5.0), st.floats(1.0, 200.0))
def test_law_hours_of_a_dose_per_kg_do_not_depend_on_the_weight(amount: float, weight: float) -> None:
    hours = Regimen((Dose(0, amount),), PRODUCT).hours(weight)
    assert hours == pytest.approx(Regimen((Dose(0, amount),), PRODUCT).hours(70.0), rel=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"concentration": 0.0}, "Ten: concentration is 0"),
        ({"concentration": 0.51}, "Ten: concentration is 0.51"),
        ({"concentration": 100}, "Ten: concentration is 100 g/mL"),
        ({"vials": ()}, "Ten has no vials"),
        ({"vials": ((0.0, 10.0),)}, "content of a vial is 0"),
        ({"vials": ((0.25, 2.5),)}, "0.25 g: give tenths of a gram"),
        ({"vials": ((5.0, 0.0),)}, "volume of a vial is 0"),
        ({"vials": ((5.0, 51.5),)}, "5 g in 51.5 mL is not 0.1 g/mL"),
        ({"vials": ((5.0, 100.0),)}, "5 g in 100 mL is not 0.1 g/mL"),
        ({"steps": ()}, "the last rate step must be held"),
        ({"steps": (RateStep(1, 30),)}, "the last rate step must be held"),
        ({"steps": (RateStep(1), RateStep(2))}, "1 comes before 2: each but the last needs minutes"),
        ({"steps": (RateStep(2, 30), RateStep(2))}, r"2 \(30 min\) comes before 2: .* rates must rise"),
    ],
)
def test_a_product_that_cannot_be_is_refused(change: dict[str, object], message: str) -> None:
    facts = {"name": "Ten", "concentration": 0.1, "vials": VIALS, "steps": STEPS} | change
    with pytest.raises(InputError, match=message):
        Product(**facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rate", "minutes", "message"),
    [(0.0, None, "rate of a step"), (101, None, "rate of a step"), (1, 0, "length of"), (1, 1441, "length of")],
)
def test_a_rate_step_that_cannot_be_is_refused(rate: float, minutes: float | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        RateStep(rate, minutes)


def test_the_ends_of_the_ranges_of_a_product_are_allowed() -> None:
    for concentration in (0.01, 0.5):
        Product("Ends", concentration, ((200.0, 200.0 / concentration), (0.1, 0.1 / concentration)), STEPS)
    assert RateStep(0.01, 0.1) != RateStep(100.0, 1440.0)
    with pytest.raises(InputError, match="content of a vial is 200.1"):
        Product("Ends", 0.1, ((200.1, 2001.0),), STEPS)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: RateStep(0.0), "rate of a step is 0 mg/kg/min: give a number from 0.01 to 100 mg/kg/min"),
        (lambda: RateStep(1, 0), "length of a rate step is 0 min: give a number from 0.1 to 1440 min"),
        (
            lambda: Product("Ten", 0.1, ((0.0, 10.0),), STEPS),
            "Ten: content of a vial is 0 g: give a number from 0.1 to 200 g",
        ),
        (
            lambda: Product("Thin", 0.01, ((200.0, 20_000.5),), STEPS),
            "Thin: volume of a vial is 20000.5 mL: give a number from 0.1 to 20000 mL",
        ),
        (
            lambda: Product("Ten", 0.6, VIALS, STEPS),
            "Ten: concentration is 0.6 g/mL: give a number from 0.01 to 0.5 g/mL",
        ),
        (lambda: dosing_weight(0.4), "weight_kg is 0.4 kg: give a number from 0.5 to 400 kg"),
    ],
)
def test_what_is_refused_is_said_with_its_unit(call: Callable[[], object], said: str) -> None:
    with pytest.raises(InputError) as refused:
        call()
    assert str(refused.value) == said


def test_a_vial_is_as_strong_as_the_product_to_two_per_cent() -> None:
    assert Product("Ten", 0.1, ((5.0, 50.9),), STEPS)
    with pytest.raises(InputError, match="0.1 g in 1.5 mL is not 0.1 g/mL"):
        Product("Ten", 0.1, ((0.1, 1.5),), STEPS)


def test_a_product_says_where_a_fact_was_read() -> None:
    fact = Fact("vials", "label", "g, mL", "PI")
    product = Product("Ten", 0.1, VIALS, STEPS, facts=(fact,))
    assert product.provenance == {"vials": fact}
    assert product == PRODUCT
    assert "facts" not in repr(product)
    assert (product.maximum_rate, hash(product)) == (8.0, hash(PRODUCT))


def test_the_dosing_weight_is_the_actual_one_if_nothing_else_is_asked_for() -> None:
    assert dosing_weight(80.0) == 80.0


# --- doses and regimens -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"amount": 70}, r"dose is 70 g/kg: .* did you mean 70 g\?"),
        ({"amount": 200}, r"did you mean 200 g\?"),
        ({"amount": 5.1}, r"did you mean 5.1 g\?"),
        ({"amount": 201}, r"did you mean mg: 0.201 g/kg\?"),
        ({"amount": 1000}, r"did you mean mg: 1 g/kg\?"),
        ({"amount": 501, "per_kg": False}, r"did you mean mg: 0.501 g\?"),
        ({"amount": 500_000, "per_kg": False}, r"did you mean mg: 500 g\?"),
        ({"amount": 500_001, "per_kg": False}, "the amount of one infusion"),
        ({"amount": 1000, "per_kg": False}, r"dose is 1000 g: .* 500 g; did you mean mg: 1 g\?"),
        ({"amount": 1e7}, "the amount of one infusion"),
        ({"amount": math.inf}, "the amount of one infusion"),
        ({"amount": 0}, "above 0 to 5 g/kg; the amount of one infusion"),
        ({"amount": -1, "per_kg": False}, "above 0 to 500 g"),
        ({"amount": math.nan}, "dose is nan"),
        ({"amount": "1"}, "not a number"),
        ({"amount": 10**400}, "dose is "),
        ({"amount": 1, "per_kg": 1}, "per_kg is 1: give True"),
        ({"amount": 1, "day": -1}, "day of an infusion is -1 day: "),
        ({"amount": 1, "day": 36_501}, "0 to 36500 day"),
        ({"amount": 1, "hours": 0.2}, "length of an infusion is 0.2 h: .* 0.25 to 48 h; hours"),
        ({"amount": 1, "hours": 300}, "hours of one infusion, not minutes"),
    ],
)
def test_a_dose_that_cannot_be_is_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Dose(**{"day": 0, **fields})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "fields", [{"amount": 5}, {"amount": 500, "per_kg": False}, {"amount": 1, "hours": 48, "day": 36_500}]
)
def test_the_ends_of_the_ranges_are_allowed(fields: dict[str, float]) -> None:
    assert Dose(**{"day": 0, **fields})


def test_a_regimen_resolves_each_dose_for_the_patient() -> None:
    regimen = Regimen((Dose(21, 70, False), Dose(0, 1, True, 5), Dose(3, 0.5)), PRODUCT)
    first, second, third = regimen.infusions(80.0)
    assert (first.start, first.grams, first.pieces) == (0.0, 80.0, ((5 / 24, 80.0 / (5 / 24)),))
    assert (second.start, second.grams) == (3.0, 40.0)
    assert second.hours == pytest.approx((90 + 290 / 8) / 60)
    assert (third.start, third.grams) == (21.0, 70.0)
    assert third.hours == pytest.approx((90 + (70_000 / 80 - 210) / 8) / 60)
    assert regimen.total_grams(80.0) == 190.0
    assert regimen.hours(80.0) == (first.hours, second.hours, third.hours)


@pytest.mark.parametrize("weight", [0, 0.4, 401, math.nan, math.inf, "70", None, True])
def test_a_weight_that_nobody_has_is_refused(weight: object) -> None:
    regimen = Regimen((Dose(0, 1),), PRODUCT)
    for call in (regimen.infusions, regimen.total_grams, regimen.hours):
        with pytest.raises(InputError, match="weight_kg"):
            call(weight)  # type: ignore[arg-type]


@pytest.mark.parametrize("weight", [0.5, 400.0])
def test_the_lightest_and_the_heaviest_patient_are_dosed(weight: float) -> None:
    assert Regimen((Dose(0, 1),), PRODUCT).total_grams(weight) == weight


def test_a_dose_too_small_to_run_is_refused() -> None:
    with pytest.raises(InputError, match="takes less than 1e-09 day"):
        Regimen((Dose(0, 1e-12),), PRODUCT).infusions(70.0)


@pytest.mark.parametrize("doses", [(), (Dose(0, 1),) * 1001])
def test_a_regimen_has_one_to_a_thousand_doses(doses: tuple[Dose, ...]) -> None:
    with pytest.raises(InputError, match=f"has {len(doses)} infusions: give 1 to 1000"):
        Regimen(doses, PRODUCT)
    assert len(Regimen((Dose(0, 1),) * 1000, PRODUCT).doses) == 1000


def test_a_regimen_is_made_of_doses() -> None:
    with pytest.raises(InputError, match=r"has '1' for a dose: make it by itp_sim.regimen"):
        Regimen("1 g/kg", PRODUCT)  # type: ignore[arg-type]


@given(st.permutations([Dose(0, 1), Dose(0, 0.5), Dose(0, 1, True, 5), Dose(0, 1, False), Dose(3, 1), Dose(1, 1)]))
def test_law_order_of_the_doses_does_not_matter(doses: list[Dose]) -> None:
    regimen = Regimen(tuple(doses), PRODUCT)
    same = Regimen(tuple(sorted(doses, key=repr)), PRODUCT)
    assert regimen == same
    assert regimen.text == same.text
    assert breakpoints(regimen.infusions(61.3), 42.0) == breakpoints(reversed(same.infusions(61.3)), 42.0)


@pytest.mark.parametrize(
    ("doses", "said"),
    [
        ((Dose(0, 1), Dose(1, 1)), "2 x 1 g/kg = 2 g/kg, 140 g at 70 kg, 3.1 h each (Ten)"),
        ((Dose(0, 1),), "1 g/kg, 70 g at 70 kg, 3.1 h (Ten)"),
        ((Dose(0, 1, True, 5),), "1 g/kg, 70 g at 70 kg, 5 h (Ten)"),
        ((Dose(0, 1), Dose(3, 0.5)), "1 g/kg + 0.5 g/kg = 1.5 g/kg, 105 g at 70 kg, 2.1 to 3.1 h (Ten)"),
        ((Dose(0, 70, False, 5), Dose(9, 70, False, 5)), "2 x 70 g = 140 g, 2 g/kg at 70 kg, 5 h each (Ten)"),
        ((Dose(0, 1, True, 4), Dose(1, 30, False, 4)), "1 g/kg + 30 g = 100 g, 1.43 g/kg at 70 kg, 4 h each (Ten)"),
        ((Dose(0, 0.02),), "0.02 g/kg, 1.4 g at 70 kg, 0.33 h (Ten)"),
        (
            (Dose(0, 1, True, 1),),
            "1 g/kg, 70 g at 70 kg, 1 h, faster than the label's 8 mg/kg/min (Ten)",
        ),
    ],
)
def test_a_regimen_says_its_total_back(doses: tuple[Dose, ...], said: str) -> None:
    regimen = Regimen(doses, PRODUCT)
    assert str(regimen) == said
    assert repr(regimen) == f"<Regimen {regimen.text!r}: {said}>"


def test_running_at_the_label_maximum_is_not_too_fast() -> None:
    assert "faster" not in str(Regimen((Dose(0, 0.48, True, 1),), PRODUCT))  # 8 mg/kg/min
    assert "faster" in str(Regimen((Dose(0, 0.481, True, 1),), PRODUCT))
    assert "faster" in str(Regimen((Dose(0, 1), Dose(1, 1, True, 1), Dose(2, 1, True, 9)), PRODUCT))


# --- dosing weight ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weight", "method", "height", "sex", "expected"),
    [
        (92, "actual", None, None, 92.0),
        (92, "ideal", 152.4, "F", 45.5),
        (92, "ideal", 152.4, "M", 50.0),
        (92, "ideal", 177.8, "M", 73.0),
        (92, "ideal", 170, "F", 45.5 + 2.3 * (170 / 2.54 - 60)),
        (92, "adjusted", 177.8, "M", 73 + 0.4 * 19),
        (92, "Adjusted", 177.8, "male", 73 + 0.4 * 19),
        (92, "adjusted", 177.8, "female", 68.5 + 0.4 * 23.5),
        (60, "ideal", 177.8, "M", 60.0),
        (60, "adjusted", 177.8, "M", 60.0),
    ],
)
def test_dosing_weight(weight: float, method: str, height: float | None, sex: str | None, expected: float) -> None:
    found = dosing_weight(weight, method=method, height_cm=height, sex=sex)
    assert found == pytest.approx(expected, rel=1e-12)


@given(st.floats(30, 300), st.floats(152.4, 220), st.sampled_from("FM"))
def test_law_ideal_adjusted_actual_in_this_order(weight: float, height: float, sex: str) -> None:
    ideal, adjusted = (dosing_weight(weight, method=m, height_cm=height, sex=sex) for m in ("ideal", "adjusted"))
    assert 0 < ideal <= adjusted + 1e-9
    assert adjusted <= weight


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"height_cm": None}, "adjusted weight needs height_cm:"),
        ({"sex": None}, "adjusted weight needs sex:"),
        ({"sex": None, "height_cm": None}, "needs height_cm and sex: .* use dosing_weight='actual'"),
        ({"height_cm": 150}, "152.4 to 250 cm; Devine's formula starts at 152.4 cm"),
        ({"height_cm": 1.7}, "height_cm is 1.7 cm"),
        ({"weight_kg": 0}, "weight_kg is 0"),
        ({"sex": "X"}, "no sex 'X': choose from M, F"),
        ({"method": "lean"}, "no dosing weight 'lean'"),
        ({"method": 3}, "dosing weight is 3, not a name"),
    ],
)
def test_a_dosing_weight_that_cannot_be_is_refused(changes: dict[str, object], message: str) -> None:
    asked = {"weight_kg": 92, "method": "adjusted", "height_cm": 170, "sex": "F"} | changes
    with pytest.raises(InputError, match=message):
        dosing_weight(asked.pop("weight_kg"), **asked)  # type: ignore[arg-type]


# --- vials ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("grams", "sizes", "expected"),
    [
        (70.0, SIZES, ((1, 40.0), (1, 20.0), (1, 10.0))),
        (70.00000000001, SIZES, ((1, 40.0), (1, 20.0), (1, 10.0))),
        (70.1, (5, 10, 20), ((3, 20.0), (1, 10.0), (1, 5.0))),
        (0.1, (5, 10, 20), ((1, 5.0),)),
        (6.0, (2, 3), ((2, 3.0),)),
        (6.0, (1, 3, 4), ((2, 3.0),)),
        (3.0, (2, 5), ((2, 2.0),)),
        (80.0, SIZES, ((2, 40.0),)),
        (0.3, (0.3, 0.5), ((1, 0.3),)),
    ],
)
def test_fewest_vials(grams: float, sizes: tuple[float, ...], expected: tuple[tuple[int, float], ...]) -> None:
    assert fewest_vials(grams, sizes) == expected


SETS = st.lists(st.sampled_from([1.0, 2.0, 2.5, 3.0, 5.0, 6.0, 10.0, 20.0, 30.0]), min_size=1, max_size=5, unique=True)


@settings(max_examples=150, deadline=None)
@given(st.floats(0.5, 120.0), SETS)
def test_law_vials_hold_the_dose_and_one_less_would_not(grams: float, sizes: list[float]) -> None:
    vials = fewest_vials(grams, sizes)
    needed, tenths = vials_by_tenths(grams, sizes)
    assert needed[math.ceil(10 * grams / tenths - 1e-6)] == sum(n for n, _ in vials)
    held = sum(n * size for n, size in vials)
    assert grams - 1e-6 <= held < grams + min(sizes)
    assert all(held - size < grams for _, size in vials)
    assert [size for _, size in vials] == sorted((size for _, size in vials), reverse=True)


@settings(max_examples=150, deadline=None)
@given(st.floats(0.5, 120.0), SETS)
def test_law_the_nearest_amount_is_near_and_can_be_made(grams: float, sizes: list[float]) -> None:
    if grams <= min(sizes) / 2:
        with pytest.raises(InputError, match="would be rounded to nothing"):
            nearest_amount(grams, sizes)
        return
    amount = nearest_amount(grams, sizes)
    assert abs(amount - grams) <= min(sizes) / 2
    assert sum(n * size for n, size in fewest_vials(amount, sizes)) == pytest.approx(amount, rel=1e-12)


@pytest.mark.parametrize(
    ("grams", "sizes", "amount"),
    [(73.66, SIZES, 73.5), (72.5, (5, 10), 70.0), (72.6, (5, 10), 75.0), (7.4, (3, 5), 8.0), (2.6, (5,), 5.0)],
)
def test_nearest_amount(grams: float, sizes: tuple[float, ...], amount: float) -> None:
    assert nearest_amount(grams, sizes) == amount


# --- plans ------------------------------------------------------------------------------------------------------------


def test_a_plan_is_arithmetic_from_weight_to_vials() -> None:
    regimen = Regimen((Dose(0, 1), Dose(1, 1)), PRODUCT)
    plan = regimen.plan(weight_kg=92, height_cm=170, sex="F", dosing_weight="adjusted", round_to="vial")
    kg = dosing_weight(92, method="adjusted", height_cm=170, sex="F")
    assert plan.index.tolist() == [1, 2]
    assert plan.day.tolist() == [0.0, 1.0]
    assert plan.grams.tolist() == [73.5, 73.5]
    assert plan.vials[1] == "1 x 40 g + 1 x 20 g + 1 x 10 g + 1 x 2.5 g + 1 x 1 g"
    assert plan.left_over_g.tolist() == [0.0, 0.0]
    assert plan.mL.tolist() == pytest.approx([735.0, 735.0])
    assert plan.hours[2] == pytest.approx((90 + (73_500 / kg - 210) / 8) / 60)
    assert plan.max_rate_mg_per_kg_min.tolist() == pytest.approx([8.0, 8.0])
    assert plan.max_rate_mL_per_h[1] == pytest.approx(8 * kg * 60 / 1000 / 0.1)
    assert plan.label_max_rate_mg_per_kg_min.tolist() == [8.0, 8.0]
    assert plan.attrs == {
        "regimen": "1 g/kg daily x 2",
        "product": "Ten",
        "indicated_in_itp": None,
        "total_grams": 147.0,
        "dosing_weight": "adjusted",
        "dosing_weight_kg": kg,
        "weight_kg": 92.0,
        "round_to": "vial",
        "notice": RESEARCH_ONLY,
    }


@pytest.mark.parametrize(
    ("round_to", "grams", "vials", "left"),
    [
        (None, 72.4, "3 x 20 g + 1 x 10 g + 1 x 5 g", 2.6),
        ("vial", 70.0, "3 x 20 g + 1 x 10 g", 0.0),
        (5, 70.0, "3 x 20 g + 1 x 10 g", 0.0),
        (0.5, 72.5, "3 x 20 g + 1 x 10 g + 1 x 5 g", 2.5),
    ],
)
def test_rounding(round_to: float | str | None, grams: float, vials: str, left: float) -> None:
    row = Regimen((Dose(0, 1),), BIG).plan(weight_kg=72.4, round_to=round_to).loc[1]
    assert (row.grams, row.vials) == (grams, vials)
    assert row.left_over_g == pytest.approx(left)
    assert row.hours == pytest.approx(grams / 72.4 * 1000 / 4 / 60)


def test_rounding_to_grams_goes_up_from_the_middle() -> None:
    assert Regimen((Dose(0, 52.5, False),), BIG).plan(weight_kg=70, round_to=5).grams[1] == 55.0
    assert Regimen((Dose(0, 57.5, False),), BIG).plan(weight_kg=70, round_to=5).grams[1] == 60.0


@pytest.mark.parametrize(("step", "grams"), [(0.1, 72.4), (100, 100.0)])
def test_the_finest_and_the_coarsest_rounding(step: float, grams: float) -> None:
    assert Regimen((Dose(0, 1),), BIG).plan(weight_kg=72.41, round_to=step).grams[1] == pytest.approx(grams)


@pytest.mark.parametrize("step", [0.09, 100.1])
def test_rounding_out_of_range_is_refused(step: float) -> None:
    with pytest.raises(InputError, match="0.1 to 100 g"):
        Regimen((Dose(0, 1),), BIG).plan(weight_kg=70, round_to=step)


def test_hours_that_were_asked_for_stay() -> None:
    row = Regimen((Dose(0, 1, True, 5),), BIG).plan(weight_kg=72.4, round_to=5).loc[1]
    assert row.hours == pytest.approx(5.0)
    assert row.max_rate_mg_per_kg_min == pytest.approx(70_000 / 72.4 / 300)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"round_to": "vials"}, "no rounding 'vials': did you mean 'vial'?"),
        ({"round_to": 0}, 'round_to is 0 g: .* or "vial", or None'),
        ({"round_to": True}, "round_to is True"),
        ({"round_to": [5]}, "round_to is "),
        ({"round_to": "vial", "weight_kg": 2}, "2 g would be rounded to nothing: .* the smallest vial, 5 g"),
        ({"round_to": 5, "weight_kg": 2}, "rounded to nothing: .* 5 g; use round_to=None"),
        ({"weight_kg": -1}, "weight_kg is -1"),
        ({"dosing_weight": "ideal"}, "needs height_cm and sex"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(asked: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Regimen((Dose(0, 1),), BIG).plan(**{"weight_kg": 70, **asked})  # type: ignore[arg-type]


def test_an_unknown_rounding_is_an_unknown_name() -> None:
    with pytest.raises(UnknownNameError):
        Regimen((Dose(0, 1),), BIG).plan(weight_kg=70, round_to="nearest")


@pytest.mark.parametrize(
    ("doses", "said"),
    [
        ((Dose(0, 70, False, 5),), "70 g, 1 g/kg at 70 kg, 5 h (Ten)"),
        ((Dose(0, 70, False, 12.5), Dose(3, 70, False, 12.5)), "2 x 70 g = 140 g, 2 g/kg at 70 kg, 12.5 h each (Ten)"),
        (
            (Dose(0, 1, True, 4), Dose(3, 1, True, 8), Dose(9, 1, True, 12)),
            "3 x 1 g/kg = 3 g/kg, 210 g at 70 kg, 4 to 12 h (Ten)",
        ),
        ((Dose(0, 0.5, True, 0.75),), "0.5 g/kg, 35 g at 70 kg, 0.75 h, faster than the label's 8 mg/kg/min (Ten)"),
    ],
)
def test_a_regimen_says_grams_and_hours_in_full(doses: tuple[Dose, ...], said: str) -> None:
    assert str(Regimen(doses, PRODUCT)) == said


def test_the_rows_of_a_plan_are_counted_as_infusions() -> None:
    plan = Regimen((Dose(0, 1), Dose(3, 0.5)), PRODUCT).plan(weight_kg=70)
    assert (plan.index.name, plan.index.tolist()) == ("infusion", [1, 2])
