"""The page of a calibration, printed from what its steps have kept."""

from typing import Any

import numpy as np

from calibration import alternatives, fit, target

#: Standard deviation after the fit over that before, from which on the data count as silent.
SILENT = 0.7


def page(results: dict[str, Any]) -> list[str]:
    """Lines of results.md."""
    lines = [
        "# Calibration",
        "",
        "Written by `python -m calibration`. Fitted: endpoints with the role `calibrate` of the trial files, no other.",
        "Likelihood: binomial for x of n, otherwise normal on the log scale with the published interval or the margin",
        "declared beforehand, made robust by Student's t with 4 degrees of freedom; endpoints of one kind and level in",
        "the same patients count as one piece. Priors: `calibration/priors.toml`. The same virtual patients at every",
        "step. A loss is minus twice the logarithm of the posterior density, but for a constant.",
        f"Simulated values are of the virtual patients of seed {fit.SEED}; those of `docs/validation.md` are of other",
        f"patients, and the tables at the end come of another search, with {alternatives.PATIENTS} patients and fewer",
        "steps: both differ a little from these.",
    ]
    for population in (target.ADULTS, target.CHILDREN):
        if population in results:
            lines += _population(population, results[population])
    if "alternatives" in results:
        lines += _alternatives(results["alternatives"])
    return lines


def _population(name: str, kept: dict[str, Any]) -> list[str]:
    low, high = kept["interval"]
    lines = [
        "",
        f"## {name}",
        "",
        f"{kept['patients']} virtual patients an arm, loss {kept['loss']:.2f}, of which the data {kept['data']:.2f}. "
        f"{kept['draws']} draws of the posterior in `params/posterior/{name}.csv`, from weights worth "
        f"{kept['effective']:.0f} draws.",
    ]
    lines += ["", "| number | prior | fitted | 95% | SD after / before | |", "|---|---|---|---|---|---|"]
    for key, value in kept["best"].items():
        shrunk = kept["shrunk"][key]
        verdict = "not determined: the prior speaks" if shrunk > SILENT else ""
        known, interval = f"{kept['prior'][key]:.3g}", f"{low[key]:.3g} to {high[key]:.3g}"
        lines.append(f"| {key} | {known} | {value:.3g} | {interval} | {shrunk:.2f} | {verdict} |")
    lines += ["", *_contradicted(kept["endpoints"])]
    lines += ["", "| endpoint | simulated | distance, SD | weight |", "|---|---|---|---|"]
    for one in kept["endpoints"]:
        lines.append(f"| {one['name']} | {one['value']:.3g} | {one['distance']:+.2f} | {one['weight']:.2g} |")
    return lines


def _contradicted(endpoints: list[dict[str, Any]]) -> list[str]:
    """How much of the loss is of the endpoints that are missed."""
    distance, weight = (np.array([one[key] for one in endpoints]) for key in ("distance", "weight"))
    loss = target.robust(distance, weight) ** 2
    missed = np.abs(distance) > target.TWO_SIDED
    return [
        f"{missed.sum()} of {len(missed)} endpoints lie outside their intervals and carry {loss[missed].sum():.1f} of "
        f"the data's loss, the others {loss[~missed].sum():.1f}."
    ]


def _alternatives(kept: list[dict[str, Any]]) -> list[str]:
    bases: dict[str, dict[str, Any]] = {}
    for one in kept:
        bases.setdefault(one["population"], one)  # the model as it is comes first
    lines = [
        "",
        "## What was tried beside it",
        "",
        "Each alternative is fitted anew, to the adults or to the children. A difference in loss below about 4",
        "decides nothing; the simpler model stays. The last columns are experiments on one mechanism that nothing was",
        "fitted to.",
        "",
        "| structure | question | loss, difference | outside | anti-CD16 rise, day 3 | FcRn block: % at 50 | verdict |",
        "|---|---|---|---|---|---|---|",
    ]
    for one in kept:
        base = bases[one["population"]]
        more = one["loss"] - base["loss"]
        verdict = (
            "kept" if one is base else "loses" if more > 4 else "preferred" if more < -4 else "undecided: simpler stays"
        )
        rise, reached = (_mechanism(one, key) for key in ("anti_cd16 rise_day_3", "fcrn_block response_15_mg_per_kg"))
        lines.append(
            f"| {one['name']} | {one['question']} | {more:+.1f} | {len(one['outside'])} | {rise} | {reached} "
            f"| {verdict} |"
        )
    lines += ["", "Fitted numbers of each:", ""]
    lines += [
        f"- {one['name']}: " + ", ".join(f"{key} {value:.3g}" for key, value in one["best"].items()) for one in kept
    ]
    return lines


def _mechanism(one: dict[str, Any], endpoint: str) -> str:
    """What an alternative gives for an experiment in adults."""
    return f"{one['mechanism'][endpoint]:.0f}" if endpoint in one["mechanism"] else ""
