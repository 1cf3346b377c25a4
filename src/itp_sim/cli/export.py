"""``itp-sim export``."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from itp_sim import checks
from itp_sim.cli.output import print_json, print_note, save_text
from itp_sim.errors import InputError
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.usual import DEFAULT_POPULATION

#: Formats, and what their files are called.
FORMATS: Mapping[str, str] = MappingProxyType({"sbml": ".xml", "mrgsolve": ".mod", "rxode2": ".R", "latex": ".tex"})
DEFAULT_REGIMEN = "1 g/kg"


def export(options: argparse.Namespace) -> None:
    """Write the model for another program, or the supplement of a paper."""
    kind = checks.name("format", options.format, FORMATS)
    if options.out is None:
        raise InputError(f"name a file with --out, such as --out itp{FORMATS[kind]}")
    path = checks.file_to_write("--out", options.out, (FORMATS[kind],))
    if kind == "latex":
        _supplement(options, path)
    else:
        _model(kind, options, path)
    if options.json:
        print_json({"file": str(path), "format": kind, "notice": RESEARCH_ONLY})
        return
    print(path)
    print(RESEARCH_ONLY)


def _model(kind: str, options: argparse.Namespace, path: Path) -> None:
    from itp_sim import exchange
    from itp_sim.catalogue import regimen
    from itp_sim.design import UNTREATED
    from itp_sim.patient import typical_patient
    from itp_sim.product_file import DEFAULT_PRODUCT

    patient = typical_patient(
        options.population or DEFAULT_POPULATION, weight_kg=options.weight, platelets=options.platelets
    )
    text = DEFAULT_REGIMEN if options.regimen is None else options.regimen
    given = None if text.strip().casefold() == UNTREATED else regimen(text, options.product or DEFAULT_PRODUCT)
    write: Callable[..., Path] = getattr(exchange, f"to_{kind}")
    write(patient, given, path)


def _supplement(options: argparse.Namespace, path: Path) -> None:
    from itp_sim.exchange import supplement

    given = {"REGIMEN": options.regimen, "--weight": options.weight, "--platelets": options.platelets}
    for name in [name for name, value in (given | {"--product": options.product}).items() if value is not None]:
        print_note(f"{name} says nothing about equations and parameters, and is left out")
    save_text(supplement(options.population or DEFAULT_POPULATION), path)
