"""How long the count stands above each threshold."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from itp_sim.plots.frame import new_axes
from itp_sim.plots.style import ARMS, COUNT, arms, bare_frame, level_label, one_patient, threshold_counts

#: Of the bars of each arm: they repeat what the colour says.
HATCHES = ("", "///", "...", "\\\\\\", "xxx")


def durations(
    run: xr.Dataset,
    thresholds: Iterable[float] = (10, 30, 50, 100),
    *,
    patient: Any = None,
    ax: Axes | None = None,
) -> Axes:
    """Days at or above each threshold, a bar for each arm, the lowest threshold below.

    Parameters
    ----------
    run
        Result of `simulate` whose levels hold the thresholds.
    thresholds
        Counts [1e9/L].
    patient
        Label of the patient; may be left out if there is one.
    ax
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Bars are labelled with their arm; there is no legend.

    Raises
    ------
    InputError
        If the run lacks a level or the patient, or has more than five arms.
    """
    one = one_patient(run, patient, ())
    counts = sorted(threshold_counts(thresholds))
    levels = [level_label(one, count) for count in counts]
    ax = new_axes(ax)
    n = one.sizes["arm"]
    height = 0.8 / n
    for i, ((name, arm), (colour, _)) in enumerate(zip(arms(one), ARMS, strict=False)):
        places = np.arange(len(counts)) + 0.4 - height * (i + 0.5)
        days = arm.days_above.sel(level=levels).to_numpy()
        bars = ax.barh(places, days, 0.86 * height, facecolor=colour, alpha=0.75, label=name, hatch=HATCHES[i])
        for bar in bars:
            bar.set_edgecolor("white")
            bar.set_linewidth(0)
        for place, long in zip(places, days, strict=True):
            ax.annotate(f"{long:.1f}", (long, place), xytext=(3, 0),
                        textcoords="offset points", va="center")  # fmt: skip
    ax.set_yticks(range(len(counts)), [f"{count:g}" for count in counts])
    ax.set_xlim(0, 1.15 * max(float(one.days_above.sel(level=levels).max()), 1e-9))
    ax.set_xlabel("Days at or above")
    ax.set_ylabel(COUNT)
    bare_frame(ax)
    return ax
