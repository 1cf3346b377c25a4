"""Fits: what is asked and refused, scores, likelihood, slopes, profiles and verdicts, draws, predictions, the shell."""

import json
import math
import pickle
import re
import sys
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from scipy.stats import kstest, norm

import itp_sim as itp
from itp_sim.cli import main
from itp_sim.design import COHORT_RTOL
from itp_sim.errors import InputError, MissingExtraError, ParameterFileError, UnknownNameError
from itp_sim.fitting import doubts, sampled
from itp_sim.fitting.climb import Top, climb
from itp_sim.fitting.measured import log_likelihood, measured, slopes
from itp_sim.fitting.prior import log_prior, parameters, read_prior, score_of, value_at
from itp_sim.fitting.profiles import Profile, ends
from itp_sim.fitting.residual import read_residuals, residuals
from itp_sim.fitting.sampled import Sample, sample
from itp_sim.fitting.target import Target, densities, linearised, predicted
from itp_sim.fitting.verdicts import verdict
from itp_sim.nmtran import Observation, Records, Subject

ADULTS = "adult_chronic"
DAYS = (0.0, 1.0, 3.0, 5.0, 7.0, 14.0, 21.0, 28.0)


def simulated(n: int = 3, *, regimen: str = "1 g/kg", outputs: tuple[str, ...] = ("platelets",)) -> Records:
    people = itp.virtual_patients(ADULTS, n, 5)
    run = itp.simulate(people, regimen, days=28, times=DAYS, progress=False)
    return itp.with_noise(itp.read_nmtran(itp.to_nmtran(run, outputs=outputs)), seed=3)


@pytest.fixture(scope="module")
def records() -> Records:
    return simulated()


@pytest.fixture(scope="module")
def fitted(records: Records) -> itp.Fit:
    return itp.fit(records, subject=1)


@pytest.fixture(scope="module")
def target(records: Records) -> Target:
    return Target(read_prior(ADULTS, 70.0), measured(records["1"], residuals()))


# --- scores ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("population", itp.populations())
def test_virtual_patients_have_normal_scores(population: str) -> None:
    prior = read_prior(population, 20.0)
    people = itp.virtual_patients(population, 4000, 1, platelets=prior.free["P0"].range)
    for name in prior.names:
        assert kstest(score_of(prior, name, people[name].to_numpy()), "norm").pvalue > 1e-4, name


@pytest.mark.parametrize("population", itp.populations())
def test_scores_and_values_are_each_others_inverse(population: str) -> None:
    prior = read_prior(population, 20.0)
    scores = np.linspace(-4, 4, 33)
    for name in prior.names:
        assert score_of(prior, name, value_at(prior, name, scores)) == pytest.approx(scores, abs=1e-6), name


def test_the_medians_score_nothing() -> None:
    prior = read_prior(ADULTS, 70.0)
    middle = parameters(prior, np.zeros((1, len(prior.names))))
    typical = itp.typical_patient(ADULTS).parameters
    for name in ("FIND", "IC50", "CL"):  # EPS and P0 have ends that are nearer on one side
        assert getattr(middle, name)[0] == pytest.approx(getattr(typical, name), rel=1e-3)


def test_weight_is_known_and_correlations_hold(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    together = 'between = ["EPS", "IC50"]\nvalue = 0.6\nevidence = "assumed"\nnote = "none"\n'
    head = '[population]\nkey = "mine"\ntitle = "Mine"\ndescription = "Mine."\nbased_on = "adult_chronic"\n'
    path.write_text(f"{head}[[correlations]]\n{together}")
    prior = read_prior(path, 55.0)
    assert "WT" not in prior.names and prior.fixed["WT"] == 55.0
    i, j = map(prior.names.index, ("EPS", "IC50"))
    assert np.linalg.inv(prior.precision)[i, j] == pytest.approx(0.6)
    away = np.zeros((2, len(prior.names)))
    away[0, [i, j]], away[1, [i, j]] = (1.0, 1.0), (1.0, -1.0)
    along, across = log_prior(prior, away)
    assert along == pytest.approx(-1 / 1.6) and across == pytest.approx(-1 / 0.4)


# --- likelihood and slopes ------------------------------------------------------------------------------------------


def test_the_likelihood_is_log_normal_and_below_the_floor_cumulative(records: Records) -> None:
    seen = (Observation(0.0, 0.4), Observation(5.0, 80.0), Observation(7.0, 9.0, "igg"))
    m = measured(replace(records["1"], observations=seen), residuals())
    curve = np.log([2.0, 100.0, 12.0])
    sd = [residuals()[kind].sd for kind in ("platelets", "platelets", "igg")]
    expected = norm.logcdf(-math.log(2.0) / sd[0])
    expected += sum(-0.5 * (math.log(y / x) / s) ** 2 for y, x, s in ((80, 100, sd[1]), (9, 12, sd[2])))
    assert log_likelihood(m, curve) == pytest.approx(expected)
    assert m.below.tolist() == [True, False, False]
    first, second = slopes(m, curve)
    for i in range(3):
        up, down = (log_likelihood(m, curve + h * (np.arange(3) == i)) for h in (1e-4, -1e-4))
        assert first[i] == pytest.approx((up - down) / 2e-4, rel=1e-5)
        assert second[i] == pytest.approx(-(up + down - 2 * log_likelihood(m, curve)) / 1e-8, rel=1e-4)


def test_slopes_are_those_of_central_differences(target: Target) -> None:
    rng = np.random.default_rng(1)
    scores = 0.7 * rng.standard_normal((3, len(target.prior.names)))
    at, found = linearised(target, scores)
    assert at == pytest.approx(predicted(target, scores, rtol=1e-8))
    for i in range(scores.shape[1]):
        step = 1e-2 * (np.arange(scores.shape[1]) == i)
        central = (predicted(target, scores + step, rtol=1e-11) - predicted(target, scores - step, rtol=1e-11)) / 2e-2
        assert found[:, :, i] == pytest.approx(central, abs=2e-3 * max(1.0, np.abs(central).max()))


def test_counts_before_the_first_infusion_are_untreated_ones(records: Records) -> None:
    one = records["1"]
    later = tuple(replace(dose, start=dose.start + 10) for dose in one.infusions)
    seen = (Observation(2.0, 11.0), Observation(9.9, 13.0), *(replace(o, day=o.day + 10) for o in one.observations))
    m = measured(replace(one, infusions=later, observations=seen), residuals())
    assert m.days[0] == 0.0 and m.days[-1] == 28.0 and (m.day[:3] == 0).all()
    same = measured(one, residuals())
    assert m.schedule.times == pytest.approx(same.schedule.times) and m.schedule.rates == pytest.approx(
        same.schedule.rates
    )


def test_who_cannot_exist_has_no_density(target: Target) -> None:
    scores = np.zeros((2, len(target.prior.names)))
    scores[1, target.prior.names.index("EPS")] = -5.0
    scores[1, target.prior.names.index("P0")] = 5.0
    likelihood, _ = densities(target, scores)
    assert np.isfinite(likelihood[0]) and likelihood[1] == -np.inf


def test_the_top_is_a_top(target: Target) -> None:
    tops = climb(
        target, np.vstack([np.zeros((1, len(target.prior.names))), np.full((1, len(target.prior.names)), 0.8)])
    )
    assert tops.arrived.all() and tops.density == pytest.approx(tops.density[0], abs=1e-3)
    near = tops.scores[0] + 0.05 * np.random.default_rng(2).standard_normal((60, tops.scores.shape[1]))
    assert np.add(*densities(target, near, rtol=1e-8)).max() < tops.density[0] + 1e-3


# --- profiles and verdicts ------------------------------------------------------------------------------------------


def test_ends_of_a_profile() -> None:
    scores = np.linspace(-4, 4, 17)
    assert ends(scores, scores**2 / 0.25, 4.0) == pytest.approx((-1.0, 1.0))
    assert ends(scores, np.zeros(17), 2.7) == (-np.inf, np.inf)
    low, high = ends(scores, np.where(scores > 0, scores**2, 0.0), 2.0)
    assert low == -np.inf and high == pytest.approx(math.sqrt(2.0))
    assert ends(scores, np.where(scores < -1, np.inf, 0.0), 2.7) == (-1.5, np.inf)


def judged(profile: Profile, *, spread: float = 1.0, shared: float = 0.0, told: float = 0.0) -> str:
    """The verdict of a made-up profile of EPS, with a variance that is left and a correlation with IC50."""
    prior = read_prior(ADULTS, 70.0)
    free = len(prior.names)
    i, j = map(prior.names.index, ("EPS", "IC50"))
    covariance = np.eye(free)
    covariance[i, i] = spread
    covariance[i, j] = covariance[j, i] = shared * math.sqrt(spread)
    scores = np.random.default_rng(1).multivariate_normal(np.zeros(free), covariance, 20_000)
    drawn = Sample(scores, np.zeros(20_000), np.full(20_000, 1 / 20_000), 20_000.0)
    information = np.zeros((1, free, free))
    information[0, i, i] = told
    top = _top(np.zeros((1, free)), information)
    return verdict(prior, profile, top=top, drawn=drawn).word


def _top(scores: np.ndarray, information: np.ndarray) -> Top:
    n = len(scores)
    return Top(scores, np.zeros(n), np.zeros(n), 0 * scores, information, np.zeros((n, 1)), np.ones(n, dtype=bool))


SCORES = np.linspace(-4, 4, 9)


@pytest.mark.parametrize("spread", [0.01, 0.3, 1.0])
@pytest.mark.parametrize("sides", [(-np.inf, np.inf), (-1.0, np.inf), (-np.inf, 1.0)])
def test_a_profile_that_is_flat_on_a_side_is_never_called_informed(sides: tuple[float, float], spread: float) -> None:
    assert judged(Profile("EPS", SCORES, 0 * SCORES, sides), spread=spread, told=9.0) != "informed"


def test_the_words_of_a_verdict() -> None:
    narrow, wide = Profile("EPS", SCORES, SCORES**2, (-1.0, 1.0)), Profile("EPS", SCORES, 0 * SCORES, (-3.5, 3.5))
    assert judged(narrow, spread=0.3) == "informed"
    assert judged(wide, spread=0.8) == "prior-driven"
    assert judged(wide, spread=0.8, shared=0.9, told=9.0) == "confounded with IC50"
    assert judged(wide, spread=0.8, shared=0.9, told=0.5) == "prior-driven"  # not told even if IC50 were known
    assert judged(wide, spread=0.8, shared=0.3, told=9.0) == "prior-driven"


def test_counts_of_an_untreated_level_inform_nothing_but_it(records: Records) -> None:
    seen = (Observation(0.0, 12.0), Observation(60.0, 11.0), Observation(70.0, 13.0))
    summary = itp.fit(replace(records["1"], observations=seen)).summary()
    assert summary.loc["P0", "verdict"] == "informed"
    assert "informed" not in summary["verdict"].drop("P0").tolist()
    assert (summary["shrinkage"].drop("P0") > 0.8).all()


def test_a_profile_is_never_above_the_slice_through_the_estimate(records: Records, target: Target) -> None:
    found = itp.fit(records, subject=1)
    top = climb(target, np.zeros((1, len(target.prior.names))))
    for name, part in found.profiles.groupby("parameter"):
        i = target.prior.names.index(str(name))
        slices = np.tile(top.scores, (len(part), 1))
        slices[:, i] = part["score"]
        likelihood, prior = densities(target, slices, rtol=1e-8)
        height = likelihood + prior + 0.5 * slices[:, i] ** 2
        # Of the place of the estimate itself both are known.
        at = np.abs(part["score"].to_numpy() - top.scores[0, i]).argmin()
        best = top.density[0] + 0.5 * top.scores[0, i] ** 2 + part["deviance"].iloc[at] / 2
        assert (part["deviance"].to_numpy() <= 2 * (best - height) + 0.1).all(), name


# --- draws ----------------------------------------------------------------------------------------------------------


def test_draws_have_the_moments_of_a_density_that_is_bent_and_cut_off(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first score is half a normal law, the second normal around half its square, the others as before."""
    free = len(target.prior.names)

    def bent(_: Target, scores: np.ndarray, **__: object) -> tuple[np.ndarray, np.ndarray]:
        bow = -2 * (scores[:, 1] - 0.5 * scores[:, 0] ** 2) ** 2 + 0.5 * scores[:, 1] ** 2
        return np.where(scores[:, 0] < 0, bow, -np.inf), log_prior(target.prior, scores)

    monkeypatch.setattr(sampled, "densities", bent)
    information = np.zeros((1, free, free))
    information[0, 1, 1] = 3.0
    mean, square = np.zeros(free), np.zeros(free)
    for seed in range(8):
        drawn = sample(target, _top(np.zeros((1, free)), information), seed)
        assert drawn.effective >= sampled.ENOUGH and drawn.weights.sum() == pytest.approx(1.0)
        mean += drawn.weights @ drawn.scores / 8
        square += drawn.weights @ drawn.scores**2 / 8
    assert mean[:3] == pytest.approx([-math.sqrt(2 / math.pi), 0.5, 0.0], abs=0.04)
    assert square[:3] == pytest.approx([1.0, 0.75 + 0.25, 1.0], abs=0.15)


def test_the_same_seed_gives_the_same_fit_and_another_nearly(records: Records, fitted: itp.Fit) -> None:
    again, other = itp.fit(records, subject="1"), itp.fit(records, subject="1", seed=8)
    pd.testing.assert_frame_equal(again.draws, fitted.draws)
    pd.testing.assert_frame_equal(again.summary(), fitted.summary())
    assert other.patient.parameters == pytest.approx(fitted.patient.parameters, rel=0.02)
    for end in ("low", "high"):
        names = ["P0", "EPS", "IC50"]
        assert other.summary().loc[names, end].to_numpy() == pytest.approx(
            fitted.summary().loc[names, end].to_numpy(), rel=0.1
        )


def estimate(table: pd.DataFrame, threads: int) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, object]]:
    """Summary, draws and diagnostics of the fit of one subject, as another process can be asked for them."""
    one = itp.fit(itp.read_nmtran(table), threads=threads)
    return one.summary(), one.draws, dict(one.diagnostics)


def same_fit(one: tuple[pd.DataFrame, pd.DataFrame, object], two: tuple[pd.DataFrame, pd.DataFrame, object]) -> None:
    for here, there in zip(one[:2], two[:2], strict=True):
        pd.testing.assert_frame_equal(here, there, check_exact=True)
    assert one[2] == two[2]


@pytest.fixture(scope="module")
def tables(records: Records) -> list[pd.DataFrame]:
    """Each subject in a table of its own."""
    return [Records((one,)).to_dataframe() for one in records]


@pytest.mark.parametrize("workers", [2, 3, 7])
def test_the_same_fit_to_the_bit_for_any_number_of_threads(tables: list[pd.DataFrame], workers: int) -> None:
    same_fit(estimate(tables[1], workers), estimate(tables[1], 1))


@pytest.mark.slow
def test_the_same_fits_to_the_bit_in_other_processes(tables: list[pd.DataFrame]) -> None:
    """Two processes share three subjects, whoever comes first."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        there = list(pool.map(estimate, tables, [1] * len(tables)))
    for table, several in zip(tables, there, strict=True):
        same_fit(estimate(table, 1), several)


def test_a_fit_travels_to_another_process(fitted: itp.Fit) -> None:
    again = pickle.loads(pickle.dumps(fitted))
    assert again.subject == fitted.subject and again.subject.covariates == fitted.subject.covariates
    pd.testing.assert_frame_equal(again.summary(), fitted.summary(), check_exact=True)
    assert again.predict(days=7).equals(fitted.predict(days=7))


def test_the_estimate_is_inside_its_interval_and_wider_is_wider(fitted: itp.Fit) -> None:
    ninety, half = fitted.summary(), fitted.summary(0.5)
    assert ((ninety["low"] < half["low"]) & (half["high"] < ninety["high"])).all()
    assert ((ninety["low"] <= ninety["estimate"]) & (ninety["estimate"] <= ninety["high"])).all()
    assert ((ninety["prior_low"] < ninety["prior"]) & (ninety["prior"] < ninety["prior_high"])).all()
    assert ninety.attrs["notice"] == itp.RESEARCH_ONLY and ninety.attrs["confidence"] == 0.9
    assert fitted.diagnostics["effective"] >= 400 and fitted.diagnostics["converged"]
    assert fitted.diagnostics["same_top"] == fitted.diagnostics["starts"]


def test_a_sampler_that_did_not_converge_is_warned_of(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampled, "ROUNDS", 1)
    monkeypatch.setattr(sampled, "LAST", 200)
    monkeypatch.setattr(sampled, "TRIES", 1)
    with pytest.warns(UserWarning, match=r"subject 1: only \d+ effective draws"):
        rough = itp.fit(records, subject=1)
    assert not rough.diagnostics["converged"]


def test_several_subjects_are_fitted_each_alone(records: Records, fitted: itp.Fit) -> None:
    fits = itp.fit_each(records, progress=False)
    assert list(fits) == ["1", "2", "3"]
    pd.testing.assert_frame_equal(fits["1"].summary(), fitted.summary())
    assert "subject '2' (8 values" in repr(fits["2"])


def test_igg_levels_tell_of_igg() -> None:
    both = simulated(1, outputs=("platelets", "igg"))["1"]
    alone = replace(both, observations=tuple(o for o in both.observations if o.kind == "platelets"))
    asked = {"parameters": ["IGG0", "CL", "EPS"]}
    with_levels, without = (itp.fit(one, **asked).summary() for one in (both, alone))
    assert with_levels.loc["IGG0", "verdict"] == "informed" and without.loc["IGG0", "verdict"] != "informed"
    assert with_levels.loc["IGG0", "shrinkage"] < 0.3 * without.loc["IGG0", "shrinkage"]


def test_a_smaller_error_tells_more(records: Records, fitted: itp.Fit) -> None:
    with pytest.warns(UserWarning, match="subject 1: the counts lie .* as far from the curve"):
        sharp = itp.fit(records, subject=1, count_cv=0.05)
    assert sharp.residual["platelets"].cv == 0.05
    assert sharp.summary().loc["P0", "shrinkage"] < 0.3 * fitted.summary().loc["P0", "shrinkage"]


def test_the_same_fit_on_the_twin(records: Records, fitted: itp.Fit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itp_sim.solve.kernel.available", lambda: False)
    target = Target(read_prior(ADULTS, 70.0), measured(records["1"], residuals()))
    at = np.array(
        [[float(score_of(target.prior, n, getattr(fitted.patient.parameters, n))) for n in target.prior.names]]
    )
    assert np.add(*densities(target, at, rtol=1e-8))[0] == pytest.approx(fitted.diagnostics["log_density"], abs=1e-6)


def test_without_the_extra_the_ensemble_says_what_to_install(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "emcee", None)
    with pytest.raises(MissingExtraError, match=r"pip install .* \(the extra bayes\), or"):
        itp.fit(records, subject=1, sampler="ensemble")


# --- predictions ----------------------------------------------------------------------------------------------------


def test_a_prediction_is_what_simulate_says_of_the_draws(fitted: itp.Fit) -> None:
    n = len(fitted.draws)
    found = fitted.predict(itp.regimen("1 g/kg daily x 2"), days=14, draws=n)
    run = itp.simulate(
        fitted.draws, "1 g/kg daily x 2", days=14, outputs=["platelets"], rtol=COHORT_RTOL, progress=False
    )
    expected = np.quantile(run.platelets.to_numpy()[0], [0.05, 0.5, 0.95], axis=0)
    assert found.platelets.to_numpy()[0] == pytest.approx(expected)
    assert found.chance.sel(level=50).to_numpy()[0] == pytest.approx((run.platelets[0] >= 50).mean("patient"))
    own = itp.simulate(fitted.patient, "1 g/kg daily x 2", days=14, times=found.time.to_numpy(), rtol=COHORT_RTOL)
    assert found.estimate.to_numpy()[0] == pytest.approx(own.platelets.to_numpy()[0, 0], rel=1e-4)
    assert (found.measured[0, 0] < found.platelets[0, 0]).all() and (found.measured[0, 2] > found.platelets[0, 2]).all()
    assert found.attrs["notice"] == itp.RESEARCH_ONLY


def test_what_was_given_is_the_regimen_that_was_given(fitted: itp.Fit) -> None:
    given, same = fitted.predict(days=20), fitted.predict("1 g/kg", days=20)
    assert given.arm.item() == "as given"
    assert given.platelets.to_numpy() == pytest.approx(same.platelets.to_numpy(), rel=1e-4)
    assert given.igg.to_numpy() == pytest.approx(same.igg.to_numpy(), rel=1e-4)


def test_a_regimen_after_what_was_given(fitted: itp.Fit) -> None:
    found = fitted.predict({"again": "1 g/kg", "nothing": "none"}, days=14, after=21, times=[5, 20.9, 26, 35])
    given = fitted.predict(days=35, times=[5, 20.9, 26, 35])
    assert found.platelets.sel(arm="nothing").to_numpy() == pytest.approx(given.platelets.to_numpy()[0], rel=1e-6)
    assert found.platelets.sel(time=20.9).diff("arm").to_numpy() == pytest.approx(0, abs=1e-3)
    assert found.platelets.sel(arm="again", time=26)[0] > found.platelets.sel(arm="nothing", time=26)[2]
    assert found.infusion_day.sel(arm="again").to_numpy().tolist() == [0.0, 21.0]


def test_what_was_infused_after_that_day_is_left_out(fitted: itp.Fit) -> None:
    first = fitted.subject.infusions[0]
    later = replace(fitted.subject, infusions=(first, replace(first, start=25.0)))
    found = replace(fitted, subject=later).predict("1 g/kg", days=14, after=21)
    assert found.infusion_day.to_numpy().tolist() == [[0.0, 21.0]]
    both = replace(fitted, subject=later).predict(days=35)
    assert both.infusion_day.to_numpy().tolist() == [[0.0, 25.0]]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"days": 0}, "days is 0"),
        ({"days": 5, "after": 3}, "give one"),
        ({"regimen": "1 g/kg", "after": -1}, "after is -1"),
        ({"draws": 10}, "draws is 10"),
        ({"confidence": 1.5}, "confidence is 1.5"),
        ({"regimen": "ten grams"}, "ten grams"),
        (
            {"days": 36_000, "draws": 2000},
            r"2,001 curves of 144,001 days would take about 14 GB, more than 4 GB: .*`draws`",
        ),
        ({"regimen": "1 g/kg", "days": 36_000, "draws": 2000}, "the result would take about 4.6 GB, more than 4 GB: "),
    ],
)
def test_predictions_that_cannot_be_made(fitted: itp.Fit, asked: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        fitted.predict(**asked)


# --- noise ----------------------------------------------------------------------------------------------------------


def test_noise_is_addressed_by_subject_and_day() -> None:
    whole = Records(tuple(Subject(str(i), (), tuple(Observation(d, 50.0) for d in (0.0, 1.0))) for i in range(2000)))
    noisy = itp.with_noise(whole, count_cv=0.2, seed=1)
    part = itp.with_noise(Records(whole.subjects[7:9]), count_cv=0.2, seed=1)
    assert part["8"].observations == noisy["8"].observations
    logs = np.log([[one.value / 50 for one in subject.observations] for subject in noisy])
    assert logs.std() == pytest.approx(residuals()["platelets"].sd, rel=0.05) and abs(logs.mean()) < 0.015
    assert abs(np.corrcoef(logs.T)[0, 1]) < 0.1
    assert itp.with_noise(whole, count_cv=0.0) == whole


# --- what is refused ------------------------------------------------------------------------------------------------


def changed(**fields: object) -> Subject:
    return replace(simulated(1)["1"], **fields)


@pytest.mark.parametrize(
    ("data", "asked", "words"),
    [
        (lambda: "counts.csv", {}, "give Records"),
        (lambda: simulated(2), {}, "has 2 subjects: choose one.*fit_each"),
        (lambda: simulated(2), {"subject": "x"}, "no subject 'x'"),
        (lambda: changed(observations=()), {}, "no platelet count"),
        (lambda: changed(observations=(Observation(3.0, 9.0, "igg"),)), {}, "no platelet count"),
        (lambda: changed(infusions=()), {}, "no infusion"),
        (lambda: changed(observations=(Observation(0.0, 9.0),)), {}, "no count after the first infusion"),
        (lambda: changed(weight_kg=None), {}, "no weight.*WT"),
        (changed, {"weight_kg": -3}, "weight_kg is -3"),
        (changed, {"weight_kg": 1.0}, "weight is 1"),
        (changed, {"population": "martians"}, "no population 'martians'"),
        (changed, {"parameters": ["EPSS"]}, "did you mean 'EPS'"),
        (changed, {"parameters": ["GAMMA"]}, "do not differ in GAMMA"),
        (changed, {"parameters": []}, "parameters is empty"),
        (changed, {"sampler": "nuts"}, "no sampler 'nuts'"),
        (changed, {"count_cv": 20}, "count_cv is 20.*0.2 is 20%"),
        (changed, {"igg_cv": float("nan")}, "igg_cv is nan"),
        (changed, {"draws": 5}, "draws is 5"),
        (changed, {"seed": -1}, "seed is -1"),
        (lambda: changed(observations=(Observation(1.0, 50.0),) * 2001), {}, "at most 2000"),
    ],
)
def test_fits_that_cannot_be_made(data: object, asked: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        itp.fit(data(), **asked)


@pytest.mark.parametrize(
    "seen",
    [
        ((0.0, 1.0), (1.0, 1.0), (5.0, 0.4)),
        ((0.0, 149.0), (3.0, 1500.0), (5.0, 2000.0)),
        ((300.0, 12.0), (365.0, 10.0)),
        ((0.0, 3.0), (28.0, 400.0)),
    ],
    ids=["lowest", "highest", "late", "late rise"],
)
@pytest.mark.parametrize("population", itp.populations())
def test_odd_counts_are_fitted_and_predicted(seen: tuple[tuple[float, float], ...], population: str) -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        fitted = itp.fit(changed(observations=tuple(Observation(*one) for one in seen)), population)
    found = fitted.diagnostics
    expected = {
        "counts lie": found["standardised"] > doubts.POOR,
        "counts and population disagree": bool(found["disagree"]),
        "intervals are rough": not found["converged"],
    }
    assert len(said) == sum(expected.values())
    for words, due in expected.items():
        assert any(words in str(one.message) for one in said) is due
    summary = fitted.summary()
    numbers = summary.select_dtypes("number").to_numpy()
    assert np.isfinite(numbers).all() and fitted.diagnostics["effective"] >= 200
    assert np.isfinite(fitted.predict(days=10).platelets).all()


def test_a_population_whose_patients_differ_in_one_number(tmp_path: Path, records: Records) -> None:
    parts = re.split(r"(?m)^(?=\[)", (Path(__file__).parents[2] / "params" / f"{ADULTS}.toml").read_text())
    alike = [re.sub(r"(?m)^(cv|logit_sd|truncate) .*\n", "", part) for part in parts if not part.startswith("[EPS]")]
    path = tmp_path / "one.toml"
    path.write_text("".join([*alike, *(part for part in parts if part.startswith("[EPS]"))]).replace(ADULTS, "one"))
    summary = itp.fit(records["1"], path).summary()
    assert summary.index.tolist() == ["EPS"] and summary.loc["EPS", "verdict"] == "informed"
    path.write_text(re.sub(r"(?m)^cv .*\n", "", path.read_text()))
    with pytest.raises(InputError, match="all patients of .* are alike"):
        itp.fit(records["1"], path)


def test_too_much_is_refused_before_anything_is_fitted(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    several = replace(
        records["1"], infusions=tuple(replace(records["1"].infusions[0], start=float(i)) for i in range(99))
    )
    monkeypatch.setattr("itp_sim.fitting.one.climb", lambda *_, **__: pytest.fail("fitted"))
    with pytest.raises(InputError, match=r"subject '1' \(infusions: 99\) takes about \d+ s .* more than budget=5: "):
        itp.fit(several, budget=5)
    with pytest.raises(InputError, match="leave out early infusions and counts, or `sampler`, or raise `budget`"):
        itp.fit(several, sampler="ensemble", budget=500)
    many = Records(tuple(replace(records["1"], id=str(i)) for i in range(1, 200)))
    with pytest.raises(
        InputError, match="fits of 199 subjects take about 60 s .*: fit fewer subjects at a time, or raise"
    ):
        itp.fit_each(many, budget=10)
    with pytest.raises(InputError, match="budget is 0"):
        itp.fit(several, budget=0)


def test_one_call_of_the_engine_may_take_all_seconds_that_are_left(target: Target) -> None:
    assert replace(target, deadline=time.monotonic() + 7200.0).seconds() > 7100.0
    assert 0.0 < replace(target, deadline=time.monotonic() - 1.0).seconds() < 1.0
    assert target.seconds() == math.inf


def test_a_fit_stops_at_its_seconds(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itp_sim.fitting.cost.RUNS", 0)  # an estimate that was too low
    with pytest.raises(itp.BudgetError):
        itp.fit(records, subject=1, budget=0.02)
    monkeypatch.setattr("itp_sim.fitting.each.fit", lambda *_, **__: time.sleep(0.2))
    with pytest.raises(itp.BudgetError, match=r"\d of 3 subjects were fitted in budget=0.3 s: fit fewer"):
        itp.fit_each(records, budget=0.3)


def test_one_count_is_enough_for_a_fit_that_says_so() -> None:
    summary = itp.fit(changed(observations=(Observation(5.0, 90.0),))).summary()
    assert summary["verdict"].tolist().count("informed") == 0
    assert summary["shrinkage"].max() > 0.8


def test_each_subject_is_checked_before_the_first_is_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    several = simulated(3)
    broken = Records((*several.subjects[:2], replace(several.subjects[2], weight_kg=None)))
    monkeypatch.setattr("itp_sim.fitting.each.fit", lambda *_, **__: pytest.fail("fitted"))
    with pytest.raises(InputError, match="subject '3' has no weight"):
        itp.fit_each(broken)
    with pytest.raises(InputError, match="leave out `subject`"):
        itp.fit_each(several, subject="1")
    with pytest.raises(InputError, match="give Records"):
        itp.fit_each([1, 2])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"lacks the table \[platelets\]"),
        ("[counts]\ncv = 1\nfloor = 1\nunit = 'g/L'\nevidence = 'assumed'\nnote = 'x'", "counts"),
        ("[platelets]\ncv = 0\nfloor = 1\nunit = '1e9/L'\nevidence = 'assumed'\nnote = 'x'", "cv is 0"),
        ("[platelets]\ncv = 0.1\nfloor = 1\nunit = 'g/L'\nevidence = 'assumed'\nnote = 'x'", "unit"),
        ("[platelets]\ncv = 0.1\nfloor = 1\nunit = '1e9/L'\nevidence = 'assumed'", "note"),
    ],
)
def test_a_file_of_errors_that_breaks_its_format(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "residual.toml"
    path.write_text(text)
    with pytest.raises(ParameterFileError, match=words):
        read_residuals(path)


# --- plots ----------------------------------------------------------------------------------------------------------


def test_plots_show_counts_curve_and_bands(fitted: itp.Fit) -> None:
    ax = fitted.plot(title="Subject 1")
    points = [line for line in ax.lines if line.get_marker() == "o"]
    assert points[0].get_xdata().tolist() == list(DAYS)
    assert points[0].get_ydata().tolist() == [one.value for one in fitted.subject.observations]
    said = " ".join(text.get_text() for text in ax.get_legend().get_texts())
    assert "most probable curve" in said and "90%" in said and "infusion" in said
    assert ax.get_xlim()[1] == 35.0 and ax.get_figure().get_supxlabel() == itp.RESEARCH_ONLY
    other = itp.plots.prediction(fitted.predict(["1 g/kg", "1 g/kg daily x 2"], days=10))
    assert [t.get_text() for t in other.get_legend().get_texts()][:2] == ["1 g/kg", "1 g/kg daily x 2"]
    flat = itp.plots.profile(fitted, "find")
    assert flat.get_xscale() == "log" and flat.get_title(loc="left").startswith("FIND: ")
    plt.close("all")
    with pytest.raises(UnknownNameError):
        itp.plots.profile(fitted, "CL")
    with pytest.raises(InputError, match=r"Fit\.predict"):
        itp.plots.prediction(fitted)


# --- the shell ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def table(records: Records, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fit") / "counts.csv"
    itp.to_nmtran(Records(records.subjects[:2]), path)
    return path


def test_the_shell_prints_and_saves_a_fit(table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "fit.json"
    assert main(["fit", str(table), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "Subject 1: 8 counts, prior adult_chronic" in printed and "Subject 2" in printed
    assert "informed" in printed and itp.RESEARCH_ONLY in printed and str(out) in printed
    content = json.loads(out.read_text())
    assert set(content["subjects"]) == {"1", "2"} and content["notice"] == itp.RESEARCH_ONLY
    expected = itp.fit(itp.read_nmtran(table), subject="1").summary()
    assert content["subjects"]["1"]["parameters"]["P0"]["low"] == pytest.approx(expected.loc["P0", "low"])
    assert content["subjects"]["1"]["profiles"]["P0"]


def test_the_shell_prints_one_json_object_and_saves_a_figure(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "fit.svg"
    assert main(["fit", str(table), "--subject", "2", "--json", "--out", str(out)]) == 0
    assert set(json.loads(capsys.readouterr().out)["subjects"]) == {"2"}
    assert out.read_text().lstrip().startswith("<?xml")
    plt.close("all")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--subject", "9"], "no --subject '9'"),
        (["--out", "fit.docx"], "--out is 'fit.docx'"),
        (["--out", "no/such/folder/fit.json"], "does not exist"),
        (["--out", "fit.svg"], "a figure shows one subject"),
        (["--confidence", "3"], "--confidence is 3"),
        (["--population", "nobody"], "no --population 'nobody'"),
        (["--sampler", "x"], "no --sampler"),
        (["--time-unit", "week"], "no --time-unit 'week'"),
        (["--amount-unit", "kg"], "no --amount-unit 'kg'"),
        (["--product", "nothing"], "no --product 'nothing'"),
        (["--igg-cv", "9"], "--igg-cv is 9"),
        (["--draws", "3"], "--draws is 3"),
        (["--threads", "0"], "--threads is 0"),
        (["--subject", "1", "--budget", "0.1"], "leave out early infusions and counts, or raise --budget"),
    ],
)
def test_the_shell_refuses_in_one_line(
    arguments: list[str], words: str, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", str(table), *arguments]) == 2
    said = capsys.readouterr()
    assert words in said.err and said.err.count("\n") == 1 and not said.out


def test_the_shell_reads_hours_and_milligrams(
    records: Records, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = itp.to_nmtran(Records(records.subjects[:1]))
    day, other = tmp_path / "day.csv", tmp_path / "hour.csv"
    rows.to_csv(day, index=False, na_rep=".")
    scales = {"TIME": 24, "DUR": 24, "AMT": 1000, "RATE": 1000 / 24}
    rows.assign(**{name: rows[name] * by for name, by in scales.items() if name in rows}).to_csv(
        other, index=False, na_rep="."
    )
    told = []
    for asked in ([str(day)], [str(other), "--time-unit", "h", "--amount-unit", "mg"]):
        assert main(["fit", *asked, "--json", "--draws", "300", "--threads", "1"]) == 0
        told.append(json.loads(capsys.readouterr().out)["subjects"]["1"]["most_probable"])
    assert told[1] == pytest.approx(told[0], rel=1e-3)


@pytest.mark.filterwarnings("default:subject")
def test_counts_that_do_not_fit_are_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    up_and_down = tuple(Observation(float(d), 10.0 if d % 2 else 300.0) for d in range(10))
    path = tmp_path / "odd.csv"
    itp.to_nmtran(Records((changed(observations=up_and_down),)), path)
    assert main(["fit", str(path)]) == 0
    assert "as far from the curve as the assumed error" in capsys.readouterr().err
