"""What a dose does to the count of one patient."""

from typing import Any

import numpy as np
import xarray as xr

from itp_sim.design import Level
from itp_sim.dosing import Regimen
from itp_sim.figures.asked import Asked
from itp_sim.figures.looks import page
from itp_sim.figures.made import FIFTY, Made, arm_key, at, count_axes, days_above, one_row, peak, peaks, rise_days, room
from itp_sim.figures.words import Words
from itp_sim.plots import THRESHOLDS, curves, durations
from itp_sim.plots.labels import callout
from itp_sim.plots.style import BLACK, arms, dose_marks, has_peak
from itp_sim.simulate import simulate

#: Counts whose times above are compared [1e9/L]: what trials and practice call severe, response, and complete response.
FOUR = (10.0, 30.0, FIFTY, 100.0)


def dose_comparison(asked: Asked, said: Words) -> Made:
    """Counts after one and two grams per kg: the rise of the first days, the peaks, the time above 50."""
    patient = asked.patient()
    remits = patient.parameters.KREM > 0
    natural = said("untreated_arm")
    untreated = {natural: None} if remits and natural not in asked.arms else {}
    shown: dict[str, Regimen | str | None] = {**asked.arms, **untreated}
    run = simulate(patient, shown, days=asked.days)
    figure, (ax,) = page(asked.look, tall=1.2)
    curves(run, ax=ax)
    count_axes(ax, run, said, lines=THRESHOLDS, top=room(run, asked.look))
    first, last = rise_days()
    ax.axvspan(first, last, color=BLACK, alpha=0.1, lw=0, zorder=0)
    rows = [_row(run, name) for name in asked.arms]
    slide = asked.look.slide
    # A column has no room for words beside peaks that lie inside one another.
    arm_key(figure, run, said, look=asked.look, labels=[] if slide else [*_with_peaks(run, rows, said), *untreated])
    rise = said("rise", first=first, last=last)
    reached = said("on_day_3", counts=said.each("rise_count", rows))
    ax.text(first + 0.1, 0.97 * ax.get_ylim()[1], rise if slide else f"{rise}\n{reached}", ha="left", va="top")
    notes = []
    if slide:
        highest = max(row["day_3"] for row in rows)
        notes = [callout(ax, reached, (3.0, highest)), *peaks(ax, run.sel(arm=[*asked.arms]), said)]
    for row in rows if slide else []:
        down = float(one_row(run, row["arm"]).last_day.sel(level=Level(FIFTY).label))
        if row["days_above"] > 0.5 and down < 0.98 * asked.days:
            notes.append(callout(ax, said("until", **row), (down, FIFTY)))
    recovery = ""
    for name in untreated:
        end = {"days": asked.days, "at_end": at(one_row(run, name), "platelets", asked.days)}
        recovery = said("recovery", **_row(run, name), **end)
    peaked = [said("peaks_each" if has_peak(one_row(run, row["arm"])) else "no_peak_each", **row) for row in rows]
    facts = {"first": first, "last": last, **_lists(rows, said), "peaks": said.joined(peaked), "recovery": recovery}
    usual = [*asked.arms] == [said("arm_1"), said("arm_2")]
    title = None if usual else said("title_other", names=said.joined([*asked.arms]))
    return Made(figure, notes, facts, title=title)


def thresholds(asked: Asked, said: Words) -> Made:
    """When the count crosses 10, 30, 50 and 100, and how long it stays above each."""
    run = simulate(asked.patient(), asked.arms, days=asked.days, levels=[*map(Level, FOUR)])
    figure, (left, right) = page(asked.look, 2, tall=1 + 0.2 * max(0, len(asked.arms) - 2))
    curves(run, ax=left)
    count_axes(left, run, said, lines=FOUR, top=room(run, asked.look))
    durations(run, FOUR, ax=right)
    right.set_xlabel(said("days_above"))
    right.set_ylabel(said("threshold"))
    right.set_title(said("within", days=asked.days), loc="right", fontsize="medium")
    rows = []
    for name, arm in arms(run):
        one = arm.isel(patient=0)
        days = [{"count": count, "days": days_above(one, count)} for count in FOUR]
        rows.append({**peak(one, name), "each": said.each("days_at", days)})
    arm_key(figure, run, said, look=asked.look, labels=_with_peaks(run, rows, said))
    return Made(figure, [], {"each_arm": said.each("arm_days", rows), "lines": said.numbers(FOUR)})


def one_two_or_five_days(asked: Asked, said: Words) -> Made:
    """The same dose in one, two or five days: IgG and count."""
    run = simulate(asked.patient(), asked.arms, days=asked.days)
    figure, (above, below) = page(asked.look, 2, stacked=True, heights=(1, 1.3), tall=1.15)
    curves(run, "infused_igg", ax=above)
    above.set_ylabel(said("infused_igg"))
    above.set_xlabel("")
    curves(run, ax=below)
    count_axes(below, run, said, lines=THRESHOLDS, top=room(run, asked.look), marks=False)
    dose_marks(above, run)
    rows = [_row(run, name) for name in asked.arms]
    arm_key(figure, run, said, look=asked.look, labels=_with_peaks(run, rows, said))
    for row in rows:
        one = one_row(run, row["arm"])
        row["igg"] = float(one.infused_igg.max())
        row["igg_day"] = float(one.time[int(np.argmax(one.infused_igg.to_numpy()))])
        row["grams"] = float(one.grams)
    notes = [callout(above, said("igg_peak", **row), (row["igg_day"], row["igg"])) for row in rows]
    facts = _lists(rows, said) | {"igg": said.each("igg_each", rows)}
    return Made(figure, notes, facts)


def _row(run: xr.Dataset, name: str) -> dict[str, Any]:
    """Numbers of one arm."""
    one = one_row(run, name)
    regimen_days = {f"day_{day}": at(one, "platelets", day) for day in (1, 2, 3, 7)}
    more = {"days_above": days_above(one), "blocked": 100 * at(one, "blockade", 2.0)}
    return {**peak(one, name), **regimen_days, **more}


def _with_peaks(run: xr.Dataset, rows: list[dict[str, Any]], said: Words) -> list[str]:
    """Name of each arm, with its peak if there is one."""
    return [said("key", **row) if has_peak(one_row(run, row["arm"])) else str(row["arm"]) for row in rows]


def _lists(rows: list[dict[str, Any]], said: Words) -> dict[str, str]:
    """Numbers of all arms as lists in words."""
    return {name: said.each(f"{name}_each", rows) for name in ("early", "peaks", "above", "blocked")}
