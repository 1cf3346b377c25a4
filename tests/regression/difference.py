"""Print how the golden curve differs between two versions, as CHANGELOG.md shows it.

``python tests/regression/difference.py v0.1.0`` compares a commit or tag with the files as they are now; two names,
the first with the second. A name may be the path of a CSV file, too.
"""

import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

spec = importlib.util.spec_from_file_location("refresh", Path(__file__).with_name("refresh.py"))
assert spec is not None
assert spec.loader is not None
refresh = importlib.util.module_from_spec(spec)
spec.loader.exec_module(refresh)

ROOT = Path(__file__).parents[2]
Rows = dict[tuple[str, str], dict[str, float]]
#: Read-outs that the table names by arm; of all columns it says the largest change.
NAMED = ("peak", "peak_day", "days_above 50")
#: Changes below this are rounding, or the steps that another version of SciPy takes.
SAME = 1e-9


def rows(name: str) -> Rows:
    """Golden rows of a commit, tag or file."""
    if Path(name).is_file():
        found: Rows = refresh.read(Path(name))
        return found
    path = refresh.GOLDEN.relative_to(ROOT).as_posix()
    done = subprocess.run(["git", "show", f"{name}:{path}"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"no file and no commit {name!r}: {done.stderr.strip()}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "golden.csv"
        file.write_text(done.stdout, encoding="utf-8")
        return rows(str(file))


def table(old: Rows, new: Rows) -> str:
    """The difference as Markdown."""
    changes = {name: change for name, change in refresh.changes(old, new).items() if change > SAME}
    if not changes:
        return "No golden number has changed."
    lines = ["| typical patient | before | after |", "|---|---:|---:|"]
    for (arm, what), values in new.items():
        if what in NAMED and "value" in values:
            before = old.get((arm, what), {}).get("value", np.nan)
            lines.append(f"| {what.replace('_', ' ')}, {arm} | {before:.4g} | {values['value']:.4g} |")
    largest = ", ".join(f"{name} {change:.2g}" for name, change in sorted(changes.items(), key=lambda x: -x[1]))
    return "\n".join([*lines, "", f"Largest change, relative to the largest value: {largest}."])


def main(names: list[str]) -> None:
    """Print the table."""
    if not 1 <= len(names) <= 2:
        sys.exit(__doc__)
    print(table(rows(names[0]), rows(names[1] if len(names) > 1 else str(refresh.GOLDEN))))


if __name__ == "__main__":
    main(sys.argv[1:])
