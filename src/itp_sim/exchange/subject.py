"""Who is exported, and what is infused: one patient under one regimen, checked."""

import math
from typing import NamedTuple

from itp_sim import checks
from itp_sim import equations as eq
from itp_sim.design import Arm, regimens_by_name
from itp_sim.dosing import breakpoints
from itp_sim.errors import InputError, ItpError
from itp_sim.patient_table import Patients, patient_table
from itp_sim.solve import Schedule, engines


class Subject(NamedTuple):
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
        rates = {"infusion": self.schedule.rates[0]}
        return {name: float(value) for part in parts for name, value in part._asdict().items()} | rates

    def changes(self) -> list[tuple[float, float]]:
        """Day and new rate [g/day] of each change of the infusion after day 0, the last one back to 0."""
        times, rates = self.schedule
        found = list(zip(times[1:], (*rates[1:], 0.0), strict=True))
        return [(day, rate) for (day, rate), before in zip(found, rates, strict=True) if rate != before]


def subject(patient: Patients, regimen: Arm) -> Subject:
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
    ItpError
        If the equations were edited and the models for other programs not yet renewed.
    """
    if not engines.up_to_date():
        raise ItpError(f"the equations were edited, and the export would still say the old ones: {engines.RENEW} first")
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
    return Subject(
        parameters=p,
        untreated=u,
        start=eq.baseline(p, u),
        schedule=Schedule(*breakpoints(infusions, end)),
        regimen=f"{given.text}: {given.described(p.WT)}" if given else "no treatment",
        population=str(table.attrs["population"]),
    )


def entering(who: Subject) -> dict[str, float]:
    """Rise of each state a day [its unit/day] while 1 g/day runs in; states that it does not enter are left out."""
    on, off = (eq.rhs(who.start, who.parameters, who.untreated, rate) for rate in (1.0, 0.0))
    gain = {name: float(a - b) for name, a, b in zip(eq.State._fields, on, off, strict=True)}
    return {name: value for name, value in gain.items() if not math.isclose(value, 0.0, abs_tol=0.0)}


def doses(who: Subject) -> list[tuple[float, float, float, int]]:
    """Infusions as other programs take doses: day, amount [g/L], rate [g/L/day] and number of the compartment."""
    return [
        (start, gain * rate * (end - start), gain * rate, eq.State._fields.index(name) + 1)
        for start, end, rate in who.schedule.pieces()
        for name, gain in entering(who).items()
        if rate
    ]
