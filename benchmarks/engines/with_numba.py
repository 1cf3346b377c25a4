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
    """The explicit method in numba: in arithmetic that may be reordered, and in that of IEEE 754 as in our kernel."""
    given = "printed Python, compiled with the method by numba"
    wide = (1e-2, 1e-10)
    return [
        Engine("DOPRI5, fastmath", "numba", dopri5, wide, f"{given} (fastmath)", ("numba",)),
        Engine("DOPRI5, strict", "numba", strict_dopri5, wide, f"{given} (its default arithmetic)", ("numba",)),
    ]


def strict_dopri5(folder: Path) -> Counts:
    """The method as numba compiles it by default: no operation is reordered or replaced, as in our kernel."""
    return dopri5(folder, fastmath=False)


def dopri5(folder: Path, *, fastmath: bool = True) -> Counts:
    """The method, compiled with the model in it."""
    compiled(folder, fastmath=fastmath)
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
    rhs, fast = compiled(folder).rhs, options(fastmath=True)

    def returned(_t: float, y: Floats, c: Floats, infusion: Floats) -> Floats:
        f = np.empty_like(y)
        rhs(y, c, infusion, f)
        return f

    return _compile(returned, fast)


def compiled(folder: Path, *, fastmath: bool = True) -> ModuleType:
    """The printed functions, to be compiled on first use, and the options with which they are, in `OPTIONS`."""
    # Before numba loads. A folder of its own: what numba keeps would outlive a change of the equations or options.
    os.environ["NUMBA_CACHE_DIR"] = str(folder / "numba" / ("fastmath" if fastmath else "strict"))
    model = load(folder)
    vars(model)["OPTIONS"] = options(fastmath=fastmath)
    for name in ("power", "rhs", "count"):
        setattr(model, name, _compile(getattr(model, name), model.OPTIONS))
    return model


def options(*, fastmath: bool) -> dict[str, Any]:
    """All that makes numba's code faster; the accuracy is measured with it."""
    return {"cache": True, "fastmath": fastmath, "error_model": "numpy"}


def _compile(function: Callable[..., Any], given: dict[str, Any]) -> Any:
    import numba

    return numba.njit(function, **given)
