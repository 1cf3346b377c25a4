"""One quantity over time: of one patient in every arm, or of several patients under one regimen."""

import textwrap
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from itp_sim import checks
from itp_sim.errors import InputError
from itp_sim.plots.frame import new_axes
from itp_sim.plots.style import (
    ARMS,
    BLACK,
    BLUE,
    LABEL,
    RED,
    arms,
    bare_frame,
    check_run,
    day_label,
    level_label,
    one_patient,
)

#: Most patients whose curves have a colour and a name of their own.
NAMED = len(ARMS)
#: Count by which more of them are told apart: those who reach it, and those who do not [1e9/L].
REACHED = 50.0


def curves(
    run: xr.Dataset,
    output: str = "platelets",
    *,
    percent: bool = False,
    patient: Any = None,
    ax: Axes | None = None,
) -> Axes:
    """One output of one patient, a curve for each arm.

    Parameters
    ----------
    run
        Result of `simulate` that holds `output`.
    output
        Name from `equations.Outputs` or `equations.State`.
    percent
        Draw a share as per cent.
    patient
        Label of the patient; may be left out if there is one.
    ax
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Each curve is labelled with its arm; there is no legend.

    Raises
    ------
    InputError
        If the run lacks the output or the patient, or has more than five arms.
    """
    one = one_patient(run, patient, (output,))
    ax = new_axes(ax)
    scale = 100 if percent else 1
    for (name, arm), (colour, dashes) in zip(arms(one), ARMS, strict=False):
        ax.plot(one.time, scale * arm[output], color=colour, ls=dashes, label=name)
    _named(ax, one, output, percent=percent)
    return ax


def patients(
    run: xr.Dataset,
    output: str = "platelets",
    *,
    percent: bool = False,
    arm: str | None = None,
    curves: int = 20,
    ax: Axes | None = None,
) -> Axes:
    """One output of several patients under one regimen; of many, their median as well.

    Up to five patients have a colour each and are labelled by name. Of more, `curves` are drawn, the middle ones
    of as many groups in the order of their peaks: dashed and red those who never reach 50, blue those who do.

    Parameters
    ----------
    run
        Result of `simulate` that holds `output`, for two patients or more.
    output, percent
        As in `curves`.
    arm
        Name of the arm; may be left out if there is one.
    curves
        Most curves drawn of single patients.
    ax
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InputError
        If the run lacks the output, the arm or the level of 50, or holds one patient.
    """
    run = check_run(run, (output,))
    names = [str(name) for name in run.arm.to_numpy()]
    if arm is None and len(names) > 1:
        raise InputError(f"the run has {len(names)} arms: choose one with `arm`, {checks.listed(names)}")
    one = run.sel(arm=names[0] if arm is None else checks.name("arm", arm, names))
    n = one.sizes["patient"]
    if n < 2:
        raise InputError("the run has one patient: draw it with plots.counts()")
    ax = new_axes(ax)
    scale = 100 if percent else 1
    if n <= NAMED:
        for i, (colour, dashes) in zip(range(n), ARMS, strict=False):
            each = one.isel(patient=i)
            ax.plot(one.time, scale * each[output], color=colour, ls=dashes, label=str(each.patient.item()))
    else:
        _faint(ax, one, scale * one[output], most=checks.whole("curves", curves, 1, 1000))
    _named(ax, one, output, percent=percent)
    return ax


def _faint(ax: Axes, one: xr.Dataset, values: xr.DataArray, *, most: int) -> None:
    """Faint curves of the chosen patients, and the median of all."""
    order = np.argsort(one.peak.to_numpy(), kind="stable")
    most = min(most, len(order))
    chosen = order[((np.arange(most) + 0.5) * len(order) / most).astype(int)]  # the middle of each of so many groups
    reach = one.first_day.sel(level=level_label(one, REACHED)).notnull().to_numpy()
    for i in chosen:
        each = values.isel(patient=i)
        colour, dashes = (BLUE, "-") if reach[i] else (RED, (0, (4, 1.5)))
        ax.plot(one.time, each, color=colour, ls=dashes, lw=0.9, alpha=0.6, label=f"{each.patient.item()}")
    ax.plot(one.time, values.median("patient"), color=BLACK, label="median", zorder=4)


def _named(ax: Axes, one: xr.Dataset, output: str, *, percent: bool) -> None:
    """Limits and names of the axes."""
    ax.set_xlim(0, float(one.time[-1]))
    ax.set_ylim(bottom=0)
    ax.set_xlabel(day_label(one))
    meaning = str(one[output].attrs.get("long_name", output))
    unit = "%" if percent else str(one[output].attrs.get("units", "1"))
    ax.set_ylabel(textwrap.fill(f"{meaning[0].upper()}{meaning[1:]}", LABEL) + (f" ({unit})" if unit != "1" else ""))
    bare_frame(ax)
