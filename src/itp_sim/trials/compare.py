"""Simulated endpoints beside the published ones."""

from collections.abc import Hashable, Iterable, Mapping
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from itp_sim import __version__, checks
from itp_sim.errors import InputError
from itp_sim.files import params_dir
from itp_sim.intervals import ends, spread
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.posterior import drawn_populations, posterior
from itp_sim.progress import progress as told
from itp_sim.streams import generator
from itp_sim.trials.defaults import Margin, defaults
from itp_sim.trials.design import Endpoint, Trial
from itp_sim.trials.endpoints import Sample, sample, value, values
from itp_sim.trials.measure import Floats
from itp_sim.trials.published import observed
from itp_sim.trials.read import files, load_trial, read_trial
from itp_sim.trials.run import Overrides, courses, untreated
from itp_sim.trials.simulated import simulated
from itp_sim.usual import TRIAL_PATIENTS, VALIDATION_PATIENTS

#: Sections of a comparison by role, in their order.
SECTIONS: Mapping[str, str] = MappingProxyType(
    {"calibrate": "calibration", "validate": "validation", "mechanism": "mechanism"}
)
#: Trials drawn for a band.
REPEATS = 1000
#: Numbers held at a time while trials are drawn.
HELD = 4_000_000


def run_trial(
    trial: Trial | str | PathLike[str],
    n: int = TRIAL_PATIENTS,
    seed: int = 1,
    *,
    overrides: Overrides | None = None,
    parameters: int | Iterable[Overrides] = (),
    threads: int | None = None,
) -> pd.DataFrame:
    """Simulate a trial and set its endpoints beside the published ones.

    Parameters
    ----------
    trial
        From `load_trial`, or what it takes.
    n
        Virtual patients of each arm, 1 to 1,000,000.
    seed
        Names the virtual patients, the noise of their counts, and the trials drawn for the bands.
    overrides
        Medians and spreads instead of those of the records: ``{"adult_chronic": {"typical": {"IC50": 3.0}, "spread":
        {"FIND": 1.5}}}``.
    parameters
        Draws of how the fitted numbers may be, each as `overrides`: the trial is simulated once with each, instead of
        `overrides`, in the same virtual patients. A number takes so many from `posterior`, of the trial's populations
        that have draws there.
    threads
        As in `simulate`.

    Returns
    -------
    pandas.DataFrame
        One row an endpoint, by key: title, arm, role, unit; `observed` with `low`, `high` and `interval`, which says
        where they come from; `simulated` with `band_low` and `band_high`, between which 95% of trials of `n` patients
        fall by chance, if the model is right; `parameters_low` and `parameters_high`, between which lie the simulated
        values of 95% of `parameters` (NaN without any), and `parameters_without`, how many of them leave nobody in the
        group, so that they have no value and are left out of those 95%; `inside`, whether `simulated` lies within `low`
        to `high`; `miss`, the reason that the file gives for a miss; source, locator and note. A published bound has an
        infinite end. `simulated` is NaN if nobody is in the group, and infinite for a median time that half do not
        reach. `attrs` carry what rebuilds it, the measured `untreated` counts [1e9/L] of who entered (median, and `low`
        and `high`, between which 90% lie), and the research-only statement.

    Raises
    ------
    InputError
        If anything asked for cannot be used.
    SolverError
        If a patient's integration fails.
    """
    given = trial if isinstance(trial, Trial) else load_trial(trial)
    measured = courses(given, n=n, seed=seed, overrides=overrides, threads=threads)
    margins = defaults().margins
    drawn = [simulated(given, n=n, seed=seed, overrides=one, threads=threads) for one in _draws(parameters, given)]
    rows = {}
    for key, endpoint in given.endpoints.items():
        doubt = np.array([one[key] for one in drawn])
        rows[key] = _row(endpoint, given, sample(endpoint, given, measured), margins=margins, seed=seed, doubt=doubt)
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "endpoint"
    citations = {key: source.citation for key, source in given.sources.items()}
    about: dict[Hashable, Any] = {"trial": given.key, "title": given.title, "sources": citations}
    before = untreated(given, n=n, seed=seed, overrides=overrides)
    about |= {"untreated": spread(before), "parameter_draws": len(drawn)}
    table.attrs = _made(n, seed, overrides=overrides, more=about)
    return table


def validate(
    path: str | PathLike[str] | None = None,
    n: int = VALIDATION_PATIENTS,
    seed: int = 1,
    *,
    overrides: Overrides | None = None,
    parameters: int | Iterable[Overrides] = (),
    threads: int | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Simulate trials and set all their endpoints beside the published ones.

    Parameters
    ----------
    path
        A trial file or a folder of them; by default the trials that come with the package.
    n, seed, overrides, parameters, threads
        As in `run_trial`.
    progress
        Show on stderr how many trials are done, if that is a terminal.

    Returns
    -------
    pandas.DataFrame
        The rows of `run_trial`, indexed by trial and endpoint.

    Raises
    ------
    InputError, SolverError
        As `run_trial`; also if there is no trial.
    """
    given = [read_trial(file) for file in _found(path)]
    draws = parameters if isinstance(parameters, int) else _draws(parameters)
    parts = []
    with told(len(given), "trials", shown=progress) as advance:
        for one in given:
            parts.append(run_trial(one, n, seed, overrides=overrides, parameters=draws, threads=threads))
            advance(1)
    citations: dict[str, str] = {}
    drawn = parts[0].attrs["parameter_draws"]
    for part in parts:
        citations |= part.attrs.pop("sources")
        part.attrs.clear()
    table = pd.concat(dict(zip((one.key for one in given), parts, strict=True)), names=["trial", "endpoint"])
    about = {
        one.key: {
            "title": one.title,
            "description": one.description,
            "note": one.note,
            "source": "; ".join(one.sources),
        }
        for one in given
    }
    table.attrs = _made(
        n, seed, overrides=overrides, more={"trials": about, "sources": citations, "parameter_draws": drawn}
    )
    return table


def summary(table: pd.DataFrame) -> str:
    """How many endpoints lie inside, by section: "calibration: 31 of 36 inside; validation: 10 of 13"."""
    inside = {role: table.loc[table["role"] == role, "inside"] for role in SECTIONS}
    said = [f"{SECTIONS[role]}: {int(rows.sum())} of {len(rows)}" for role, rows in inside.items() if len(rows)]
    return "; ".join([f"{said[0]} inside", *said[1:]])


def _found(path: str | PathLike[str] | None) -> list[Path]:
    """Trial files at a path; all that come with the package without one."""
    if path is None:
        return files(params_dir() / "trials")
    if not isinstance(path, str | PathLike):
        raise InputError(f"path is {checks.shown(path)}: give a trial file, or a folder of them")
    given = Path(path)
    if given.suffix == ".toml":
        return [given]
    if not given.is_dir():
        raise InputError(f"{checks.shown(str(path))} is no folder: give a trial file, which ends in .toml, or a folder")
    found = files(given)
    if not found:
        raise InputError(f"the folder {checks.shown(str(path))} has no trial: give one with files that end in .toml")
    return found


def _draws(parameters: Any, trial: Trial | None = None) -> list[Overrides]:
    """Draws of parameters as a list; each is checked where it is used."""
    if trial and isinstance(parameters, int):
        several = [posterior(name, parameters) for name in trial.populations if name in drawn_populations()]
        return [{name: draw for one in draws for name, draw in one.items()} for draws in zip(*several, strict=True)]
    if isinstance(parameters, Mapping) or not isinstance(parameters, Iterable):
        raise InputError(f"parameters is {checks.shown(parameters)}: give a number of draws, or a list of overrides")
    return list(parameters)


def _made(n: int, seed: int, *, overrides: Overrides | None, more: dict[Hashable, Any]) -> dict[Hashable, Any]:
    """What a comparison says of itself, and what rebuilds it."""
    changes = {key: {kind: dict(numbers) for kind, numbers in one.items()} for key, one in (overrides or {}).items()}
    made: dict[Hashable, Any] = {"n": n, "seed": seed, "overrides": changes}
    made |= {"itp_sim_version": __version__, "notice": RESEARCH_ONLY}
    return made | more


def _row(
    endpoint: Endpoint,
    trial: Trial,
    chosen: Sample,
    *,
    margins: Mapping[str, Margin],
    seed: int,
    doubt: Floats,
) -> dict[str, Any]:
    """What the table says of one endpoint; `doubt` are its values under other parameters."""
    published = observed(endpoint, margins)
    found = value(endpoint, trial, chosen)
    everybody = sum(trial.arms[key].n for key in endpoint.arms)
    size = endpoint.published.n or max(round(everybody * chosen.share), 1)
    low, high = _band(endpoint, trial, chosen, n=size, seed=seed)
    parameters_low, parameters_high = ends(doubt)
    return {
        "title": endpoint.title,
        "arm": " and ".join(trial.arms[key].title for key in endpoint.arms),
        "role": endpoint.role,
        "unit": endpoint.unit,
        "observed": published.value,
        "low": published.low,
        "high": published.high,
        "interval": published.origin,
        "simulated": found,
        "band_low": low,
        "band_high": high,
        "parameters_low": float(parameters_low),
        "parameters_high": float(parameters_high),
        "parameters_without": int(np.isnan(doubt).sum()),
        "n": size,
        "inside": published.holds(found),
        "miss": endpoint.miss,
        "source": "; ".join(trial.sources),
        "locator": endpoint.locator,
        "note": endpoint.note,
    }


def _band(endpoint: Endpoint, trial: Trial, chosen: Sample, *, n: int, seed: int) -> tuple[float, float]:
    """Ends between which most trials of `n` patients fall, drawn from the virtual patients with replacement."""
    pool = len(chosen.values)
    if not pool:
        return float("nan"), float("nan")
    draw = generator(seed, f"{trial.key}\n{endpoint.key}")
    step = max(1, min(REPEATS, HELD // (n * chosen.values[0].size)))
    found: list[Floats] = []
    for start in range(0, REPEATS, step):
        who = draw.integers(pool, size=(min(step, REPEATS - start), n))
        found.append(values(endpoint, trial, chosen._replace(values=chosen.values[who], seen=chosen.seen[who])))
    low, high = ends(np.concatenate(found))
    return float(low), float(high)
