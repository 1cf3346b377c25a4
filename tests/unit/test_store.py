"""The folder of a cohort: finished chunks are kept whole, gone on from, and what else lies there is left alone."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from tests.unit.alike import same
from tests.unit.ten_patients import ASKED, ledger, simulated, whole

import itp_sim as itp
from itp_sim import cohort, store
from itp_sim.errors import InputError, MissingExtraError, StoreError
from itp_sim.files import params_dir


def test_counts_are_kept_and_not_counted_again(tmp_path, monkeypatch):
    folder = tmp_path / "kept"
    assert same(simulated(store=folder, outputs=(), chunk=4), whole())
    assert ledger(folder) == ["000000000000.npz", "000000000004.npz", "000000000008.npz", "request.json"]
    (folder / store.LEDGER / "000000000004.npz").unlink()
    done = []
    usual = cohort._Request.count
    monkeypatch.setattr(cohort._Request, "count", lambda self, *task: done.append(task[1:]) or usual(self, *task))
    assert same(simulated(store=folder, outputs=(), chunk=9), whole())  # cut as the folder is
    assert done == [(4, 4)]
    assert same(simulated(store=str(folder), outputs=()), whole())
    assert done == [(4, 4)]


class StopsError(Exception):
    """A worker that dies."""


@pytest.mark.parametrize("step", ["run", "data", "ledger", "move"])
def test_a_run_that_died_anywhere_goes_on_to_the_same_bits(tmp_path, monkeypatch, step):
    folder = tmp_path / "kept"
    places = {
        "run": (cohort, "count"),
        "data": (store.Store, "keep"),
        "ledger": (store.np, "savez_compressed"),
        "move": (store.Path, "replace"),
    }
    owner, name = places[step]
    usual = getattr(owner, name)
    left = [3]  # the first is spent on the example, or on the head of the folder

    def dies(*args, **kwargs):
        left[0] -= 1
        if not left[0]:
            raise StopsError
        return usual(*args, **kwargs)

    monkeypatch.setattr(owner, name, dies)
    with pytest.raises(StopsError):
        simulated(store=folder, outputs=(), chunk=2)
    monkeypatch.undo()
    finished = [name for name in ledger(folder) if name.endswith(".npz")]
    assert 1 <= len(finished) <= 3
    assert set(ledger(folder)) == {*finished, "request.json"}  # nothing half written is left
    assert same(simulated(store=folder, outputs=()), whole())


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"seed": 5}, "seed 4, not 5"),
        ({"n": 11}, "patients 10, not 11"),
        ({"days": 8.0}, "days 7.0, not 8.0"),
        ({"platelets": (5, None)}, "platelets [None, None], not [5, None]"),
        ({"weight_kg": 80}, "weight_kg None, not 80"),
        ({"typical": {"P0": 15}}, "typical None, not {'P0': 15}"),
        ({"spread": {"EPS": 0.3}}, "spread None, not {'EPS': 0.3}"),
        ({"rtol": 1e-6}, "rtol 1e-05, not 1e-06"),
        ({"sampling": "sobol"}, "sampling 'random', not 'sobol'"),
        ({"definition": "at_least_30_and_double"}, "definition 'at_least_50', not"),
        ({"arms": {"half": "0.5 g/kg", "one": "1 g/kg daily x 2"}}, "regimens"),
        ({"arms": {"one": "1 g/kg", "half": "0.5 g/kg"}}, "regimens"),
        ({"arms": {"half": "0.5 g/kg", "one": itp.regimen("1 g/kg", product="Privigen")}}, "products"),
    ],
)
def test_a_store_of_another_request_is_refused(tmp_path, change, told):
    folder = tmp_path / "kept"
    simulated(store=folder, outputs=(), n=ASKED["n"])
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    with pytest.raises(InputError) as caught:
        simulated(**({"store": folder, "outputs": ()} | change))
    assert f"{folder} was made with " in str(caught.value)
    assert told in str(caught.value)
    assert before == {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


@pytest.mark.parametrize("module", ["itp_sim.results", "itp_sim.cohort"])
def test_a_store_of_another_version_is_refused(tmp_path, monkeypatch, module):
    simulated(store=tmp_path / "kept", outputs=(), n=2)
    monkeypatch.setattr(sys.modules[module], "__version__", "0.0.1")
    with pytest.raises(InputError, match="was made with (itp_sim_version '0.1.0'|numbers)"):
        simulated(store=tmp_path / "kept", outputs=(), n=2)


def test_a_store_of_other_numbers_is_refused(tmp_path):
    own = tmp_path / "own.toml"
    text = (params_dir() / "adult_chronic.toml").read_text(encoding="utf-8")
    own.write_text(text.replace('"adult_chronic"', '"own"', 1))
    simulated(population=own, store=tmp_path / "kept", outputs=(), n=2)
    own.write_text(own.read_text().replace("cv       = 0.15", "cv       = 0.16", 1))
    with pytest.raises(InputError, match="was made with numbers"):
        simulated(population=own, store=tmp_path / "kept", outputs=(), n=2)


@pytest.mark.parametrize(
    "content", ["a folder", "an empty folder", "a file", "a head of another layout", "a broken head"]
)
def test_what_is_no_store_is_left_alone(tmp_path, content):
    place = tmp_path / "mine"
    if content == "a file":
        place.write_text("precious")
    else:
        (place / store.LEDGER).mkdir(parents=True) if "head" in content else place.mkdir()
    if content == "a folder":
        (place / "precious").write_text("precious")
    if "head" in content:
        (place / store.LEDGER / store.REQUEST).write_text('{"layout": 99}' if "layout" in content else '{"layout"')
    before = sorted(place.rglob("*"))
    with pytest.raises(InputError, match="is no store that can be continued: give another path"):
        simulated(store=place, outputs=(), n=1)
    assert sorted(place.rglob("*")) == before


@pytest.mark.parametrize("spoil", [b"", b"PK\x03\x04 torn", None])
def test_a_spoiled_file_of_the_ledger_is_named(tmp_path, spoil):
    simulated(store=tmp_path / "kept", outputs=(), n=2, chunk=1)
    file = tmp_path / "kept" / store.LEDGER / "000000000001.npz"
    file.write_bytes(file.read_bytes()[:-200] if spoil is None else spoil)
    with pytest.raises(StoreError, match=r"000000000001.npz cannot be read.*delete it"):
        simulated(store=tmp_path / "kept", outputs=(), n=2)
    file.unlink()
    assert simulated(store=tmp_path / "kept", outputs=(), n=2).patients == 2


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "no" / "kept", tmp_path / "file" / "kept", Path("/proc/kept")):
        with pytest.raises((StoreError, InputError)) as caught:
            simulated(store=place, outputs=(), n=1)
        assert str(place.parent) in str(caught.value)
        assert isinstance(caught.value, StoreError)
        assert "give a folder that can be written" in str(caught.value)


def test_a_disk_that_fills_up_leaves_what_is_finished(tmp_path, monkeypatch):
    simulated(store=tmp_path / "kept", outputs=(), chunk=5)
    (tmp_path / "kept" / store.LEDGER / "000000000005.npz").unlink()
    kept = {path: path.read_bytes() for path in (tmp_path / "kept").rglob("*") if path.is_file()}

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(store, "fsync", full)
    with pytest.raises(
        StoreError, match=r"kept cannot be written: No space left on device; finished patients are kept"
    ):
        simulated(store=tmp_path / "kept", outputs=())
    monkeypatch.undo()
    assert kept == {path: path.read_bytes() for path in (tmp_path / "kept").rglob("*") if path.is_file()}
    assert same(simulated(store=tmp_path / "kept", outputs=()), whole())


def test_curves_need_zarr(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(MissingExtraError, match=r'"zarr>=.*\(the extra scale\), or give outputs=\(\)'):
        simulated(store=tmp_path / "kept", n=1)
    assert not list(tmp_path.iterdir())


def test_the_head_says_what_the_counts_rest_on(tmp_path):
    simulated(store=tmp_path / "kept", outputs=(), n=3, typical={"P0": np.float64(15)}, seed=np.int64(3))
    head = json.loads((tmp_path / "kept" / store.LEDGER / store.REQUEST).read_text())
    assert head["chunk"] == 3
    said = head["request"]
    assert (said["seed"], said["patients"], said["typical"], said["population"]) == (3, 3, {"P0": 15}, "adult_chronic")
    assert {"itp_sim_version", "numpy_version", "rtol", "solver", "regimens"} <= said.keys()
