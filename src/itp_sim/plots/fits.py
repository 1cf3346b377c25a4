"""One fitted patient: measured counts with the fitted curve, predictions, and what the counts say of a parameter."""

import textwrap
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from itp_sim import checks
from itp_sim.equations import Parameters, labels
from itp_sim.errors import InputError
from itp_sim.fitting.profiles import CONFIDENCE, deviance_limit
from itp_sim.plots.frame import BROAD, close, new_axes
from itp_sim.plots.style import (
    ARMS,
    BLACK,
    BLUE,
    COUNT,
    LABEL,
    QUIET,
    RED,
    arms,
    bare_frame,
    count_frame,
    day_label,
    threshold_counts,
    title_above,
)
from itp_sim.response import THRESHOLDS

if TYPE_CHECKING:
    from itp_sim.fitting import Fit

#: Days that are drawn after the last count.
BEYOND = 7.0
#: Parameters that are drawn over a logarithmic axis: all but those that the population has near 0.
WIDE = 20.0


def fit(
    fitted: "Fit",
    *,
    days: float | None = None,
    thresholds: Iterable[float] = THRESHOLDS,
    title: str | None = None,
    ax: Axes | None = None,
    notice: bool = True,
) -> Axes:
    """Measured counts of one patient, the curve that was fitted, and two bands.

    Parameters
    ----------
    fitted
        Result of `itp_sim.fit`.
    days
        End of the curve, from the first infusion [day]; a week after the last count by default.
    thresholds
        Counts to be drawn as labelled lines [1e9/L].
    title
        Title of the axes.
    ax
        Axes to draw on; by default those of a new figure.
    notice
        Print the research-and-education statement below.

    Returns
    -------
    matplotlib.axes.Axes
        The filled band holds the curve itself, the thin lines a count as it would be measured.

    Raises
    ------
    InputError
        If it is no fit, or a number is out of range.
    """
    first = _checked(fitted).subject.infusions[0].start
    seen = [(one.day - first, one.value) for one in fitted.subject.observations if one.kind == "platelets"]
    end = BEYOND + max(day for day, _ in seen) if days is None else days
    predicted = fitted.predict(days=end)
    return _drawn(predicted, seen, thresholds=thresholds, title=title, ax=ax, notice=notice)


def prediction(
    predicted: xr.Dataset,
    *,
    thresholds: Iterable[float] = THRESHOLDS,
    title: str | None = None,
    ax: Axes | None = None,
    notice: bool = True,
) -> Axes:
    """Counts that are predicted for one fitted patient under one regimen or several, with their bands.

    Parameters
    ----------
    predicted
        Result of `Fit.predict`, with at most five arms.
    thresholds, title, ax, notice
        As in :func:`fit`.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If it is no prediction, or has more than five arms.
    """
    if not isinstance(predicted, xr.Dataset) or "measured" not in predicted or "arm" not in predicted.dims:
        raise InputError(f"predicted is {checks.shown(predicted)}: give a result of Fit.predict()")
    if predicted.sizes["arm"] > len(ARMS):
        raise InputError(f"the prediction has {predicted.sizes['arm']} arms: draw at most {len(ARMS)}")
    return _drawn(predicted, [], thresholds=thresholds, title=title, ax=ax, notice=notice)


def _checked(fitted: object) -> "Fit":
    from itp_sim.fitting import Fit

    if not isinstance(fitted, Fit):
        raise InputError(
            f"fitted is {checks.shown(fitted)}: give a result of fit(), as in plots.fit(itp_sim.fit(data))"
        )
    return fitted


def _drawn(
    predicted: xr.Dataset,
    seen: list[tuple[float, float]],
    *,
    thresholds: Iterable[float],
    title: str | None,
    ax: Axes | None,
    notice: bool,
) -> Axes:
    lines = threshold_counts(thresholds)
    own, ax = ax is None, new_axes(ax, BROAD)
    top = 1.08 * max([float(predicted.measured.max() if seen else predicted.platelets.max()), *lines])
    top = max([top, *(1.05 * value for _, value in seen)])
    start = min([0.0, *(day for day, _ in seen)])
    # A count on the very first day stands free of the frame.
    ax.set_xlim(start - 0.02 * float(predicted.time[-1]) if seen else 0.0, float(predicted.time[-1]))
    rows = count_frame(ax, predicted, lines, top=top, days=day_label(predicted), count=COUNT, normal="normal")
    handles: list[Any] = []
    names: list[str] = []
    for (name, arm), (colour, dashes) in zip(arms(predicted), ARMS, strict=False):
        low, _, high = arm.platelets.transpose("quantile", "time").to_numpy()
        ax.fill_between(arm.time, low, high, color=colour, alpha=0.22, lw=0)
        (curve,) = ax.plot(arm.time, arm.estimate, color=colour, ls=dashes, lw=2.2)
        handles.append(curve)
        names.append("most probable curve" if seen else textwrap.fill(name, LABEL))
        if seen:
            for edge in arm.measured.transpose("quantile", "time").to_numpy()[[0, -1]]:
                ax.plot(arm.time, edge, color=colour, lw=0.9)
    share = f"{100 * predicted.attrs['confidence']:g}%"
    handles.append(Patch(color=BLUE if seen else QUIET["color"], alpha=0.22 if seen else 0.4, lw=0))
    names.append(f"{share} of the draws: the curve")
    if seen:
        handles += [Line2D([], [], color=BLUE, lw=0.9), *ax.plot(*zip(*seen, strict=True), "o", **_POINTS)]
        names += [f"limits of {share}:\na count as it is measured", f"counts of subject {predicted.attrs['subject']}"]
    title_above(ax, title, rows)
    close(ax, handles, names, result=predicted, own=own, rows=rows, notice=notice)
    return ax


_POINTS: Mapping[str, Any] = MappingProxyType(
    {"color": BLACK, "mfc": "white", "ms": 7, "mew": 1.6, "zorder": 5, "clip_on": False}
)


def profile(fitted: "Fit", parameter: str, *, ax: Axes | None = None) -> Axes:
    """What the counts say of one parameter: its profile likelihood beside what the population says.

    Parameters
    ----------
    fitted
        Result of `itp_sim.fit`.
    parameter
        One of the parameters that were judged.
    ax
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Values below the line of the confidence cannot be ruled out by the counts; the grey band holds as many of the
        population. A profile that is flat says nothing.

    Raises
    ------
    InputError
        If it is no fit.
    UnknownNameError
        If the parameter was not judged.
    """
    name = checks.name("parameter that was judged", parameter, list(_checked(fitted).judged.index))
    one = fitted.profiles[fitted.profiles["parameter"] == name]
    row: Any = fitted.summary(CONFIDENCE).loc[name]
    ax = new_axes(ax)
    limit = deviance_limit()
    inside = np.isfinite(one["deviance"])
    ax.axvspan(row["prior_low"], row["prior_high"], color=BLACK, alpha=0.09, lw=0)
    ax.plot(one["value"][inside], one["deviance"][inside], "o-", color=BLUE, ms=4)
    ax.axvline(row["estimate"], color=RED, ls="--", lw=1.4)
    ax.axhline(limit, lw=0.8, **QUIET)
    ax.set_ylim(0, 3 * limit)
    low, high = float(one["value"].min()), float(one["value"].max())
    if high > WIDE * low:
        ax.set_xscale("log")
    declared = labels(Parameters)[name]
    unit = f" ({declared.unit.replace('1e9', '$10^9$')})" if declared.unit else ""
    ax.set_xlabel(f"{name}{unit}")
    ax.set_ylabel("Deviance lost")
    ax.set_title(f"{name}: {row['verdict']}", loc="left")
    bare_frame(ax)
    return ax
