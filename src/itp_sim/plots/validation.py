"""Published intervals and simulated values of all endpoints, one row each."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from itp_sim import checks
from itp_sim.errors import InputError
from itp_sim.plots.frame import close_table, new_axes
from itp_sim.plots.style import BLACK, BLUE, QUIET, RED
from itp_sim.trials import SECTIONS, words

#: Ticks of the axis, times the published value, and its ends: what lies outside is marked at the edge.
TICKS = (0.2, 0.5, 1.0, 2.0, 5.0)
ENDS = (TICKS[0], TICKS[-1])
#: Room for marks at the ends, as a factor.
EDGE = 1.08
#: Height of a row [inch].
ROW = 0.24
_NEEDED = ("title", "role", "unit", "observed", "low", "high", "simulated", "inside")
_BANDS = ("band_low", "band_high", "parameters_low", "parameters_high")


def validation(table: pd.DataFrame, *, ax: Axes | None = None, notice: bool = True) -> Axes:
    """Published interval and simulated value of each endpoint, relative to the published value.

    Parameters
    ----------
    table
        From `run_trial` or `validate`; a selection of its rows will do.
    ax
        Axes to draw on; by default those of a new figure that is as high as its rows.
    notice
        Write the research-only statement below the figure.

    Returns
    -------
    matplotlib.axes.Axes
        One row an endpoint, by section: the published interval as a bar with its value, the simulated value as a filled
        circle, or as a cross where it lies outside, on the band of trials of the published size.

    Raises
    ------
    InputError
        If the table has no row, or lacks a column.
    """
    rows = _rows(table)
    ax = new_axes(ax, (11, 1.8 + ROW * len(rows)))
    labels = []
    for at, (label, row) in enumerate(rows):
        labels.append(label)
        if row is not None:
            _draw(ax, at, row)
    ax.set_xscale("log")
    ax.set_xlim(ENDS[0] / EDGE, ENDS[1] * EDGE)
    ax.set_xticks(TICKS, [f"{tick:g}" for tick in TICKS])
    ax.xaxis.set_minor_locator(NullLocator())
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.set_yticks(range(len(rows)), labels)
    for text, (_, row) in zip(ax.get_yticklabels(), rows, strict=True):
        text.set_fontweight("bold" if row is None else "normal")
    ax.axvline(1, lw=0.8, zorder=0, **QUIET)
    ax.set_xlabel("Times the published value")
    ax.legend(
        handles=_legend(words.doubted(table)), loc="lower left", bbox_to_anchor=(0, 1), frameon=False, borderaxespad=0.2
    )
    _beside(ax, -0.6, "published | simulated", va="bottom")
    close_table(ax, table, notice=notice)
    return ax


def _rows(table: object) -> list[tuple[str, Any]]:
    """Labels and rows of the table by section; a heading has no row."""
    if not isinstance(table, pd.DataFrame):
        raise InputError(f"table is {checks.shown(table)}: give a table made by run_trial() or validate()")
    lacking = [name for name in (*_NEEDED, *_BANDS) if name not in table.columns]
    if lacking or table.empty:
        what = f"lacks {checks.listed(lacking)}" if lacking else "has no row"
        raise InputError(f"the table {what}: give one made by run_trial() or validate()")
    rows: list[tuple[str, Any]] = []
    for role, section in SECTIONS.items():
        part = table[table["role"] == role]
        if part.empty:
            continue
        rows.append((f"{section}: {int(part['inside'].sum())} of {len(part)} inside", None))
        for name, row in part.iterrows():
            trial, key = name if isinstance(name, tuple) else ("", name)
            rows.append((f"{trial}  {str(key).replace('_', ' ')}".strip(), row))
    return rows


def _draw(ax: Axes, at: int, row: "pd.Series[Any]") -> None:
    """One endpoint; above the line what was published, below it what was simulated."""
    scale = row["observed"] or np.nan
    ends = sorted((row["low"] / scale, row["high"] / scale))
    low, high = (float(np.clip(end, *ENDS)) for end in ends)
    ax.plot([low, high], [at - 0.16] * 2, color=BLACK, lw=1.4, solid_capstyle="butt")
    ax.plot(1, at - 0.16, "|", color=BLACK, ms=7, mew=1.6)
    for end, shown, arrow in ((ends[0], low, "<"), (ends[1], high, ">")):
        if end != shown:
            ax.plot(shown, at - 0.16, arrow, color=BLACK, ms=5, clip_on=False)
    colour, marker = (BLUE, "o") if row["inside"] else (RED, "X")
    band = sorted(np.clip([row["band_low"] / scale, row["band_high"] / scale], *ENDS).tolist())
    ax.plot(band, [at + 0.16] * 2, color=colour, lw=4, alpha=0.35, solid_capstyle="butt")
    doubt = sorted(np.clip([row["parameters_low"] / scale, row["parameters_high"] / scale], *ENDS).tolist())
    ax.plot(doubt, [at + 0.16] * 2, color=colour, lw=1.2, marker="|", ms=5)
    value = row["simulated"] / scale
    ax.plot(np.clip(value, *ENDS), at + 0.16, marker, color=colour, ms=6, mec="white", mew=0.6, clip_on=False, zorder=3)
    unit = words.unit(row).replace("10^9", "$10^9$")
    _beside(ax, at, f"{words.published(row)} | {words.number(row['simulated'], row['unit'])} {unit}")


def _beside(ax: Axes, at: float, text: str, *, va: str = "center") -> None:
    """Words to the right of a row."""
    ax.annotate(text, (1, at), xycoords=("axes fraction", "data"), xytext=(10, 0), textcoords="offset points", va=va)


def _legend(doubted: bool) -> list[Line2D]:
    handles = [
        Line2D([], [], color=BLACK, lw=1.4, marker="|", ms=7, mew=1.6, label="published, 95% interval or margin"),
        Line2D([], [], color=BLUE, lw=4, alpha=0.6, marker="o", ms=6, label="simulated, inside; band: by chance"),
        Line2D([], [], color=RED, lw=4, alpha=0.6, marker="X", ms=6, label="simulated, outside"),
    ]
    if doubted:
        handles.append(Line2D([], [], color=BLUE, lw=1.2, marker="|", ms=5, label="simulated with other parameters"))
    return handles
