"""A picture of two arms that is drawn again and again: what stays is drawn once, the curves are laid over it."""

import io
import math
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image

from itp_sim.conventions import normal_count
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.plots import ARMS, FLUXES, THRESHOLDS
from itp_sim.plots.style import BLACK, FROM_FIRST, GREEN, QUIET, bare_frame

#: Size [inch], dots per inch, and both multiplied.
SIZE, DPI = (11.0, 7.2), 90
PIXELS = (round(SIZE[0] * DPI), round(SIZE[1] * DPI))
#: Left, bottom, width and height of the panels, as shares of the figure.
PLACES = (
    (0.065, 0.56, 0.865, 0.36),
    (0.065, 0.13, 0.25, 0.31),
    (0.395, 0.13, 0.25, 0.31),
    (0.715, 0.13, 0.25, 0.31),
)
#: What each panel may be drawn on: left, bottom, right and top, as shares of the figure.
CELLS = ((0.0, 0.48, 1.0, 1.0), (0.0, 0.05, 0.335, 0.48), (0.335, 0.05, 0.665, 0.48), (0.665, 0.05, 1.0, 0.48))
TITLES = (
    "Platelet count (10⁹/L)",
    "Fc-gamma clearance blocked (%)",
    "A: made (line), lost (10⁹/L per day)",
    "B: made (line), lost (10⁹/L per day)",
)
#: Days from which only every second week is marked.
LONG = 60.0
#: Numbers at which an axis may end, times a power of ten: it holds still while a slider moves.
ENDS = (1.0, 1.2, 1.6, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


class Picture:
    """Counts, blockade, and production against losses, of two arms; :meth:`png` draws a run."""

    def __init__(self) -> None:
        self._figure = Figure(figsize=SIZE, dpi=DPI)
        self._canvas: Any = FigureCanvasAgg(self._figure)
        self._axes = [self._figure.add_axes(place) for place in PLACES]
        self._counts, self._blockades = (
            [Line2D([], [], color=colour, ls=style, lw=2, animated=True) for colour, style in ARMS[:2]]
            for _ in range(2)
        )
        # Triangles above the frame, as in `plots.counts`.
        self._doses = [
            Line2D([], [], color=colour, marker="v", ms=5, ls="", animated=True, clip_on=False)
            for colour, _ in ARMS[:2]
        ]
        self._made = [Line2D([], [], color=BLACK, lw=1.8, animated=True) for _ in range(2)]
        self._lost = [[_area(colour, hatch) for colour, hatch, _ in FLUXES.values()] for _ in range(2)]
        self._furnish()
        self._ends: tuple[float, ...] = ()
        self._background: Any = None

    def _furnish(self) -> None:
        """Put everything on the axes that never changes."""
        lost = [[*self._lost[i], self._made[i]] for i in range(2)]
        shares: tuple[Any, ...] = ([*self._counts, *self._doses], self._blockades, *lost)
        for ax, title, mine in zip(self._axes, TITLES, shares, strict=True):
            ax.set_xlabel(FROM_FIRST)
            ax.set_title(title, loc="left", fontsize=11, pad=18 if ax is self._axes[0] else 6)
            bare_frame(ax)
            for artist in mine:
                _add(ax, artist)
        ax, normal = self._axes[0], normal_count()
        beside = {"transform": ax.get_yaxis_transform(), "va": "center", **QUIET}
        ax.axhspan(normal.low, normal.high, color=GREEN, alpha=0.08, lw=0)
        self._normal = ax.text(1.005, normal.low, "normal", **beside)
        for height in THRESHOLDS:
            ax.axhline(height, lw=0.8, ls=":", **QUIET)
        self._words = [ax.text(1.005, height, f"{height:g}", **beside) for height in THRESHOLDS]
        self._figure.text(0.5, 0.012, RESEARCH_ONLY, ha="center", fontsize=9, **QUIET)

    def png(self, run: xr.Dataset) -> bytes:
        """Return the picture of `run`, a result of `settings.run`, as a PNG file."""
        one = run.isel(patient=0)
        days = one.time.to_numpy()
        lost = np.cumsum([one[name].to_numpy() for name in FLUXES], axis=0)
        made = one.production.to_numpy()
        highest = max(float(one.platelets.max()), 1.05 * THRESHOLDS[-1])
        ends = (float(days[-1]), _end(highest), 100.0, _end(max(float(lost[-1].max()), float(made.max()))))
        if ends != self._ends:
            self._frame(ends)
        for i in range(2):
            self._counts[i].set_data(days, one.platelets.to_numpy()[i])
            self._blockades[i].set_data(days, 100.0 * one.blockade.to_numpy()[i])
            self._made[i].set_data(days, made[i])
            starts = one.infusion_day.to_numpy()[i]
            starts = starts[np.isfinite(starts) & (starts <= days[-1])]
            self._doses[i].set_data(starts, np.full(len(starts), ends[1] * (1.06 - 0.03 * i)))
            below = np.zeros_like(days)
            for area, above in zip(self._lost[i], lost[:, i], strict=True):
                area.set_verts([np.column_stack([np.r_[days, days[::-1]], np.r_[above, below[::-1]]])])
                below = above
        return self._drawn()

    def _drawn(self) -> bytes:
        self._canvas.restore_region(self._background)
        lost = [[*self._lost[i], self._made[i]] for i in range(2)]
        shares: tuple[Any, ...] = ([*self._counts, *self._doses], self._blockades, *lost)
        for ax, artists in zip(self._axes, shares, strict=True):
            for artist in artists:
                ax.draw_artist(artist)
        file = io.BytesIO()
        pixels = np.asarray(self._canvas.buffer_rgba())
        Image.fromarray(pixels).convert("RGB").save(file, "png", compress_level=1)
        return file.getvalue()

    def _frame(self, ends: tuple[float, ...]) -> None:
        """Draw the axes anew that do not end at `ends` yet: days, count, blockade, flow; no curves."""
        canvas = self._canvas
        if self._background is None:
            canvas.draw()
        else:
            canvas.restore_region(self._background)
        days, count, blocked, flow = ends
        for ax, cell, top in zip(self._axes, CELLS, (count, blocked, flow, flow), strict=True):
            if (*ax.get_xlim(), *ax.get_ylim()) == (0, days, 0, top):
                continue
            ax.set(xlim=(0, days), ylim=(0, top))
            ax.set_xticks(np.arange(0, days + 1, 7 if days < LONG else 14))
            if ax is self._axes[0]:
                self._thresholds(count)
            left, bottom, right, upper = (
                self._figure.transFigure.transform(np.reshape(cell, (2, 2))).ravel().astype(int)
            )
            np.asarray(canvas.buffer_rgba())[PIXELS[1] - upper : PIXELS[1] - bottom, left:right] = 255
            ax.draw(canvas.get_renderer())
        self._background = canvas.copy_from_bbox(self._figure.bbox)
        self._ends = ends

    def _thresholds(self, top: float) -> None:
        """Move the words beside the counts to where they belong on an axis that ends at `top`."""
        normal = normal_count()
        upper = min(normal.high, top)
        self._normal.set(visible=normal.low < top, y=(normal.low + upper) / 2)
        least = 0.055 * top
        place = -math.inf
        for height, words in zip(THRESHOLDS, self._words, strict=True):
            place = max(height, place + least)
            words.set_y(place)


def _area(colour: str, hatch: str) -> PolyCollection:
    """One loss in the stack, as in `plots.mechanism`."""
    area = PolyCollection([], facecolors=colour, edgecolors="white", linewidths=0, alpha=0.45, animated=True)
    area.set_hatch(hatch)
    return area


def _add(ax: Axes, artist: Line2D | PolyCollection) -> None:
    """Put `artist` on axes that it may have been on before they were cleared."""
    if isinstance(artist, Line2D):
        ax.add_line(artist)
    else:
        ax.add_collection(artist, autolim=False)


def _end(highest: float) -> float:
    """Smallest of a few round numbers above `highest`."""
    power = 10.0 ** math.floor(math.log10(highest))
    return next(end * power for end in ENDS if end * power >= 1.04 * highest or end == ENDS[-1])
