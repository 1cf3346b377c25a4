"""The blood as a tank on one day: what flows in, what flows out, how full it is."""

from collections.abc import Mapping
from types import MappingProxyType

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrow, Rectangle

from itp_sim import checks
from itp_sim.plots.frame import new_axes
from itp_sim.plots.style import BLACK, BLUE, GREEN, QUIET, RED, one_patient

#: Words of the picture; a translation replaces them.
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "day": "day {day:.1f}",
        "made": "made {made:.0f}",
        "cleared": "cleared {cleared:.0f}",
        "other": "age, use {other:.0f}",
        "blocked": "{blocked:.0f}% blocked",
        "count": "{count:.0f}",
    }
)
#: The tank: left, right, bottom and top, in units of the picture, which is 13 wide and 12 high.
LEFT, RIGHT, BOTTOM, TOP = 1.0, 10.5, 3.4, 9.2
#: Where the flows run, and the width of the widest.
PIPE, WIDEST = 3.0, 2.6
#: Counts that are marked on the tank.
MARKS = (50, 100)


def state(run: xr.Dataset, day: float) -> dict[str, float]:
    """What the tank shows on one day: day, count, made, cleared, other [1e9/L, per day], blocked [%].

    Raises
    ------
    InputError
        If the day is beyond the run, or the run lacks an output.
    """
    needed = ("platelets", "production", "spleen_clearance", "liver_clearance", "haemostatic_use", "senescence",
              "blockade")  # fmt: skip
    one = one_patient(run, None, needed).isel(arm=0)
    now = one.interp(time=checks.number("day", day, 0.0, float(one.time[-1]), "day"))
    return {
        "day": float(day),
        "count": now.platelets.item(),
        "made": now.production.item(),
        "cleared": now.spleen_clearance.item() + now.liver_clearance.item(),
        "other": now.haemostatic_use.item() + now.senescence.item(),
        "blocked": 100 * now.blockade.item(),
    }


def reservoir(
    shown: Mapping[str, float],
    *,
    full: float,
    most: float,
    words: Mapping[str, str] = WORDS,
    ax: Axes | None = None,
) -> Axes:
    """The tank: platelets made flow in from above, those cleared flow out below, through a valve that IVIG closes.

    Parameters
    ----------
    shown
        What :func:`state` returns.
    full
        Count of a full tank [1e9/L].
    most
        Platelets a day that the widest flow stands for [1e9/L/day].
    words
        Templates of the words, as in `WORDS`.
    ax
        Axes to draw on; by default those of a new figure.

    Returns
    -------
    matplotlib.axes.Axes
    """
    ax = new_axes(ax)
    scale = WIDEST / most
    level = BOTTOM + (TOP - BOTTOM) * min(shown["count"] / full, 1.0)
    ax.add_patch(Rectangle((LEFT, BOTTOM), RIGHT - LEFT, level - BOTTOM, fc=BLUE, alpha=0.5, lw=0, label="count"))
    ax.plot([LEFT, LEFT, RIGHT, RIGHT], [TOP, BOTTOM, BOTTOM, TOP], color=BLACK, label="_tank")
    for mark in MARKS:
        height = BOTTOM + (TOP - BOTTOM) * mark / full
        if height < TOP:
            ax.plot([LEFT, LEFT + 0.6], [height, height], color=BLACK, lw=1, label="_mark")
            ax.text(LEFT - 0.25, height, f"{mark}", ha="right", va="center", **QUIET)
    _down(ax, 11.6, 2.2, width=scale * shown["made"], colour=GREEN)
    _down(ax, BOTTOM - 0.3, 2.6, width=scale * shown["cleared"], colour=RED)
    shut = WIDEST * shown["blocked"] / 100
    ax.add_patch(Rectangle((PIPE - WIDEST / 2, BOTTOM - 0.3), shut, 0.3, fc=BLACK, lw=0, label="_valve"))
    for name, height in (("made", 10.5), ("blocked", 2.7), ("cleared", 1.7), ("other", 0.7)):
        ax.text(PIPE + WIDEST / 2 + 0.8, height, words[name].format(**shown), ha="left", va="center")
    ax.text((LEFT + RIGHT) / 2, (BOTTOM + TOP) / 2, words["count"].format(**shown), ha="center", va="center",
            weight="bold")  # fmt: skip
    ax.set_title(words["day"].format(**shown), weight="bold")
    ax.set(xlim=(-1.3, 11.7), ylim=(0, 12))
    ax.set_axis_off()
    return ax


def _down(ax: Axes, top: float, length: float, *, width: float, colour: str) -> None:
    """A flow through the pipe from `top` downwards."""
    wide = max(width, 0.06)
    head = min(0.9, 0.45 * wide + 0.25)
    ax.add_patch(
        FancyArrow(PIPE, top, 0, -length, width=wide, head_width=1.5 * wide + 0.2, head_length=head,
                   length_includes_head=True, fc=colour, alpha=0.7, lw=0)
    )  # fmt: skip
