"""The wheel without the compiled kernel: it can be built, and it runs on what a Python in a browser has."""

import json
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import numpy as np
import pytest

import itp_sim
from itp_sim import explorer

pytest.importorskip("build")
pytest.importorskip("hatchling")

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]

#: Packages that a browser's Python brings and ours needs, with those that they need in turn.
PACKAGES = {"numpy", "scipy", "pandas", "matplotlib", "xarray", "tqdm"}
NEEDED_BY_THEM = {
    *("contourpy", "cycler", "dateutil", "fonttools", "kiwisolver", "mpl_toolkits", "packaging", "pil", "pillow"),
    *("pylab", "pyparsing", "python_dateutil", "pytz", "six", "tzdata"),
}

#: What else is unlike: parts of the standard library are missing, and there is one thread and no other process.
#: Pyodide documentation, "Pyodide Python compatibility".
BROWSER = """
import os, sys, threading
MISSING = (
    "curses dbm ensurepip fcntl grp idlelib lib2to3 pwd resource syslog termios tkinter turtle turtledemo venv"
)
sys.modules.update(dict.fromkeys(MISSING.split()))

def refused(*_, **__):
    raise RuntimeError("a browser has one thread and no processes")

threading.Thread.start = os.fork = os.posix_spawn = refused
"""

WORK = """
import json, sys, warnings
warnings.simplefilter("error")
warnings.filterwarnings("ignore", "tqdm:disabling monitor support")  # its progress bars do without the thread
import matplotlib
matplotlib.use("agg")
import itp_sim as itp
from itp_sim.solve import kernel
assert itp.__file__.startswith(sys.argv[1]), itp.__file__
assert not kernel.available()
patient = itp.typical_patient("adult_chronic", weight_kg=70, platelets=12)
arms = {"1 g/kg": itp.regimen("1 g/kg"), "2 g/kg": itp.regimen("1 g/kg daily x 2")}
twin = itp.simulate(patient, arms, days=42, engine="twin")
few = itp.simulate(patient, arms, days=42)
many = itp.simulate(itp.virtual_patients("adult_chronic", n=50, seed=1), arms, days=14)
itp.response(twin), itp.compare(many)
itp.plots.counts(twin), itp.plots.mechanism(twin), itp.plots.cohort(many)
page = itp.write_explorer(sys.argv[2])
try:
    itp.explore()
except itp.MissingExtraError as error:
    assert "ipywidgets" in str(error)
print(json.dumps({
    "twin": twin.platelets.values.tolist(), "few": few.platelets.values.tolist(), "many": many.peak.values.tolist(),
    "solvers": [twin.attrs["solver"], few.attrs["solver"], many.attrs["solver"]], "page": page.stat().st_size,
}))
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pure")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    surroundings = os.environ | {"ITP_SIM_PURE": "1"}
    done = subprocess.run(
        command, cwd=folder, env=surroundings, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = folder.glob("*.whl")
    return found


def test_runs_on_any_machine(wheel: Path) -> None:
    assert wheel.name == f"itp_sim-{itp_sim.__version__}-py3-none-any.whl"
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if Path(name).suffix in {".so", ".dll", ".dylib", ".pyd"}]
    assert {"itp_sim/params/adult_chronic.toml", "itp_sim/explorer/web/generated.js"} <= set(names)


def borrowed(folder: Path) -> Path:
    """A folder with the packages of a browser, and no others, out of the environment of this test."""
    folder.mkdir()
    for home in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for entry in Path(home).iterdir():
            if re.split(r"[-.]", entry.name.lower())[0] in PACKAGES | NEEDED_BY_THEM:
                (folder / entry.name).symlink_to(entry)
    return folder


def test_runs_on_what_a_browser_has(wheel: Path, tmp_path: Path) -> None:
    home, page = tmp_path / "site", tmp_path / "explorer.html"
    zipfile.ZipFile(wheel).extractall(home)
    packages = borrowed(tmp_path / "packages")
    code = f"import sys; sys.path[:0] = [{str(home)!r}, {str(packages)!r}]\n{BROWSER}\n{WORK}"
    # Neither the environment's own packages nor the user's.
    command = [sys.executable, "-I", "-S", "-c", code, str(home), str(page)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout)
    assert said["solvers"] == ["twin", "reference", "twin"]
    patient = itp_sim.typical_patient("adult_chronic", weight_kg=70, platelets=12)
    here = itp_sim.simulate(patient, ["1 g/kg", "1 g/kg daily x 2"], days=42)
    np.testing.assert_allclose(said["twin"], here.platelets, rtol=1e-6)
    np.testing.assert_allclose(said["few"], here.platelets, rtol=1e-6)
    people = itp_sim.virtual_patients("adult_chronic", n=50, seed=1)
    there = itp_sim.simulate(people, ["1 g/kg", "1 g/kg daily x 2"], days=14)
    np.testing.assert_allclose(said["many"], there.peak, rtol=1e-6)
    assert said["page"] == len(explorer.page.page().encode())
