"""Run the full tier and print its summary: ``python -m tests.full [--write] [-n PROCESSES] [WORD ...]``.

With words, only rows whose text holds one of them. ``--write`` puts the summary into docs/verification.md; with words,
those rows in place of what stood there.
"""

import argparse
import os
import platform
import resource
import sys
import time
from importlib.metadata import version

from tests.full import page
from tests.full.proofs import found, laws, rows, run

#: Where laws stand.
FOLDERS = ("tests/unit", "tests/reference")


def main() -> int:
    """Return 1 if anything failed."""
    asked = argparse.ArgumentParser(description="Run the full tier and print its summary.")
    asked.add_argument("words", nargs="*", help="only rows whose text holds one of these")
    asked.add_argument("--write", action="store_true", help=f"put it into {page.PAGE.name}")
    asked.add_argument("-n", type=int, default=min(os.cpu_count() or 1, 4), help="processes")
    asked.add_argument("--laws", action="store_true", help="run nothing, only list the laws in the page")
    given = asked.parse_args()
    if given.laws or given.write:
        page.put("laws", page.law_list(laws(FOLDERS)))
    if given.laws:
        return 0
    some = [row for row in rows() if not given.words or any(word in row.what for word in given.words)]
    start = time.monotonic()
    cases = run((test for row in some for test in row.tests), processes=given.n)
    minutes = (time.monotonic() - start) / 60
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    results = [(row, found(row, cases)) for row in some]
    failed = sum(case.failed for case in cases)
    about = [
        f"{len(cases):,} cases, {failed} failed; {minutes:.0f} minutes in {given.n} processes, "
        f"{(used.ru_utime + used.ru_stime) / 60:.0f} of processor time.",
        f"itp_sim {version('itp_sim')}, Python {platform.python_version()}, NumPy {version('numpy')}, "
        f"SciPy {version('scipy')}, {platform.system()} {platform.machine()}.",
    ]
    text = page.full(results, about)
    print(text)
    if given.write:
        page.amend(results, rows()) if given.words else page.put("full", text)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
