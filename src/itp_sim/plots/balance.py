"""Platelets that come in and go out, as areas: the blood as a reservoir."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from itp_sim.plots.frame import new_axes
from itp_sim.plots.mechanism import FLUXES
from itp_sim.plots.style import BLACK, BLUE, PINK, RED, bare_frame, day_label, one_patient

#: Areas of :func:`balance`, with colour and hatch.
AREAS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"lost": (RED, ""), "kept": (BLUE, "///"), "drained": (PINK, "xx")}
)


def balance(run: xr.Dataset, *, patient: Any = None, before: float = 0.0, ax: Axes | None = None) -> Axes:
    """Production against all losses of platelets: what is lost, what stays, and what drains the reservoir.

    Parameters
    ----------
    run
        Result of `simulate` with production and the losses, for one arm.
    patient
        Label of the patient; may be left out if there is one.
    before
        Days of the untreated steady state that are drawn before day 0 [day].
    ax
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Areas are labelled "lost", "kept" and "drained", lines "production" and "loss"; there is no legend.

    Raises
    ------
    InputError
        If the run lacks an output or the patient.
    """
    one = one_patient(run, patient, ("production", *FLUXES)).isel(arm=0)
    ax = new_axes(ax)
    day = extended(one.time, before, shift=-before)
    made = extended(one.production, before)
    lost = extended(sum_of_losses(one), before)
    both = np.minimum(made, lost)
    for name, low, high in (("lost", 0 * both, both), ("kept", both, made), ("drained", both, lost)):
        colour, hatch = AREAS[name]
        area = ax.fill_between(day, low, high, facecolor=colour, alpha=0.35, lw=0, hatch=hatch, label=name)
        area.set_edgecolor("white")
    ax.plot(day, made, color=BLACK, label="production")
    ax.plot(day, lost, color=RED, ls="--", label="loss")
    ax.set_xlim(day[0], day[-1])
    ax.set_ylim(0, 1.25 * max(made.max(), lost.max()))
    ax.set_xlabel(day_label(one))
    ax.set_ylabel("Platelets ($10^9$/L per day)")
    bare_frame(ax)
    return ax


def sum_of_losses(one: xr.Dataset) -> xr.DataArray:
    """All losses of platelets together [1e9/L/day]."""
    total: xr.DataArray = sum((one[name] for name in FLUXES), start=xr.zeros_like(one.production))
    return total


def extended(values: Any, before: float, *, shift: float = 0.0) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Values over time, the first of them held for `before` days; `shift` moves that one."""
    array = np.asarray(values, dtype=float)
    return np.concatenate([[array[0] + shift], array]) if before else array
