"""Words at a point of a plot, placed where they cover neither a curve nor each other."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Distances [points] and directions that are tried for the words, nearest first.
DISTANCES = (7.0, 11.0, 16.0, 23.0, 32.0, 44.0, 60.0, 80.0, 105.0, 140.0, 180.0)
DIRECTIONS = 24
#: Points within which nothing else is drawn around the words.
GAP = 2.5
#: Price of covering another text, leaving the axes, covering a point of a curve or of a thin line.
OTHER, OUTSIDE, CURVE, THIN = 1000.0, 1000.0, 40.0, 2.0
#: Price of a leader that runs over another's point or line, or over a curve; and of a point of distance.
MARK, CROSSED, FAR = 60.0, 12.0, 0.25
#: Lines up to this width [points] help to read; words may stand on them if there is no better place.
HELP = 1.0


def callout(ax: Axes, words: str, at: tuple[float, float], **text: Any) -> Annotation:
    """Write `words` for the point `at` of the axes; :func:`settle` then finds their place.

    Parameters
    ----------
    ax
        Axes of the point.
    words
        What to write; lines are divided by newlines.
    at
        The point, in the units of the axes.
    **text
        Properties of the text.

    Returns
    -------
    matplotlib.text.Annotation
    """
    note = ax.annotate(
        words,
        at,
        xytext=(0, 0),
        textcoords="offset points",
        ha="center",
        va="center",
        arrowprops={"arrowstyle": "-", "lw": 0.8, "color": "#000000", "shrinkA": 1, "shrinkB": 3},
        zorder=6,
        **text,
    )
    note.set_path_effects([withStroke(linewidth=2.5, foreground="white")])
    note.set_in_layout(False)
    return note


def settle(notes: Sequence[Annotation], *, laid_out: bool = False) -> None:
    """Move callouts of one figure to where they cover least and stay near their point; the first choose first.

    A figure that is `laid_out` is not drawn again to find where its axes are.
    """
    if not notes:
        return
    figure: Any = notes[0].axes
    figure = figure.figure
    if not laid_out:
        figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    scale = figure.dpi / 72
    fixed = {id(note) for note in notes}
    taken = [
        Text.get_window_extent(text, renderer)  # of an annotation without its leader
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and id(text) not in fixed
    ]
    taken += [ax.get_legend().get_window_extent(renderer) for ax in figure.axes if ax.get_legend()]
    marks = np.array([note.axes.transData.transform(note.xy) for note in notes])  # type: ignore[union-attr]
    leaders: list[tuple[Floats, Floats]] = []
    for i, note in enumerate(notes):
        ax: Any = note.axes
        box = Text.get_window_extent(note, renderer)
        around = _Around(ax, taken, leaders, np.delete(marks, i, axis=0), scale)
        offset = around.place(box, marks[i])
        note.set_position(tuple(offset / scale))
        leaders.append((marks[i], marks[i] + offset))
        taken.append(_around(marks[i] + offset, box, 0.0))


class _Around:
    """What stands around a point already, in pixels; `scale` is those of a point."""

    def __init__(
        self, ax: Axes, taken: Sequence[Bbox], leaders: Sequence[tuple[Floats, Floats]], marks: Floats, scale: float
    ) -> None:
        self.room, self.taken, self.leaders = ax.get_window_extent(), taken, leaders
        self.marks, self.scale = marks, scale
        curves, self.thin = _drawn(ax, 2.2 * scale)
        self.curves = np.concatenate([curves, *(_dense(np.stack(leader), 2.2 * scale) for leader in leaders)])

    def place(self, box: Bbox, at: Floats) -> Floats:
        """Offset of the words' centre from the point at the lowest price."""
        best, cheapest = np.zeros(2), np.inf
        for direction in np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS + np.pi / 2:
            unit = np.array([np.cos(direction), np.sin(direction)])
            for distance in DISTANCES:
                # The nearest edge of the words, not their centre, is at this distance.
                offset = unit * distance * self.scale + np.array([unit[0] * box.width, unit[1] * box.height]) / 2
                tried = _around(at + offset, box, GAP * self.scale)
                # From the cheapest question to the dearest; a place that is too dear already is not asked further.
                price = FAR * distance + _covered(tried, self.room, self.taken)
                if price < cheapest:
                    price += CURVE * _within(tried, self.curves) + THIN * _within(tried, self.thin)
                if price < cheapest:
                    price += self.of_leader(at, at + offset, tried)
                if price < cheapest:
                    best, cheapest = offset, price
        return best

    def of_leader(self, start: Floats, end: Floats, box: Bbox) -> float:
        """Price of a line from the point to the words: what it passes through, and curves that it crosses."""
        steps = start + np.linspace(0, 1, 80)[:, None] * (end - start)
        price = OTHER * sum(_inside(other, steps).any() for other in self.taken)
        price += MARK * sum(_crossing(start, end, *leader) for leader in self.leaders)
        if len(self.marks):
            price += MARK * (_distance(self.marks, steps) < 4 * self.scale).sum()
        outside = steps[20::5][~_inside(box, steps[20::5])]
        if len(outside) and len(self.curves):
            price += CROSSED * (_distance(outside, self.curves) < 1.8 * self.scale).sum()
        return float(price)


def _covered(box: Bbox, room: Bbox, taken: Sequence[Bbox]) -> float:
    """Price of leaving the axes and of covering other texts."""
    beyond = max(room.x0 - box.x0, 0) + max(box.x1 - room.x1, 0) + max(room.y0 - box.y0, 0) + max(box.y1 - room.y1, 0)
    price = OUTSIDE * (1 + beyond / 10) if beyond > 0 else 0.0
    for other in taken:
        wide = min(box.x1, other.x1) - max(box.x0, other.x0)
        high = min(box.y1, other.y1) - max(box.y0, other.y0)
        if wide > 0 and high > 0:
            price += OTHER * (1 + wide * high / 1000)
    return price


def _distance(points: Floats, others: Floats) -> Floats:
    """From each point to the nearest of the others, along the axis that is farther."""
    apart: Floats = np.abs(points[:, None, :] - others[None, :, :]).max(axis=2).min(axis=1)
    return apart


def _crossing(a: Floats, b: Floats, c: Floats, d: Floats) -> bool:
    """Whether the lines from `a` to `b` and from `c` to `d` cross."""

    def side(p: Floats, q: Floats, r: Floats) -> bool:
        return bool((q[0] - p[0]) * (r[1] - p[1]) > (q[1] - p[1]) * (r[0] - p[0]))

    return side(a, b, c) != side(a, b, d) and side(c, d, a) != side(c, d, b)


def _within(box: Bbox, points: Floats) -> float:
    """Number of points in the box, at most 40."""
    if not len(points):
        return 0.0
    return float(min(int(_inside(box, points).sum()), 40))


def _inside(box: Bbox, points: Floats) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = np.all((points > box.min) & (points < box.max), axis=1)
    return inside


def _around(centre: Floats, box: Bbox, gap: float) -> Bbox:
    half = np.array([box.width, box.height]) / 2 + gap
    return Bbox([centre - half, centre + half])


def _drawn(ax: Axes, step: float) -> tuple[Floats, Floats]:
    """Points in pixels, `step` apart, along curves and markers, and along thin lines."""
    curves: list[Floats] = []
    thin: list[Floats] = []
    for line in ax.lines:
        if not line.get_visible():
            continue
        points = line.get_transform().transform(np.asarray(line.get_xydata(), dtype=float))
        points = points[np.isfinite(points).all(axis=1)]
        solid = line.get_linestyle() not in {"None", " ", ""}
        if solid and len(points) > 1:
            points = _dense(points, step)
        (thin if solid and line.get_linewidth() <= HELP else curves).append(points)
    for collection in ax.collections:
        offsets = np.asarray(collection.get_offsets(), dtype=float).reshape(-1, 2)
        if len(offsets) and collection.get_offset_transform() is ax.transData:
            curves.append(ax.transData.transform(offsets))
        else:
            for path in collection.get_paths():
                thin.append(_dense(collection.get_transform().transform(path.vertices), step))
    for bars in ax.containers:
        if isinstance(bars, BarContainer):
            for bar in bars:
                low, high = bar.get_window_extent().get_points()
                across = np.linspace(low, high, 24)
                curves.append(np.stack(np.meshgrid(across[:, 0], across[:, 1]), axis=-1).reshape(-1, 2))
    none = np.empty((0, 2))
    return np.concatenate([none, *curves]), np.concatenate([none, *thin])


def _dense(points: Floats, step: float) -> Floats:
    """Points along a line no more than about `step` pixels apart."""
    lengths = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    at = np.linspace(0, along[-1], max(int(along[-1] / step), 2))
    return np.column_stack([np.interp(at, along, points[:, i]) for i in (0, 1)])
