"""``itp-sim compare``."""

import argparse
from typing import TYPE_CHECKING, Any, NamedTuple

from itp_sim import __version__, checks
from itp_sim.cli.compared import cohort, one_patient
from itp_sim.cli.output import check_figure_file, print_json, print_note, save
from itp_sim.errors import InputError
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.usual import MOST_WORKERS

if TYPE_CHECKING:
    import xarray as xr

    from itp_sim.dosing import Regimen
    from itp_sim.summary import Summary

#: Most virtual patients in a figure, which holds their curves.
MOST_IN_FIGURE = 20_000
#: Most whose untreated counts are looked at: with so many the standard error of their median is below 1%.
MOST_LOOKED_AT = 20_000


class _Compared(NamedTuple):
    """What came out of a comparison."""

    lines: list[str]  #: of the table
    arms: dict[str, Any]  #: as JSON knows them
    drawn: dict[str, Any]  #: which virtual patients, as JSON knows them


def compare(options: argparse.Namespace) -> None:
    """Compare regimens in the typical patient, or in virtual ones, and print or draw what came out."""
    from itp_sim.catalogue import DEFAULT_PRODUCT, product
    from itp_sim.parameters import first_values
    from itp_sim.response import DEFINITIONS, check_length

    definition = checks.name("definition", options.definition, DEFINITIONS)
    one = options.n is None
    if not one:
        check_length(options.days, definition)
        _check_number(options)
    _check_words(options)
    _check_figure(options)
    arms = _arms(options)
    found = _typical(options, arms, definition) if one else _cohort(options, arms, definition)
    weight = _weight(options)
    early = first_values(options.population)
    _note_late(arms, options.days)
    _note_first_values(options.population, early)
    _note_remission(arms, options.population)
    if options.json:
        print_json(
            {
                "arms": found.arms,
                "population": options.population,
                "weight": weight if one else options.weight,
                "platelets": options.platelets,
                **found.drawn,
                "first_values": list(early),
                "days": options.days,
                "product": product(options.product or DEFAULT_PRODUCT).name,
                "definition": definition,
                "version": __version__,
                "notice": RESEARCH_ONLY,
            }
        )
        return
    print(f"{found.lines[0]}, {options.days:g} days\n")
    for name, arm in arms.items():
        print(f"  {name}: {arm.described(weight) if arm else 'no treatment'}")
    print("", *found.lines[1:], sep="\n")
    if options.out is not None:
        print(f"figure: {options.out}")
    print(RESEARCH_ONLY)


def _typical(options: argparse.Namespace, arms: "dict[str, Regimen | None]", definition: str) -> _Compared:
    """What is told of the typical patient."""
    from itp_sim.patient import typical_patient
    from itp_sim.simulate import simulate

    run = simulate(typical_patient(options.population, **_entry(options)), arms, days=options.days)
    if options.out is not None:
        save(_figure(run, options), options.out)
    return _Compared(*one_patient(run, definition, options.population), {})


def _cohort(options: argparse.Namespace, arms: "dict[str, Regimen | None]", definition: str) -> _Compared:
    """What is told of virtual patients; they are counted chunk by chunk unless a figure needs their curves."""
    from itp_sim.design import COHORT_RTOL
    from itp_sim.intervals import spread
    from itp_sim.population import virtual_patients
    from itp_sim.simulate import simulate
    from itp_sim.summary import summarise

    people = virtual_patients(options.population, min(options.n, MOST_LOOKED_AT), options.seed or 0, **_entry(options))
    if options.out is None:
        counted = _counted(options, arms, definition)
    else:
        # The tolerance of what is counted chunk by chunk: a number does not hang on --out.
        run = simulate(people, arms, days=options.days, rtol=COHORT_RTOL)
        counted = summarise(run, definition=definition)
        save(_figure(run, options), options.out)
    drawn = {
        "n": options.n,
        "seed": options.seed or 0,
        "untreated": spread(people["P0"]),
        "untreated_of": len(people),
    }
    return _Compared(*cohort(counted, options.population, people=people), drawn)


def _entry(options: argparse.Namespace) -> dict[str, Any]:
    """Who is simulated, as the functions take it: weight, and one untreated count for all or its limits."""
    from itp_sim.parameters import records

    low, high = options.platelets if isinstance(options.platelets, tuple) else (options.platelets,) * 2
    if options.n is None:
        if isinstance(options.platelets, tuple):
            raise InputError("--platelets has two counts: give one, or say with --n how many virtual patients")
        return {"weight_kg": options.weight, "platelets": options.platelets}
    if low is None or low != high:
        return {"weight_kg": options.weight, "platelets": (low, high)}
    count = checks.number("--platelets", low, *records(options.population)["P0"].range, "1e9/L")
    return {"weight_kg": options.weight, "typical": {"P0": count}, "spread": {"P0": 0.0}}


def _arms(options: argparse.Namespace) -> "dict[str, Regimen | None]":
    """Regimens by their text."""
    from itp_sim.catalogue import DEFAULT_PRODUCT, product, regimen
    from itp_sim.design import UNTREATED

    product(options.product or DEFAULT_PRODUCT)
    arms: dict[str, Regimen | None] = {}
    for text in options.regimens:
        untreated = text.strip().casefold() == UNTREATED
        arm = None if untreated else regimen(text, product=options.product or DEFAULT_PRODUCT)
        name = arm.text if arm else UNTREATED
        if name in arms:
            raise InputError(f"REGIMEN {name!r} is given twice: give each once")
        arms[name] = arm
    return arms


def _check_words(options: argparse.Namespace) -> None:
    """Refuse words that cannot mean what they were meant to."""
    if options.n is None and (options.workers is not None or options.store is not None):
        raise InputError("--workers and --store are for virtual patients: say with --n how many")
    if options.n is None and options.seed is not None:
        raise InputError("--seed names virtual patients: say with --n how many")
    if {"g", "g/kg"} & {text.casefold() for text in options.regimens}:
        raise InputError("a regimen has spaces: put each in quotes, as in itp-sim compare '1 g/kg' '1 g/kg daily x 2'")


def _note_late(arms: "dict[str, Regimen | None]", days: float) -> None:
    """Say on stderr which infusions come after the run."""
    for arm in filter(None, arms.values()):
        late = sum(dose.day >= days for dose in arm.doses)
        if late:
            print_note(
                f"{arm.text!r}: {late} of {len(arm.doses)} infusions come after the run of {days:g} days "
                "and are not in it"
            )


def _note_first_values(population: str, early: tuple[str, ...]) -> None:
    """Say on stderr which parameters nobody calibrated."""
    if early:
        print_note(
            f"first values, set by hand and not calibrated, are in {population}: {', '.join(early)}; see "
            f"`itp-sim params {population} {early[0]}`"
        )


def _note_remission(arms: "dict[str, Regimen | None]", population: str) -> None:
    """Say on stderr where counts recover without treatment, and no arm without it stands beside."""
    from itp_sim.parameters import records

    if None not in arms.values() and records(population)["KREM"].value > 0:
        print_note(
            f"counts in {population} also recover without treatment (KREM), so they are not the regimen's alone: add "
            "'none' to see what comes without it"
        )


def _weight(options: argparse.Namespace) -> float:
    """Weight for which grams and hours are said: the patient's, or the population's typical one."""
    from itp_sim.patient import typical_patient

    given = None if options.weight is None else float(options.weight)
    weight: float = typical_patient(options.population, weight_kg=given).parameters.WT
    return weight


def _check_number(options: argparse.Namespace) -> None:
    """Refuse a number of virtual patients, or of processes, that cannot be."""
    from itp_sim.cohort import MOST

    if options.workers is not None:
        checks.whole("--workers", options.workers, 1, MOST_WORKERS)
    if options.out is None:
        checks.whole("--n", options.n, 1, MOST)
        return
    if options.workers is not None or options.store is not None:
        raise InputError("with --workers or --store patients are counted without their curves: leave out --out")
    checks.whole("--n", options.n, 1, MOST_IN_FIGURE, hint="more are counted without their curves: leave out --out")


def _counted(options: argparse.Namespace, arms: "dict[str, Regimen | None]", definition: str) -> "Summary":
    from itp_sim.cohort import simulate_population

    return simulate_population(
        options.population,
        arms,
        n=options.n,
        seed=options.seed or 0,
        days=options.days,
        **_entry(options),
        definition=definition,
        executor=options.workers,
        store=options.store,
        outputs=(),
    )


def _figure(run: "xr.Dataset", options: argparse.Namespace) -> "Any":
    from itp_sim import plots

    draw = plots.counts if options.n is None else plots.cohort
    return draw(run, observed=options.observed).get_figure()


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
    check_figure_file(path)
    from itp_sim.plots import ARMS

    if len(options.regimens) > len(ARMS):
        raise InputError(f"a figure shows at most {len(ARMS)} regimens, not {len(options.regimens)}: leave out --out")
