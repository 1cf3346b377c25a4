"""Sizes of trials: the closed forms where there are any, the tests against SciPy's, and what cannot be asked."""

from math import inf, sqrt

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2_contingency, norm

import itp_sim as itp
from itp_sim.errors import InputError, UnknownNameError
from itp_sim.summary import BINS, MEASURES, Summary
from itp_sim.trial_size import _rates

PATIENTS = 1000
RATE = "at least 50 by day 7"


def summary(first: int, other: int, shift: float = 0.0) -> Summary:
    """Two arms of 1000 patients with so many events, and normal days above 50 that are `shift` deviations apart."""
    values = np.zeros((2, len(MEASURES), BINS + 3), dtype=np.int64)
    deviates = norm.ppf((np.arange(PATIENTS) + 0.5) / PATIENTS)
    for arm, middle in enumerate((0.0, shift)):
        for measure in range(len(MEASURES)):
            bins = np.round(BINS / 2 + 500 * (deviates + middle)).astype(int)
            values[arm, measure] = np.bincount(bins, minlength=BINS + 3)
    hits = np.array([[first], [other]])
    return Summary(("a", "b"), (RATE,), PATIENTS, hits, 0 * hits, 0 * hits, values, values, 42.0, "iwg")


def closed(p1: float, p2: float, *, power: float, alpha: float, margin: float | None = None) -> float:
    """Patients per arm: Fleiss 1981 for the chi-square test without correction; Blackwelder 1982 with a margin."""
    za, zb = norm.ppf(1 - alpha / 2), norm.ppf(power)
    apart = p1 * (1 - p1) + p2 * (1 - p2)
    if margin is not None:
        return float((za + zb) ** 2 * apart / (p1 - p2 + margin) ** 2)
    both = (p1 + p2) / 2
    return float((za * sqrt(2 * both * (1 - both)) + zb * sqrt(apart)) ** 2 / (p1 - p2) ** 2)


@pytest.mark.parametrize(
    ("hits", "power", "alpha", "margin"),
    [
        ((760, 820), 0.8, 0.05, None),
        ((820, 760), 0.9, 0.01, None),
        ((460, 630), 0.8, 0.05, None),
        ((760, 820), 0.8, 0.05, 0.1),
        ((800, 800), 0.9, 0.05, 0.1),
        ((650, 600), 0.8, 0.1, 0.05),
    ],
)
def test_rates_need_what_the_closed_forms_say(
    hits: tuple[int, int], power: float, alpha: float, margin: float | None
) -> None:
    found = itp.trial_size(summary(*hits), "50 by day 7", power=power, alpha=alpha, margin=margin)
    row = found.loc[(RATE, "b")]
    expected = closed(hits[0] / PATIENTS, hits[1] / PATIENTS, power=power, alpha=alpha, margin=margin)
    # The forms are approximate themselves, by a few per cent.
    assert row["per_arm"] == pytest.approx(expected, rel=0.03, abs=3 * row["per_arm_error"] + 2)
    assert abs(row["power"] - power) < 4 * row["power_error"] + 0.01
    assert row["power_error"] == pytest.approx(sqrt(row["power"] * (1 - row["power"]) / 10_000))
    assert (row["first"], row["value"]) == (hits[0] / PATIENTS, hits[1] / PATIENTS)


def drawn(seed: int, patients: int = 1000) -> Summary:
    """A cohort of other patients by seed, each of whom is in both arms; what happens in the two goes together."""
    draw = np.random.default_rng(seed)
    one = draw.normal(size=patients)
    other = 0.6 * one + 0.8 * draw.normal(size=patients) + 0.4
    values = np.zeros((2, len(MEASURES), BINS + 3), dtype=np.int64)
    differences = np.zeros((2, len(MEASURES), 2 * BINS + 3), dtype=np.int64)
    for arm, values_of_arm in enumerate((one, other)):
        values[arm, :] = np.bincount(np.round(BINS / 2 + 500 * values_of_arm).astype(int), minlength=BINS + 3)
        apart = np.round(BINS + 500 * (values_of_arm - one)).astype(int)
        differences[arm, :] = np.bincount(apart, minlength=2 * BINS + 3)
    events = np.stack([one > -0.5, other > -0.4])[:, None]
    gained, lost = ((a & ~b).sum(axis=2) for a, b in ((events, events[:1]), (events[:1], events)))
    return Summary(("a", "b"), (RATE,), patients, events.sum(axis=2), gained, lost, values, differences, 42.0, "iwg")


def test_the_error_holds_that_the_virtual_patients_are_only_so_many() -> None:
    for name, seeds in ((RATE, 25), ("days_above_50", 12)):
        found = pd.concat([itp.trial_size(drawn(seed), name, trials=1000) for seed in range(seeds)])
        spread, said = found["per_arm"].std(), found["per_arm_error"].median()
        assert spread / 2 < said < spread * 2
    # Ten times as many patients tell the size better.
    few, many = (itp.trial_size(drawn(0, n), RATE)["per_arm_error"].item() for n in (1000, 10_000))
    assert many < 0.6 * few


@pytest.mark.parametrize("shift", [0.4, 0.8])
def test_ranks_need_what_noether_says(shift: float) -> None:
    row = itp.trial_size(summary(500, 500, shift), "days_above_50").loc[("days_above_50", "b")]
    better = norm.cdf(shift / sqrt(2))  # a patient of this arm over one of the first
    expected = (norm.ppf(0.975) + norm.ppf(0.8)) ** 2 / (6 * (better - 0.5) ** 2)  # Noether 1987, for equal arms
    assert row["per_arm"] == pytest.approx(expected, rel=0.06, abs=3 * row["per_arm_error"] + 2)
    assert row["test"] == "rank sum"


def test_the_test_of_rates_is_pearsons() -> None:
    positive = _rates(summary(300, 500), RATE, 1, alpha=0.05, margin=None)[2]
    found = positive(40, 60, np.random.default_rng(3))
    draw = np.random.default_rng(3)
    ours, theirs = (draw.binomial(40, p, size=60) for p in (0.3, 0.5))
    tables = [[[a, 40 - a], [b, 40 - b]] for a, b in zip(ours, theirs, strict=True)]
    assert found.tolist() == [chi2_contingency(one, correction=False).pvalue < 0.05 for one in tables]
    assert 0 < found.sum() < 60


def test_what_no_trial_can_show_is_infinite() -> None:
    same = itp.trial_size(summary(500, 500), "50 by day 7", trials=1000)
    worse = itp.trial_size(summary(500, 650), "50 by day 7", margin=0.1, trials=1000)
    assert same["per_arm"].tolist() == worse["per_arm"].tolist() == [inf]
    assert same["power"].item() < 0.1
    assert worse["power"].item() < 0.01


def test_the_same_seed_gives_the_same_table_and_parts_of_it() -> None:
    s = summary(400, 600, 0.8)
    both = itp.trial_size(s, ["50 by day 7", "days_above_50"], seed=4)
    assert both.equals(itp.trial_size(s, ["50 by day 7", "days_above_50"], seed=4))
    assert both.iloc[[1]].equals(itp.trial_size(s, "days_above_50", seed=4))
    assert both.attrs["notice"] == itp.RESEARCH_ONLY
    assert "do the arms differ" in both.attrs["question"]
    assert "lower by less than 10 points" in itp.trial_size(s, margin=0.1).attrs["question"]


def test_a_cohort_may_be_given_as_it_was_simulated() -> None:
    run = itp.simulate(itp.virtual_patients(n=30, seed=1), ["0.2 g/kg", "2 g/kg"], days=14, outputs=())
    found = itp.trial_size(run, "days_above_30", trials=1000)
    assert found.index.tolist() == [("days_above_30", "2 g/kg")]
    assert found["per_arm"].item() < 100


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"power": 1.0}, "power is 1: give a number from 0.5 to 0.99"),
        ({"alpha": 0}, "alpha is 0: give a number from 0.0001 to 0.2"),
        ({"margin": 10}, "0.1 is 10 percentage points"),
        ({"trials": 10}, "trials is 10"),
        ({"seed": -1}, "seed is -1"),
        (
            {"endpoint": "days_above_50", "margin": 0.1},
            "days_above_50 is no rate: a margin is for at least 50 by day 7",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(given: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        itp.trial_size(summary(500, 600), **given)


def test_an_endpoint_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean"):
        itp.trial_size(summary(500, 600), "50 by day 8")


def test_one_arm_is_refused() -> None:
    run = itp.simulate(itp.virtual_patients(n=2, seed=1), "1 g/kg", days=14, outputs=())
    with pytest.raises(InputError, match="the run has one arm, '1 g/kg'"):
        itp.trial_size(run)


def test_few_patients_are_no_ground_for_a_size() -> None:
    few = itp.simulate(itp.virtual_patients("adult_chronic", 19, 1), ["1 g/kg", "1 g/kg daily x 2"], outputs=())
    with pytest.raises(InputError, match="the run has 19 patients: a size is told of at least 20"):
        itp.trial_size(few)
    with pytest.raises(InputError, match="the run has 1 patient: "):
        itp.trial_size(itp.simulate(itp.typical_patient(), ["1 g/kg", "1 g/kg daily x 2"]))
