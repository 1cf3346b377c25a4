"""What the shell understands."""

import argparse
import re
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from itp_sim import __version__
from itp_sim.cli.compare import compare
from itp_sim.cli.doctor import doctor
from itp_sim.cli.explore import explore
from itp_sim.cli.export import DEFAULT_REGIMEN, FORMATS, export
from itp_sim.cli.figure import figure
from itp_sim.cli.fit import TYPES, fit
from itp_sim.cli.output import FIGURE_TYPES
from itp_sim.cli.sensitivity import sensitivity
from itp_sim.cli.tables import params, products
from itp_sim.cli.trials import FEWEST_DRAWS, MOST_DRAWS, REPORT_TYPES, trial, validate
from itp_sim.errors import InputError
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.product_file import DEFAULT_PRODUCT
from itp_sim.regimen_text import GRAMMAR
from itp_sim.usual import (
    DEFAULT_BUDGET,
    DEFAULT_DAYS,
    DEFAULT_DEFINITION,
    DEFAULT_POPULATION,
    FIGURE_PATIENTS,
    FIGURE_SEED,
    TRIAL_PATIENTS,
    VALIDATION_PATIENTS,
)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are those of the project: one line, with the way out.

    In the help of an argument, POPULATIONS and STUDIES stand for what can be chosen; the files that say it are read
    when the help is printed.
    """

    def format_help(self) -> str:
        for action in self._actions:
            for word, tell in (("POPULATIONS", _populations), ("STUDIES", _studies)):
                if action.help and word in action.help:
                    action.help = action.help.replace(word, tell())
        return super().format_help()

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message.removeprefix('argument ')}; see `{self.prog} --help`")


class _Version(argparse.Action):
    """Prints the version, and which engine solves here."""

    def __call__(self, *_: object) -> NoReturn:
        from itp_sim.solve import described

        print(f"itp-sim {__version__}\nengine: {described()}")
        raise SystemExit(0)


def parser() -> tuple[argparse.ArgumentParser, dict[str, tuple[str, ...]]]:
    """The parser, and the options of each command."""
    top = _Parser(
        prog="itp-sim", description=f"Platelets in immune thrombocytopenia under IVIG, simulated. {RESEARCH_ONLY}"
    )
    top.add_argument("--version", action=_Version, nargs=0, help="show the version and the engine, and exit")
    commands = top.add_subparsers(title="commands", metavar="COMMAND")
    _compare(commands)
    _params(commands)
    _products(commands)
    _trial(commands)
    _validate(commands)
    _sensitivity(commands)
    _figure(commands)
    _fit(commands)
    _explore(commands)
    _export(commands)
    _doctor(commands)
    return top, {name: tuple(command._option_string_actions) for name, command in commands.choices.items()}


def _command(
    commands: "argparse._SubParsersAction[_Parser]",
    name: str,
    what: str,
    *,
    run: Callable[[argparse.Namespace], None],
    epilog: str | None = None,
) -> argparse.ArgumentParser:
    """Add a command that prints a result or one JSON object."""
    description = f"{what[0].upper()}{what[1:]}. {RESEARCH_ONLY}"
    command = commands.add_parser(name, help=what, description=description, epilog=epilog)
    command.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    command.add_argument("--debug", action="store_true", help="show the traceback of an error")
    command.set_defaults(run=run)
    return command


def _compare(commands: "argparse._SubParsersAction[_Parser]") -> None:
    what, grammar = "compare regimens in one patient, or in virtual patients", f"REGIMEN: {GRAMMAR}. Put it in quotes."
    one = _command(commands, "compare", what, run=compare, epilog=grammar)
    add = one.add_argument
    add(
        "regimens",
        nargs="+",
        metavar="REGIMEN",
        help="such as '1 g/kg' or '1 g/kg daily x 2'; none is an arm without treatment",
    )
    add("--population", default=DEFAULT_POPULATION, help="whose typical patient is simulated: POPULATIONS")
    add("--weight", type=_decimal, metavar="KG", help="body weight [kg]")
    with_n = "untreated platelet count [10^9/L]; with --n that of all, or the lowest and highest, such as 3:20"
    add("--platelets", type=_limits, metavar="COUNT", help=with_n)
    add("--n", type=_whole, metavar="N", help="compare in N virtual patients instead of the typical one")
    add("--seed", type=_whole, help="names the virtual patients, 0 by default")
    add("--workers", type=_whole, metavar="W", help="with --n: share the patients among W processes")
    kept = "with --n: keep what is counted, and go on from there if stopped"
    add("--store", type=Path, metavar="FOLDER", help=kept)
    add("--days", type=_decimal, default=DEFAULT_DAYS, help="length of the run [day], %(default)g by default")
    rates = f"IVIG product whose infusion rates are used, {DEFAULT_PRODUCT} by default; see `itp-sim products`"
    add("--product", help=rates)
    definitions = "definition of response: %(default)s (by default), at_least_50 or at_least_30_and_double"
    add("--definition", default=DEFAULT_DEFINITION, help=definitions)
    over = "lay published counts over the figure: STUDIES"
    add("--observed", action="append", default=[], metavar="STUDY", help=over)
    add("--out", type=Path, metavar="FILE", help=f"save the figure as {', '.join(FIGURE_TYPES)}")


def _params(commands: "argparse._SubParsersAction[_Parser]") -> None:
    listing = _command(commands, "params", "print every number with its source", run=params)
    listing.add_argument("population", nargs="?", default=DEFAULT_POPULATION, help="POPULATIONS")
    every = "print this one in full, such as IC50; all of them by default"
    listing.add_argument("parameter", nargs="?", metavar="PARAMETER", help=every)


def _trial(commands: "argparse._SubParsersAction[_Parser]") -> None:
    one = _command(commands, "trial", "simulate a trial as it was run, beside what was published", run=trial)
    one.add_argument("trial", metavar="NAME_OR_FILE", help="such as godeau1999, or a trial file of your own")
    _patients(one, TRIAL_PATIENTS, "virtual patients and the noise of their counts")
    _doubt(one)


def _validate(commands: "argparse._SubParsersAction[_Parser]") -> None:
    all_of = _command(commands, "validate", "simulate all trials, beside what was published", run=validate)
    which = "trial files to use instead of those that come with the package"
    all_of.add_argument("path", nargs="?", metavar="FILE_OR_FOLDER", help=which)
    _patients(all_of, VALIDATION_PATIENTS, "virtual patients and the noise of their counts")
    _doubt(all_of)
    page = f"write a page, as {' or '.join(REPORT_TYPES)}, with its figure beside it"
    all_of.add_argument("--report", type=Path, metavar="FILE", help=page)


def _sensitivity(commands: "argparse._SubParsersAction[_Parser]") -> None:
    what, grammar = "say which parameter decides the count", f"REGIMEN: {GRAMMAR}. Put it in quotes."
    one = _command(commands, "sensitivity", what, run=sensitivity, epilog=grammar)
    add = one.add_argument
    add("regimen", metavar="REGIMEN", help="such as '1 g/kg'; none is no treatment")
    outputs = "read-outs, such as peak, peak_day, area, response, days_above_50; by default three"
    add("--output", nargs="+", action="extend", metavar="NAME", help=outputs)
    names = "parameters that vary, such as IC50; by default those that differ between patients"
    add("--parameter", nargs="+", action="extend", metavar="NAME", help=names)
    methods = "%(default)s (by default: who differs why, in many patients) or local (elasticities in one)"
    add("--method", default="sobol", help=methods)
    add("--over", help="patients (by default: as they differ) or ranges (evenly between the ends of the records)")
    add("--n", type=_whole, metavar="N", help="points of each sample, a power of two, 8192 by default")
    add("--seed", type=_whole, help="names the points, 0 by default")
    add("--population", default=DEFAULT_POPULATION, help="whose patients vary: POPULATIONS")
    add("--weight", type=_decimal, metavar="KG", help="body weight [kg]")
    add("--platelets", type=_decimal, metavar="COUNT", help="untreated platelet count [10^9/L], the median")
    add("--days", type=_decimal, default=DEFAULT_DAYS, help="length of the run [day], %(default)g by default")
    add("--product", help=f"IVIG product, {DEFAULT_PRODUCT} by default; see `itp-sim products`")
    definitions = "definition of response: %(default)s (by default), at_least_50 or at_least_30_and_double"
    add("--definition", default=DEFAULT_DEFINITION, help=definitions)
    add("--out", type=Path, metavar="FILE", help=f"save the figure as {', '.join(FIGURE_TYPES)}")


def _figure(commands: "argparse._SubParsersAction[_Parser]") -> None:
    grammar = f"REGIMEN: {GRAMMAR}. Put it in quotes."
    one = _command(commands, "figure", "draw a teaching figure, with its caption", run=figure, epilog=grammar)
    add = one.add_argument
    add("name", nargs="?", metavar="NAME", help="such as dose_comparison; see --list")
    add("--list", action="store_true", help="print the names of the figures")
    add("--out", type=Path, metavar="FILE", help="save as .svg, .pdf or .png; .csv saves the numbers, .gif what moves")
    add("--all", type=Path, metavar="FOLDER", help="draw every figure, with its numbers and a page that shows them")
    again = "regimen to show instead of the figure's own; give it again for another"
    add("--dose", action="append", metavar="REGIMEN", help=again)
    add("--population", default=DEFAULT_POPULATION, help="whose patients are simulated: POPULATIONS")
    add("--weight", type=_decimal, metavar="KG", help="body weight [kg]")
    median = "untreated platelet count [10^9/L]; the median in figures of many patients"
    add("--platelets", type=_decimal, metavar="COUNT", help=median)
    add("--days", type=_decimal, help="length of the run [day]; by default the figure's own")
    add("--style", default="educator", help="%(default)s (a slide, by default) or paper (a single column)")
    add("--n", type=_whole, help=f"virtual patients in figures of many, {FIGURE_PATIENTS} by default")
    add("--seed", type=_whole, help=f"names the virtual patients, {FIGURE_SEED} by default")
    add("--no-notice", action="store_true", help="leave the research-and-education statement off the figure")


def _fit(commands: "argparse._SubParsersAction[_Parser]") -> None:
    one = _command(commands, "fit", "fit the counts of a patient, and say what they tell", run=fit)
    add = one.add_argument
    add("table", metavar="TABLE", help="CSV file in the style of NM-TRAN: ID TIME AMT RATE DV WT ...")
    add("--subject", metavar="ID", help="the subject to fit; every one by default")
    add("--population", default=DEFAULT_POPULATION, help="the prior: POPULATIONS")
    add("--weight", type=_decimal, metavar="KG", help="body weight [kg], where the table has none")
    add(
        "--count-cv",
        type=_decimal,
        metavar="CV",
        help="error of a count, as in 0.2 for 20%%; params/residual.toml else",
    )
    add("--igg-cv", type=_decimal, metavar="CV", help="error of an IgG level, likewise")
    add("--time-unit", metavar="UNIT", help="unit of TIME, DUR and II: day (by default) or h")
    add("--amount-unit", metavar="UNIT", help="unit of AMT: g (by default) or mg")
    add("--count-unit", metavar="UNIT", help="unit of a count in DV: 1e9/L (by default), 1e12/L, 1e4/uL or 1/uL")
    add(
        "--covariate", action="append", default=[], metavar="NAME", help="a column of another number, which is read too"
    )
    add("--drop", action="append", default=[], metavar="NAME", help="a column to leave out")
    add("--product", help="product whose label gives the rates of doses without RATE and DUR; see `itp-sim products`")
    add("--draws", type=_whole, metavar="N", default=2000, help="draws that the fit keeps, %(default)s by default")
    add("--threads", type=_whole, metavar="T", help="threads of the engine; one a processor by default")
    add("--confidence", type=_decimal, default=0.9, help="of the intervals, %(default)g by default")
    add("--sampler", default="importance", help="%(default)s (by default), or ensemble, which needs emcee")
    add("--seed", type=_whole, default=0, help="names the draws, %(default)s by default")
    add(
        "--budget", type=_decimal, default=DEFAULT_BUDGET, metavar="SECONDS", help="it may take, %(default)g by default"
    )
    add("--out", type=Path, metavar="FILE", help=f"save the fit as .json, or its figure as {', '.join(TYPES[1:])}")


def _explore(commands: "argparse._SubParsersAction[_Parser]") -> None:
    page = _command(commands, "explore", "write a web page to play with, which needs no network", run=explore)
    page.add_argument("--out", type=Path, default=Path("explorer.html"), metavar="FILE", help="%(default)s by default")
    page.add_argument("--population", default=DEFAULT_POPULATION, help="POPULATIONS")


def _export(commands: "argparse._SubParsersAction[_Parser]") -> None:
    grammar = f"REGIMEN: {GRAMMAR}. Put it in quotes."
    one = _command(commands, "export", "write the model for other programs, or for a paper", run=export, epilog=grammar)
    add = one.add_argument
    add("format", metavar="FORMAT", help=f"{', '.join(list(FORMATS)[:-1])} or {list(FORMATS)[-1]}")
    add("regimen", nargs="?", metavar="REGIMEN", help=f"'{DEFAULT_REGIMEN}' by default; none is no treatment")
    add("--out", type=Path, metavar="FILE", help=f"file to write, ending in {', '.join(FORMATS.values())}")
    add("--population", help="whose typical patient is exported: POPULATIONS")
    add("--weight", type=_decimal, metavar="KG", help="body weight [kg]")
    add("--platelets", type=_decimal, metavar="COUNT", help="untreated platelet count [10^9/L]")
    add("--product", help=f"IVIG product whose infusion rates are used, {DEFAULT_PRODUCT} by default")


def _doctor(commands: "argparse._SubParsersAction[_Parser]") -> None:
    _command(commands, "doctor", "print versions, engine, times and a check of the numbers, for a report", run=doctor)


def _patients(command: argparse.ArgumentParser, n: int, drawn: str) -> None:
    command.add_argument("--n", type=_whole, default=n, help="virtual patients in each arm, %(default)s by default")
    command.add_argument("--seed", type=_whole, default=1, help=f"names the {drawn}, %(default)s by default")


def _doubt(command: argparse.ArgumentParser) -> None:
    doubt = (
        f"simulate again with K draws, {FEWEST_DRAWS} to {MOST_DRAWS}, of how the fitted numbers may be; takes K times "
        "as long"
    )
    command.add_argument("--draws", type=_whole, metavar="K", help=doubt)


def _products(commands: "argparse._SubParsersAction[_Parser]") -> None:
    _command(commands, "products", "print the IVIG products and their rates", run=products)


def _populations() -> str:
    """What --population may be, the default first."""
    from itp_sim.parameters import populations

    others = [name for name in populations() if name != DEFAULT_POPULATION]
    return f"{DEFAULT_POPULATION} (by default), {', '.join(others)} or a TOML file of your own"


def _studies() -> str:
    """What --observed may be."""
    from itp_sim.observed import studies

    return ", ".join(studies())


def _limits(text: str) -> float | tuple[float | None, float | None]:
    """One count, or LOW:HIGH with either end left out."""
    if ":" not in text:
        if meant := _range_slip(text):
            raise argparse.ArgumentTypeError(f"{text!r} is no count: a range is written {meant}")
        return _decimal(text)
    low, high = text.split(":", 1)
    return _decimal(low) if low else None, _decimal(high) if high else None


def _range_slip(text: str) -> str | None:
    """The range that was meant by two counts with something else than a colon between them."""
    found = re.fullmatch(r"\s*([\d.]+)\s*(?:-|to|\.\.|\u2013)\s*([\d.]+)\s*", text)
    return f"{found[1]}:{found[2]}" if found else None


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
