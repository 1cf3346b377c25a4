"""Questions before a study: the chance of a count day by day, and which blood draws tell most."""

import textwrap
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes

from itp_sim import checks
from itp_sim.errors import InputError
from itp_sim.plots.frame import BROAD, close, close_table, new_axes
from itp_sim.plots.style import (
    ARMS,
    LABEL,
    MARKERS,
    QUIET,
    arms,
    bare_frame,
    beside,
    day_label,
    dose_marks,
    notice_below,
)

#: Names of what a schedule tells, where they are not those of parameters.
NAMES: Mapping[str, str] = MappingProxyType({"peak": "peak count", "days_above_50": "days at 50 or more"})
#: Columns of a table of schedules that are not what is left of something.
TOLD = ("draws", "bits", "bits_error", "effective")
#: Height of a schedule's row, and of the words around [inch].
ROW, AROUND = 0.36, 1.6


def chance(chances: xr.Dataset, *, level: float = 50.0, ax: Axes | None = None, notice: bool = True) -> Axes:
    """Chance of a count on each day after the infusion, one curve an arm with its interval.

    Parameters
    ----------
    chances
        Result of `chance_above`.
    level
        One of its counts [1e9/L].
    ax
        Axes to draw on; by default those of a new figure.
    notice
        Print the research-and-education statement below.

    Returns
    -------
    matplotlib.axes.Axes
        The curve of a model, for research and teaching; it advises no day and no dose.

    Raises
    ------
    InputError
        If the level is not there, or there are more than five arms.
    """
    if not isinstance(chances, xr.Dataset) or not {"chance", "low", "high"} <= set(chances):
        raise InputError(f"chances is {checks.shown(chances)}: give a result of chance_above()")
    if chances.sizes["arm"] > len(ARMS):
        raise InputError(f"there are {chances.sizes['arm']} arms: draw at most {len(ARMS)}")
    levels = chances.level.to_numpy().tolist()
    if level not in levels:
        raise InputError(f"level is {checks.shown(level)}: choose from {checks.listed([f'{x:g}' for x in levels])}")
    own, ax = ax is None, new_axes(ax, BROAD)
    one = chances.sel(level=level)
    for (name, arm), (colour, dashes) in zip(arms(one), ARMS, strict=False):
        ax.fill_between(arm.time, 100 * arm.low, 100 * arm.high, color=colour, alpha=0.22, lw=0)
        ax.plot(arm.time, 100 * arm.chance, color=colour, ls=dashes, lw=2, label=textwrap.fill(name, LABEL))
    ax.set(xlim=(0, float(one.time[-1])), ylim=(0, 100), xlabel=day_label(one))
    ax.set_ylabel(f"% of patients at {level:g} or more")
    bare_frame(ax)
    rows = dose_marks(ax, one)
    handles, names = ax.get_legend_handles_labels()
    close(ax, handles, names, result=chances, own=own, rows=rows, points=12, notice=notice)
    return ax


def information(table: pd.DataFrame, *, ax: Axes | None = None, notice: bool = True) -> Axes:
    """How much the draws of each schedule tell of a patient.

    Parameters
    ----------
    table
        Result of `expected_information`.
    ax
        Axes to draw on; by default those of a new figure.
    notice
        Print the research-and-education statement below.

    Returns
    -------
    matplotlib.axes.Axes
        One row a schedule, the first on top; a mark for each of the parameters and read-outs, at the share of the
        variance between patients that the draws explain.

    Raises
    ------
    InputError
        If it is no such table.
    """
    told = explained(table)
    ax = marks(told, ax=new_axes(ax, (9, AROUND + ROW * len(told))))
    ax.set_xlabel("% of the variance between patients that the counts explain")
    handles, names = ax.get_legend_handles_labels()
    beside(ax, handles, names, points=8)
    if notice:
        notice_below(ax.get_figure(), table)
    return ax


def explained(table: pd.DataFrame) -> pd.DataFrame:
    """Share of the variance between patients that each schedule explains [%], a column for each that is to be known.

    Raises
    ------
    InputError
        If it is no result of `expected_information`.
    """
    if not isinstance(table, pd.DataFrame) or not {*TOLD} <= set(table.columns):
        raise InputError(f"table is {checks.shown(table)}: give a result of expected_information()")
    return 100 * (1 - table.drop(columns=[*TOLD]).clip(0, 1))


def marks(shares: pd.DataFrame, *, ax: Axes) -> Axes:
    """A row of marks for each schedule, of what :func:`explained` returns; there is no legend."""
    looks = [*zip((colour for colour, _ in ARMS), MARKERS, strict=True), (ARMS[0][0], "P"), (ARMS[1][0], "X")]
    places = np.arange(len(shares))
    apart = 0.66 / max(len(shares.columns), 1)
    for i, (name, (colour, marker)) in enumerate(zip(shares.columns, looks, strict=False)):
        shift = (i - (len(shares.columns) - 1) / 2) * apart
        share = shares[name]
        ax.plot(share, places + shift, marker, color=colour, ms=6, label=NAMES.get(str(name), str(name)), clip_on=False)
    for place in places[:-1]:
        ax.axhline(place + 0.5, lw=0.5, **QUIET)
    ax.set_yticks(places, [str(name) for name in shares.index])
    ax.set(xlim=(0, 100), ylim=(len(shares) - 0.5, -0.5))
    close_table(ax, shares, notice=False)
    ax.tick_params(axis="y", pad=8)  # a mark at 0 stands over the edge
    return ax
