"""Words at a point of a plot, placed where they cover neither a curve nor each other."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox

from itp_sim.plots.geometry import STEP, Floats, box_around, crossings, dense, drawn, inside, nearest, points_in

#: Distances [points] and directions that are tried for the words, nearest first.
DISTANCES = (7.0, 11.0, 16.0, 23.0, 32.0, 44.0, 60.0, 80.0, 105.0, 140.0, 180.0)
DIRECTIONS = 24
#: Points within which nothing else is drawn around the words.
GAP = 2.5
#: Points between the mark and its leader.
CLEAR = 3.0

# Prices are in points of distance: how far one would move the words for it. Each of the first five is dearer than the
# farthest place. Their order has a reason; how far they lie apart was settled by looking at figures.
#: Covering another text, and leaving the axes, more the more of it: words could not be read.
OTHER, OUTSIDE = 4000.0, 4000.0
#: A leader that crosses a curve or another leader: it would lead the eye along the wrong one.
CROSSED = 1000.0
#: Covering a point of a curve: a part of the result is hidden, but the words can be read.
CURVE = 600.0
#: A leader that touches the mark of other words, each step of it: it could be taken for theirs.
MARK = 240.0
#: A leader along a curve, each step of it: it is hard to see there, but leads to the right point.
ALONG = 48.0
#: Words broken in two lines: they are read more slowly, so only where they are much nearer then.
BROKEN = 32.0
#: Covering a point of a thin line or area, which the words' white rim leaves readable.
THIN = 8.0


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
        arrowprops={"arrowstyle": "-", "lw": 0.8, "color": "#000000", "shrinkA": 1, "shrinkB": CLEAR},
        zorder=6,
        **text,
    )
    note.set_path_effects([withStroke(linewidth=2.5, foreground="white")])
    note.set_in_layout(False)
    return note


def settle(notes: Sequence[Annotation], *, laid_out: bool = False) -> None:
    """Move callouts of one figure to where they cover least and stay near their point.

    Each chooses in turn, from the first to the last or the other way round: the turn that ends best is kept. Words of
    one line are broken in two where that serves. A figure that is `laid_out` is not drawn again to find where its axes
    are.
    """
    if not notes:
        return
    figure: Any = notes[0].axes
    figure = figure.figure
    if not laid_out:
        figure.draw_without_rendering()
    fixed = {id(note) for note in notes}
    taken = [
        Text.get_window_extent(text)  # of an annotation without its leader
        for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and id(text) not in fixed
    ]
    taken += [ax.get_legend().get_window_extent() for ax in figure.axes if ax.get_legend()]
    forms = [_forms(note) for note in notes]
    marks = np.array([note.axes.transData.transform(note.xy) for note in notes])  # type: ignore[union-attr]
    order = range(len(notes))
    turns = [_turn(turn, notes, forms, marks=marks, taken=taken) for turn in (order, order[::-1])]
    chosen, _ = min(turns, key=lambda turn: turn[1])
    for note, (words, offset) in zip(notes, chosen, strict=True):
        note.set_text(words)
        note.set_position(tuple(offset * 72 / figure.dpi))


def _turn(
    turn: Sequence[int],
    notes: Sequence[Annotation],
    forms: Sequence[Mapping[str, Bbox]],
    *,
    marks: Floats,
    taken: Sequence[Bbox],
) -> tuple[list[tuple[str, Floats]], float]:
    """Words and offset of each callout if they choose in this turn, and what all of it costs."""
    taken = [*taken]
    leaders: list[tuple[Floats, Floats]] = []
    found: dict[int, tuple[str, Floats]] = {}
    total = 0.0
    for i in turn:
        around = _Around(notes[i].axes, taken, leaders, marks=np.delete(marks, i, axis=0))
        placed = [(words, *around.place(box, marks[i])) for words, box in forms[i].items()]
        words, offset, price = min(placed, key=lambda one: one[2] + BROKEN * ("\n" in one[0]))
        found[i] = (words, offset)
        leaders.append((marks[i], marks[i] + offset))
        taken.append(box_around(marks[i] + offset, forms[i][words], 0.0))
        total += price
    return [found[i] for i in range(len(notes))], total


def _forms(note: Annotation) -> dict[str, Bbox]:
    """The words as they stand and, if they are one line, broken at the space nearest to its middle; with their room."""
    words = note.get_text()
    spaces = [at for at, letter in enumerate(words) if letter == " " and "\n" not in words]
    middle = sorted(spaces, key=lambda at: abs(at - len(words) / 2))[:1]
    found = {}
    for form in (words, *(f"{words[:at]}\n{words[at + 1 :]}" for at in middle)):
        note.set_text(form)
        found[form] = Text.get_window_extent(note)
    return found


class _Around:
    """What stands around a point already, in pixels."""

    def __init__(
        self, ax: Any, taken: Sequence[Bbox], leaders: Sequence[tuple[Floats, Floats]], *, marks: Floats
    ) -> None:
        self.room = ax.get_window_extent()
        self.taken = np.array([(box.min, box.max) for box in taken]).reshape(-1, 2, 2)
        self.scale = scale = ax.figure.dpi / 72  # pixels of a point
        curves, points, self.thin = drawn(ax, scale)
        self.marks = np.concatenate([marks, *points])
        told = [dense(np.stack(leader), STEP * scale) for leader in leaders]
        self.curves = np.concatenate([np.empty((0, 2)), *curves, *points, *told])
        lines = [np.stack([line[:-1], line[1:]], axis=1) for line in (*curves, *told)]
        self.pieces = np.concatenate([np.empty((0, 2, 2)), *lines])

    def place(self, box: Bbox, at: Floats) -> tuple[Floats, float]:
        """Offset of the words' centre from the point at the lowest price, and that price."""
        tried = []
        for direction in np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS + np.pi / 2:
            unit = np.array([np.cos(direction), np.sin(direction)])
            for distance in DISTANCES:
                # The nearest edge of the words, not their centre, is at this distance.
                offset = unit * distance * self.scale + unit * [box.width, box.height] / 2
                words = box_around(at + offset, box, GAP * self.scale)
                tried.append((distance + _covered(words, self.room, self.taken), offset, words))
        best, cheapest = np.zeros(2), np.inf
        for start, offset, words in sorted(tried, key=lambda one: one[0]):
            # From the cheapest question to the dearest; a place that is too dear already is not asked further.
            if start >= cheapest:
                break
            price = start + CURVE * points_in(words, self.curves) + THIN * points_in(words, self.thin)
            price += self.of_leader(at, at + offset, words) if price < cheapest else 0.0
            if price < cheapest:
                best, cheapest = offset, price
        return best, cheapest

    def of_leader(self, start: Floats, end: Floats, box: Bbox) -> float:
        """Price of a line from the point to the words: what it passes through, and curves that it crosses."""
        steps = start + np.linspace(0, 1, 80)[:, None] * (end - start)
        within = (steps[:, None] > self.taken[:, 0]) & (steps[:, None] < self.taken[:, 1])
        price = OTHER * float(within.all(axis=2).any(axis=0).sum())
        others = self.marks[np.hypot(*(self.marks - start).T) > 2 * CLEAR * self.scale]  # not the mark of its own
        if len(others):
            price += MARK * (nearest(others, steps) < 4 * self.scale).sum()
        seen = steps[(np.hypot(*(steps - start).T) > CLEAR * self.scale) & ~inside(box, steps)]
        if len(seen) > 1:
            price += CROSSED * crossings(seen[0], seen[-1], self.pieces)
        outside = seen[np.hypot(*(seen - start).T) > 3 * CLEAR * self.scale][::5]
        if len(outside) and len(self.curves):
            price += ALONG * (nearest(outside, self.curves) < 1.8 * self.scale).sum()
        return float(price)


def _covered(box: Bbox, room: Bbox, taken: Floats) -> float:
    """Price of leaving the axes and of covering other texts."""
    beyond = max(room.x0 - box.x0, 0) + max(box.x1 - room.x1, 0) + max(room.y0 - box.y0, 0) + max(box.y1 - room.y1, 0)
    price = OUTSIDE * (1 + beyond / 10) if beyond > 0 else 0.0
    wide, high = (np.minimum(box.max, taken[:, 1]) - np.maximum(box.min, taken[:, 0])).T
    covered = (wide > 0) & (high > 0)
    return price + OTHER * float((1 + wide * high / 1000)[covered].sum())
