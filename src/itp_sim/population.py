"""Virtual patients: each parameter drawn from its own named random stream, so that patient 17 is always patient 17."""

import math
from collections.abc import Mapping
from dataclasses import replace
from os import PathLike, fspath
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from itp_sim import checks
from itp_sim.distribution import quantile
from itp_sim.equations import Parameters
from itp_sim.errors import InputError
from itp_sim.parameters import correlations, parameter_name, records
from itp_sim.patient import possible
from itp_sim.records import SHARES, WIDEST_CV, WIDEST_LOGIT_SD, Record
from itp_sim.uniforms import MOST, SAMPLING, Draws, correlated, uniforms
from itp_sim.usual import DEFAULT_POPULATION, HIGHEST_SEED

Floats = NDArray[np.float64]

#: A patient that could not exist untreated is drawn anew, at most this often.
ATTEMPTS = 64


def virtual_patients(
    population: str | PathLike[str] = DEFAULT_POPULATION,
    n: int = 1000,
    seed: int = 0,
    *,
    platelets: tuple[float | None, float | None] = (None, None),
    weight_kg: float | tuple[float | None, float | None] | None = None,
    typical: Mapping[str, float] | None = None,
    spread: Mapping[str, float] | None = None,
    sampling: str = "random",
    first: int = 0,
    of: int | None = None,
) -> pd.DataFrame:
    """Draw virtual patients of a population.

    With ``sampling="random"`` a patient depends on `population`, `seed`, its own index and the two limits, and on
    nothing else: not on `n`, nor on which other parameters vary.

    Parameters are independent but for the correlations that the population's file declares (a Gaussian copula).
    Weight is the only covariate. Height, sex and age are not drawn: no source gives them for these patients.

    Parameters
    ----------
    population
        Name of a population, or path of an own file of records.
    n
        Number of patients, 1 to 5,000,000.
    seed
        Names the random streams; 0 to 2**63 - 1.
    platelets
        Lowest and highest untreated count of those who enter [1e9/L]; None leaves an end to the records. The draws are
        those of the truncated distribution, so limits within the population's own change who is drawn, not how many.
    weight_kg
        A weight for all, or lowest and highest weight [kg].
    typical
        Medians to use instead of the records', by name of the parameter, as in ``{"P0": 20}`` for a trial's patients.
    spread
        Spreads to use instead of the records', by name of the parameter: the coefficient of variation, or the standard
        deviation of the logit for a share, as in ``{"EPS": 0.6, "FIND": 2.0}``; 0 gives all patients the same value.
    sampling
        "random"; "stratified" (each parameter's draws spread evenly over its distribution; a patient depends on the
        size of the whole cohort) or "sobol" (scrambled Sobol points, best for a power of two; a patient depends on
        which parameters vary).
    first
        Index of the first patient: ``virtual_patients(n=10, first=90)`` are the last 10 of 100.
    of
        Number of patients in the whole cohort, of which these are a part; ``first + n`` by default.

    Returns
    -------
    pandas.DataFrame
        One row a patient, indexed from `first`; one column for each of `equations.Parameters`, in the units of their
        records. Edit it and pass it on to `simulate`. `attrs` hold population, seed, sampling and limits.

    Raises
    ------
    InputError
        If a limit leaves nobody, or a value is out of range.
    UnknownNameError
        If there is no such population or sampling.
    """
    found = with_medians(records(population), {} if typical is None else typical)
    found = _with_spreads(found, {} if spread is None else spread)
    n = checks.whole("n", n, 1, MOST, hint="simulate_population() draws and counts larger cohorts")
    seed = checks.whole("seed", seed, 0, HIGHEST_SEED)
    sampling = checks.name("sampling", sampling, SAMPLING)
    first, of = _place(sampling, n, first=first, of=of)
    limits = {name: record.limits for name, record in found.items() if record.omega > 0}
    narrowed = _narrowed("platelets", found["P0"], platelets)
    if "P0" in limits or any(end is not None for end in platelets):
        limits["P0"] = narrowed
    fixed = {name: record.value for name, record in found.items() if name not in limits}
    if isinstance(weight_kg, tuple | list):
        limits["WT"] = _narrowed("weight_kg", found["WT"], weight_kg)
    elif weight_kg is not None:
        limits.pop("WT", None)
        fixed["WT"] = checks.number("weight_kg", weight_kg, *found["WT"].range, "kg")

    draw = uniforms(sampling, list(limits), n=n, seed=seed, first=first, of=of)
    draw = correlated(draw, [one for one in correlations(population) if set(one.between) <= limits.keys()])
    columns = _possible(draw, n, found, limits=limits, fixed=fixed)
    table = pd.DataFrame(columns, index=pd.RangeIndex(first, first + n, name="patient"))[list(Parameters._fields)]
    table.attrs = {
        "population": fspath(population),
        "seed": seed,
        "sampling": sampling,
        "first": first,
        "of": of,
        "platelets": list(narrowed),
        "weight_kg": weight_kg,
        "typical": dict(typical or {}),
        "spread": dict(spread or {}),
    }
    return table


def _place(sampling: str, n: int, *, first: int, of: int | None) -> tuple[int, int]:
    """Index of the first patient, and the number in the whole cohort."""
    most = SAMPLING[sampling]
    first = checks.whole("first", first, 0, most - n, hint="" if sampling == "random" else 'sampling="random" goes on')
    of = first + n if of is None else of
    return first, checks.whole("of", of, first + n, most, hint="it counts the whole cohort")


def with_medians(found: Mapping[str, Record], typical: Mapping[str, float]) -> dict[str, Record]:
    """Records with other medians; the spread stays."""
    if not isinstance(typical, Mapping):
        raise InputError(f"typical is {checks.shown(typical)}: give medians by name, as in {{'P0': 20}}")
    changed = dict(found)
    for given, value in typical.items():
        record = found[parameter_name(given)]
        median = checks.number(f"typical {record.name}", value, *record.range, record.unit)
        low, high = record.limits
        limits = (min(low, median), max(high, median)) if record.omega > 0 else record.truncate
        changed[record.name] = replace(record, value=median, truncate=limits)
    return changed


def _with_spreads(found: Mapping[str, Record], spread: Mapping[str, float]) -> dict[str, Record]:
    """Records with other spreads; the median stays."""
    if not isinstance(spread, Mapping):
        raise InputError(f"spread is {checks.shown(spread)}: give spreads by name, as in {{'EPS': 0.6}}")
    changed = dict(found)
    for given, value in spread.items():
        record = found[parameter_name(given)]
        share = record.name in SHARES
        wide = checks.number(f"spread {record.name}", value, 0.0, WIDEST_LOGIT_SD if share else WIDEST_CV)
        if wide and not 0 < record.value < (1 if share else math.inf):
            raise InputError(f"spread {record.name}: its median is {record.value:g}, nothing varies around it; give 0")
        of_share, of_size = (wide or None, None) if share else (None, wide or None)
        changed[record.name] = replace(record, logit_sd=of_share, cv=of_size)
    return changed


def _narrowed(field: str, record: Record, given: Any) -> tuple[float, float]:
    """The limits asked for; an end that is None is the record's."""
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise InputError(f"{field} is {checks.shown(given)}: give (lowest, highest), with None for no limit of its own")
    low, high = (
        end if asked is None else checks.number(f"{field} {which}", asked, *record.range, record.unit)
        for which, asked, end in zip(("lowest", "highest"), given, record.limits, strict=True)
    )
    if not low < high:
        raise InputError(
            f"{field} leaves nobody between {low:g} and {high:g} {record.unit}: give a lower and a higher end"
        )
    return low, high


def _possible(
    draw: Draws,
    n: int,
    found: Mapping[str, Record],
    *,
    limits: Mapping[str, tuple[float, float]],
    fixed: Mapping[str, float],
) -> dict[str, Floats]:
    """Columns of patients who can exist untreated; the others are drawn anew."""
    columns = {name: np.full(n, value) for name, value in fixed.items()}
    columns |= {name: quantile(found[name], limits[name], draw(name, 0)) for name in limits}
    wrong = ~possible(Parameters(**columns))
    for attempt in range(1, ATTEMPTS):
        if not wrong.any():
            return columns
        for name in limits:
            columns[name][wrong] = quantile(found[name], limits[name], draw(name, attempt)[wrong])
        wrong[wrong] = ~possible(Parameters(**{name: column[wrong] for name, column in columns.items()}))
    if wrong.any():
        raise InputError(
            f"{int(wrong.sum())} of {n} patients cannot exist untreated: production EPS is too low for the count P0 "
            "or FP and FM sum to more than 1; raise the range of EPS, or lower FP, FM or the limits of the count"
        )
    return columns
