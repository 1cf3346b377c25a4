"""A subject's own counts over a simulated curve."""

import textwrap

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from itp_sim.errors import InputError
from itp_sim.nmtran import Subject
from itp_sim.plots.style import ARMS, BLACK, LABEL, arms


def measured(ax: Axes, run: xr.Dataset, subject: Subject, *, marker: str) -> float:
    """Draw the counts of one subject, in the colour of the arm that has the name of its own; return the highest.

    Days are shifted so that the first infusion of the subject and the first of the run fall together, as in a fit.

    Raises
    ------
    InputError
        If it has no count before the end of the run.
    """
    end = float(run.time[-1])
    late = _late(run, subject)
    counts = [(one.day - late, one.value) for one in subject.observations if one.kind == "platelets"]
    seen = [(day, value) for day, value in counts if day <= end]
    if not seen:
        raise InputError(f"subject {subject.id} has no count before day {end:g}, where the run ends: raise `days`")
    colours = {name: colour for (name, _), (colour, _) in zip(arms(run), ARMS, strict=False)}
    label = f"subject {subject.id}" + ("" if subject.arm is None else f", {subject.arm}")
    drawn = ax.errorbar(
        [day for day, _ in seen],
        [value for _, value in seen],
        fmt=marker,
        color=colours.get(subject.arm or "", BLACK),
        mfc="white",
        ms=7,
        mew=1.6,
        zorder=4,
        label=textwrap.fill(label, LABEL) + f"\n(counts, n = {len(seen)})",
    )
    for artist in drawn.get_children():
        artist.set_clip_on(False)
    return max(value for _, value in seen)


def _late(run: xr.Dataset, subject: Subject) -> float:
    """Days by which the subject's first infusion is later than that of the run; 0 where one of them has none."""
    starts = run.infusion_day.to_numpy() if "infusion_day" in run else np.array([])
    starts = starts[np.isfinite(starts)]
    if not subject.infusions or not starts.size:
        return 0.0
    return float(subject.infusions[0].start - starts.min())
