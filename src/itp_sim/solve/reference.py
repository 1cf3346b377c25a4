"""The reference solver: SciPy's LSODA on the equations as they stand, patient by patient, breakpoint to breakpoint.

LSODA switches by itself between a stiff and a non-stiff method. It never sees a dose: the rate is constant between
breakpoints and the integration starts anew at each.
"""

import time
import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.integrate import ODEintWarning, odeint

from itp_sim import equations as eq
from itp_sim.errors import BudgetError, SolverError
from itp_sim.solve import curve
from itp_sim.solve.problem import Failure, Floats, Problem, Readouts, Schedule, Solution, used_up

#: Days between the nodes on which read-outs are found: in the first day after a breakpoint, and later.
FINE, COARSE = 1 / 48, 1 / 12
#: Days for which nodes are fine: while the blockade sets in, the count bends most.
EARLY = 1.0
#: LSODA holds its tolerance step by step; asked for this part of it, the error of the whole run stays near it.
STEPWISE = 0.3
#: Part of the relative tolerance that is allowed as an absolute error of a state (all are of the order of 1 to 100).
ABSOLUTE = 1e-3
#: First step after a breakpoint [day]; fixed, so that no output day can change the steps that follow.
FIRST_STEP = 1e-4


class Path(NamedTuple):
    """States of one patient on a set of days, breakpoints included."""

    t: Floats  #: shape (k,)
    y: Floats  #: shape (states, k)
    rate: Floats  #: infusion rate after each day, shape (k,)


def solve(problem: Problem) -> Solution:
    """Integrate every patient of `problem`.

    Raises
    ------
    BudgetError
        If the seconds allowed are used up.
    """
    deadline = time.monotonic() + problem.budget
    patients = [
        eq.Parameters(*row)
        for row in np.column_stack(np.broadcast_arrays(*map(np.atleast_1d, problem.parameters))).tolist()
    ]
    n, n_levels = problem.levels.shape
    values = {name: np.full((n, len(problem.times)), np.nan) for name in problem.outputs}
    readouts = Readouts(*(np.full(n, np.nan) for _ in range(5)), *(np.full((n, n_levels), np.nan) for _ in range(3)))
    delivered, imbalance = np.zeros(n), np.full(n, np.nan)
    failures = []
    clock = _Clock(deadline)
    for i, (p, schedule) in enumerate(zip(patients, problem.schedules, strict=True)):
        u = eq.untreated(p)
        try:
            path = integrate(p, u, schedule, times=problem.times, rtol=problem.rtol, clock=clock)
        except BudgetError:
            raise
        except SolverError as error:
            failures.append(Failure(i, clock.day, str(error)))
            continue
        seen = eq.outputs(eq.State(*path.y), p, u)._asdict() | eq.State(*path.y)._asdict()
        wanted = np.searchsorted(path.t, problem.times)
        for name in problem.outputs:
            values[name][i] = np.broadcast_to(seen[name], path.t.shape)[wanted]
        for whole, part in zip(readouts, read(path, p, u, levels=problem.levels[i], schedule=schedule), strict=True):
            whole[i] = part
        delivered[i], imbalance[i] = audit(path, p, schedule)
    return Solution(values, readouts, delivered, imbalance, clock.evaluations, tuple(failures))


def integrate(
    p: eq.Parameters,
    u: eq.Untreated,
    schedule: Schedule,
    *,
    times: Floats,
    rtol: float,
    clock: "_Clock | None" = None,
) -> Path:
    """Integrate one patient through `schedule`; return the states on the nodes, the breakpoints and `times`.

    Raises
    ------
    SolverError
        If LSODA gives up; says on which day.
    BudgetError
        If `clock` runs out.
    """
    clock = clock or _Clock(float("inf"))
    y = np.array(eq.baseline(p, u), dtype=float)
    t_parts, y_parts, rates = [], [], []
    with warnings.catch_warnings():
        warnings.simplefilter("error", ODEintWarning)
        for start, end, rate in schedule.pieces():
            days = _days(start, end, times)
            try:
                part = odeint(
                    clock.watched(p, u, rate),
                    y,
                    days,
                    tfirst=True,
                    rtol=STEPWISE * rtol,
                    atol=STEPWISE * rtol * ABSOLUTE,
                    tcrit=[end],
                    h0=min(FIRST_STEP, (end - start) / 2),
                    mxstep=100_000,
                )
            except ODEintWarning as error:
                raise SolverError(f"LSODA stopped on day {clock.day:g}: {error}") from error
            if not np.isfinite(part).all():
                raise SolverError(f"LSODA returned values that are not finite between days {start:g} and {end:g}")
            y = part[-1]
            t_parts.append(days[:-1])
            y_parts.append(part[:-1])
            rates.append(np.full(len(days) - 1, rate))
    t_parts.append(np.array([schedule.times[-1]]))
    y_parts.append(y[None])
    rates.append(np.array([schedule.rates[-1]]))
    return Path(np.concatenate(t_parts), np.concatenate(y_parts).T.copy(), np.concatenate(rates))


def read(path: Path, p: eq.Parameters, u: eq.Untreated, *, levels: Floats, schedule: Schedule) -> Readouts:
    """Read-outs of one patient, found on the nodes alone: the days asked for change none of them."""
    on_node = np.isin(path.t, _all_nodes(schedule))
    t, y, rate = path.t[on_node], path.y[:, on_node], path.rate[on_node]
    count = _count(p)
    slope = _slope(y, p, u, rate=rate)
    # The curvature is the slope's own change along the flow; central differences do for a gap of two hours.
    step = 1e-4
    bend = (_slope(y + step * slope, p, u, rate=rate) - _slope(y - step * slope, p, u, rate=rate)) / (2 * step)
    c = curve.quintic(t, count(y), count(slope), ddy=count(bend))
    nodes = curve.monotone_nodes(c)
    top, top_day = curve.peak(c, nodes)
    first, last, above = curve.times_above(c, nodes, levels)
    return Readouts(
        peak=np.array(top),
        peak_day=np.array(top_day),
        area=np.array(curve.area(c, p.P0)),
        return_day=np.array(curve.return_day(c, nodes, p.P0)),
        igg_peak=eq.total_igg(eq.State(*y)).max(),
        first_day=first,
        last_day=last,
        days_above=above,
    )


def audit(path: Path, p: eq.Parameters, schedule: Schedule) -> tuple[float, float]:
    """Gram delivered, and the largest gap between what ran in and what is in the body or eliminated [g]."""
    given = np.concatenate([[0.0], np.cumsum(np.diff(path.t) * path.rate[:-1])])
    s = eq.State(*path.y)
    held = eq.infused_so_far(s, p)
    return float(np.dot(np.diff(schedule.times), schedule.rates)), float(np.abs(given - held).max())


class _Clock:
    """Counts evaluations, remembers the day reached, and stops a run that takes too long."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.evaluations = 0
        self.day = 0.0

    def watched(self, p: eq.Parameters, u: eq.Untreated, rate: float) -> Callable[[float, Floats], eq.State]:
        """Right-hand side at one infusion rate, under this clock."""
        rhs, state = eq.rhs, eq.State._make

        def f(t: float, y: Floats) -> eq.State:
            self.evaluations += 1
            self.day = t
            if not self.evaluations % 256 and time.monotonic() > self.deadline:
                raise used_up(f"day {t:g}")
            return rhs(state(y.tolist()), p, u, rate)

        return f


def _nodes(start: float, end: float) -> Floats:
    """Days from `start` to `end`, evenly spaced within each of the two stretches, `FINE` or `COARSE` apart or less."""
    turn = min(start + EARLY, end)
    early = np.linspace(start, turn, max(2, int(np.ceil((turn - start) / FINE)) + 1))
    if turn >= end:
        return early
    return np.concatenate([early, np.linspace(turn, end, max(2, int(np.ceil((end - turn) / COARSE)) + 1))[1:]])


def _all_nodes(schedule: Schedule) -> Floats:
    return np.concatenate([_nodes(start, end) for start, end, _ in schedule.pieces()])


def _days(start: float, end: float, times: Floats) -> Floats:
    inside = times[(times > start) & (times < end)]
    return np.union1d(_nodes(start, end), inside)


def _slope(y: Floats, p: eq.Parameters, u: eq.Untreated, *, rate: Floats) -> Floats:
    rows = eq.rhs(eq.State(*y), p, u, rate)
    return np.array([np.broadcast_to(row, rate.shape) for row in rows])


def _count(p: eq.Parameters) -> Callable[[Floats], Floats]:
    first = eq.State._fields.index("PLT1")
    share = eq.circulating_share(p)
    return lambda y: share * y[first:].sum(axis=0)
