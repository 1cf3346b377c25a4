"""What a solver is asked and what it answers; the same for every engine."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from itp_sim.equations import Outputs, Parameters, State
from itp_sim.errors import BudgetError

Floats = NDArray[np.float64]

#: Every quantity that a run can return over time: what can be seen, then the bare states.
RETURNABLE = (*Outputs._fields, *(name for name in State._fields if name not in Outputs._fields))


class Schedule(NamedTuple):
    """Infusions of one patient as constant rates between breakpoints."""

    times: tuple[float, ...]  #: breakpoints from 0 to the end of the run [day]
    rates: tuple[float, ...]  #: gram a day between them; one fewer than `times`

    def pieces(self) -> Iterator[tuple[float, float, float]]:
        """Start, end and rate of each piece."""
        return zip(self.times[:-1], self.times[1:], self.rates, strict=True)


class SameDays(Sequence[Schedule]):
    """Schedules of patients whose rates change on the same days: a table instead of many tuples.

    Parameters
    ----------
    times
        Breakpoints of all [day].
    rates
        Gram a day between them, shape (patients, len(times) - 1).
    """

    def __init__(self, times: tuple[float, ...], rates: Floats) -> None:
        self.times = times
        self.rates = rates

    def __len__(self) -> int:
        return len(self.rates)

    @overload
    def __getitem__(self, which: int) -> Schedule: ...
    @overload
    def __getitem__(self, which: slice) -> "SameDays": ...
    def __getitem__(self, which: int | slice) -> "Schedule | SameDays":
        if isinstance(which, slice):
            return SameDays(self.times, self.rates[which])
        return Schedule(self.times, tuple(self.rates[which].tolist()))


class Problem(NamedTuple):
    """Patients, their infusions, and what is wanted of them."""

    parameters: Parameters  #: arrays of shape (patients,)
    schedules: Sequence[Schedule]  #: one per patient, all ending on the same day
    times: Floats  #: output days, ascending, shape (times,)
    levels: Floats  #: counts whose crossings are wanted, shape (patients, levels)
    outputs: tuple[str, ...]  #: names from `RETURNABLE`
    rtol: float  #: relative tolerance of the integration
    budget: float  #: seconds allowed for the whole problem


class Readouts(NamedTuple):
    """What is read off the count between the output days; arrays of shape (patients,) or (patients, levels)."""

    peak: Floats  #: highest count [1e9/L]
    peak_day: Floats  #: day of the highest count
    area: Floats  #: area between the count and the untreated count [1e9/L day]
    return_day: Floats  #: first day after the peak with 90% of the rise gone; NaN if not before the end
    igg_peak: Floats  #: highest total plasma IgG [g/L]
    first_day: Floats  #: first day at or above each level; NaN if never
    last_day: Floats  #: last day at or above each level; NaN if never
    days_above: Floats  #: days spent at or above each level


class Failure(NamedTuple):
    """A patient whose integration did not finish."""

    patient: int
    day: float
    reason: str


class Solution(NamedTuple):
    """Curves and read-outs, plus what the integration says of itself."""

    values: dict[str, Floats]  #: name of each output -> array (patients, times)
    readouts: Readouts
    delivered: Floats  #: gram that ran in, shape (patients,)
    imbalance: Floats  #: largest |in - body - eliminated| over the run [g], shape (patients,)
    evaluations: int  #: right-hand sides evaluated
    failures: tuple[Failure, ...]


def used_up(where: str) -> BudgetError:
    """The error that says where a run was when the seconds allowed were used up."""
    return BudgetError(f"the time allowed was used up on {where}: ask for fewer patients or days, or raise `budget`")
