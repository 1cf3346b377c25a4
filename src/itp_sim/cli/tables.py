"""``itp-sim params`` and ``itp-sim products``."""

import argparse
import math
import textwrap
from dataclasses import asdict

from itp_sim.cli.output import print_json, rows
from itp_sim.errors import InputError, UnknownNameError
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.parameters import (
    parameter_name,
    parameters_table,
    population_key,
    population_sources,
    records,
)
from itp_sim.usual import DEFAULT_POPULATION


def params(options: argparse.Namespace) -> None:
    """Print the records of a population, or one of them in full."""
    population = _population(options.population)
    if options.parameter is not None:
        _one(population, options)
        return
    table = parameters_table(population).set_index("name")
    if options.json:
        print_json({"population": population, "parameters": rows(table), "notice": RESEARCH_ONLY})
        return
    for name, row in table.iterrows():
        print(f"{name} = {row['value']:g} {row['unit']}".rstrip() + f": {row['meaning']}")
        low, high = row["range"]
        spread = _spread(row["cv"], row["logit_sd"])
        source = f"; source {row['source']}: {row['citation']}" if row["source"] else ""
        known = f"{row['evidence']}, range {low:g} to {high:g}{spread and f', {spread} between patients'}{source}"
        for text in (known, row["locator"], row["note"]):
            print_indented(text)
    print(f"\n{RESEARCH_ONLY}")


def _population(given: str) -> str:
    """The population, unless a parameter was named in its place."""
    try:
        population_key(given)
    except UnknownNameError:
        try:
            name = parameter_name(given)
        except UnknownNameError:
            name = ""
        if name:
            raise InputError(
                f"{given!r} is a parameter: name the population first, as in itp-sim params {DEFAULT_POPULATION} {name}"
            ) from None
        raise
    return given


def _one(population: str, options: argparse.Namespace) -> None:
    """Print all that is known of one parameter."""
    record = records(population)[parameter_name(options.parameter)]
    known = population_sources(population)
    if options.json:
        content = {
            "population": population,
            "parameter": asdict(record),
            "sources": [asdict(known[key]) for key in record.source],
            "notice": RESEARCH_ONLY,
        }
        print_json(content)
        return
    unit = f" {record.unit}" if record.unit else ""
    print(f"{record.name} = {record.value:g}{unit}: {record.meaning}")
    lines = [
        ("symbol", record.symbol),
        ("population", population),
        ("evidence", record.evidence),
        ("range", "{:g} to {:g}".format(*record.range) + unit),
        ("between patients", _spread(record.cv, record.logit_sd) or "all alike"),
        ("patients drawn within", "{:g} to {:g}".format(*record.truncate) + unit if record.truncate else ""),
        ("as printed", f"{record.reported.value:g} {record.reported.unit}" if record.reported else ""),
        ("where in the source", record.locator),
        ("note", record.note),
    ]
    for label, text in lines:
        print_indented(f"{label}: {text}" if text else "")
    for key in record.source:
        source = known[key]
        print_indented(f"source {key}: {source.citation}")
        places = (source.doi and f"doi {source.doi}", source.pmid and f"PMID {source.pmid}", source.url, source.note)
        unread = "unverified" if source.unverified else ""
        print_indented("; ".join(filter(None, (f"seen: {source.seen}", unread, *places))))
    print(f"\n{RESEARCH_ONLY}")


def _spread(cv: float | None, logit_sd: float | None) -> str:
    """How far patients differ; nothing if they do not."""
    if cv is not None and cv > 0:
        return f"CV {100 * cv:g}%"
    if logit_sd is not None and logit_sd > 0:
        return f"SD of the logit {logit_sd:g}"
    return ""


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
