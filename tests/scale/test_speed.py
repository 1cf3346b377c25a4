"""What a user waits for, with slack for a busy machine; a million: `pytest -n0 -m slow tests/scale/test_speed.py`.

Times are CPU times, so that other work on the machine counts as little as it can.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.alike import compiled

import itp_sim as itp
from itp_sim import equations as eq
from itp_sim.design import RTOL
from itp_sim.prescription import prescribed
from itp_sim.solve import Problem, kernel

SOURCE = Path(itp.__file__).parents[1]
PATIENT = itp.typical_patient("adult_chronic", weight_kg=70, platelets=12)
ARMS = {"1 g/kg": itp.regimen("1 g/kg"), "2 g/kg": itp.regimen("1 g/kg daily x 2")}
#: Times allowed are those of an idle machine times this.
SLACK = 2.0

SPENT = """
import resource
def spent():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
before = spent()
"""
COHORT = """
import json, resource, sys, time
import itp_sim as itp

def main(n, kind):
    asked = {"arms": {"one": "1 g/kg", "two": "1 g/kg daily x 2"}, "n": n, "progress": False}
    itp.simulate_population("adult_chronic", **asked | {"n": 100})
    begun = time.monotonic(), time.process_time()
    if kind == "dask":
        from distributed import Client, LocalCluster
        with (
            LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster) as client,
            client.get_executor() as executor,
        ):
            found = itp.simulate_population("adult_chronic", executor=executor, **asked)
    else:
        found = itp.simulate_population("adult_chronic", executor=2 if kind == "processes" else None, **asked)
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {
        "seconds": time.monotonic() - begun[0],
        "cpu": time.process_time() - begun[1] + others.ru_utime + others.ru_stime,
        "megabytes": (own.ru_maxrss + 2 * others.ru_maxrss * (kind != "threads")) / 1024,
        "hits": found.hits.tolist(),
        "sums": [int((found.values[i, j] * range(8195)).sum()) for i in range(2) for j in range(len(found.values[0]))],
        "table": itp.compare(found).value.tolist(),
    }

if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), sys.argv[2])))
"""


def fresh(*words: str) -> Any:
    """What a fresh interpreter prints."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(SOURCE), *filter(None, sys.path)])}
    done = subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def least(work: Callable[[], object], repeats: int) -> float:
    """CPU seconds of the fastest repeat."""
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


# --- one patient ----------------------------------------------------------------------------------------------------


@compiled
def test_one_warm_patient_takes_five_milliseconds() -> None:
    itp.simulate(PATIENT, ARMS, days=42)
    assert least(lambda: itp.simulate(PATIENT, ARMS, days=42), 40) <= 5e-3 * SLACK


@compiled
def test_the_engine_takes_a_third_of_a_millisecond_for_one_patient() -> None:
    """All outputs of 42 days, eight a day, at the tolerance of curves."""
    p = eq.Parameters(*(np.array([value]) for value in PATIENT.parameters))
    grid = np.linspace(0.0, 42.0, 337)
    schedules = prescribed(ARMS["1 g/kg"], p.WT, 42.0).schedules
    asked = Problem(p, schedules, grid, np.array([[30.0, 50.0, 100.0]]), eq.Outputs._fields, RTOL, 60.0)
    assert least(lambda: kernel.solve(asked), 200) <= 3e-4 * SLACK


@compiled
def test_a_fresh_process_is_quick() -> None:
    imported = fresh("-c", f"{SPENT}\nimport itp_sim\nprint(spent() - before)")
    assert imported <= 0.35 * SLACK
    first = f"""{SPENT}
import itp_sim as itp
run = itp.simulate(itp.typical_patient(), "1 g/kg")
print(spent())"""
    assert fresh("-c", first) <= 1.5 * SLACK


# --- a million ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("script") / "cohort.py"
    path.write_text(COHORT)
    return str(path)


@pytest.mark.slow
@compiled
def test_a_million_patients_in_two_arms(script: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Forty seconds on two processors, a gigabyte and a half, and the same counts whoever works."""
    found = {kind: fresh(script, "1000000", kind) for kind in ("threads", "processes", "dask")}
    with capsys.disabled():
        for kind, one in found.items():
            print(f"\n{kind}: {one['seconds']:.1f} s, {one['cpu']:.1f} CPU-s, {one['megabytes']:.0f} MB", end="")
    for name in ("hits", "sums", "table"):
        assert found["threads"][name] == found["processes"][name] == found["dask"][name]
    assert all(found[kind]["cpu"] / 2 <= 40.0 for kind in ("threads", "processes"))  # dask's own work is not ours
    assert all(one["megabytes"] <= 1500 for one in found.values())


@pytest.mark.slow
@compiled
def test_time_grows_with_the_number_of_patients_and_no_faster(script: str) -> None:
    each = {
        n: min(fresh(script, str(n), "threads")["cpu"] for _ in range(repeats)) / n
        for n, repeats in ((10_000, 5), (100_000, 2), (1_000_000, 1))
    }
    assert max(each.values()) <= 1.15 * min(each.values()), each
