"""Virtual patients: each parameter drawn from its own named random stream, so that patient 17 is always patient 17."""

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from os import PathLike, fspath
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit, ndtr, ndtri
from scipy.stats import qmc

from itp_sim import checks
from itp_sim.equations import Parameters
from itp_sim.errors import InputError
from itp_sim.parameters import correlations, parameter_name, records
from itp_sim.patient import possible
from itp_sim.records import SHARES, WIDEST_CV, WIDEST_LOGIT_SD, Correlation, Record
from itp_sim.streams import words
from itp_sim.usual import DEFAULT_POPULATION, HIGHEST_SEED

Floats = NDArray[np.float64]

#: Most patients in one table; larger cohorts are drawn chunk by chunk.
MOST = 5_000_000
#: A patient that could not exist untreated is drawn anew, at most this often.
ATTEMPTS = 64
#: Sobol points in one sequence, which has to be walked through from its start.
MOST_SOBOL = 2**24
#: Ways to place the draws of each parameter between 0 and 1.
SAMPLING = ("random", "stratified", "sobol")


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

    draw = _uniforms(sampling, list(limits), n=n, seed=seed, first=first, of=of)
    draw = _joined(draw, [one for one in correlations(population) if set(one.between) <= limits.keys()])
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
    most = {"random": 2**62, "stratified": MOST, "sobol": MOST_SOBOL}[sampling]
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
    draw: Callable[[str, int], Floats],
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


def quantile(record: Record, limits: tuple[float, float], u: Floats) -> Floats:
    """Value below which a share `u` of the patients within `limits` lie."""
    low, high = _tails(record, limits)
    scores = ndtri(low + u * (high - low))
    drawn: Floats
    if record.logit_sd is not None:
        drawn = expit(logit(record.value) + record.omega * scores)
    else:
        drawn = record.value * np.exp((record.omega or 1.0) * scores)
    return np.clip(drawn, *limits)


def share_below(record: Record, limits: tuple[float, float], value: Floats | float) -> Floats:
    """Share of the patients within `limits` who lie below a value: the inverse of :func:`quantile`."""
    low, high = _tails(record, limits)
    inside = np.clip(np.asarray(value, dtype=float), *limits)
    share: Floats = (ndtr(_score(record, inside)) - low) / (high - low)
    return share


def _tails(record: Record, limits: tuple[float, float]) -> tuple[float, float]:
    """Shares of the patients without limits who lie below each of `limits`."""
    low, high = (float(ndtr(_score(record, np.array(end)))) for end in limits)
    return low, high


def _score(record: Record, value: Floats) -> Floats:
    """Standard deviations between the median and a value, on the scale on which patients are normal."""
    with np.errstate(divide="ignore"):
        if record.logit_sd is None:
            # A parameter without spread, given limits: spread evenly enough on the log scale.
            return np.asarray(np.log(value / record.value) / (record.omega or 1.0))
        return np.asarray((logit(value) - logit(record.value)) / record.omega)


def _uniforms(
    sampling: str, names: list[str], *, n: int, seed: int, first: int, of: int
) -> Callable[[str, int], Floats]:
    """Draws between 0 and 1 of a parameter at an attempt; those after the first attempt are always random."""
    if sampling == "sobol":
        points = sobol_points(len(names), n, seed=seed, first=first)
        columns = dict(zip(sorted(names), np.clip(points.T, 1e-12, 1 - 1e-12), strict=True))
    elif sampling == "stratified":
        columns = {name: _stratified(name, n, seed=seed, first=first, of=of) for name in names}
    else:
        columns = {}
    return lambda name, attempt: (
        columns[name] if attempt == 0 and name in columns else stream(name, n, seed=seed, first=first, attempt=attempt)
    )


def _joined(draw: Callable[[str, int], Floats], together: list[Correlation]) -> Callable[[str, int], Floats]:
    """Draws whose normal scores are correlated; the first of the parameters, as the equations list them, keeps its own.

    Sums are written out: a product of matrices may round differently for another number of patients.
    """
    if not together:
        return draw
    names = [name for name in Parameters._fields if any(name in one.between for one in together)]
    matrix = np.eye(len(names))
    for one in together:
        i, j = map(names.index, one.between)
        matrix[i, j] = matrix[j, i] = one.value
    weights = dict(zip(names, np.linalg.cholesky(matrix).tolist(), strict=True))

    def joined(name: str, attempt: int) -> Floats:
        if name not in names[1:]:
            return draw(name, attempt)
        parts = [w * ndtri(draw(other, attempt)) for other, w in zip(names, weights[name], strict=True) if w]
        u: Floats = np.clip(ndtr(sum(parts)), 1e-16, 1 - 1e-16)
        return u

    return joined


def sobol_points(dimensions: int, n: int, *, seed: int, first: int) -> Floats:
    """Points `first` to ``first + n - 1`` of one scrambled sequence."""
    sequence = qmc.Sobol(dimensions, seed=np.random.default_rng(seed))
    if first:
        return np.ascontiguousarray(sequence.fast_forward(first).random(n))
    # The first point on its own: SciPy warns of any other number that is no power of two.
    return np.concatenate([sequence.random(1), sequence.random(n - 1)] if n > 1 else [sequence.random(1)])


def _stratified(name: str, n: int, *, seed: int, first: int, of: int) -> Floats:
    """One draw in each of `of` equal strata, in an order that is the parameter's own; those of `n` patients."""
    within = stream(name, n, seed=seed, first=first, attempt=0)
    order = np.argsort(stream(f"{name} stratum", of, seed=seed, first=0, attempt=0), kind="stable")
    return (order[first : first + n] + within) / of


def stream(name: str, n: int, *, seed: int, first: int, attempt: int) -> Floats:
    """Uniform draws of the patients `first` to ``first + n - 1`` from the stream of one name, strictly within 0 and 1.

    A draw is addressed by (seed, name, patient, attempt): a Philox counter, no sequence.
    """
    # Four 64-bit words a counter: patient and word address an attempt, further attempts have keys of their own.
    block, word = divmod(attempt, 4)
    raw = words(seed, f"{name}\n{block}", first=first, n=n)[word::4]
    return ((raw >> np.uint64(12)).astype(float) + 0.5) * 2.0**-52
