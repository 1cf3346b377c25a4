"""What is read off a curve: peak, days above a threshold, and response by a named and cited definition.

The definitions are those of ``EMA2007`` (``IWG2009`` in the same words, as recalled), ``ROBAK2009`` and ``PENG2014``.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr

from itp_sim import checks
from itp_sim.errors import InputError
from itp_sim.results import whole
from itp_sim.simulate import Level

#: Counts whose days are shown in the table of :func:`response`.
THRESHOLDS = (30, 50, 100)


class Grade(NamedTuple):
    """One class of a definition: a level, reached in time, and confirmed at a later visit where the definition asks."""

    name: str
    level: Level
    by_day: float = np.inf  #: last day on which it may first be reached
    confirmed_after: float = 0.0  #: days after which the count must be at the level again, or still


class Definition(NamedTuple):
    """A published definition of response, on the simulated count itself; no bleeding is simulated."""

    title: str
    grades: tuple[Grade, ...]  #: best first
    otherwise: str  #: class of those without a grade within the run
    days: float  #: shortest run in which a patient who does not respond can be told [day]
    source: str  #: key in sources.toml


#: Class of a patient without a grade in a run that is too short to tell.
TOO_SHORT = "too short"

#: Definitions by name.
DEFINITIONS: Mapping[str, Definition] = MappingProxyType(
    {
        "iwg": Definition(
            "IWG and EMA: at least 30 and twice the untreated count (R), at least 100 (CR), "
            "on two occasions at least 7 days apart",
            (
                Grade("CR", Level(100.0), confirmed_after=7.0),
                Grade("R", Level(30.0, 2.0), confirmed_after=7.0),
            ),
            "NR",
            14.0,
            "EMA2007",
        ),
        "at_least_50": Definition(
            "at least 50 within 7 days of the first infusion, as in product licensing trials",
            (Grade("R", Level(50.0), by_day=7.0),),
            "NR",
            7.0,
            "ROBAK2009",
        ),
        "at_least_30_and_double": Definition(
            "at least 30 and twice the untreated count within 7 days, not confirmed",
            (Grade("R", Level(30.0, 2.0), by_day=7.0),),
            "NR",
            7.0,
            "PENG2014",
        ),
    }
)


def response(run: xr.Dataset, *, definition: str = "iwg") -> pd.DataFrame:
    """Read-outs and response class of every patient in every arm.

    Days and durations were found on the solution, not on the output days, so they do not depend on them.

    Parameters
    ----------
    run
        Result of `simulate`, or a selection from it by arm or patient.
    definition
        Name of a response definition: "iwg" (default: the field's consensus), "at_least_50" or
        "at_least_30_and_double".

    Returns
    -------
    pandas.DataFrame
        Indexed by arm and patient. Columns: untreated, peak [1e9/L], peak_day, day_30, day_50, day_100 (first day at or
        above; NaN if never), days_above_30, days_above_50, days_above_100, area [1e9/L day], return_day (90% of the
        rise gone; NaN if not within the run), response (class; "too short" where the run cannot tell), grams [g] and
        hours [h] of infusion as prescribed, igg_peak [g/L].
        `attrs` say which definition, with its title and source.

    Raises
    ------
    UnknownNameError
        If there is no such definition.
    InputError
        If `run` does not carry the levels that the definition needs.

    Notes
    -----
    Counts are the model's own, without measurement noise; a trial's visits and noise belong to the trial.
    """
    run = whole(run)
    key = checks.name("definition", definition, DEFINITIONS)
    table = run[["peak", "peak_day"]].to_dataframe(dim_order=["arm", "patient"])
    table.insert(0, "untreated", _per_row(run, run.parameters.sel(parameter="P0", drop=True)))
    for kind, source in (("day", "first_day"), ("days_above", "days_above")):
        for threshold in THRESHOLDS:
            table[f"{kind}_{threshold}"] = _per_row(run, _at(run, Level(float(threshold)))[source])
    for name in ("area", "return_day"):
        table[name] = _per_row(run, run[name])
    table["response"] = _per_row(run, grade(run, key))
    for name in ("grams", "hours", "igg_peak"):
        table[name] = _per_row(run, run[name])
    used = DEFINITIONS[key]
    table.attrs = {"definition": key, "title": used.title, "source": used.source, "notice": run.attrs.get("notice", "")}
    return table


def grade(run: xr.Dataset, definition: str) -> xr.DataArray:
    """Response class of every arm and patient by `definition`, an array of names over (arm, patient).

    Raises
    ------
    UnknownNameError, InputError
        As :func:`response`.
    """
    run = whole(run)
    key = checks.name("definition", definition, DEFINITIONS)
    used = DEFINITIONS[key]
    otherwise = used.otherwise if run.attrs["days"] >= used.days else TOO_SHORT
    answer: xr.DataArray = xr.full_like(run.peak, otherwise, dtype=object)
    for step in reversed(used.grades):
        at = _at(run, step.level)
        in_time = reached_by(run, step.level, step.by_day)
        # A tolerance of a millionth of a day, so that "7 days apart" does not hang on rounding.
        confirmed = at.last_day - at.first_day >= step.confirmed_after - 1e-6
        answer = answer.where(~(in_time & confirmed), step.name)
    answer.attrs = {"units": "1", "long_name": f"response: {used.title}"}
    return answer


def reached_by(run: xr.Dataset, level: Level, days: float) -> xr.DataArray:
    """Whether a level is reached within `days` of the first infusion, over (arm, patient); of day 0 without any.

    Raises
    ------
    InputError
        If `run` does not carry the level.
    """
    run = whole(run)
    # Infusions are in order; an arm without any is padded with NaN.
    start = run.infusion_day.isel(infusion=0, drop=True).fillna(0.0) if run.sizes["infusion"] else 0.0
    # A tolerance of a millionth of a day, as for a confirmation.
    found: xr.DataArray = _at(run, level).first_day <= start + days + 1e-6
    return found


def check_length(days: float, definition: str) -> None:
    """Refuse a run of `days` [day] in which a rate of response by `definition` could not be told.

    Raises
    ------
    InputError
        If it is too short.
    """
    needed = DEFINITIONS[definition].days
    if days < needed:
        raise InputError(
            f"the run ends on day {days:g}: a rate of response by {definition!r} is told after {needed:g} days; "
            f"simulate with days={needed:g} or more"
        )


def _at(run: xr.Dataset, level: Level) -> xr.Dataset:
    """Read-outs at one level."""
    levels = run.level.to_numpy().tolist()
    if level.label not in levels:
        raise InputError(
            f"the run has no level {level.label!r}, only {checks.listed(levels)}: "
            f"simulate without `levels`, or with Level({level.count:g}, {level.multiple:g}) among them"
        )
    return run[["first_day", "last_day", "days_above"]].sel(level=level.label, drop=True)


def _per_row(run: xr.Dataset, values: xr.DataArray) -> np.ndarray[Any, Any]:
    """Values in the order of the rows of the table: arm by arm, patient by patient."""
    return values.broadcast_like(run.peak).transpose("arm", "patient").to_numpy().ravel()
