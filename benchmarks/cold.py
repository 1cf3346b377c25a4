"""Run in a fresh process: seconds to the first curve, then the memory that many patients take.

    python -m benchmarks.cold ENGINE FOLDER RTOL PATIENTS

FOLDER holds the printed model and the patients.
"""

import json
import resource
import sys
from pathlib import Path

from benchmarks.engines import all_engines
from benchmarks.problem import MANY, ONE, peak_memory, read


def main(key: str, folder: Path, *, rtol: float, patients: int) -> None:
    """Print what was measured as one line of JSON."""
    engine = next(engine for engine in all_engines() if engine.key == key)
    counts = engine.prepare(folder)
    peak = float(counts(read(folder / ONE), rtol).max())
    used = resource.getrusage(resource.RUSAGE_SELF)
    found = {"seconds": used.ru_utime + used.ru_stime, "peak": peak, "first": peak_memory()}
    if patients:
        counts(read(folder / MANY).part(0, patients), rtol)
        found["memory"] = peak_memory()
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), rtol=float(sys.argv[3]), patients=int(sys.argv[4]))
