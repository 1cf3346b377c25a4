"""Fits of patients who are known: intervals cover as often as they say, and nothing flat is called informed."""

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from calibration.recovery import Study, recover, table
from scipy.optimize import minimize
from scipy.stats import binom

import itp_sim as itp
from itp_sim.fitting.measured import measured
from itp_sim.fitting.prior import read_prior, score_of
from itp_sim.fitting.residual import residuals
from itp_sim.fitting.target import Target, densities

STUDY = Study("adult_chronic", "1 g/kg")


def check_profiles(rows: pd.DataFrame) -> None:
    assert not (rows["informed"] & ~rows["closed"]).any()
    assert rows["informed"].any() and not rows["informed"].all()


def test_a_few_known_patients_are_found_again() -> None:
    found = recover(STUDY, 12, seed=4)
    rows = table(found)
    check_profiles(rows)
    informed = rows[rows["informed"]]
    # Of as many intervals, were they independent, fewer than these would cover once in 10,000 times.
    assert informed["covered"].sum() >= binom.ppf(1e-4, len(informed), 0.9)
    assert min(one.diagnostics["effective"] for one in found.fits) >= 400
    assert found.cpu <= 2.0
    p0 = rows[rows["parameter"] == "P0"]
    assert p0["informed"].all() and (p0["estimate"] / p0["truth"] - 1).abs().median() < 0.2


def test_another_optimiser_finds_nobody_more_probable() -> None:
    found = recover(STUDY, 2, seed=5)
    for one in found.fits:
        prior = read_prior(one.population, one.patient.parameters.WT)
        target = Target(prior, measured(one.subject, residuals()))
        start = [float(score_of(prior, name, getattr(one.patient.parameters, name))) for name in prior.names]

        def lost(scores: np.ndarray, target: Target = target) -> float:
            likelihood, before = densities(target, scores[None], rtol=1e-9)
            return -float(likelihood[0] + before[0])

        best = minimize(lost, start, method="Powell", options={"maxfev": 1500, "xtol": 1e-3, "ftol": 1e-6})
        assert -best.fun < one.diagnostics["log_density"] + 0.01


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*counts and population disagree")  # how often is counted
def test_nominal_intervals_cover_as_often_as_they_say(record_property: Callable[[str, object], None]) -> None:
    """200 patients, 8 draws over 28 days, 20% noise: at most 2 s a fit and 3 minutes on 2 processors."""
    before = time.process_time()
    found = recover(STUDY, 200)
    assert np.mean([len(one.diagnostics["disagree"]) > 0 for one in found.fits]) < 0.05
    rows = table(found)
    covered = {str(name): 100 * part["covered"].mean() for name, part in rows[rows["informed"]].groupby("parameter")}
    record_property("count", f"200 patients, {int(rows['informed'].sum())} intervals called informed")
    record_property("worst", "covered: " + ", ".join(f"{name} {share:.1f}%" for name, share in covered.items()))
    assert time.process_time() - before <= 360
    check_profiles(rows)
    for name, part in rows.groupby("parameter"):
        told = part[part["informed"]]
        # Where few are called informed the share itself is uncertain: two standard errors of it.
        slack = max(0.05, 2 * np.sqrt(0.09 / max(len(told), 1)))
        assert abs(told["covered"].mean() - 0.9) <= slack, name
        assert abs(part["covered"].mean() - 0.9) <= 0.05, name


@pytest.mark.slow
def test_an_ensemble_of_walkers_agrees() -> None:
    pytest.importorskip("emcee")
    pytest.importorskip("arviz_stats")
    (one,) = recover(STUDY, 1, seed=6).fits
    other = itp.fit(one.subject, sampler="ensemble", seed=6)
    said = other.diagnostics
    assert said["converged"] and said["rhat"] <= 1.05 and said["autocorrelation"] > 1 and said["effective"] > 400
    assert other.judged["left"].to_numpy() == pytest.approx(one.judged["left"].to_numpy(), rel=0.2)
    assert other.summary()["verdict"].tolist() == one.summary()["verdict"].tolist()
    for end in ("low", "high"):
        names = ["P0", "EPS", "IC50"]
        assert other.summary().loc[names, end].to_numpy() == pytest.approx(
            one.summary().loc[names, end].to_numpy(), rel=0.1
        )
