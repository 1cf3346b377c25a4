"""Published counts over a simulated curve."""

import json
import textwrap
from collections.abc import Iterable

import xarray as xr
from matplotlib.axes import Axes

from itp_sim import checks
from itp_sim.errors import InputError
from itp_sim.observed import Study, study
from itp_sim.plots.style import ARMS, BLACK, LABEL, MARKERS, NBSP, arms


def studies(observed: str | Iterable[str]) -> list[Study]:
    """Published studies by name, each once."""
    try:
        names = [observed] if isinstance(observed, str) else list(observed)
    except TypeError:
        raise InputError(f"observed is {checks.shown(observed)}: give the name of a study, or several") from None
    found = list(dict.fromkeys(study(name) for name in names))
    if len(found) > len(MARKERS):
        raise InputError(f"observed names {len(found)} studies: at most {len(MARKERS)} are drawn at once")
    return found


def observations(ax: Axes, one: xr.Dataset, found: list[Study], untreated: float) -> float:
    """Draw published counts; return the highest."""
    regimens = json.loads(one.attrs.get("regimens", "{}"))
    colours = {regimens.get(name): colour for (name, _), (colour, _) in zip(arms(one), ARMS, strict=False)}
    end = float(one.time[-1])
    highest = 0.0
    for s, marker in zip(found, MARKERS, strict=False):
        within = [point for point in s.points if point.day <= end]
        if not within:
            raise InputError(f"{s.title} has no count before day {end:g}, where the run ends: raise `days`")
        for text in dict.fromkeys(point.regimen for point in within):
            points = [p for p in within if p.regimen == text]
            heights = [p.value + (untreated if p.kind == "rise" else 0.0) for p in points]
            what = points[0].statistic + (" rise" if points[0].kind == "rise" else "")
            drawn = ax.errorbar(
                [p.day for p in points],
                heights,
                yerr=[p.sd or 0.0 for p in points] if any(p.sd for p in points) else None,
                fmt=marker,
                color=colours.get(text, BLACK),
                mfc="white",
                ms=7,
                mew=1.6,
                capsize=3,
                zorder=4,
                label=textwrap.fill(f"{s.title}: {text.replace(' ', NBSP)}", LABEL) + f"\n({what}, n = {points[0].n})",
            )
            for artist in drawn.get_children():
                artist.set_clip_on(False)
            highest = max([highest, *(h + (p.sd or 0.0) for h, p in zip(heights, points, strict=True))])
    return highest
