"""The edit that docs/edit_an_equation.md shows: it runs at once on the twin, and after one command on the kernel."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import itp_sim as itp
from itp_sim.solve import kernel

ROOT = Path(__file__).parents[2]
CODE = """
import json, sys, warnings
import itp_sim as itp
found = {}
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    people = itp.virtual_patients(n=45, seed=2)
    for engine in sys.argv[1:]:
        run = itp.simulate(people if engine != "reference" else people[:4], "1 g/kg", engine=engine, days=8, rtol=1e-7)
        found[engine] = {"solver": run.attrs["solver"], "peak": run.peak.values[0].tolist()}
print(json.dumps({"engines": found, "told": [str(one.message) for one in told]}))
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the checkout."""
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("src", "params"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    for name in ("hatch_build.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def edit(checkout: Path) -> None:
    """Do to the copy what the document shows."""
    shown = (ROOT / "docs" / "edit_an_equation.md").read_text(encoding="utf-8")
    ((before, after),) = re.findall(r"```diff\n-(.*)\n\+(.*)\n```", shown)
    equations = checkout / "src" / "itp_sim" / "equations.py"
    text = equations.read_text(encoding="utf-8")
    assert text.count(before) == 1
    equations.write_text(text.replace(before, after), encoding="utf-8")


def run(checkout: Path, *words: object) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": str(checkout / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def solved(checkout: Path, *engines: str) -> Any:
    return json.loads(run(checkout, "-c", CODE, *engines))


def test_an_edited_flux_runs_at_once_on_the_twin(checkout: Path) -> None:
    before = itp.simulate(itp.virtual_patients(n=45, seed=2), "1 g/kg", days=8).peak.values[0]
    edit(checkout)
    after = solved(checkout, "auto", "reference")
    found = {name: one["peak"] for name, one in after["engines"].items()}
    assert after["engines"]["auto"]["solver"] == "twin"
    assert found["auto"][:4] == pytest.approx(found["reference"], rel=1e-6)
    assert np.all(np.array(found["auto"]) < before)
    if kernel.available():
        (told,) = after["told"]
        assert "equations were edited" in told
        assert "hatch_build.py" in told


@pytest.mark.slow
def test_an_edited_flux_runs_on_the_kernel_after_one_command(checkout: Path) -> None:
    edit(checkout)
    before = solved(checkout, "twin")["engines"]["twin"]["peak"]
    said = run(checkout, "hatch_build.py")
    assert "generated.h written" in said
    after = solved(checkout, "auto", "twin")
    assert after["told"] == []
    found = {name: one["peak"] for name, one in after["engines"].items()}
    assert after["engines"]["auto"]["solver"] == "kernel"
    assert found["auto"] == found["twin"] == pytest.approx(before, rel=1e-8)
    assert run(checkout, "-m", "itp_sim.generate", "--check") == ""
