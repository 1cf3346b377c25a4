"""``itp-sim doctor``."""

import argparse
from typing import Any

from itp_sim.cli.output import aligned, print_json
from itp_sim.errors import SolverError
from itp_sim.notice import RESEARCH_ONLY


def doctor(options: argparse.Namespace) -> None:
    """Print what the report of a fault should hold; a failed run if the numbers are not those of this version."""
    from itp_sim.doctor import AS_BEFORE, examined

    found = examined()
    if options.json:
        print_json(found)
    else:
        packages = (f"{name} {known}" for name, known in found["packages"].items() if known)
        engines = (f"{name} {_told(one)}" for name, one in found["engines"].items())
        times = (f"{what} {seconds:g} s" for what, seconds in found["seconds"].items())
        rows = [
            ["itp_sim", f"{found['itp_sim']} at {found['installed_at']}"],
            ["python", f"{found['python']} ({found['implementation']})"],
            ["platform", f"{found['platform']}, {found['processors']} processors"],
            ["packages", ", ".join(packages)],
            ["engine", found["engine"]],
            ["golden curves", f"{'as before' if found['well'] else 'NOT as before'}: {', '.join(engines)}"],
            ["times", "; ".join(times)],
        ]
        print(aligned(rows, left=2))
        print(RESEARCH_ONLY)
    if not found["well"]:
        raise SolverError(
            f"the golden curves are missed by more than {AS_BEFORE:g}, or an engine failed: install itp_sim again; in "
            "a checkout, see whether the equations or params/ were edited"
        )


def _told(one: dict[str, Any]) -> str:
    """What came of one engine."""
    if "reason" in one:
        return "not usable"
    return "FAILED" if "failed" in one else f"{one['largest_difference']:.1e}"
