"""Results as files: what is read back is what was written, to the last digit."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import itp_sim as itp

ARMS = {"1 g/kg": "1 g/kg", "label": "70 g", "none": None}


def runs() -> dict[str, xr.Dataset]:
    patient = itp.typical_patient()
    people = itp.virtual_patients("adult_chronic", n=30, seed=1)
    return {
        "one": itp.simulate(patient, "1 g/kg", days=7),
        "untreated": itp.simulate(patient, None, days=7, outputs=["platelets"]),
        "named": itp.simulate({"a": patient, "b": patient.assign(fcrn_effect=0.0)}, ARMS, days=7),
        "cohort": itp.simulate(people, ARMS, days=14),
        "without curves": itp.simulate(people, ARMS, days=14, outputs=[]),
    }


@pytest.fixture(scope="module")
def made() -> dict[str, xr.Dataset]:
    return runs()


@pytest.mark.parametrize("name", ["one", "untreated", "named", "cohort", "without curves"])
@pytest.mark.parametrize("engine", ["scipy", "h5netcdf"])
def test_a_run_survives_netcdf(name: str, engine: str, made: dict[str, xr.Dataset], tmp_path: Path) -> None:
    if engine == "h5netcdf":
        pytest.importorskip("h5netcdf")
        pytest.importorskip("h5py")
    run = made[name]
    run.to_netcdf(tmp_path / "run.nc", engine=engine)
    with xr.open_dataset(tmp_path / "run.nc", engine=engine) as again:
        xr.testing.assert_identical(again, run)
        pd.testing.assert_frame_equal(itp.response(again), itp.response(run), check_index_type=False)


def test_the_suffix_says_what_is_written(made: dict[str, xr.Dataset], tmp_path: Path) -> None:
    run = made["cohort"]
    with xr.open_dataset(itp.save_run(run, tmp_path / "run.nc")) as again:
        xr.testing.assert_identical(again, run)
        assert len(itp.to_nmtran(again)) == len(itp.to_nmtran(run))
    table = read(itp.save_run(run, str(tmp_path / "run.csv")))
    check(table, run)
    assert list(table.columns) == ["arm", "patient", "time", "platelets", "igg"]


def test_parquet_keeps_every_digit_and_what_the_run_says(made: dict[str, xr.Dataset], tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    table = pd.read_parquet(itp.save_run(made["named"], tmp_path / "run.parquet"))
    check(table, made["named"])
    assert table.attrs["units"]["platelets"] == "1e9/L"
    assert table.attrs["notice"] == itp.RESEARCH_ONLY


def read(path: Path) -> pd.DataFrame:
    """The table, each number to its last digit, which older releases of pandas do not give by themselves."""
    return pd.read_csv(path, converters=dict.fromkeys(("time", "platelets", "igg"), float))


def check(table: pd.DataFrame, run: xr.Dataset) -> None:
    again = table.set_index(["arm", "patient", "time"]).to_xarray()
    again = again.sel(arm=run.arm, patient=run.patient)
    assert "platelets" in again
    for name in again:
        np.testing.assert_array_equal(again[name].to_numpy(), run[name].to_numpy())


def test_a_selection_is_written_too(made: dict[str, xr.Dataset], tmp_path: Path) -> None:
    part = made["cohort"].sel(arm="label", patient=3)
    table = read(itp.save_run(part, tmp_path / "run.csv"))
    assert table["platelets"].tolist() == part.platelets.to_numpy().tolist()
    assert set(table["arm"]) == {"label"}
    assert set(table["patient"]) == {3}


def test_a_name_that_a_spreadsheet_would_run_is_guarded(tmp_path: Path) -> None:
    run = itp.simulate(itp.typical_patient(), {"=1+1": "1 g/kg"}, days=1, times=[0, 1])
    assert itp.save_run(run, tmp_path / "run.csv").read_text().splitlines()[1].startswith("'=1+1,0,")


@pytest.mark.parametrize(
    ("name", "path", "words"),
    [
        ("one", "run.xlsx", r"run\.xlsx': give a file that ends in \.csv, \.nc, \.parquet"),
        ("one", "run", r"run': give a file that ends in \.csv"),
        ("without curves", "run.csv", "no curves to put into a table"),
    ],
)
def test_what_cannot_be_written_is_refused(
    name: str, path: str, words: str, made: dict[str, xr.Dataset], tmp_path: Path
) -> None:
    with pytest.raises(itp.InputError, match=words):
        itp.save_run(made[name], tmp_path / path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", [None, 5, ""])
def test_a_path_is_asked_for(path: Any, made: dict[str, xr.Dataset]) -> None:
    with pytest.raises(itp.InputError, match="path is .*: (give|name) a file that ends in"):
        itp.save_run(made["one"], path)
    with pytest.raises(itp.InputError, match="not a result of simulate"):
        itp.save_run(None, "run.nc")  # type: ignore[arg-type]


def test_a_missing_extra_is_named(made: dict[str, xr.Dataset], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(itp.MissingExtraError, match=r"pip install .* \(the extra files\), or") as caught:
        itp.save_run(made["one"], tmp_path / "run.parquet")
    assert "\n" not in str(caught.value)
    itp.save_run(made["one"], tmp_path / "run.csv")


def test_a_folder_that_is_not_there_is_an_error(made: dict[str, xr.Dataset], tmp_path: Path) -> None:
    with pytest.raises(itp.InputError, match="the folder .* does not exist"):
        itp.save_run(made["one"], tmp_path / "none" / "run.nc")
