"""Patients x regimens: what may be asked for, what comes back, and what must not change it."""

import json
import os
import warnings
from importlib import import_module

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import itp_sim as itp
from itp_sim.design import COHORT, COHORT_OUTPUTS, LEVELS, Level
from itp_sim.equations import Outputs, Parameters, State
from itp_sim.solve import Failure

#: The module; the package shows the function of the same name.
simulate_module = import_module("itp_sim.simulate")

PATIENT = itp.typical_patient()
OTHER = PATIENT.assign(P0=25, EPS=1.4, WT=58)
ARMS = {"one": "1 g/kg", "two": "1 g/kg daily x 2", "none": None}
SHORT = {"days": 3, "times": [0, 1, 2, 3]}


def table(*patients: itp.Patient) -> pd.DataFrame:
    return pd.DataFrame([patient.parameters for patient in patients], columns=list(Parameters._fields))


def same_bits(a: xr.Dataset, b: xr.Dataset, names: tuple[str, ...] = ()) -> None:
    """All numbers of two results are the same, to the last bit."""
    for name in names or a.data_vars:
        np.testing.assert_array_equal(a[name].to_numpy(), b[name].to_numpy(), err_msg=str(name))


@pytest.fixture(scope="module")
def run() -> xr.Dataset:
    return itp.simulate([PATIENT, OTHER], ARMS)


READOUTS = ("peak", "peak_day", "area", "return_day", "igg_peak", "first_day", "last_day", "days_above")


# --- what may be asked for ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        ([PATIENT, OTHER], [0, 1]),
        ((PATIENT, OTHER), [0, 1]),
        ((p for p in (PATIENT, OTHER)), [0, 1]),
        ({"Ann": PATIENT, "Bob": OTHER}, ["Ann", "Bob"]),
        (table(PATIENT, OTHER), [0, 1]),
        (table(PATIENT, OTHER).set_axis(["a", "b"]), ["a", "b"]),
        (table(PATIENT, OTHER).set_axis([17, 4]), [17, 4]),
        (table(PATIENT, OTHER)[sorted(Parameters._fields)].assign(comment="left out"), [0, 1]),
        (table(PATIENT, OTHER).astype(object), [0, 1]),
        (table(PATIENT, OTHER).convert_dtypes(), [0, 1]),
    ],
    ids=["list", "tuple", "generator", "names", "table", "text rows", "number rows", "other order", "objects", "Int64"],
)
def test_patients_of_every_form(given: object, labels: list[object]) -> None:
    found = itp.simulate(given, ARMS, **SHORT)
    assert found.patient.to_numpy().tolist() == labels
    same_bits(found, itp.simulate([PATIENT, OTHER], ARMS, **SHORT))


def test_one_patient_is_a_list_of_one() -> None:
    assert itp.simulate(PATIENT, "1 g/kg", **SHORT).identical(itp.simulate([PATIENT], ["1 g/kg"], **SHORT))


def test_virtual_patients_are_patients() -> None:
    people = itp.virtual_patients(n=3, seed=1)
    found = itp.simulate(people, "1 g/kg", **SHORT)
    np.testing.assert_array_equal(found.parameters, people[list(Parameters._fields)])
    assert found.attrs["population"] == "adult_chronic"


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ("1 g/kg daily x 2", ["1 g/kg daily x 2"]),
        (itp.regimen("1 g/kg daily x 2"), ["1 g/kg daily x 2"]),
        ("1 G/KG  on day 0 and 1", ["1 g/kg daily x 2"]),
        (["0.5 g/kg", "1 g/kg"], ["0.5 g/kg", "1 g/kg"]),
        ((text for text in ("0.5 g/kg", "1 g/kg")), ["0.5 g/kg", "1 g/kg"]),
        (["1 g/kg", None], ["1 g/kg", "none"]),
        (None, ["none"]),
        ({"a": "1 g/kg", "b": "1 g/kg"}, ["a", "b"]),
        ({"a": itp.regimen("1 g/kg", product="Privigen"), "b": None}, ["a", "b"]),
    ],
)
def test_arms_of_every_form(given: object, names: list[str]) -> None:
    assert itp.simulate(PATIENT, given, **SHORT).arm.to_numpy().tolist() == names


def test_defaults_for_few_and_for_many() -> None:
    few = itp.simulate([PATIENT] * COHORT, "1 g/kg", rtol=1e-3)
    many = itp.simulate([PATIENT] * (COHORT + 1), "1 g/kg", rtol=1e-3)
    assert (few.attrs["days"], float(few.time[-1])) == (42.0, 42.0)
    np.testing.assert_allclose(np.diff(few.time), 1 / 8)
    np.testing.assert_allclose(np.diff(many.time), 1 / 4)
    assert set(Outputs._fields) <= set(few)
    assert {name for name in many if "time" in many[name].dims} == set(COHORT_OUTPUTS)
    assert few.level.to_numpy().tolist() == [level.label for level in LEVELS]


def test_outputs_are_those_asked_for() -> None:
    found = itp.simulate(PATIENT, None, outputs=["MK1", "Platelets", "tpo", "TPO", "platelets"], **SHORT)
    assert [name for name in found if "time" in found[name].dims] == ["MK1", "platelets", "tpo", "TPO"]
    assert found.TPO.equals(found.tpo)
    one = itp.simulate(PATIENT, None, outputs="igg", **SHORT)
    assert [name for name in one if "time" in one[name].dims] == ["igg"]


def test_without_outputs_the_read_outs_remain(run: xr.Dataset) -> None:
    bare = itp.simulate([PATIENT, OTHER], ARMS, outputs=[])
    assert [name for name in bare if "time" in bare[name].dims] == []
    same_bits(bare, run, READOUTS)


@pytest.mark.parametrize("name", State._fields)
def test_every_state_can_be_asked_for(name: str) -> None:
    assert np.isfinite(itp.simulate(PATIENT, "1 g/kg", days=1, outputs=name)[name]).all()


@pytest.mark.parametrize(
    "form",
    [list, tuple, np.array, pd.Series, pd.Index, iter, xr.DataArray, lambda days: np.array(days, dtype=object)],
)
def test_times_of_every_form(form: object, run: xr.Dataset) -> None:
    days = [0, 0.5, 7, 41.875, 42.0]
    found = itp.simulate([PATIENT, OTHER], ARMS, times=form(days))
    assert found.time.to_numpy().tolist() == days
    same_bits(found, run.sel(time=days))


def test_levels_are_numbers_or_counts_with_a_multiple() -> None:
    found = itp.simulate(OTHER, "1 g/kg", levels=[40, Level(30, 2), Level(40.0), np.float64(0.1), 50.00000001, 50])
    assert found.level.to_numpy().tolist() == ["40", "30 and 2x", "0.1", "50.00000001", "50"]
    assert found.level_count.to_numpy()[0].tolist() == [40, 50, 0.1, 50.00000001, 50]
    days = found.first_day.squeeze(["arm", "patient"], drop=True)
    assert float(days.sel(level="30 and 2x")) == float(days.sel(level="50"))
    assert itp.simulate(OTHER, None, levels=50, **SHORT).level.to_numpy().tolist() == ["50"]
    assert itp.simulate(OTHER, None, levels=Level(30, 2), **SHORT).level.to_numpy().tolist() == ["30 and 2x"]


# --- what must not change the answer --------------------------------------------------------------------------------


def test_the_same_question_has_the_same_answer(run: xr.Dataset) -> None:
    assert itp.simulate([PATIENT, OTHER], ARMS).identical(run)


def test_a_patient_is_the_same_alone_or_among_others(run: xr.Dataset) -> None:
    for i, patient in enumerate((PATIENT, OTHER)):
        same_bits(itp.simulate(patient, ARMS), run.isel(patient=[i]))
    turned = itp.simulate([OTHER, PATIENT, OTHER], ARMS)
    same_bits(turned.isel(patient=[1, 2]), run)


def test_the_order_of_arms_changes_nothing(run: xr.Dataset) -> None:
    turned = itp.simulate([PATIENT, OTHER], dict(reversed(ARMS.items())))
    same_bits(turned.sel(arm=list(ARMS)), run, tuple(set(run) - {"infusion_day"}))
    alone = itp.simulate([PATIENT, OTHER], {"two": ARMS["two"]})
    same_bits(alone, run.sel(arm=["two"]))


@settings(max_examples=15)
@given(st.lists(st.floats(0, 42, allow_subnormal=True), min_size=1, max_size=8, unique=True).map(sorted))
def test_output_days_change_no_read_out(run: xr.Dataset, days: list[float]) -> None:
    found = itp.simulate(PATIENT, {"two": ARMS["two"]}, times=days, outputs=["platelets"])
    same_bits(found, run.isel(patient=[0]).sel(arm=["two"]), READOUTS)
    assert (found.platelets > 0).all()


def test_a_day_has_one_value_whatever_the_other_days_are(run: xr.Dataset) -> None:
    days = np.sort(np.concatenate([[3.0, np.nextafter(3, 4)], np.linspace(0.1, 41.9, 57)]))
    found = itp.simulate(PATIENT, {"two": ARMS["two"]}, times=days)
    a, b = (float(x.sel(time=3.0).isel(patient=0).sel(arm="two").platelets) for x in (found, run))
    assert a == pytest.approx(b, rel=1e-9)


def test_weight_does_not_change_the_count_at_a_dose_in_g_per_kg(run: xr.Dataset) -> None:
    heavy = itp.simulate(PATIENT.assign(WT=140), ARMS)
    np.testing.assert_allclose(heavy.platelets, run.platelets.isel(patient=[0]), rtol=1e-6)
    np.testing.assert_allclose(heavy.grams, 2 * run.grams.isel(patient=[0]))


def test_no_global_state_is_changed(tmp_path: object) -> None:
    def state() -> list[object]:
        return [
            repr(warnings.filters),
            repr(np.random.get_state()),  # noqa: NPY002
            np.geterr(),
            repr(dict(mpl.rcParams)),
            repr(dict(xr.get_options())),
            pd.options.display.width,
            os.getcwd(),  # noqa: PTH109
            dict(os.environ),
        ]

    before = state()
    found = itp.simulate(PATIENT, ARMS)
    itp.response(found)
    itp.compare(found)
    ax = itp.plots.counts(found, observed="godeau1999")
    ax.figure.savefig(f"{tmp_path}/a.svg")
    mpl.pyplot.close(ax.figure)
    mpl.pyplot.close(itp.plots.mechanism(found)[0, 0].figure)
    assert state() == before


# --- without treatment, and at the ends of a run --------------------------------------------------------------------


def test_an_untreated_patient_stays_as_he_is() -> None:
    many = itp.virtual_patients(n=12, seed=3)
    still = itp.simulate(many, None, days=365, times=[0, 1, 30, 365], outputs=Outputs._fields)
    for name in Outputs._fields:
        first = still[name].isel(time=0, drop=True)
        np.testing.assert_allclose(still[name], first.broadcast_like(still[name]), rtol=1e-6, atol=1e-9, err_msg=name)
    np.testing.assert_allclose(still.peak, many[["P0"]].T, rtol=1e-6)
    assert (still.peak_day == 0).all()
    assert still.return_day.isnull().all()
    assert (still.delivered == 0).all()
    assert (still.grams == 0).all()


@pytest.mark.parametrize("level", LEVELS[:6])
def test_an_untreated_count_at_a_level_is_at_it_all_the_time(level: Level) -> None:
    still = itp.simulate(PATIENT.assign(P0=level.count, EPS=3.5), None).sel(level=level.label).squeeze()
    assert (float(still.first_day), float(still.last_day), float(still.days_above)) == (0, 42, 42)


def test_a_dose_of_next_to_nothing_does_next_to_nothing(run: xr.Dataset) -> None:
    little = itp.simulate([PATIENT, OTHER], "0.000001 g/kg")
    np.testing.assert_allclose(little.platelets.isel(arm=0), run.platelets.sel(arm="none"), rtol=1e-5)


def test_what_is_prescribed_after_the_run_is_not_given() -> None:
    found = itp.simulate(PATIENT, "0.4 g/kg daily x 5", days=2.5)
    assert float(found.grams.squeeze()) == pytest.approx(5 * 28)
    assert float(found.delivered.squeeze()) == pytest.approx(3 * 28)


def test_the_first_dose_may_come_late_but_not_after_the_run() -> None:
    late = itp.simulate(PATIENT, "1 g/kg on day 10", days=30)
    np.testing.assert_allclose(late.platelets.sel(time=slice(0, 10)), 12, rtol=1e-6)
    at_once = itp.simulate(PATIENT, "1 g/kg", days=20)
    assert float(late.peak_day.squeeze()) == pytest.approx(10 + float(at_once.peak_day.squeeze()), abs=1e-3)
    with pytest.raises(itp.InputError, match=r"arm 'b': the run ends on day 10, before the first infusion on day 10"):
        itp.simulate(PATIENT, {"a": "1 g/kg", "b": "1 g/kg on day 10"}, days=10)


# --- refused, before or after the integration -----------------------------------------------------------------------


def test_too_large_a_result_is_refused_before_anything_is_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulate_module, "solve", None)
    with pytest.raises(itp.InputError, match=r"would take about 5\.\d GB, more than 4 GB: ask for fewer"):
        itp.simulate([PATIENT] * 200, ["1 g/kg", "2 g/kg"], times=np.linspace(0, 42, 150_000), outputs=Outputs._fields)


def test_arms_share_the_seconds_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    left = []

    def solve(problem: object, **how: object) -> object:
        left.append(problem.budget)
        now[0] += 4.0
        return solve_well(problem, **how)

    solve_well = simulate_module.solve
    monkeypatch.setattr(simulate_module.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(simulate_module, "solve", solve)
    itp.simulate(PATIENT, ["0.5 g/kg", "1 g/kg"], budget=10, **SHORT)
    assert left == [10.0, 6.0]


def test_a_run_that_takes_too_long_is_stopped() -> None:
    with pytest.raises(itp.BudgetError, match=r"time allowed was used up on day .*: ask for fewer patients or days"):
        itp.simulate(PATIENT, "1 g/kg", budget=1e-9)


@pytest.mark.parametrize(
    ("spoiled", "words"),
    [
        ({"failures": (Failure(1, 3.5, "LSODA stopped"),)}, "arm 'one': 1 of 2 patients failed; patient b on day 3.5"),
        ({"imbalance": np.array([0.0, 1e-6])}, "arm 'one', patient b: 1e-06 g of infused IgG are unaccounted for"),
        ({"imbalance": np.array([np.nan, 0.0])}, "arm 'one', patient a: nan g of infused IgG are unaccounted for"),
        ({"delivered": np.array([70.0, 57.9])}, "arm 'one', patient b: 57.9 of 58 g were delivered"),
        ({"values": {"igg": np.array([[1, 1], [1, np.nan]])}}, "arm 'one', patient b: igg is not finite"),
    ],
)
def test_a_lost_dose_or_a_failed_patient_is_an_error(
    monkeypatch: pytest.MonkeyPatch, spoiled: dict[str, object], words: str
) -> None:
    solve = simulate_module.solve
    monkeypatch.setattr(simulate_module, "solve", lambda problem, **how: solve(problem, **how)._replace(**spoiled))
    with pytest.raises(itp.SolverError) as error:
        itp.simulate({"a": PATIENT, "b": OTHER}, {"one": "1 g/kg"}, **SHORT)
    assert words in str(error.value)


# --- engines --------------------------------------------------------------------------------------------------------


def test_engines_agree_and_the_result_names_the_one_that_solved_it() -> None:
    arms = {"1": "1 g/kg", "2": "1 g/kg daily x 2"}
    runs = {engine: itp.simulate(PATIENT, arms, days=20, engine=engine) for engine in ("kernel", "twin", "reference")}
    for engine, run in runs.items():
        assert run.attrs["solver"] == engine
        for name in ("platelets", "igg", "peak", "peak_day", "first_day", "days_above", "return_day"):
            np.testing.assert_allclose(
                run[name], runs["reference"][name], rtol=2e-5, atol=2e-5, err_msg=f"{engine} {name}"
            )


def test_auto_names_an_engine_and_threads_change_no_bit() -> None:
    auto = itp.simulate(PATIENT, "1 g/kg", days=20)
    assert auto.attrs["solver"] in {"kernel", "reference"}
    for threads in (1, 3):
        assert itp.simulate(PATIENT, "1 g/kg", days=20, threads=threads).identical(auto)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"engine": "kernal"}, "did you mean 'kernel'"),
        ({"threads": 0}, "threads is 0"),
        ({"engine": None}, "not a name"),
    ],
)
def test_engine_that_does_not_exist(asked: dict[str, object], words: str) -> None:
    with pytest.raises(itp.InputError, match=words):
        itp.simulate(PATIENT, "1 g/kg", **asked)


def test_a_run_says_how_its_patients_were_drawn() -> None:
    asked = {"seed": 5, "platelets": (4, 20), "typical": {"EPS": 1.3}, "weight_kg": (50, 90), "sampling": "stratified"}
    asked |= {"spread": {"EPS": 0.3}}
    people = itp.virtual_patients(n=6, **asked)
    run = itp.simulate(people, "1 g/kg", days=7)
    drawn = json.loads(run.attrs["drawn"])
    again = itp.simulate(itp.virtual_patients(run.attrs["population"], 6, **drawn), "1 g/kg", days=7)
    assert again.identical(run)
    assert "drawn" not in itp.simulate(PATIENT, "1 g/kg", days=7).attrs


def test_the_word_none_is_an_arm_without_treatment() -> None:
    run = itp.simulate(itp.typical_patient(), ["none", "1 g/kg"], days=2)
    assert run.identical(itp.simulate(itp.typical_patient(), [None, "1 g/kg"], days=2))
    assert run.peak.sel(arm="none").item() < run.peak.sel(arm="1 g/kg").item()
