"""Questions before a study: the chance of a count day by day, and what blood draws would tell."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib import pyplot as plt
from scipy.stats import binomtest

import itp_sim as itp
from itp_sim.errors import InputError
from itp_sim.intervals import clopper_pearson
from itp_sim.parameters import params_dir

ARMS = ("1 g/kg", "1 g/kg daily x 2")


@pytest.fixture(scope="module")
def run() -> xr.Dataset:
    return itp.simulate(itp.virtual_patients(n=200, seed=1), ARMS, days=14, outputs=["platelets"])


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    plans = {"untreated": [0], "early": [0, 1, 2, 3], "spread": [0, 3, 7, 14], "more": [0, 3, 7, 14, 21]}
    return itp.expected_information(plans, n=200, against=8000, seed=2)


# --- the chance of a count ------------------------------------------------------------------------------------------


def test_a_chance_is_a_share_of_the_patients(run: xr.Dataset) -> None:
    found = itp.chance_above(run, [30, 80])
    assert found.chance.dims == ("arm", "level", "time") and found.attrs["patients"] == 200
    for level in (30, 80):
        expected = (run.platelets >= level).mean("patient")
        assert found.chance.sel(level=level).to_numpy() == pytest.approx(expected.to_numpy())
    assert (found.chance.sel(level=30) >= found.chance.sel(level=80)).all()
    assert ((found.low <= found.chance) & (found.chance <= found.high)).all()
    assert found.attrs["notice"] == itp.RESEARCH_ONLY


def test_its_interval_is_that_of_clopper_and_pearson() -> None:
    hits = np.array([0, 1, 17, 149, 150])
    for h, low, high in zip(hits, *clopper_pearson(hits, 150), strict=True):
        exact = binomtest(int(h), 150).proportion_ci(0.95, method="exact")
        assert (low, high) == pytest.approx((exact.low, exact.high), abs=1e-12)


def test_untreated_patients_are_at_their_own_count() -> None:
    people = itp.virtual_patients(n=30, seed=1)
    run = itp.simulate(people, "none", days=14, outputs=["platelets"])
    level = float(people["P0"].iloc[4])
    found = itp.chance_above(run, [level])
    assert found.chance.to_numpy() == pytest.approx((people["P0"] >= level).mean())


@pytest.mark.parametrize(
    ("counts", "words"),
    [([], "give 1 to 20"), ([50, 50], "each once"), ([-1], "a count is -1"), (["50"], "not a number")],
)
def test_counts_that_cannot_be_asked_for(run: xr.Dataset, counts: list[object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        itp.chance_above(run, counts)


def test_runs_that_cannot_be_asked(run: xr.Dataset) -> None:
    with pytest.raises(InputError, match="at least 20"):
        itp.chance_above(run.isel(patient=slice(5)))
    with pytest.raises(InputError, match="no counts over time"):
        itp.chance_above(run.drop_vars("platelets"))
    with pytest.raises(InputError, match="not a result of simulate"):
        itp.chance_above(None)


def test_the_chance_is_drawn(run: xr.Dataset) -> None:
    found = itp.chance_above(run)
    ax = itp.plots.chance(found, level=80)
    lines = {line.get_label(): line for line in ax.lines}
    for arm in ARMS:
        assert lines[arm].get_ydata() == pytest.approx(100 * found.chance.sel(arm=arm, level=80).to_numpy())
    assert ax.get_ylabel() == "% of patients at 80 or more"
    assert ax.get_figure().get_supxlabel() == itp.RESEARCH_ONLY
    plt.close("all")
    with pytest.raises(InputError, match="choose from 30, 50, 80, 100"):
        itp.plots.chance(found, level=60)
    with pytest.raises(InputError, match="chance_above"):
        itp.plots.chance(run)


# --- which draws tell most ------------------------------------------------------------------------------------------


def test_more_draws_tell_more(table: pd.DataFrame) -> None:
    assert table["draws"].tolist() == [1, 4, 4, 5]
    assert table["bits"].is_monotonic_increasing or table.loc["more", "bits"] == table["bits"].max()
    assert table.loc["more", "bits"] > table.loc["spread", "bits"] > table.loc["untreated", "bits"]
    assert (table.loc["more", ["EPS", "FIND", "IC50"]] < table.loc["untreated", ["EPS", "FIND", "IC50"]]).all()


def test_an_untreated_count_tells_the_untreated_count_alone(table: pd.DataFrame) -> None:
    row = table.loc["untreated"]
    assert row["P0"] < 0.2
    assert row[["EPS", "FIND", "IC50"]].to_numpy(dtype=float) == pytest.approx(1.0, abs=0.08)


def test_bits_of_an_untreated_count_are_those_of_a_normal_law() -> None:
    """P0 is nearly log-normal, and so is a count of it: half the logarithm of the ratio of variances."""
    found = itp.expected_information({"untreated": [0]}, n=2000, against=8000, seed=3).iloc[0]
    omega, sd = itp.records("adult_chronic")["P0"].omega, np.sqrt(np.log1p(0.2**2))
    assert found["bits"] == pytest.approx(0.5 * np.log2(1 + omega**2 / sd**2), abs=4 * found["bits_error"] + 0.05)
    assert found["P0"] == pytest.approx(1 / (1 + omega**2 / sd**2), rel=0.15)


def test_schedules_do_not_hang_on_each_other(table: pd.DataFrame) -> None:
    alone = itp.expected_information({"early": [3, 2, 1, 0]}, n=200, against=8000, seed=2)
    pd.testing.assert_series_equal(alone.loc["early"], table.loc["early"], check_names=False, rtol=1e-3)


def test_expected_and_found_variance_agree(table: pd.DataFrame) -> None:
    """What fits of known patients leave is what was expected of their schedule."""
    people = itp.virtual_patients(n=9, seed=9, platelets=(1, 150))
    run = itp.simulate(people, "1 g/kg", days=14, times=[0, 3, 7, 14], progress=False)
    fits = itp.fit_each(itp.with_noise(itp.read_nmtran(itp.to_nmtran(run)), seed=1), progress=False)
    left = np.array([one.summary()["shrinkage"].loc[["P0", "EPS", "FIND", "IC50"]] for one in fits.values()])
    error = left.std(axis=0) / 3
    expected = table.loc["spread", ["P0", "EPS", "FIND", "IC50"]].to_numpy(dtype=float)
    assert (np.abs(left.mean(axis=0) - expected) < 4 * error + 0.06).all()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"schedules": "day 3"}, "give days by name"),
        ({"schedules": []}, "give 1 to 100"),
        ({"schedules": {"a": []}}, "'a' has 0 draws"),
        ({"schedules": {"a": [-1]}}, "a day of schedule 'a' is -1"),
        ({"n": 3}, "n is 3"),
        ({"against": 3}, "against is 3"),
        ({"count_cv": 0}, "count_cv is 0"),
        ({"regimen": "lots"}, "lots"),
        ({"budget": 0}, "budget is 0"),
        (
            {"n": 5000, "against": 200_000, "schedules": [list(range(i, i + 60)) for i in range(100)]},
            r"n=5000 held against=200000 under 100 schedules take about [\d,]+ s of processor time, more than "
            "budget=3600: ask for a smaller `against`, a smaller n, or fewer schedules, or raise `budget`",
        ),
        (
            {
                "against": 200_000,
                "schedules": {str(i): [i + j / 90 for j in range(90)] for i in range(9)},
                "budget": 1e9,
            },
            "would take about 5\\.2 GB, more than 4 GB",
        ),
        ({"population": "nobody"}, "no population"),
    ],
)
def test_information_that_cannot_be_told(asked: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        itp.expected_information(**asked)


def test_what_is_alike_in_all_patients_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "low.toml"
    text = (params_dir() / "adult_chronic.toml").read_text(encoding="utf-8").replace('"adult_chronic"', '"low"')
    own = re.search(r"(?ms)^\[P0\]\n.*?(?=^\[)", text)
    assert own
    lower = re.sub(r"(?m)^truncate = .*$", "truncate = [1, 10]", re.sub(r"(?m)^value +=.*$", "value = 3.0", own[0]))
    path.write_text(text.replace(own[0], lower), encoding="utf-8")
    with pytest.raises(InputError, match="days_above_50 is the same in all patients"):
        itp.expected_information([[0, 1]], "0.001 g/kg", path, n=50, against=1000)


def test_information_is_drawn(table: pd.DataFrame) -> None:
    ax = itp.plots.information(table)
    assert [label.get_text() for label in ax.get_yticklabels()] == table.index.tolist()
    drawn = {line.get_label(): line.get_xdata() for line in ax.lines}
    assert drawn["FIND"] == pytest.approx(100 * (1 - table["FIND"].clip(0, 1)))
    assert "days at 50 or more" in drawn
    plt.close("all")
    with pytest.raises(InputError, match="expected_information"):
        itp.plots.information(table.drop(columns="bits"))
