"""Which blood draws tell most: what a schedule of visits leaves unknown of patients of a population."""

from collections.abc import Iterable, Mapping
from os import PathLike
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import logsumexp

from itp_sim import checks
from itp_sim.catalogue import regimen as read_regimen
from itp_sim.design import COHORT_RTOL, Level
from itp_sim.dosing import Regimen
from itp_sim.effort import refuse_if_too_large, refuse_if_too_long, seconds_allowed
from itp_sim.errors import InputError
from itp_sim.fitting.prior import JUDGED, Prior, read_prior, score_of
from itp_sim.fitting.residual import WIDEST, residuals
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.parameters import population_key
from itp_sim.population import virtual_patients
from itp_sim.simulate import simulate
from itp_sim.solve import choose, run_seconds
from itp_sim.streams import generator
from itp_sim.usual import DEFAULT_BUDGET, DEFAULT_POPULATION, HIGHEST_SEED

Floats = NDArray[np.float64]

#: Schedules that are compared unless told otherwise: days of the draws.
SCHEDULES: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "day 0": (0,),
        "day 0, 1": (0, 1),
        "day 0, 3": (0, 3),
        "day 0, 5": (0, 5),
        "day 0, 7": (0, 7),
        "day 0, 14": (0, 14),
        "day 0, 1, 2, 3": (0, 1, 2, 3),
        "day 0, 5, 7": (0, 5, 7),
        "day 0, 3, 7, 14": (0, 3, 7, 14),
        "day 0, 1, 3, 5, 7, 14, 21, 28": (0, 1, 3, 5, 7, 14, 21, 28),
    }
)
#: Read-outs of the course of which it is told, beside parameters, how much a schedule leaves unknown.
COURSE = ("peak", "days_above_50")
#: Patients whose draws are imagined, and patients of the population who are held against each.
PATIENTS, AGAINST = 300, 20_000
#: Fewest and most of the first.
FEWEST, MOST = 50, 5_000
#: Days that are simulated at least, so that the course is told to its end; and the latest draw.
RUN, LATEST = 42.0, 365.0
#: CPU seconds to hold one patient against another, and more for each draw; measured. Times that counts are held.
PAIR, DRAW, COPIES = 6e-8, 1e-9, 4
#: Most schedules, most draws of one, and patients at a time.
MOST_SCHEDULES, MOST_DRAWS, AT_A_TIME = 100, 100, 50


def expected_information(
    schedules: Mapping[str, Iterable[float]] | Iterable[Iterable[float]] = SCHEDULES,
    regimen: Regimen | str = "1 g/kg",
    population: str | PathLike[str] = DEFAULT_POPULATION,
    *,
    n: int = PATIENTS,
    against: int = AGAINST,
    weight_kg: float | None = None,
    count_cv: float | None = None,
    seed: int = 0,
    budget: float = DEFAULT_BUDGET,
) -> pd.DataFrame:
    """Tell how much counts on the days of a schedule would tell of a patient, before any is drawn.

    Patients of the population are imagined, treated and counted with noise; for each the posterior is worked out by
    weighting other patients of the population by how well they agree with these counts. Nothing is linearised. All
    schedules share patients and noise, so they are compared in pairs. The bits are the expected information of Lindley
    1956, Ann Math Stat 27:986, doi:10.1214/aoms/1177728069.

    Parameters
    ----------
    schedules
        Days of the draws, by name, or lists of days; 1 to 100. A count of day 0 is drawn before the infusion.
    regimen
        What is infused.
    population
        Name of a population, or path of an own file.
    n
        Patients who are imagined, 50 to 5,000.
    against
        Patients who are held against each, 1,000 to 200,000. Too few make a good schedule look better than it is:
        see `effective`.
    weight_kg
        Weight of all [kg]; that of the population if left out.
    count_cv
        Coefficient of variation of a count; that of :func:`fit` if left out.
    seed
        Names the patients and the noise.
    budget
        Seconds that it may take, roughly.

    Returns
    -------
    pandas.DataFrame
        One row a schedule: `draws`; `bits` that the counts tell of the patient, with `bits_error` (standard error);
        for each of P0, EPS, FIND, IC50, KREM (as far as patients differ in them), of the logarithm of the peak and of
        the days above 50, the share of the variance between patients that is left on average (0: all is known; 1:
        nothing is learnt); `effective`, the median number of patients that agree with the counts. Means over the
        population: what tells most of a responder tells less of somebody who does not respond.

    Raises
    ------
    InputError
        If a schedule or a number cannot be used; it would take too long or too much memory, with an estimate; or no
        patient differs from another in what is to be known, as in the days above 50 where nobody gets there.
    """
    plans = _plans(schedules)
    given = regimen if isinstance(regimen, Regimen) else read_regimen(regimen)
    key = population_key(population)
    n, against = checks.whole("n", n, FEWEST, MOST), checks.whole("against", against, 1_000, 200_000)
    seed = checks.whole("seed", seed, 0, HIGHEST_SEED)
    error = residuals()["platelets"]
    if count_cv is not None:
        error = error._replace(cv=checks.number("count_cv", count_cv, 0.01, WIDEST))
    days = sorted({day for plan in plans.values() for day in plan})
    budget = seconds_allowed(budget)
    _refuse_if_too_much(plans, days, n=n, against=against, budget=budget)
    prior = read_prior(key)  # only the spread of the scores, in which weight has no part
    names = tuple(name for name in JUDGED if name in prior.free)
    counts, targets = _simulated(prior, given, days, n=against + n, seed=seed, weight=weight_kg, names=names)
    noise = [error.sd * generator(seed, f"noise of a count of day {day!r}").standard_normal(n) for day in days]
    rows = {}
    for name, plan in plans.items():
        at = [days.index(day) for day in plan]
        measured = counts[against:, at] + np.stack([noise[i] for i in at], axis=1)
        own = -0.5 * ((measured - counts[against:, at]) ** 2).sum(axis=1) / error.sd**2
        told = _told(counts[:against, at], targets[:against], measured=measured, own=own, sd=error.sd)
        rows[name] = {"draws": len(plan), **told[0], **dict(zip((*names, *COURSE), told[1].tolist(), strict=True))}
        rows[name]["effective"] = told[2]
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "schedule"
    table.attrs = {"regimen": given.text, "population": key, "patients": n, "against": against, "seed": seed}
    table.attrs |= {"count_cv": error.cv, "notice": RESEARCH_ONLY}
    return table


def _plans(given: Any) -> dict[str, tuple[float, ...]]:
    """Days of the draws by name, checked."""
    if isinstance(given, str) or not isinstance(given, Mapping | Iterable):
        raise InputError(f"schedules is {checks.shown(given)}: give days by name, as in {{'early': [0, 1, 3]}}")
    named: dict[Any, Any] = dict(given) if isinstance(given, Mapping) else {}
    for one in () if isinstance(given, Mapping) else checks.several("schedules", given, "[[0, 1], [0, 5]]"):
        # [0, 1] is one schedule to some and two to others.
        days = _days("a schedule", checks.several("a schedule", one, "[0, 1, 3]; several are [[0, 1], [0, 5]]"))
        named["day " + ", ".join(f"{day:g}" for day in days)] = days
    if not 1 <= len(named) <= MOST_SCHEDULES:
        raise InputError(f"schedules has {len(named)} entries: give 1 to {MOST_SCHEDULES}")
    return {str(name): _days(f"schedule {name!r}", days) for name, days in named.items()}


def _days(what: str, given: object) -> tuple[float, ...]:
    """Days of the draws of one schedule, sorted, each once."""
    several = [given] if isinstance(given, int | float) else checks.several(what, given, "[0, 1, 3]")
    read = sorted({checks.number(f"a day of {what}", day, 0.0, LATEST, "day") for day in several})
    if not 1 <= len(read) <= MOST_DRAWS:
        raise InputError(f"{what} has {len(read)} draws: give 1 to {MOST_DRAWS}")
    return tuple(read)


def _refuse_if_too_much(
    plans: Mapping[str, tuple[float, ...]], days: list[float], *, n: int, against: int, budget: float
) -> None:
    """Refuse what would take too long or too much memory."""
    what = f"n={n} held against={against} under {len(plans)} schedules"
    less = "ask for a smaller `against`, a smaller n, or fewer schedules"
    weighed = sum(n * against * (PAIR + DRAW * len(plan)) for plan in plans.values())
    length = max(RUN, days[-1])
    solved = run_seconds(n + against, length, choose(n + against))
    refuse_if_too_long(f"{what} take", solved + weighed, budget=budget, less=less)
    refuse_if_too_large(what, (n + against) * len(days) * 8.0 * COPIES, less=less)


def _simulated(
    prior: Prior, given: Regimen, days: list[float], *, n: int, seed: int, weight: float | None, names: tuple[str, ...]
) -> tuple[Floats, Floats]:
    """Logarithms of the counts of patients on `days`, and what is to be known of them, standardised."""
    limits = prior.free["P0"].range if "P0" in prior.free else (None, None)
    people = virtual_patients(prior.population, n, seed, platelets=limits, weight_kg=weight)
    run = simulate(
        people,
        given,
        days=max(RUN, days[-1]),
        times=days,
        outputs="platelets",
        levels=[Level(50.0)],
        rtol=COHORT_RTOL,
        progress=False,
    )
    counts = np.log(run.platelets.transpose("arm", "patient", "time").to_numpy()[0])
    course = [np.log(run.peak.to_numpy()[0]), run.days_above.to_numpy()[0, :, 0]]
    targets = np.column_stack([*(score_of(prior, name, people[name].to_numpy()) for name in names), *course])
    spread = targets.std(axis=0)
    for name, sd in zip((*names, *COURSE), spread.tolist(), strict=True):
        if not sd > 0.0:
            raise InputError(
                f"{name} is the same in all patients of {prior.population} under {given.text}, so counts can tell "
                "nothing of it: choose a larger dose, or another population"
            )
    return counts, (targets - targets.mean(axis=0)) / spread


def _told(
    counts: Floats, targets: Floats, *, measured: Floats, own: Floats, sd: float
) -> tuple[dict[str, float], Floats, float]:
    """Bits with their error, variance left of each target, and the median number of patients who agree."""
    bits, left, effective = [], [], []
    size = (counts**2).sum(axis=1)
    for first in range(0, len(measured), AT_A_TIME):
        seen = measured[first : first + AT_A_TIME]
        fits = -0.5 * ((seen**2).sum(axis=1)[:, None] - 2 * seen @ counts.T + size) / sd**2
        total = logsumexp(fits, axis=1)
        weights = np.exp(fits - total[:, None])
        mean = weights @ targets
        agree = 1.0 / (weights**2).sum(axis=1)
        # Of few that agree the spread is too small, as of any small sample.
        spread = (weights @ targets**2 - mean**2) * (agree / np.maximum(agree - 1.0, 0.5))[:, None]
        bits.append((own[first : first + AT_A_TIME] - total + np.log(len(counts))) / np.log(2.0))
        left.append(spread)
        effective.append(agree)
    each = np.concatenate(bits)
    error = float(each.std(ddof=1) / np.sqrt(len(each)))
    found = {"bits": float(each.mean()), "bits_error": error}
    return found, np.concatenate(left).mean(axis=0), float(np.median(np.concatenate(effective)))
