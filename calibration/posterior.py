"""How sure the fitted numbers are: draws around the best, resampled by what the trials say of each."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from calibration import fit
from itp_sim.errors import InputError

#: Draws that are weighed, and draws that are kept.
TRIED, KEPT = 250, 100
PATIENTS = 600
SEED = 7
#: Degrees of freedom of the Student's t that is drawn from: its tails reach beyond the posterior's.
DEGREES = 6.0


class Sample(NamedTuple):
    """Draws from the posterior."""

    names: tuple[str, ...]
    rows: np.ndarray  #: shape (draws, numbers), in the numbers' own units
    effective: float  #: draws that the weights are worth


def sample(done: fit.Fit, *, tried: int = TRIED, kept: int = KEPT, log: Callable[[str], object]) -> Sample:
    """Draw from the posterior by importance: the draws of Student's t, resampled by what the trials say of each."""
    rng = np.random.default_rng(SEED)
    size = len(done.place)
    root = np.linalg.cholesky(done.spread)
    steps = rng.standard_normal((tried, size)) / np.sqrt(rng.chisquare(DEGREES, (tried, 1)) / DEGREES)
    places = done.place + steps @ root.T
    loss = np.empty(tried)
    for i, place in enumerate(places.tolist()):
        try:
            loss[i] = fit.judged(
                done.population, done.chosen, done.free, place, n=PATIENTS, seed=fit.SEED, fixed={}
            ).loss
        except InputError:  # outside the range of a record
            loss[i] = np.inf
            continue
        if i % 40 == 39:
            log(f"{done.population}: {i + 1} of {tried} draws weighed\n")
    logs = -0.5 * loss + 0.5 * (DEGREES + size) * np.log1p((steps**2).sum(axis=1) / DEGREES)
    weights = np.exp(logs - logs.max())
    weights /= weights.sum()
    # Systematic resampling: as even as the weights allow.
    picked = np.searchsorted(np.cumsum(weights), (np.arange(kept) + 0.5) / kept)
    rows = np.array([[f.outward(x) for f, x in zip(done.free, places[i], strict=True)] for i in picked])
    return Sample(tuple(one.key for one in done.free), rows, float(1.0 / (weights**2).sum()))


def save(path: Path, drawn: Sample) -> None:
    """Write the draws as a table, one row a draw; a column "EPS spread" is a CV or the SD of a logit."""
    path.parent.mkdir(exist_ok=True)
    lines = [",".join(drawn.names), *(",".join(f"{x:.4g}" for x in row) for row in drawn.rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
