"""Patients: checked values for the parameters of the equations, typical of a population or changed by name."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from os import PathLike, fspath
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from itp_sim import checks
from itp_sim.equations import (
    Parameters,
    ageing,
    haemostatic_use,
    labels,
    megakaryocyte_input,
    survival,
    untreated,
)
from itp_sim.errors import InputError
from itp_sim.evidence import Source, sources
from itp_sim.files import params_dir
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.population_file import Population, packaged_populations, read_population
from itp_sim.records import SHARES, Correlation, Record

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "MECHANISM_SWITCHES",
    "Correlation",
    "Patient",
    "Record",
    "Source",
    "correlations",
    "parameter_name",
    "parameters_table",
    "populations",
    "records",
    "sources",
    "typical_patient",
]

#: Parameter values that switch one mechanism off, for :meth:`Patient.assign`.
MECHANISM_SWITCHES: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "no FcRn effect": MappingProxyType({"fcrn_effect": 0.0}),
        "no blockade": MappingProxyType({"blockade_effect": 0.0}),
        "no TPO feedback": MappingProxyType({"tpo_feedback": 0.0}),
        "splenectomy": MappingProxyType({"spleen": 0.0}),
    }
)

#: Other common names; the printed symbols of the equations are known too.
_ALIASES = (
    ("n", "GAMMA"),
    ("hill", "GAMMA"),
    ("EC50", "IC50"),
    ("imax", "blockade_effect"),
    ("blockade", "blockade_effect"),
    ("fcrn", "fcrn_effect"),
    ("tpo", "tpo_feedback"),
    ("weight", "WT"),
    ("weight_kg", "WT"),
    ("body_weight", "WT"),
    ("platelets", "P0"),
    ("count", "P0"),
    ("baseline", "P0"),
    ("igg", "IGG0"),
    ("baseline_igg", "IGG0"),
    ("lifespan", "TL"),
    ("production", "EPS"),
    ("mean_transit_time", "MTT"),
)

#: Slips of unit that give a value far outside the range: parameter, what to divide by, the unit it was in.
_SLIPS = (
    ("WT", 1000.0, "grams"),
    ("WT", 2.2046, "pounds"),
    ("P0", 1000.0, "platelets per microlitre"),
    ("PN", 1000.0, "platelets per microlitre"),
    ("IGG0", 100.0, "mg/dL"),
    *((name, 100.0, "per cent") for name in sorted(SHARES)),
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
            New values by name as in the equations (``fcrn_effect=0.0``), printed symbol or common name.

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
    population: str | PathLike[str] = "adult_chronic",
    *,
    weight_kg: float | None = None,
    platelets: float | None = None,
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

    Raises
    ------
    UnknownNameError
        If there is no such population.
    InputError
        If weight or count is out of range.
    """
    key = _key(population)
    found = records(key)
    values = {name: record.value for name, record in found.items()}
    for field, name, given in (("weight_kg", "WT", weight_kg), ("platelets", "P0", platelets)):
        if given is not None:
            values[name] = _value(field, found[name], given)
    return Patient(Parameters(**values), key)


def records(population: str | PathLike[str]) -> Mapping[str, Record]:
    """Return the records of a population by parameter, in the order of the equations.

    Parameters
    ----------
    population
        Name of a population (see :func:`populations`), or path of an own file (see ``params/README.md``).

    Raises
    ------
    UnknownNameError
        If there is no such population.
    ParameterFileError
        If the file breaks the format.
    """
    return _population(population).records


def correlations(population: str | PathLike[str]) -> tuple[Correlation, ...]:
    """Return how the parameters of a population go together between patients.

    Parameters
    ----------
    population
        Name of a population (see :func:`populations`), or path of an own file (see ``params/README.md``).

    Raises
    ------
    UnknownNameError
        If there is no such population.
    ParameterFileError
        If the file breaks the format.
    """
    return _population(population).correlations


def populations() -> tuple[str, ...]:
    """Return the names of the populations that come with the package.

    Raises
    ------
    ParameterFileError
        If a file of parameters is not valid TOML.
    """
    return packaged_populations()


def parameter_name(given: str) -> str:
    """Return the name in the equations of a parameter given by name, printed symbol or common name.

    Raises
    ------
    UnknownNameError
        If there is no such parameter; the message gives the nearest.
    """
    return checks.name("parameter", given, Parameters._fields, _aliases())


def parameters_table(population: str | PathLike[str]) -> "pd.DataFrame":
    """Return the records of a population as a table, one row per parameter.

    Parameters
    ----------
    population
        Name of a population (see :func:`populations`), or path of an own file.

    Returns
    -------
    pandas.DataFrame
        Values and ranges in the unit of the row; `cv` and `logit_sd` are NaN where patients do not differ. `attrs`
        carry the research-only statement.

    Raises
    ------
    UnknownNameError
        If there is no such population.
    ParameterFileError
        If the file breaks the format.
    """
    import pandas as pd  # slow to load, and only tables need it

    found = _population(population)
    rows = [
        {
            "name": record.name,
            "symbol": record.symbol,
            "value": record.value,
            "unit": record.unit,
            "meaning": record.meaning,
            "evidence": record.evidence,
            "cv": record.cv,
            "logit_sd": record.logit_sd,
            "range": record.range,
            "source": "; ".join(record.source),
            "citation": "; ".join(found.sources[key].citation for key in record.source),
            "locator": record.locator,
            "note": record.note,
        }
        for record in found.records.values()
    ]
    table = pd.DataFrame(rows).astype({"cv": float, "logit_sd": float})
    table.attrs = {"notice": RESEARCH_ONLY}
    return table


def _key(population: object) -> str:
    """Name of a packaged population, or absolute path of an own file; a path ends in ``.toml``."""
    given = fspath(population) if isinstance(population, PathLike) else population
    if isinstance(given, str) and given.endswith(".toml"):
        return str(Path(given).absolute())
    if isinstance(given, str) and given in {path.stem for path in params_dir().glob("*.toml")}:
        return given
    return checks.name("population", given, populations())


def _population(population: object) -> Population:
    key = _key(population)
    return read_population(key if key.endswith(".toml") else params_dir() / f"{key}.toml")


@cache
def _aliases() -> tuple[tuple[str, str], ...]:
    return (*((label.symbol, name) for name, label in labels(Parameters).items()), *_ALIASES)


def _value(field: str, record: Record, given: object) -> float:
    """`given` as a float in the record's range."""
    return checks.number(field, given, *record.range, record.unit, hint=_slip(record, given))


def _slip(record: Record, given: object) -> str:
    """A guess at the slip of unit that put `given` far above the record's range, else nothing."""
    low, high = record.range
    if not isinstance(given, int | float) or not high < given < 1e9:
        return ""
    for name, divisor, unit in _SLIPS:
        if name == record.name and low <= given / divisor <= high:
            return f"if this is in {unit}, write {given / divisor:.3g}"
    return "ITP is a count below 100" if record.name == "P0" else ""


def _checked(given: object, found: Mapping[str, Record]) -> Parameters:
    """`given` as floats that make a possible patient."""
    if not isinstance(given, Parameters):
        raise InputError(
            f"parameters is {checks.shown(given)}: give equations.Parameters, or use typical_patient().assign()"
        )
    p = Parameters(*(_value(name, found[name], value) for name, value in given._asdict().items()))
    if p.FP + p.FM > 1:
        raise InputError(
            f"FP + FM is {p.FP + p.FM:g}: shares of thrombopoietin removal sum to at most 1; lower FP or FM"
        )
    if untreated(p).KIMM < 0:
        raise InputError(
            f"the untreated count P0 = {p.P0:g} cannot be held: production EPS = {p.EPS:g} is too low for it even "
            f"without immune clearance; raise EPS to at least {_least_production(p):.3g} or lower P0"
        )
    return p


def _least_production(p: Parameters) -> float:
    """EPS at which age and haemostatic use alone hold the count at P0; formulas as in :func:`equations.untreated`."""
    u = untreated(p)
    N = p.P0 / (1 - p.PHI)
    a = ageing(p)
    needed = N * a / survival(a / (a + haemostatic_use(N, p)))
    least: float = needed / (u.QN * megakaryocyte_input(u.TPO0, p))
    return least * 1.01  # three digits of it are then enough
