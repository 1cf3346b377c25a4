"""Published counts, and those of subjects, over a simulated curve."""

import json
import textwrap
from collections.abc import Iterable, Iterator

import xarray as xr
from matplotlib.axes import Axes

from itp_sim import checks
from itp_sim.errors import InputError
from itp_sim.nmtran import Subject
from itp_sim.observed import Study, study
from itp_sim.plots.measured import measured
from itp_sim.plots.style import ARMS, BLACK, LABEL, MARKERS, NBSP, arms

#: Markers of published arms and subjects, in their order: each has one of its own, so no more are drawn at once.
SHAPES = (*MARKERS, "P", "X", "<", ">", "p", "h")
#: What may be laid over a curve: names of published studies, subjects of a table, or a table of a few.
Observed = str | Subject | Iterable[str | Subject]


def asked(observed: Observed) -> list[Study | Subject]:
    """Published studies by name, each once, and subjects.

    Raises
    ------
    InputError
        If it is something else, a study does not exist, or there is more than markers can tell apart.
    """
    try:
        given = [observed] if isinstance(observed, str | Subject) else list(observed)
    except TypeError:
        raise InputError(
            f"observed is {checks.shown(observed)}: give the name of a study, what read_nmtran() returned, or several"
        ) from None
    subjects = [one for one in given if isinstance(one, Subject)]
    if len(subjects) > len(SHAPES):
        raise InputError(
            f"observed has {len(subjects)} subjects: at most {len(SHAPES)} are drawn at once; choose one, as in "
            f"records[{subjects[0].id!r}]"
        )
    found = [one if isinstance(one, Subject) else study(one) for one in given]
    distinct = [one for at, one in enumerate(found) if one not in found[:at]]
    several = sum(1 if isinstance(one, Subject) else len({point.regimen for point in one.points}) for one in distinct)
    if several > len(SHAPES):
        what = "arms of studies and subjects" if subjects else "arms of studies"
        raise InputError(f"observed has {several} {what}: at most {len(SHAPES)} are drawn at once")
    return distinct


def observations(ax: Axes, one: xr.Dataset, found: list[Study | Subject]) -> float:
    """Draw published counts and those of subjects; return the highest.

    A published rise is drawn from the untreated count, of several patients from their median, and its label says so.
    """
    highest = 0.0
    shapes = iter(SHAPES)
    fitted = fitted_sources() if any(isinstance(what, Study) for what in found) else frozenset()
    for what in found:
        if isinstance(what, Subject):
            highest = max(highest, measured(ax, one, what, marker=next(shapes)))
        else:
            highest = max(highest, _published(ax, one, what, shapes=shapes, fitted=fitted))
    return highest


def fitted_sources() -> frozenset[str]:
    """Keys of the sources whose trials the model was fitted to."""
    from itp_sim.trials import load_trial, trials

    return frozenset(key for trial in map(load_trial, trials()) if trial.role == "calibrate" for key in trial.sources)


def _published(ax: Axes, one: xr.Dataset, s: Study, *, shapes: Iterator[str], fitted: frozenset[str]) -> float:
    """Draw the counts of one study, each arm with the next of the markers; return the highest."""
    untreated = one.parameters.sel(parameter="P0")
    base = f"{'median ' if untreated.size > 1 else ''}untreated count"
    regimens = json.loads(one.attrs.get("regimens", "{}"))
    colours = {regimens.get(name): colour for (name, _), (colour, _) in zip(arms(one), ARMS, strict=False)}
    end = float(one.time[-1])
    highest = 0.0
    within = [point for point in s.points if point.day <= end]
    if not within:
        raise InputError(f"{s.title} has no count before day {end:g}, where the run ends: raise `days`")
    for text in dict.fromkeys(point.regimen for point in within):
        points = [p for p in within if p.regimen == text]
        heights = [p.value + (float(untreated.median()) if p.kind == "rise" else 0.0) for p in points]
        risen = f" rise, drawn from the {base}" if points[0].kind == "rise" else ""
        more = ", ".join(["fitted to"] * (s.source in fitted) + ["no curve here"] * (text not in colours))
        told = [f"{s.title}: {text.replace(' ', NBSP)}"]
        told += [f"({points[0].statistic}{risen}, n{NBSP}={NBSP}{points[0].n}{more and '; '}{more})"]
        drawn = ax.errorbar(
            [p.day for p in points],
            heights,
            yerr=[p.sd or 0.0 for p in points] if any(p.sd for p in points) else None,
            fmt=next(shapes),
            color=colours.get(text, BLACK),
            mfc="white",
            ms=7,
            mew=1.6,
            capsize=3,
            zorder=4,
            label="\n".join(textwrap.fill(line, LABEL) for line in told),
        )
        for artist in drawn.get_children():
            artist.set_clip_on(False)
        highest = max([highest, *(h + (p.sd or 0.0) for h, p in zip(heights, points, strict=True))])
    return highest
