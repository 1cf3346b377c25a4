"""diffrax on the same equations: patients side by side under `vmap`, steps held to the breakpoints."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.engines.engine import Counts, Engine
from benchmarks.printed import load
from benchmarks.problem import SIZE, Floats, Runs

#: Explicit ones: Kvaerno5 takes thirty times as long.
METHODS = ("Tsit5", "Dopri5", "Dopri8")
#: Patients in one compiled call; a shorter call is filled up.
TOGETHER = 100


def engines() -> list[Engine]:
    """Methods of diffrax, on one core."""
    needs = ("diffrax", "jax")
    given = f"printed Python, compiled by XLA for {TOGETHER} patients side by side"
    return [Engine(m, "diffrax", partial(side_by_side, method=m), (1e-3, 1e-9), given, needs) for m in METHODS]


def side_by_side(folder: Path, *, method: str) -> Counts:
    """One of the methods, compiled for a number of patients and of breakpoints."""
    import diffrax
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    jax.config.update("jax_compilation_cache_dir", str(folder / "jax"))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
    model = load(folder)
    size = model.STATES

    def rhs(t: Any, y: Any, args: Any) -> Any:
        c, breaks, rates = args
        f: list[Any] = [None] * size
        model.rhs(y, c, [rates[jnp.searchsorted(breaks, t, side="right") - 1]], f)
        return jnp.stack(f)

    def count(_t: Any, y: Any, args: Any) -> Any:
        w: list[Any] = [None]
        model.count(y, args[0], w)
        return w[0]

    def one(y: Any, c: Any, breaks: Any, rates: Any, times: Any, rtol: Any) -> Any:
        inner = diffrax.PIDController(rtol=rtol, atol=rtol * SIZE)
        return diffrax.diffeqsolve(
            diffrax.ODETerm(rhs),
            getattr(diffrax, method)(),
            t0=breaks[0],
            t1=breaks[-1],
            dt0=1e-3,
            y0=y,
            args=(c, breaks, rates),
            saveat=diffrax.SaveAt(ts=times, fn=count),
            stepsize_controller=diffrax.ClipStepSizeController(inner, jump_ts=breaks[1:-1]),
            max_steps=100_000,
        ).ys

    many = jax.jit(jax.vmap(one, in_axes=(0, 0, 0, 0, None, None)))

    def counts(asked: Runs, rtol: float) -> Floats:
        parts = []
        for start in range(0, len(asked.schedules), TOGETHER):
            part = asked.part(start, start + TOGETHER)
            n = len(part.schedules)
            # Filled up to one of two sizes: every size is compiled on its own.
            rows = np.arange(TOGETHER if n > 1 else 1) % n
            breaks = np.array([part.schedules[i].times for i in rows])
            rates = np.array([(*part.schedules[i].rates, part.schedules[i].rates[-1]) for i in rows])
            found = many(part.y.T[rows], part.c.T[rows], breaks, rates, part.times, rtol)
            parts.append(np.asarray(found)[:n])
        return np.concatenate(parts)

    return counts
