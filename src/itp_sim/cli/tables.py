"""``itp-sim params`` and ``itp-sim products``."""

import argparse
import math
import textwrap

from itp_sim.cli.output import print_json, rows
from itp_sim.notice import RESEARCH_ONLY


def params(options: argparse.Namespace) -> None:
    """Print the records of a population."""
    from itp_sim.parameters import parameters_table

    table = parameters_table(options.population).set_index("name")
    if options.json:
        print_json({"population": options.population, "parameters": rows(table), "notice": RESEARCH_ONLY})
        return
    for name, row in table.iterrows():
        spread = ""
        if row["cv"] > 0:
            spread = f", CV {100 * row['cv']:g}% between patients"
        elif row["logit_sd"] > 0:
            spread = f", SD of the logit {row['logit_sd']:g} between patients"
        print(f"{name} = {row['value']:g} {row['unit']}".rstrip() + f": {row['meaning']}")
        source = f": {row['citation']}" if row["citation"] else ""
        for text in (f"{row['evidence']}{spread}{source}", row["locator"], row["note"]):
            print_indented(text)
    print(f"\n{RESEARCH_ONLY}")


def products(options: argparse.Namespace) -> None:
    """Print the products."""
    from itp_sim.catalogue import products

    table = products()
    if options.json:
        print_json({"products": rows(table), "notice": RESEARCH_ONLY})
        return
    for name, row in table.iterrows():
        print(name)
        for column, value in row.items():
            text = str(value)
            if isinstance(value, float):
                text = "" if math.isnan(value) else f"{value:.3g}"
            if text:
                print_indented(f"{str(column).replace('_', ' ')}: {text}")
    print(f"\n{RESEARCH_ONLY}")


def print_indented(text: str) -> None:
    """Print a paragraph below the name it belongs to; nothing if there is none."""
    if text:
        # Names with a hyphen stay whole, so that they can be searched for.
        print(textwrap.fill(text, 100, initial_indent="    ", subsequent_indent="      ", break_on_hyphens=False))
