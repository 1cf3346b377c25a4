"""Arms compared: counts that add up, rates and medians as computed by hand, intervals that cover."""

import math
from functools import reduce
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binom
from tests.unit.alike import same

import itp_sim as itp
from itp_sim.comparison import compare
from itp_sim.errors import InputError, UnknownNameError
from itp_sim.histograms import binned, median_interval
from itp_sim.intervals import paired_shares, wilson
from itp_sim.summary import BINS, COUNTED, MEASURES, Summary, summarise

ARMS = {"half": "0.5 g/kg", "one": "1 g/kg", "none": None}
RATES = ("at least 30 by day 7", "at least 50 by day 7", "at least 100 by day 7", "response (iwg)")


@pytest.fixture(scope="module")
def run():
    people = itp.virtual_patients(n=21, seed=2)
    return itp.simulate(people, ARMS, days=16, times=[16], outputs=())


@pytest.fixture(scope="module")
def table(run):
    return itp.response(run)


@pytest.fixture(scope="module")
def compared(run):
    return compare(run)


def column(table, name, arm):
    return table.loc[arm, name].to_numpy()


# --- summaries add up -----------------------------------------------------------------------------------------------


@settings(max_examples=10)
@given(order=st.permutations(range(21)), cuts=st.sets(st.integers(1, 20), max_size=4))
def test_parts_add_up_to_the_whole_in_any_order(run, order, cuts):
    parts = [summarise(run.isel(patient=order[a:b])) for a, b in pairwise([0, *sorted(cuts), 21])]
    whole = summarise(run)
    assert same(reduce(Summary.__add__, parts), whole)
    assert same(reduce(lambda total, part: part + total, reversed(parts)), whole)


counts = arrays(np.int64, (2, 3, 4), elements=st.integers(0, 10**12))


@given(counts, counts, counts)
def test_addition_is_commutative_and_associative(a, b, c):
    def made(x):
        return Summary(("a", "b"), ("r",), int(x[0, 0, 0]), x[0], x[0], x[1], x, x, 7.0, "iwg")

    a, b, c = made(a), made(b), made(c)
    assert same(a + b, b + a)
    assert same((a + b) + c, a + (b + c))
    assert same(a + a.nobody(), a)


@pytest.mark.parametrize(
    "change",
    [
        {"arms": {"a": "0.5 g/kg", "one": "1 g/kg", "none": None}},
        {"days": 17},
        {"definition": "at_least_50"},
    ],
)
def test_summaries_of_other_questions_do_not_add_up(run, change):
    people = itp.virtual_patients(n=1, seed=2)
    asked = {"arms": ARMS, "days": 16} | {key: value for key, value in change.items() if key != "definition"}
    other = summarise(itp.simulate(people, **asked, times=[1], outputs=()), definition=change.get("definition", "iwg"))
    with pytest.raises(
        InputError, match=f"different .*{next(iter(change))}.* do not add up: simulate both with the same"
    ):
        summarise(run) + other


def test_counts_are_whole_numbers_of_all_patients(run):
    summary = summarise(run)
    for name in COUNTED[1:]:
        assert getattr(summary, name).dtype == np.int64
    assert (summary.values.sum(axis=-1) == 21).all()
    # Two that are both not within the run have no difference.
    assert (summary.differences.sum(axis=-1) <= 21).all()
    assert (summary.differences[:, 0].sum(axis=-1) == 21).all()
    assert summary.patients == 21


def test_a_summary_has_no_other_definition_than_its_own(run):
    counted = summarise(run, definition="at_least_50")
    for table in (
        compare(counted),
        compare([counted], definition="at_least_50"),
        compare(run, definition="at_least_50"),
    ):
        assert table.attrs["definition"] == "at_least_50"
    for definition in ("iwg", "at_least_30_and_double"):
        with pytest.raises(InputError, match=f"by the definition 'at_least_50', not '{definition}': .* simulate again"):
            compare(counted, definition=definition)
    with pytest.raises(UnknownNameError, match="did you mean 'iwg'"):
        compare(counted, definition="iwgg")


def test_nobody_cannot_be_compared(run):
    with pytest.raises(InputError, match="no patient"):
        compare(summarise(run).nobody())


@pytest.mark.parametrize("given", [None, 5, "run", [], [1], {"a": 1}])
def test_what_is_no_result_is_refused(given):
    with pytest.raises(InputError, match="cannot be compared"):
        compare(given)


def test_a_definition_that_does_not_exist_is_refused(run):
    with pytest.raises(UnknownNameError, match="did you mean 'iwg'"):
        compare(run, definition="iwgg")


# --- rates ----------------------------------------------------------------------------------------------------------


def by_hand(hits, n, z=1.959963984540054):
    """Wilson 1927, written out."""
    p = hits / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(centre - half, 0.0), min(centre + half, 1.0)


def happened(table, rate, arm):
    if rate == "response (iwg)":
        return column(table, "response", arm) != "NR"
    return column(table, f"day_{rate.split()[2]}", arm) <= 7


@pytest.mark.parametrize("rate", RATES)
def test_rates_and_paired_differences_by_hand(table, compared, rate):
    first = happened(table, rate, "half")
    for arm in ARMS:
        now = happened(table, rate, arm)
        row = compared.loc[(rate, arm)]
        assert row["value"] == now.mean()
        assert (row["low"], row["high"]) == pytest.approx(by_hand(now.sum(), 21), abs=1e-12)
        if arm == "half":
            assert row[["difference", "gained", "lost"]].isna().all()
            continue
        assert row["gained"] == (now & ~first).mean()
        assert row["lost"] == (first & ~now).mean()
        assert row["difference"] == pytest.approx(now.mean() - first.mean(), abs=1e-15)
        b, c = (now & ~first).sum() + 0.5, (~now & first).sum() + 0.5  # Agresti and Min 2005
        half = 1.959963984540054 * math.sqrt(b + c - (b - c) ** 2 / 23) / 23
        expected = ((b - c) / 23 - half, (b - c) / 23 + half)
        assert (row["difference_low"], row["difference_high"]) == pytest.approx(expected, abs=1e-12)


def test_untreated_patients_do_not_respond(compared):
    assert compared.loc[("response (iwg)", "none"), "value"] == 0
    assert compared.loc[("response (iwg)", "none"), "difference"] < 0


def test_the_definition_that_was_asked_for_is_used(run):
    found = compare(run, definition="at_least_50")
    rate = "response (at_least_50)"
    assert found.loc[(rate, "one")].equals(found.loc[("at least 50 by day 7", "one")])
    assert found.attrs["definition"] == "at_least_50"
    assert found.attrs["first_arm"] == "half"
    assert found.attrs["patients"] == 21
    assert found.attrs["source"] == itp.response(run, definition="at_least_50").attrs["source"]


# --- medians --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MEASURES)
def test_medians_are_within_a_bin_of_numpys(table, compared, name):
    width = (MEASURES[name].high or 16) / BINS
    for arm in ARMS:
        x = column(table, name, arm)
        row = compared.loc[(f"median {name}", arm)]
        expected = np.median(np.where(np.isnan(x), np.inf, x))
        if np.isinf(expected):
            assert np.isnan(row["value"])
            continue
        assert row["value"] == pytest.approx(expected, abs=width)
        assert row["unit"] == MEASURES[name].unit
        assert row[["gained", "lost"]].isna().all()
        assert row["low"] <= row["value"]
        assert np.isnan(row["high"]) or row["value"] <= row["high"]
        if arm != "half":
            ours, first = (np.where(np.isnan(y), np.inf, y) for y in (x, column(table, name, "half")))
            known = np.isfinite(ours) | np.isfinite(first)
            expected = np.median(ours[known] - first[known])
            found = row["difference"]
            assert np.isnan(found) if np.isinf(expected) else found == pytest.approx(expected, abs=width)


def test_grams_and_their_difference_are_exact(compared):
    assert compared.loc[("median grams", "half"), "value"] == 35
    assert compared.loc[("median grams", "one"), "difference"] == 35
    assert compared.loc[("median grams", "none"), "value"] == 0


values = st.lists(
    st.one_of(st.floats(0, 100), st.just(math.nan), st.just(100.0), st.just(0.0)), min_size=1, max_size=60
)


@given(values)
def test_the_median_of_any_values_is_numpys(x):
    width = 100 / BINS
    late = np.where(np.isnan(x), np.inf, x)
    counted = binned(late[None] / width, 0, BINS)[0]
    assert counted.sum() == len(x)
    expected = np.median(np.where(np.isnan(x), np.inf, x))
    found, low, high = median_interval(counted, 0.0, width)
    if np.isinf(expected):
        assert np.isnan(found)
    else:
        assert found == pytest.approx(expected, abs=0.5001 * width)
    if len(x) < 6:
        assert np.isnan([low, high]).all()
    for end, side in ((low, -1), (high, 1)):
        if not np.isnan(end + found):
            assert side * (end - found) >= 0


@given(arrays(float, (2, 9), elements=st.floats(0, 100)))
def test_the_median_of_any_differences_is_numpys(pair):
    width = 100 / BINS
    scaled = pair / width
    counted = binned(scaled[1:] - scaled[:1], -BINS, BINS)[0]
    assert counted.sum() == 9
    found = median_interval(counted, -BINS * width, width)[0]
    assert found == pytest.approx(np.median(pair[1] - pair[0]), abs=0.5001 * width)


def test_a_value_beyond_the_scale_is_not_taken_for_its_end():
    counted = binned(np.array([[BINS - 1.0, BINS, BINS + 1.0, np.inf, np.nan]]), 0, BINS)[0]
    assert counted[[-3, -2, -1]].tolist() == [1, 1, 2]
    assert counted.sum() == 4
    assert binned(np.array([[-1.0, 0.0]]), 0, BINS)[0][:2].tolist() == [1, 1]


def test_arms_in_the_other_order_give_the_opposite_difference():
    people = itp.virtual_patients(n=60, seed=3)
    arms = {"one": "1 g/kg", "two": "1 g/kg daily x 2"}
    run = itp.simulate(people, arms, days=24, outputs=())
    there, back = compare(run), compare(run.isel(arm=[1, 0]))
    assert run.return_day.isnull().any()
    for measure in there.index.get_level_values("measure").unique():
        ours, theirs = there.loc[(measure, "two"), "difference"], back.loc[(measure, "one"), "difference"]
        if np.isnan(ours):  # a day that half of those who reach it reach in one arm alone
            assert measure.removeprefix("median ") in {"day_50", "day_100", "return_day"}
            assert np.isnan(theirs)
            continue
        assert ours == pytest.approx(-theirs, abs=0.51), measure
        assert ours == 0 or np.sign(ours) == -np.sign(theirs)


def test_a_value_too_high_to_be_binned_is_refused():
    people = itp.virtual_patients(n=3, seed=3)
    run = itp.simulate(people, "1 g/kg over 48 h daily x 13", days=20, outputs=())
    with pytest.raises(itp.InputError, match=r"hours is up to 624 h, more than the 512 that can be compared"):
        compare(run)


def test_a_count_that_is_always_above_is_above_to_the_end():
    healthy = itp.virtual_patients(n=7, seed=1, platelets=(60, 80))
    found = compare(itp.simulate(healthy, "0.5 g/kg", days=14, times=[14], outputs=()))
    assert found.loc[("median days_above_50", "0.5 g/kg"), "value"] == 14


# --- intervals cover ------------------------------------------------------------------------------------------------


def test_wilson_covers():
    n = 40
    hits = np.arange(n + 1)
    low, high = np.array([wilson(int(k), n) for k in hits]).T
    truths = np.linspace(0.05, 0.95, 91)
    covered = np.array([binom.pmf(hits, n, p)[(low <= p) & (p <= high)].sum() for p in truths])
    assert 0.94 <= covered.mean() <= 0.96
    assert covered.min() > 0.9


@pytest.mark.parametrize(("gained", "lost"), [(0.2, 0.05), (0.05, 0.05), (0.02, 0.1)])
def test_paired_differences_cover(gained, lost):
    n, times = 150, 2000
    drawn = np.random.default_rng(1).multinomial(n, [gained, lost, 1 - gained - lost], size=times)
    ends = np.array([paired_shares(b, c, n)[1:] for b, c, _ in drawn])
    covered = ((ends[:, 0] <= gained - lost) & (gained - lost <= ends[:, 1])).mean()
    assert 0.935 <= covered <= 0.985


@pytest.mark.parametrize("n", [6, 25, 100])
def test_intervals_of_medians_cover(n):
    drawn = np.random.default_rng(2).uniform(0, BINS, size=(1500, n))  # the median is BINS / 2
    counted = binned(drawn, 0, BINS)
    ends = np.array([median_interval(one, 0.0, 1.0)[1:] for one in counted])
    covered = ((ends[:, 0] <= BINS / 2) & (BINS / 2 <= ends[:, 1])).mean()
    assert 0.935 <= covered <= 0.985


# --- one patient ----------------------------------------------------------------------------------------------------


def test_one_patient_is_shown_side_by_side():
    run = itp.simulate(itp.typical_patient(), ARMS, days=14, outputs=())
    found = compare(run, definition="at_least_50")
    assert list(found.columns) == list(ARMS)
    assert found.loc["grams", "one"] == 70
    assert found.loc["response"].tolist() == ["R", "R", "NR"]
    expected = itp.response(run, definition="at_least_50").droplevel("patient").T
    assert found.equals(expected)
    assert found.attrs["definition"] == "at_least_50"


def test_the_summary_of_one_patient_is_a_cohort_of_one():
    run = itp.simulate(itp.typical_patient(), ARMS, days=14, outputs=())
    found = compare(summarise(run))
    assert found.loc[("response (iwg)", "one"), "value"] in {0, 1}
    assert np.isnan(found.loc[("median peak", "one"), "low"])
