"""What fits cost, roughly, so that too many of them are refused before the first."""

from collections.abc import Iterable

from itp_sim.fitting.sampled import EACH
from itp_sim.nmtran import Subject
from itp_sim.solve import choose, run_seconds
from itp_sim.usual import DEFAULT_DAYS

#: A fit takes as long as so many runs for each infusion, around which the steps are shortest; measured with the kernel.
RUNS = 6000
#: How many times as long an ensemble takes; measured.
ENSEMBLE = 30.0


def fit_seconds(subjects: Iterable[Subject], sampler: str) -> float:
    """CPU seconds that fits of these subjects take, roughly."""
    infusions = sum(max(len(one.infusions), 1) for one in subjects)
    one = run_seconds(RUNS, DEFAULT_DAYS, choose(EACH))
    return infusions * one * (ENSEMBLE if sampler == "ensemble" else 1.0)
