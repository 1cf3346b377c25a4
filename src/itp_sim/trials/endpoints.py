"""What an endpoint is of each patient, and of a group of patients."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from itp_sim import checks
from itp_sim.errors import InputError
from itp_sim.trials.design import KINDS, Among, Criterion, Endpoint, Trial
from itp_sim.trials.measure import Bools, Floats, ever, meets
from itp_sim.trials.run import Course

#: A visit of each patient, by its number.
Places = NDArray[np.intp]
#: A visit on the very day that something is judged after so many days: the days may be sums [day].
SAME = 1e-9


class Sample(NamedTuple):
    """What an endpoint's statistic is taken over: the patients it is about."""

    values: Floats  #: shape (patients,); or (patients, visits) where the statistic is taken at every visit first
    seen: Bools  #: shape (patients,); False where a time is only known to be longer
    share: float = 1.0  #: of all patients of the arms, how many it is about


def sample(endpoint: Endpoint, trial: Trial, measured: Mapping[str, Course]) -> Sample:
    """Read an endpoint off the patients of its arms.

    Parameters
    ----------
    endpoint, trial
        What is read, and the trial that it belongs to.
    measured
        What was measured in each arm, from :func:`itp_sim.trials.run.courses`.
    """
    visits = np.array(trial.measurement.visits)
    parts = []
    for key in endpoint.arms:
        course = measured[key]
        values, seen = _read(endpoint, course, visits)
        about = _among(endpoint, trial, course, visits=visits)
        if endpoint.kind == "duration":
            about &= ~np.isnan(values)
        parts.append((values[about], seen[about]))
    chosen, seen = (np.concatenate(both) for both in zip(*parts, strict=True))
    return Sample(chosen, seen, len(chosen) / sum(len(measured[key].counts) for key in endpoint.arms))


def value(endpoint: Endpoint, trial: Trial, chosen: Sample) -> float:
    """The endpoint in a group, in its unit; NaN if there is nobody in it, inf if half do not reach what is timed."""
    if not len(chosen.values):
        return float("nan")
    alone = chosen._replace(values=chosen.values[None], seen=chosen.seen[None])
    return float(values(endpoint, trial, alone)[0])


def values(endpoint: Endpoint, trial: Trial, groups: Sample) -> Floats:
    """The endpoint in several groups of equally many patients: `groups` has one more axis in front, one row a group."""
    if endpoint.kind in ("time_to", "duration"):
        return kaplan_meier(groups.values, groups.seen, endpoint.statistic)
    statistic = np.median if endpoint.statistic == "median" else np.mean
    found: Floats = statistic(groups.values, axis=1)
    if endpoint.kind == "response":
        return 100.0 * found
    if endpoint.kind == "highest":
        highest: Floats = found.max(axis=1)
        return highest
    if endpoint.kind == "peak_day" and endpoint.of == "curve":
        days: Floats = _after(np.array(trial.measurement.visits), endpoint.until)[found.argmax(axis=1)]
        return days
    return found


def kaplan_meier(times: Floats, seen: Bools, statistic: str) -> Floats:
    """Median or mean of times of which some are only known to be longer, shape (groups, patients) -> (groups,).

    The median is the first time at which at most half are left, inf if there is none; the mean is the area under the
    Kaplan-Meier curve up to the longest time.
    """
    order = np.lexsort((~seen, times), axis=1)  # of equal times those that were seen come first
    t, event = np.take_along_axis(times, order, axis=1), np.take_along_axis(seen, order, axis=1)
    at_risk = np.arange(t.shape[1], 0, -1)
    left = np.cumprod(np.where(event, (at_risk - 1) / at_risk, 1.0), axis=1)
    if statistic == "median":
        half = left <= 0.5 + 1e-12
        # An exact half holds up to the next time; the middle of the two is what a median is without censoring.
        first = half.argmax(axis=1)
        rows = np.arange(len(t))
        median = np.where(half.any(axis=1), t[rows, first], np.inf)
        exact = np.abs(np.where(t <= median[:, None], left, 1.0).min(axis=1) - 0.5) < 1e-9
        later = np.where(event & (t > median[:, None]), t, np.inf).min(axis=1)
        return np.where(exact & np.isfinite(later), (median + later) / 2, median)
    steps = np.diff(t, axis=1, prepend=0.0)
    before = np.concatenate([np.ones((len(t), 1)), left[:, :-1]], axis=1)
    area: Floats = (steps * before).sum(axis=1)
    return area


def _read(endpoint: Endpoint, course: Course, visits: Floats) -> tuple[Floats, Bools]:
    """Every patient's value, and whether it was seen to its end."""
    counts = course.counts
    everybody = np.ones(len(counts), dtype=bool)
    kind, criterion = endpoint.kind, endpoint.criterion
    if endpoint.needs_igg:
        return _igg(endpoint, course, visits), everybody
    if kind in ("count", "rise"):
        on = counts[:, _at(visits, endpoint.day)]
        return (on - counts[:, 0] if kind == "rise" else on), everybody
    if kind in ("peak", "peak_day", "highest"):
        within = counts[:, 1 : _at(visits, endpoint.until) + 1]
        if kind == "highest" or endpoint.of == "curve":
            return within, everybody
        if kind == "peak":
            return within.max(axis=1), everybody
        return _after(visits, endpoint.until)[within.argmax(axis=1)], everybody
    if kind == "response":
        return _responds(endpoint, criterion, counts, visits=visits).astype(float), everybody
    if kind == "days_above":
        return _days_above(endpoint, criterion, counts, visits=visits), everybody
    if kind == "time_to":
        return _reached(endpoint, criterion, counts, visits=visits)
    if kind == "duration":
        return _lasts(endpoint, criterion, counts, visits=visits)
    raise _unread(kind)


def _among(endpoint: Endpoint, trial: Trial, course: Course, *, visits: Floats) -> Bools:
    """Patients of an arm that the endpoint is about."""
    about: Among | None = endpoint.among
    if about is None:
        return np.ones(len(course.counts), dtype=bool)
    judged = trial.endpoints[about.endpoint] if about.endpoint else endpoint
    met = _responds(judged, judged.criterion, course.counts, visits=visits)
    return met if about.met else ~met


def _responds(endpoint: Endpoint, criterion: Criterion, counts: Floats, *, visits: Floats) -> Bools:
    """Whether a patient meets a criterion on a day, or by a day; and again later if it is to be confirmed."""
    met = meets(counts, counts[:, :1], criterion)
    if endpoint.day is not None:
        judged = visits == endpoint.day
    else:
        judged = (visits > 0) & (visits <= (endpoint.until if endpoint.by is None else endpoint.by))
    first = ever(met & judged)
    if endpoint.confirm_after is None:
        return first
    day = visits[(met & judged).argmax(axis=1)]
    again = ever(met & (visits >= day[:, None] + endpoint.confirm_after - SAME))
    return first & again


def _reached(endpoint: Endpoint, criterion: Criterion, counts: Floats, *, visits: Floats) -> tuple[Floats, Bools]:
    """Day on which the criterion is first met, and whether it is by `until` (else the day is that one)."""
    end = endpoint.until if endpoint.by is None else endpoint.by
    met = meets(counts, counts[:, :1], criterion) & (visits > 0) & (visits <= end)
    reached = ever(met)
    at = met.argmax(axis=1)
    day = visits[at] if endpoint.between == "visits" else _crossing(criterion, counts, visits, at=at)
    return np.where(reached, day, end), reached


def _lasts(endpoint: Endpoint, criterion: Criterion, counts: Floats, *, visits: Floats) -> tuple[Floats, Bools]:
    """Days from first meeting the criterion to no longer meeting it, and whether by `until`; NaN if never met."""
    start, reached = _reached(endpoint, criterion, counts, visits=visits)
    met = meets(counts, counts[:, :1], criterion)
    since = np.cumsum(met & (visits > 0), axis=1) > 0
    lost = ~met & since & (visits <= endpoint.until)
    ended = ever(lost)
    at = lost.argmax(axis=1)
    day = visits[at] if endpoint.between == "visits" else _crossing(criterion, counts, visits, at=at)
    return np.where(reached, np.where(ended, day, endpoint.until) - start, np.nan), ended


def _crossing(criterion: Criterion, counts: Floats, visits: Floats, *, at: Places) -> Floats:
    """Day on which the straight line to visit number `at` from the one before crosses the level, of each patient."""
    rows = np.arange(len(counts))
    level = np.maximum(criterion.at_least, criterion.multiple * counts[:, 0])
    at = np.maximum(at, 1)
    before, after = counts[rows, at - 1], counts[rows, at]
    rise = after - before
    share = np.clip(np.where(rise == 0, 0.0, (level - before) / np.where(rise == 0, 1.0, rise)), 0.0, 1.0)
    day: Floats = visits[at - 1] + share * (visits[at] - visits[at - 1])
    return day


def _days_above(endpoint: Endpoint, criterion: Criterion, counts: Floats, *, visits: Floats) -> Floats:
    """Days within 0 to `until` on which the straight lines between the counts are at or above the level."""
    last = _at(visits, endpoint.until)
    a, b = counts[:, :last], counts[:, 1 : last + 1]
    low, high = np.minimum(a, b), np.maximum(a, b)
    flat = np.where(meets(low, low, criterion), 1.0, 0.0)
    share = np.clip((high - criterion.at_least) / np.where(high == low, 1.0, high - low), 0.0, 1.0)
    days: Floats = (np.where(high == low, flat, share) * np.diff(visits[: last + 1])).sum(axis=1)
    return days


def _igg(endpoint: Endpoint, course: Course, visits: Floats) -> Floats:
    """IgG on a day, its change from day 0, or the highest of the visits."""
    if endpoint.kind == "igg_peak":
        highest: Floats = course.igg[:, : _at(visits, endpoint.until) + 1].max(axis=1)
        return highest
    if endpoint.kind not in {"igg", "igg_change"}:
        raise _unread(endpoint.kind)
    on: Floats = course.igg[:, _at(visits, endpoint.day)]
    if endpoint.kind == "igg":
        return on
    change: Floats = on - course.igg[:, 0]
    return 100.0 * change / course.igg[:, 0] if endpoint.relative else change


def _unread(kind: str) -> InputError:
    return InputError(f"no way to read an endpoint of kind {checks.shown(kind)}: choose from {checks.listed([*KINDS])}")


def _at(visits: Floats, day: float | None) -> int:
    """Number of the visit on a day."""
    return int(np.flatnonzero(visits == day)[0])


def _after(visits: Floats, until: float) -> Floats:
    """Days of the visits after day 0 and up to `until`."""
    return visits[(visits > 0) & (visits <= until)]
