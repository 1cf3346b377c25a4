"""The count of one patient in every arm."""

import textwrap
from collections.abc import Iterable
from typing import Any

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.text import Annotation

from itp_sim.plots.frame import BROAD, close, new_axes
from itp_sim.plots.labels import callout, settle
from itp_sim.plots.published import Observed, asked, observations
from itp_sim.plots.style import (
    ARMS,
    LABEL,
    arms,
    count_axis,
    has_peak,
    one_patient,
    threshold_counts,
    title_above,
)
from itp_sim.response import THRESHOLDS


def counts(
    run: xr.Dataset,
    *,
    patient: Any = None,
    observed: Observed = (),
    thresholds: Iterable[float] = THRESHOLDS,
    title: str | None = None,
    peaks: bool = True,
    ax: Axes | None = None,
    notice: bool = True,
) -> Axes:
    """Platelet count of one patient in every arm, with thresholds, normal range and dose marks.

    Parameters
    ----------
    run
        Result of `simulate`.
    patient
        Label of the patient; may be left out if there is one.
    observed
        What is laid over the curves: names of published studies, subjects that `read_nmtran` returned, or all of them
        if there are few. Each arm has a marker of its own. A published rise is added to the patient's own untreated
        count; the legend says so, whether the model was fitted to the study, and which arms have no curve. A subject
        has the colour of the arm that its own is named as; its TIME and the days of the run count from the same day.
    thresholds
        Counts to be drawn as labelled lines [1e9/L].
    title
        Title of the axes.
    peaks
        Write count and day at each peak that rises above the untreated count.
    ax
        Axes to draw on; by default those of a new figure. The legend stands outside where the figure has a layout
        that makes room for it (``layout="constrained"``), else inside.
    notice
        Print the research-and-education statement below.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If the run lacks the count or the patient, has more than five arms, or a study does not exist or lies after it.
    """
    one = one_patient(run, patient, ("platelets",))
    lines = threshold_counts(thresholds)
    found = asked(observed)
    own, ax = ax is None, new_axes(ax, BROAD)
    drawn = observations(ax, one, found)
    top = (1.15 if peaks else 1.08) * max([float(one.platelets.max()), drawn, *lines])
    rows = count_axis(ax, one, lines, top=top)
    for (name, arm), (colour, style) in zip(arms(one), ARMS, strict=False):
        ax.plot(one.time, arm.platelets, color=colour, ls=style, lw=2, label=textwrap.fill(name, LABEL))
    title_above(ax, title, rows)
    close(ax, *ax.get_legend_handles_labels(), result=run, own=own, rows=rows, notice=notice)
    if peaks:  # from the highest down or back: `settle` chooses
        settle(sorted(peak_labels(ax, one), key=lambda note: -note.xy[1]))
    return ax


def peak_labels(ax: Axes, one: xr.Dataset, words: str = "{peak:.0f} on day {day:.1f}") -> list[Annotation]:
    """Mark the peak of each arm in view that rises, and say how high it is and when; `settle` places the words."""
    notes = []
    for (_, arm), (colour, _) in zip(arms(one), ARMS, strict=False):
        if has_peak(arm):
            peak, day = float(arm.peak), float(arm.peak_day)
            ax.plot([day], [peak], "o", color=colour, ms=5, zorder=5)
            notes.append(callout(ax, words.format(peak=peak, day=day), (day, peak)))
    return notes
