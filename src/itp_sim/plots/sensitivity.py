"""Which parameter decides: bars of Sobol indices, and a tornado of elasticities."""

import math
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from numpy.typing import NDArray

from itp_sim import checks
from itp_sim.errors import InputError
from itp_sim.plots.durations import HATCHES
from itp_sim.plots.frame import close_table, new_axes
from itp_sim.plots.style import ARMS, BLACK, LABEL

#: Height of a parameter's row for its words and for each output, and of the words around [inch].
ROW, BAR, AROUND = 0.42, 0.18, 1.4
#: Characters in a line of a parameter's meaning.
WIDE = 38
#: Characters in a line of a legend that has the width of the axes.
NARROW = 26
#: Width of a number at the end of a bar [point].
NUMBER = 38
Floats = NDArray[np.float64]


def indices(
    result: xr.Dataset, outputs: str | Sequence[str] | None = None, *, most: int = 8, ax: Axes | None = None
) -> Axes:
    """Share of the variance of each output that goes with each parameter, the largest on top.

    Parameters
    ----------
    result
        From ``sensitivity(..., method="sobol")``.
    outputs
        One output or several, at most five; by default all of the result.
    most
        Parameters that are drawn; how little the others have is said below.
    ax
        Axes to draw on; by default those of a new figure. Parameters are then named without their meaning.

    Returns
    -------
    matplotlib.axes.Axes
        For each parameter and output a pale bar for the total index, and on it a full one for the first-order index,
        each with its interval.

    Raises
    ------
    InputError
        If the result holds no indices, or not that output, or more than five outputs.
    """
    found = _checked(result, "total", outputs, method="sobol")
    shown, left = _largest(found.total.to_numpy(), most)
    own, ax = ax is None, _rows(ax, found, shown)
    for place, height, i, at in _bars(found, shown):
        colour = ARMS[i][0]
        one = found.isel(output=i, parameter=at)
        _bar(ax, place, float(one.total), height=height, alpha=0.3, facecolor=colour)
        _bar(ax, place, max(float(one["first"]), 0.0), height=height, hatch=HATCHES[i], facecolor=colour)
        for name, dy in (("total", -0.18), ("first", 0.18)):
            ends = [max(float(one[f"{name}_{end}"]), 0.0) for end in ("low", "high")]
            ax.plot(ends, [place + dy * height] * 2, "|-", color=BLACK, lw=1, ms=4, mew=1)
    ax.set_xlim(0, max(1.0, 1.02 * float(found.total_high.max())))
    ax.set_xlabel("Share of the variance" + _below(_others(left, "total below")))
    alone = Patch(facecolor=BLACK, label="alone (first order)")
    _legend(ax, found, [alone, Patch(facecolor=BLACK, alpha=0.3, label="with interactions (total)")], own=own)
    return ax


def tornado(
    result: xr.Dataset, outputs: str | Sequence[str] | None = None, *, most: int = 10, ax: Axes | None = None
) -> Axes:
    """Elasticity of each output in one patient, by parameter, the largest on top.

    Parameters
    ----------
    result
        From ``sensitivity(..., method="local")``.
    outputs, most, ax
        As in :func:`indices`.

    Returns
    -------
    matplotlib.axes.Axes
        A bar for each parameter and output: to the right where the output rises with the parameter.

    Raises
    ------
    InputError
        If the result holds no elasticities, or not that output, or more than five outputs.
    """
    found = _checked(result, "elasticity", outputs, method="local")
    values = found.elasticity.to_numpy()
    shown, left = _largest(np.abs(values), most)
    own, ax = ax is None, _rows(ax, found, shown)
    for place, height, i, at in _bars(found, shown):
        value = float(values[at, i])
        _bar(ax, place, value, height=height, hatch=HATCHES[i], facecolor=ARMS[i][0])
        side = 1 if value >= 0 else -1
        ax.annotate(
            f"{value:+.2f}".replace("-", "\N{MINUS SIGN}"),
            (value, place),
            xytext=(4 * side, 0),
            textcoords="offset points",
            va="center",
            ha="left" if side > 0 else "right",
            fontsize=9,
        )
    ax.axvline(0, lw=0.8, color=BLACK)
    odds = "shares by their odds" if "odds" in found.change.to_numpy()[shown] else ""
    ax.set_xlim(*_room(ax, values))
    ax.set_xlabel("Elasticity: % change per % change" + _below(odds, _others(left, "within")))
    _legend(ax, found, [], own=own)
    return ax


def _checked(result: object, needed: str, outputs: Any, *, method: str) -> xr.Dataset:
    """The outputs of a result that are to be drawn."""
    if not isinstance(result, xr.Dataset) or needed not in result or not {"parameter", "output"} <= set(result.dims):
        raise InputError(
            f'result holds no {needed}: give that of sensitivity(..., method="{method}"), with both its dimensions'
        )
    names = result.output.to_numpy().tolist()
    several = names if outputs is None else checks.several("outputs", outputs, f"{names[:1]}")
    chosen = [checks.name("output", name, names) for name in several]
    if not 0 < len(chosen) <= len(ARMS):
        raise InputError(f"{len(chosen)} outputs were asked for: draw 1 to {len(ARMS)}, as in outputs={names[:1]}")
    return result.sel(output=chosen)


def _largest(values: Floats, most: int) -> tuple[list[int], float | None]:
    """Places of the parameters with the largest values in any output, and the largest of those left out."""
    most = checks.whole("most", most, 1, 100)
    largest = values.max(axis=1)
    order = np.argsort(-largest, kind="stable").tolist()
    left = order[most:]
    return order[:most], float(largest[left].max()) if left else None


def _rows(ax: Axes | None, found: xr.Dataset, shown: list[int]) -> Axes:
    """Axes with a row for each parameter; in a figure of our own with its meaning and the statement below."""
    names = found.parameter.to_numpy()[shown].tolist()
    own, high = ax is None, max(ROW, BAR * found.sizes["output"] + 0.12)
    ax = new_axes(ax, (9, AROUND + high * len(shown)))
    if own:
        meanings = found.meaning.to_numpy()[shown].tolist()
        names = [textwrap.fill(f"{said} ({name})", WIDE) for name, said in zip(names, meanings, strict=True)]
    ax.set_yticks(range(len(shown)), names)
    ax.set_ylim(len(shown) - 0.5, -0.5)
    close_table(ax, found, notice=own)
    return ax


def _room(ax: Axes, values: Floats) -> tuple[float, float]:
    """Limits that leave room for a number beyond the longest bar to either side."""
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
    points = 0.8 * ax.get_window_extent().width * 72 / ax.figure.dpi  # before the layout axes are larger than after it
    beyond = (high - low) * NUMBER / max(points - 2 * NUMBER, NUMBER)
    return low - beyond, high + beyond


def _bars(found: xr.Dataset, shown: list[int]) -> list[tuple[float, float, int, int]]:
    """Place, height, output and parameter of each bar."""
    n = found.sizes["output"]
    height = 0.8 / n
    return [(row + (i - (n - 1) / 2) * height, 0.86 * height, i, at) for row, at in enumerate(shown) for i in range(n)]


def _bar(ax: Axes, place: float, value: float, *, height: float, **look: Any) -> None:
    for bar in ax.barh(place, value, height, **look):
        bar.set_edgecolor("white")
        bar.set_linewidth(0)


def _others(left: float | None, words: str) -> str:
    """What is to be said of parameters that are left out, if any are; rounded up."""
    return "" if left is None else f"others {words} {math.ceil(100 * left) / 100:g}"


def _below(*words: str) -> str:
    """A second line of the label of an axis."""
    said = "; ".join(filter(None, words))
    return f"\n({said})" if said else ""


def _legend(ax: Axes, found: xr.Dataset, more: list[Patch], *, own: bool) -> None:
    """Names of the outputs, above; in a figure of our `own` over its whole width."""
    figure: Any = ax.figure
    outputs = [
        Patch(facecolor=ARMS[i][0], hatch=HATCHES[i], edgecolor="white", lw=0, label=text)
        for i, text in enumerate(textwrap.fill(text, LABEL if own else NARROW) for text in found.output_meaning.values)
    ]
    if own:
        figure.legend(handles=[*outputs, *more], loc="outside upper left", frameon=False, ncols=3)
        return
    ax.legend(handles=[*outputs, *more], loc="lower left", bbox_to_anchor=(0, 1), frameon=False, borderaxespad=0.2)
