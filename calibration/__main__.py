"""Fit the populations to the published results and keep what comes out: ``python -m calibration`` (about 30 minutes).

Steps: the adults, the children (around the adults' values), the alternatives. Each keeps its result as JSON in
``calibration/results``; the page ``calibration/results.md`` is printed from them. With ``--write`` the fitted values
also go into ``params/``, with draws of their posterior.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from calibration import alternatives, fit, keep, posterior, report
from calibration.target import ADULTS, CHILDREN
from itp_sim.files import params_dir
from itp_sim.intervals import ENDS

HERE = Path(__file__).parent
KEPT, PAGE = HERE / "results", HERE / "results.md"
POPULATIONS = (ADULTS, CHILDREN)
STEPS = (*POPULATIONS, "alternatives")


def main(arguments: list[str]) -> int:
    """Run the steps asked for, each in a process of its own, and print the page."""
    parser = argparse.ArgumentParser(prog="python -m calibration", description=__doc__)
    parser.add_argument("steps", nargs="*", help=f"some of {', '.join(STEPS)}; all by default")
    parser.add_argument("--write", action="store_true", help="put the fitted values and their posterior into params/")
    asked = parser.parse_args(arguments)
    wrong = [step for step in asked.steps if step not in STEPS]
    if wrong:
        parser.error(f"no step {wrong[0]!r}: choose from {', '.join(STEPS)}")
    steps = asked.steps or STEPS
    if len(steps) > 1:
        for step in steps:  # the children are fitted around the adults' values as they are now on disk
            again = [sys.executable, "-m", "calibration", step, *(["--write"] if asked.write else [])]
            subprocess.run(again, check=True, env=dict(os.environ))
        return 0
    (step,) = steps
    result: Any = _alternatives() if step == "alternatives" else _population(step, write=asked.write)
    KEPT.mkdir(exist_ok=True)
    (KEPT / f"{step}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    kept = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(KEPT.glob("*.json"))}
    PAGE.write_text("\n".join(report.page(kept)) + "\n", encoding="utf-8")
    return 0


def _population(name: str, *, write: bool) -> dict[str, Any]:
    done = fit.fit(name)
    drawn = posterior.sample(done, log=sys.stderr.write)
    ends = np.quantile(drawn.rows, ENDS, axis=0)
    if write:
        keep.keep(name, done.best)
        posterior.save(params_dir() / "posterior" / f"{name}.csv", drawn)
    return {
        "patients": fit.PATIENTS,
        "loss": done.loss,
        "data": done.data,
        "draws": len(drawn.rows),
        "effective": drawn.effective,
        "prior": {one.key: one.value for one in done.free},
        "best": done.best,
        "shrunk": done.shrunk,
        "interval": [dict(zip(drawn.names, map(float, row), strict=True)) for row in ends],
        "endpoints": [
            {"name": one.name, "value": value, "distance": float(far), "weight": one.weight}
            for one, value, far in zip(done.chosen, done.values, done.distance, strict=True)
        ],
    }


def _alternatives() -> list[dict[str, Any]]:
    found = []
    for name, one in alternatives.ALTERNATIVES.items():
        sys.stderr.write(f"alternative: {name}\n")
        found.append({**alternatives.in_a_copy(name), "question": one.question})
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
