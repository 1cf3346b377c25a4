"""What is read off the count while it is solved: peak, area, return and crossings of levels, over lanes of patients.

Each step hands over the count as a polynomial in the share s of the step, 0 to 1. It is cut where it turns; on a piece
that only rises or only falls, a level is crossed at most once. The C kernel holds the same operations.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from itp_sim.solve.curve import RETURN_SHARE
from itp_sim.solve.problem import Floats

Flags = NDArray[np.bool_]
Places = NDArray[np.intp]

#: Parts of a step that are searched for a turn, where the count does not clearly rise or fall throughout.
PARTS = 4
#: Rise, relative to the untreated count, below which there is nothing to return from: rounding alone, as an engine
#: may be as exact as that. What the error of a run can raise, `readings.LEAST_RISE` takes out.
NO_RISE = 1e-9
#: Part of a step within which a day is found.
CLOSE = 1e-15
#: Iterations of the search at most.
SEARCHES = 60


@dataclass
class Track:
    """Read-outs so far, over lanes."""

    untreated: Floats  #: untreated count
    levels: Floats  #: shape (levels, lanes)
    single: Floats  #: rows: peak, peak day, area, return day, peak of IgG
    by_level: Floats  #: rows: first day, last day, days above; shape (3, levels, lanes)
    over: Flags  #: at or above each level
    since: Floats  #: day since when

    def begin(self, lanes: Places, count: Floats, igg: Floats) -> None:
        """Start anew in `lanes`, at day 0."""
        self.single[:, lanes] = np.array([count, 0 * count, 0 * count, 0 * count + np.nan, igg])
        over = count >= self.levels[:, lanes]
        self.over[:, lanes] = over
        self.since[:, lanes] = 0.0
        self.by_level[0][:, lanes] = np.where(over, 0.0, np.nan)
        self.by_level[1][:, lanes] = np.nan
        self.by_level[2][:, lanes] = 0.0

    def finish(self, lanes: Places, day: Floats) -> None:
        """Close what is still above a level at the end of the run."""
        over = self.over[:, lanes]
        last, total = self.by_level[1][:, lanes], self.by_level[2][:, lanes]
        self.by_level[1][:, lanes] = np.where(over, day, last)
        self.by_level[2][:, lanes] = np.where(over, total + (day - self.since[:, lanes]), total)


@dataclass
class Step:
    """One accepted step in some lanes."""

    lanes: Places
    start: Floats  #: day
    length: Floats  #: [day]
    count: Floats  #: polynomial, shape (5, lanes)
    count_end: Floats
    igg: Floats
    igg_end: Floats

    def part(self, keep: Flags) -> "Step":
        """The same in fewer lanes."""
        return Step(*(x[..., keep] for x in vars(self).values()))

    def day(self, s: Floats) -> Floats:
        """Day at share `s`."""
        return self.start + self.length * s


def advance(track: Track, step: Step) -> None:
    """Take `step` into the read-outs."""
    c, lanes = step.count, step.lanes
    track.single[2, lanes] += step.length * (
        (c[0] - track.untreated[lanes]) + (c[1] * 0.5 + (c[2] / 3.0 + (c[3] * 0.25 + c[4] * 0.2)))
    )
    _igg_peak(track, step)
    monotone = clearly_monotone(c)
    if monotone.any():
        plain = step.part(monotone)
        nought = np.zeros(len(plain.lanes))
        _piece(track, plain, a=nought, b=nought + 1.0, end=plain.count_end)
    if not monotone.all():
        _parts(track, step.part(~monotone))


def value(c: Floats, s: Floats) -> Floats:
    """Polynomials of degree four at `s`."""
    return np.asarray(c[0] + s * (c[1] + s * (c[2] + s * (c[3] + s * c[4]))))


def slope(c: Floats, s: Floats) -> Floats:
    """Their derivative in `s`."""
    return np.asarray(c[1] + s * (2.0 * c[2] + s * (3.0 * c[3] + s * (4.0 * c[4]))))


def clearly_monotone(c: Floats) -> Flags:
    """Whether a polynomial cannot turn between 0 and 1: the Bernstein coefficients of its slope have one sign."""
    b0 = c[1]
    b1 = c[1] + c[2] * (2.0 / 3.0)
    b2 = c[1] + (c[2] * (4.0 / 3.0) + c[3])
    b3 = c[1] + (c[2] * 2.0 + (c[3] * 3.0 + c[4] * 4.0))
    rises = (b0 >= 0) & (b1 >= 0) & (b2 >= 0) & (b3 >= 0)
    falls = (b0 <= 0) & (b1 <= 0) & (b2 <= 0) & (b3 <= 0)
    return np.asarray(rises | falls)


def _igg_peak(track: Track, step: Step) -> None:
    c, lanes = step.igg, step.lanes
    top = step.igg_end
    one = np.ones(len(lanes))
    turns = (c[1] > 0) & (slope(c, one) < 0)
    if turns.any():
        s = _root(_derivative(c[:, turns]), 0 * one[turns], one[turns])
        top = top.copy()
        top[turns] = np.maximum(top[turns], value(c[:, turns], s))
    track.single[4, lanes] = np.maximum(track.single[4, lanes], top)


def _parts(track: Track, step: Step) -> None:
    """Cut a step that may turn, and take its pieces one by one."""
    c = step.count
    derivative = _derivative(c)
    for i in range(PARTS):
        a, b = np.full((2, len(step.lanes)), [[i / PARTS], [(i + 1) / PARTS]])
        turns = slope(c, a) * slope(c, b) < 0
        if turns.any():
            a_turn = a[turns]
            r = _root(derivative[:, turns], a_turn, b[turns])
            _piece(track, step.part(turns), a=a_turn, b=r, end=value(c[:, turns], r))
            a[turns] = r
        _piece(track, step, a=a, b=b, end=step.count_end if i == PARTS - 1 else value(c, b))


def _piece(track: Track, step: Step, *, a: Floats, b: Floats, end: Floats) -> None:
    """Take the piece from share `a` to `b`, which only rises or only falls to the count `end`."""
    lanes = step.lanes
    higher = end > track.single[0, lanes]
    if higher.any():
        top = lanes[higher]
        track.single[0, top] = end[higher]
        track.single[1, top] = step.day(b)[higher]
        track.single[3, top] = np.nan
    for k in range(len(track.levels)):
        over = end >= track.levels[k, lanes]
        crossed = over != track.over[k, lanes]
        if crossed.any():
            _cross(track, step.part(crossed), k, a=a[crossed], b=b[crossed])
    _return(track, step, a=a, b=b, end=end)


def _cross(track: Track, step: Step, k: int, *, a: Floats, b: Floats) -> None:
    lanes = step.lanes
    day = _crossing_day(step, track.levels[k, lanes], a=a, b=b)
    first, last, total = track.by_level[:, k, lanes]
    was_over = track.over[k, lanes]
    track.by_level[0, k, lanes] = np.where(np.isnan(first), day, first)
    track.by_level[1, k, lanes] = np.where(was_over, day, last)
    track.by_level[2, k, lanes] = np.where(was_over, total + (day - track.since[k, lanes]), total)
    track.since[k, lanes] = day
    track.over[k, lanes] = ~was_over


def _return(track: Track, step: Step, *, a: Floats, b: Floats, end: Floats) -> None:
    peak, _, _, known, _ = track.single[:, step.lanes]
    untreated = track.untreated[step.lanes]
    rise = peak - untreated
    level = untreated + RETURN_SHARE * rise
    back = np.isnan(known) & (rise > NO_RISE * untreated) & (end < level)
    if back.any():
        part = step.part(back)
        track.single[3, part.lanes] = _crossing_day(part, level[back], a=a[back], b=b[back])


def _crossing_day(step: Step, level: Floats, *, a: Floats, b: Floats) -> Floats:
    c = step.count.copy()
    c[0] = c[0] - level
    return step.day(_root(c, a, b))


def _derivative(c: Floats) -> Floats:
    return np.array([c[1], 2.0 * c[2], 3.0 * c[3], 4.0 * c[4], 0.0 * c[4]])


def _root(c: Floats, a: Floats, b: Floats) -> Floats:
    """Root of each polynomial between `a` and `b`, where it changes sign: Newton's method, kept inside its bracket."""
    low, high = a, b
    y_a, y_b = value(c, a), value(c, b)
    rising = y_b > y_a
    x = a + (b - a) * (y_a / (y_a - y_b))
    x = np.where((x >= a) & (x <= b), x, 0.5 * (a + b))
    going = np.ones(len(x), dtype=bool)
    for _ in range(SEARCHES):
        y = value(c, x)
        before = (y < 0) == rising
        low, high = np.where(before, x, low), np.where(before, high, x)
        new = x - y / slope(c, x)
        new = np.where((new >= low) & (new <= high), new, 0.5 * (low + high))
        close = np.abs(new - x) <= CLOSE
        x = np.where(going, new, x)
        going &= ~close
        if not going.any():
            break
    return x
