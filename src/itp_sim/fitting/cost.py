"""What fits cost, roughly, so that too many of them are refused before the first."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from itp_sim.nmtran import Subject
from itp_sim.solve import choose

#: CPU seconds of a fit for each infusion, with each engine that many patients can have; measured, as is how many times
#: as long an ensemble takes.
EACH: Mapping[str, float] = MappingProxyType({"kernel": 0.3, "twin": 14.0})
ENSEMBLE = 30.0
#: Patients that a fit solves at a time, from which the engine follows.
MANY = 1000


def fit_seconds(subjects: Iterable[Subject], sampler: str) -> float:
    """CPU seconds that fits of these subjects take, roughly: the longest part is the days around each infusion."""
    infusions = sum(max(len(one.infusions), 1) for one in subjects)
    return infusions * EACH[choose(MANY)] * (ENSEMBLE if sampler == "ensemble" else 1.0)
