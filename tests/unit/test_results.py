"""A result says what it holds, goes into a file and back, and can be computed again from what it carries."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import itp_sim as itp
from itp_sim.design import Level
from itp_sim.dosing import Product, RateStep, Regimen
from itp_sim.equations import Outputs, Parameters, State, labels
from itp_sim.readings import _without_noise
from itp_sim.regimen_text import parse
from itp_sim.results import READOUTS, whole
from itp_sim.solve import Readouts

PATIENT = itp.typical_patient()
OTHER = PATIENT.assign(P0=25, WT=58)
#: A product that no catalogue has.
OWN = replace(itp.product("Privigen"), name="Ours", steps=(RateStep(0.4, 20), RateStep(3.3)))
ARMS = {
    "one": "1 g/kg",
    "≥ 2 g/kg, Müller": itp.regimen("1 g/kg daily x 2 then 30 g over 7 h on day 10", product="Octagam 10%"),
    "own": Regimen(parse("0.4 g/kg daily x 5"), OWN),
    "none": None,
}


@pytest.fixture(scope="module")
def run() -> xr.Dataset:
    return itp.simulate({"Ann": PATIENT, "Zoë": OTHER}, ARMS, days=20, rtol=1e-6)


# --- labels ---------------------------------------------------------------------------------------------------------


def test_every_variable_says_unit_and_meaning() -> None:
    found = itp.simulate(PATIENT, "1 g/kg", days=1, outputs=(*Outputs._fields, *State._fields))
    for name, variable in found.data_vars.items():
        assert variable.attrs["units"], name
        assert len(variable.attrs["long_name"]) > 5, name
    for name, coordinate in found.coords.items():
        assert coordinate.attrs["long_name"], name
    assert found.time.attrs["units"] == "day"


def test_units_are_those_of_the_equations() -> None:
    found = itp.simulate(PATIENT, "1 g/kg", days=1, outputs=(*Outputs._fields, *State._fields))
    for name, label in (labels(State) | labels(Outputs)).items():
        assert found[name].attrs == {"units": label.unit or "1", "long_name": label.meaning}
    declared = labels(Parameters)
    units = found.parameter_unit.to_series()
    assert dict(units) == {name: declared[name].unit or "1" for name in Parameters._fields}


def test_dimensions(run: xr.Dataset) -> None:
    for name in Outputs._fields:
        assert run[name].dims == ("arm", "patient", "time")
    for name in READOUTS:
        assert run[name].dims[:2] == ("arm", "patient")
    assert run.first_day.dims == ("arm", "patient", "level")
    assert run.arm.to_numpy().tolist() == list(ARMS)
    assert run.patient.to_numpy().tolist() == ["Ann", "Zoë"]


def test_attrs_say_what_was_run(run: xr.Dataset) -> None:
    assert run.attrs["notice"] == itp.RESEARCH_ONLY
    assert run.attrs["itp_sim_version"] == itp.__version__
    assert run.attrs["numpy_version"] == np.__version__
    assert (run.attrs["days"], run.attrs["rtol"], run.attrs["population"]) == (20.0, 1e-6, "adult_chronic")
    assert json.loads(run.attrs["regimens"])["one"] == "1 g/kg"
    assert json.loads(run.attrs["regimens"])["none"] is None
    assert list(json.loads(run.attrs["products"]).values()) == ["Gamunex-C", "Octagam 10%", "Ours", None]


def test_what_is_prescribed(run: xr.Dataset) -> None:
    plan = ARMS["≥ 2 g/kg, Müller"].plan(weight_kg=58)
    there = run.sel(arm="≥ 2 g/kg, Müller", patient="Zoë")
    assert float(there.grams) == pytest.approx(plan.attrs["total_grams"]) == pytest.approx(146)
    assert float(there.delivered) == pytest.approx(146)
    assert float(there.hours) == pytest.approx(plan.hours.sum())
    assert float(there.vials) == sum(int(one.split(" x ")[0]) for text in plan.vials for one in text.split(" + "))
    starts = run.infusion_day
    assert starts.sel(arm="own").to_numpy().tolist() == [0, 1, 2, 3, 4]
    assert starts.sel(arm="one").to_numpy()[0] == 0
    assert starts.sel(arm="one").isnull().sum() == 4
    assert starts.sel(arm="none").isnull().all()


# --- read-outs against the curve they were read off -----------------------------------------------------------------


def test_read_outs_are_those_of_the_curve(run: xr.Dataset) -> None:
    assert (run.peak >= run.platelets.max("time") * (1 - 1e-9)).all()
    np.testing.assert_allclose(run.peak, run.platelets.max("time"), rtol=1e-3)
    assert (run.igg_peak >= run.igg.max("time") * (1 - 1e-9)).all()
    assert ((run.last_day >= run.first_day) | run.first_day.isnull()).all()
    assert (run.days_above <= run.last_day - run.first_day + 1e-9).where(run.first_day.notnull(), True).all()
    assert (run.first_day.isnull() == (run.days_above == 0)).all()
    assert (run.level_count.sel(level="30 and 2x") == [30, 50]).all()


def test_rounding_makes_no_peak() -> None:
    many = np.zeros((3, 1))
    read = Readouts(
        peak=np.array([12.00000001, 12.1, 11.9]),
        peak_day=np.array([1.4, 2.5, 9.0]),
        area=np.zeros(3),
        return_day=np.array([1.7, 5.0, 11.0]),
        igg_peak=np.ones(3),
        first_day=many,
        last_day=many,
        days_above=many,
    )
    calm = _without_noise(read, np.full(3, 12.0), 1e-6)
    assert calm.peak_day.tolist() == [0.0, 2.5, 0.0]
    np.testing.assert_array_equal(calm.return_day, [np.nan, 5.0, np.nan])
    assert calm.peak is read.peak


# --- into a file and back -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["whole", "one arm", "untreated", "cohort", "read-outs", "states"])
def test_a_result_goes_into_a_file_and_back(run: xr.Dataset, case: str, tmp_path: Path) -> None:
    made = {
        "whole": lambda: run,
        "one arm": lambda: run.sel(arm="one"),
        "untreated": lambda: itp.simulate(PATIENT, None, days=2),
        "cohort": lambda: itp.simulate(itp.virtual_patients(n=25), "1 g/kg", days=1, rtol=1e-3),
        "read-outs": lambda: itp.simulate(PATIENT, "1 g/kg", days=2, outputs=[]),
        "states": lambda: itp.simulate(PATIENT, "1 g/kg", days=2, outputs=State._fields),
    }[case]()
    made.to_netcdf(tmp_path / "run.nc", engine="scipy")
    back = xr.load_dataset(tmp_path / "run.nc", engine="scipy")
    assert back.identical(made)


def test_a_result_from_a_file_is_read_like_any_other(run: xr.Dataset, tmp_path: Path) -> None:
    run.to_netcdf(tmp_path / "run.nc", engine="scipy")
    back = xr.load_dataset(tmp_path / "run.nc", engine="scipy")
    assert itp.response(back).equals(itp.response(run))


# --- computed again -------------------------------------------------------------------------------------------------


def again(run: xr.Dataset) -> xr.Dataset:
    """The run computed again from its own parameters and attrs, and from nothing else."""
    attrs = run.attrs
    arms: dict[str, Regimen | None] = {}
    for name, text in json.loads(attrs["regimens"]).items():
        if text is None:
            arms[name] = None
            continue
        steps = tuple(RateStep(*step) for step in json.loads(attrs["rate_steps"])[name])
        vials = tuple((grams, 10.0 * grams) for grams in json.loads(attrs["vials_g"])[name])
        arms[name] = Regimen(parse(text), Product(json.loads(attrs["products"])[name], 0.1, vials, steps))
    table = run.parameters.to_pandas()
    table.attrs = {"population": attrs["population"], **json.loads(attrs.get("drawn", "{}"))}
    return itp.simulate(
        table,
        arms,
        days=attrs["days"],
        times=run.time,
        outputs=[name for name in run if "time" in run[name].dims],
        levels=[Level(*level) for level in json.loads(attrs["levels"])],
        rtol=attrs["rtol"],
        engine=attrs["solver"],
    )


def test_a_result_carries_what_it_takes_to_compute_it_again(run: xr.Dataset) -> None:
    assert again(run).identical(run)


def test_from_a_file_too(tmp_path: Path) -> None:
    people = itp.virtual_patients(n=3, seed=5)
    made = itp.simulate(people, ARMS, days=15, times=[0, 1, 15], levels=[30, Level(30, 2), 33.25], outputs=["TPO"])
    made.to_netcdf(tmp_path / "run.nc", engine="scipy")
    assert again(xr.load_dataset(tmp_path / "run.nc", engine="scipy")).identical(made)


# --- selections -----------------------------------------------------------------------------------------------------


def test_a_selection_is_made_whole(run: xr.Dataset) -> None:
    for selected in (run.sel(arm="one"), run.sel(patient="Ann"), run.sel(arm="one", patient="Ann"), run):
        made = whole(selected)
        assert set(made.peak.dims) == {"arm", "patient"}
        assert set(made.parameters.dims) == {"patient", "parameter"}
        assert set(made.infusion_day.dims) == {"arm", "infusion"}
        assert made.squeeze().peak.equals(selected.squeeze().peak)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda run: run.platelets,
        lambda run: run.peak.to_dataframe(),
        lambda run: run[["platelets"]],
        lambda run: run.drop_vars("level"),
        lambda run: run.sel(level="30"),
        lambda run: run.isel(parameter=0),
        lambda run: xr.Dataset(run.data_vars, run.coords),
        lambda _: None,
    ],
)
def test_what_is_no_result(run: xr.Dataset, spoil: object) -> None:
    with pytest.raises(
        itp.InputError,
        match=r"run is (None|a \w+), not a result of simulate\(\): give one|select by arm, patient or time",
    ):
        whole(spoil(run))
