"""Cohorts that are killed or interrupted from outside: nothing torn, nothing orphaned, the same bits in the end."""

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.unit.alike import same

import itp_sim as itp
from itp_sim import store

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "killpg"), reason="signals to a group of processes"),
]

SOURCE = Path(itp.__file__).parents[1]
CODE = """
import sys
import itp_sim as itp
from itp_sim import cohort

def count(request, kept, first, n, usual=cohort._Request.count):
    import time
    time.sleep(0.05)
    return usual(request, kept, first, n)

if __name__ == "__main__":
    cohort._Request.count = count  # slower, in this process
    workers, curves, folder = int(sys.argv[1]), sys.argv[2] == "curves", sys.argv[3]
    print("begun", flush=True)
    found = itp.simulate_population(
        "adult_chronic", {"one": "1 g/kg", "two": "1 g/kg daily x 2"}, n=240, days=14.0, chunk=6, seed=2,
        executor=workers or None, store=folder, outputs=("platelets",) if curves else (), progress=False,
    )
    print(int(found.hits.sum()), flush=True)
"""


@pytest.fixture(scope="module", autouse=True)
def ctrl_c_is_heard():
    """What a shell runs in its background ignores Ctrl-C, and so would all that it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    path = tmp_path_factory.mktemp("script") / "cohort_of_240.py"
    path.write_text(CODE)
    return path


@pytest.fixture(scope="module")
def whole():
    return itp.simulate_population(
        "adult_chronic", {"one": "1 g/kg", "two": "1 g/kg daily x 2"}, n=240, days=14.0, seed=2, progress=False
    )


@contextmanager
def started(script, workers, curves, folder):
    """The script, at work in a group of processes of its own."""
    with subprocess.Popen(
        [sys.executable, str(script), str(workers), "curves" if curves else "counts", str(folder)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(SOURCE), *sys.path])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            assert process.stdout.readline() == "begun\n"
            yield process
        finally:
            process.kill()


def finished(folder):
    return sorted(path.name for path in (folder / store.LEDGER).glob("*.npz"))


def until(condition, process=None, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        if process is not None and process.poll() is not None:
            return
        time.sleep(0.01)


def running(group):
    """Processes of a group that still run; those that only wait to be counted do not."""
    listed = subprocess.run(["ps", "-o", "stat=", "-g", str(group)], capture_output=True, text=True, check=False)
    return [line for line in listed.stdout.split() if not line.startswith("Z")]


@pytest.mark.parametrize("curves", [False, True], ids=["counts", "curves"])
def test_killed_at_twenty_random_moments(script, whole, tmp_path, curves, record_property):
    if curves:
        pytest.importorskip("zarr")
    folder = tmp_path / "cohort.zarr"
    chance = random.Random(3)
    for kill in range(20):
        with started(script, 0, curves, folder) as process:
            before = len(finished(folder))
            until(lambda done=before: len(finished(folder)) > done, process)
            time.sleep(chance.uniform(0, 0.15))
        names = finished(folder)
        assert names or kill == 0
        for name in chance.sample(names, min(2, len(names))):
            assert store.Store(folder, 6, curves=curves).summary(int(name[:12])).patients == 6
        if len(names) == 40:
            break
    record_property("kills", kill + 1)
    assert len(names) >= 10
    asked = {"n": 240, "days": 14.0, "seed": 2, "store": folder, "outputs": ("platelets",) if curves else ()}
    arms = {"one": "1 g/kg", "two": "1 g/kg daily x 2"}
    assert same(itp.simulate_population("adult_chronic", arms, **asked, progress=False), whole)
    if curves:
        import xarray as xr

        people = itp.virtual_patients(n=240, seed=2)
        expected = itp.simulate(people, arms, days=14, outputs=["platelets"], rtol=1e-5)
        with xr.open_zarr(folder) as found:
            xr.testing.assert_identical(found.load().drop_attrs(), expected.drop_attrs())


def test_workers_end_when_their_parent_is_killed(script, whole, tmp_path):
    folder = tmp_path / "kept"
    with started(script, 2, False, folder) as process:
        until(lambda: len(finished(folder)) > 2, process)
    until(lambda: not running(process.pid), seconds=5)
    count = len(finished(folder))
    time.sleep(0.5)
    assert len(finished(folder)) == count < 40
    with started(script, 2, False, folder) as process:
        out, err = process.communicate(timeout=120)
    assert (out, err, process.returncode) == (f"{whole.hits.sum()}\n", "", 0)


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("whom", ["the process", "the group"])
def test_ctrl_c_is_prompt_and_orphans_nobody(script, whole, tmp_path, workers, whom):
    folder = tmp_path / "kept"
    with started(script, workers, False, folder) as process:
        until(lambda: len(finished(folder)) > 2, process)
        pressed = time.monotonic()
        (os.kill if whom == "the process" else os.killpg)(process.pid, signal.SIGINT)
        err = process.communicate(timeout=30)[1]
        assert time.monotonic() - pressed < 2
    until(lambda: not running(process.pid), seconds=2)
    assert process.returncode != 0
    assert f"of 240 patients; they are kept in {folder}: run again to go on" in err
    assert err.count("Traceback") == 1  # the caller's own, none of a worker
    assert 0 < len(finished(folder)) < 40


@pytest.mark.parametrize("workers", ["1", "2"])
def test_ctrl_c_at_the_shell_exits_130(tmp_path, workers):
    folder = tmp_path / "kept"
    asked = ["compare", "1 g/kg", "1 g/kg daily x 2", "--n", "2000000", "--workers", workers, "--store", str(folder)]
    with subprocess.Popen(
        [sys.executable, "-m", "itp_sim", *asked],
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(SOURCE), *sys.path])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        until(lambda: len(finished(folder)) > 2, process)
        pressed = time.monotonic()
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
        assert time.monotonic() - pressed < 2
    until(lambda: not running(process.pid), seconds=2)
    assert process.returncode == 130
    assert out == ""
    assert err.startswith("itp-sim: interrupted after ")
    assert err.endswith(f"of 2,000,000 patients; they are kept in {folder}: run again to go on\n")
    assert err.count("\n") == 1
