"""What is read off the curves of all arms, as plain arrays: what counting needs, with or without a labelled result."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from itp_sim import checks
from itp_sim import equations as eq
from itp_sim.design import Design, Level
from itp_sim.errors import InputError
from itp_sim.prescription import Prescribed
from itp_sim.solve import Readouts, Solution
from itp_sim.solve.problem import Floats

#: A rise smaller than this, or than the tolerance of the run, relative to the untreated count, is its error and no
#: rise. Engines know `solve.follow.NO_RISE` alone: they count a rise before anybody judges it.
LEAST_RISE = 1e-6
#: What an arm prescribes to each patient, of `Prescribed`.
PRESCRIBED = ("grams", "hours", "vials")


class Solved(NamedTuple):
    """Patients who were solved in every arm; see :func:`itp_sim.simulate.solve_arms`."""

    design: Design
    parameters: eq.Parameters  #: arrays of shape (patients,)
    prescribed: tuple[Prescribed, ...]  #: one per arm
    solutions: tuple[Solution, ...]  #: one per arm


class Readings(NamedTuple):
    """Read-outs and prescriptions by arm."""

    arms: tuple[str, ...]
    levels: tuple[str, ...]  #: labels
    days: float  #: length of the run [day]
    start: Floats  #: first infusion of each arm, day 0 without any [day], shape (arms,)
    values: Mapping[str, Floats]  #: of `Readouts` and PRESCRIBED: shape (arms, patients) or (arms, patients, levels)

    def at(self, level: Level) -> dict[str, Floats]:
        """First day, last day and days above one level, each over (arm, patient).

        Raises
        ------
        InputError
            If the run does not carry the level.
        """
        if level.label not in self.levels:
            raise InputError(
                f"the run has no level {level.label!r}, only {checks.listed(self.levels)}: "
                f"simulate without `levels`, or with Level({level.count:g}, {level.multiple:g}) among them"
            )
        place = self.levels.index(level.label)
        return {name: self.values[name][:, :, place] for name in ("first_day", "last_day", "days_above")}


def readings(solved: Solved) -> Readings:
    """Read-outs of all arms side by side."""
    least = max(LEAST_RISE, solved.design.rtol)
    read = [_without_noise(solution.readouts, solved.parameters.P0, least) for solution in solved.solutions]
    return Readings(
        arms=tuple(solved.design.arms),
        levels=tuple(mark.label for mark in solved.design.levels),
        days=solved.design.days,
        start=np.array([arm.starts[0] if len(arm.starts) else 0.0 for arm in solved.prescribed]),
        values={
            **{name: np.stack([getattr(one, name) for one in read]) for name in Readouts._fields},
            **{name: np.stack([getattr(arm, name) for arm in solved.prescribed]) for name in PRESCRIBED},
        },
    )


def _without_noise(read: Readouts, untreated: Floats, least: float) -> Readouts:
    """The read-outs, with no day of a peak that rounding made of a count which never rises."""
    still = read.peak - untreated <= least * untreated
    return read._replace(
        peak_day=np.where(still, 0.0, read.peak_day), return_day=np.where(still, np.nan, read.return_day)
    )
