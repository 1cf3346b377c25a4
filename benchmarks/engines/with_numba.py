"""numba on the same equations: a scalar explicit Runge-Kutta method, compiled from the printed functions."""

import os
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks.engines.engine import Counts, Engine
from benchmarks.printed import load
from benchmarks.problem import SIZE, Floats, Runs


def engines() -> list[Engine]:
    """The explicit method in numba."""
    given = "printed Python, compiled with the method by numba (fastmath)"
    return [Engine("DOPRI5", "numba", dopri5, (1e-2, 1e-10), given, ("numba",))]


def dopri5(folder: Path) -> Counts:
    """The method, compiled with the model in it."""
    compiled(folder)
    from benchmarks.engines.dopri5 import solve

    def counts(asked: Runs, rtol: float) -> Floats:
        first = np.cumsum([0, *(len(s.times) for s in asked.schedules)])
        breaks = np.array([t for s in asked.schedules for t in s.times])
        rates = np.array([r for s in asked.schedules for r in (*s.rates, 0.0)])
        seen = np.empty((len(asked.schedules), len(asked.times)))
        y, c = (np.ascontiguousarray(x.T) for x in (asked.y, asked.c))
        failed = solve(y, c, first, breaks, rates, asked.times, rtol, rtol * SIZE, seen)
        if failed:
            raise RuntimeError(f"{failed} patients failed")
        return seen

    return counts


def right_hand_side(folder: Path) -> Callable[[float, Floats, Floats, Floats], Floats]:
    """Compiled right-hand side of (t, y, c, infusion)."""
    rhs = compiled(folder).rhs

    def returned(_t: float, y: Floats, c: Floats, infusion: Floats) -> Floats:
        f = np.empty_like(y)
        rhs(y, c, infusion, f)
        return f

    return _compile(returned)


def compiled(folder: Path) -> ModuleType:
    """The printed functions, to be compiled on first use."""
    # Before numba loads. A folder of its own: what numba keeps would outlive a change of the equations.
    os.environ["NUMBA_CACHE_DIR"] = str(folder / "numba")
    model = load(folder)
    for name in ("power", "rhs", "count"):
        setattr(model, name, _compile(getattr(model, name)))
    return model


def _compile(function: Callable[..., Any]) -> Any:
    import numba

    return numba.njit(function, cache=True, fastmath=True, error_model="numpy")
