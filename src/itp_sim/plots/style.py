"""How every plot looks: palette, labels at lines, legends, dose marks."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.transforms import ScaledTranslation

from itp_sim import checks
from itp_sim.errors import InputError
from itp_sim.results import whole

BLUE, RED, GREEN, PINK, BLACK = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000"
#: Colour and line style of the arms, in their order; the style repeats what the colour says.
ARMS = ((BLUE, "-"), (RED, "--"), (GREEN, "-."), (PINK, ":"), (BLACK, (0, (5, 1, 1, 1, 1, 1))))
MARKERS = ("o", "s", "D", "^", "v")
#: Black that stands back: lines and words that help to read the curves.
QUIET: Mapping[str, Any] = MappingProxyType({"color": BLACK, "alpha": 0.65})

#: Counts that decide in practice: response (30, 100 for a complete one) and the trials' threshold of 50.
THRESHOLDS = (30, 50, 100)
#: Usual range of the count in health [1e9/L]; a convention, assumed.
NORMAL = (150, 400)
#: Widest figure [inch]: a slide, so that no text is made smaller than it was drawn.
SLIDE = 13.3
#: Characters after which a label in a legend is wrapped.
LABEL = 30
#: Share of the height below which two words beside the axes would touch.
NEAR = 0.06
NBSP = "\N{NO-BREAK SPACE}"


def threshold_counts(thresholds: Iterable[float]) -> list[float]:
    """Counts at which lines are drawn, checked."""
    try:
        given = list(thresholds)
    except TypeError:
        raise InputError(f"thresholds is {checks.shown(thresholds)}: give counts, as in [30, 50, 100]") from None
    return [checks.number("a threshold", count, 0.0, 2000.0, "1e9/L") for count in given]


def normal_range(ax: Axes, lines: Sequence[float], top: float) -> None:
    """The band of counts in health, as far as it is in view; named where the name touches no threshold's."""
    low, high = NORMAL[0], min(top, NORMAL[1])
    if low >= high:
        return
    ax.axhspan(low, high, color=GREEN, alpha=0.08, lw=0)
    middle = (low + high) / 2
    if all(abs(middle - height) > NEAR * top for height in lines):
        at_right(ax, middle, "normal")


def dose_marks(ax: Axes, one: xr.Dataset) -> int:
    """A triangle above the axes for each infusion, one row an arm, the first on top; return the number of rows."""
    rows = []
    for (_, arm), (colour, _) in zip(arms(one), ARMS, strict=False):
        days = arm.infusion_day.to_numpy()
        days = days[np.isfinite(days) & (days <= float(one.time[-1]))]
        if len(days):
            rows.append((days, colour))
    for row, (days, colour) in enumerate(reversed(rows)):
        # Rows in points above the axes, so that they are apart whatever the height of the figure.
        above = ax.get_xaxis_transform() + ScaledTranslation(0, (6 + 8 * row) / 72, ax.figure.dpi_scale_trans)
        ax.plot(days, np.ones(len(days)), "v", color=colour, ms=5, transform=above, clip_on=False)
    return len(rows)


def threshold_lines(ax: Axes, counts: Sequence[float], top: float) -> None:
    """A line at each of `counts` with its number beside; two that are close have it below the one, above the other."""
    ordered = sorted(counts)
    for i, height in enumerate(ordered):
        ax.axhline(height, lw=0.8, zorder=1, **QUIET)
        above = i + 1 < len(ordered) and ordered[i + 1] - height < NEAR * top
        below = i > 0 and height - ordered[i - 1] < NEAR * top
        at_right(ax, height, f"{height:g}", va="bottom" if below else "top" if above else "center")


def at_right(ax: Axes, height: float, text: str, *, va: str = "center") -> None:
    """Write `text` to the right of the axes, at `height`."""
    ax.annotate(
        text,
        (1, height),
        xycoords=ax.get_yaxis_transform(),
        xytext=(4, 0),
        textcoords="offset points",
        va=va,
        **QUIET,
    )


def beside(ax: Axes, handles: Sequence[Any], labels: Sequence[str], *, points: float = 6) -> None:
    """The legend: `points` to the right of the axes if the figure's layout makes room for it, else inside."""
    if ax.figure.get_layout_engine() is None:
        ax.legend(handles, labels, loc="upper right")
        return
    beside = ax.transAxes + ScaledTranslation(points / 72, 0, ax.figure.dpi_scale_trans)
    ax.legend(
        handles,
        labels,
        loc="upper left",
        bbox_to_anchor=(1, 1),
        bbox_transform=beside,
        borderaxespad=0,
        frameon=False,
    )


def notice_below(figure: Any, run: xr.Dataset) -> None:
    """The research-and-education statement below, unless the figure has words of its own there."""
    if not figure.get_supxlabel():
        figure.supxlabel(run.attrs.get("notice", ""), fontsize=9, **QUIET)


def arms(one: xr.Dataset) -> list[tuple[str, xr.Dataset]]:
    """Names and parts of the arms, in order."""
    return [(str(name), one.sel(arm=name)) for name in one.arm.to_numpy()]


def one_patient(run: xr.Dataset, patient: Any, needed: tuple[str, ...]) -> xr.Dataset:
    """The run of one patient, with what the plot needs."""
    run = check_run(run, needed)
    if patient is None and run.sizes["patient"] > 1:
        raise InputError(
            f"the run has {run.sizes['patient']} patients: choose one with `patient`, or draw plots.cohort()"
        )
    labels = run.patient.to_numpy().tolist()
    chosen = labels[0] if patient is None else patient
    if chosen not in labels:
        raise InputError(
            f"the run has no patient {checks.shown(patient)}, only {checks.listed([str(x) for x in labels], 10)}"
        )
    return run.sel(patient=chosen)


def check_run(run: object, needed: tuple[str, ...]) -> xr.Dataset:
    """A run over arm and patient, with what the plot needs."""
    run = whole(run)
    missing = [name for name in needed if name not in run]
    if missing:
        raise InputError(f"the run holds no {', '.join(missing)}: simulate with `outputs` that contain them")
    if run.sizes.get("time", 0) < 2:
        raise InputError("the run has fewer than 2 output days: simulate with more `times`")
    if run.sizes["arm"] > len(ARMS):
        raise InputError(
            f"the run has {run.sizes['arm']} arms: draw at most {len(ARMS)}, as in run.isel(arm=slice(0, 5))"
        )
    return run
