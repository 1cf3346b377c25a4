"""Fit patients who are known: ``python -m calibration.recovery`` writes ``calibration/recovery.md`` (about 5 minutes).

Patients are drawn from the population that is the prior, treated, and their counts measured with noise; each is fitted
on its own. What the fits say is held against the truth.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri

import itp_sim
from itp_sim.fitting import Fit, fit, with_noise
from itp_sim.fitting.prior import read_prior, score_of
from itp_sim.intervals import CONFIDENCE, wilson
from itp_sim.nmtran import read_nmtran, to_nmtran

PAGE = Path(__file__).parent / "recovery.md"
#: Days of the draws, and noise of a count.
VISITS, NOISE = (0.0, 1.0, 3.0, 5.0, 7.0, 14.0, 21.0, 28.0), 0.20
PATIENTS, SEED = 200, 1
#: The counts that a prior allows: a fit does not know of the limits between which virtual patients are drawn.
COUNTS = (1.0, 150.0)


class Study(NamedTuple):
    """Whose fits are studied."""

    population: str
    regimen: str


STUDIES = (
    Study("adult_chronic", "1 g/kg"),
    Study("adult_chronic", "1 g/kg daily x 2"),
    Study("child_newly_diagnosed", "1 g/kg"),
)


class Recovered(NamedTuple):
    """Fits beside the truth."""

    fits: list[Fit]
    truth: pd.DataFrame
    wall: float  #: seconds a fit
    cpu: float  #: seconds of processor time a fit


def recover(study: Study, n: int, *, seed: int = SEED, visits: Sequence[float] = VISITS, **options: Any) -> Recovered:
    """Draw `n` patients, measure and fit them."""
    people = itp_sim.virtual_patients(study.population, n, seed, platelets=COUNTS)
    run = itp_sim.simulate(people, study.regimen, days=visits[-1], times=visits, progress=False)
    records = with_noise(read_nmtran(to_nmtran(run)), count_cv=NOISE, seed=seed)
    wall, cpu = time.perf_counter(), time.process_time()
    fits = [fit(one, study.population, count_cv=NOISE, seed=seed, **options) for one in records]
    return Recovered(fits, people, (time.perf_counter() - wall) / n, (time.process_time() - cpu) / n)


def table(found: Recovered, confidence: float = 0.90) -> pd.DataFrame:
    """One row a parameter and patient: truth, interval, whether it covers, and what was said of it."""
    rows = []
    wide = float(ndtri((1 + confidence) / 2))
    for one, (_, true) in zip(found.fits, found.truth.iterrows(), strict=True):
        prior = read_prior(one.population, true["WT"])
        for name, row in one.summary(confidence).iterrows():
            judged = one.judged.loc[name]
            away = float(score_of(prior, str(name), true[str(name)])) - judged["score"]
            rows.append(
                {
                    "parameter": name,
                    "truth": float(true[str(name)]),
                    **row[["estimate", "low", "high", "shrinkage", "verdict"]],
                    "covered": bool(row["low"] <= true[str(name)] <= row["high"]),
                    "normal": abs(away) <= wide * judged["normal_sd"],
                    "informed": row["verdict"] == "informed",
                    "closed": bool(np.isfinite([judged["profile_low"], judged["profile_high"]]).all()),
                }
            )
    return pd.DataFrame(rows)


def page(n: int, seed: int) -> list[str]:
    """Lines of the page."""
    lines = [
        "# Fits of known patients",
        "",
        "Written by `python -m calibration.recovery`. Patients are drawn from the population that is the prior of the",
        f"fit (untreated counts {COUNTS[0]:g} to {COUNTS[1]:g}), treated, and counted on days",
        f"{', '.join(f'{day:g}' for day in VISITS)} with {100 * NOISE:g}% log-normal noise; each of {n} (seed {seed})",
        "is fitted alone. Covered: share of the patients whose own value lies in the interval, among those in whom",
        "the parameter is called informed, and among all. Of so many patients 90% intervals should cover 85 to 95%.",
        f"In brackets: Wilson's {100 * CONFIDENCE:g}% interval of each share: how far chance moves it among so few.",
        "The patients of a study are the same in every row and column.",
        "Normal: the same of the normal approximation at the most probable patient (Laplace), which is therefore not",
        "what a fit says.",
        "",
    ]
    for study in STUDIES:
        found = recover(study, n, seed=seed)
        ninety, wider = table(found), table(found, 0.95)
        lines += [
            f"## {study.population}, {study.regimen}",
            "",
            "| parameter | informed | covered, 90% | of all | normal, 90% | of all | covered, 95% | of all "
            "| relative error | prior-driven | confounded |",
            f"|---|{'---:|' * 10}",
        ]
        for name, rows in ninety.groupby("parameter", sort=False):
            more = wider[wider["parameter"] == name]
            told = rows["informed"].to_numpy()
            error = (rows["estimate"] / rows["truth"] - 1).abs()[told].median() if told.any() else float("nan")
            confounded = rows["verdict"].str.startswith("confounded").mean()
            driven = (rows["verdict"] == "prior-driven").mean()
            cells = [
                f"{100 * told.mean():.0f}%",
                _share(rows["covered"].to_numpy()[told]),
                _share(rows["covered"].to_numpy()),
                _share(rows["normal"].to_numpy()[told]),
                _share(rows["normal"].to_numpy()),
                _share(more["covered"].to_numpy()[told]),
                _share(more["covered"].to_numpy()),
                f"{100 * error:.0f}%" if told.any() else "",
                f"{100 * driven:.0f}%",
                f"{100 * confounded:.0f}%",
            ]
            lines.append(f"| {name} | {' | '.join(cells)} |")
        flat = ninety[ninety["informed"] & ~ninety["closed"]]
        effective = [one.diagnostics["effective"] for one in found.fits]
        lines += [
            "",
            f"Called informed with a profile that is flat on a side: {len(flat)}. "
            f"Effective draws: {min(effective):.0f} or more. "
            f"{found.cpu:.2f} s of processor time a fit, {n * found.cpu:.0f} s for {n}.",
            "",
        ]
    return lines


def _share(covered: Any) -> str:
    """Share that is covered, with Wilson's interval; nothing of nobody."""
    if not len(covered):
        return ""
    low, high = wilson(int(np.sum(covered)), len(covered))
    return f"{100 * np.mean(covered):.1f}% ({100 * low:.0f} to {100 * high:.0f})"


def main(arguments: list[str]) -> int:
    """Write the page."""
    parser = argparse.ArgumentParser(prog="python -m calibration.recovery", description=__doc__)
    parser.add_argument("--n", type=int, default=PATIENTS, help="patients in each study")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, default=PAGE)
    asked = parser.parse_args(arguments)
    asked.out.write_text("\n".join(page(asked.n, asked.seed)).rstrip() + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
