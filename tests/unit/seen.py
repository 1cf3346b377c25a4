"""What can be seen of a figure: the texts that are drawn, what overlaps, and how a colour stands out on white paper."""

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox


def shown(figure: Figure) -> list[Text]:
    """Texts that can be read in the figure."""
    beyond = set()
    for ax in figure.axes:
        for axis, of in ((ax.xaxis, 0), (ax.yaxis, 1)):
            low, high = sorted(axis.get_view_interval())
            for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
                if not low <= tick.label1.get_position()[of] <= high or not ax.axison:
                    beyond.add(tick.label1)
                beyond.add(tick.label2)
        if not ax.axison:
            beyond |= {ax.xaxis.label, ax.yaxis.label}
    return [t for t in figure.findobj(Text) if t not in beyond and t.get_visible() and t.get_text().strip()]


def overlap(a: Bbox, b: Bbox, gap: float = 1.0) -> bool:
    """Whether two boxes share more than a rim of `gap` pixels."""
    return a.x0 + gap < b.x1 and b.x0 + gap < a.x1 and a.y0 + gap < b.y1 and b.y0 + gap < a.y1


def crossed(figure: Figure) -> list[str]:
    """Words whose leader, as it is drawn, crosses a curve; one shorter than a letter of 9 points hides nothing."""
    found = []
    for ax in figure.axes:
        curves = [
            line.get_transform().transform_path(line.get_path())
            for line in ax.lines
            if line.get_linewidth() > 1 and line.get_linestyle() != "None" and line.get_visible()
        ]
        for note in ax.texts:
            if isinstance(note, Annotation) and note.arrow_patch is not None:
                leader = note.arrow_patch.get_path()  # in pixels
                if np.hypot(*np.ptp(leader.vertices, axis=0)) > 9 * figure.dpi / 72:
                    found += [note.get_text() for curve in curves if leader.intersects_path(curve, filled=False)]
    return found


def contrast(colour: object, alpha: float | None) -> float:
    """Against white paper."""
    seen = [1 - (1 - c) * (1.0 if alpha is None else alpha) for c in to_rgb(colour)]
    return 1.05 / (luminance(seen) + 0.05)


def luminance(colour: object) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))
