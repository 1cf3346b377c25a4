"""What a user waits for: the import, the first labelled result of a fresh process, and a warm call."""

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from benchmarks.worker import environment

IMPORT = "import itp_sim"
RESULT = """
import itp_sim as itp
patient = itp.typical_patient("adult_chronic", weight_kg=70, platelets=12)
arms = {"1 g/kg": itp.regimen("1 g/kg"), "2 g/kg": itp.regimen("1 g/kg daily x 2")}
run = itp.simulate(patient, arms, days=42)
"""
SPENT = """
import json, resource, time
used = resource.getrusage(resource.RUSAGE_SELF)
start = time.perf_counter()
"""
WARM = """
taken = []
for _ in range(200):
    start = time.perf_counter(), time.process_time()
    itp.simulate(patient, arms, days=42)
    taken.append((time.perf_counter() - start[0], time.process_time() - start[1]))
"""


class Public(NamedTuple):
    """Seconds."""

    importing: float  #: CPU time of `import itp_sim` in a started interpreter
    first: float  #: CPU time of a fresh process until the labelled result of one patient under two regimens
    warm: float  #: wall time of the same call in a warm process, least
    warm_middle: float  #: median


def public(repeats: int) -> Public:
    """Measure in fresh processes; the least of `repeats`."""
    importing = _least(_import_time, repeats)
    first = _least(lambda: _run(f"{RESULT}{SPENT}print(json.dumps(used.ru_utime + used.ru_stime))"), repeats)
    warm = _run(f"{RESULT}{SPENT}{WARM}print(json.dumps([wall for wall, cpu in taken]))")
    return Public(importing, first, min(warm), statistics.median(warm))


def _import_time() -> float:
    before = "import resource\nu = resource.getrusage(resource.RUSAGE_SELF)\nbefore = u.ru_utime + u.ru_stime"
    return _run(f"{before}\n{IMPORT}{SPENT}print(json.dumps(used.ru_utime + used.ru_stime - before))")


def _least(measure: Callable[[], float], repeats: int) -> float:
    return min(measure() for _ in range(repeats))


def _run(code: str) -> Any:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment())
    return json.loads(done.stdout)
