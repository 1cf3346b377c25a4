"""``itp-sim fit``."""

import argparse
import json
from typing import TYPE_CHECKING, Any

from itp_sim import __version__, checks
from itp_sim.cli.output import FIGURE_TYPES, aligned, plain, print_json, rows, save, save_text
from itp_sim.cli.typed import relative
from itp_sim.errors import InputError
from itp_sim.notice import RESEARCH_ONLY

if TYPE_CHECKING:
    from itp_sim.fitting import Fit
    from itp_sim.nmtran import Records

#: File types that a fit is saved as.
TYPES = (".json", *FIGURE_TYPES)


def fit(options: argparse.Namespace) -> None:
    """Fit the counts of one subject of a table, or of every one, and print what they tell."""
    from itp_sim.fitting import fit as fit_one
    from itp_sim.fitting import fit_each
    from itp_sim.nmtran import read_nmtran

    checks.number("--confidence", options.confidence, 0.5, 0.99)
    records = read_nmtran(
        options.table,
        time_unit=options.time_unit,
        amount_unit=options.amount_unit,
        count_unit=options.count_unit,
        product=options.product,
        covariates=options.covariate,
        drop=options.drop,
    )
    _check_out(options, records)
    asked = {
        "weight_kg": options.weight,
        "count_cv": options.count_cv,
        "igg_cv": options.igg_cv,
        "draws": options.draws,
        "threads": options.threads,
        "sampler": options.sampler,
        "seed": options.seed,
        "budget": options.budget,
    }
    if options.subject is None and len(records) > 1:
        fits = fit_each(records, options.population, **asked)
    else:
        one = fit_one(records, options.population, subject=options.subject, **asked)
        fits = {one.subject.id: one}
    content = _content(fits, options)
    if options.out is not None:
        if options.out.suffix.lower() == ".json":
            save_text(json.dumps(content, indent=2, allow_nan=False) + "\n", options.out)
        else:
            (one,) = fits.values()
            save(one.plot().get_figure(), options.out)
    if options.json:
        print_json(content)
        return
    print(*(line for one in fits.values() for line in _lines(one, options.confidence)), sep="\n")
    print("estimate: of the most probable patient; left: share of the variance between patients that is left; 1: all;")
    print("above 1: the estimate is less sure than the population is wide, as where counts and population disagree")
    print("informed: the counts hold it, the others as varied as in the population")
    print("prior-driven: not held on both sides by the counts; verdicts from profile likelihoods")
    if options.out is not None:
        print(f"saved: {options.out}")
    print(RESEARCH_ONLY)


def _check_out(options: argparse.Namespace, records: "Records") -> None:
    """Refuse a file that could not be saved before anything is fitted."""
    path = options.out
    if path is None:
        return
    checks.file_to_write("--out", path, TYPES)
    if path.suffix.lower() != ".json" and options.subject is None and len(records) > 1:
        raise InputError(
            f"a figure shows one subject and the table has {len(records)}: name one, as in --subject "
            f"{records.subjects[0].id}, or save .json"
        )


def _lines(one: "Fit", confidence: float) -> list[str]:
    """The summary of one subject."""
    table = one.summary(confidence)
    share = f"{100 * confidence:g}%"
    lines = [["", "", "estimate", share, "population", share, "left", "", ""]]
    for name, row in table.iterrows():
        unit = "" if row["unit"] == "1" else str(row["unit"])
        lines.append(
            [
                f"  {name}",
                unit,
                _digits(row["estimate"]),
                f"({_digits(row['low'])} to {_digits(row['high'])})",
                _digits(row["prior"]),
                f"({_digits(row['prior_low'])} to {_digits(row['prior_high'])})",
                f"{row['shrinkage']:.2f}",
                f"  {row['verdict']}: {row['why']}",
            ]
        )
    counts = sum(seen.kind == "platelets" for seen in one.subject.observations)
    levels = len(one.subject.observations) - counts
    told = f"{counts} counts" + (f", {levels} IgG levels" if levels else "")
    words = [line[-1].strip() for line in lines]
    text = aligned([line[:7] for line in lines], left=2).splitlines()
    body = [f"{line}  {word}".rstrip() for line, word in zip(text, words, strict=True)]
    return [f"Subject {one.subject.id}: {told}, prior {relative(one.population)}", *body, ""]


def _digits(x: Any) -> str:
    return f"{float(x):.3g}"


def _content(fits: "dict[str, Fit]", options: argparse.Namespace) -> dict[str, Any]:
    """What a fit found, as JSON knows it."""
    return {
        "subjects": {
            id: {
                "parameters": rows(one.summary(options.confidence)),
                "profiles": {
                    str(name): [plain(place) for _, place in part.drop(columns="parameter").iterrows()]
                    for name, part in one.profiles.groupby("parameter", sort=False)
                },
                "most_probable": one.patient.parameters._asdict(),
                "diagnostics": dict(one.diagnostics),
            }
            for id, one in fits.items()
        },
        "population": next(iter(fits.values())).population,
        "confidence": options.confidence,
        "residual_cv": {kind: error.cv for kind, error in next(iter(fits.values())).residual.items()},
        "seed": options.seed,
        "version": __version__,
        "notice": RESEARCH_ONLY,
    }
