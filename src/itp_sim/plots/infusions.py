"""Hours and vials of the same dose in different products."""

import pandas as pd
from matplotlib.axes import Axes

from itp_sim.errors import InputError
from itp_sim.plots.frame import new_axes
from itp_sim.plots.style import BLUE, bare_frame

NEEDED = ("hours", "vials")


def infusions(table: pd.DataFrame, *, ax: Axes | None = None) -> Axes:
    """Hours of an infusion by product, with the vials that hold it.

    Parameters
    ----------
    table
        One row a product, indexed by its name, with `hours` [h] and `vials`, as in the table of `Regimen.plan`.
    ax
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The bars are labelled "hours"; the first product is on top.

    Raises
    ------
    InputError
        If a column is missing or no row is left.
    """
    missing = [name for name in NEEDED if name not in table.columns]
    if missing or table.empty:
        raise InputError(f"the table has no {missing[0] if missing else 'row'}: give one like that of Regimen.plan()")
    ax = new_axes(ax)
    places = range(len(table))
    ax.barh(places, table["hours"], 0.62, color=BLUE, alpha=0.55, label="hours")
    for place, hours in zip(places, table["hours"], strict=True):
        ax.annotate(f"{hours:.1f}", (hours, place), xytext=(4, 0), textcoords="offset points", va="center")
    ax.set_yticks(places, [f"{name}\n{row['vials']}" for name, row in table.iterrows()])
    ax.invert_yaxis()
    ax.set_xlim(0, 1.15 * float(table["hours"].max()))
    ax.set_xlabel("Hours of one infusion")
    bare_frame(ax)
    ax.tick_params(axis="y", length=0)
    return ax
