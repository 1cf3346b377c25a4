"""SciPy on the same equations: patient by patient, or many patients as one large system.

odeint starts anew at each breakpoint. One call for the whole run, with the rate looked up by the day, takes 1.7 times
as long at the same error; a first step that is given instead of estimated gains nothing.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from benchmarks.engines.engine import Counts, Engine
from benchmarks.printed import load
from benchmarks.problem import SIZE, Floats, Runs
from itp_sim import equations as eq

#: Methods of `solve_ivp`; those that use a Jacobian are given it.
METHODS = ("RK45", "DOP853", "LSODA", "Radau", "BDF")
IMPLICIT = ("LSODA", "Radau", "BDF")
STACKED = ("RK45", "DOP853")
#: Steps that odeint may take between output days.
MOST = 100_000
#: Patients in one large system.
TOGETHER = 1000

#: Rates of change and, perhaps, Jacobian of a patient at an infusion rate, both of (t, y).
Functions = Callable[[Runs, int, float], tuple[Callable[..., Any], Callable[..., Any] | None]]


def engines() -> list[Engine]:
    """SciPy's methods."""
    wide = (1e-2, 1e-9)
    printed = "printed Python on floats, one patient"
    large = f"printed NumPy, {TOGETHER:,} patients as one system"
    faster = "printed Python compiled by numba (fastmath), one patient"
    return [
        Engine("odeint, as written", "SciPy", odeint_as_written, wide, "equations.py as it stands, one patient"),
        Engine("odeint", "SciPy", odeint_in_python, wide, printed),
        Engine("odeint, Jacobian", "SciPy", partial(odeint_in_python, jacobian=True), wide, f"{printed}; its Jacobian"),
        *(
            Engine(
                f"solve_ivp {m}",
                "SciPy",
                partial(one_by_one, method=m),
                wide,
                f"{printed}; its Jacobian" if m in IMPLICIT else printed,
            )
            for m in METHODS
        ),
        *(
            Engine(
                f"solve_ivp {m}, patients stacked", "SciPy", partial(stacked, method=m), wide, large, together=TOGETHER
            )
            for m in STACKED
        ),
        Engine("odeint, numba right-hand side", "SciPy + numba", odeint_in_numba, wide, faster, ("numba",)),
    ]


def pieces(asked: Runs, patient: int) -> Iterator[tuple[float, float, float, Floats]]:
    """Start, end and infusion rate between breakpoints, and the output days within: after the start, to the end."""
    for start, end, rate in asked.schedules[patient].pieces():
        yield start, end, rate, asked.times[(asked.times > start) & (asked.times <= end)]


def odeint_as_written(folder: Path) -> Counts:
    """LSODA of ODEPACK on the functions of `equations` themselves, as they would be written for SciPy."""
    rhs, state = eq.rhs, eq.State._make

    def functions(asked: Runs, patient: int, rate: float) -> tuple[Callable[..., Any], None]:
        p, u = eq.Parameters(*asked.p[:, patient].tolist()), eq.Untreated(*asked.u[:, patient].tolist())
        return lambda t, y: rhs(state(y.tolist()), p, u, rate), None

    return partial(_odeint, load(folder), functions)


def odeint_in_python(folder: Path, *, jacobian: bool = False) -> Counts:
    """LSODA of ODEPACK; the right-hand side is straight-line Python on floats."""
    model = load(folder)

    def functions(asked: Runs, patient: int, rate: float) -> tuple[Callable[..., Any], Callable[..., Any] | None]:
        rhs, slopes = _python_functions(model, asked.c[:, patient].tolist(), rate)
        return rhs, slopes if jacobian else None

    return partial(_odeint, model, functions)


def odeint_in_numba(folder: Path) -> Counts:
    """LSODA of ODEPACK; the right-hand side is compiled."""
    from benchmarks.engines.with_numba import right_hand_side

    model = load(folder)
    rhs = right_hand_side(folder)

    def functions(asked: Runs, patient: int, rate: float) -> tuple[Callable[..., Any], None]:
        c, infusion = asked.c[:, patient].copy(), np.array([rate])
        return lambda t, y: rhs(t, y, c, infusion), None

    return partial(_odeint, model, functions)


def one_by_one(folder: Path, *, method: str) -> Counts:
    """`solve_ivp`, its dense output read on the output days."""
    from scipy.integrate import solve_ivp

    model = load(folder)

    def counts(asked: Runs, rtol: float) -> Floats:
        states = np.empty((len(asked.schedules), len(asked.y), len(asked.times)))
        for i, c in enumerate(asked.c.T.tolist()):
            y = asked.y[:, i]
            states[i, :, 0] = y
            done = 1
            for start, end, rate, days in pieces(asked, i):
                rhs, jacobian = _python_functions(model, c, rate)
                extra = {"jac": jacobian} if method in IMPLICIT else {}
                grid = days if len(days) and days[-1] == end else np.append(days, end)
                found = solve_ivp(rhs, (start, end), y, method, grid, rtol=rtol, atol=rtol * SIZE, **extra)
                if not found.success:
                    raise RuntimeError(found.message)
                y = found.y[:, -1]
                states[i, :, done : done + len(days)] = found.y[:, : len(days)]
                done += len(days)
        return seen(model, states, asked)

    return counts


def stacked(folder: Path, *, method: str) -> Counts:
    """`solve_ivp` on all states of many patients at once, who share steps; possible only if they share breakpoints."""
    from scipy.integrate import solve_ivp

    model = load(folder)

    def together(asked: Runs, rtol: float) -> Floats:
        if len(set(asked.schedules)) > 1:
            raise RuntimeError("the patients have breakpoints of their own")
        shape = asked.y.shape
        states = np.empty((*shape, len(asked.times)))
        states[..., 0] = asked.y
        y, done = asked.y.ravel(), 1
        for start, end, rate, days in pieces(asked, 0):
            rhs = _array_function(model, asked.c, rate)
            grid = days if len(days) and days[-1] == end else np.append(days, end)
            found = solve_ivp(rhs, (start, end), y, method, grid, rtol=rtol, atol=rtol * SIZE)
            if not found.success:
                raise RuntimeError(found.message)
            y = found.y[:, -1]
            states[..., done : done + len(days)] = found.y[:, : len(days)].reshape(*shape, len(days))
            done += len(days)
        return seen(model, states.transpose(1, 0, 2), asked)

    def counts(asked: Runs, rtol: float) -> Floats:
        starts = range(0, len(asked.schedules), TOGETHER)
        return np.concatenate([together(asked.part(i, i + TOGETHER), rtol) for i in starts])

    return counts


def _odeint(model: ModuleType, functions: Functions, asked: Runs, rtol: float) -> Floats:
    from scipy.integrate import odeint

    states = np.empty((len(asked.schedules), len(asked.y), len(asked.times)))
    for i in range(len(asked.schedules)):
        y = asked.y[:, i]
        states[i, :, 0] = y
        done = 1
        for start, end, rate, days in pieces(asked, i):
            rhs, slopes = functions(asked, i, rate)
            grid = np.concatenate([[start], days if len(days) and days[-1] == end else [*days, end]])
            found = odeint(
                rhs, y, grid, Dfun=slopes, tfirst=True, rtol=rtol, atol=rtol * SIZE, tcrit=[end], mxstep=MOST
            )
            y = found[-1]
            states[i, :, done : done + len(days)] = found[1 : 1 + len(days)].T
            done += len(days)
    return seen(model, states, asked)


def _python_functions(
    model: ModuleType, constants: list[float], rate: float
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Right-hand side and Jacobian on Python floats, which are faster than arrays of one patient's 26 states."""
    infusion, size = [rate], model.STATES

    def rhs(_t: float, y: Floats) -> list[float]:
        f = [0.0] * size
        model.rhs(y.tolist(), constants, infusion, f)
        return f

    def jacobian(_t: float, y: Floats) -> Floats:
        entries = [0.0] * len(model.ROWS)
        model.jacobian(y.tolist(), constants, infusion, entries)
        matrix = np.zeros((size, size))
        matrix[model.ROWS, model.COLUMNS] = entries
        return matrix

    return rhs, jacobian


def _array_function(model: ModuleType, c: Floats, rate: float) -> Callable[[float, Floats], Floats]:
    shape = (model.STATES, c.shape[1])

    def rhs(_t: float, y: Floats) -> Floats:
        f = np.empty(shape)
        model.rhs(y.reshape(shape), c, [rate], f)
        return f.ravel()

    return rhs


def seen(model: ModuleType, states: Floats, asked: Runs) -> Floats:
    """Counts of states of shape (patients, states, times)."""
    w = np.empty((1, states.shape[0], states.shape[2]))
    model.count(states.transpose(1, 0, 2), asked.c[:, :, None], w)
    return w[0]
