"""The fast engine in NumPy: many patients side by side, each with its own day, step and infusion.

The C kernel (``kernel.c``) does the same operations in the same order as this module, ``stages.py`` and ``follow.py``,
so both give the same bits. The equations come printed, as ``generated.py``; or, after an edit, as they stand
(``direct.py``).
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import NamedTuple

import numpy as np

from itp_sim.solve import direct, generated, method, untreated
from itp_sim.solve.elementary import power
from itp_sim.solve.follow import Flags, Places, Step, Track, advance, value
from itp_sim.solve.problem import Floats, Problem, Solution, used_up
from itp_sim.solve.rows import COUNT, IGG, P0, STATE_PLACES, Answer, Asked, asked, blank, solution
from itp_sim.solve.stages import dense, squared_error, stages

#: Patients side by side.
LANES = 4096
#: Share of lanes that may be idle before patients who wait are taken in, or the lanes are made fewer.
IDLE = 1 / 16


class Model(NamedTuple):
    """The equations over arrays of patients."""

    functions: ModuleType  #: with the functions and sizes of ``generated.py``
    start: Callable[[Floats], tuple[Floats, Floats]]  #: untreated steady states and states of parameter rows


#: The equations as they were printed, and as they stand.
PRINTED, AS_THEY_STAND = Model(generated, untreated.start), Model(direct, direct.start)


def solve(problem: Problem, *, model: Model = PRINTED) -> Solution:
    """Integrate every patient of `problem`.

    Raises
    ------
    BudgetError
        If the seconds allowed are used up.
    """
    a = asked(problem)
    answer = blank(a)
    with np.errstate(all="ignore"):
        run(a, answer, model=model, deadline=time.monotonic() + problem.budget)
    return solution(problem, answer)


def run(
    a: Asked, answer: Answer, *, model: Model = PRINTED, deadline: float = float("inf"), width: int = LANES
) -> None:
    """Fill `answer`, with `width` lanes of patients side by side."""
    n = a.p.shape[1]
    lanes = _empty(a, model, min(width, n))
    waiting = 0
    while True:
        idle = lanes.patient < 0
        if waiting < n and idle.sum() > IDLE * len(idle):
            free = np.flatnonzero(idle)[: n - waiting]
            _load(a, lanes, answer, free=free, patients=np.arange(waiting, waiting + len(free)))
            waiting += len(free)
        elif idle.all():
            return
        elif idle.sum() > len(idle) // 2:
            lanes = lanes.kept(np.flatnonzero(~idle))
        if time.monotonic() > deadline:
            under_way = lanes.patient >= 0
            done = waiting - int(under_way.sum())
            raise used_up(f"day {lanes.t[under_way].min():g}, with {done} of {n} patients done")
        _step(a, lanes, answer)


@dataclass
class _Lanes:
    """Patients under way; every array has the lanes last."""

    model: Model
    track: Track
    patient: Places  #: number of the patient, -1 for an idle lane
    y: Floats  #: state
    c: Floats  #: constants
    t: Floats  #: day
    h: Floats  #: step to try next
    place: Places  #: place of the running infusion rate in `Asked.rates`
    began: Floats  #: day of the last breakpoint
    given: Floats  #: gram given up to it
    gap: Floats  #: largest imbalance so far
    shown: Places  #: output days done
    steps: Places
    limit: Places  #: steps allowed

    def kept(self, lanes: Places) -> "_Lanes":
        """These lanes only."""
        track = Track(*(x[..., lanes] for x in vars(self.track).values()))
        arrays = {name: x[..., lanes] for name, x in vars(self).items() if isinstance(x, np.ndarray)}
        return _Lanes(self.model, track, **arrays)


def _empty(a: Asked, model: Model, width: int) -> _Lanes:
    n_levels = len(a.levels)
    zeros, places = np.zeros(width), np.zeros(width, np.intp)
    track = Track(
        untreated=zeros.copy(),
        levels=np.zeros((n_levels, width)),
        single=np.zeros((5, width)),
        by_level=np.zeros((3, n_levels, width)),
        over=np.zeros((n_levels, width), bool),
        since=np.zeros((n_levels, width)),
    )
    return _Lanes(
        model=model,
        patient=places - 1,
        y=np.ones((model.functions.STATES, width)),
        c=np.ones((model.functions.CONSTANTS, width)),
        t=zeros.copy(),
        h=zeros + method.FIRST_STEP,
        place=places.copy(),
        began=zeros.copy(),
        given=zeros.copy(),
        gap=zeros.copy(),
        shown=places.copy(),
        steps=places.copy(),
        limit=places.copy(),
        track=track,
    )


def _load(a: Asked, lanes: _Lanes, answer: Answer, *, free: Places, patients: Places) -> None:
    """Put `patients` at day 0 into the lanes `free`."""
    p, g = np.ascontiguousarray(a.p[:, patients]), lanes.model.functions
    u, y = lanes.model.start(p)
    c, w = np.empty((g.CONSTANTS, len(free))), np.empty((g.WATCHED, len(free)))
    g.constants(p, u, c)
    g.watch(y, c, w)
    lanes.patient[free] = patients
    lanes.y[:, free], lanes.c[:, free] = y, c
    lanes.t[free] = lanes.began[free] = lanes.given[free] = lanes.gap[free] = 0.0
    lanes.h[free] = method.FIRST_STEP
    lanes.place[free] = a.first[patients]
    lanes.shown[free] = lanes.steps[free] = 0
    lanes.limit[free] = method.STEPS * (a.first[patients + 1] - a.first[patients])
    lanes.track.untreated[free] = p[P0]
    lanes.track.levels[:, free] = a.levels[:, patients]
    lanes.track.begin(free, w[0], w[1])
    _pass_breakpoints(a, lanes, answer, at=free[a.breaks[lanes.place[free] + 1] < method.SHORTEST])


def _step(a: Asked, lanes: _Lanes, answer: Answer) -> None:
    """Try one step in every lane."""
    busy = lanes.patient >= 0
    end = a.breaks[lanes.place + 1]
    rate = a.rates[lanes.place]
    left = end - lanes.t
    last = busy & (lanes.h >= left)
    h = np.where(last, left, np.where(lanes.h > 0.5 * left, 0.5 * left, lanes.h))
    reached = np.where(last, end, lanes.t + h)
    increments = stages(lanes.model.functions, lanes.y, lanes.c, rate=rate[None], h=h)
    tried = _Tried(*increments, h, reached, rate)
    error = squared_error(tried.K[-1], lanes.y, tried.new, rtol=a.rtol)
    ok = busy & (error <= 1.0)
    lanes.steps += busy

    if ok.any():
        _accept(a, lanes, answer, tried=tried, ok=ok)
    grown = method.SAFETY * power(np.maximum(error, method.NONE), np.full_like(error, method.EXPONENT))
    grown = np.where(grown > method.SHRINK, grown, method.SHRINK)
    lanes.h = h * np.where(grown < method.GROW, grown, method.GROW)
    lanes.t = np.where(ok, reached, lanes.t)
    lost = busy & ~ok
    _fail(lanes, answer, np.flatnonzero(lost & (lanes.t + lanes.h <= lanes.t)), reason=1)
    _fail(lanes, answer, np.flatnonzero(busy & (lanes.patient >= 0) & (lanes.steps >= lanes.limit)), reason=2)
    _pass_breakpoints(a, lanes, answer, at=np.flatnonzero(ok & last & (lanes.patient >= 0)))


class _Tried(NamedTuple):
    """One step in each lane."""

    K: Floats  #: increments, shape (stages, states, lanes)
    new: Floats  #: state at its end
    h: Floats  #: its length [day]
    reached: Floats  #: day at its end
    rate: Floats  #: infusion during it [g/day]


def _accept(a: Asked, lanes: _Lanes, answer: Answer, *, tried: _Tried, ok: Flags) -> None:
    """Take in the steps of the lanes that are `ok`: outputs, read-outs and the audit of mass."""
    done, g = np.flatnonzero(ok), lanes.model.functions
    increments = tried.K.transpose(1, 0, 2)
    w, w_new, w_K = (np.empty((g.WATCHED, *x.shape[1:])) for x in (lanes.y, tried.new, increments))
    g.watch(lanes.y, lanes.c, w)
    g.watch(tried.new, lanes.c, w_new)
    g.watch(increments, lanes.c, w_K)
    seen = dense(w[:2], w_new[:2], w_K[:2].transpose(1, 0, 2))[..., done]
    w_end = w_new[:, done]
    step = Step(done, lanes.t[done], tried.h[done], seen[:, 0], w_end[0], seen[:, 1], w_end[1])

    def states(keep: Places) -> Floats:
        who = done[keep]
        return dense(lanes.y[:, who], tried.new[:, who], tried.K[..., who])

    _show(a, lanes, answer, new=_Shown(step, tried.reached[done], states))
    advance(lanes.track, step)
    given = lanes.given + tried.rate * (tried.reached - lanes.began)
    lanes.gap = np.where(ok, np.maximum(lanes.gap, np.abs(given - w_new[2])), lanes.gap)
    np.copyto(lanes.y, tried.new, where=ok)


class _Shown(NamedTuple):
    """A step whose outputs are wanted."""

    step: Step
    reached: Floats  #: day at its end
    states: Callable[[Places], Floats]  #: polynomials of the states, in some of its lanes


def _show(a: Asked, lanes: _Lanes, answer: Answer, *, new: _Shown) -> None:
    """Write the outputs of the days that a step has passed."""
    step = new.step
    while True:
        shown = lanes.shown[step.lanes]
        keep = np.flatnonzero(shown < len(a.days))
        keep = keep[a.days[shown[keep]] <= new.reached[keep]]
        if not len(keep):
            return
        who, column = step.lanes[keep], shown[keep]
        s = (a.days[column] - step.start[keep]) * (1.0 / step.length[keep])
        rows: dict[int, Floats] = {COUNT: value(step.count[:, keep], s), IGG: value(step.igg[:, keep], s)}
        if not set(a.wanted.tolist()) <= rows.keys():
            g = lanes.model.functions
            y, out = value(new.states(keep), s), np.empty((g.OUTPUTS, len(keep)))
            g.observe(y, lanes.c[:, who], out)
            rows = dict(zip(STATE_PLACES, y, strict=True)) | dict(enumerate(out)) | rows
        for k, which in enumerate(a.wanted.tolist()):
            answer.values[k, lanes.patient[who], column] = rows[which]
        lanes.shown[who] += 1


def _pass_breakpoints(a: Asked, lanes: _Lanes, answer: Answer, *, at: Places) -> None:
    """Start the next infusion rate in the lanes `at`, over gaps of no length; store who has come to the end."""
    while len(at):
        place = lanes.place[at]
        reached = a.breaks[place + 1]
        lanes.given[at] += a.rates[place] * (reached - lanes.began[at])
        lanes.began[at] = reached
        lanes.place[at] += 1
        lanes.h[at] = np.maximum(lanes.h[at], method.FIRST_STEP)
        over = lanes.place[at] + 1 >= a.first[lanes.patient[at] + 1]
        _store(lanes, answer, at[over])
        at = at[~over]
        at = at[a.breaks[lanes.place[at] + 1] - lanes.began[at] < method.SHORTEST]


def _store(lanes: _Lanes, answer: Answer, at: Places) -> None:
    who, track = lanes.patient[at], lanes.track
    track.finish(at, lanes.t[at])
    answer.single[:, who] = track.single[:, at]
    answer.by_level[:, :, who] = track.by_level[:, :, at]
    answer.audit[:, who] = lanes.given[at], lanes.gap[at]
    answer.steps[who] = lanes.steps[at]
    lanes.patient[at], lanes.place[at] = -1, 0


def _fail(lanes: _Lanes, answer: Answer, at: Places, *, reason: int) -> None:
    who = lanes.patient[at]
    answer.ended[:, who] = lanes.t[at], np.full(len(at), reason)
    answer.steps[who] = lanes.steps[at]
    lanes.patient[at], lanes.place[at] = -1, 0
