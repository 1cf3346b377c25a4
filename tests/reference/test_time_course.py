"""The time course after IVIG against published results, with the tolerances of the sources.

Fitted: Godeau 1999 is a calibration trial (IC50 and GAMMA), so its test checks a fit. Held out, as no parameter was set
to them: IgG two weeks after 2 g/kg (Kuitwaard 2009) and the fall of autoantibody (Bleeker 2001); both were known when
the parameters were chosen. The other tests hold the general course, whose speed and length were fitted (Arbach 2019).
"""

import pytest

import itp_sim as itp
from itp_sim.population import virtual_patients
from itp_sim.trials import load_trial

ARMS = {"0.5 g/kg": "0.5 g/kg", "1 g/kg": "1 g/kg", "2 g/kg": "1 g/kg daily x 2"}


@pytest.fixture(scope="module")
def run():
    return itp.simulate(itp.typical_patient("adult_chronic", weight_kg=70, platelets=12), ARMS, days=42)


@pytest.fixture(scope="module")
def table(run):
    return itp.response(run).droplevel("patient")


def at(run, arm, day, name="platelets"):
    return run[name].sel(arm=arm).squeeze("patient").interp(time=day).item()


def test_counts_are_clearly_up_within_two_days(run):
    for arm in ("1 g/kg", "2 g/kg"):
        assert at(run, arm, 1) > 2 * 12
        assert at(run, arm, 2) > 50


def test_thirty_is_passed_between_half_a_day_and_three_days(table):
    assert table.day_30[["1 g/kg", "2 g/kg"]].between(0.5, 3.0).all()


def test_curves_of_1_and_2_g_per_kg_are_nearly_equal_to_day_2(run):
    # The second gram comes on day 1: by day 2 it adds what a blockade of 95% had left.
    assert at(run, "2 g/kg", 2) == pytest.approx(at(run, "1 g/kg", 2), rel=0.10)
    assert at(run, "2 g/kg", 3) == pytest.approx(at(run, "1 g/kg", 3), rel=0.15)


def test_peaks_stand_near_day_5(table):
    assert 4 <= table.peak_day["1 g/kg"] <= 6
    assert 4.5 <= table.peak_day["2 g/kg"] <= 8


def test_2_g_per_kg_goes_higher_and_stays_longer(table):
    assert table.peak["2 g/kg"] > 1.2 * table.peak["1 g/kg"]
    assert table.days_above_50["2 g/kg"] > 1.5 * table.days_above_50["1 g/kg"]


def test_both_are_back_within_two_to_six_weeks(table):
    assert table.return_day[["1 g/kg", "2 g/kg"]].between(14, 42).all()


def test_fcrn_action_alone_lifts_the_count_by_less_than_10_in_two_weeks():
    alone = itp.typical_patient(platelets=12).assign(blockade_effect=0.0)
    run = itp.simulate(alone, ARMS["2 g/kg"], days=14)
    assert 0.5 < run.peak.item() - 12 < 10


def test_blockade_alone_makes_nearly_the_whole_peak(table):
    run = itp.simulate(itp.typical_patient(platelets=12).assign(fcrn_effect=0.0), ARMS, days=42)
    assert (run.peak.squeeze("patient").to_series() - 12 > 0.85 * (table.peak - 12)).all()


def test_infused_igg_two_weeks_after_2_g_per_kg_is_as_in_guillain_barre(run):
    # Kuitwaard 2009: 7.8 (SD 5.6) g/L above untreated at two weeks, 2 g/kg.
    assert at(run, "2 g/kg", 14, "infused_igg") == pytest.approx(7.8, abs=5.6)
    assert at(run, "2 g/kg", 14, "igg") - 10 == pytest.approx(7.8, abs=5.6)


def test_autoantibody_falls_by_a_quarter(run):
    # Bleeker 2001: at most 25% at weeks 3 to 4 after 2 g/kg.
    for day in (21, 28):
        assert 0.20 < 1 - at(run, "2 g/kg", day, "autoantibody") < 0.30


def test_mean_rise_in_godeau_like_adults_is_within_a_quarter_of_the_published():
    # Adults below 50; the median that is assumed of them is the trial file's.
    trial = load_trial("godeau1999")
    people = virtual_patients(n=512, seed=1, typical=trial.entry.typical, platelets=(3, 50), sampling="sobol")
    arms = {key: arm.regimen for key, arm in trial.arms.items()}
    run = itp.simulate(people, arms, days=5, times=[0, 3, 4], outputs=["platelets"], rtol=1e-6)
    rise = (run.platelets - run.platelets.sel(time=0)).mean("patient")
    rises = [one for one in trial.endpoints.values() if one.kind == "rise"]
    assert [(one.statistic, *one.arms, one.day) for one in rises] == [
        ("mean", arm, day) for day in (3, 4) for arm in ("low", "high")
    ]
    for one in rises:
        assert float(rise.sel(arm=one.arms[0], time=one.day)) == pytest.approx(one.published.value, rel=0.25), one.key
