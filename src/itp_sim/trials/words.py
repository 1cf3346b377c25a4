"""A row of a comparison in words and numbers, as the shell and the report print it."""

import math
from typing import Any

import pandas as pd

from itp_sim.printed import rounded


def number(value: float, unit: str) -> str:
    """A value with the digits that its unit deserves."""
    if math.isnan(value):
        return "nobody"
    if math.isinf(value):
        return "not reached"
    return rounded(value, 0 if unit == "1e9/L" else 1)


def published(row: "pd.Series[Any]") -> str:
    """The published value, or bound."""
    value = number(row["observed"], row["unit"])
    if math.isinf(row["low"]):
        return f"at most {value}"
    return f"at least {value}" if math.isinf(row["high"]) else value


def interval(row: "pd.Series[Any]") -> str:
    """The interval of the published value; nothing for a bound."""
    if row["interval"] == "bound":
        return ""
    return f"{number(row['low'], row['unit'])} to {number(row['high'], row['unit'])}"


def band(row: "pd.Series[Any]", of: str = "band") -> str:
    """The band of trials of the published size, or of other `parameters`; nothing if there is none."""
    low, high = row[f"{of}_low"], row[f"{of}_high"]
    return "" if math.isnan(low) else f"{number(low, row['unit'])} to {number(high, row['unit'])}"


def doubted(table: pd.DataFrame) -> bool:
    """Whether the table says what other parameters would give."""
    return bool(table["parameters_low"].notna().any())


def without(table: pd.DataFrame) -> list[str]:
    """Of each endpoint that some draws of the parameters leave without a value, how many they are."""
    drawn = table.attrs["parameter_draws"]
    counted = table["parameters_without"]
    said = f"of {drawn} draws of the parameters leave nobody in it"
    return [f"{name(key)}: {k} {said}" for key, k in counted.items() if k]


def name(key: object) -> str:
    """Name of an endpoint, with that of its trial where there are several."""
    return " ".join(key) if isinstance(key, tuple) else str(key)


def verdict(row: "pd.Series[Any]") -> str:
    """Whether the simulated value lies inside; a miss stands out."""
    return "inside" if row["inside"] else "MISS"


def unit(row: "pd.Series[Any]") -> str:
    """The unit as it is printed."""
    return str(row["unit"]).replace("1e9", "10^9")
