"""Ready-made teaching figures: drawn from a run, with caption, alternative text and the numbers behind them.

fig = itp_sim.figures.draw("dose_comparison")
fig.caption, fig.alt_text, fig.data
fig.save("slide.svg")
"""

import builtins
from collections.abc import Iterable, Mapping
from os import PathLike, fspath
from typing import TYPE_CHECKING

from itp_sim import __version__, checks
from itp_sim.errors import InputError
from itp_sim.figures.captioned import CaptionedFigure
from itp_sim.figures.looks import STYLES
from itp_sim.usual import DEFAULT_POPULATION, FIGURE_PATIENTS, FIGURE_SEED

if TYPE_CHECKING:
    from itp_sim.dosing import Regimen
    from itp_sim.figures.asked import Asked
    from itp_sim.figures.catalogue import Entry
    from itp_sim.figures.words import Words

__all__ = ["STYLES", "CaptionedFigure", "draw", "list"]


def list() -> dict[str, str]:
    """Names of the figures, each with its title.

    Returns
    -------
    dict
        Titles by name, in teaching order.
    """
    from itp_sim.figures.catalogue import FIGURES
    from itp_sim.figures.words import templates

    return {name: templates()[name]["title"] for name in FIGURES}


def draw(
    name: str,
    *,
    arms: "Mapping[str, Regimen | str] | Iterable[Regimen | str] | Regimen | str | None" = None,
    weight_kg: float | None = None,
    platelets: float | None = None,
    population: str | PathLike[str] = DEFAULT_POPULATION,
    n: int | None = None,
    seed: int | None = None,
    days: float | None = None,
    style: str = "educator",
    notice: bool = True,
) -> CaptionedFigure:
    """Simulate what a figure shows and draw it.

    Parameters
    ----------
    name
        Name of a figure; see :func:`list`.
    arms
        Regimens, or regimens by name; by default those of the figure.
    weight_kg
        Body weight [kg]; the population's typical weight if left out.
    platelets
        Untreated platelet count [1e9/L]; in figures of many patients their median. The population's if left out.
    population
        Name of a population, or path of an own file.
    n, seed
        Number of virtual patients, 20 to 5000, and what names them, in figures of many patients; 1000 and 1 by default.
        For `which_draws_tell` the patients whose draws are imagined, 50 or more.
    days
        Length of the run, 7 to 730 [day]; by default the figure's own.
    style
        "educator": a slide of 16:9. "paper": a single column 3.4 inch wide, without title. Text is 9 pt or more.
    notice
        Print the research-and-education statement below.

    Returns
    -------
    CaptionedFigure
        With `caption`, `alt_text`, `data` and `save`.

    Raises
    ------
    UnknownNameError
        If there is no such figure, population or style.
    InputError
        If another option cannot be used, or changes nothing in this figure.
    """
    from itp_sim.figures import asked as options
    from itp_sim.figures.catalogue import FIGURES
    from itp_sim.figures.looks import around, numbers, worn
    from itp_sim.figures.words import words
    from itp_sim.plots.labels import settle

    name = checks.name("figure", name, FIGURES)
    entry, said = FIGURES[name], words(name)
    given = {"platelets": platelets, "days": days, "n": n, "seed": seed}
    idle = [option for option in entry.unused if given[option] is not None]
    if idle:
        raise InputError(f"{checks.listed(idle)} would change nothing in figure {name!r}: leave it out")
    usual = {said(f"arm_{i}"): text for i, text in enumerate(entry.regimens, start=1)}
    wanted = options.asked(
        usual if arms is None else arms,
        fewest=entry.regimens_allowed[0],
        most=entry.regimens_allowed[1],
        figure=name,
        fewest_patients=entry.fewest,
        population=fspath(population),
        weight_kg=weight_kg,
        platelets=platelets,
        n=FIGURE_PATIENTS if n is None else n,
        seed=FIGURE_SEED if seed is None else seed,
        days=entry.days if days is None else days,
        style=style,
        notice=notice,
    )
    with worn(wanted.look):
        made = entry.draw(wanted, said)
        title = made.title or said("title")
        around(made.figure, wanted.look, title=title, notice=wanted.notice)
        made.figure.draw_without_rendering()
        made.figure.set_layout_engine("none")  # laid out again, it would move by the last digit
        if made.place is not None:
            made.place()
        settle(made.notes, laid_out=True)
    facts = {**_about(wanted, entry, said), **made.facts}
    return CaptionedFigure(
        name=name,
        title=title,
        caption=f"{said('caption', **facts)} {said('made', **facts)}\n{said('behind', **facts)}",
        alt_text=said("alt", **facts).strip(),
        data=numbers(made.figure) if made.data is None else made.data,
        figure=made.figure,
        style=checks.name("style", style, STYLES),
        animate=made.animate,
    )


def _about(wanted: "Asked", entry: "Entry", said: "Words") -> dict[str, object]:
    """What the texts of every figure may say: the patients, the regimens, the numbers behind and their sources."""
    from itp_sim import evidence
    from itp_sim.parameters import parameters_table, records

    patient = wanted.patient().parameters
    products = [*dict.fromkeys(arm.product.name for arm in wanted.arms.values())]
    renamed = [{"arm": name, "text": arm.text} for name, arm in wanted.arms.items() if name != arm.text]
    who = said("many" if entry.many else "one", n=wanted.n, seed=wanted.seed, weight=patient.WT, untreated=patient.P0)
    table = parameters_table(wanted.population).set_index("name")
    found = records(wanted.population)
    behind: builtins.list[str] = []
    sources: builtins.list[str] = []
    for name in entry.parameters:
        record = found[name]
        unit = f" {record.unit}" if record.unit else ""
        behind.append(said("parameter", name=name, value=record.value, unit=unit, evidence=record.evidence))
        sources += [text for text in str(table.citation[name]).split("; ") if text and text not in sources]
    for key in entry.sources:
        source = evidence.sources()[key]
        sources.append(said("recalled", source=source.citation) if source.unverified else source.citation)
    return {
        "names": said.joined([*wanted.arms]),
        "arm": next(iter(wanted.arms)),
        "given": said("given", arms=said.each("given_each", renamed)) if renamed else "",
        "products": said.joined(products),
        "who": who,
        "untreated": patient.P0,
        "weight": patient.WT,
        "days": wanted.days,
        "n": wanted.n,
        "population": wanted.population,
        "version": __version__,
        "parameters": said.joined(behind),
        "sources": said.template("semicolon").join(sources) or said("no_source"),
    }
