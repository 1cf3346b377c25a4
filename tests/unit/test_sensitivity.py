"""Which parameter decides: laws of elasticities and indices, what is refused, what a result says of itself."""

import json
import re
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot as plt
from tests.unit.seen import contrast, overlap, shown

import itp_sim as itp
from itp_sim.design import regimens_by_name
from itp_sim.sensitivity import sobol
from itp_sim.sensitivity.elasticities import elasticities, points
from itp_sim.sensitivity.varied import varied
from itp_sim.solve import engines

PATIENT = itp.typical_patient("adult_chronic", weight_kg=70, platelets=12)
ONE = itp.regimen("1 g/kg")
SOBOL: dict[str, Any] = {"n": 64, "parameters": ["P0", "IC50", "FIND"]}

#: On tests that take few points, whose intervals are wide: one of the others asks for the warning.
FEW = pytest.mark.filterwarnings("ignore:the indices of:UserWarning")


@pytest.fixture(scope="module")
def local() -> xr.Dataset:
    return itp.sensitivity(PATIENT, ONE, method="local", outputs=["peak", "peak_day", "area", "days_above_50"])


@pytest.fixture(scope="module")
def shares() -> xr.Dataset:
    return itp.sensitivity(PATIENT, ONE, n=4096)


# --- elasticities -----------------------------------------------------------------------------------------------------


def test_elasticities_of_powers_are_the_powers() -> None:
    values = np.array([2.0, 5.0, 0.3])
    x = points(values, [False, False, True])
    share = x[:, 2]
    outputs = [
        3 * x[:, 0],
        x[:, 0] ** 2 / np.sqrt(x[:, 1]),
        share / (1 - share),
        1 - share,
        1 / x[:, 1] - 7 + 0 * share,
    ]
    found = elasticities(np.column_stack(outputs))
    expected = [[1, 2, 0, 0, 0], [0, -0.5, 0, 0, -0.2 / (0.2 - 7)], [0, 0, 1, -0.3, 0]]
    np.testing.assert_allclose(found.elasticity, expected, atol=1e-9)
    assert (found.error < 1e-5).all()
    np.testing.assert_allclose(found.at, [6, 4 / np.sqrt(5), 3 / 7, 0.7, -6.8])


def powers(dimension: str, result: xr.Dataset) -> np.ndarray:
    """Power of a dimension in the unit of each parameter."""
    found = []
    for unit in result.parameter_unit.to_numpy().tolist():
        above, _, below = unit.replace("1e9/L", "count").partition("/")
        found.append(above.split("/").count(dimension) - below.split("/").count(dimension))
    return np.array(found)


def test_counts_scale_together(local: xr.Dataset) -> None:
    """In another unit of counts all counts change alike: the elasticities of parameters in it sum to one."""
    of_counts = powers("count", local)
    assert {"P0", "PN", "JH"} <= set(local.parameter.to_numpy()[of_counts == 1])
    sums = (local.elasticity * xr.DataArray(of_counts, dims="parameter")).sum("parameter")
    assert float(sums.sel(output="peak")) == pytest.approx(1, abs=1e-5)
    assert float(sums.sel(output="area")) == pytest.approx(1, abs=1e-5)
    assert float(sums.sel(output="peak_day")) == pytest.approx(0, abs=1e-4)


def test_gram_and_litres_scale_together(local: xr.Dataset) -> None:
    """Twice the grams in twice the volume is the same: concentrations against volumes and clearances."""
    grams, litres = powers("g", local), powers("L", local)
    concentrations, volumes = (grams == 1) & (litres == -1), litres == 1
    assert concentrations.sum() >= 3 and volumes.sum() >= 4
    by = local.elasticity.transpose("parameter", "output").to_numpy()
    np.testing.assert_allclose(by[concentrations].sum(axis=0), by[volumes].sum(axis=0), atol=1e-5)


def test_weight_does_nothing_when_doses_go_by_weight(local: xr.Dataset) -> None:
    np.testing.assert_allclose(local.elasticity.sel(parameter="WT"), 0, atol=1e-6)


def test_an_elasticity_foretells_a_small_change(local: xr.Dataset) -> None:
    peak = float(itp.simulate(PATIENT, ONE, rtol=1e-10).peak.item())
    for name in ("IC50", "EPS"):
        changed = PATIENT.assign(**{name: 1.001 * getattr(PATIENT.parameters, name)})
        rise = float(itp.simulate(changed, ONE, rtol=1e-10).peak.item()) / peak - 1
        expected = float(local.elasticity.sel(parameter=name, output="peak"))
        assert rise == pytest.approx(0.001 * expected, rel=0.01)
    share = PATIENT.parameters.FIND
    odds = 1.001 * share / (1 - share)
    run = itp.simulate(PATIENT.assign(FIND=odds / (1 + odds)), ONE, rtol=1e-10)
    expected = float(local.elasticity.sel(parameter="FIND", output="peak"))
    assert run.peak.item() / peak - 1 == pytest.approx(0.001 * expected, rel=0.01)


def test_the_reference_engine_agrees(local: xr.Dataset) -> None:
    other = itp.sensitivity(
        PATIENT, ONE, method="local", outputs=["peak", "days_above_50"], parameters=["P0", "IC50"], engine="reference"
    )
    same = local.elasticity.sel(output=other.output, parameter=other.parameter)
    np.testing.assert_allclose(other.elasticity, same, atol=1e-4)


def test_a_kink_is_warned_of() -> None:
    """Just above its peak a count has no days; just below, their number goes with the root."""
    peak = itp.simulate(PATIENT, ONE).peak.item()
    with pytest.warns(UserWarning, match="is not smooth where .* see `step_error`"):
        itp.sensitivity(PATIENT, ONE, method="local", outputs=[f"days_above_{0.9985 * peak:.3f}"], parameters=["P0"])


# --- Sobol indices ----------------------------------------------------------------------------------------------------


def test_the_contract_line_runs() -> None:
    arms = {"1 g/kg": itp.regimen("1 g/kg")}
    found = itp.sensitivity(PATIENT, arms["1 g/kg"], outputs=["peak", "days_above_50"])
    assert found.total.dims == ("parameter", "output")
    assert found.output.to_numpy().tolist() == ["peak", "days_above_50"]


def test_indices_are_shares(shares: xr.Dataset) -> None:
    assert (shares.total >= shares["first"] - 0.03).all()
    assert (shares["first"].sum("parameter") < 1.03).all() and (shares.total.sum("parameter") > 0.97).all()
    for name in ("first", "total"):
        assert (shares[f"{name}_low"] <= shares[name]).all() and (shares[name] <= shares[f"{name}_high"]).all()


def test_what_varies_is_what_differs_between_patients(shares: xr.Dataset) -> None:
    found = itp.records("adult_chronic")
    assert shares.parameter.to_numpy().tolist() == [name for name, record in found.items() if record.omega > 0]
    for name in shares.parameter.to_numpy().tolist():
        assert (shares.low.sel(parameter=name), shares.high.sel(parameter=name)) == found[name].limits


def test_draws_are_virtual_patients(shares: xr.Dataset) -> None:
    run = itp.simulate(itp.virtual_patients(n=8192, seed=3), ONE, times=[0], outputs=())
    table = itp.response(run)
    assert float(shares["mean"].sel(output="peak")) == pytest.approx(table.peak.mean(), rel=0.04)
    assert float(shares.sd.sel(output="peak")) == pytest.approx(table.peak.std(), rel=0.05)
    assert float(shares["mean"].sel(output="response")) == pytest.approx((table.response != "NR").mean(), abs=0.02)


@pytest.mark.parametrize("population", itp.populations())
def test_each_parameter_varies_as_between_virtual_patients(population: str) -> None:
    """Their truncation included, and nothing beyond it."""
    people = itp.virtual_patients(population, n=40_000, seed=2)
    for way in varied(itp.typical_patient(population), None, over="patients", ranges=None):
        inside = way.at(np.array([1e-12, 1 - 1e-12]))
        assert way.record.limits[0] <= inside[0] < inside[1] <= way.record.limits[1]
        below = [np.mean(people[way.name] <= value) for value in way.at(np.array([0.02, 0.25, 0.5, 0.75, 0.98]))]
        np.testing.assert_allclose(below, [0.02, 0.25, 0.5, 0.75, 0.98], atol=0.01, err_msg=way.name)


@FEW
def test_a_value_far_from_the_median_is_warned_of() -> None:
    """Adults have counts up to 30: around 28 most have less. Ranges, and a count in the middle, are no matter."""
    asked: dict[str, Any] = {"outputs": "peak", "n": 64, "parameters": ["P0", "IC50"]}
    high = PATIENT.assign(P0=28)
    (way,) = varied(high, ["P0"], over="patients", ranges=None)
    median = float(way.at(np.array([0.5]))[0])
    with pytest.warns(
        UserWarning, match=f"P0 is 28 in this patient and {median:.3g} in the median .* have 3 to 30"
    ) as said:
        itp.sensitivity(high, ONE, **asked)
    assert said[0].filename == __file__ and sum("in the median" in str(one.message) for one in said) == 1
    people = itp.virtual_patients(n=20_000, seed=1, typical={"P0": 28})
    assert median == pytest.approx(people["P0"].median(), rel=0.02)
    itp.sensitivity(high, ONE, **asked, over="ranges")
    itp.sensitivity(PATIENT, ONE, **asked)


@pytest.mark.parametrize("population", itp.populations())
@FEW
def test_the_typical_patient_is_not_warned_of(population: str) -> None:
    itp.sensitivity(itp.typical_patient(population), ONE, outputs="peak", n=64)


def test_ranges_are_even_on_the_scale_of_the_parameter() -> None:
    ends = {"IC50": (1.0, 4.0), "FIND": (0.1, 0.3), "KREM": (0.0, 0.5)}
    ways = varied(PATIENT, list(ends), over="ranges", ranges=ends)
    middle = {way.name: float(way.at(np.array([0.5]))[0]) for way in ways}
    assert middle == pytest.approx({"IC50": 2.0, "FIND": 0.2, "KREM": 0.25})


@FEW
def test_they_vary_around_the_patient() -> None:
    low, high = (
        itp.sensitivity(PATIENT.assign(IC50=ic50), ONE, outputs="peak", **SOBOL)["mean"].item() for ic50 in (6, 1.5)
    )
    assert low < high


@FEW
def test_a_parameter_that_does_nothing_has_no_index() -> None:
    found = itp.sensitivity(PATIENT, ONE, over="ranges", parameters=["WT", "IC50"], outputs=["peak", "area"], n=128)
    np.testing.assert_allclose(found.sel(parameter="WT").total, 0, atol=1e-7)
    np.testing.assert_allclose(found.sel(parameter="WT")["first"], 0, atol=1e-4)
    assert (found.sel(parameter="IC50").total > 0.5).all()


@pytest.mark.parametrize(
    "change", [{"threads": 2}, {"engine": "twin"}, {"part": 7}, {"parameters": ["FIND", "IC50", "P0"]}]
)
@FEW
def test_the_same_bits(change: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    plain = itp.sensitivity(PATIENT, ONE, **SOBOL, threads=1)
    monkeypatch.setattr(sobol, "PART", change.pop("part", sobol.PART))
    again = itp.sensitivity(PATIENT, ONE, **SOBOL | change)
    for name in plain.data_vars:
        np.testing.assert_allclose(again[name], plain[name], rtol=1e-9 if "engine" in change else 0)


@FEW
def test_ten_parameters_take_seconds() -> None:
    varying = [name for name, record in itp.records("adult_chronic").items() if record.omega > 0][:10]
    before = time.process_time()
    found = itp.sensitivity(PATIENT, ONE, parameters=varying, n=1024)
    assert time.process_time() - before < 60
    assert found.attrs["runs"] == 12 * 1024 and found.sizes == {"parameter": 10, "output": 3}


@FEW
def test_another_seed_is_another_sample() -> None:
    one, two = (itp.sensitivity(PATIENT, ONE, **SOBOL, seed=seed) for seed in (0, 1))
    assert not np.array_equal(one.total, two.total)


@FEW
def test_ranges_of_ones_own() -> None:
    wanted: dict[str, Any] = {"parameters": ["EPS", "PHI"], "outputs": "peak", "over": "ranges", "n": 256}
    wide = itp.sensitivity(PATIENT, ONE, **wanted)
    narrow = itp.sensitivity(PATIENT, ONE, **wanted, ranges={"EPS": (1.2, 1.3)})
    assert (narrow.low.sel(parameter="EPS"), narrow.high.sel(parameter="EPS")) == (1.2, 1.3)
    total = [found.total.sel(parameter="PHI").item() for found in (wide, narrow)]
    assert total[0] < total[1]


@FEW
def test_all_declared_ranges_of_a_population_make_patients() -> None:
    for population in itp.populations():
        found = itp.sensitivity(itp.typical_patient(population), ONE, over="ranges", outputs=["peak"], n=256)
        assert found.attrs["over"] == "ranges"


def test_few_points_are_warned_of_with_the_number_that_would_do() -> None:
    with pytest.warns(UserWarning, match=r"only with n=256: n=\d+ would do") as said:
        itp.sensitivity(PATIENT, ONE, outputs="peak", parameters=["P0", "FIND"], n=256)
    enough = int(re.search(r"n=(\d+) would do", str(said[0].message))[1])
    assert enough > 256 and said[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        itp.sensitivity(PATIENT, ONE, outputs="peak", parameters=["P0", "FIND"], n=2 * enough)


# --- what a result says -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["local", "shares"])
def test_a_result_is_labelled(kind: str, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue(kind)
    assert isinstance(found, xr.Dataset) and dict(found.sizes).keys() == {"parameter", "output"}
    for values in found.data_vars.values():
        assert values.attrs["units"] and values.attrs["long_name"]
    run = itp.simulate(PATIENT, {ONE.text: ONE})
    for name in ("regimens", "products", "rate_steps", "vials_g", "days", "population", "notice", "itp_sim_version"):
        assert found.attrs[name] == run.attrs[name]
    assert found.attrs["definition"] == "iwg" and found.attrs["runs"] > 10
    json.dumps(dict(found.attrs))
    assert list(regimens_by_name([ONE])) == list(json.loads(found.attrs["regimens"]))


def test_units_and_meanings(shares: xr.Dataset, local: xr.Dataset) -> None:
    assert shares.output_unit.to_numpy().tolist() == ["1e9/L", "day", "1"]
    assert shares.output_meaning.sel(output="days_above_50").item() == "days at or above 50"
    assert local.parameter_unit.sel(parameter="IC50").item() == "g/L"
    assert local.change.sel(parameter="FIND").item() == "odds" and local.change.sel(parameter="IC50").item() == "value"
    assert float(local["at"].sel(output="peak")) == pytest.approx(itp.simulate(PATIENT, ONE).peak.item(), rel=1e-5)


@FEW
def test_every_output() -> None:
    names = ["peak", "peak_day", "area", "igg_peak", "days_above_30", "days_above_47.5", "response"]
    found = itp.sensitivity(PATIENT, ONE, outputs=[*names, "Days above 50", "peak"], n=64)
    assert found.output.to_numpy().tolist() == [*names, "days_above_50"]
    reached = itp.sensitivity(PATIENT, ONE, outputs=["day_50", "return_day"], method="local", parameters=["EPS"])
    run = itp.response(itp.simulate(PATIENT, ONE)).iloc[0]
    np.testing.assert_allclose(reached["at"], [run.day_50, run.return_day], rtol=1e-4)


@pytest.mark.parametrize("definition", ["at_least_50", "at_least_30_and_double"])
@FEW
def test_definitions_of_response(definition: str) -> None:
    found = itp.sensitivity(PATIENT, ONE, outputs="response", definition=definition, n=2048)
    people = itp.virtual_patients(n=8192, seed=5)
    table = itp.response(itp.simulate(people, ONE, times=[0], outputs=()), definition=definition)
    assert found["mean"].item() == pytest.approx((table.response != "NR").mean(), abs=0.02)
    assert definition in found.output_meaning.item() and found.attrs["definition"] == definition


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"outputs": "pek"}, "no output 'pek': did you mean 'peak'"),
        ({"outputs": []}, "outputs has no entries"),
        ({"outputs": 5}, "outputs is 5: give names"),
        ({"outputs": "days_above_5000"}, "the count of a level is 5000"),
        ({"outputs": "day_50"}, r"day_50 is not within the run in [\d.]+% of the draws.*ask for days_above_50"),
        ({"outputs": "return_day", "days": 14}, "return_day is not within the run.*raise `days`"),
        ({"outputs": "day_1900"}, "day_1900 is not within the run in 100% of the draws"),
        ({"outputs": "days_above_1900"}, "days_above_1900 is 0 in all draws"),
        ({"outputs": "igg_peak", "parameters": ["FIND"]}, "igg_peak is .* in all draws"),
        ({"outputs": "response", "days": 10}, "the run ends on day 10: .* told after 14 days"),
        ({"method": "sobel"}, "no method 'sobel': did you mean 'sobol'"),
        ({"over": "people"}, "no over 'people'"),
        ({"definition": "ivg"}, "no definition 'ivg'"),
        ({"n": 1000}, "n is 1000: Sobol points need a power of two, such as 512 or 1024"),
        ({"n": 2}, "n is 2: give a whole number from 64"),
        ({"n": 2**20, "budget": 10}, r"n=1048576 for 3 parameters is 5,242,880 runs, about \d+ s of processor time"),
        ({"n": 2**20, "outputs": [f"days_above_{i}" for i in range(30, 50)]}, "would take about .* GB"),
        ({"parameters": []}, "parameters is empty"),
        ({"parameters": 5}, "parameters is 5: give names"),
        ({"parameters": ["ICC50"]}, "no parameter 'ICC50': did you mean 'IC50'"),
        ({"parameters": ["GAMMA"]}, "all patients are alike in GAMMA = .*over='ranges'"),
        ({"ranges": {"EPS": (1, 2)}}, "`ranges` is for over='ranges'"),
        ({"over": "ranges", "ranges": {"EPS": (1, 2)}}, "ranges names EPS, which does not vary"),
        ({"over": "ranges", "ranges": {"P0": 12}}, "the range of P0 is 12: give"),
        ({"over": "ranges", "ranges": {"P0": (20, 10)}}, "the range of P0 is 20 to 10"),
        ({"over": "ranges", "ranges": {"P0": (0, 10)}}, "the range of P0 is 0 1e9/L: give a number from 1"),
        ({"over": "ranges", "ranges": [1]}, "ranges is .*give ends by name"),
        (
            {"over": "ranges", "parameters": ["FP", "FM"]},
            "% of the combinations make no patient: .* Look at FP with FM: .*ranges={'FP': ",
        ),
        ({"method": "local", "n": 64}, "`n` is for method='sobol'"),
        ({"method": "local", "over": "patients", "n": None}, "`over` is for method='sobol'"),
        ({"method": "local", "n": None, "outputs": "response"}, "response is 0 or 1 .* ask for method='sobol'"),
        ({"method": "local", "n": None, "outputs": "days_above_900"}, "days_above_900 is 0 in this patient"),
        ({"method": "local", "n": None, "outputs": "day_900"}, "day_900 is not within the run in this patient"),
        ({"method": "local", "n": None, "parameters": ["spleen"]}, "spleen is 1 in this patient"),
        ({"method": "local", "n": None, "parameters": ["KREM"]}, r"KREM is 0 .*patient.assign\(KREM=...\)"),
    ],
)
def test_what_cannot_be_asked_is_refused(change: dict[str, Any], words: str) -> None:
    asked = {"outputs": ["peak"], **SOBOL} | change
    with pytest.raises(itp.InputError, match=words):
        itp.sensitivity(PATIENT, ONE, **{name: value for name, value in asked.items() if value is not None})


def test_one_patient_and_one_regimen() -> None:
    with pytest.raises(itp.InputError, match="patient is .* typical_patient"):
        itp.sensitivity(itp.virtual_patients(n=2), ONE)
    for arm in ({"a": ONE}, [ONE], 5):
        with pytest.raises(itp.InputError, match="arm is .*: give one regimen"):
            itp.sensitivity(PATIENT, arm)


def test_a_run_stops_at_its_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "SECONDS", {"reference": 0.0})  # an estimate that was too low
    with pytest.raises(itp.BudgetError):
        itp.sensitivity(PATIENT, ONE, engine="reference", n=256, budget=0.3, parameters=["P0"])


@FEW
def test_what_does_not_vary_around_the_patient() -> None:
    other = PATIENT.assign(FIND=0)
    with pytest.raises(itp.InputError, match="nothing varies around the patient's own FIND = 0"):
        itp.sensitivity(other, ONE, **SOBOL)
    left = itp.sensitivity(other, ONE, outputs=["peak"], n=64)
    assert "FIND" not in left.parameter.to_numpy()


def test_correlated_parameters_are_refused(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        '[population]\nkey = "own"\ntitle = "Own"\ndescription = "Own."\nbased_on = "adult_chronic"\n'
        '[[correlations]]\nbetween = ["IC50", "FIND"]\nvalue = 0.5\nevidence = "assumed"\nnote = "A test."\n',
        encoding="utf-8",
    )
    patient = itp.typical_patient(own)
    with pytest.raises(itp.InputError, match="IC50 and FIND go together.*leave one out of `parameters`"):
        itp.sensitivity(patient, ONE, **SOBOL)


# --- plots ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "size"), [(9.0, 10), (13.3, 16), (3.5, 9)])
@pytest.mark.parametrize("kind", ["tornado", "indices"])
def test_plots_can_be_read(kind: str, width: float, size: int, request: pytest.FixtureRequest) -> None:
    found = request.getfixturevalue("local" if kind == "tornado" else "shares")
    with plt.rc_context({"font.size": size}):
        own = width == 9.0
        ax = None
        if not own:
            _, ax = plt.subplots(figsize=(width, width), layout="constrained")
        ax = getattr(itp.plots, kind)(found.isel(output=[0, 2]), most=6, ax=ax)
        figure = ax.figure
        figure.draw_without_rendering()
        texts = shown(figure)
        assert all(text.get_fontsize() >= 9 and contrast(text.get_color(), text.get_alpha()) > 4.5 for text in texts)
        boxes = [text.get_window_extent() for text in texts]
        for i, box in enumerate(boxes):
            assert -1 <= box.x0 and box.x1 <= figure.bbox.x1 + 1, texts[i]
            assert not [texts[j] for j in range(i) if overlap(box, boxes[j])], texts[i]
        if own:
            assert figure.get_supxlabel() == itp.RESEARCH_ONLY


def test_bars_are_the_numbers(shares: xr.Dataset, local: xr.Dataset) -> None:
    ax = itp.plots.indices(shares, "peak", most=3)
    order = shares.total.sel(output="peak").to_series().sort_values(ascending=False)
    wide = [bar.get_width() for bar in ax.patches]
    np.testing.assert_allclose(wide[::2], order.to_numpy()[:3])
    np.testing.assert_allclose(wide[1::2], shares["first"].sel(output="peak", parameter=order.index[:3]))
    assert [label.get_text().split("(")[-1].rstrip(")") for label in ax.get_yticklabels()] == order.index[:3].tolist()
    assert "others total below" in ax.get_xlabel()
    ax = itp.plots.tornado(local, ["peak"], most=100)
    by = local.elasticity.sel(output="peak").to_series()
    np.testing.assert_allclose(
        [bar.get_width() for bar in ax.patches], by.sort_values(key=lambda x: -abs(x), kind="stable")
    )
    assert "others" not in ax.get_xlabel()


def test_plots_refuse_what_they_cannot_draw(shares: xr.Dataset, local: xr.Dataset) -> None:
    with pytest.raises(itp.InputError, match='no elasticity: give that of sensitivity.*"local"'):
        itp.plots.tornado(shares)
    with pytest.raises(itp.InputError, match='no total: give that of sensitivity.*"sobol"'):
        itp.plots.indices(local)
    with pytest.raises(itp.InputError, match="no total"):
        itp.plots.indices(shares.isel(output=0))
    with pytest.raises(itp.InputError, match="no output 'peek'"):
        itp.plots.indices(shares, "peek")
    with pytest.raises(itp.InputError, match="draw 1 to 5"):
        itp.plots.indices(shares, [])
