"""Table and JSON of what was compared."""

import string
from typing import TYPE_CHECKING, Any

from itp_sim.cli.output import aligned, cell, plain, rows
from itp_sim.printed import ROWS

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    from itp_sim.summary import Summary

#: Widest table before its arms are named by letters [characters].
WIDEST = 100


def one_patient(run: "xr.Dataset", definition: str, population: str) -> tuple[list[str], dict[str, Any]]:
    """Table and JSON of one patient."""
    from itp_sim.response import response

    table = response(run, definition=definition).droplevel("patient")
    weight = run.parameters.sel(parameter="WT").item()
    lines = [
        f"Typical patient of {population}: {weight:g} kg",
        _side_by_side(table),
        "",
        *_still_rising(table["peak_day"].to_dict(), run.attrs["days"]),
        f"response: {table.attrs['title']} ({table.attrs['source']})",
    ]
    return lines, rows(table)


def cohort(counted: "Summary", population: str, *, people: "pd.DataFrame") -> tuple[list[str], dict[str, Any]]:
    """Table and JSON of a cohort; `people` are its patients, or the first of them."""
    from itp_sim.comparison import compare

    table = compare(counted)
    labelled = list(zip(table.index.tolist(), (row for _, row in table.iterrows()), strict=True))
    first = table.attrs["first_arm"]
    lines = [
        f"{table.attrs['patients']} virtual patients of {population}",
        _who(people, table.attrs["patients"]),
        "",
        _by_arm(labelled, first),
        "",
        *_still_rising(table.xs("median peak_day")["value"].to_dict(), counted.days),
        f"difference: to {first}; of a median: the median of the patients' own differences",
        f"gain, lose: % of all patients in whom it happens in this arm and not with {first}, and the other way round",
        "medians: who never reaches a count reaches it last; -: half never do. vials: whole ones of each infusion",
        f"response: {table.attrs['title']} ({table.attrs['source']})",
        "intervals: how far this number of virtual patients tells; no doubt about the model is in them",
    ]
    content: dict[str, Any] = {}
    for (measure, arm), row in labelled:
        content.setdefault(arm, {})[measure] = plain(row)
    return lines, content


def _who(people: "pd.DataFrame", n: int) -> str:
    """The untreated counts in words."""
    from itp_sim.intervals import spread

    first = "" if len(people) == n else f" (of the first {len(people):,})"
    return untreated_words(spread(people["P0"])) + first


def untreated_words(found: dict[str, float]) -> str:
    """Median and spread of untreated counts in words."""
    if found["low"] == found["high"]:
        return f"untreated count: {found['median']:.3g} x 10^9/L in all"
    return "untreated counts: median {median:.0f}, 5-95% {low:.0f} to {high:.0f} x 10^9/L".format(**found)


def _still_rising(peak_days: "dict[Any, float]", days: float) -> list[str]:
    """What to say of arms whose highest count is that of the last day."""
    rising = [str(arm) for arm, day in peak_days.items() if day > days - 1e-6]
    return [f"still rising when the run ends, so the peak comes later: {', '.join(rising)}"] if rising else []


def _by_arm(labelled: "list[tuple[tuple[str, str], pd.Series[Any]]]", first: str) -> str:
    """Measures as rows with their arms below each other, rates first, then medians."""
    names = {f"median {column}": (label, unit, digits) for column, label, unit, digits in ROWS}
    lines = [["% of patients with", "", "", "(95% interval)", "difference", "(95% interval)", "gain", "lose"]]
    for (measure, arm), row in labelled:
        rate = measure not in names
        label, unit, digits = (measure, "", 1) if rate else names[measure]
        if not rate and not any(line[0] == "median" for line in lines):
            lines += [[""] * 8, ["median", *[""] * 7]]
        shown = [cell(100 * x if rate else x, digits) for x in row.iloc[:8]]
        value, interval = shown[0], _interval(*shown[1:3])
        apart = ["", ""] if arm == first else [shown[3], _interval(*shown[4:6])]
        gained = shown[6:] if rate and arm != first else ["", ""]
        name = f"{label}, {unit}" if unit else label
        lines.append([f"  {name}" if arm == first else "", arm, value, interval, *apart, *gained])
    return aligned(lines, left=2)


def _interval(low: str, high: str) -> str:
    """An interval; nothing where all patients have the same value, or none is known."""
    return "" if low == high else f"({low} to {high})"


def _side_by_side(table: "pd.DataFrame") -> str:
    """Read-outs as rows, arms as columns, named by letters where the names would be too wide."""
    lines = [["", "", *map(str, table.index)]]
    for column, label, unit, digits in ROWS:
        lines.append([label, unit, *(cell(value, digits) for value in table[column])])
    text = aligned(lines, left=2)
    if max(map(len, text.splitlines())) > WIDEST:
        lines[0] = ["", "", *string.ascii_uppercase[: len(table)]]
        names = [f"{letter}: {name}" for letter, name in zip(lines[0][2:], table.index, strict=True)]
        text = "\n".join([aligned(lines, left=2), "", *names])
    return text
