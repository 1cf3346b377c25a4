"""Why the count rises and falls."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from itp_sim.figures.asked import Asked
from itp_sim.figures.looks import Look, key, page
from itp_sim.figures.made import FIFTY, Made, arm_key, at, count_axes, days_above, days_of, one_row, peak, room
from itp_sim.figures.words import Words
from itp_sim.plots import THRESHOLDS, balance, curves, patients
from itp_sim.plots.balance import AREAS, extended, sum_of_losses
from itp_sim.plots.labels import callout
from itp_sim.plots.style import BLACK, BLUE, PINK, QUIET, RED, arms, bare_frame, dose_marks, starts_at_once
from itp_sim.simulate import simulate
from itp_sim.trials import load_trial, run_trial

#: Days of the untreated steady state drawn before the first infusion.
BEFORE = 2.0


def why_counts_rise(asked: Asked, said: Words) -> Made:
    """The blood as a reservoir: clearance is shut, production goes on, the count fills up."""
    name, regimen = asked.first
    run = simulate(asked.patient(), {name: regimen}, days=asked.days)
    one = one_row(run, name)
    figure, (above, below) = page(asked.look, 2, stacked=True, heights=(1.25, 1), tall=1.3)
    balance(run, before=BEFORE, ax=above)
    if not asked.look.slide:  # a narrow column needs the room for words above the curves
        above.set_ylim(top=1.2 * above.get_ylim()[1])
    above.set_ylabel(said("flow"))
    above.set_xlabel("")
    _count_from_before(below, run, said, top=1.5 * float(max(run.peak.max(), 60)))
    below.set_ylabel(said("count_short"))
    dose_marks(above, run)
    lost = sum_of_losses(one)
    gains = np.flatnonzero((one.production - lost).to_numpy() > 0)
    when = min(2.0, asked.days / 3)
    facts = {
        **peak(one, name),
        "made_before": at(one, "production", 0.0),
        "lost_before": float(lost[0]),
        "made": at(one, "production", when),
        "lost": float(np.interp(when, one.time, lost)),
        "when": when,
        "blocked": 100 * at(one, "blockade", when),
        "count": at(one, "platelets", when),
        "pooled": 100 * float(one.parameters.sel(parameter="PHI")),
    }
    _area_key(figure, said, ("production", "lost", "kept", "drained"), look=asked.look)
    notes = [callout(above, said("balanced"), (-BEFORE / 2, facts["made_before"]))]
    if len(gains):
        notes.append(callout(above, said("filling", **facts), (when, facts["made"])))
        notes.append(callout(below, said("at_peak", **facts), (facts["day"], facts["peak"])))
    return Made(figure, notes, facts)


def why_counts_fall(asked: Asked, said: Words) -> Made:
    """The blockade wears off, clearance overtakes production, which thrombopoietin has lowered meanwhile."""
    name, regimen = asked.first
    run = simulate(asked.patient(), {name: regimen}, days=asked.days)
    one = one_row(run, name)
    figure, (top, middle, bottom) = page(asked.look, 3, stacked=True, heights=(0.8, 1.2, 1), tall=1.1)
    curves(run, "blockade", percent=True, ax=top)
    top.set(ylim=(0, 108), ylabel=said("blocked"), xlabel="")
    balance(run, ax=middle)
    middle.set(ylabel=said("flow"), xlabel="")
    curves(run, ax=bottom)
    count_axes(bottom, run, said, lines=(FIFTY,), top=1.45 * float(max(run.peak.max(), 60)), marks=False)
    bottom.set_ylabel(said("count_short"))
    dose_marks(top, run)
    found = peak(one, name)
    production = one.production.to_numpy()
    lowest = int(np.argmin(production))
    half = _falls_below(one.time.to_numpy(), one.blockade.to_numpy(), 0.5)
    facts = {
        **found,
        "half": half,
        "half_said": said("half_day", half=half) if np.isfinite(half) else said("half_never"),
        "blocked": 100 * at(one, "blockade", found["day"]),
        "made_before": float(production[0]),
        "lowest": float(production[lowest]),
        "lowest_day": float(one.time[lowest]),
        "down": 100 * (1 - float(production[lowest]) / float(production[0])),
        "tpo": 100 * (1 - float(one.tpo.min()) / float(one.tpo[0])),
        "old": at(one, "senescence", found["day"]),
        "cleared": at(one, "spleen_clearance", found["day"]) + at(one, "liver_clearance", found["day"]),
    }
    for ax in (top, middle, bottom):
        ax.axvline(found["day"], lw=0.8, ls=(0, (4, 3)), zorder=0, **QUIET)
    _area_key(figure, said, ("production", "lost", "kept", "drained"), look=asked.look)
    notes = [callout(bottom, said("at_peak", **facts), (found["day"], found["peak"]))]
    if np.isfinite(half):
        notes.append(callout(top, said("half", **facts), (half, 50.0)))
    notes.append(callout(middle, said("less", **facts), (facts["lowest_day"], facts["lowest"])))
    return Made(figure, notes, facts)


def blockade(asked: Asked, said: Words) -> Made:
    """Infused IgG at the phagocytes, and the share of Fc-gamma clearance that it blocks."""
    run = simulate(asked.patient(), asked.arms, days=asked.days, outputs=["CE", "blockade", "infused_igg", "platelets"])
    figure, (above, below) = page(asked.look, 2, stacked=True, tall=1.2)
    curves(run, "CE", ax=above)
    half = float(run.parameters.sel(parameter="IC50").isel(patient=0))
    above.axhline(half, lw=0.8, zorder=1, **QUIET)
    above.set(ylabel=said("at_phagocytes"), xlabel="")
    curves(run, "blockade", percent=True, ax=below)
    below.set(ylim=(0, 112), ylabel=said("blocked"), xlabel=days_of(run, said))
    below.axhline(50, lw=0.8, zorder=1, **QUIET)
    dose_marks(above, run)
    arm_key(figure, run, said, look=asked.look)
    rows, notes = [], []
    for name, arm in arms(run):
        one = arm.isel(patient=0)
        day, ce = one.time.to_numpy(), one.CE.to_numpy()
        row: dict[str, Any] = {
            "arm": name,
            "highest": float(ce.max()),
            "half_day": _falls_below(day, one.blockade.to_numpy(), 0.5),
        }
        row["blocked"] = 100 * float(one.blockade.max())
        known = np.isfinite(row["half_day"])
        row["half_said"] = said("half_day", half=row["half_day"]) if known else said("half_never")
        rows.append(row)
        if np.isfinite(row["half_day"]):
            notes.append(callout(below, said("half", **row), (row["half_day"], 50.0)))
    notes.append(callout(above, said("ic50", half=half), (0.8 * asked.days, half)))
    return Made(
        figure, notes, {"half": half, "halves": said.each("half_each", rows), "tops": said.each("top_each", rows)}
    )


def spleen_or_liver(asked: Asked, said: Words) -> Made:
    """IVIG shuts clearance in spleen and liver alike; splenectomy shuts the spleen's alone."""
    name, regimen = asked.first
    patient = asked.patient()
    run = simulate(patient, {name: regimen}, days=asked.days)
    one = one_row(run, name)
    figure, (left, right) = page(asked.look, 2, tall=1.05)
    stack = {"spleen": one.spleen_clearance, "liver": one.liver_clearance}
    parts = left.stackplot(
        one.time, *stack.values(), colors=[RED, PINK], alpha=0.5, lw=0, labels=[said(part) for part in stack]
    )
    for part, hatch in zip(parts, ("", "///"), strict=True):
        part.set_hatch(hatch)
        part.set_edgecolor("white")
    total = one.spleen_clearance + one.liver_clearance
    left.set(
        xlim=(0, asked.days / 2), ylim=(0, 1.25 * float(total.max())), ylabel=said("cleared"), xlabel=days_of(run, said)
    )
    bare_frame(left)
    share = patient.parameters.FSPL
    removed = {said("share", share=100 * f): asked.patient(spleen=0.0, FSPL=f) for f in (1.0, share, 0.0)}
    without = simulate(removed, {said("splenectomy"): None}, days=asked.days)
    patients(without, ax=right)
    right.plot(one.time, one.platelets, color=BLACK, ls=(0, (5, 1, 1, 1)), label=name)
    count_axes(right, run, said, lines=(FIFTY,), top=1.12 * float(max(without.peak.max(), run.peak.max())), marks=False)
    right.set_xlabel(said("days_from_day_0" if starts_at_once(run) else "days_of_both"))
    handles = [Patch(fc=RED, alpha=0.5), Patch(fc=PINK, alpha=0.5, hatch="///", ec="white")]
    found = [line for line in right.lines if not str(line.get_label()).startswith("_")]
    labels = [said("spleen"), said("liver"), *(said("after_splenectomy", share=line.get_label()) for line in found[:3])]
    key(figure, [*handles, *found], [*labels, said("with_ivig", arm=name)], look=asked.look)
    dose_marks(left, run)
    rows = [{"share": str(label), "count": at(one_patient_of(without, label), "platelets", 14.0)} for label in removed]
    before, lowest = float(total[0]), float(total.min())
    facts = {
        **peak(one, name),
        "share": 100 * share,
        "before": before,
        "lowest": lowest,
        "own": at(one_patient_of(without, said("share", share=100 * share)), "platelets", 14.0),
        "counts": said.each("count_each", rows),
    }
    shut = (float(total.time[int(np.argmin(total.to_numpy()))]), lowest)
    notes = [callout(left, said("shut", **facts), shut)] if lowest < 0.5 * before else []
    return Made(figure, notes, facts)


def fcrn(asked: Asked, said: Words) -> Made:
    """The count with both mechanisms, with the blockade alone, and with the FcRn effect alone."""
    name, regimen = asked.first
    variants = {
        said("both"): asked.patient(),
        said("no_fcrn"): asked.patient(fcrn_effect=0.0),
        said("fcrn_alone"): asked.patient(blockade_effect=0.0),
    }
    run = simulate(variants, {name: regimen}, days=asked.days)
    figure, (above, below) = page(asked.look, 2, stacked=True, heights=(1.5, 1), tall=1.25)
    patients(run, ax=above)
    count_axes(above, run, said, lines=THRESHOLDS, top=room(run, asked.look))
    above.set_xlabel("")
    patients(run, "autoantibody", percent=True, ax=below)
    below.set(ylim=(0, 118), ylabel=said("antibody"), xlabel=days_of(run, said))
    each = {label: one_patient_of(run, label) for label in variants}
    both, without, alone = each.values()
    start = float(alone.parameters.sel(parameter="P0"))
    facts = {
        **peak(both, name),
        "peak_without": float(without.peak),
        "rise_alone": float(alone.peak) - start,
        "early_alone": at(alone, "platelets", 3.0) - start,
        "day_alone": float(alone.peak_day),
        "antibody": 100 * (1 - float(both.autoantibody.min())),
        "antibody_day": float(both.time[int(np.argmin(both.autoantibody.to_numpy()))]),
        "longer": days_above(both) - days_above(without),
        "tested": _tested(said),
    }
    *labels, last = variants
    lines = [line for line in above.lines if line.get_label() in variants]
    key(figure, lines, [*labels, said("key_alone", label=last, **facts)], look=asked.look)
    notes = [callout(above, said("at_peak", **facts), (facts["day"], facts["peak"]))]
    notes.append(callout(below, said("antibody_low", **facts), (facts["antibody_day"], 100 - facts["antibody"])))
    return Made(figure, notes, facts)


def _tested(said: Words) -> str:
    """What a complete block of FcRn does in the model, beside what was published, in words."""
    trial = load_trial("fcrn_block")
    asked_for = {name: one for name, one in trial.endpoints.items() if one.kind == "response"}
    rows = run_trial(trial).loc[[*asked_for]]
    published = said.each("tested_each", [{"published": value} for value in sorted(rows.observed)])
    verdict = said("not_missed" if rows.inside.all() else "too_few")
    day = max(one.by for one in asked_for.values() if one.by is not None)
    return said("tested", simulated=rows.simulated.min(), by=day, published=published, verdict=verdict)


def one_patient_of(run: xr.Dataset, label: object) -> xr.Dataset:
    """The run of one of several patients in the one arm."""
    return run.isel(arm=0).sel(patient=label)


def _count_from_before(ax: Axes, run: xr.Dataset, said: Words, *, top: float) -> None:
    """The count, from the untreated days on, as a filled reservoir."""
    one = run.isel(arm=0, patient=0)
    day = extended(one.time, BEFORE, shift=-BEFORE)
    count = extended(one.platelets, BEFORE)
    ax.fill_between(day, 0, count, color=BLUE, alpha=0.25, lw=0, label="_level")
    ax.plot(day, count, color=BLUE, label=said("platelets"))
    count_axes(ax, run, said, lines=THRESHOLDS, top=top, marks=False)


def _area_key(figure: Figure, said: Words, names: tuple[str, ...], *, look: Look) -> None:
    """The legend of the areas of `balance`."""
    handles: list[Line2D | Patch] = []
    for name in names:
        if name == "production":
            handles.append(Line2D([], [], color=BLACK))
        else:
            colour, hatch = AREAS[name]
            handles.append(Patch(facecolor=colour, alpha=0.45, hatch=hatch, edgecolor="white"))
    handles.append(Line2D([], [], marker="v", ls="", color=BLUE))
    labels = [said(f"key_{name}") for name in names]
    key(figure, handles, [*labels, said("infusion")], look=look)


def _falls_below(day: np.ndarray, value: np.ndarray, level: float) -> float:
    """Day on which a value last falls below a level; infinite if it never does."""
    above = np.flatnonzero(value >= level)
    if not len(above) or above[-1] + 1 == len(value):
        return float("inf")
    i = int(above[-1])
    return float(np.interp(-level, -value[i : i + 2], day[i : i + 2]))
