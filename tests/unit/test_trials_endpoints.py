"""Endpoints as trials define them, on counts written by hand, on dense exact counts, and against SciPy."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import CensoredData, binomtest, ecdf

import itp_sim as itp
from itp_sim.trials import defaults, load_trial, observed, simulated
from itp_sim.trials.design import ANY, Among, Criterion, Endpoint, Published
from itp_sim.trials.endpoints import kaplan_meier, sample, value
from itp_sim.trials.run import Course

TRIALS = Path(__file__).parents[1] / "data" / "trials"
MADE_UP = load_trial(TRIALS / "made_up.toml")
VISITS = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0)
#: Four patients: one who never rises, one who rises and falls, one who stays, one who rises late.
COUNTS = np.array(
    [
        [10.0, 12, 11, 10, 14, 10],
        [10.0, 30, 70, 110, 40, 20],
        [20.0, 50, 50, 90, 120, 60],
        [60.0, 40, 20, 40, 80, 100],
    ]
)
IGG = np.array([[10.0, 30, 25, 20, 15, 12]] * 4) * np.array([[1.0], [1.1], [0.9], [2.0]])


def endpoint(kind: str, criterion: Criterion = ANY, **more) -> Endpoint:
    given = {"key": "k", "title": "t", "role": "validate", "arms": ("low",), "published": Published(value=1.0)}
    return Endpoint(**given | {"kind": kind, "criterion": criterion, "until": VISITS[-1]} | more)


def read(one: Endpoint, *others: Endpoint, counts: np.ndarray = COUNTS) -> float:
    trial = replace(
        MADE_UP,
        measurement=replace(MADE_UP.measurement, visits=VISITS),
        endpoints={"k": one, **{other.key: other for other in others}},
    )
    return value(one, trial, sample(one, trial, {"low": Course(counts, IGG), "high": Course(counts[1:3], IGG[1:3])}))


AT_50 = Criterion(at_least=50)
ABOVE_50 = Criterion(at_least=50, strict=True)
DOUBLE = Criterion(at_least=50, multiple=2)


@pytest.mark.parametrize(
    ("criterion", "when", "percent"),
    [
        (AT_50, {"day": 2}, 50),
        (ABOVE_50, {"day": 2}, 25),
        (DOUBLE, {"day": 2}, 50),
        (Criterion(at_least=50, multiple=3), {"day": 2}, 25),
        (AT_50, {"day": 8}, 50),
        (AT_50, {"by": 4}, 50),
        (AT_50, {"by": 8}, 75),
        (DOUBLE, {"by": 15}, 50),
        (AT_50, {"by": 8, "confirm_after": 7}, 50),  # the second patient has fallen again
        (AT_50, {"by": 4, "confirm_after": 3}, 25),
        (AT_50, {"by": 2, "confirm_after": 2}, 50),
        (AT_50, {"by": 4, "confirm_after": 14}, 25),  # day 1 and day 15
        (AT_50, {"by": 15, "confirm_after": 14.5}, 0),
        (AT_50, {"day": 4, "confirm_after": 4}, 25),
    ],
)
def test_response(criterion: Criterion, when: dict[str, float], percent: float) -> None:
    assert read(endpoint("response", criterion, **when)) == percent


def test_response_of_both_arms_together() -> None:
    assert read(endpoint("response", AT_50, day=2, arms=("low", "high"))) == pytest.approx(100 * 4 / 6)


def test_response_among_those_who_did_or_did_not_respond_before() -> None:
    before = endpoint("response", Criterion(at_least=60), day=2, key="before")
    late = {"kind": "response", "criterion": AT_50, "day": 15}
    assert read(endpoint(**late, among=Among(endpoint="before")), before) == 0
    assert read(endpoint(**late, among=Among(endpoint="before", met=False)), before) == pytest.approx(200 / 3)
    nobody = endpoint("response", Criterion(at_least=500), day=2, key="before")
    assert np.isnan(read(endpoint(**late, among=Among(endpoint="before")), nobody))


@pytest.mark.parametrize(
    ("kind", "more", "expected"),
    [
        ("count", {"statistic": "mean", "day": 4}, 62.5),
        ("count", {"statistic": "median", "day": 4}, 65),
        ("count", {"statistic": "mean", "day": 0}, 25),
        ("rise", {"statistic": "mean", "day": 4}, 37.5),
        ("rise", {"statistic": "median", "day": 2}, 15.5),
        ("peak", {"statistic": "mean"}, (14 + 110 + 120 + 100) / 4),
        ("peak", {"statistic": "median", "until": 4}, (40 + 90) / 2),
        ("highest", {"statistic": "mean"}, 63.5),
        ("highest", {"statistic": "median"}, 65),
        ("peak_day", {"statistic": "mean"}, (8 + 4 + 8 + 15) / 4),
        ("peak_day", {"statistic": "mean", "of": "curve"}, 8),
        ("peak_day", {"statistic": "median", "of": "curve"}, 4),
        ("peak_day", {"statistic": "mean", "of": "curve", "until": 4}, 4),
        ("igg", {"statistic": "mean", "day": 1}, 30 * 1.25),
        ("igg_change", {"statistic": "median", "day": 15}, 2 * 1.05),
        ("igg_change", {"statistic": "mean", "day": 15, "relative": True}, 20),
        ("igg_peak", {"statistic": "median"}, 30 * 1.05),
    ],
)
def test_counts_peaks_and_igg(kind: str, more: dict, expected: float) -> None:
    assert read(endpoint(kind, **more)) == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["elapsed", "igg_low"])
def test_a_kind_that_nothing_reads_is_an_error(kind: str) -> None:
    with pytest.raises(itp.InputError, match=f"no way to read .* kind '{kind}': choose from response, count"):
        read(endpoint(kind))


def test_the_untreated_count_is_no_peak() -> None:
    falling = np.array([[90.0, 40, 30, 20, 10, 10]])
    assert read(endpoint("peak", statistic="mean"), counts=falling) == 40
    assert read(endpoint("peak_day", statistic="mean"), counts=falling) == 1


@pytest.mark.parametrize(
    ("criterion", "more", "expected"),
    [
        (AT_50, {"statistic": "median"}, 5),  # 1, 2, 8 and never: the middle of 2 and 8
        (AT_50, {"statistic": "mean"}, (1 + 2 + 8 + 15) / 4),
        (AT_50, {"statistic": "mean", "until": 4}, (1 + 2 + 4 + 4) / 4),
        (AT_50, {"statistic": "median", "until": 4}, 2),
        (AT_50, {"statistic": "mean", "among": Among()}, 11 / 3),
        (AT_50, {"statistic": "mean", "among": Among(), "until": 4}, 1.5),
        (ABOVE_50, {"statistic": "median", "among": Among()}, 4),
        (Criterion(at_least=110), {"statistic": "median"}, 8),
        (Criterion(at_least=115), {"statistic": "median"}, np.inf),
        (AT_50, {"statistic": "mean", "among": Among(), "between": "lines"}, (1.5 + 1 + 5) / 3),
        (DOUBLE, {"statistic": "mean", "among": Among(), "between": "lines"}, (1.5 + 1) / 2),
    ],
)
def test_time_to(criterion: Criterion, more: dict, expected: float) -> None:
    assert read(endpoint("time_to", criterion, **more)) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("criterion", "more", "expected"),
    [
        # From 2 to 8; from 1 and from 8, still there at the end.
        (AT_50, {"statistic": "mean"}, 6 / 3 + (14 * 2) / 3),
        (AT_50, {"statistic": "median", "by": 2}, 6),
        (AT_50, {"statistic": "mean", "by": 2}, (6 + 14) / 2),
        (AT_50, {"statistic": "median", "among": Among(endpoint="before")}, 6),
        (AT_50, {"statistic": "median", "by": 2, "until": 4}, np.inf),
        (AT_50, {"statistic": "mean", "by": 2, "until": 4}, 3),  # nobody has fallen: all that is known
        # Straight lines: up through 50 on day 1.5, down on 4 + 4 * 60 / 70.
        (AT_50, {"statistic": "mean", "by": 2, "between": "lines"}, (4 + 240 / 70 - 1.5 + 14) / 2),
        (Criterion(at_least=100), {"statistic": "median"}, (4 + 7) / 2),
    ],
)
def test_duration(criterion: Criterion, more: dict, expected: float) -> None:
    before = endpoint("response", Criterion(at_least=60), day=2, key="before")
    # The patient who is at 60 untreated reaches 50 only when it is seen after day 0.
    assert read(endpoint("duration", criterion, **more), before) == pytest.approx(expected)


@pytest.mark.parametrize(("until", "days"), [(4, 2.5 + 3 + 0.5), (15, 2.5 + 240 / 70 + 14 + 0.5 + 10)])
def test_days_above(until: float, days: float) -> None:
    # The last patient is above 50 for half of day 0 to 1, and from day 5 on; the first never.
    assert read(endpoint("days_above", AT_50, statistic="mean", until=until)) == pytest.approx(days / 4)


def test_days_above_a_count_that_stays() -> None:
    still = np.full((1, 6), 50.0)
    assert read(endpoint("days_above", AT_50, statistic="mean"), counts=still) == 15
    assert read(endpoint("days_above", ABOVE_50, statistic="mean"), counts=still) == 0


# --- Kaplan-Meier ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(20))
def test_kaplan_meier_is_scipys(seed: int) -> None:
    draw = np.random.default_rng(seed)
    times = draw.integers(1, 9, size=(1, 25)).astype(float)
    seen = draw.random((1, 25)) < 0.7
    curve = ecdf(CensoredData(uncensored=times[seen], right=times[~seen])).sf
    half = np.flatnonzero(curve.probabilities <= 0.5 + 1e-12)
    found = kaplan_meier(times, seen, "median")[0]
    if not len(half):
        assert found == np.inf
    elif abs(curve.probabilities[half[0]] - 0.5) > 1e-9:
        assert found == curve.quantiles[half[0]]
    else:
        assert curve.quantiles[half[0]] <= found
    ends = np.concatenate([[0.0], curve.quantiles])
    area = (np.diff(ends) * np.concatenate([[1.0], curve.probabilities[:-1]])).sum()
    assert kaplan_meier(times, seen, "mean")[0] == pytest.approx(area)


@pytest.mark.parametrize("n", [1, 2, 3, 8, 25])
def test_without_censoring_they_are_median_and_mean(n: int) -> None:
    draw = np.random.default_rng(n)
    times = draw.integers(1, 9, size=(40, n)).astype(float)
    seen = np.ones((40, n), dtype=bool)
    assert kaplan_meier(times, seen, "median") == pytest.approx(np.median(times, axis=1))
    assert kaplan_meier(times, seen, "mean") == pytest.approx(times.mean(axis=1))


# --- exact counts on many days approach the read-outs of a run ------------------------------------------------------


@pytest.fixture(scope="module")
def dense():
    """Every half day, without noise; and the same patients read on the solution itself."""
    visits = tuple(np.arange(0, 28.5, 0.5).tolist())
    how = replace(MADE_UP.measurement, visits=visits, cv=0.0, round_to=0.0, floor=0.0)
    trial = replace(MADE_UP, measurement=how, arms={"high": replace(MADE_UP.arms["high"], assign={})})
    people = itp.virtual_patients("adult_chronic", 200, 1, platelets=(None, 20), typical={"P0": 10})
    run = itp.simulate(people, itp.regimen("1 g/kg daily x 2", product="Privigen"), days=28)
    return trial, itp.response(run, definition="at_least_50")


@pytest.mark.parametrize(
    ("asked", "column", "within"),
    [
        (endpoint("peak", statistic="mean"), "peak", 0.5),
        (endpoint("time_to", AT_50, statistic="mean", among=Among(), between="lines"), "day_50", 0.05),
        (endpoint("time_to", AT_50, statistic="mean", among=Among()), "day_50", 0.5),
        (endpoint("days_above", AT_50, statistic="mean"), "days_above_50", 0.05),
        (endpoint("peak_day", statistic="mean"), "peak_day", 0.3),
    ],
)
def test_dense_exact_counts_approach_the_read_outs(dense, asked: Endpoint, column: str, within: float) -> None:
    trial, table = dense
    found = simulated(replace(trial, endpoints={"k": replace(asked, arms=("high",), until=28.0)}), n=200, seed=1)["k"]
    assert found == pytest.approx(table[column].mean(), abs=within)


def test_dense_exact_counts_give_the_response_of_the_definition(dense) -> None:
    trial, table = dense
    asked = endpoint("response", AT_50, by=7.0, until=28.0, arms=("high",))
    found = simulated(replace(trial, endpoints={"k": asked}), n=200, seed=1)["k"]
    assert found == pytest.approx(100 * (table["response"] == "R").mean(), abs=1)


def test_to_confirm_never_raises_a_rate() -> None:
    kept = {key: one for key, one in MADE_UP.endpoints.items() if one.kind == "response" and one.among is None}
    with_, without = (
        replace(MADE_UP, endpoints={key: replace(one, confirm_after=after) for key, one in kept.items()})
        for after in (7.0, None)
    )
    confirmed, plain = (simulated(trial, n=300, seed=1) for trial in (with_, without))
    assert all(confirmed[key] <= plain[key] for key in kept)
    assert confirmed["confirmed"] < plain["confirmed"]


# --- what was published ---------------------------------------------------------------------------------------------

MARGINS = defaults().margins


def published(kind: str = "response", **given):
    return observed(endpoint(kind, published=Published(**given), statistic="mean"), MARGINS)


def test_the_printed_interval_comes_first() -> None:
    assert published(value=80.7, interval=(69.2, 89.3), n=57, x=46) == (80.7, 69.2, 89.3, "printed")


def test_a_share_has_wilsons_interval() -> None:
    ends = binomtest(4, 19).proportion_ci(method="wilson")
    found = published(x=4, n=19)
    assert found[:3] == pytest.approx((100 * 4 / 19, 100 * ends.low, 100 * ends.high))
    assert found.origin == "Wilson, 4 of 19"
    assert published(value=21.1, n=19)[1:3] == pytest.approx(found[1:3])
    assert published(value=21.1).origin == "margin"
    assert published(value=90.0)[1:3] == (75.0, 100.0)


def test_a_mean_with_its_sd_has_students_interval() -> None:
    # 2.306 is Student's 97.5% point of 8 degrees of freedom.
    assert published("count", value=46.0, sd=26.0, n=9)[1:3] == pytest.approx(
        (46 - 2.306 * 26 / 3, 46 + 2.306 * 26 / 3), rel=1e-4
    )
    assert published("count", value=46.0, n=9)[1:] == (34.5, 57.5, "margin")


def test_bounds_have_an_open_end() -> None:
    low, high = published("duration", at_least=7.0), published("time_to", at_most=2.5)
    assert low == (7.0, 7.0, np.inf, "bound")
    assert low.holds(7.0) and low.holds(1e9) and not low.holds(6.9) and not low.holds(float("nan"))
    assert high == (2.5, -np.inf, 2.5, "bound")
    assert high.holds(0.0) and not high.holds(np.inf)


def test_a_negative_value_has_its_margin_on_both_sides() -> None:
    assert published("igg_change", value=-50.0)[1:3] == (-62.5, -37.5)
