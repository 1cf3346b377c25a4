"""Every engine that is compared."""

from itertools import chain

from benchmarks.engines import ours, with_diffrax, with_mrgsolve, with_numba, with_roadrunner, with_scipy
from benchmarks.engines.engine import Engine


def all_engines() -> list[Engine]:
    """Ours first; no engine's library is imported here."""
    modules = (ours, with_scipy, with_numba, with_roadrunner, with_diffrax, with_mrgsolve)
    return list(chain.from_iterable(module.engines() for module in modules))
