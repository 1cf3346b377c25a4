"""The two looks of a figure, its panels, its words around the panels, and the numbers that are drawn."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from itp_sim.notice import RESEARCH_ONLY

#: `plots.style.QUIET` on white paper.
QUIET = "#595959"
#: Resolution in which figures are laid out, and saved as PNG [dots per inch].
DPI = 200


class Look(NamedTuple):
    """How large a figure is and how large its words are, at final size."""

    width: float  #: inch
    height: float  #: of one row of panels beside each other [inch]
    text: float  #: [points]
    line: float  #: [points]
    slide: bool  #: a title on the figure, panels beside each other


#: "educator" fills a slide of 16:9; "paper" is a single column, whose title stands in the caption.
LOOKS: Mapping[str, Look] = MappingProxyType(
    {"educator": Look(10.0, 5.625, 13.0, 2.6, True), "paper": Look(3.4, 2.9, 9.0, 1.5, False)}
)
STYLES = tuple(LOOKS)


@contextmanager
def worn(look: Look) -> Iterator[None]:
    """Settings of matplotlib for a figure in this look; the user's own come back afterwards."""
    small = max(9.0, look.text - 1)
    settings = {
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans"],
        "font.size": look.text,
        "axes.labelsize": look.text,
        "axes.titlesize": look.text,
        "figure.titlesize": look.text + 4,
        "figure.labelsize": 9,
        "xtick.labelsize": small,
        "ytick.labelsize": small,
        "legend.fontsize": small,
        "legend.frameon": False,
        "legend.handlelength": 2.4,
        "lines.linewidth": look.line,
        "lines.markersize": 7 if look.slide else 5,
        "axes.linewidth": 0.9,
        "hatch.linewidth": 0.6,
        "svg.hashsalt": "itp_sim",
    }
    with mpl.style.context(["default", settings]):
        yield


def page(
    look: Look, panels: int = 1, *, stacked: bool = False, heights: Sequence[float] = (), tall: float = 1.0
) -> tuple[Figure, list[Axes]]:
    """A figure with its panels.

    Parameters
    ----------
    look
        One of `LOOKS`.
    panels
        Number of panels: beside each other on a slide, above each other in a column.
    stacked
        Above each other, on one time axis, in both.
    heights
        Relative heights of panels above each other.
    tall
        Height relative to the look's; a slide keeps its own.
    """
    above = stacked or not look.slide
    rows, columns = (panels, 1) if above else (1, panels)
    each = (0.75 if stacked else 0.9) if panels > 1 else 1.0
    height = look.height if look.slide else min(look.height * tall * (each * panels if above else 1.0), 9.0)
    figure = Figure(figsize=(look.width, height), layout="constrained", dpi=DPI)
    FigureCanvasAgg(figure)
    ratios = list(heights) if heights and above else None
    axes = figure.subplots(rows, columns, squeeze=False, height_ratios=ratios, sharex=stacked)
    figure.get_layout_engine().set(w_pad=0.09, h_pad=0.05, wspace=0.03, hspace=0.03)  # type: ignore[union-attr, call-arg]
    found = list(axes.ravel())
    for letter, ax in zip("ABCDEFGH", found, strict=False):
        ax.set_label(letter)
    return figure, found


def around(figure: Figure, look: Look, *, title: str, notice: bool) -> None:
    """The title above, on a slide, and the research-and-education statement below."""
    if look.slide:
        lines = wrapped(title, look, look.width - 0.3, size=look.text + 4)
        if figure.legends:  # two artists at the top edge would lie on each other
            figure.legends[0].set_title(lines, prop=FontProperties(size=look.text + 4, weight="bold"))
            figure.legends[0].set_alignment("left")
        else:
            figure.suptitle(lines, x=0.012, ha="left", weight="bold")
    if notice:
        figure.supxlabel(textwrap.fill(RESEARCH_ONLY, 100 if look.slide else 46), fontsize=9, color=QUIET)


def key(figure: Figure, handles: Sequence[Any], labels: Sequence[str], *, look: Look) -> None:
    """The legend above the panels, in as many columns as fit."""
    longest = max(map(len, labels))
    fit = max(1, int(look.width * 72 / ((longest + 5.5) * 0.56 * look.text)))
    wide = int(look.width * 72 / (0.56 * look.text)) - 6
    figure.legend(
        handles,
        [textwrap.fill(label, wide) for label in labels],
        loc="outside upper left",
        ncols=min(fit, len(labels)),
        columnspacing=1.4,
        handletextpad=0.6,
        borderpad=0.1,
    )


def wrapped(text: str, look: Look, width: float, *, size: float = 0.0) -> str:
    """`text` in lines no wider than `width` [inch]."""
    return textwrap.fill(text, max(8, int(width * 72 / (0.57 * (size or look.text)))))


def numbers(figure: Figure) -> pd.DataFrame:
    """Every number that is drawn as a curve, an area, points or bars, panel by panel.

    Returns
    -------
    pandas.DataFrame
        Columns panel, x_label, y_label, series, x, y, and y_from where an area starts.
    """
    found = []
    for ax in figure.axes:
        artists: list[Any] = [*ax.lines, *ax.collections, *ax.containers]
        for artist in artists:
            series = str(artist.get_label())
            if series and not series.startswith("_"):
                table = _table(artist)
                table.insert(0, "series", series)
                table.insert(0, "y_label", _plain(ax.get_ylabel()))
                table.insert(0, "x_label", _plain(ax.get_xlabel()))
                table.insert(0, "panel", str(ax.get_label()))
                found.append(table)
    return pd.concat(found, ignore_index=True)


def _table(artist: Any) -> pd.DataFrame:
    """Coordinates of one artist."""
    if isinstance(artist, PathCollection):
        x, y = np.asarray(artist.get_offsets(), dtype=float).T
        return pd.DataFrame({"x": x, "y": y})
    if isinstance(artist, PolyCollection):
        return _area(artist)
    if hasattr(artist, "patches"):
        rows = [(bar.get_y() + bar.get_height() / 2, bar.get_width()) for bar in artist.patches]
        return pd.DataFrame({"x": [wide for _, wide in rows], "y": [place for place, _ in rows]})
    x, y = np.asarray(artist.get_data(orig=True), dtype=float)
    return pd.DataFrame({"x": x, "y": y})


def _area(artist: PolyCollection) -> pd.DataFrame:
    """Lower and upper edge of a filled area; its outline runs along the lower edge and back along the upper."""
    vertices = np.concatenate([np.asarray(path.vertices, dtype=float) for path in artist.get_paths()])
    grouped = pd.DataFrame(vertices, columns=["x", "y"]).groupby("x")["y"]
    return pd.DataFrame({"y": grouped.max(), "y_from": grouped.min()}).reset_index()


def _plain(text: str) -> str:
    return " ".join(text.split())
