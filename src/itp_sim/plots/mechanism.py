"""Why the count rises and falls, from IgG to the count."""

import textwrap
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import xarray as xr
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from itp_sim.errors import InputError
from itp_sim.plots.style import (
    BLACK,
    BLUE,
    GREEN,
    PINK,
    RED,
    SLIDE,
    arms,
    bare_frame,
    beside,
    day_label,
    notice_below,
    one_patient,
    rises,
)

#: Ways in which platelets are lost, in the order of the stack, with colour, hatch and label.
FLUXES: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        "spleen_clearance": (RED, "", "cleared by the spleen"),
        "liver_clearance": (PINK, "///", "cleared by the liver"),
        "haemostatic_use": (GREEN, "...", "used for haemostasis"),
        "senescence": (BLUE, "\\\\\\", "died of age"),
    }
)
#: A word above the point that it belongs to.
_ABOVE: dict[str, Any] = {"textcoords": "offset points", "ha": "center", "va": "bottom"}


def mechanism(
    run: xr.Dataset, *, patient: Any = None, figure: Figure | None = None, notice: bool = True
) -> np.ndarray[Any, np.dtype[Any]]:
    """Why the count rises and falls: IgG, blockade, clearance against production, count; one column an arm.

    Where production runs above the stacked clearance the count rises; the peak stands where they meet.

    Parameters
    ----------
    run
        Result of `simulate`, with every output of `equations.Outputs`.
    patient
        Label of the patient; may be left out if there is one.
    figure
        Empty figure to draw on; by default a new one.
    notice
        Print the research-and-education statement below.

    Returns
    -------
    numpy.ndarray
        Axes, shape (4, arms).

    Raises
    ------
    InputError
        If the run lacks an output or the patient, or has more than five arms.
    """
    needed = ("igg", "infused_igg", "blockade", "production", *FLUXES, "platelets")
    one = one_patient(run, patient, needed)
    if figure is not None and figure.axes:
        raise InputError("the figure has axes already: give an empty one, such as plt.figure(layout='constrained')")
    n = one.sizes["arm"]
    wide = min(2.6 + 3.4 * n, SLIDE)
    figure = figure or plt.figure(figsize=(wide, 8.4), layout="constrained")
    axes = figure.subplots(4, n, sharex=True, sharey="row", squeeze=False, height_ratios=(1, 1, 1.5, 1.5))
    untreated = float(one.parameters.sel(parameter="P0"))
    for column, (name, arm) in zip(axes.T, arms(one), strict=True):
        column[0].set_title(textwrap.fill(name, int(9 * (wide - 2.6) / n)), fontsize="large")
        _igg(column[0], arm)
        column[1].plot(arm.time, 100 * arm.blockade, color=BLACK, lw=1.8)
        _fluxes(column[2], arm)
        _count(column[3], arm, untreated)
        column[3].set_xlabel(day_label(one) if n <= 3 else "Days")
    labels = (
        "IgG in plasma\n(g/L)",
        "Fc$\\gamma$ clearance\nblocked (%)",
        "Platelets\n($10^9$/L per day)",
        "Count\n($10^9$/L)",
    )
    tops = (None, 105, None, 1.35 * float(one.peak.max()))
    for row, label, top in zip(axes, labels, tops, strict=True):
        row[0].set_ylabel(label)
        for ax in row:
            ax.set(xlim=(0, float(one.time[-1])), ylim=(0, top))
            bare_frame(ax)
    figure.align_ylabels(axes[:, 0])
    beside(axes[0, -1], *axes[0, -1].get_legend_handles_labels())
    _flux_legend(axes[2, -1])
    if notice:
        notice_below(figure, run)
    return axes


def _igg(ax: Axes, arm: xr.Dataset) -> None:
    ax.plot(arm.time, arm.igg, color=BLACK, lw=1.8, label="all IgG")
    ax.plot(arm.time, arm.infused_igg, color=BLUE, ls="--", lw=1.8, label="infused IgG")


def _fluxes(ax: Axes, arm: xr.Dataset) -> None:
    parts = ax.stackplot(
        arm.time, *(arm[name] for name in FLUXES), colors=[colour for colour, _, _ in FLUXES.values()], alpha=0.45, lw=0
    )
    for part, (_, hatch, _) in zip(parts, FLUXES.values(), strict=True):
        part.set_hatch(hatch)
        part.set_edgecolor("white")
    ax.plot(arm.time, arm.production, color=BLACK, lw=2)


def _flux_legend(ax: Axes) -> None:
    handles: list[Line2D | Patch] = [Line2D([], [], color=BLACK, lw=2)]
    labels = ["made by the marrow"]
    for colour, hatch, label in reversed([*FLUXES.values()]):
        handles.append(Patch(facecolor=colour, alpha=0.45, hatch=hatch, edgecolor="white"))
        labels.append(label)
    beside(ax, handles, labels)


def _count(ax: Axes, arm: xr.Dataset, untreated: float) -> None:
    ax.plot(arm.time, arm.platelets, color=BLACK, lw=2)
    peak, day, end = float(arm.peak), float(arm.peak_day), float(arm.time[-1])
    if not rises(arm):
        ax.annotate("no rise", (0.5, untreated), xycoords=ax.get_yaxis_transform(), xytext=(0, 4), **_ABOVE)
        return
    ax.plot([day], [peak], "o", color=BLACK, ms=5, clip_on=False)
    side, what = "left" if day < end / 2 else "right", "peak" if day < end else "highest"
    ax.annotate(f"{what} {peak:.0f}\non day {day:.1f}", (day, peak), xytext=(0, 5), **_ABOVE | {"ha": side})
