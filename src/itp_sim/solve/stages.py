"""One step of the method over lanes of patients: its increments, its error, and the curve within it.

Part of the NumPy twin: the C kernel does the same operations in the same order, so both give the same bits.
"""

from collections.abc import Sequence
from types import ModuleType

import numpy as np

from itp_sim.solve import method
from itp_sim.solve.problem import Floats


def stages(functions: ModuleType, y: Floats, c: Floats, *, rate: Floats, h: Floats) -> tuple[Floats, Floats]:
    """Return the increments of one step, shape (stages, states, lanes), and the state at its end.

    Parameters
    ----------
    functions
        The equations over arrays, with the functions and sizes of ``generated.py``.
    y, c
        State, shape (states, lanes), and constants of each patient.
    rate
        Infusion during the step [g/day], shape (1, lanes).
    h
        Length of the step [day], shape (lanes,).
    """
    K = np.empty((method.STAGES, *y.shape))
    f, m = np.empty_like(y), np.empty((functions.FACTORS, y.shape[1]))
    functions.linearise(y, c, rate, (1.0 / (method.GAMMA * h))[None], f, m)
    functions.substitute(f, m, c, K[0])
    over = 1.0 / h
    state = y
    for i in range(1, method.STAGES):
        state = _combined(method.STATE[i], K, start=y) if i < len(method.STATE) else state + K[i - 1]
        functions.rhs(state, c, rate, f)
        f += _combined([multiple * over for multiple in method.RIGHT[i]], K)
        functions.substitute(f, m, c, K[i])
    return K, state + K[-1]


def squared_error(e: Floats, y: Floats, new: Floats, *, rtol: float) -> Floats:
    """Return the squared error of a step, in units of what is allowed: a sum over states, each relative to its size.

    The shares of four states have one denominator, since a division is slow.
    """
    size = np.maximum(np.abs(y), np.abs(new)) + method.ABSOLUTE
    left_over = -len(e) % 4
    top = np.concatenate([e, np.zeros((left_over, e.shape[1]))])
    bottom = np.concatenate([size, np.ones((left_over, e.shape[1]))])
    total = np.zeros(e.shape[1])
    for s in range(0, len(top), 4):
        a, b, ab = top[s] * bottom[s + 1], top[s + 1] * bottom[s], bottom[s] * bottom[s + 1]
        c, d, cd = top[s + 2] * bottom[s + 3], top[s + 3] * bottom[s + 2], bottom[s + 2] * bottom[s + 3]
        first, second = ab * ab, cd * cd
        total += ((a * a + b * b) * second + (c * c + d * d) * first) / (first * second)
    allowed = method.ALLOWED * rtol
    return np.asarray(total * (1.0 / (allowed * allowed)))


def dense(y: Floats, new: Floats, K: Floats) -> Floats:
    """Return polynomials between `y` and `new` in the share of the step, shape (5, ...)."""
    d1, d2, d3 = (_combined(row, K) for row in method.DENSE)
    return np.array([y, (new - y) + d1, d2 - d1, d3 - d2, -d3])


def _combined(multiples: Sequence[float | Floats], rows: Floats, *, start: Floats | None = None) -> Floats:
    """Sum of `start`, if there is one, and of `multiples` of the first rows, from first to last."""
    total: Floats = multiples[0] * rows[0]
    if start is not None:
        total += start
    for multiple, row in zip(multiples[1:], rows[1:], strict=False):
        total += multiple * row
    return total
