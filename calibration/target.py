"""How far the model is from what was published: one residual for each fitted endpoint, in standard deviations."""

import math
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from itp_sim import trials
from itp_sim.trials.defaults import Margin
from itp_sim.trials.design import Endpoint, Trial
from itp_sim.trials.run import Overrides

#: Populations that are fitted; the children around the adults' values.
ADULTS, CHILDREN = "adult_chronic", "child_newly_diagnosed"
#: Degrees of freedom of Student's t: trials differ from one another by more than their patients' chance.
DEGREES = 4.0
#: Standard normal quantile of a 95% interval.
TWO_SIDED = 1.96
#: Beyond a published bound, this much on the log scale (28%) counts as the half-width of a 95% interval.
BEYOND = 0.25
#: Residual of a value that the model does not have: a time that is not reached, a group with nobody in it.
FAR = 6.0


class Fitted(NamedTuple):
    """One endpoint that is fitted."""

    trial: Trial
    endpoint: Endpoint
    weight: float  #: share in one piece of evidence: endpoints of one kind and level in the same patients share one

    @property
    def name(self) -> str:
        """Trial and endpoint."""
        return f"{self.trial.key} {self.endpoint.key}"


def fitted(population: str) -> list[Fitted]:
    """Endpoints of all trials in `population` alone whose role is "calibrate"."""
    found = []
    for key in trials.trials():
        trial = trials.load_trial(key)
        if list(trial.populations) != [population]:
            continue
        chosen = [one for one in trial.endpoints.values() if one.role == "calibrate"]
        alike = Counter(_piece(one) for one in chosen)
        found += [Fitted(trial, one, 1.0 / alike[_piece(one)]) for one in chosen]
    return found


def _piece(endpoint: Endpoint) -> tuple[object, ...]:
    return endpoint.arms, endpoint.kind, endpoint.criterion.at_least


def simulated(chosen: Sequence[Fitted], *, n: int, seed: int, overrides: Overrides) -> list[float]:
    """Value of every endpoint, with the same virtual patients for the same `n` and `seed`."""
    each = {one.trial.key: one.trial for one in chosen}

    def run(trial: Trial) -> dict[str, float]:
        return trials.simulated(trial, n=n, seed=seed, overrides=overrides, threads=1)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        values = dict(zip(each, pool.map(run, each.values()), strict=True))
    return [values[one.trial.key][one.endpoint.key] for one in chosen]


def residuals(chosen: Sequence[Fitted], values: Sequence[float], n: int) -> np.ndarray:
    """Signed distance of every simulated value from the published one, in standard deviations of the latter."""
    margins = trials.defaults().margins
    return np.array([_residual(one.endpoint, value, n, margins) for one, value in zip(chosen, values, strict=True)])


def _residual(endpoint: Endpoint, value: float, n: int, margins: Mapping[str, Margin]) -> float:
    seen = trials.observed(endpoint, margins)
    if not math.isfinite(value):
        return FAR
    published = endpoint.published
    if endpoint.kind == "response" and published.n is not None:
        return _binomial(seen.value / 100.0, published.n, value / 100.0, n)
    if seen.holds(value) and seen.origin == "bound":
        return 0.0
    if seen.origin == "bound":
        return TWO_SIDED * math.log(value / seen.value) / BEYOND
    ends = seen.low if value < seen.value else seen.high
    if seen.low > 0 and value > 0:  # on the log scale: what is measured here is positive and skewed
        return TWO_SIDED * math.log(value / seen.value) / abs(math.log(ends / seen.value))
    return TWO_SIDED * (value - seen.value) / abs(ends - seen.value)


def _binomial(seen: float, published: int, model: float, n: int) -> float:
    """Signed root of the deviance of a share `seen` in `published` patients, if the model's is right."""
    model = min(max(model, 0.5 / n), 1 - 0.5 / n)
    parts = ((seen, model), (1 - seen, 1 - model))
    deviance = 2 * published * sum(a * math.log(a / b) for a, b in parts if a > 0)
    return math.copysign(math.sqrt(max(deviance, 0.0)), model - seen)


def robust(distance: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Residuals whose squares sum to minus twice the logarithm of Student's t, each counted by its weight."""
    loss = weight * (DEGREES + 1) * np.log1p(distance**2 / DEGREES)
    return np.asarray(np.copysign(np.sqrt(loss), distance))
