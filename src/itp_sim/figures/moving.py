"""The reservoir: snapshots on a page, and the same as a short animation."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from itp_sim.figures.asked import Asked
from itp_sim.figures.looks import Look, around, key, page, worn
from itp_sim.figures.made import Made, one_row, peak
from itp_sim.figures.words import Words
from itp_sim.plots.reservoir import MARKS, WORDS, reservoir, state
from itp_sim.plots.style import BLUE, GREEN, RED
from itp_sim.simulate import simulate

#: Days of the animation's frames apart, frames a second, and its resolution.
STEP, PER_SECOND, DPI = 0.25, 10, 72
#: Its size [inch], and that of its words [points].
WIDTH, HEIGHT, TEXT = 5.2, 5.2, 12.0


def reservoir_over_time(asked: Asked, said: Words) -> Made:
    """The blood as a tank, before, while it fills, at its fullest, and when it has drained."""
    name, regimen = asked.first
    run = simulate(asked.patient(), {name: regimen}, days=asked.days)
    one = one_row(run, name)
    found = peak(one, name)
    days = [0.0, 1.0, float(found["day"]) or 2.0, asked.days]
    full = max(1.15 * float(one.peak), 110.0)
    most = float(max(one.production.max(), (one.spleen_clearance + one.liver_clearance).max()))
    templates = {key: said.template(f"tank_{key}") for key in WORDS}
    figure, axes = page(asked.look, 4, tall=0.9) if asked.look.slide else _two_by_two(asked)
    _tank_key(figure, said, look=asked.look)
    shown = [state(run, day) for day in days]
    for ax, now in zip(axes, shown, strict=True):
        reservoir(now, full=full, most=most, words=templates, ax=ax)
    facts = {
        **found,
        "marks": said.numbers(MARKS),
        "snapshots": said.each("snapshot", shown),
        "untreated": shown[0]["count"],
        "last": asked.days,
        "last_count": shown[-1]["count"],
    }
    animate = partial(_animate, run=run, asked=asked, said=said, full=full, most=most, templates=templates)
    return Made(figure, [], facts, animate, pd.DataFrame(shown))


def _tank_key(figure: Figure, said: Words, *, look: Look) -> None:
    """What the flows and the level are, and their units."""
    names = ("key_made", "key_cleared", "key_count")
    handles = [Patch(fc=colour, alpha=share, lw=0) for colour, share in ((GREEN, 0.7), (RED, 0.7), (BLUE, 0.5))]
    key(figure, handles, [said(name) for name in names], look=look)


def _two_by_two(asked: Asked) -> tuple[Figure, list[Axes]]:
    """Four tanks in a narrow column."""
    figure, first = page(asked.look, 1, tall=1.7)
    first[0].remove()
    axes = list(figure.subplots(2, 2).ravel())
    for letter, ax in zip("ABCD", axes, strict=True):
        ax.set_label(letter)
    return figure, axes


def _animate(
    path: Path,
    *,
    run: xr.Dataset,
    asked: Asked,
    said: Words,
    full: float,
    most: float,
    templates: dict[str, str],
) -> None:
    """Write the tank day by day as a GIF that repeats."""
    from matplotlib.animation import PillowWriter

    look = asked.look._replace(width=WIDTH, height=HEIGHT, text=TEXT, slide=False)
    with worn(look):
        figure, (ax,) = page(look)
        figure.set_size_inches(WIDTH, HEIGHT)
        _tank_key(figure, said, look=look)
        around(figure, look, title=said("title"), notice=asked.notice)
        writer = PillowWriter(fps=PER_SECOND)
        with writer.saving(figure, str(path), dpi=DPI):
            figure.draw_without_rendering()
            figure.set_layout_engine("none")
            for day in np.arange(0.0, asked.days + STEP / 2, STEP):
                ax.clear()
                reservoir(state(run, min(float(day), asked.days)), full=full, most=most, words=templates, ax=ax)
                writer.grab_frame()
