"""How many patients a trial would need to show what the model says: trials are drawn from the virtual patients."""

from collections.abc import Callable, Iterable
from functools import partial
from math import ceil, inf, sqrt
from typing import NamedTuple

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from itp_sim import checks
from itp_sim.errors import InputError
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.streams import generator
from itp_sim.summary import MEASURES, Summary, median, total
from itp_sim.usual import HIGHEST_SEED

Flags = NDArray[np.bool_]

#: Fewest and most patients per arm; ranks of more than `MOST_RANKED` take too long.
FEWEST, MOST, MOST_RANKED = 5, 100_000, 2_000
#: Fewest virtual patients from whom trials are drawn; assumed.
FEWEST_DRAWN = 20
#: A search ends when the next step is smaller than this share, or after so many steps.
NEAR, STEPS = 0.01, 20
#: Ranked patients that are drawn for one size of a trial, and that are held at a time.
DRAWN, HELD = 4_000_000, 400_000


class Found(NamedTuple):
    """A size of a trial, with the power that trials of this size had, and the standard errors of both."""

    per_arm: float
    per_arm_error: float
    power: float
    power_error: float


def trial_size(
    run: xr.Dataset | Summary | Iterable[Summary],
    endpoint: str | Iterable[str] = "50 by day 7",
    *,
    power: float = 0.8,
    alpha: float = 0.05,
    margin: float | None = None,
    trials: int = 10_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Find how many patients per arm a parallel trial needs, if patients are as in the model.

    Trials are drawn: each arm takes its patients from the virtual ones at random, with replacement and independently
    of the other arm, the test is done, and the share of trials in which it is positive is their power.

    Parameters
    ----------
    run
        As in :func:`itp_sim.compare`: the arms are compared with the first.
    endpoint
        One or several: a rate of `compare`, such as "50 by day 7" or "response (iwg)", tested by Pearson's chi-square;
        or a measure, such as "days_above_50", tested by the rank sum (Mann and Whitney), where those who never reach a
        level rank last.
    power
        Share of the trials that should be positive, 0.5 to 0.99.
    alpha
        Two-sided error of the first kind, 0.0001 to 0.2.
    margin
        Without it the question is whether the arms differ. With it, whether the first arm is not inferior to the other:
        a rate lower by less than `margin` (0.1 for 10 percentage points), by the upper end of Wald's interval at
        ``1 - alpha``.
    trials
        Trials drawn for one size, 1000 to 1,000,000; fewer where many patients have to be ranked.
    seed
        Names the draws.

    Returns
    -------
    pandas.DataFrame
        Indexed by endpoint and arm: the `first` arm's rate or median, this arm's `value`, the `test`, patients
        `per_arm` with its standard error `per_arm_error`, which holds that there are only so many virtual patients (by
        the delta method) and so many draws, and the simulated `power` of that size with its `power_error`, which holds
        the draws alone. `per_arm` is infinite where no trial of 100,000 (2,000 ranked) per arm is large enough.
        `attrs` say the question, and the research-only statement.

    Raises
    ------
    InputError
        If a number is out of range, there is one arm only, there are fewer than 20 virtual patients, or a measure is
        asked for with a margin.
    UnknownNameError
        If there is no such endpoint.

    Notes
    -----
    No dropout, no measurement noise, no doubt about the model: a real trial needs more. Not a plan for one.
    """
    s = total(run)
    power = checks.number("power", power, 0.5, 0.99)
    alpha = checks.number("alpha", alpha, 0.0001, 0.2)
    trials = checks.whole("trials", trials, 1000, 1_000_000)
    seed = checks.whole("seed", seed, 0, HIGHEST_SEED)
    if margin is not None:
        margin = checks.number("margin", margin, 0.0, 0.5, open_low=True, hint="a share: 0.1 is 10 percentage points")
    if len(s.arms) < 2:
        raise InputError(f"the run has one arm, {s.arms[0]!r}: give at least two, to be compared with the first")
    if s.patients < FEWEST_DRAWN:
        patients = "1 patient" if s.patients == 1 else f"{s.patients} patients"
        raise InputError(f"the run has {patients}: a size is told of at least {FEWEST_DRAWN}, as of virtual_patients()")
    rows = {}
    for given in [endpoint] if isinstance(endpoint, str) else endpoint:
        name = _endpoint(given, s)
        for i, arm in enumerate(s.arms[1:], start=1):
            if name in s.rates:
                first, value, positive = _rates(s, name, i, alpha=alpha, margin=margin)
                test, most = "chi-square" if margin is None else "Wald", MOST
            else:
                if margin is not None:
                    raise InputError(f"{name} is no rate: a margin is for {checks.listed(s.rates)}")
                first, value, positive = _ranks(s, name, i, alpha=alpha)
                test, most = "rank sum", MOST_RANKED
            of_size = partial(_simulated, positive, trials=trials, seed=seed, name=f"{name}\n{arm}")
            found = _search(of_size, power, alpha=alpha, most=most)
            finite = _rate_doubt(s, name, i, margin=margin or 0.0) if name in s.rates else _rank_doubt(s, name, i)
            # The size goes with the inverse square of the effect.
            error = inf if found.per_arm == inf else float(np.hypot(found.per_arm_error, 2 * finite * found.per_arm))
            rows[name, arm] = (first, value, test, *found._replace(per_arm_error=error))
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["first", "value", "test", *Found._fields])
    table.index = pd.MultiIndex.from_tuples(rows, names=["endpoint", "arm"])
    asked = "do the arms differ" if margin is None else f"is {s.arms[0]} lower by less than {100 * margin:g} points"
    table.attrs = {
        "question": f"{asked}, two-sided alpha {alpha:g}, power {power:g}",
        "first_arm": s.arms[0],
        "patients": s.patients,
        "notice": RESEARCH_ONLY,
    }
    return table


def _endpoint(given: object, s: Summary) -> str:
    """Name of a rate or of a measure; a threshold may be given without "at least"."""
    short = [(rate.removeprefix("at least "), rate) for rate in s.rates]
    return checks.name("endpoint", given, [*s.rates, *MEASURES], short)


#: Which of so many trials with so many patients per arm are positive.
_Positive = Callable[[int, int, np.random.Generator], Flags]


def _simulated(positive: _Positive, n: int, *, trials: int, seed: int, name: str) -> Flags:
    """Trials of one size, their draws addressed by name."""
    return positive(n, trials, generator(seed, f"{name}\n{n}"))


def _rates(s: Summary, name: str, arm: int, *, alpha: float, margin: float | None) -> tuple[float, float, _Positive]:
    """Rates of the first arm and of another, and the trials that tell them apart."""
    from scipy.special import bdtr
    from scipy.stats import norm

    first, other = (s.hits[i, s.rates.index(name)] / s.patients for i in (0, arm))
    z = norm.ppf(1 - alpha / 2)

    def positive(n: int, trials: int, draw: np.random.Generator) -> Flags:
        # To draw patients with replacement and count those with the event is a binomial draw. NumPy's own differ
        # between its releases; uniform numbers do not.
        counts = np.arange(n + 1)
        ours, theirs = (np.searchsorted(bdtr(counts, n, p), draw.random(trials)) / n for p in (first, other))
        if margin is None:
            both = (ours + theirs) / 2
            different: Flags = (ours - theirs) ** 2 > z**2 * 2 * both * (1 - both) / n
            return different
        spread = np.sqrt((ours * (1 - ours) + theirs * (1 - theirs)) / n)
        not_inferior: Flags = ours - theirs + margin > z * spread
        return not_inferior

    return float(first), float(other), positive


def _ranks(s: Summary, name: str, arm: int, *, alpha: float) -> tuple[float, float, _Positive]:
    """Medians of the first arm and of another, and the trials whose ranks tell them apart."""
    from scipy.stats import mannwhitneyu

    place = list(MEASURES).index(name)
    sums = [np.cumsum(s.values[i, place]) for i in (0, arm)]

    def positive(n: int, trials: int, draw: np.random.Generator) -> Flags:
        trials = max(1000, min(trials, DRAWN // n))
        step = max(1, HELD // n)
        parts = []
        for start in range(0, trials, step):
            size = (min(step, trials - start), n)
            # The bin of each patient; the last one holds those without the measure within the run.
            ours, theirs = (np.searchsorted(one, draw.integers(s.patients, size=size), side="right") for one in sums)
            parts.append(mannwhitneyu(ours, theirs, axis=1, method="asymptotic").pvalue < alpha)
        return np.concatenate(parts)

    first, other = (median(s, name, i) for i in (0, arm))
    return first, other, positive


def _rate_doubt(s: Summary, name: str, arm: int, *, margin: float) -> float:
    """Standard error of the effect on a rate, as a share of it: the same patients are in both arms."""
    place = s.rates.index(name)
    gained, lost = int(s.gained[arm, place]), int(s.lost[arm, place])
    effect = abs(s.hits[arm, place] - s.hits[0, place] - margin * s.patients)
    apart = gained + lost - (gained - lost) ** 2 / s.patients
    return float(sqrt(max(apart, 0.0)) / effect) if effect else inf


def _rank_doubt(s: Summary, name: str, arm: int) -> float:
    """Standard error of the share of pairs of patients in which this arm has more, beyond 1/2, as a share of it.

    The variance of a patient's placement in the other arm is that of Mann and Whitney's statistic (DeLong 1988). That
    the same patients are in both arms takes off what the correlation of their values says.
    """
    place = list(MEASURES).index(name)
    one, other = (s.values[i, place] / s.patients for i in (0, arm))
    below_one, below_other = (np.cumsum(x) - x / 2 for x in (one, other))
    effect = abs(float(other @ below_one) - 0.5)
    spreads = [_variance(one, below_other), _variance(other, below_one)]
    together = _correlation(s, place, arm)
    apart = sum(spreads) - 2 * together * sqrt(spreads[0] * spreads[1])
    return sqrt(max(apart, 0.0) / s.patients) / effect if effect else inf


def _correlation(s: Summary, place: int, arm: int) -> float:
    """Correlation of a patient's values in the first arm and in another, from their spreads and that of the difference.

    Of those with the measure in the arms; 0 where it cannot be told.
    """
    rows = [s.values[0, place], s.values[arm, place], s.differences[arm, place]]
    # The outermost bins hold what is not within the run.
    one, other, apart = (_variance(row[1:-1], np.arange(len(row) - 2.0)) for row in rows)
    if not one * other > 0:
        return 0.0
    return float(np.clip((one + other - apart) / (2 * sqrt(one * other)), 0.0, 1.0))


def _variance(weights: NDArray[np.float64] | NDArray[np.int64], x: NDArray[np.float64]) -> float:
    """Variance of `x` with these weights; 0 without any."""
    if not weights.sum():
        return 0.0
    mean = np.average(x, weights=weights)
    return float(np.average((x - mean) ** 2, weights=weights))


def _search(positive: Callable[[int], Flags], power: float, *, alpha: float, most: int) -> Found:
    """The size at which trials have this power: steps along its root, on which a normal deviate is nearly linear."""
    from scipy.stats import norm

    wanted = norm.ppf(1 - alpha / 2) + norm.ppf(power)
    n = 50
    for _ in range(STEPS):
        drawn = positive(n)
        found, error = float(drawn.mean()), float(sqrt(drawn.mean() * (1 - drawn.mean()) / len(drawn)))
        if n == most and found < power:
            return Found(inf, inf, found, error)
        here = norm.ppf(1 - alpha / 2) + norm.ppf(np.clip(found, 1e-4, 1 - 1e-4))
        ratio = (wanted / here) ** 2 if here > 0 else inf
        following = int(np.clip(ceil(n * np.clip(ratio, 1 / 8, 8)), FEWEST, most))
        if abs(following - n) <= max(1.0, NEAR * n):
            break
        n = following
    return Found(n, n * 2 * error / (norm.pdf(norm.ppf(power)) * wanted), found, error)
