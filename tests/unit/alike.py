"""What several tests ask: whether summaries and solutions are the same to the last bit, of patients as arrays."""

import numpy as np
import pytest

from itp_sim import equations as eq
from itp_sim import virtual_patients
from itp_sim.solve import Solution, kernel
from itp_sim.summary import COUNTED, Summary

compiled = pytest.mark.skipif(not kernel.available(), reason=f"no compiled kernel: {kernel.find().reason}")


def same(one: Summary, other: Summary) -> bool:
    """Whether all that two summaries count is the same."""
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in COUNTED)


def bits(s: Solution) -> list[bytes]:
    """Everything that a solution says of its patients."""
    arrays = [*s.values.values(), *s.readouts, s.delivered, s.imbalance]
    return [np.ascontiguousarray(a).tobytes() for a in arrays]


def cohort(n: int, seed: int = 3) -> eq.Parameters:
    """Parameters of virtual adults, each an array of shape (n,)."""
    table = virtual_patients("adult_chronic", n=n, seed=seed)
    return eq.Parameters(*(table[name].to_numpy(dtype=float) for name in eq.Parameters._fields))
