"""Who is exported, and what is infused: one patient under one regimen, checked."""

from collections.abc import Iterable
from typing import NamedTuple

from itp_sim import equations as eq
from itp_sim.design import Arm, regimens_by_name
from itp_sim.dosing import breakpoints
from itp_sim.errors import InputError
from itp_sim.patient_table import Patients, patient_table
from itp_sim.solve import Schedule

#: Name of the running infusion in exported models, whose texts hold a place for its value.
INFUSION = "infusion"


class Case(NamedTuple):
    """One patient under one regimen."""

    parameters: eq.Parameters
    untreated: eq.Untreated
    start: eq.State  #: state on day 0
    schedule: Schedule  #: ends when the last infusion has ended
    regimen: str  #: in words
    population: str

    @property
    def given(self) -> dict[str, float]:
        """Every value that an exported model holds, by name."""
        parts = (self.parameters, self.untreated, self.start)
        rates = {INFUSION: self.schedule.rates[0]}
        return {name: float(value) for part in parts for name, value in part._asdict().items()} | rates

    def changes(self) -> list[tuple[float, float]]:
        """Day and new rate [g/day] of each change of the infusion after day 0, the last one back to 0."""
        times, rates = self.schedule
        found = list(zip(times[1:], (*rates[1:], 0.0), strict=True))
        return [(day, rate) for (day, rate), before in zip(found, rates, strict=True) if rate != before]


def case(patient: Patients, regimen: Arm) -> Case:
    """Return the patient and the regimen to export.

    Parameters
    ----------
    patient
        A patient, or a table with one row, as `simulate` takes them.
    regimen
        A regimen, its text, or None for no treatment.

    Raises
    ------
    InputError
        If there is more than one patient or regimen, or one that cannot be used.
    """
    table = patient_table(patient)
    if len(table) != 1:
        raise InputError(f"there are {len(table)} patients: give one, such as table.iloc[[0]] of a table")
    arms = regimens_by_name(regimen)
    if len(arms) != 1:
        raise InputError(f"there are {len(arms)} regimens: give one, such as arms[{next(iter(arms))!r}]")
    (given,) = arms.values()
    p = eq.Parameters(*map(float, table.iloc[0]))
    u = eq.untreated(p)
    infusions = given.infusions(p.WT) if given else ()
    end = max((infusion.end for infusion in infusions), default=1.0)
    return Case(
        parameters=p,
        untreated=u,
        start=eq.baseline(p, u),
        schedule=Schedule(*breakpoints(infusions, end)),
        regimen=f"{given.text}: {given.described(p.WT)}" if given else "no treatment",
        population=str(table.attrs["population"]),
    )


def doses(who: Case) -> list[tuple[float, float, float, int]]:
    """Infusions as other programs take doses: day, amount [g/L], rate [g/L/day] and number of the compartment."""
    return dose_rows(entering(who.start, who.parameters, who.untreated), who.schedule)


def entering(s: eq.State, p: eq.Parameters, u: eq.Untreated) -> eq.State:
    """Rise of each state a day while 1 g/day runs in: 0 but for those that infused IgG enters."""
    on, off = (eq.rhs(s, p, u, rate) for rate in (1.0, 0.0))
    return eq.State(*(a - b for a, b in zip(on, off, strict=True)))


def dose_rows(gains: Iterable[float], schedule: Schedule) -> list[tuple[float, float, float, int]]:
    """Rows of :func:`doses` for the rise of each state while 1 g/day runs in."""
    into = [(number, gain) for number, gain in enumerate(gains, start=1) if gain]
    return [
        (start, gain * rate * (end - start), gain * rate, number)
        for start, end, rate in schedule.pieces()
        if rate
        for number, gain in into
    ]
