"""How every plot looks: palette, labels at lines, legends, dose marks."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.font_manager import FontProperties
from matplotlib.transforms import ScaledTranslation

from itp_sim import checks
from itp_sim.conventions import normal_count
from itp_sim.design import Level
from itp_sim.errors import InputError
from itp_sim.results import whole
from itp_sim.usual import HIGHEST_COUNT

BLUE, RED, GREEN, PINK, BLACK = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000"
#: Colour and line style of the arms, in their order; the style repeats what the colour says.
ARMS = ((BLUE, "-"), (RED, "--"), (GREEN, "-."), (PINK, ":"), (BLACK, (0, (5, 1, 1, 1, 1, 1))))
MARKERS = ("o", "s", "D", "^", "v")
#: Black that stands back: lines and words that help to read the curves.
QUIET: Mapping[str, Any] = MappingProxyType({"color": BLACK, "alpha": 0.65})

#: Name of an axis of counts.
COUNT = "Platelet count ($10^9$/L)"
#: Name of a time axis whose day 0 is that of the first infusion.
FROM_FIRST = "Days from the first infusion"
#: Widest figure [inch]: a slide, so that no text is made smaller than it was drawn.
SLIDE = 13.3
#: Characters after which a label in a legend is wrapped.
LABEL = 30
#: Heights of a letter from one line of words beside the axes to the next.
LINE = 1.25
NBSP = "\N{NO-BREAK SPACE}"


def threshold_counts(thresholds: Iterable[float]) -> list[float]:
    """Counts at which lines are drawn, checked."""
    try:
        given = list(thresholds)
    except TypeError:
        raise InputError(f"thresholds is {checks.shown(thresholds)}: give counts, as in [30, 50, 100]") from None
    return [checks.number("a threshold", count, 0.0, HIGHEST_COUNT, "1e9/L") for count in given]


def count_axis(
    ax: Axes, run: xr.Dataset, lines: Sequence[float], *, top: float, normal: str = "normal", marks: bool = True
) -> int:
    """What every plot of counts has: limits, names of the axes, thresholds, normal range, dose marks.

    Returns the number of rows of dose marks.
    """
    ax.set_xlim(0, float(run.time[-1]))
    return count_frame(ax, run, lines, top=top, days=day_label(run), count=COUNT, normal=normal, marks=marks)


def count_frame(
    ax: Axes,
    run: xr.Dataset,
    lines: Sequence[float],
    *,
    top: float,
    days: str,
    count: str,
    normal: str,
    marks: bool = True,
) -> int:
    """The same but for the days shown, with words of one's own for the axes and the normal range."""
    ax.set_ylim(0, top)
    named = normal_range(ax, lines, top)
    threshold_lines(ax, lines, {} if named is None else {named: normal})
    ax.set_xlabel(days)
    ax.set_ylabel(count)
    bare_frame(ax)
    return dose_marks(ax, run) if marks else 0


def bare_frame(ax: Axes) -> None:
    """Leave the axes their left and lower line alone."""
    ax.spines[["top", "right"]].set_visible(False)


def day_label(run: xr.Dataset) -> str:
    """Name of the time axis: days count from day 0 of the regimen, which need not be that of the first infusion."""
    return FROM_FIRST if starts_at_once(run) else "Days from day 0 of the regimen"


def starts_at_once(run: xr.Dataset) -> bool:
    """Whether the first infusion is on day 0, or there is none."""
    starts = run.infusion_day.to_numpy()
    return not np.isfinite(starts).any() or bool(np.nanmin(starts) == 0)


def title_above(ax: Axes, title: str | None, rows: int) -> None:
    """The title, above `rows` of dose marks."""
    if title is not None:
        ax.set_title(title, loc="left", pad=8 + 8 * rows)


def normal_range(ax: Axes, lines: Sequence[float], top: float) -> float | None:
    """The band of counts in health, as far as it is in view; return the height of its name if no threshold is near."""
    found = normal_count()
    low, high = found.low, min(top, found.high)
    if high - low < 0.05 * top:  # a sliver could not be told from a frame
        return None
    ax.axhspan(low, high, color=GREEN, alpha=0.08, lw=0)
    middle = (low + high) / 2
    return middle if all(abs(middle - height) > 0.06 * top for height in lines) else None


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
        ax.plot(
            days,
            np.ones(len(days)),
            "v",
            color=colour,
            ms=mpl.rcParams["lines.markersize"] - 1,
            transform=above,
            clip_on=False,
        )
    return len(rows)


def threshold_lines(ax: Axes, counts: Sequence[float], words: Mapping[float, str]) -> None:
    """A line at each of `counts` with its number beside, and further `words` by height; none touches another."""
    for height in sorted(counts):
        ax.axhline(height, lw=0.8, zorder=1, **QUIET)
    texts = {**words, **{float(height): f"{height:g}" for height in counts}}
    heights = sorted(texts)
    box = ax.get_window_extent()
    bottom, top = ax.get_ylim()
    # Before the layout the axes are larger than after it.
    points = 0.72 * box.height * 72 / ax.figure.dpi / (top - bottom) * np.array(heights)
    size = FontProperties(size=mpl.rcParams["font.size"]).get_size_in_points()
    for height, shift in zip(heights, spread(points, LINE * size) - points, strict=True):
        at_right(ax, height, texts[height], shift=float(shift))


def spread(places: np.ndarray[Any, Any], apart: float) -> np.ndarray[Any, Any]:
    """Ascending `places` moved as little as makes each at least `apart` from the next."""
    groups: list[list[float]] = []
    for place in np.asarray(places, dtype=float).tolist():
        groups.append([place])
        while len(groups) > 1 and _centre(groups[-1]) - _centre(groups[-2]) < _half(groups[-2:]) * apart:
            groups[-2:] = [groups[-2] + groups[-1]]
    moved = [_centre(group) + (i - (len(group) - 1) / 2) * apart for group in groups for i in range(len(group))]
    return np.array(moved)


def _centre(group: list[float]) -> float:
    return sum(group) / len(group)


def _half(groups: list[list[float]]) -> float:
    """Places between the centres of two neighbouring groups."""
    return sum(map(len, groups)) / 2


def at_right(ax: Axes, height: float, text: str, *, shift: float = 0.0) -> None:
    """Write `text` to the right of the axes, at `height`, moved up by `shift` points."""
    ax.annotate(
        text,
        (1, height),
        xycoords=ax.get_yaxis_transform(),
        xytext=(4, shift),
        textcoords="offset points",
        va="center",
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


def notice_below(figure: Any, result: xr.Dataset | pd.DataFrame) -> None:
    """The research-and-education statement of a result below, unless the figure has words of its own there."""
    if not figure.get_supxlabel():
        figure.supxlabel(result.attrs.get("notice", ""), fontsize=9, **QUIET)


def arms(one: xr.Dataset) -> list[tuple[str, xr.Dataset]]:
    """Names and parts of the arms, in order."""
    return [(str(name), one.sel(arm=name)) for name in one.arm.to_numpy()]


def rises(one: xr.Dataset) -> bool:
    """Whether the count of one patient in one arm rises over the untreated one, as both are printed."""
    return round(float(one.peak)) > round(float(one.parameters.sel(parameter="P0")))


def has_peak(one: xr.Dataset) -> bool:
    """Whether the count of one patient in one arm rises, and falls again within the run."""
    return rises(one) and 0 < float(one.peak_day) < float(one.time[-1])


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


def level_label(run: xr.Dataset, count: float) -> str:
    """Name of the level of a count in a run."""
    label = Level(count).label
    if label not in run.level.to_numpy():
        raise InputError(f"the run has no level {label}: simulate with `levels` that contain it")
    return label


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
            f"the run has {run.sizes['arm']} arms: draw at most {len(ARMS)}, as in run.isel(arm=slice(0, {len(ARMS)}))"
        )
    return run
