"""Untreated steady states and the states that belong to them, in bits that do not depend on the number of patients."""

import numpy as np

from itp_sim.solve import generated as g
from itp_sim.solve.method import NEWTON
from itp_sim.solve.problem import Floats


def start(p: Floats) -> tuple[Floats, Floats]:
    """Untreated steady states, shape (3, patients), and states, shape (states, patients), for parameter rows `p`."""
    n = p.shape[1]
    T, T_next, held, r, r_next = np.empty((5, 1, n))
    u, y = np.empty((g.UNTREATED, n)), np.empty((g.STATES, n))
    g.tpo_first(p, T)
    for _ in range(NEWTON):
        g.tpo_next(p, T, T_next)
        T, T_next = T_next, T
    g.survival_first(p, T, held, r)
    for _ in range(NEWTON):
        g.survival_next(held, r, r_next)
        r, r_next = r_next, r
    g.untreated(p, T, r, u)
    g.baseline(p, u, y)
    return u, y
