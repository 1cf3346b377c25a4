"""Curves of a cohort in a Zarr store: as `simulate` gives them, whoever writes them, whole after any stop."""

import re
import shutil
import signal
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from tests.unit.alike import same

import itp_sim as itp
from itp_sim import store
from itp_sim.errors import StoreError
from itp_sim.summary import summarise

pytest.importorskip("zarr")

pytestmark = pytest.mark.interop

ARMS = {"one": "1 g/kg", "two": "1 g/kg daily x 2", "none": None}
ASKED = {"population": "adult_chronic", "arms": ARMS, "n": 23, "days": 14.0, "seed": 4, "platelets": (None, 20)}


def simulated(folder, **changes):
    return itp.simulate_population(**(ASKED | {"progress": False, "store": folder, "chunk": 5} | changes))


def opened(folder):
    """What the store holds, as `simulate` returns it."""
    with xr.open_zarr(folder) as found:
        return found.load()


def bits(folder):
    """Hash of every file with data; the ledger's archives carry the time of day."""
    files = [path for path in Path(folder).rglob("*") if path.suffix not in {".npz", ".partial"} and path.is_file()]
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


def third_chunk(folder):
    """Files of the patients 10 to 14; their labels are written with the folder."""
    by_patient = {"parameters", "level_count"}
    return [
        path
        for path in Path(folder).rglob("*")
        if path.suffix != ".partial"
        and path.parent.name not in {store.LEDGER, "patient"}
        and re.match(r"2(\.|$)" if path.parent.name in by_patient else r"\d\.2(\.|$)", path.name)
    ]


@pytest.fixture(scope="module")
def whole():
    people = itp.virtual_patients(n=23, seed=4, platelets=(None, 20))
    return itp.simulate(people, ARMS, days=14, rtol=1e-5)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept") / "cohort.zarr"
    return folder, simulated(folder)


@pytest.mark.parametrize("chunk", [1, 5, 1000])
def test_a_store_opens_as_simulate_returns(whole, tmp_path, chunk):
    simulated(tmp_path / "cohort.zarr", chunk=chunk)
    xr.testing.assert_identical(opened(tmp_path / "cohort.zarr"), whole)


def test_its_counts_are_those_of_the_cohort(kept, whole):
    assert same(kept[1], summarise(whole))


def test_tables_are_read_off_a_store(kept, whole):
    with xr.open_zarr(kept[0]) as found:
        assert itp.response(found).equals(itp.response(whole))
        assert itp.compare(found).equals(itp.compare(whole))


def test_it_says_who_the_patients_are_and_is_cut_as_asked(kept):
    with xr.open_zarr(kept[0]) as found:
        assert '"seed": 4' in found.attrs["drawn"]
        assert found.platelets.chunksizes["patient"] == (5, 5, 5, 5, 3)
        assert found.platelets.attrs["units"] == "1e9/L"


def test_outputs_and_times_are_those_asked_for(tmp_path):
    simulated(tmp_path / "cohort.zarr", n=2, times=[0, 0.3, 14], outputs=["igg", "blockade"])
    found = opened(tmp_path / "cohort.zarr")
    assert found.time.values.tolist() == [0, 0.3, 14]
    assert {name for name in found if "time" in found[name].dims} == {"igg", "blockade"}


@pytest.mark.parametrize("kind", ["threads", "fork", "spawn"])
def test_every_worker_writes_its_own_region(kept, tmp_path, kind):
    executor = ThreadPoolExecutor(3) if kind == "threads" else ProcessPoolExecutor(2, mp_context=get_context(kind))
    with executor as workers:
        found = simulated(tmp_path / "cohort.zarr", executor=workers)
    assert same(found, kept[1])
    assert bits(tmp_path / "cohort.zarr") == bits(kept[0])


def test_a_chunk_that_is_torn_is_written_again(kept, tmp_path):
    folder = tmp_path / "cohort.zarr"
    shutil.copytree(kept[0], folder)
    (folder / store.LEDGER / "000000000010.npz").unlink()
    torn = third_chunk(folder)
    assert len(torn) > 30
    for i, path in enumerate(torn):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]) if i % 2 else path.unlink()
    assert same(simulated(folder), kept[1])
    assert bits(folder) == bits(kept[0])


def test_finished_chunks_are_not_written_again(kept, tmp_path):
    folder = tmp_path / "cohort.zarr"
    shutil.copytree(kept[0], folder)
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert same(simulated(folder), kept[1])
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_until_it_is_done_the_others_read_nan(kept, tmp_path):
    class Stops:
        def map(self, work, *arguments):
            yield work(*next(zip(*arguments, strict=True)))
            raise KeyboardInterrupt

    with pytest.raises(itp.Interrupted):
        simulated(tmp_path / "cohort.zarr", executor=Stops())
    found, expected = opened(tmp_path / "cohort.zarr"), opened(kept[0])
    xr.testing.assert_identical(found.isel(patient=slice(5)), expected.isel(patient=slice(5)))
    rest = found.isel(patient=slice(5, None))
    assert all(np.isnan(rest[name]).all() for name in rest if "patient" in rest[name].dims)
    assert rest.patient.values.tolist() == list(range(5, 23))


@pytest.mark.parametrize("change", [{"outputs": ["platelets"]}, {"times": [0, 7, 14]}, {"outputs": ()}])
def test_a_store_of_other_curves_is_refused(kept, change):
    with pytest.raises(itp.InputError, match="was made with (outputs|times)"):
        simulated(kept[0], **change)


def test_counts_alone_cannot_go_on_as_curves(tmp_path):
    simulated(tmp_path / "kept", n=2, outputs=())
    with pytest.raises(itp.InputError, match="was made with"):
        simulated(tmp_path / "kept", n=2)


def test_a_disk_that_fills_up_while_curves_are_written(kept, tmp_path):
    resource = pytest.importorskip("resource")
    folder = tmp_path / "cohort.zarr"
    shutil.copytree(kept[0], folder)
    (folder / store.LEDGER / "000000000010.npz").unlink()
    unfinished = {str(path.relative_to(folder)) for path in third_chunk(folder)}
    finished = {name: bit for name, bit in bits(folder).items() if name not in unfinished}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1500, hard))  # smaller than a chunk of curves
        with pytest.raises(StoreError, match=r"cannot be written: File too large; finished patients are kept"):
            simulated(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)
    now = bits(folder)
    assert {name: now[name] for name in finished} == finished
    assert not list((folder / store.LEDGER).glob("000000000010.npz"))
    assert same(simulated(folder), kept[1])
    assert bits(folder).keys() >= bits(kept[0]).keys()
    xr.testing.assert_identical(opened(folder), opened(kept[0]))


def test_sixteen_patients_as_of_any_other_number(tmp_path, whole):
    """The default times and outputs hang on no chunk, however small."""
    simulated(tmp_path / "cohort.zarr", n=16, chunk=1)
    found = opened(tmp_path / "cohort.zarr")
    xr.testing.assert_identical(found, whole.isel(patient=slice(16)))
