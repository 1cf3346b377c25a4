"""How a plot opens and closes: axes of its own or given ones, the legend beside, the statement below."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
import xarray as xr
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from itp_sim.plots.style import QUIET, bare_frame, beside, notice_below

#: Size of a figure of one quantity, and of one of counts with a legend beside it [inch].
SMALL, BROAD = (7.0, 4.0), (9.0, 4.8)
#: Height of a line of the legend, and of what stands above and below it [inch].
TOLD, AROUND = 0.22, 1.2


def new_axes(ax: Axes | None, size: tuple[float, float] = SMALL) -> Axes:
    """Return `ax`, or the axes of a new figure of this size [inch]."""
    if ax is None:
        _, ax = plt.subplots(figsize=size, layout="constrained")
    return ax


def close(
    ax: Axes,
    handles: Sequence[Any],
    labels: Sequence[str],
    *,
    result: xr.Dataset,
    own: bool,
    rows: int = 0,
    points: float = 48,
    notice: bool = True,
) -> None:
    """Write the legend beside, `points` from the axes, and the statement below.

    Infusions are named if there are `rows` of their marks. A figure that is the plot's `own` grows with its legend.
    """
    if rows:
        handles, labels = [*handles, Line2D([], [], marker="v", ls="", ms=5, **QUIET)], [*labels, "infusion"]
    beside(ax, handles, labels, points=points)
    figure: Any = ax.get_figure()
    if own:
        wide, high = figure.get_size_inches()
        figure.set_size_inches(wide, max(high, AROUND + TOLD * sum(label.count("\n") + 1 for label in labels)))
    if notice:
        notice_below(figure, result)


def close_table(ax: Axes, result: pd.DataFrame | xr.Dataset, *, notice: bool) -> None:
    """Frame of a plot with a row for each row of a table, and the statement of its result below."""
    bare_frame(ax)
    ax.spines["left"].set_visible(False)
    ax.tick_params(axis="y", length=0)
    if notice:
        notice_below(ax.get_figure(), result)
