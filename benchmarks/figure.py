"""Work against precision: what each engine costs for the error that it makes."""

from pathlib import Path
from typing import Any

from benchmarks.measure import Scan
from benchmarks.problem import ACCURACY

#: Colour and marker of each group; told apart by the labels at the lines too.
GROUPS = {
    "itp_sim": ("#0072B2", "o"),
    "SciPy": ("#D55E00", "s"),
    "SciPy + numba": ("#D55E00", "D"),
    "numba": ("#009E73", "^"),
    "libRoadRunner": ("#CC79A7", "v"),
    "diffrax": ("#000000", "x"),
    "mrgsolve": ("#000000", "*"),
}
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (8, 3)), (0, (3, 1)))
#: Engines whose line lies on another's.
ALIKE = {"kernel with crossings", "odeint, Jacobian"}
#: Errors that are shown.
LEAST, MOST = 1e-9, 3e-2
#: Least distance between labels, in shares of the axis.
APART = 0.034


def draw(scans: dict[tuple[str, str], Scan], to: Path) -> None:
    """Write the figure to `to`; `scans` are keyed by group and engine."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 6.4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    ends, seen = [], dict.fromkeys(GROUPS, 0)
    for (group, name), scan in scans.items():
        points = sorted((p for p in scan.points if LEAST < p.error < MOST), key=lambda p: p.error)
        if not points or name in ALIKE:
            continue
        colour, marker = GROUPS[group]
        style = STYLES[seen[group] % len(STYLES)]
        seen[group] += 1
        x, y = [p.error for p in points], [1e6 * p.seconds for p in points]
        axes.plot(x, y, color=colour, marker=marker, linestyle=style, markersize=4, linewidth=1.2)
        ends.append((x[0], y[0], f"{group}: {name}" if group != name else name, colour))
    axes.set(xscale="log", yscale="log", xlim=(MOST, min((x for x, *_ in ends), default=LEAST) / 2))
    axes.axvline(ACCURACY, color="#000000", linewidth=0.8, linestyle=":")
    axes.set_xlabel("largest relative error of the platelet count")
    axes.set_ylabel("CPU time for one patient under one regimen [µs]")
    axes.text(ACCURACY, 1.01, "compared here", transform=axes.get_xaxis_transform(), ha="center", fontsize=9)
    axes.grid(which="major", color="#000000", alpha=0.12, linewidth=0.6)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    _label(axes, ends)
    with mpl.rc_context({"svg.hashsalt": "itp_sim"}):
        figure.savefig(to, dpi=150, metadata={"Date": None} if to.suffix == ".svg" else None)


def _label(axes: Any, ends: list[tuple[float, float, str, str]]) -> None:
    """Names in a column on the right, pushed apart, each joined with the end of its line."""
    to_share = axes.transData + axes.transAxes.inverted()
    found = sorted(
        ((to_share.transform((x, y)), text, colour) for x, y, text, colour in ends), key=lambda one: one[0][1]
    )
    heights = spread([float(point[1]) for point, _, _ in found])
    # From the left edge of the name, not from its middle.
    line = {"arrowstyle": "-", "linewidth": 0.5, "alpha": 0.6, "shrinkA": 2, "shrinkB": 2, "relpos": (0.0, 0.5)}
    for height, (point, text, colour) in zip(heights, found, strict=True):
        axes.annotate(
            text,
            xy=tuple(point),
            xytext=(1.03, height),
            xycoords="axes fraction",
            textcoords="axes fraction",
            color=colour,
            fontsize=9,
            va="center",
            annotation_clip=False,
            arrowprops=line | {"color": colour},
        )


def spread(heights: list[float]) -> list[float]:
    """Rising `heights`, moved as little as possible (least squares) until they lie `APART`."""
    # Where neighbours would come too close, they move together to the middle of where they want to be.
    groups: list[list[float]] = []
    for i, height in enumerate(heights):
        groups.append([height - i * APART])
        while len(groups) > 1 and _mean(groups[-2]) > _mean(groups[-1]):
            last = groups.pop()
            groups[-1].extend(last)
    moved = [_mean(group) for group in groups for _ in group]
    return [height + i * APART for i, height in enumerate(moved)]


def _mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers)
