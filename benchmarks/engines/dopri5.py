"""Dormand and Prince's method of order five, patient by patient, compiled by numba with the printed model.

Dense output of order four, and a PI controller of the step (Hairer, Norsett and Wanner 1993, Solving Ordinary
Differential Equations I: their code DOPRI5). It starts anew at each breakpoint as our engines do, and interpolates the
count alone. Import it after :func:`benchmarks.engines.with_numba.compiled`, which sets the options.
"""

from typing import Any

import numba
import numpy as np
from printed_model import OPTIONS, count, rhs

from benchmarks.problem import Floats

#: First step after a breakpoint [day], as long as the piece allows.
FIRST_STEP = 1e-3
#: Steps allowed between two breakpoints.
STEPS = 100_000


@numba.njit(**OPTIONS)
def solve(starts: Floats, constants: Floats, first: Any, breaks: Floats, rates: Floats,
          times: Floats, rtol: float, atol: float, seen: Floats) -> int:  # fmt: skip
    """Fill `seen` with counts, shape (patients, times); return how many patients failed."""
    n = starts.shape[1]
    k = (np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n), np.empty(n))
    infusion, new, w = np.empty(1), np.empty(n), np.empty(1)
    failed = 0
    for patient in range(len(starts)):
        y, c = starts[patient].copy(), constants[patient]
        seen[patient, 0] = _seen(y, c, w)
        column = 1
        for piece in range(first[patient], first[patient + 1] - 1):
            t, end = breaks[piece], breaks[piece + 1]
            infusion[0] = rates[piece]
            h, last_error, rejected = min(FIRST_STEP, end - t), 1e-4, False
            rhs(y, c, infusion, k[0])
            for _ in range(STEPS):
                reached = t + h
                if reached >= end or end - reached < 1e-12:
                    h, reached = end - t, end
                _stages(y, c, infusion, h, k, new)
                error = _error(y, new, h, k, rtol, atol)
                if error <= 1.0:
                    if column < len(times) and times[column] <= reached:
                        column = _show(y, new, c, w, k, t, h, reached, times, column, seen[patient])
                    t = reached
                    y, new = new, y
                    k[0][:] = k[6]
                    grow = min(5.0, max(0.2, 0.9 * last_error**0.04 / max(error**0.17, 1e-10)))
                    last_error = max(error, 1e-4)
                    h *= min(1.0, grow) if rejected else grow
                    rejected = False
                    if t >= end:
                        break
                else:
                    h /= min(5.0, error**0.17 / 0.9)
                    rejected = True
            if t < end:
                failed += 1
    return failed


@numba.njit(**OPTIONS)
def _stages(y: Floats, c: Floats, infusion: Floats, h: float, k: Any, new: Floats) -> None:
    """Rates of change `k` in a step `h` from `y`, the first of which is known, and the state `new` at its end."""
    n = len(y)
    k1, k2, k3, k4, k5, k6, k7 = k
    for i in range(n):
        new[i] = y[i] + h * (1 / 5 * k1[i])
    rhs(new, c, infusion, k2)
    for i in range(n):
        new[i] = y[i] + h * (3 / 40 * k1[i] + 9 / 40 * k2[i])
    rhs(new, c, infusion, k3)
    for i in range(n):
        new[i] = y[i] + h * (44 / 45 * k1[i] - 56 / 15 * k2[i] + 32 / 9 * k3[i])
    rhs(new, c, infusion, k4)
    for i in range(n):
        third = 64448 / 6561 * k3[i] - 212 / 729 * k4[i]
        new[i] = y[i] + h * (19372 / 6561 * k1[i] - 25360 / 2187 * k2[i] + third)
    rhs(new, c, infusion, k5)
    for i in range(n):
        third = 46732 / 5247 * k3[i] + 49 / 176 * k4[i] - 5103 / 18656 * k5[i]
        new[i] = y[i] + h * (9017 / 3168 * k1[i] - 355 / 33 * k2[i] + third)
    rhs(new, c, infusion, k6)
    for i in range(n):
        third = 125 / 192 * k4[i] - 2187 / 6784 * k5[i] + 11 / 84 * k6[i]
        new[i] = y[i] + h * (35 / 384 * k1[i] + 500 / 1113 * k3[i] + third)
    rhs(new, c, infusion, k7)


@numba.njit(**OPTIONS)
def _error(y: Floats, new: Floats, h: float, k: Any, rtol: float, atol: float) -> float:
    """Error of a step, in units of what is allowed."""
    k1, _, k3, k4, k5, k6, k7 = k
    total = 0.0
    for i in range(len(y)):
        first = 71 / 57600 * k1[i] - 71 / 16695 * k3[i] + 71 / 1920 * k4[i]
        e = h * (first - 17253 / 339200 * k5[i] + 22 / 525 * k6[i] - 1 / 40 * k7[i])
        share = e / (atol + rtol * max(abs(y[i]), abs(new[i])))
        total += share * share
    return np.sqrt(total / len(y))


@numba.njit(**OPTIONS)
def _show(y: Floats, new: Floats, c: Floats, w: Floats, k: Any, t: float, h: float,
          reached: float, times: Floats, column: int, seen: Floats) -> int:  # fmt: skip
    """Write the counts of the days that a step has passed; return the first that it has not."""
    # The count is linear in the state, so its rates of change are those of the stages.
    before = _seen(y, c, w)
    change = _seen(new, c, w) - before
    rate, last = h * _seen(k[0], c, w), h * _seen(k[6], c, w)
    bend = -12715105075 / 11282082432 * rate + 69997945 / 29380423 * last
    bend += h * (87487479700 / 32700410799 * _seen(k[2], c, w) - 10690763975 / 1880347072 * _seen(k[3], c, w))
    bend += h * (701980252875 / 199316789632 * _seen(k[4], c, w) - 1453857185 / 822651844 * _seen(k[5], c, w))
    start = rate - change
    stop = change - last - start
    while column < len(times) and times[column] <= reached:
        s = (times[column] - t) / h
        seen[column] = before + s * (change + (1 - s) * (start + s * (stop + (1 - s) * bend)))
        column += 1
    return column


@numba.njit(**OPTIONS)
def _seen(y: Floats, c: Floats, w: Floats) -> float:
    count(y, c, w)
    return w[0]
