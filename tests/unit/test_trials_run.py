"""Trials as they were run: who is measured when, who gets another dose, and that chance is addressed by name."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import itp_sim as itp
from itp_sim.trials import load_trial, simulated
from itp_sim.trials.design import Criterion, Later, Trial
from itp_sim.trials.measure import meets, noise, reported
from itp_sim.trials.run import courses, untreated

TRIALS = Path(__file__).parents[1] / "data" / "trials"
MADE_UP, UNTIL_50 = (load_trial(TRIALS / f"{name}.toml") for name in ("made_up", "until_50"))
N = 60


def exactly(trial: Trial, *, visits: tuple[float, ...] | None = None, cv: float = 0.0) -> Trial:
    """The trial with counts as they are."""
    how = replace(trial.measurement, cv=cv, round_to=0.0, floor=0.0, visits=visits or trial.measurement.visits)
    return replace(trial, measurement=how)


def with_low(trial: Trial, *later: Later) -> Trial:
    return replace(trial, arms={**trial.arms, "low": replace(trial.arms["low"], later=later)})


@pytest.fixture(scope="module")
def usual():
    return courses(MADE_UP, n=N, seed=3)


# --- chance ---------------------------------------------------------------------------------------------------------


def test_the_same_every_time_and_for_any_number_of_threads(usual) -> None:
    again = courses(MADE_UP, n=N, seed=3, threads=1)
    for key, course in usual.items():
        assert np.array_equal(course.counts, again[key].counts)
        assert np.array_equal(course.igg, again[key].igg)
    assert not np.array_equal(courses(MADE_UP, n=N, seed=4)["low"].counts, usual["low"].counts)


def test_a_patient_does_not_depend_on_how_many_there_are(usual) -> None:
    few = courses(MADE_UP, n=7, seed=3)
    for key, course in few.items():
        assert np.array_equal(course.counts, usual[key].counts[:7])


def test_noise_is_named_by_trial_patient_and_day() -> None:
    how = replace(MADE_UP.measurement, cv=0.3)
    factors = noise(how, 4000, seed=1, name="a")
    assert factors.shape == (4000, len(how.visits))
    assert np.median(factors) == pytest.approx(1.0, abs=0.01)
    assert factors.std() / factors.mean() == pytest.approx(0.3, rel=0.03)
    fewer = noise(replace(how, visits=(0, 3, 28)), 10, seed=1, name="a")
    places = [how.visits.index(day) for day in (0, 3, 28)]
    assert np.array_equal(fewer, factors[:10, places])
    assert not np.array_equal(noise(how, 10, seed=1, name="b"), factors[:10])
    assert abs(np.corrcoef(factors[:, 0], factors[:, 1])[0, 1]) < 0.05
    assert (noise(replace(how, cv=0.0), 5, seed=1, name="a") == 1).all()


def test_counts_are_rounded_and_have_a_floor() -> None:
    how = replace(MADE_UP.measurement, round_to=5.0, floor=5.0)
    assert reported(np.array([[0.2, 7.4, 7.6, 50.0]]), how).tolist() == [[5, 5, 10, 50]]
    exact = replace(how, round_to=0.0, floor=0.0)
    assert reported(np.array([[0.2, 7.4]]), exact).tolist() == [[0.2, 7.4]]


def test_strict_and_multiple() -> None:
    counts, untreated = np.array([[50.0, 51, 100]]), np.array([[30.0]])
    assert meets(counts, untreated, Criterion(at_least=50)).tolist() == [[True, True, True]]
    assert meets(counts, untreated, Criterion(at_least=50, strict=True)).tolist() == [[False, True, True]]
    assert meets(counts, untreated, Criterion(at_least=50, multiple=2)).tolist() == [[False, False, True]]
    # A multiple is always "at least".
    assert meets(counts, untreated / 0.6, Criterion(at_least=50, strict=True, multiple=2)).tolist() == [[0, 0, 1]]


# --- who is measured ------------------------------------------------------------------------------------------------


def test_arms_share_their_patients(usual) -> None:
    untreated = [course.counts[:, 0] for course in usual.values()]
    assert np.array_equal(untreated[0], untreated[1])
    assert np.array_equal(untreated[0], untreated[2])


def test_who_enters_is_told_before_an_arm_changes_anybody(usual) -> None:
    changed = replace(MADE_UP.arms["low"], assign={"P0": 60.0})
    other = replace(MADE_UP, arms={**MADE_UP.arms, "low": changed})
    assert not np.array_equal(courses(other, n=N, seed=3)["low"].counts[:, 0], usual["low"].counts[:, 0])
    for trial in (MADE_UP, other):
        assert np.array_equal(untreated(trial, n=N, seed=3), usual["high"].counts[:, 0])
    spread = itp.run_trial(other, n=N, seed=3).attrs["untreated"]
    assert spread["median"] == np.median(usual["high"].counts[:, 0])


def test_who_enters_is_below_the_limit_before_noise() -> None:
    counts = courses(exactly(MADE_UP), n=300, seed=1)["none"].counts
    assert counts[:, 0].max() <= 20
    assert np.median(counts[:, 0]) == pytest.approx(10, rel=0.15)


def test_without_treatment_chronic_counts_stay_and_children_recover() -> None:
    counts = courses(exactly(MADE_UP), n=N, seed=1)["none"].counts
    assert counts == pytest.approx(np.broadcast_to(counts[:, :1], counts.shape), rel=1e-4)
    children = replace(exactly(MADE_UP), populations={"child_newly_diagnosed": 1.0})
    after = courses(children, n=N, seed=1)["none"].counts[:, -1]
    assert np.median(after) > 2 * np.median(counts[:, 0])


def test_values_assigned_to_an_arm_or_to_everybody() -> None:
    same = replace(MADE_UP, arms={**MADE_UP.arms, "high": replace(MADE_UP.arms["high"], assign={})})
    assert not np.array_equal(courses(same, n=5, seed=1)["high"].counts, courses(MADE_UP, n=5, seed=1)["high"].counts)
    blocked = replace(MADE_UP, entry=replace(MADE_UP.entry, assign={"fcgr_block": 1.0}))
    none = courses(blocked, n=N, seed=1)["none"].counts
    assert np.median(none[:, 7]) > 3 * np.median(none[:, 0])


def test_igg_is_there_only_where_it_is_asked_for(usual) -> None:
    assert usual["high"].igg.shape == usual["high"].counts.shape
    assert usual["low"].igg.shape == (N, 0)
    assert usual["high"].igg[:, 1].mean() > 1.5 * usual["none"].igg[:, 1].mean()


def test_a_mixture_has_its_share_of_each() -> None:
    adults = replace(UNTIL_50, populations={"adult_chronic": 1.0})
    mixed = courses(UNTIL_50, n=40, seed=2)["all"].counts
    assert mixed.shape == (40, 7)
    assert np.array_equal(mixed[:30], courses(adults, n=30, seed=2)["all"].counts)
    assert len(courses(UNTIL_50, n=1, seed=2)["all"].counts) >= 1


# --- later doses ----------------------------------------------------------------------------------------------------


def test_those_who_get_no_later_dose_keep_every_bit(usual) -> None:
    without = courses(with_low(MADE_UP), n=N, seed=3)["low"].counts
    now = MADE_UP.measurement.visits.index(4)
    low = usual["low"].counts
    spared = (without[:, now] > 80) & (without[:, now] >= 2 * without[:, 0])
    assert 0 < spared.sum() < N
    assert np.array_equal(low[spared], without[spared])
    assert np.array_equal(low[:, : now + 1], without[:, : now + 1])
    later = low[~spared][:, now + 1 :]
    assert later.mean() > 1.5 * without[~spared][:, now + 1 :].mean()


def test_a_later_dose_is_the_regimen_with_both() -> None:
    everybody = Later(regimen=itp.regimen("1.5 g/kg"), days=(4.0,))
    trial = with_low(exactly(MADE_UP), everybody)
    found = courses(trial, n=20, seed=1)["low"].counts
    people = itp.virtual_patients("adult_chronic", 20, 1, platelets=(None, 20), typical={"P0": 10})
    run = itp.simulate(people, "0.5 g/kg then 1.5 g/kg on day 4", days=28, times=trial.measurement.visits)
    assert found == pytest.approx(run.platelets.to_numpy()[0], rel=1e-3)


def test_two_decisions_make_up_to_four_groups() -> None:
    need = Criterion(at_least=60)
    both = tuple(Later(regimen=itp.regimen("0.5 g/kg"), days=(day,), unless=need) for day in (2.0, 7.0))
    trial = with_low(exactly(MADE_UP), *both)
    found = courses(trial, n=N, seed=1)["low"].counts
    people = itp.virtual_patients("adult_chronic", N, 1, platelets=(None, 20), typical={"P0": 10})
    at = {day: trial.measurement.visits.index(day) for day in (2.0, 7.0)}
    groups = set()
    for row, patient in enumerate(people.index):
        days = [0.0, *(day for day in (2.0, 7.0) if found[row, at[day]] < 60)]
        groups.add(tuple(days))
        text = " then ".join(f"0.5 g/kg on day {day:g}" for day in days)
        if row < 8:
            run = itp.simulate(people.loc[[patient]], text, days=28, times=trial.measurement.visits)
            assert found[row] == pytest.approx(run.platelets.to_numpy()[0, 0], rel=1e-3)
    assert len(groups) >= 3


def test_whoever_has_met_the_level_once_gets_no_further_dose() -> None:
    once = exactly(UNTIL_50, cv=0.2)
    arm = once.arms["all"]
    always = replace(once, arms={"all": replace(arm, later=(replace(arm.later[0], once_met=False),))})
    counts, other = (courses(trial, n=80, seed=1)["all"].counts for trial in (once, always))
    met = counts > 50
    early = met[:, 1]
    single = replace(once, arms={"all": replace(arm, later=())})
    assert np.array_equal(counts[early], courses(single, n=80, seed=1)["all"].counts[early])
    fell_back = met[:, 2] & ~met[:, 3] & ~met[:, 4]  # noise takes some below the level again
    assert np.array_equal(counts[:, :2], other[:, :2])
    assert (other[fell_back, -1] >= counts[fell_back, -1]).all()
    assert not np.array_equal(counts, other)


# --- other parameters -----------------------------------------------------------------------------------------------


def test_overrides_move_the_same_patients() -> None:
    usual = simulated(MADE_UP, n=200, seed=1)
    assert usual == simulated(MADE_UP, n=200, seed=1, overrides={}, threads=1)
    assert list(usual) == list(MADE_UP.endpoints)
    stronger = simulated(MADE_UP, n=200, seed=1, overrides={"adult_chronic": {"typical": {"IC50": 1.0}}})
    assert stronger["days_above"] > usual["days_above"]
    none = simulated(MADE_UP, n=200, seed=1, overrides={"adult_chronic": {"spread": {"FIND": 0, "EPS": 0, "P0": 0}}})
    assert none["response"] != usual["response"]
    entry = simulated(MADE_UP, n=200, seed=1, overrides={"adult_chronic": {"typical": {"P0": 20}}})
    assert entry == usual  # the trial's own entry says P0
    others = simulated(MADE_UP, n=200, seed=1, overrides={"child_newly_diagnosed": {"typical": {"KREM": 0.2}}})
    assert others == usual


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (5, "overrides is 5: give them by population"),
        ({"adult_chronic": 5}, "give them by population"),
        ({"adult_chronic": {"typical": 5}}, "give them by population"),
        ({"adults": {}}, "no population 'adults'"),
        ({"adult_chronic": {"typcal": {}}}, "no override of adult_chronic 'typcal': did you mean 'typical'"),
        ({"adult_chronic": {"typical": {"IC5": 3}}}, "no parameter 'IC5': did you mean 'IC50'"),
        ({"adult_chronic": {"typical": {"IC50": 1e9}}}, "typical IC50 is 1e\\+09"),
        ({"adult_chronic": {"spread": {"IC50": -1}}}, "spread IC50 is -1"),
    ],
)
def test_overrides_that_cannot_be_used(overrides, words: str) -> None:
    with pytest.raises(itp.InputError, match=words):
        simulated(MADE_UP, n=3, overrides=overrides)


@pytest.mark.parametrize(
    ("asked", "words"), [({"n": 0}, "n is 0"), ({"n": 2.5}, "n is 2.5"), ({"seed": -1}, "seed is -1")]
)
def test_numbers_that_cannot_be_used(asked: dict[str, float], words: str) -> None:
    with pytest.raises(itp.InputError, match=words):
        simulated(MADE_UP, **{"n": 3} | asked)


def test_doses_in_grams_are_for_patients_of_their_own_weight() -> None:
    heavy = replace(MADE_UP.arms["high"], regimen=itp.regimen("70 g"))
    trial = replace(exactly(MADE_UP), populations={"child_newly_diagnosed": 1.0}, arms={**MADE_UP.arms, "high": heavy})
    igg = courses(trial, n=30, seed=1)["high"].igg[:, 1]
    assert igg.std() / igg.mean() > 0.3
