"""Patient 17 is patient 17, bit for bit: alone, among many, in any chunk, on any thread, in any order of the arms."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.unit.alike import compiled

import itp_sim as itp
from itp_sim.results import READOUTS
from itp_sim.solve import kernel

WHO = 17
ARMS = {"one": "1 g/kg", "two": "1 g/kg daily x 2", "grams": "60 g over 6 h", "none": None}
ASKED = {"days": 28.0, "times": [0.0, 0.3, 7.0, 28.0], "outputs": ["platelets", "igg", "tpo"], "rtol": 1e-5}
DRAWN: dict[str, Any] = {"seed": 5, "weight_kg": (45, 110)}


def simulated(n: int, arms: Any = ARMS, *, first: int = 0, **changes: Any) -> xr.Dataset:
    people = itp.virtual_patients(n=n, first=first, **DRAWN)
    return itp.simulate(people, arms, **(ASKED | {"progress": False} | changes))


def bits(run: xr.Dataset) -> dict[tuple[str, str], bytes]:
    """All that a run says of the patient, by arm and variable."""
    his = run.sel(patient=WHO)
    names = [name for name in (*READOUTS, "grams", "hours", "delivered", "platelets", "igg", "tpo") if name in run]
    return {(arm, name): his[name].sel(arm=arm).to_numpy().tobytes() for arm in ARMS for name in names}


@pytest.fixture(scope="module")
def expected() -> dict[tuple[str, str], bytes]:
    return bits(simulated(WHO + 1))


def test_alone_and_among_others(expected: dict[tuple[str, str], bytes]) -> None:
    assert bits(simulated(1, first=WHO)) == expected
    assert bits(simulated(61)) == expected
    assert bits(simulated(5, first=15, engine="twin")) == expected


def test_either_order_of_the_arms(expected: dict[tuple[str, str], bytes]) -> None:
    assert bits(simulated(WHO + 1, dict(reversed(ARMS.items())))) == expected


@compiled
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("chunk", [1, 7, 10_000])
def test_chunks_and_threads_of_the_kernel(
    expected: dict[tuple[str, str], bytes], chunk: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "CHUNK", chunk)
    monkeypatch.setattr(kernel, "LEAST", 1)
    assert bits(simulated(40, threads=threads)) == expected


@pytest.mark.parametrize("chunk", [1, 7, 10_000])
def test_chunks_of_a_cohort(expected: dict[tuple[str, str], bytes], chunk: int, tmp_path: Path) -> None:
    pytest.importorskip("zarr")
    kept = tmp_path / "kept.zarr"
    itp.simulate_population(
        "adult_chronic", ARMS, n=20, chunk=chunk, store=kept, definition="at_least_50", **DRAWN, **ASKED, progress=False
    )
    with xr.open_zarr(kept) as run:
        assert bits(run) == expected


@pytest.mark.slow
@compiled
@pytest.mark.parametrize("threads", [1, 2])
def test_among_a_hundred_thousand(threads: int) -> None:
    few = simulated(WHO + 1, outputs=(), threads=1)
    for arms in (ARMS, dict(reversed(ARMS.items()))):
        many = simulated(100_000, arms, outputs=(), threads=threads)
        assert bits(many) == bits(few)
        middle = simulated(7, arms, first=50_000, outputs=())
        for name in READOUTS:
            assert np.array_equal(many[name][:, 50_000:50_007], middle[name], equal_nan=True), name
