"""mrgsolve on the same equations: LSODA in compiled C++, driven by an R script; only where both are installed."""

import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.engines.engine import Engine
from benchmarks.problem import SIZE, Floats, Runs
from itp_sim import equations as eq
from itp_sim.exchange.case import dose_rows, entering

SCRIPT = Path(__file__).parents[1] / "mrgsolve" / "run.R"


def engines() -> list[Engine]:
    """LSODA as mrgsolve calls it."""
    return [Engine("LSODA", "mrgsolve", Lsoda, (1e-3, 1e-9), "printed C++, one patient", absent=absent)]


def absent() -> str:
    """What has to be installed first, or nothing."""
    rscript = shutil.which("Rscript")
    if rscript is None:
        return "R not installed: install R from https://www.r-project.org, then install.packages('mrgsolve')"
    found = subprocess.run(
        [rscript, "-e", "quit(status = !requireNamespace('mrgsolve', quietly = TRUE))"],
        check=False,
        capture_output=True,
    )
    return "mrgsolve not installed: in R, install.packages('mrgsolve')" if found.returncode else ""


class Lsoda:
    """Counts by one call of R; `seconds` are those of its last simulation, without the start of R."""

    def __init__(self, folder: Path) -> None:
        self.model = folder
        self.seconds = 0.0

    def __call__(self, asked: Runs, rtol: float) -> Floats:
        """Counts of the patients, shape (patients, times)."""
        with tempfile.TemporaryDirectory() as folder:
            write_data(Path(folder), asked)
            command = ["Rscript", str(SCRIPT), str(self.model), folder, repr(rtol), repr(rtol * SIZE)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            self.seconds = float(done.stdout.split()[-1])
            table = np.loadtxt(Path(folder) / "counts.csv", delimiter=",", skiprows=1)
        return table[:, 2].reshape(len(asked.schedules), len(asked.times))


def write_data(folder: Path, asked: Runs) -> None:
    """Patients, doses and output days as tables."""
    n = len(asked.schedules)
    names = ",".join(["ID", *(f"p_{name}" for name in (*eq.Parameters._fields, *eq.Untreated._fields))])
    columns = np.column_stack([np.arange(1, n + 1), *asked.p, *asked.u])
    _write(folder / "patients.csv", names, columns)
    _write(folder / "doses.csv", "ID,time,amt,rate,cmt,evid", doses(asked))
    _write(folder / "days.csv", "time", asked.times[:, None])


def doses(asked: Runs) -> Floats:
    """One row for each compartment that an infusion enters: patient, day, amount, rate, compartment and 1."""
    gains = entering(eq.State(*asked.y), eq.Parameters(*asked.p), eq.Untreated(*asked.u))
    columns = np.array(np.broadcast_arrays(*gains)).T.tolist()
    return np.array(
        [
            (i, *row, 1)
            for i, (gain, schedule) in enumerate(zip(columns, asked.schedules, strict=True), start=1)
            for row in dose_rows(gain, schedule)
        ]
    )


def _write(path: Path, names: str, rows: Floats) -> None:
    np.savetxt(path, rows, fmt="%.17g", delimiter=",", header=names, comments="")
