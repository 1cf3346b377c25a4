"""Patients: checked values for the parameters of the equations, typical of a population or changed by name."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any, Never

from itp_sim import checks
from itp_sim.equations import (
    Parameters,
    ageing,
    haemostatic_use,
    megakaryocyte_input,
    survival,
    untreated,
)
from itp_sim.errors import InputError, UnknownNameError
from itp_sim.parameters import parameter_name, population_key, records
from itp_sim.records import SHARES, Record
from itp_sim.usual import DEFAULT_POPULATION

#: Parameter values that switch one mechanism off, for :meth:`Patient.assign`.
MECHANISM_SWITCHES: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "no FcRn effect": MappingProxyType({"fcrn_effect": 0.0}),
        "no blockade": MappingProxyType({"blockade_effect": 0.0}),
        "no TPO feedback": MappingProxyType({"tpo_feedback": 0.0}),
        "splenectomy": MappingProxyType({"spleen": 0.0}),
    }
)

PER_CENT = 100.0
#: Slips of unit that give a value far above the range: parameter, what to divide by, the unit it was in.
_SLIPS = (
    ("WT", 1000.0, "grams"),
    ("WT", 2.2046, "pounds"),
    ("P0", 1000.0, "platelets per microlitre"),
    ("PN", 1000.0, "platelets per microlitre"),
    ("IGG0", 100.0, "mg/dL"),
    *((name, PER_CENT, "per cent") for name in sorted(SHARES)),
)


@dataclass(frozen=True)
class Patient:
    """One patient: a valid value for every parameter of the equations.

    Parameters
    ----------
    parameters
        Values in the units that the equations declare; each is checked against the range of its record.
    population
        Name of the population, or path of the user's own file, whose records hold the ranges.

    Raises
    ------
    InputError
        If a value is out of its range, or the untreated count cannot be held.
    """

    parameters: Parameters
    population: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "parameters", _checked(self.parameters, records(self.population)))

    def assign(self, **changes: float) -> "Patient":
        """Return the patient with some parameters changed.

        Parameters
        ----------
        **changes
            New values by name as in the equations (``fcrn_effect=0.0``), printed symbol or common name; in the unit of
            the record.

        Returns
        -------
        Patient
            Another patient; this one stays as it is.

        Raises
        ------
        UnknownNameError
            If there is no such parameter; the message gives the nearest.
        InputError
            If a value is out of its range, or the patient could not exist untreated.
        """
        values: dict[str, float] = {}
        for given, value in changes.items():
            name = parameter_name(given)
            if name in values:
                raise InputError(f"parameter {name} is given twice, once as {given!r}: give it once")
            values[name] = value
        return replace(self, parameters=self.parameters._replace(**values))

    def __repr__(self) -> str:
        found = records(self.population)
        shown = {"WT", "P0"}
        differ = [
            f"{name} {value:g} (typical {found[name].value:g})"
            for name, value in self.parameters._asdict().items()
            if name not in shown and value != found[name].value
        ]
        rest = len(found) - len(shown) - len(differ)
        most = 6
        if len(differ) > most:
            differ = [*differ[:most], f"{len(differ) - most} more that differ"]
        differ.append(f"{rest} more parameters as typical")
        name = Path(self.population).stem
        return (
            f"Patient of {name}: {self.parameters.WT:g} kg, untreated count {self.parameters.P0:g}, {', '.join(differ)}"
        )


def typical_patient(
    population: str | PathLike[str] = DEFAULT_POPULATION,
    *,
    weight_kg: float | None = None,
    platelets: float | None = None,
    **unknown: Never,
) -> Patient:
    """Return the typical patient of a population.

    Parameters
    ----------
    population
        Name of a population (see :func:`populations`), or path of an own file (see ``params/README.md``).
    weight_kg
        Body weight [kg]; the population's typical weight if left out.
    platelets
        Untreated platelet count [1e9/L]; the population's typical count if left out.

    Returns
    -------
    Patient
        Every parameter at its typical value but those given; :meth:`Patient.assign` changes others.

    Raises
    ------
    UnknownNameError
        If there is no such population, or no such argument; the message says what to write.
    InputError
        If weight or count is out of range.
    """
    for surplus in unknown:
        raise UnknownNameError(f"no argument {surplus!r} of typical_patient: {_instead(surplus)}")
    key = population_key(population)
    found = records(key)
    values = {name: record.value for name, record in found.items()}
    for field, name, given in (("weight_kg", "WT", weight_kg), ("platelets", "P0", platelets)):
        if given is not None:
            values[name] = _value(field, found[name], given)
    return Patient(Parameters(**values), key)


def _value(field: str, record: Record, given: object) -> float:
    """`given` as a float in the record's range."""
    return checks.number(field, given, *record.range, record.unit, hint=_slip(record, given))


def _slip(record: Record, given: object) -> str:
    """A guess at the slip of unit that put `given` far above the record's range, else nothing."""
    low, high = record.range
    if not isinstance(given, int | float) or not high < given < 1e9:
        return ""
    for name, divisor, unit in _SLIPS:
        # Nobody says 2 per cent of a spleen: a small number above 1 is another slip.
        if name == record.name and low <= given / divisor <= high and (divisor != PER_CENT or given >= 5):
            return f"if this is in {unit}, write {given / divisor:.3g}"
    return "ITP is a count below 100" if record.name == "P0" else ""


def _instead(given: str) -> str:
    """What to write instead of an argument that does not exist."""
    try:
        name = parameter_name(given)
    except UnknownNameError:
        return "it has population, weight_kg and platelets; other parameters are changed with .assign()"
    argument = {"WT": "weight_kg", "P0": "platelets"}.get(name)
    return f"write {argument}" if argument else f"write typical_patient().assign({name}=...)"


def possible(p: Parameters) -> Any:
    """Whether a patient can exist untreated: one bool, or an array of them where the parameters are arrays.

    The shares of thrombopoietin removal sum to at most 1, and production can hold the untreated count, so that what is
    left for immune clearance is not negative. What is not a number is not possible.
    """
    return (p.FP + p.FM <= 1) & (untreated(p).KIMM >= 0)


def _checked(given: object, found: Mapping[str, Record]) -> Parameters:
    """`given` as floats that make a possible patient."""
    if not isinstance(given, Parameters):
        raise InputError(
            f"parameters is {checks.shown(given)}: give equations.Parameters, or use typical_patient().assign()"
        )
    p = Parameters(*(_value(name, found[name], value) for name, value in given._asdict().items()))
    if possible(p):
        return p
    if p.FP + p.FM > 1:
        raise InputError(
            f"FP + FM is {p.FP + p.FM:g}: shares of thrombopoietin removal sum to at most 1; lower FP or FM"
        )
    if untreated(p).KIMM < 0:
        raise InputError(
            f"the untreated count P0 = {p.P0:g} cannot be held: production EPS = {p.EPS:g} is too low for it even "
            f"without immune clearance; raise EPS to at least {_least_production(p):.3g} or lower P0"
        )
    raise InputError("the patient has no untreated steady state: give parameters nearer to the typical ones")


def _least_production(p: Parameters) -> float:
    """EPS at which age and haemostatic use alone hold the count at P0; formulas as in :func:`equations.untreated`."""
    u = untreated(p)
    N = p.P0 / (1 - p.PHI)
    a = ageing(p)
    needed = N * a / survival(a / (a + haemostatic_use(N, p)))
    least: float = needed / (u.QN * megakaryocyte_input(u.TPO0, p))
    return least * 1.01  # three digits of it are then enough
