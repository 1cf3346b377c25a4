"""What is read off a curve: peak, days above a threshold, and response by a named and cited definition.

The definitions are those of ``EMA2007`` (``IWG2009`` in the same words, as recalled), ``ROBAK2009`` and ``PENG2014``.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from itp_sim import checks
from itp_sim.design import Level
from itp_sim.errors import InputError
from itp_sim.readings import PRESCRIBED, Readings
from itp_sim.results import read, whole
from itp_sim.usual import DEFAULT_DEFINITION

Flags = NDArray[np.bool_]
Names = np.ndarray[Any, np.dtype[np.object_]]

#: Counts that decide in practice, response (30, 100 for a complete one) and the trials' threshold of 50: their days are
#: shown in the table of :func:`response`, and plots mark them.
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


def response(run: xr.Dataset, *, definition: str = DEFAULT_DEFINITION) -> pd.DataFrame:
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
        rise gone; NaN if not within the run), response (class; "too short" where the run cannot tell), grams [g],
        hours [h] of infusion and fewest whole vials as prescribed, igg_peak [g/L].
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
    found = read(run)
    table = run[["peak", "peak_day"]].to_dataframe(dim_order=["arm", "patient"])
    untreated = run.parameters.sel(parameter="P0", drop=True)
    table.insert(0, "untreated", untreated.broadcast_like(run.peak).transpose("arm", "patient").to_numpy().ravel())
    for kind, source in (("day", "first_day"), ("days_above", "days_above")):
        for threshold in THRESHOLDS:
            table[f"{kind}_{threshold}"] = found.at(Level(float(threshold)))[source].ravel()
    for name in ("area", "return_day"):
        table[name] = found.values[name].ravel()
    table["response"] = grades(found, key).ravel()
    for name in (*PRESCRIBED, "igg_peak"):
        table[name] = found.values[name].ravel()
    used = DEFINITIONS[key]
    table.attrs = {"definition": key, "title": used.title, "source": used.source, "notice": run.attrs.get("notice", "")}
    return table


def grades(found: Readings, key: str) -> Names:
    """Response classes by the definition `key`, names of shape (arms, patients).

    Raises
    ------
    InputError
        If a level of the definition was not read.
    """
    used = DEFINITIONS[key]
    otherwise = used.otherwise if found.days >= used.days else TOO_SHORT
    answer = np.full(found.values["peak"].shape, otherwise, dtype=object)
    for step in reversed(used.grades):
        at = found.at(step.level)
        # A tolerance of a millionth of a day, so that "7 days apart" does not hang on rounding.
        confirmed = at["last_day"] - at["first_day"] >= step.confirmed_after - 1e-6
        answer[reached_by(found, step.level, step.by_day) & confirmed] = step.name
    return answer


def reached_by(found: Readings, level: Level, days: float) -> Flags:
    """Whether a level is reached within `days` of the first infusion, (arms, patients); of day 0 without any.

    Raises
    ------
    InputError
        If the level was not read.
    """
    # A tolerance of a millionth of a day, as for a confirmation.
    in_time: Flags = found.at(level)["first_day"] <= found.start[:, None] + days + 1e-6
    return in_time


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
