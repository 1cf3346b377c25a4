"""The comparison of all trials as a page: limits first, then tables, misses, and what could not be simulated."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd

from itp_sim.evidence import sources
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.trials import page, words
from itp_sim.trials.compare import REPEATS, SECTIONS, summary
from itp_sim.trials.defaults import Excluded, defaults
from itp_sim.trials.page import Block, Grid, Heading, Image, Items, Paragraph

#: What it means to be inside, by role.
MEANING: Mapping[str, str] = MappingProxyType(
    {
        "calibrate": "These results may have been used to choose parameters: that they are met proves little.",
        "validate": "These results were not used to choose parameters.",
        "mechanism": "Other drugs that act on one mechanism, simulated by blocking that mechanism; these results were "
        "not used to choose parameters.",
    }
)
LIMITS = (
    "Most published numbers were read in abstracts. Who entered, when counts were taken and how exactly they were "
    "measured is often not said there, and is then assumed; each trial's file says what, and why.",
    "Inside means that the simulated value lies within the published 95% interval or, where there is none, within a "
    "margin declared before the comparison. Small trials have wide intervals, which are easily met.",
    "Endpoints of one trial hang together, and no account is taken of how many there are: the counts of endpoints "
    "inside are a summary, not a test.",
    f"The band shows how far trials of the published size scatter by chance ({REPEATS:,} of them, drawn from the "
    "virtual patients), if the model and its parameters were exactly right. What other parameters would give, as "
    "far as the trials leave them open, is another range, shown in a column of its own where it was asked for.",
    "No steroids, bleeding or other drugs are simulated, unless an experiment on a mechanism says so.",
)
_HEADER = ("trial", "endpoint", "arm", "unit", "published", "interval", "from", "simulated", "band", "parameters", "")


def report(table: pd.DataFrame, *, figure: str, excluded: Mapping[str, Excluded], html: bool = False) -> str:
    """Return a page of text that shows a comparison.

    Parameters
    ----------
    table
        From `validate`.
    figure
        Name of the file of its figure, beside the page.
    excluded
        Records that are not simulated, by key.
    html
        Write HTML instead of Markdown.

    Returns
    -------
    str
        The page; the same table gives the same page.
    """
    blocks = [*_first(table, figure), *_misses(table), *_sections(table), *_trials(table)]
    if excluded:
        known = sources()
        cited = {
            key: known[one.source].citation if one.source in known else one.source for key, one in excluded.items()
        }
        rows = [(key, one.role, one.reason, cited[key]) for key, one in excluded.items()]
        blocks += [Heading(2, "Records that are not simulated"), Grid(("record", "role", "reason", "source"), rows)]
    return page.html(blocks) if html else page.markdown(blocks)


def _first(table: pd.DataFrame, figure: str) -> list[Block]:
    """Limits, the result in one line, how it was made, the figure."""
    made = table.attrs
    changed = f", with other parameters: {made['overrides']}" if made["overrides"] else ""
    return [
        Heading(1, "Simulated trials beside the published ones"),
        Paragraph(RESEARCH_ONLY),
        Heading(2, "Limits"),
        Items(LIMITS),
        Heading(2, "Result"),
        Paragraph(f"{summary(table)}."),
        Paragraph(
            f"Made with itp_sim {made['itp_sim_version']}: {made['n']:,} virtual patients in each arm, "
            f"seed {made['seed']}{changed}."
        ),
        Image(figure, f"Published interval and simulated value of each endpoint: {summary(table)}."),
    ]


def _sections(table: pd.DataFrame) -> list[Block]:
    """A table for each role."""
    blocks: list[Block] = []
    # The range of other parameters has a column only where it was asked for.
    shown = [i for i, name in enumerate(_HEADER) if name != "parameters" or words.doubted(table)]
    for role, section in SECTIONS.items():
        part = table[table["role"] == role]
        if len(part):
            cells = [_HEADER, *(_cells(name, row) for name, row in part.iterrows())]
            header, *rows = [[line[i] for i in shown] for line in cells]
            blocks += [Heading(2, section.capitalize()), Paragraph(MEANING[role]), Grid(header, rows)]
            blocks += [Items(said)] if (said := words.without(part)) else []
    return blocks


def _cells(name: Any, row: "pd.Series[Any]") -> tuple[str, ...]:
    return (
        name[0],
        row["title"],
        row["arm"],
        words.unit(row),
        words.published(row),
        words.interval(row),
        row["interval"],
        words.number(row["simulated"], row["unit"]),
        words.band(row),
        words.band(row, "parameters"),
        words.verdict(row),
    )


def _misses(table: pd.DataFrame) -> list[Block]:
    """Every miss, with the reason that its file gives."""
    missed = table[~table["inside"]]
    names: list[Any] = missed.index.tolist()
    said = [
        f"{name[0]}, {row['title']} ({row['arm']}): published {words.published(row)}, simulated "
        f"{words.number(row['simulated'], row['unit'])} {words.unit(row)}. {row['miss'] or 'Not explained.'}"
        for name, (_, row) in zip(names, missed.iterrows(), strict=True)
    ]
    return [Heading(2, "Misses"), Items(said) if said else Paragraph("None.")]


def _trials(table: pd.DataFrame) -> list[Block]:
    """What each trial was and what is assumed of it, how counts are measured, where intervals come from."""
    about = table.attrs["trials"]
    rows = [(key, one["title"], one["description"], one["note"], one["source"]) for key, one in about.items()]
    usual = defaults()
    return [
        Heading(2, "Trials, and what is assumed of them"),
        Grid(("trial", "title", "what was done", "note", "sources"), rows),
        Heading(2, "Counts and margins"),
        Paragraph(f"Counts, where a trial says nothing else: {usual.note}"),
        Paragraph(f"Margins: {usual.margins_note}"),
        Heading(2, "Sources"),
        Items([f"{key}: {citation}" for key, citation in sorted(table.attrs["sources"].items())]),
    ]
