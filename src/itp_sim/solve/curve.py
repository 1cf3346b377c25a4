"""A count between the solver's nodes: its peak, area and threshold crossings, independent of any output grid."""

from typing import NamedTuple

import numpy as np

from itp_sim.solve.problem import Floats

#: The rise counts as over when this share of it is left.
RETURN_SHARE = 0.1


class Curve(NamedTuple):
    """Piecewise polynomial of degree five through value, slope and curvature at each node.

    With nodes as near as the reference solver's its error is below the integration's; no node depends on the days
    asked for.
    """

    t: Floats  #: nodes [day], shape (k,)
    c: Floats  #: coefficients in (day - node), lowest power first, shape (6, k - 1)


def quintic(t: Floats, y: Floats, dy: Floats, *, ddy: Floats) -> Curve:
    """Join nodes `t` with values `y`, slopes `dy` and curvatures `ddy`, all of shape (k,)."""
    h = np.diff(t)
    a, b, half = y[:-1], dy[:-1], ddy[:-1] / 2
    # What the cubic, quartic and quintic terms still owe to value, slope and curvature at the right end.
    value = (y[1:] - a - b * h - half * h**2) / h**3
    slope = (dy[1:] - b - 2 * half * h) / h**2
    bend = (ddy[1:] - 2 * half) / h
    c3 = 10 * value - 4 * slope + bend / 2
    c4 = (-15 * value + 7 * slope - bend) / h
    c5 = (6 * value - 3 * slope + bend / 2) / h**2
    return Curve(t, np.array([a, b, half, c3, c4, c5]))


def value(curve: Curve, t: Floats) -> Floats:
    """Curve at days `t`, any shape."""
    i = np.clip(np.searchsorted(curve.t, t, side="right") - 1, 0, curve.c.shape[1] - 1)
    return _horner(curve.c[:, i], t - curve.t[i])


def area(curve: Curve, above: float) -> float:
    """Area between the curve and a constant [value day]."""
    h = np.diff(curve.t)
    powers = np.array([h, h**2 / 2, h**3 / 3, h**4 / 4, h**5 / 5, h**6 / 6])
    return float((curve.c * powers).sum() - above * (curve.t[-1] - curve.t[0]))


def turning_points(curve: Curve) -> Floats:
    """Days on which the curve turns, between the first and the last node."""
    slope = curve.c[1:] * np.arange(1, 6)[:, None]
    left = slope[0]
    right = _horner(slope, np.diff(curve.t))
    i = np.flatnonzero(left * right < 0)
    return curve.t[i] + _root(slope[:, i], np.diff(curve.t)[i])


def monotone_nodes(curve: Curve) -> Floats:
    """Nodes and turning points together: between two of them the curve rises or falls, never both."""
    return np.union1d(curve.t, turning_points(curve))


def crossings(curve: Curve, nodes: Floats, levels: Floats) -> list[Floats]:
    """Days on which the curve passes each of `levels`, up or down, between `nodes` (see :func:`monotone_nodes`)."""
    over = value(curve, nodes) >= levels[:, None]
    which, i = np.nonzero(over[:, 1:] != over[:, :-1])
    left, right = nodes[i], nodes[i + 1]
    piece = np.clip(np.searchsorted(curve.t, left, side="right") - 1, 0, curve.c.shape[1] - 1)
    shifted = _shift(curve.c[:, piece], left - curve.t[piece])
    shifted[0] -= levels[which]
    days = left + _root(shifted, right - left)
    return [days[which == k] for k in range(len(levels))]


def times_above(curve: Curve, nodes: Floats, levels: Floats) -> Floats:
    """First, last and total days at or above each of `levels`, shape (3, levels); NaN, NaN, 0 if never reached."""
    out = np.full((3, len(levels)), np.nan)
    starts_above = curve.c[0, 0] >= levels
    for k, days in enumerate(crossings(curve, nodes, levels)):
        edges = np.concatenate([curve.t[:1], days, curve.t[-1:]])
        above = np.arange(len(edges) - 1) % 2 == (0 if starts_above[k] else 1)
        out[2, k] = np.diff(edges)[above].sum()
        if above.any():
            out[0, k] = edges[:-1][above][0]
            out[1, k] = edges[1:][above][-1]
    return out


def peak(curve: Curve, nodes: Floats) -> tuple[float, float]:
    """Highest value and its first day."""
    values = value(curve, nodes)
    i = int(values.argmax())
    return float(values[i]), float(nodes[i])


def return_day(curve: Curve, nodes: Floats, untreated: float) -> float:
    """First day after the peak on which 90% of the rise over `untreated` is gone; NaN if there is none."""
    top, day = peak(curve, nodes)
    (later,) = crossings(curve, nodes, np.array([untreated + RETURN_SHARE * (top - untreated)]))
    later = later[later > day]
    return float(later[0]) if len(later) and top > untreated else np.nan


def _horner(c: Floats, x: Floats) -> Floats:
    total = c[-1]
    for row in c[-2::-1]:
        total = total * x + row
    return np.asarray(total)


def _shift(c: Floats, x: Floats) -> Floats:
    """Coefficients of the same polynomials about a point `x` further on."""
    out = c.copy()
    for i in range(len(c) - 1):
        for j in range(len(c) - 2, i - 1, -1):
            out[j] += x * out[j + 1]
    return out


def _root(c: Floats, width: Floats) -> Floats:
    """Root of each polynomial between 0 and `width`, where it changes sign, by Newton's method in a bracket."""
    low, high = np.zeros_like(width), width.copy()
    slope = c[1:] * np.arange(1, len(c))[:, None]
    rising = _horner(c, width) > c[0]
    x = width / 2
    for _ in range(60):
        y = _horner(c, x)
        before = (y < 0) == rising
        low, high = np.where(before, x, low), np.where(before, high, x)
        with np.errstate(divide="ignore", invalid="ignore"):
            new = x - y / _horner(slope, x)
        new = np.where((new >= low) & (new <= high), new, (low + high) / 2)
        if (np.abs(new - x) <= 1e-15 * width).all():
            return new
        x = new
    return x
