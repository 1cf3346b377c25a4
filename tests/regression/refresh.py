"""Write the golden curve of the typical patient anew: ``python tests/regression/refresh.py``.

Do this only when the curve is meant to change: a new value in ``params/adult_chronic.toml``, a new term in the
equations. Commit ``typical_patient.csv`` by itself, and say in the message why the curve changed and by how much; the
script prints the largest change of each column. A curve that changed for no reason is a defect to be found, not to be
refreshed away.
"""

import csv
import sys
from pathlib import Path

import numpy as np

import itp_sim as itp
from itp_sim.equations import Outputs
from itp_sim.results import READOUTS

GOLDEN = Path(__file__).with_name("typical_patient.csv")
ARMS = {"1 g/kg": "1 g/kg", "1 g/kg daily x 2": "1 g/kg daily x 2", "0.4 g/kg daily x 5": "0.4 g/kg daily x 5"}
DAYS = (0, 0.05, 0.125, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 17, 21, 25, 28, 35, 42)
#: Integrated so tightly that the steps which a version of SciPy takes do not show.
RTOL = 1e-12

Rows = dict[tuple[str, str], dict[str, float]]


def computed(rtol: float) -> Rows:
    """Outputs by arm and day, and read-outs by arm, of the typical patient."""
    run = itp.simulate(itp.typical_patient(), ARMS, times=DAYS, levels=[30, 50, 100], rtol=rtol).squeeze("patient")
    rows: Rows = {}
    for arm in ARMS:
        one = run.sel(arm=arm)
        for day in DAYS:
            rows[arm, f"{day:g}"] = {name: float(one[name].sel(time=day)) for name in Outputs._fields}
        for name in READOUTS:
            for level in one.level.to_numpy() if "level" in one[name].dims else [None]:
                value = one[name] if level is None else one[name].sel(level=level)
                rows[arm, name if level is None else f"{name} {level}"] = {"value": float(value)}
    return rows


def read(path: Path = GOLDEN) -> Rows:
    """The golden rows."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.DictReader(line for line in file if not line.startswith("#"))
        return {
            (line["arm"], line["day"]): {name: float(text) for name, text in line.items() if text and name not in KEYS}
            for line in lines
        }


KEYS = ("arm", "day")


def write(rows: Rows, path: Path = GOLDEN) -> None:
    """Write rows with 17 digits, which give every bit back."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write("# The typical patient, as computed. Written by refresh.py; see there before you change it.\n")
        file.write("# Rows with a day hold the outputs; the others hold a read-out in `value`.\n")
        table = csv.DictWriter(file, [*KEYS, *Outputs._fields, "value"], lineterminator="\n")
        table.writeheader()
        for (arm, day), values in rows.items():
            table.writerow({"arm": arm, "day": day} | {name: f"{value:.17g}" for name, value in values.items()})


def changes(old: Rows, new: Rows) -> dict[str, float]:
    """Largest change of each column, relative to the column's largest value."""
    found: dict[str, float] = {}
    for (arm, day), values in new.items():
        before = old.get((arm, day), {})
        for name, value in values.items():
            column = day if name == "value" else name
            size = max([abs(v[name]) for k, v in new.items() if name in v and (name != "value" or k[1] == day)])
            change = abs(value - before.get(name, np.nan)) / (size or 1.0)
            found[column] = max(found.get(column, 0.0), np.inf if np.isnan(change) else change)
    return found


def main() -> None:
    """Write the file, and say on stderr what changed."""
    old = read() if GOLDEN.exists() else {}
    new = computed(RTOL)
    write(new)
    for column, change in changes(old, new).items():
        print(f"{column}: {change:.2g}", file=sys.stderr)


if __name__ == "__main__":
    main()
