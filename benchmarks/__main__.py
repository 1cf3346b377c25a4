"""Our engines against others, side by side in one run: ``python -m benchmarks`` from the top of a checkout.

Prints the tables. ``--write`` keeps them as ``benchmarks/results.md``, with the figure beside it, and the shortest in
``README.md``. ``pip install -e '.[bench]'`` brings the other engines; those that are not installed are skipped.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks import figure, readme, report
from benchmarks.engines import all_engines
from benchmarks.engines.engine import Engine
from benchmarks.readme import README, RESULTS
from benchmarks.run import FULL, QUICK, run

FIGURE = RESULTS.with_name("work_precision.svg")


def main(arguments: list[str]) -> int:
    """Measure, print, and keep the results if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--engines", default="", help="names or parts of them, separated by commas; all by default")
    parser.add_argument(
        "--quick", action="store_true", help="a few patients: shows that it works, measures nothing well"
    )
    parser.add_argument(
        "--write", action="store_true", help=f"keep the results in {RESULTS.name}, {FIGURE.name} and {README.name}"
    )
    asked = parser.parse_args(arguments)
    engines = _chosen(asked.engines)
    with tempfile.TemporaryDirectory() as folder:
        results = run(engines, Path(folder), QUICK if asked.quick else FULL)
    lines = report.lines(results)
    sys.stdout.write("\n".join(lines) + "\n")
    if asked.write:
        figure.draw({(e.group, e.name): results.scans[e.key] for e in engines if e.key in results.scans}, FIGURE)
        RESULTS.write_text("\n".join([*_head(arguments), *lines]) + "\n", encoding="utf-8")
        readme.write()
    return 0


def _chosen(names: str) -> list[Engine]:
    """Engines with one of the names, or with a part of it that is no name itself."""
    found = {engine.key: engine for engine in all_engines()}
    wanted = [name for name in names.split(",") if name]
    return [
        engine
        for key, engine in found.items()
        if not wanted or any(name == key or (name in key and name not in found) for name in wanted)
    ]


def _head(arguments: list[str]) -> list[str]:
    return [
        "# Speed at equal accuracy",
        "",
        f"Written by `python -m benchmarks {' '.join(arguments)}`.",
        "",
        f"![Work against precision: CPU time for the error of the count, for each engine]({FIGURE.name})",
        "",
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
