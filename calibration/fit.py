"""The fit: the most probable medians and spreads of a population, and how sure they are."""

import math
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
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
    """Median or spread of a record; 0 for no spread."""
    return float(record.value if of == "typical" else record.logit_sd or record.cv or 0.0)


def overrides(population: str, free: Sequence[Free], place: Sequence[float], fixed: Mapping[str, float]) -> Overrides:
    """Medians and spreads at a place, and the medians that are held."""
    kinds: dict[str, dict[str, float]] = {"typical": dict(fixed), "spread": {}}
    for one, x in zip(free, place, strict=True):
        kinds[one.of][one.name] = one.outward(x)
    return {population: kinds}


class Judged(NamedTuple):
    """What the trials and the priors say of one place."""

    values: list[float]  #: simulated endpoints
    distance: np.ndarray  #: their residuals
    parts: np.ndarray  #: residuals as they count, of endpoints and then of priors; their squares sum to the loss

    @property
    def loss(self) -> float:
        """Minus twice the logarithm of the posterior density, but for a constant."""
        return float((self.parts**2).sum())


def judged(
    population: str,
    chosen: Sequence[target.Fitted],
    free: Sequence[Free],
    place: Sequence[float],
    *,
    n: int,
    seed: int,
    fixed: Mapping[str, float],
) -> Judged:
    """Simulate the endpoints at a place, and weigh them and the priors."""
    values = target.simulated(chosen, n=n, seed=seed, overrides=overrides(population, free, place, fixed))
    distance = target.residuals(chosen, values, n)
    prior = [(x - one.inward(one.value)) / one.sd for x, one in zip(place, free, strict=True)]
    weight = np.array([one.weight for one in chosen])
    return Judged(values, distance, np.concatenate([target.robust(distance, weight), prior]))


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

    @cache  # the search asks for the gradient where it has just been
    def at(*place: float) -> Judged:
        return judged(population, chosen, free, place, n=n, seed=seed, fixed=held)

    def gradient(place: np.ndarray) -> np.ndarray:
        """Central differences; parallel over nothing: every call runs its trials side by side."""
        steps = STEP * np.eye(len(place))
        columns = [(at(*(place + step)).parts - at(*(place - step)).parts) / (2 * STEP) for step in steps]
        log(f"{population}: {at.cache_info().misses} runs, loss {at(*place).loss:.2f}\n")
        return np.array(columns).T

    known = records(population)
    start = np.array([one.inward(_inside(one, _known(known[one.name], one.of) or one.value)) for one in free])
    ends = np.array([_ends(known[one.name], one) for one in free]).T
    done = least_squares(
        lambda place: at(*place).parts,
        start,
        jac=gradient,
        bounds=tuple(ends),
        max_nfev=gradients,
        xtol=1e-3,
        ftol=1e-3,
    )
    jacobian, best = gradient(done.x), at(*done.x)
    return Fit(
        population,
        free,
        done.x,
        np.linalg.inv(jacobian.T @ jacobian),
        chosen,
        best.values,
        best.distance,
        best.loss,
        float((best.parts[: len(chosen)] ** 2).sum()),
    )


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
    """Where the search begins: near the value in use, or the prior's where the record has no spread."""
    middle = one.inward(one.value)
    place = min(max(one.inward(value), middle - 3 * one.sd), middle + 3 * one.sd)
    return one.outward(place)
