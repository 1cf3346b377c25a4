"""``itp-sim explore``."""

import argparse

from itp_sim.cli.output import print_json
from itp_sim.notice import RESEARCH_ONLY


def explore(options: argparse.Namespace) -> None:
    """Write the explorer page."""
    from itp_sim.explorer import write_explorer

    path = write_explorer(options.out, population=options.population)
    if options.json:
        print_json({"file": str(path), "population": options.population, "notice": RESEARCH_ONLY})
        return
    print(f"{path}: open it in a browser; it needs no network")
    print(RESEARCH_ONLY)
