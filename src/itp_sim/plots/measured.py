"""A subject's own counts over a simulated curve."""

import textwrap

import xarray as xr
from matplotlib.axes import Axes

from itp_sim.errors import InputError
from itp_sim.nmtran import Subject
from itp_sim.plots.style import ARMS, BLACK, LABEL, arms


def measured(ax: Axes, run: xr.Dataset, subject: Subject, marker: str) -> float:
    """Draw the counts of one subject, in the colour of the arm that has the name of its own; return the highest.

    Raises
    ------
    InputError
        If it has no count before the end of the run.
    """
    end = float(run.time[-1])
    seen = [one for one in subject.observations if one.kind == "platelets" and one.day <= end]
    if not seen:
        raise InputError(f"subject {subject.id} has no count before day {end:g}, where the run ends: raise `days`")
    colours = {name: colour for (name, _), (colour, _) in zip(arms(run), ARMS, strict=False)}
    label = f"subject {subject.id}" + ("" if subject.arm is None else f", {subject.arm}")
    drawn = ax.errorbar(
        [one.day for one in seen],
        [one.value for one in seen],
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
    return max(one.value for one in seen)
