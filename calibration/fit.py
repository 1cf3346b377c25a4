"""The fit: the most probable medians and spreads of a population, and how sure they are."""

import math
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import least_squares
from scipy.special import expit, logit

from calibration import target
from itp_sim import records
from itp_sim.records import SHARES, WIDEST_CV, WIDEST_LOGIT_SD
from itp_sim.trials.run import Overrides

PRIORS = Path(__file__).with_name("priors.toml")
#: Step of the difference quotients, on the scale of the priors: wide, as medians of days at visits are steps.
STEP = 0.08
#: Virtual patients by arm while fitting, and evaluations of the gradient at most.
PATIENTS, GRADIENTS = 2000, 15
SEED = 20


class Free(NamedTuple):
    """One number that is fitted, with what was known of it before."""

    name: str
    of: str  #: "typical" or "spread"
    value: float
    scale: str
    sd: float

    @property
    def key(self) -> str:
        """Name and what of it."""
        return self.name if self.of == "typical" else f"{self.name} spread"

    def inward(self, value: float) -> float:
        """Place of a value on the prior's scale."""
        return math.log(value) if self.scale == "log" else float(logit(value))

    def outward(self, place: float) -> float:
        """Value at a place on the prior's scale, rounded to four digits."""
        value = math.exp(place) if self.scale == "log" else float(expit(place))
        return float(f"{value:.4g}")


class Fit(NamedTuple):
    """What came out."""

    population: str
    free: tuple[Free, ...]
    place: np.ndarray  #: best place of each number on its scale
    spread: np.ndarray  #: covariance around it
    chosen: list[target.Fitted]
    values: list[float]  #: simulated endpoints there
    distance: np.ndarray  #: their residuals
    loss: float  #: minus twice the logarithm of the posterior density, but for a constant
    data: float  #: the part of it that is not the prior's

    @property
    def best(self) -> dict[str, float]:
        """Fitted values by key."""
        return {one.key: one.outward(x) for one, x in zip(self.free, self.place, strict=True)}

    @property
    def shrunk(self) -> dict[str, float]:
        """Standard deviation after the fit over that before: near 1, the data say nothing."""
        sd = np.sqrt(np.diag(self.spread))
        return {one.key: float(x / one.sd) for one, x in zip(self.free, sd, strict=True)}


def priors(population: str) -> tuple[Free, ...]:
    """Read what is fitted; a prior without a value is around that of the population it is based on."""
    read: dict[str, Any] = tomllib.loads(PRIORS.read_text(encoding="utf-8"))[population]
    base = records(read["based_on"]) if read["based_on"] else {}
    found = []
    for one in read["free"]:
        value = one.get("value") or _known(base[one["name"]], one["of"])
        found.append(Free(one["name"], one["of"], value, one["scale"], one["sd"]))
    return tuple(found)


def _known(record: Any, of: str) -> float:
    return float(record.value if of == "typical" else record.logit_sd if record.logit_sd is not None else record.cv)


def overrides(population: str, free: Sequence[Free], place: Sequence[float], fixed: Mapping[str, float]) -> Overrides:
    """Medians and spreads at a place, and the medians that are held."""
    kinds: dict[str, dict[str, float]] = {"typical": dict(fixed), "spread": {}}
    for one, x in zip(free, place, strict=True):
        kinds[one.of][one.name] = one.outward(x)
    return {population: kinds}


def fit(
    population: str,
    *,
    n: int = PATIENTS,
    seed: int = SEED,
    fixed: Mapping[str, float] | None = None,
    free: Sequence[Free] | None = None,
    gradients: int = GRADIENTS,
    log: Callable[[str], object] = sys.stderr.write,
) -> Fit:
    """Find the most probable numbers by least squares, with the same virtual patients at every step."""
    held = dict(fixed or {})
    free = tuple(one for one in (free or priors(population)) if one.of == "spread" or one.name not in held)
    chosen = target.fitted(population)
    weight = np.array([one.weight for one in chosen])
    calls = 0

    def parts(place: np.ndarray) -> np.ndarray:
        nonlocal calls
        calls += 1
        asked = overrides(population, free, place.tolist(), held)
        values = target.simulated(chosen, n=n, seed=seed, overrides=asked)
        fitted = target.robust(target.residuals(chosen, values, n), weight)
        prior = [(x - one.inward(one.value)) / one.sd for x, one in zip(place, free, strict=True)]
        return np.concatenate([fitted, prior])

    def gradient(place: np.ndarray) -> np.ndarray:
        """Central differences; parallel over nothing: every call runs its trials side by side."""
        columns = []
        for i in range(len(place)):
            step = np.zeros(len(place))
            step[i] = STEP
            columns.append((parts(place + step) - parts(place - step)) / (2 * STEP))
        found = np.array(columns).T
        log(f"{population}: {calls} runs, loss {float((parts(place) ** 2).sum()):.2f}\n")
        return found

    known = records(population)
    start = np.array([one.inward(_inside(one, _start(known[one.name], one))) for one in free])
    ends = np.array([_ends(known[one.name], one) for one in free]).T
    done = least_squares(parts, start, jac=gradient, bounds=tuple(ends), max_nfev=gradients, xtol=1e-3, ftol=1e-3)
    place = done.x
    jacobian = gradient(place)
    values = target.simulated(chosen, n=n, seed=seed, overrides=overrides(population, free, place.tolist(), held))
    last = parts(place)
    return Fit(
        population,
        free,
        place,
        np.linalg.inv(jacobian.T @ jacobian),
        chosen,
        values,
        target.residuals(chosen, values, n),
        float((last**2).sum()),
        float((last[: len(chosen)] ** 2).sum()),
    )


def _start(record: Any, one: Free) -> float:
    """Where the search begins: the record's value, or the prior's where the record has no spread."""
    known = record.value if one.of == "typical" else (record.logit_sd or record.cv)
    return float(known) if known else one.value


def _ends(record: Any, one: Free) -> tuple[float, float]:
    """Lowest and highest place: four standard deviations of the prior, inside the record's range."""
    middle = one.inward(one.value)
    low, high = middle - 4 * one.sd, middle + 4 * one.sd
    if one.of == "spread":
        return low, min(high, math.log(WIDEST_LOGIT_SD if one.name in SHARES else WIDEST_CV) - STEP)
    # A step inside the range, so that difference quotients stay in it too.
    least, most = record.range
    least, most = max(least, 1e-4), min(most, 1 - 1e-4) if one.scale == "logit" else most
    return max(low, one.inward(least) + STEP), min(high, one.inward(most) - STEP)


def _inside(one: Free, value: float) -> float:
    middle = one.inward(one.value)
    place = min(max(one.inward(value), middle - 3 * one.sd), middle + 3 * one.sd)
    return one.outward(place)
