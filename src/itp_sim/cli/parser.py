"""What the shell understands."""

import argparse
from pathlib import Path
from typing import NoReturn

from itp_sim import __version__
from itp_sim.cli.compare import compare
from itp_sim.cli.output import FIGURE_TYPES
from itp_sim.cli.tables import params, products
from itp_sim.errors import InputError
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.regimen_text import GRAMMAR


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are those of the project: one line, with the way out."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see `{self.prog} --help`")


def parser() -> tuple[argparse.ArgumentParser, dict[str, tuple[str, ...]]]:
    """The parser, and the options of each command."""
    top = _Parser(
        prog="itp-sim", description=f"Platelets in immune thrombocytopenia under IVIG, simulated. {RESEARCH_ONLY}"
    )
    top.add_argument("--version", action="version", version=f"itp-sim {__version__}")
    common = _Parser(add_help=False)
    common.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    common.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = top.add_subparsers(title="commands", metavar="COMMAND")

    what = "compare regimens in one patient, or in virtual patients"
    one = commands.add_parser(
        "compare",
        parents=[common],
        help=what,
        description=f"{what[0].upper()}{what[1:]}. {RESEARCH_ONLY}",
        epilog=f"REGIMEN: {GRAMMAR}. Put it in quotes.",
    )
    one.add_argument("regimens", nargs="+", metavar="REGIMEN", help="such as '1 g/kg' or '1 g/kg daily x 2'")
    one.add_argument("--population", default="adult_chronic", help="population whose typical patient is simulated")
    one.add_argument("--weight", type=_decimal, metavar="KG", help="body weight [kg]")
    one.add_argument(
        "--platelets",
        type=_limits,
        metavar="COUNT",
        help="untreated platelet count [10^9/L]; with --n the lowest and highest, such as 3:20",
    )
    one.add_argument("--n", type=_whole, metavar="N", help="compare in N virtual patients instead of the typical one")
    one.add_argument("--seed", type=_whole, help="names the virtual patients, 0 by default")
    one.add_argument("--workers", type=_whole, metavar="W", help="with --n: share the patients among W processes")
    one.add_argument(
        "--store", type=Path, metavar="FOLDER", help="with --n: keep what is counted, and go on from there if stopped"
    )
    one.add_argument("--days", type=_decimal, default=42.0, help="length of the run [day], 42 by default")
    one.add_argument("--product", help="IVIG product whose infusion rates are used; see `itp-sim products`")
    one.add_argument(
        "--definition", default="iwg", help="definition of response: iwg, at_least_50, at_least_30_and_double"
    )
    one.add_argument(
        "--observed", action="append", default=[], metavar="STUDY", help="lay published counts over the figure"
    )
    one.add_argument("--out", type=Path, metavar="FILE", help=f"save the figure as {', '.join(FIGURE_TYPES)}")
    one.set_defaults(run=compare)

    what = "print every number with its source"
    listing = commands.add_parser(
        "params", parents=[common], help=what, description=f"{what[0].upper()}{what[1:]}. {RESEARCH_ONLY}"
    )
    listing.add_argument("population", nargs="?", default="adult_chronic")
    listing.set_defaults(run=params)

    what = "print the IVIG products and their rates"
    catalogue = commands.add_parser(
        "products", parents=[common], help=what, description=f"{what[0].upper()}{what[1:]}. {RESEARCH_ONLY}"
    )
    catalogue.set_defaults(run=products)
    return top, {name: tuple(command._option_string_actions) for name, command in commands.choices.items()}


def _limits(text: str) -> float | tuple[float | None, float | None]:
    """One count, or LOW:HIGH with either end left out."""
    if ":" not in text:
        return _decimal(text)
    low, high = text.split(":", 1)
    return _decimal(low) if low else None, _decimal(high) if high else None


def _decimal(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        comma = f"; write {text.replace(',', '.')}" if "," in text else ""
        raise argparse.ArgumentTypeError(f"{text!r} is not a number{comma}") from None


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, such as 1000") from None
