"""Arms against each other: side by side in one patient, rates and paired differences with intervals in many."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
import xarray as xr

from itp_sim.histograms import median_interval
from itp_sim.intervals import CONFIDENCE, paired_shares, wilson
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.response import DEFINITIONS, response
from itp_sim.results import whole
from itp_sim.summary import BINS, MEASURES, Summary, total
from itp_sim.usual import DEFAULT_DEFINITION


def compare(run: xr.Dataset | Summary | Iterable[Summary], *, definition: str | None = None) -> pd.DataFrame:
    """Compare the arms of a run.

    Parameters
    ----------
    run
        Result of `simulate`; or the summary of a cohort, or several that belong together.
    definition
        Name of a response definition, as in `response`; a summary has its own, and no other can be had from it.

    Returns
    -------
    pandas.DataFrame
        For one patient: read-outs as rows, arms as columns. For a cohort: indexed by measure and arm, with columns
        `value` (a rate, or a median), `low` and `high` (95% interval), the same of the paired `difference` to the first
        arm, `gained` and `lost` (share of all patients in whom a rate's event happens in this arm and not in the first,
        and the other way round), and `unit`. A median counts those who never reach a level as the latest of all, and
        is NaN where half never do. Intervals say how far `n` virtual patients tell; they hold no doubt about the
        model, for which there is :func:`itp_sim.parameter_bands`.

    Raises
    ------
    InputError
        If `run` is none of these, two summaries do not belong together, or they have another definition.
    UnknownNameError
        If there is no such definition.
    """
    if isinstance(run, xr.Dataset):
        run = whole(run)
    if isinstance(run, xr.Dataset) and run.sizes.get("patient") == 1:
        table = response(run, definition=DEFAULT_DEFINITION if definition is None else definition)
        side_by_side = table.droplevel("patient").T
        side_by_side.attrs = table.attrs
        return side_by_side
    return _table(total(run, definition=definition))


def _table(s: Summary) -> pd.DataFrame:
    rows = {}
    for j, rate in enumerate(s.rates):
        for i, arm in enumerate(s.arms):
            share = (s.hits[i, j] / s.patients, *wilson(int(s.hits[i, j]), s.patients))
            difference = paired_shares(s.gained[i, j], s.lost[i, j], s.patients) if i else (np.nan,) * 3
            apart = (s.gained[i, j] / s.patients, s.lost[i, j] / s.patients) if i else (np.nan,) * 2
            rows[rate, arm] = (*share, *difference, *apart, "")
    for j, (name, measure) in enumerate(MEASURES.items()):
        width = (measure.high or s.days) / BINS
        for i, arm in enumerate(s.arms):
            median = median_interval(s.values[i, j], 0.0, width)
            difference = median_interval(s.differences[i, j], -BINS * width, width) if i else (np.nan,) * 3
            rows[f"median {name}", arm] = (*median, *difference, np.nan, np.nan, measure.unit)
    columns = ["value", "low", "high", "difference", "difference_low", "difference_high", "gained", "lost", "unit"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
    table.index = pd.MultiIndex.from_tuples(rows, names=["measure", "arm"])
    used = DEFINITIONS[s.definition]
    table.attrs = {
        "patients": s.patients,
        "definition": s.definition,
        "title": used.title,
        "source": used.source,
        "confidence": CONFIDENCE,
        "first_arm": s.arms[0],
        "notice": RESEARCH_ONLY,
    }
    return table
