"""Rates of every arm with two intervals: of few patients, and of doubtful numbers."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from itp_sim import checks
from itp_sim.errors import InputError
from itp_sim.plots.frame import close_table, new_axes
from itp_sim.plots.style import ARMS, BLACK, MARKERS

#: Height of a rate's row for each arm, and of the words around [inch].
ROW, AROUND = 0.34, 1.5
_NEEDED = ("value", "low", "high", "unit")
_BAND = ("parameters_low", "parameters_high")


def rates(table: pd.DataFrame, *, ax: Axes | None = None, notice: bool = True) -> Axes:
    """Share of the patients in whom a count is reached, by arm.

    Parameters
    ----------
    table
        From `compare` for a cohort, or from `parameter_bands`; its medians are left out.
    ax
        Axes to draw on; by default those of a new figure.
    notice
        Write the research-only statement below the figure.

    Returns
    -------
    matplotlib.axes.Axes
        One row a rate: a mark for each arm, with the interval of the number of virtual patients as a line with ends,
        on the band of the draws of the parameters, if the table has one.

    Raises
    ------
    InputError
        If the table holds no rate, or more than five arms.
    """
    found = _rates(table)
    measures = list(dict.fromkeys(found.index.get_level_values(0)))
    arms = list(dict.fromkeys(found.index.get_level_values(1)))
    if len(arms) > len(ARMS):
        raise InputError(f"the table has {len(arms)} arms: draw at most {len(ARMS)}")
    ax = new_axes(ax, (9, AROUND + ROW * len(measures) * len(arms)))
    banded = set(_BAND) <= set(found.columns)
    apart = 0.7 / len(arms)
    for at, measure in enumerate(measures):
        for i, arm in enumerate(arms):
            row = 100 * found.loc[(measure, arm), [name for name in (*_NEEDED[:3], *_BAND) if name in found]]
            y = at + (i - (len(arms) - 1) / 2) * apart
            colour = ARMS[i][0]
            if banded:
                ends = (row["parameters_low"], row["parameters_high"])
                ax.plot(ends, (y, y), color=colour, lw=9, alpha=0.3, solid_capstyle="butt")
            ax.plot((row["low"], row["high"]), (y, y), "|-", color=colour, lw=1.4, ms=9, mew=1.4)
            ax.plot(row["value"], y, MARKERS[i], color=colour, ms=6, mec="white", mew=0.7, zorder=3)
    ax.set_yticks(range(len(measures)), measures)
    ax.set(xlim=(0, 100), ylim=(len(measures) - 0.5, -0.5))
    ax.set_xlabel("% of virtual patients")
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=ARMS[i][0], marker=MARKERS[i], ls="", ms=6, label=arm) for i, arm in enumerate(arms)
    ]
    n = table.attrs.get("patients")
    handles.append(Line2D([], [], color=BLACK, marker="|", lw=1.4, ms=9, label=f"95%: chance of {n} patients"))
    if banded:
        draws = table.attrs.get("parameter_draws")
        handles.append(Patch(color=BLACK, alpha=0.3, lw=0, label=f"95% of {draws} draws of the parameters"))
    ax.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1), frameon=False, ncols=2, borderaxespad=0.2)
    close_table(ax, table, notice=notice)
    return ax


def _rates(table: object) -> pd.DataFrame:
    """The rows of a comparison that are rates."""
    known = isinstance(table, pd.DataFrame) and set(_NEEDED) <= set(table.columns) and table.index.nlevels == 2
    if not isinstance(table, pd.DataFrame) or not known:
        raise InputError(
            f"table is {checks.shown(table)}: give the table of a cohort, made by compare() or parameter_bands()"
        )
    found = table[table["unit"] == ""]
    if found.empty:
        raise InputError("the table holds no rate: give it with its first rows")
    return found
