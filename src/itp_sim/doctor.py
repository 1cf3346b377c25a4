"""What the report of a fault should hold: versions, platform, engine, times, and whether the numbers are right."""

import csv
import os
import platform
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from itp_sim import __version__
from itp_sim.errors import ParameterFileError, SolverError
from itp_sim.extras import packages
from itp_sim.files import params_dir
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.patient import typical_patient
from itp_sim.population import virtual_patients
from itp_sim.simulate import simulate
from itp_sim.solve import ENGINES, described, unusable

#: Curves of the typical patient as they were computed when this version was made.
GOLDEN = "golden.csv"
#: Largest difference from them, relative to the largest value of a quantity, that another machine explains.
AS_BEFORE = 1e-7
#: Patients and regimens of the run whose time is taken.
PATIENTS, ARMS = 1000, ("1 g/kg", "1 g/kg daily x 2")


def examined() -> dict[str, Any]:
    """Examine the installation, within some seconds.

    Returns
    -------
    dict
        What JSON knows: versions, platform, engines with their largest difference from the golden curves, times [s],
        and `well`: whether every engine that can be used gives those curves.

    Raises
    ------
    ParameterFileError
        If the golden curves are not there: the installation is incomplete.
    """
    engines = {name: _examined(name) for name in ENGINES if name != "auto"}
    used = [found for found in engines.values() if "reason" not in found]
    return {
        "itp_sim": __version__,
        "python": sys.version.split()[0],
        "implementation": platform.python_implementation(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "packages": {name: _version(name) for name in packages()},
        "installed_at": str(Path(__file__).parent),
        "parameters_at": str(params_dir()),
        "engine": described(),
        "engines": engines,
        "seconds": _times(),
        "well": bool(used) and all(found["as_before"] for found in used),
        "notice": RESEARCH_ONLY,
    }


def difference(engine: str) -> float:
    """Return the largest difference of the typical patient's curves from the golden ones, for one engine.

    It is relative to the largest value of each quantity.

    Raises
    ------
    SolverError
        If the engine cannot be used here.
    ParameterFileError
        If the golden curves are not there: the installation is incomplete.
    """
    rows = [row for row in _golden() if row["platelets"]]
    arms = list(dict.fromkeys(row["arm"] for row in rows))
    names = [name for name in rows[0] if name not in ("arm", "day", "value")]
    days = [float(row["day"]) for row in rows if row["arm"] == arms[0]]
    expected = np.array([[float(row[name]) for name in names] for row in rows]).reshape(len(arms), len(days), -1)
    run = simulate(typical_patient(), {arm: arm for arm in arms}, times=days, outputs=names, rtol=1e-9, engine=engine)
    found = np.stack([run[name].to_numpy()[:, 0] for name in names], axis=-1)
    return float((np.abs(found - expected) / np.abs(expected).max(axis=(0, 1))).max())


def _golden() -> list[dict[str, str]]:
    """Rows of the file of golden curves: the packaged one, else the checkout's."""
    here = Path(__file__).resolve()
    candidates = (here.with_name(GOLDEN), here.parents[2] / "tests" / "regression" / "typical_patient.csv")
    for path in candidates:
        if path.is_file():
            with path.open(encoding="utf-8", newline="") as file:
                return list(csv.DictReader(line for line in file if not line.startswith("#")))
    raise ParameterFileError(f"no golden curves at {' or '.join(map(str, candidates))}: install itp_sim again")


def _examined(engine: str) -> dict[str, Any]:
    why = unusable(engine)
    if why:
        return {"reason": why}
    try:
        largest = difference(engine)
    except SolverError as error:
        return {"failed": str(error), "as_before": False}
    return {"largest_difference": largest, "as_before": largest <= AS_BEFORE}


def _times() -> dict[str, float]:
    """Seconds of the first curve of one patient once more, and of many patients."""
    patient, people = typical_patient(), virtual_patients(n=PATIENTS)
    one = _seconds(lambda: simulate(patient, ARMS))
    many = _seconds(lambda: simulate(people, ARMS, outputs=(), progress=False))
    return {f"1 patient, {len(ARMS)} regimens": one, f"{PATIENTS} patients, {len(ARMS)} regimens": many}


def _seconds(work: Any) -> float:
    start = time.perf_counter()
    work()
    return round(time.perf_counter() - start, 4)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
