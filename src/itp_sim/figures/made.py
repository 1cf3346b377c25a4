"""What a figure's function hands back, and what they share."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation

from itp_sim.conventions import first_rise
from itp_sim.design import Level
from itp_sim.figures.looks import Look, key
from itp_sim.figures.words import Words
from itp_sim.plots.labels import callout
from itp_sim.plots.style import ARMS, QUIET, arms, count_frame, has_peak, starts_at_once

#: The count whose reach makes a responder in the figures, as in product licensing trials [1e9/L].
FIFTY = 50.0


def rise_days() -> tuple[float, float]:
    """Days of the first rise, which are shaded [day]."""
    found = first_rise()
    return found.low, found.high


class Made(NamedTuple):
    """A drawn figure without its title, the words that still have to find their place, and the numbers in its texts."""

    figure: Figure
    notes: Sequence[Annotation]
    facts: Mapping[str, Any]
    animate: Callable[[Path], None] | None = None
    data: pd.DataFrame | None = None  #: where the picture is no chart
    place: Callable[[], None] | None = None  #: writes what needs the final layout
    title: str | None = None  #: where the figure's own does not fit what was asked


def one_row(run: xr.Dataset, arm: str) -> xr.Dataset:
    """The run of one patient in one arm."""
    return run.sel(arm=arm).isel(patient=0)


def at(run: xr.Dataset, output: str, day: float) -> float:
    """Value of an output of one patient in one arm on a day."""
    return float(np.interp(day, run.time, run[output]))


def days_above(one: xr.Dataset, count: float = FIFTY) -> float:
    """Days of one patient in one arm at or above a count."""
    return float(one.days_above.sel(level=Level(count).label))


def count_axes(
    ax: Axes, run: xr.Dataset, said: Words, *, lines: Sequence[float], top: float, marks: bool = True
) -> int:
    """Frame of a plot of counts, in the words of the figure; see `plots.style.count_frame`."""
    return count_frame(
        ax, run, lines, top=top, days=days_of(run, said), count=said("count"), normal=said("normal"), marks=marks
    )


def days_of(run: xr.Dataset, said: Words) -> str:
    """Name of the time axis in the words of the figure; see `plots.style.day_label`."""
    return said("days") if starts_at_once(run) else said("days_of_regimen")


def room(run: xr.Dataset, look: Look) -> float:
    """Top of an axis of counts that leaves room for words above the highest peak."""
    return (1.3 if look.slide else 1.5) * float(max(run.peak.max(), 100.0))


def arm_key(figure: Figure, run: xr.Dataset, said: Words, *, look: Look, labels: Sequence[str] = ()) -> None:
    """The legend of the arms, and what the triangles are."""
    handles = [Line2D([], [], color=colour, ls=dashes) for _, (colour, dashes) in zip(arms(run), ARMS, strict=False)]
    labels = [*labels] or [name for name, _ in arms(run)]
    if np.isfinite(run.infusion_day.to_numpy()).any():
        handles.append(Line2D([], [], marker="v", ls="", **QUIET))
        labels.append(said("infusion"))
    key(figure, handles, labels, look=look)


def peaks(ax: Axes, run: xr.Dataset, said: Words) -> list[Annotation]:
    """A dot and words at each peak, on axes of counts."""
    notes = []
    for (name, arm), (colour, _) in zip(arms(run), ARMS, strict=False):
        one = arm.isel(patient=0)
        facts = peak(one, name)
        if has_peak(one):
            ax.plot([facts["day"]], [facts["peak"]], "o", color=colour, zorder=5)
            notes.append(callout(ax, said("at_peak", **facts), (facts["day"], facts["peak"])))
    return sorted(notes, key=lambda note: -note.xy[1])  # from the highest down or back: `settle` chooses


def peak(one: xr.Dataset, name: str) -> dict[str, Any]:
    """Name of an arm, its peak and the day of it."""
    return {"arm": name, "peak": float(one.peak), "day": float(one.peak_day)}
