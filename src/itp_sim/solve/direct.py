"""The equations as they stand in the place of what is printed from them: slower, and never out of date.

The same functions as in ``generated.py``. The Jacobian comes from complex steps, exact to rounding, and the matrix of a
step is inverted as a whole. An edited equation so runs at once; nothing here knows what the equations say.
"""

import numpy as np

from itp_sim import equations as eq
from itp_sim.solve.problem import Floats

STATES, PARAMETERS = len(eq.State._fields), len(eq.Parameters._fields)
UNTREATED, OUTPUTS = len(eq.Untreated._fields), len(eq.Outputs._fields)
CONSTANTS = PARAMETERS + UNTREATED
FACTORS = STATES * STATES
WATCHED = 3
#: Complex step: its square is lost beside any number, its product with a slope is not.
STEP = 1e-30


def start(p: Floats) -> tuple[Floats, Floats]:
    """Untreated steady states, shape (3, patients), and states, shape (states, patients), for parameter rows `p`."""
    u, y = np.empty((UNTREATED, p.shape[1])), np.empty((STATES, p.shape[1]))
    _fill(u, eq.untreated(eq.Parameters(*p)))
    _fill(y, eq.baseline(eq.Parameters(*p), eq.Untreated(*u)))
    return u, y


def constants(p: Floats, u: Floats, c: Floats) -> None:
    """What stays the same during the run of a patient: parameters `p` and untreated steady state `u` themselves."""
    c[:PARAMETERS], c[PARAMETERS:] = p, u


def rhs(y: Floats, c: Floats, infusion: Floats, f: Floats) -> None:
    """Rates of change `f` of state `y`."""
    _fill(f, eq.rhs(eq.State(*y), *_given(c), infusion[0]))


def linearise(y: Floats, c: Floats, infusion: Floats, scale: Floats, f: Floats, m: Floats) -> None:
    """Rates of change `f` of state `y`, and factors `m`: the inverse of scale I minus the Jacobian."""
    rhs(y, c, infusion, f)
    n, lanes = y.shape
    moved = eq.State(*(row + STEP * 1j * np.eye(n)[:, j, None] for j, row in enumerate(y)))
    slopes = np.empty((n, n, lanes), dtype=complex)  # of each rate, in each state
    _fill(slopes, eq.rhs(moved, *_given(c), infusion[0]))
    matrix = np.moveaxis(scale[0] * np.eye(n)[:, :, None] - slopes.imag / STEP, 2, 0)
    lost = ~np.isfinite(matrix).all(axis=(1, 2))
    matrix = np.where(lost[:, None, None], np.eye(n), matrix)
    m[:] = np.where(lost, np.nan, np.moveaxis(np.linalg.inv(matrix), 0, 2).reshape(m.shape))


def substitute(b: Floats, m: Floats, c: Floats, x: Floats) -> None:
    """Solution `x` of the system for `b`."""
    inverse = m.reshape(STATES, STATES, -1)
    x[:] = 0.0
    for j, row in enumerate(b):  # written out, so that no number of patients changes the order of a sum
        x += inverse[:, j] * row


def observe(y: Floats, c: Floats, out: Floats) -> None:
    """Outputs `out` of state `y`."""
    _fill(out, eq.outputs(eq.State(*y), *_given(c)))


def watch(y: Floats, c: Floats, w: Floats) -> None:
    """Count, total plasma IgG, and gram infused so far that are in the body or gone."""
    s, (p, u) = eq.State(*y), _given(c)
    seen = eq.outputs(s, p, u)
    _fill(w, (seen.platelets, seen.igg, eq.infused_so_far(s, p)))


def _given(c: Floats) -> tuple[eq.Parameters, eq.Untreated]:
    return eq.Parameters(*c[:PARAMETERS]), eq.Untreated(*c[PARAMETERS:])


def _fill(rows: "Floats | np.ndarray[tuple[int, ...], np.dtype[np.complex128]]", values: tuple[float, ...]) -> None:
    for row, value in zip(rows, values, strict=True):
        row[:] = value
