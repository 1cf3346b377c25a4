"""The chance of a count: how many of the patients of a run are at or above it, day by day."""

from collections.abc import Iterable

import numpy as np
import xarray as xr

from itp_sim import checks
from itp_sim.errors import InputError
from itp_sim.intervals import CONFIDENCE, clopper_pearson
from itp_sim.results import whole
from itp_sim.simulate import ROUNDING
from itp_sim.usual import HIGHEST_COUNT

#: Counts that are asked for before procedures, and thresholds of response [1e9/L].
COUNTS = (30.0, 50.0, 80.0, 100.0)
#: Most counts in one table, and fewest patients of whom a chance is told.
MOST, FEWEST = 20, 20


def chance_above(run: xr.Dataset, counts: Iterable[float] = COUNTS) -> xr.Dataset:
    """Tell on each day of a run the share of the patients whose count is at or above each of `counts`.

    With one arm for each dose it shows how the chance of a count on the day of a procedure hangs on how much was
    infused how many days before. It is a curve of a model, for research and teaching: it advises no day and no dose.

    Parameters
    ----------
    run
        Result of `simulate` with `platelets`, for virtual patients, or for the draws of a fitted one, in which case the
        chance is how sure one can be of that patient.
    counts
        Counts to be reached [1e9/L], 1 to 20 of them.

    Returns
    -------
    xarray.Dataset
        `chance`, `low` and `high` over (arm, level, time), shares from 0 to 1. The interval (Clopper and Pearson, 95%)
        tells how far this number of patients does; no doubt about the model is in it.

    Raises
    ------
    InputError
        If the run has no counts over time, or fewer than 20 patients; or a count is out of range.
    """
    run = whole(run)
    if "platelets" not in run or "time" not in run.dims:
        raise InputError("the run holds no counts over time: simulate with 'platelets' among its `outputs`")
    n = run.sizes["patient"]
    if n < FEWEST:
        raise InputError(f"the run has {n} patients: a chance is told of at least {FEWEST}, as of virtual_patients()")
    given = [counts] if isinstance(counts, int | float) else checks.several("counts", counts, "[50, 100]")
    levels = np.array([checks.number("a count", one, 0.0, HIGHEST_COUNT, "1e9/L", open_low=True) for one in given])
    if not 1 <= len(levels) <= MOST or len(set(levels.tolist())) < len(levels):
        raise InputError(f"counts is {checks.shown(given)}: give 1 to {MOST}, each once")
    seen = run.platelets.transpose("arm", "patient", "time").to_numpy()
    hits = np.stack([(seen >= level * (1 - ROUNDING)).sum(axis=1) for level in levels], axis=1)
    low, high = clopper_pearson(hits, n)
    over = ("arm", "level", "time")
    share = {"units": "1", "long_name": "share of the patients at or above the count"}
    variables = {
        "chance": xr.Variable(over, hits / n, share),
        "low": xr.Variable(over, low, {"units": "1", "long_name": "lower end of its interval"}),
        "high": xr.Variable(over, high, {"units": "1", "long_name": "upper end of its interval"}),
        "infusion_day": run.infusion_day.variable,
    }
    coordinates = {
        "arm": run.arm.variable,
        "level": xr.Variable(("level",), levels, {"units": "1e9/L", "long_name": "count to be reached"}),
        "time": run.time.variable,
    }
    kept = ("population", "regimens", "itp_sim_version", "notice")
    said = {name: run.attrs[name] for name in kept if name in run.attrs}
    return xr.Dataset(variables, coordinates, {**said, "patients": n, "confidence": CONFIDENCE})
