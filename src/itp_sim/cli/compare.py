"""``itp-sim compare``."""

import argparse
import string
import sys
from typing import TYPE_CHECKING, Any, cast

from itp_sim import __version__, checks
from itp_sim.cli.output import FIGURE_TYPES, aligned, cell, plain, print_json, rows, save
from itp_sim.errors import InputError
from itp_sim.notice import RESEARCH_ONLY

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from itp_sim.comparison import Summary
    from itp_sim.dosing import Regimen
    from itp_sim.patient import Patient

#: Most regimens in one figure; `plots` has as many colours.
MOST_DRAWN = 5
#: More virtual patients than these are counted chunk by chunk; their curves are not held.
LARGE = 20_000
#: Widest table before its arms are named by letters [characters].
WIDEST = 100

#: Rows of the printed table: column of `response`, label, unit, digits after the point.
ROWS = (
    ("grams", "IgG prescribed", "g", 0),
    ("hours", "hours on the drip", "h", 1),
    ("untreated", "untreated count", "10^9/L", 0),
    ("peak", "peak count", "10^9/L", 0),
    ("peak_day", "day of the peak", "day", 1),
    ("day_30", "first day at 30", "day", 1),
    ("day_50", "first day at 50", "day", 1),
    ("day_100", "first day at 100", "day", 1),
    ("days_above_30", "time at 30 or more", "days", 1),
    ("days_above_50", "time at 50 or more", "days", 1),
    ("days_above_100", "time at 100 or more", "days", 1),
    ("return_day", "90% of the rise gone", "day", 1),
    ("area", "area over untreated", "10^9/L d", 0),
    ("igg_peak", "peak plasma IgG", "g/L", 1),
    ("response", "response", "", 0),
)


def compare(options: argparse.Namespace) -> None:
    """Compare regimens in the typical patient, or in virtual ones, and print or draw what came out."""
    from itp_sim.catalogue import DEFAULT_PRODUCT, regimen
    from itp_sim.response import DEFINITIONS, check_length
    from itp_sim.simulate import simulate

    definition = checks.name("definition", options.definition, DEFINITIONS)
    if options.n is not None:
        check_length(options.days, definition)
    _check_words(options)
    _check_figure(options)
    arms = [regimen(text, product=options.product or DEFAULT_PRODUCT) for text in options.regimens]
    for i, arm in enumerate(arms):
        if arm in arms[:i]:
            raise InputError(f"REGIMEN {arm.text!r} is given twice: give each once")
    if _large(options):
        lines, content = _many(_counted(options, arms, definition), definition, options.population)
    else:
        run = simulate(_patients(options), arms, days=options.days)
        lines, content = _one(run, definition) if options.n is None else _many(run, definition, options.population)
        if options.out is not None:
            save(_figure(run, options), options.out)
    weight = _weight(options)
    for arm in arms:
        late = sum(dose.day >= options.days for dose in arm.doses)
        if late:
            print(
                f"itp-sim: note: {arm.text!r}: {late} of {len(arm.doses)} infusions come after the run of "
                f"{options.days:g} days and are not in it",
                file=sys.stderr,
            )
    if options.json:
        cohort = {} if options.n is None else {"n": options.n, "seed": options.seed or 0}
        print_json(
            {
                "arms": content,
                "population": options.population,
                "weight": weight if options.n is None else options.weight,
                "platelets": options.platelets,
                **cohort,
                "days": options.days,
                "product": arms[0].product.name,
                "definition": definition,
                "version": __version__,
                "notice": RESEARCH_ONLY,
            }
        )
        return
    print(f"{lines[0]}, {options.days:g} days\n")
    for arm in arms:
        print(f"  {arm.text}: {arm.described(weight)}")
    print("", *lines[1:], sep="\n")
    if options.out is not None:
        print(f"figure: {options.out}")
    print(RESEARCH_ONLY)


def _patients(options: argparse.Namespace) -> "Patient | pd.DataFrame":
    """The typical patient, or virtual ones if --n says how many."""
    if options.n is None:
        from itp_sim.patient import typical_patient

        if isinstance(options.platelets, tuple):
            raise InputError("--platelets has two counts: give one, or say with --n how many virtual patients")
        return typical_patient(options.population, weight_kg=options.weight, platelets=options.platelets)
    from itp_sim.population import virtual_patients

    return virtual_patients(
        options.population, options.n, options.seed or 0, platelets=_limits(options.platelets), weight_kg=options.weight
    )


def _check_words(options: argparse.Namespace) -> None:
    """Refuse words that cannot mean what they were meant to."""
    if options.n is None and (options.workers is not None or options.store is not None):
        raise InputError("--workers and --store are for virtual patients: say with --n how many")
    if options.n is None and options.seed is not None:
        raise InputError("--seed names virtual patients: say with --n how many")
    if {"g", "g/kg"} & {text.casefold() for text in options.regimens}:
        raise InputError("a regimen has spaces: put each in quotes, as in itp-sim compare '1 g/kg' '1 g/kg daily x 2'")


def _weight(options: argparse.Namespace) -> float:
    """Weight for which grams and hours are said: the patient's, or the population's typical one."""
    from itp_sim.patient import typical_patient

    given = None if options.weight is None else float(options.weight)
    weight: float = typical_patient(options.population, weight_kg=given).parameters.WT
    return weight


def _limits(platelets: object) -> tuple[float | None, float | None]:
    """Lowest and highest count of virtual patients."""
    if platelets is None:
        return None, None
    if isinstance(platelets, float):
        raise InputError(
            f"--platelets is {platelets:g}: with --n give the lowest and highest, such as 3:{max(platelets, 4):g}"
        )
    low, high = cast("tuple[float | None, float | None]", platelets)
    return low, high


def _large(options: argparse.Namespace) -> bool:
    """Whether the patients are counted chunk by chunk: there are many, or it was asked for."""
    asked = options.workers is not None or options.store is not None
    if options.workers is not None:
        checks.whole("--workers", options.workers, 1, 1024)
    large = options.n is not None and options.n > LARGE
    if (asked or large) and options.out is not None:
        why = f"{options.n:,} patients are" if large else "with --workers or --store patients are"
        raise InputError(f"{why} counted without their curves: leave out --out, or give --n up to {LARGE:,} alone")
    return asked or large


def _counted(options: argparse.Namespace, arms: "list[Regimen]", definition: str) -> "Summary":
    from itp_sim.cohort import simulate_population

    return simulate_population(
        options.population,
        arms,
        n=options.n,
        seed=options.seed or 0,
        days=options.days,
        platelets=_limits(options.platelets),
        weight_kg=options.weight,
        definition=definition,
        executor=options.workers,
        store=options.store,
        outputs=None if options.store is None else (),
    )


def _one(run: "xr.Dataset", definition: str) -> tuple[list[str], dict[str, Any]]:
    """Table and JSON of one patient."""
    from itp_sim.response import response

    table = response(run, definition=definition).droplevel("patient")
    weight = run.parameters.sel(parameter="WT").item()
    lines = [
        f"Typical patient of {run.attrs['population']}: {weight:g} kg",
        _side_by_side(table),
        "",
        f"response: {table.attrs['title']} ({table.attrs['source']})",
    ]
    return lines, rows(table)


def _many(run: "xr.Dataset | Summary", definition: str, population: str) -> tuple[list[str], dict[str, Any]]:
    """Table and JSON of a cohort."""
    from itp_sim.comparison import Summary, compare, summarise

    # Counted, so that a cohort of one is still a cohort.
    table = compare(run if isinstance(run, Summary) else summarise(run, definition=definition))
    table_rows = [["", "", "value", "(95% interval)", "difference", "(95% interval)"]]
    labelled = list(zip(table.index.tolist(), (row for _, row in table.iterrows()), strict=True))
    for (measure, arm), row in labelled:
        scale, digits, unit = (100, 1, "%") if not row["unit"] else (1, 1, row["unit"])
        value, low, high, difference, d_low, d_high = (cell(scale * x, digits) for x in row.iloc[:6])
        apart = ["", ""] if difference == "-" else [difference, f"({d_low} to {d_high})"]
        table_rows.append(
            [f"{measure.replace('_', ' ')} [{unit.replace('1e9', '10^9')}]", arm, value, f"({low} to {high})", *apart]
        )
    lines = [
        f"{table.attrs['patients']} virtual patients of {population}",
        aligned(table_rows, left=2),
        "",
        f"difference: to {table.attrs['first_arm']}; of a median: the median of the patients' own differences",
        f"response: {table.attrs['title']} ({table.attrs['source']})",
        "intervals: how far this number of virtual patients tells; no doubt about the model is in them",
    ]
    content: dict[str, Any] = {}
    for (measure, arm), row in labelled:
        content.setdefault(arm, {})[measure] = plain(row)
    return lines, content


def _figure(run: "xr.Dataset", options: argparse.Namespace) -> "Any":
    from itp_sim import plots

    draw = plots.counts if options.n is None else plots.cohort
    return draw(run, observed=options.observed).get_figure()


def _side_by_side(table: "pd.DataFrame") -> str:
    """Read-outs as rows, arms as columns, named by letters where the names would be too wide."""
    lines = [["", "", *map(str, table.index)]]
    for column, label, unit, digits in ROWS:
        lines.append([label, unit, *(cell(value, digits) for value in table[column])])
    text = aligned(lines, left=2)
    if max(map(len, text.splitlines())) > WIDEST:
        lines[0] = ["", "", *string.ascii_uppercase[: len(table)]]
        names = [f"{letter}: {name}" for letter, name in zip(lines[0][2:], table.index, strict=True)]
        text = "\n".join([aligned(lines, left=2), "", *names])
    return text


def _check_figure(options: argparse.Namespace) -> None:
    """Refuse a figure that could not be drawn or saved before anything is simulated."""
    from itp_sim.observed import study

    for name in options.observed:
        study(name)
    path = options.out
    if path is None:
        if options.observed:
            raise InputError("--observed is for the figure: name a file with --out, such as --out figure.svg")
        return
    if path.suffix.lower() not in FIGURE_TYPES:
        raise InputError(f"--out is {str(path)!r}: give a file that ends in {', '.join(FIGURE_TYPES)}")
    if not path.parent.is_dir():
        raise InputError(f"--out is {str(path)!r}: the folder {str(path.parent)!r} does not exist")
    if len(options.regimens) > MOST_DRAWN:
        raise InputError(f"a figure shows at most {MOST_DRAWN} regimens, not {len(options.regimens)}: leave out --out")
