"""A comparison of arms repeated with other numbers of the model: the doubt about them beside that of few patients."""

from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from itp_sim import checks
from itp_sim.cohort import simulate_population
from itp_sim.comparison import compare
from itp_sim.design import Arm
from itp_sim.errors import InputError
from itp_sim.intervals import ends
from itp_sim.parameters import population_key
from itp_sim.posterior import Draw, posterior
from itp_sim.progress import progress as told
from itp_sim.usual import DEFAULT_DAYS, DEFAULT_DEFINITION

#: Draws of the parameters, unless told otherwise; with fewer the ends of a band are the extremes.
DRAWS = 40


def parameter_bands(
    population: str | PathLike[str],
    arms: Mapping[str, Arm] | Arm | Iterable[Arm],
    *,
    n: int,
    parameters: int | Iterable[Mapping[str, Draw]] = DRAWS,
    seed: int = 0,
    days: float = DEFAULT_DAYS,
    platelets: tuple[float | None, float | None] = (None, None),
    weight_kg: float | tuple[float | None, float | None] | None = None,
    definition: str = DEFAULT_DEFINITION,
    progress: bool = True,
) -> pd.DataFrame:
    """Compare arms in virtual patients, and again under every draw of how the fitted numbers may be.

    Three things are kept apart. How much patients differ is in the rates and medians themselves. How far `n` virtual
    patients tell is in `low` and `high`: it vanishes with more patients. How far the published results tell the model's
    numbers is in `parameters_low` and `parameters_high`: no number of virtual patients makes that smaller.

    Parameters
    ----------
    population, arms, n, seed, days, platelets, weight_kg, definition
        As in :func:`itp_sim.simulate_population`.
    parameters
        Number of draws of :func:`itp_sim.posterior`, or draws as it returns them. The patients of all draws share their
        random numbers, so the band holds next to nothing of the chance of `n` patients.
    progress
        Show on stderr how many draws are done, if that is a terminal.

    Returns
    -------
    pandas.DataFrame
        The table of :func:`itp_sim.compare` with the records' own numbers, and four columns more: `parameters_low` and
        `parameters_high`, between which lie the values of 95% of the draws, and the same of `difference`. NaN where a
        median is not within the run. `attrs` also say the number of draws.

    Raises
    ------
    InputError
        If anything asked for cannot be used, or there are no draws.
    SolverError
        If a patient's integration fails.
    """
    key = population_key(population)
    drawn = _draws(key, parameters)
    asked: dict[str, Any] = {"n": n, "seed": seed, "days": days, "platelets": platelets, "weight_kg": weight_kg}
    asked |= {"definition": definition, "progress": False}
    arms = arms if arms is None or isinstance(arms, str | Mapping) or not isinstance(arms, Iterable) else list(arms)
    table = compare(simulate_population(population, arms, **asked))
    values, differences = [], []
    with told(len(drawn), "draws", shown=progress) as advance:
        for one in drawn:
            again = compare(simulate_population(population, arms, **asked, **one))
            values.append(again["value"].to_numpy())
            differences.append(again["difference"].to_numpy())
            advance(1)
    at = table.columns.tolist().index("gained")
    found = (*_ends(np.array(values), late=True), *_ends(np.array(differences), late=False))
    names = [f"{what}parameters_{end}" for what in ("", "difference_") for end in ("low", "high")]
    for name, end in reversed(list(zip(names, found, strict=True))):
        table.insert(at, name, end)
    table.attrs["parameter_draws"] = len(drawn)
    return table


def _draws(key: str, parameters: Any) -> list[dict[str, Any]]:
    """Medians and spreads of every draw, for `simulate_population`."""
    if isinstance(parameters, Iterable) and not isinstance(parameters, str | Mapping):
        given = list(parameters)
    else:
        given = list(posterior(key, parameters))
    for one in given:
        if not isinstance(one, Mapping) or set(one) != {key} or not set(one[key]) <= {"typical", "spread"}:
            raise InputError(
                f"a draw in parameters is {checks.shown(one)}: give draws of {key} as posterior() returns them"
            )
    if len(given) < 2:
        raise InputError("parameters has fewer than 2 draws: give more, or leave it out")
    return [{kind: dict(numbers) for kind, numbers in one[key].items()} for one in given]


def _ends(drawn: NDArray[np.float64], *, late: bool) -> list[NDArray[np.float64]]:
    """Ends between which most draws lie; NaN, which is not within the run, comes after all that is if `late`.

    If it cannot be said on which side it lies, what has it in any draw has no ends.
    """
    held = np.where(np.isnan(drawn), np.inf, drawn) if late else np.where(np.isnan(drawn).any(axis=0), np.nan, drawn)
    return [np.where(np.isfinite(end), end, np.nan) for end in ends(held)]
