"""Many patients: each under two regimens, the share that has responded by a day, and the map of two parameters."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import matplotlib as mpl
import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from itp_sim import checks
from itp_sim.errors import InputError
from itp_sim.plots.frame import new_axes
from itp_sim.plots.style import (
    ARMS,
    BLACK,
    BLUE,
    GREEN,
    PINK,
    QUIET,
    RED,
    bare_frame,
    check_run,
    day_label,
    level_label,
)
from itp_sim.usual import LONGEST

#: Groups of :func:`paired`, with colour and marker.
GROUPS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"neither": (RED, "x"), "second only": (GREEN, "^"), "both": (BLUE, "o"), "first only": (PINK, "s")}
)


def paired(run: xr.Dataset, *, level: float = 50.0, ax: Axes | None = None) -> Axes:
    """The peak of every patient under two regimens, one against the other, by who reaches a count.

    Parameters
    ----------
    run
        Result of `simulate` for several patients and two arms.
    level
        The count that is to be reached [1e9/L], one of the run's levels.
    ax
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Points are labelled by group: "neither", "second only", "both", "first only"; there is no legend.

    Raises
    ------
    InputError
        If the run has not two arms, or lacks the level.
    """
    run = check_run(run, ())
    if run.sizes["arm"] != 2:
        raise InputError(f"the run has {run.sizes['arm']} arms: compare two, as in run.isel(arm=[0, 1])")
    ax = new_axes(ax)
    crowd = max(1.0, run.sizes["patient"] / 300)
    size = 0.45 * mpl.rcParams["lines.markersize"] ** 2 / crowd**0.7
    first, second = run.peak.transpose("arm", "patient").to_numpy()
    lowest, highest = 0.8 * run.peak.min().item(), 1.25 * run.peak.max().item()
    ax.plot([lowest, highest], [lowest, highest], lw=0.8, zorder=1, **QUIET)
    for name, members in grouped(run, level).items():
        colour, marker = GROUPS[name]
        ax.scatter(first[members], second[members], s=size, color=colour, marker=marker, alpha=0.75, lw=0.9, label=name)
    ax.set_xscale("log")
    ax.set_yscale("log")
    ticks = [tick for tick in (5, 10, 20, 50, 100, 200, 500, 1000) if lowest < tick < highest]
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_ticks(ticks, [f"{tick}" for tick in ticks])
        axis.set_ticks([], minor=True)
    ax.axhline(level, lw=0.8, zorder=1, **QUIET)
    ax.axvline(level, lw=0.8, zorder=1, **QUIET)
    ax.set(xlim=(lowest, highest), ylim=(lowest, highest))
    names = [str(name) for name in run.arm.to_numpy()]
    ax.set_xlabel(f"Peak count after {names[0]} ($10^9$/L)")
    ax.set_ylabel(f"Peak count after {names[1]} ($10^9$/L)")
    bare_frame(ax)
    return ax


def grouped(run: xr.Dataset, level: float) -> dict[str, np.ndarray]:
    """Which patients reach the level under neither, the second, both or the first of two arms.

    Raises
    ------
    InputError
        If the run lacks the level.
    """
    one, two = _days(run, level).notnull().transpose("arm", "patient").to_numpy()
    return {"neither": ~one & ~two, "second only": two & ~one, "both": one & two, "first only": one & ~two}


def reached(run: xr.Dataset, level: float = 50.0, *, days: float | None = None, ax: Axes | None = None) -> Axes:
    """Share of the patients whose count has reached a level, by day, a staircase for each arm.

    Parameters
    ----------
    run
        Result of `simulate` for several patients.
    level
        The count [1e9/L], one of the run's levels.
    days
        Last day drawn; by default that of the run.
    ax
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Curves are labelled with their arm; there is no legend.

    Raises
    ------
    InputError
        If the run lacks the level, or has more than five arms.
    """
    run = check_run(run, ())
    found = _days(run, level)
    ax = new_axes(ax)
    end = float(run.time[-1]) if days is None else checks.number("days", days, 0.0, LONGEST, "day", open_low=True)
    for name, (colour, dashes) in zip(run.arm.to_numpy(), ARMS, strict=False):
        arm = found.sel(arm=name).to_numpy()
        when = np.sort(arm[np.isfinite(arm) & (arm <= end)])
        share = 100 * np.arange(len(when) + 1) / len(arm)
        x, y = np.append(np.insert(when, 0, 0.0), end), np.append(share, share[-1])
        ax.plot(x, y, drawstyle="steps-post", color=colour, ls=dashes, label=str(name))
    ax.set(xlim=(0, end), ylim=(0, 105))
    ax.set_xlabel(day_label(run))
    ax.set_ylabel(f"Reached {level:g} (% of patients)")
    bare_frame(ax)
    return ax


def response_map(
    run: xr.Dataset, x: str, y: str, *, levels: Iterable[float] = (30, 50, 100), ax: Axes | None = None
) -> Axes:
    """The peak over two parameters, in shades between levels, darker where it is higher.

    Parameters
    ----------
    run
        Result of `simulate` for patients on a grid: every value of `x` with every value of `y`; one arm.
    x, y
        Names of the two parameters.
    levels
        Counts between which the shade changes, ascending [1e9/L].
    ax
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Lines stand at the levels.

    Raises
    ------
    InputError
        If the patients are on no grid.
    """
    run = check_run(run, ()).isel(arm=0)
    across, up = (np.unique(run.parameters.sel(parameter=name).to_numpy()) for name in (x, y))
    if len(across) * len(up) != run.sizes["patient"]:
        raise InputError(
            f"{run.sizes['patient']} patients are no grid of {len(across)} values of {x} and {len(up)} of {y}: "
            "simulate every value of the one with every value of the other"
        )
    peak = np.full((len(up), len(across)), np.nan)
    places = [
        np.searchsorted(values, run.parameters.sel(parameter=name).to_numpy())
        for name, values in ((y, up), (x, across))
    ]
    peak[tuple(places)] = run.peak.to_numpy()
    bounds = sorted(float(level) for level in levels)
    ax = new_axes(ax)
    shades = [_shade(BLUE, depth) for depth in np.linspace(0.0, 0.62, len(bounds) + 1)]
    edges = [min(0.0, bounds[0] - 1), *bounds, max(float(peak.max()), bounds[-1]) + 1]
    ax.contourf(across, up, peak, levels=edges, colors=shades)
    ax.contour(across, up, peak, levels=bounds, colors=BLACK, linewidths=0.9)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    bare_frame(ax)
    return ax


def _shade(colour: str, depth: float) -> tuple[float, float, float]:
    """A colour on white paper at this depth, 0 to 1."""
    red, green, blue = (1 - depth * (1 - c) for c in to_rgb(colour))
    return red, green, blue


def _days(run: xr.Dataset, level: float) -> xr.DataArray:
    """Day on which each patient in each arm first reaches the level."""
    found: xr.DataArray = run.first_day.sel(level=level_label(run, level))
    return found
