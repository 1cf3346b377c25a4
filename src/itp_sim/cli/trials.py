"""``itp-sim trial`` and ``itp-sim validate``."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from itp_sim import checks
from itp_sim.cli.compared import untreated_words
from itp_sim.cli.output import aligned, plain, print_json, print_note, rows, save, save_text
from itp_sim.notice import RESEARCH_ONLY

if TYPE_CHECKING:
    import pandas as pd

#: Draws of the fitted numbers: with fewer the ends of a band say nothing; no more are kept.
FEWEST_DRAWS, MOST_DRAWS = 20, 100
#: With fewer virtual patients the standard error of a rate is above 5 points.
FEW = 100
#: File types of a report.
REPORT_TYPES = (".md", ".html")


def trial(options: argparse.Namespace) -> None:
    """Simulate one trial and print its endpoints beside the published ones."""
    from itp_sim.trials import load_trial, run_trial, summary

    one = load_trial(options.trial)
    table = run_trial(one, options.n, options.seed, parameters=_draws(options))
    _note_few(options.n)
    if options.json:
        print_json(
            {
                "trial": one.key,
                "title": one.title,
                "role": one.role,
                "endpoints": rows(table),
                "summary": summary(table),
                "untreated": table.attrs["untreated"],
                **_made(table),
            }
        )
        return
    print(f"{one.title}. {one.description}")
    print(*(f"{key}: {citation}" for key, citation in table.attrs["sources"].items()), "", sep="\n")
    for arm in one.arms.values():
        later = "".join(f"; later {more.regimen.text}, decided on the count" for more in arm.later)
        print(f"  {arm.title}, {arm.n} patients: {arm.regimen.text if arm.regimen else 'no treatment'}{later}")
    print("", f"{untreated_words(table.attrs['untreated'])}, as measured", sep="\n")
    print("", _aligned(table), "", *_explained(table), summary(table), RESEARCH_ONLY, sep="\n")


def validate(options: argparse.Namespace) -> None:
    """Simulate trials and print all their endpoints beside the published ones, by section."""
    from itp_sim.trials import SECTIONS, summary
    from itp_sim.trials import validate as compared

    if options.report is not None:  # refused before anything is simulated
        checks.file_to_write("--report", options.report, REPORT_TYPES)
    table = compared(options.path, options.n, options.seed, parameters=_draws(options))
    _note_few(options.n)
    if options.report is not None:
        _report(table, options.report, options.path)
    if options.json:
        trials: dict[str, Any] = {}
        for (key, endpoint), row in zip(table.index.tolist(), (row for _, row in table.iterrows()), strict=True):
            trials.setdefault(key, {})[endpoint] = plain(row)
        print_json({"trials": trials, "summary": summary(table), **_made(table)})
        return
    for role, section in SECTIONS.items():
        part = table[table["role"] == role]
        if len(part):
            print(section, "", _aligned(part), "", sep="\n")
    print(*_explained(table), summary(table), sep="\n")
    if options.report is not None:
        print(f"report: {options.report}")
    print(RESEARCH_ONLY)


def _note_few(n: int) -> None:
    """Say what simulated values of few virtual patients are worth."""
    if n < FEW:
        print_note(
            f"{n} virtual patients: a simulated rate has a standard error of up to {50 / n**0.5:.0f} points, and bands "
            f"are drawn from these few; give --n {FEW} or more"
        )


def _draws(options: argparse.Namespace) -> "int | tuple[()]":
    """How many draws of the fitted numbers are asked for."""
    if options.draws is None:
        return ()
    return checks.whole("--draws", options.draws, FEWEST_DRAWS, MOST_DRAWS, hint="fewer have no 95% between them")


def _made(table: "pd.DataFrame") -> dict[str, Any]:
    """How a comparison was made, as JSON knows it."""
    return {
        "n": table.attrs["n"],
        "seed": table.attrs["seed"],
        "version": table.attrs["itp_sim_version"],
        "notice": RESEARCH_ONLY,
    }


def _aligned(table: "pd.DataFrame") -> str:
    """The endpoints line by line; every miss is marked."""
    from itp_sim.trials import words

    lines = [["endpoint", "", "published", "(interval)", "simulated", "(band)", "[parameters]", ""]]
    for name, row in table.iterrows():
        within, band, doubt = words.interval(row), words.band(row), words.band(row, "parameters")
        lines.append(
            [
                words.name(name),
                words.unit(row),
                words.published(row),
                within and f"({within})",
                words.number(row["simulated"], row["unit"]),
                band and f"({band})",
                doubt and f"[{doubt}]",
                words.verdict(row),
            ]
        )
    if not words.doubted(table):
        lines = [[*line[:6], line[7]] for line in lines]
    return aligned(lines, left=2)


def _explained(table: "pd.DataFrame") -> list[str]:
    """What the columns are, and why endpoints miss as far as their files say."""
    from itp_sim.trials import words

    lines = [
        "interval: as printed, or 95% of a share or mean, or a margin declared before the comparison",
        f"band: 95% of trials of the published size, by chance alone; {table.attrs['n']:,} virtual patients, "
        f"seed {table.attrs['seed']}",
    ]
    if words.doubted(table):
        lines.append(
            "parameters: 95% of what other values of the fitted numbers give, as far as the trials leave them open"
        )
    lines += words.without(table)
    lines += [f"{words.name(key)}: {row['miss']}" for key, row in table[~table["inside"]].iterrows() if row["miss"]]
    return [*lines, ""]


def _report(table: "pd.DataFrame", path: Path, asked: str | None) -> None:
    """Write the report, and its figure beside it."""
    from itp_sim import plots
    from itp_sim.trials import excluded, report

    # A page of each kind in one folder has a figure of its own.
    figure = path.with_suffix(".svg") if path.suffix.lower() == ".md" else path.with_name(f"{path.name}.svg")
    # A file of one's own stands alone; a folder says itself what it leaves out.
    left_out = {} if asked and not Path(asked).is_dir() else excluded(Path(asked) if asked else None)
    text = report(table, figure=figure.name, excluded=left_out, html=path.suffix.lower() == ".html")
    save(plots.validation(table).get_figure(), figure, option="--report")
    save_text(text, path, option="--report")
