"""Sobol indices of read-outs: how the parameters share out their variance."""

import math
import warnings
from collections.abc import Sequence

import numpy as np
import xarray as xr

from itp_sim.errors import InputError
from itp_sim.progress import progress as reported
from itp_sim.sensitivity.indices import RESAMPLES, Draws, Floats, Indices, draw, indices
from itp_sim.sensitivity.labelled import of_indices
from itp_sim.sensitivity.question import ALIKE, Question
from itp_sim.sensitivity.varied import Varied

#: Most points of each sample.
MOST = 2**20
#: Half width of an interval above which more points are asked for; assumed.
WITHIN = 0.05
#: Runs that are solved at a time.
PART = 16_384


def sobol(question: Question, ways: Sequence[Varied], *, n: int, seed: int, shown: bool) -> xr.Dataset:
    """Sobol indices of the read-outs, labelled; warns if the intervals are wide.

    Raises
    ------
    InputError
        If an output is not there, or the same, in all draws.
    """
    runs = n * (len(ways) + 2)
    with reported(runs, "runs", shown=shown) as advance:

        def answer(u: Floats) -> Floats:
            parts = []
            for start in range(0, len(u), PART):
                part = u[start : start + PART]
                parts.append(question.answer(np.column_stack([way.at(part[:, i]) for i, way in enumerate(ways)])))
                advance(len(part))
            return np.concatenate(parts)

        draws = draw(answer, len(ways), n=n, seed=seed)
    _refuse_without_variance(draws, question)
    found = indices(draws, seed=seed)
    _warn_if_wide(found, question, n)
    return of_indices(
        found,
        draws,
        question=question,
        ways=ways,
        attrs={"over": ways[0].over, "n": n, "seed": seed, "resamples": RESAMPLES, "runs": runs},
    )


def _refuse_without_variance(draws: Draws, question: Question) -> None:
    """Refuse an output that some draws do not have, or that is the same in all."""
    outputs = len(question.wanted)
    values = np.concatenate([draws.A, draws.B, *draws.AB], axis=1)
    for i in range(outputs):
        one, drawn = question.wanted[i], values[i]
        missing = float(np.isnan(drawn).mean())
        if missing:
            raise InputError(
                f"{one.name} is not within the run in {100 * missing:.3g}% of the draws, so it has no variance to "
                f"share out: leave it out{', ' if one.instead else ''}{one.instead}"
            )
        # Both samples, not the mixtures: theirs is the variance that is shared out.
        spread, largest = float(drawn[: 2 * draws.A.shape[1]].std()), float(np.abs(drawn).max())
        if spread <= ALIKE * question.design.rtol * largest:
            raise InputError(
                f"{one.name} is {float(drawn.mean()):.4g} in all draws, so there is no variance to share out: leave it "
                "out, or let other parameters vary"
            )


def _warn_if_wide(found: Indices, question: Question, n: int) -> None:
    row, column, half = found.widest()
    if half > WITHIN:
        enough = 2 ** math.ceil(math.log2(n * (half / WITHIN) ** 2))
        said = f"n={enough} would do" if enough <= MOST else f"not even n={MOST} would do: ask for another output"
        warnings.warn(
            f"the indices of {question.names[row]} for {question.wanted[column].name} are known to {half:.2f} to "
            f"either side only with n={n}: {said} for {WITHIN:g}",
            stacklevel=4,
        )
