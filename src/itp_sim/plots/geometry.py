"""What is drawn on axes, as points and pieces of lines in pixels, and how near words and their leaders are to it."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.transforms import Bbox
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Lines up to this width [points] help to read; words may stand on them if there is no better place.
HELP = 1.0
#: From one point along a curve to the next [points].
STEP = 2.2


def nearest(points: Floats, others: Floats) -> Floats:
    """From each point to the nearest of the others, along the axis that is farther."""
    apart: Floats = np.abs(points[:, None, :] - others[None, :, :]).max(axis=2).min(axis=1)
    return apart


def crossings(a: Floats, b: Floats, pieces: Floats) -> int:
    """How many pieces of lines the line from `a` to `b` crosses."""
    c, d = pieces[:, 0], pieces[:, 1]

    def left(p: Floats, q: Floats, r: Floats) -> NDArray[np.bool_]:
        """Whether `r` lies on the left of the way from `p` to `q`."""
        across, along = q - p, r - p
        side: NDArray[np.bool_] = across[..., 0] * along[..., 1] > across[..., 1] * along[..., 0]
        return side

    return int(((left(a, b, c) != left(a, b, d)) & (left(c, d, a) != left(c, d, b))).sum())


def points_in(box: Bbox, points: Floats) -> float:
    """Number of points in the box, at most 40."""
    if not len(points):
        return 0.0
    return float(min(int(inside(box, points).sum()), 40))


def inside(box: Bbox, points: Floats) -> NDArray[np.bool_]:
    """Which of the points lie in the box."""
    found: NDArray[np.bool_] = np.all((points > box.min) & (points < box.max), axis=1)
    return found


def box_around(centre: Floats, box: Bbox, gap: float) -> Bbox:
    """A box as large as `box`, and larger by `gap` to every side, around another centre."""
    half = np.array([box.width, box.height]) / 2 + gap
    return Bbox([centre - half, centre + half])


def drawn(ax: Axes, scale: float) -> tuple[list[Floats], list[Floats], Floats]:
    """Each curve as points in pixels; markers, each with its rim, and bars as points; and points along thin lines."""
    step = STEP * scale
    curves: list[Floats] = []
    single: list[Floats] = []
    thin: list[Floats] = [np.empty((0, 2))]
    for line in ax.lines:
        if not line.get_visible():
            continue
        points = line.get_transform().transform(np.asarray(line.get_xydata(), dtype=float))
        points = points[np.isfinite(points).all(axis=1)]
        solid = line.get_linestyle() not in {"None", " ", ""}
        if solid and len(points) > 1:
            points = dense(points, step)
        if solid:
            (thin if line.get_linewidth() <= HELP else curves).append(points)
        else:
            rim = 0.5 * line.get_markersize() * scale * np.array([[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1]])
            single.append((points[:, None] + rim).reshape(-1, 2))
    for collection in ax.collections:
        offsets = np.asarray(collection.get_offsets(), dtype=float).reshape(-1, 2)
        if len(offsets) and collection.get_offset_transform() is ax.transData:
            single.append(ax.transData.transform(offsets))
        else:
            for path in collection.get_paths():
                thin.append(dense(collection.get_transform().transform(path.vertices), step))
    for bars in ax.containers:
        if isinstance(bars, BarContainer):
            for bar in bars:
                low, high = bar.get_window_extent().get_points()
                across = np.linspace(low, high, 24)
                single.append(np.stack(np.meshgrid(across[:, 0], across[:, 1]), axis=-1).reshape(-1, 2))
    return curves, single, np.concatenate(thin)


def dense(points: Floats, step: float) -> Floats:
    """Points along a line no more than about `step` pixels apart."""
    lengths = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    at = np.linspace(0, along[-1], max(int(along[-1] / step), 2))
    return np.column_stack([np.interp(at, along, points[:, i]) for i in (0, 1)])
