"""The counts of many patients: median and bands, or a few faint curves."""

import textwrap
from collections.abc import Iterable
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from itp_sim import checks
from itp_sim.errors import InputError
from itp_sim.observed import Study
from itp_sim.plots.frame import BROAD, close, new_axes
from itp_sim.plots.published import Observed, asked, observations
from itp_sim.plots.style import (
    ARMS,
    COUNT,
    LABEL,
    QUIET,
    arms,
    bare_frame,
    check_run,
    count_axis,
    day_label,
    threshold_counts,
    title_above,
)
from itp_sim.response import THRESHOLDS

#: Shares of the patients that the band holds, and that the lines around it hold; bands of two arms stay apart by it.
INNER, OUTER = 0.5, 0.9
#: Width of those lines [points].
EDGE = 0.9
#: Faint curves of the educator style.
CURVES = 20
STYLES = ("paper", "educator")


def cohort(
    run: xr.Dataset,
    *,
    style: str = "paper",
    observed: Observed = (),
    thresholds: Iterable[float] = THRESHOLDS,
    title: str | None = None,
    ax: Axes | None = None,
    notice: bool = True,
) -> Axes:
    """Platelet counts of many patients in every arm.

    Parameters
    ----------
    run
        Result of `simulate` for several patients, with `platelets`.
    style
        "paper": median with a band that holds 50% of the patients at each time, between thin lines that hold 90%.
        "educator": median over 20 faint curves, each a patient, spread evenly over the order of their peaks.
    observed, thresholds, title, ax, notice
        As in `counts`. A published rise is added to the median untreated count. Published means stand beside the
        medians of the virtual patients, which the legend says: counts are skewed, so the two differ.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If the run lacks the count, has fewer than three patients or more than five arms, or a study does not exist.
    """
    style = checks.name("style", style, STYLES)
    run = check_run(run, ("platelets",))
    if run.sizes["patient"] < 3:
        raise InputError("the run has fewer than 3 patients: draw each with plots.counts()")
    lines = threshold_counts(thresholds)
    found = asked(observed)
    own, ax = ax is None, new_axes(ax, BROAD)
    draw = _bands if style == "paper" else _curves
    highest = max(draw(ax, arm, look) for (_, arm), look in zip(arms(run), ARMS, strict=False))
    for (name, arm), (colour, dashes) in zip(arms(run), ARMS, strict=False):
        median = arm.platelets.median("patient")
        ax.plot(run.time, median, color=colour, ls=dashes, lw=2.2, label=textwrap.fill(name, LABEL))
    top = 1.05 * max([highest, observations(ax, run, found), *lines])
    rows = count_axis(ax, run, lines, top=top)
    title_above(ax, title, rows)
    handles, labels = ax.get_legend_handles_labels()
    n = run.sizes["patient"]
    labels[: run.sizes["arm"]] = [f"{label}: median" for label in labels[: run.sizes["arm"]]]
    if style == "paper":
        handles += [Patch(alpha=0.4, color=QUIET["color"], lw=0), Line2D([], [], lw=EDGE, **QUIET)]
        labels += [f"{100 * INNER:g}% of {n} virtual patients", f"limits of {100 * OUTER:g}%"]
    else:
        handles.append(Line2D([], [], lw=0.8, **QUIET))
        labels.append(f"{min(CURVES, n)} of {n} virtual patients")
    if any(point.statistic == "mean" for one in found if isinstance(one, Study) for point in one.points):
        handles.append(Line2D([], [], ls=""))
        labels.append("published means stand\nbeside medians: these differ")
    close(ax, handles, labels, result=run, own=own, rows=rows, notice=notice)
    return ax


def _bands(ax: Axes, arm: xr.Dataset, look: tuple[str, Any]) -> float:
    """Band and limits of one arm in its colour and dashes; return the highest count drawn."""
    colour, dashes = look
    across = arm.platelets.dims.index("patient")
    ends = [(1 - OUTER) / 2, (1 - INNER) / 2, (1 + INNER) / 2, (1 + OUTER) / 2]
    lowest, low, high, highest = np.quantile(arm.platelets, ends, axis=across)
    ax.fill_between(arm.time, low, high, color=colour, alpha=0.22, lw=0)
    for edge in (lowest, highest):
        ax.plot(arm.time, edge, color=colour, ls=dashes, lw=EDGE)
    return float(highest.max())


def bands(run: xr.Dataset, *, ax: Axes | None = None) -> Axes:
    """Median count of many patients in every arm, and the band that holds half of them; nothing else.

    Parameters
    ----------
    run
        Result of `simulate` for several patients, with `platelets`.
    ax
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Medians are labelled with their arm, bands with the arm and "50%"; there is no legend.

    Raises
    ------
    InputError
        If the run lacks the count or has more than five arms.
    """
    run = check_run(run, ("platelets",))
    ax = new_axes(ax)
    across = [d for d in run.platelets.dims if d != "arm"].index("patient")
    for (name, arm), (colour, dashes) in zip(arms(run), ARMS, strict=False):
        low, high = np.quantile(arm.platelets, [(1 - INNER) / 2, (1 + INNER) / 2], axis=across)
        ax.fill_between(arm.time, low, high, color=colour, alpha=0.2, lw=0, label=f"{name}, {100 * INNER:g}%")
        ax.plot(run.time, arm.platelets.median("patient"), color=colour, ls=dashes, label=name)
    ax.set_xlim(0, float(run.time[-1]))
    ax.set_ylim(bottom=0)
    ax.set_xlabel(day_label(run))
    ax.set_ylabel(COUNT)
    bare_frame(ax)
    return ax


def _curves(ax: Axes, arm: xr.Dataset, look: tuple[str, Any]) -> float:
    """Faint curves of one arm in its colour and dashes; return the highest count drawn."""
    colour, dashes = look
    order = np.argsort(arm.peak.to_numpy(), kind="stable")
    chosen = order[np.linspace(0, len(order) - 1, min(CURVES, len(order))).round().astype(int)]
    counts = arm.platelets.isel(patient=chosen).transpose("time", "patient")
    ax.plot(arm.time, counts, color=colour, ls=dashes, lw=0.8, alpha=0.35)
    return float(counts.max())
