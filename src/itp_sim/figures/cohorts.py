"""Many patients: who responds, who gains from a higher dose, when to look, and what decides."""

from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke

from itp_sim.design import Level
from itp_sim.equations import Parameters
from itp_sim.errors import InputError
from itp_sim.figures.asked import Asked
from itp_sim.figures.looks import key, page
from itp_sim.figures.made import FIFTY, Made, arm_key, count_axes, days_of, rise_days
from itp_sim.figures.words import Words
from itp_sim.patient import possible
from itp_sim.plots import THRESHOLDS, bands, paired, patients, reached, response_map
from itp_sim.plots.cohort import CURVES
from itp_sim.plots.groups import GROUPS, grouped
from itp_sim.plots.labels import callout
from itp_sim.plots.style import BLACK, BLUE, RED, arms, at_right, dose_marks
from itp_sim.simulate import simulate

#: Share of the virtual patients' values that the map covers, and its points each way.
COVERED, GRID = 0.9, 33
#: Most patients drawn as dots on the map.
DOTS = 120


def responders(asked: Asked, said: Words) -> Made:
    """Twenty patients of many, and the median: the same dose, very different curves."""
    run = simulate(asked.people(), asked.arms, days=asked.days, outputs=["platelets"], progress=False)
    names = list(asked.arms)
    figure, axes = page(asked.look, len(names), tall=1.0)
    rows = []
    for ax, (name, _) in zip(axes, arms(run), strict=True):
        patients(run, arm=name, ax=ax)
    highest = max(float(np.max(line.get_ydata())) for ax in axes for line in ax.lines)
    for ax, (name, arm) in zip(axes, arms(run), strict=True):
        count_axes(ax, run.sel(arm=[name]), said, lines=(FIFTY,), top=1.05 * highest, marks=False)
        rows.append({"arm": name, **_responding(arm)})
        ax.set_title(said("share", n=asked.n, **rows[-1]))
    for ax in axes[1:] if asked.look.slide else []:
        ax.set_ylabel("")
    handles = [
        Line2D([], [], color=BLUE, lw=1.2),
        Line2D([], [], color=RED, lw=1.2, ls=(0, (4, 1.5))),
        Line2D([], [], color=BLACK),
    ]
    key(figure, handles, [said("reaches"), said("never"), said("median")], look=asked.look)
    facts = {"shares": said.each("share_each", rows), "medians": said.each("median_each", rows)}
    return Made(figure, [], facts | {"drawn": min(CURVES, run.sizes["patient"])})


def who_gains(asked: Asked, said: Words) -> Made:
    """Every patient's peak after the first regimen against the second."""
    run = simulate(asked.people(), asked.arms, days=asked.days, outputs=[], progress=False)
    first, second = asked.arms
    figure, (ax,) = page(asked.look, tall=1.25)
    paired(run, level=FIFTY, ax=ax)
    if not asked.look.slide:  # a narrow column has no room for four digits beside three
        ticks = [tick for tick in ax.get_xticks() if tick < 1000]
        ax.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.set_xlabel(said("peak_after", arm=first))
    ax.set_ylabel(said("peak_after", arm=second))
    n = run.sizes["patient"]
    groups = grouped(run, FIFTY)
    counts = {name: 100 * float(members.sum()) / n for name, members in groups.items()}
    shown = [name for name in groups if counts[name] > 0]
    handles = [Line2D([], [], color=GROUPS[name][0], marker=GROUPS[name][1], ls="") for name in shown]
    labels = [said(name.replace(" ", "_"), share=counts[name], first=first, second=second) for name in shown]
    of_whom = said("of_whom", n=n, days=asked.days)
    key(figure, [*handles, Line2D([], [], ls="")], [*labels, of_whom], look=asked.look)
    gain = (run.days_above.isel(arm=1) - run.days_above.isel(arm=0)).sel(level=Level(FIFTY).label)
    responding = groups["both"]
    facts = {
        "first": first,
        "second": second,
        "neither": counts["neither"],
        "both": counts["both"],
        "second_only": counts["second only"],
        "first_only": counts["first only"],
        "gain": float(gain[responding].median()) if responding.any() else 0.0,
        "ratio": float((run.peak.isel(arm=1) / run.peak.isel(arm=0)).median()),
    }
    notes = [callout(ax, said("diagonal"), (_quantile(run, 0.03), _quantile(run, 0.03)))]
    return Made(figure, notes, facts)


def when_to_draw(asked: Asked, said: Words) -> Made:
    """The first week: the count, and the share of patients who have reached 50 at 24, 48 and 72 hours."""
    run = simulate(asked.people(), asked.arms, days=asked.days, outputs=["platelets"], progress=False)
    figure, (left, right) = page(asked.look, 2, tall=1.05)
    rise = rise_days()
    for ax in (left, right):
        ax.axvspan(*rise, color=BLACK, alpha=0.1, lw=0, zorder=0)
    bands(run, ax=left)
    top = 1.1 * float(np.quantile(run.platelets, 0.97))
    count_axes(left, run, said, lines=(FIFTY,), top=top, marks=False)
    reached(run, FIFTY, ax=right)
    right.set(ylim=(0, 112), xlabel=days_of(run, said), ylabel=said("reached", n=asked.n))
    dose_marks(left, run)
    arm_key(figure, run, said, look=asked.look)
    rows: list[dict[str, Any]] = []
    notes = []
    for name, arm in arms(run):
        day = arm.first_day.sel(level=Level(FIFTY).label).to_numpy()
        by: dict[str, float] = {f"by_{24 * d}": 100 * float((day <= d).mean()) for d in (1, 2, 3)}
        median = arm.platelets.median("patient")
        rows.append({"arm": name, **by, "days": asked.days, "by_end": 100 * float((day <= asked.days).mean()),
                     **{f"count_{24 * d}": float(median.interp(time=float(d))) for d in (1, 2, 3)}})  # fmt: skip
    for hours in (24, 72):
        notes.append(callout(right, said("by_hours", hours=hours, share=rows[0][f"by_{hours}"]),
                             (hours / 24, rows[0][f"by_{hours}"])))  # fmt: skip
    for ax in (left, right):
        words = said("window", first=24 * rise[0], last=24 * rise[1])
        ax.text(sum(rise) / 2, 0.97 * ax.get_ylim()[1], words, ha="center", va="top")
    facts = {
        "reached": said.each("reached_each", rows),
        "counts": said.each("counts_each", rows),
        "first": rows[0]["arm"],
        "first_hour": 24 * rise[0],
        "last_hour": 24 * rise[1],
        "early": 100 * rows[0]["by_24"] / max(rows[0]["by_end"], 1e-9),
        "late": 100 * rows[0]["by_72"] / max(rows[0]["by_end"], 1e-9),
    }
    return Made(figure, notes, facts)


def response_by_mechanism(asked: Asked, said: Words) -> Made:
    """The peak over production and the share of clearance that needs no Fc-gamma receptor."""
    name, regimen = asked.first
    people = asked.people()
    tails = [(1 - COVERED) / 2, (1 + COVERED) / 2]
    eps = np.linspace(*_ends(people["EPS"], tails), GRID)
    find = np.geomspace(*_ends(people["FIND"], tails, lowest=1e-3), GRID)
    typical = asked.patient().parameters._asdict()
    grid = pd.DataFrame([{**typical, "EPS": e, "FIND": f} for f in find for e in eps])
    if not possible(Parameters(*(grid[name].to_numpy() for name in Parameters._fields))).all():
        raise InputError("some patients of the map could not exist untreated: give a lower count with `platelets`")
    grid.attrs["population"] = asked.population
    run = simulate(grid, {name: regimen}, days=asked.days, outputs=[], progress=False)
    figure, (ax,) = page(asked.look, tall=1.25)
    response_map(run, "EPS", "FIND", levels=THRESHOLDS, ax=ax)
    within = people[people["EPS"].between(eps[0], eps[-1]) & people["FIND"].between(find[0], find[-1])].head(DOTS)
    ax.scatter(within["EPS"], within["FIND"], s=7, color=BLACK, alpha=0.7, lw=0, label=said("dots"))
    ax.set_yscale("log")
    ax.set(xlim=(eps[0], eps[-1]), ylim=(find[0], find[-1]), xlabel=said("eps"), ylabel=said("find"))
    ticks = [tick for tick in (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if find[0] <= tick <= find[-1]]
    ax.set_yticks(ticks, [f"{100 * tick:g}%" for tick in ticks])
    ax.set_yticks([], minor=True)
    peak = run.peak.isel(arm=0).to_numpy().reshape(GRID, GRID)
    _name_levels(ax, find, peak[:, -1])
    key(figure, [Line2D([], [], marker="o", ls="", ms=3, color=BLACK)], [said("dots")], look=asked.look)
    facts = {
        "name": name,
        "lines": said.numbers(THRESHOLDS),
        "covered": 100 * COVERED,
        "typical_peak": float(np.interp(typical["EPS"], eps, peak[int(np.argmin(np.abs(find - typical["FIND"])))])),
        "lowest": float(peak.min()),
        "highest": float(peak.max()),
        "eps_low": float(eps[0]),
        "eps_high": float(eps[-1]),
        "find_low": 100 * float(find[0]),
        "find_high": 100 * float(find[-1]),
        "height_low": float(peak[0, 0]),
        "height_high": float(peak[0, -1]),
        "far": float(np.ptp(peak[-1])),
        "bar": _bar(find, peak, said),
        "below_50": 100 * float((peak < FIFTY).mean()),
    }
    mesh = pd.DataFrame({"series": "peak", "EPS": grid["EPS"], "FIND": grid["FIND"], "peak": peak.ravel()})
    dots = within[["EPS", "FIND"]].assign(series=said("dots"))
    return Made(
        figure,
        [],
        facts,
        data=pd.concat([mesh, dots], ignore_index=True),
        place=partial(_name_regions, ax, eps, find, peak=peak, said=said),
    )


def _bar(find: np.ndarray, peak: np.ndarray, said: Words) -> str:
    """Where the line of 50 lies at both ends of production, in words; none if it does not cross the map."""
    ends = peak[:, [0, -1]]
    if (ends.max(axis=0) < FIFTY).any() or (ends.min(axis=0) > FIFTY).any():
        return ""
    low, high = (100 * float(np.exp(np.interp(-FIFTY, -column, np.log(find)))) for column in ends.T)
    return said("bar", low=low, high=high)


def _name_levels(ax: Axes, y: np.ndarray, peak: np.ndarray) -> None:
    """The count of each line that leaves the map on the right."""
    for level in THRESHOLDS:
        if peak.min() < level < peak.max():
            at_right(ax, float(np.exp(np.interp(-level, -peak, np.log(y)))), f"{level}")


def _name_regions(ax: Axes, x: np.ndarray, y: np.ndarray, *, peak: np.ndarray, said: Words) -> None:
    """The range of peaks written where each region of the map has most room for it; where none is, the lines tell."""
    classes = np.searchsorted(THRESHOLDS, peak, side="right")
    points = ax.transData.transform(np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)).reshape(*classes.shape, 2)
    room = ax.get_window_extent()
    bounds = [*THRESHOLDS]
    names = [
        said("region_below", high=bounds[0]),
        *(said("region_between", low=low, high=high) for low, high in pairwise(bounds)),
        said("region_above", low=bounds[-1]),
    ]
    for group, words in enumerate(names):
        text = ax.text(x[0], y[0], words, ha="center", va="center", weight="bold")
        text.set_path_effects([withStroke(linewidth=3, foreground="white")])
        found = text.get_window_extent()
        size = np.array([found.width, found.height])
        mine, others = points[classes == group], points[classes != group]
        # Distances in sizes of the words: from half a size on the words stand clear.
        clear = np.minimum((mine - room.min) / size, (room.max - mine) / size).min(axis=1)
        if len(mine) and len(others):
            away = np.abs(mine[:, None] - others[None]) / size
            clear = np.minimum(clear, away.max(axis=2).min(axis=1))
        if not len(mine) or clear.max() < 0.62:
            text.remove()
            continue
        text.set_position(tuple(ax.transData.inverted().transform(mine[int(np.argmax(clear))])))


def _responding(arm: xr.Dataset) -> dict[str, float]:
    """Share of the patients who reach 50, and the median peak of those who do."""
    reach = arm.first_day.sel(level=Level(FIFTY).label).notnull().to_numpy()
    median = float(np.median(arm.peak.to_numpy()[reach])) if reach.any() else float("nan")
    return {"share": 100 * float(reach.mean()), "median": float(arm.peak.median()), "median_responders": median}


def _ends(values: "pd.Series[Any]", tails: list[float], *, lowest: float = 0.0) -> tuple[float, float]:
    """Range that holds all but the tails."""
    low, high = np.quantile(values.to_numpy(dtype=float), tails).tolist()
    return max(low, lowest), high


def _quantile(run: xr.Dataset, share: float) -> float:
    return float(np.quantile(run.peak, share))
