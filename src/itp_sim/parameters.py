"""Parameters: the records of a population by name, as a table, and the names that a parameter goes by."""

from collections.abc import Mapping
from functools import cache
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from itp_sim import checks
from itp_sim.equations import Parameters, labels
from itp_sim.evidence import Source
from itp_sim.files import params_dir
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.population_file import Population, populations, read_population
from itp_sim.records import Correlation, Record

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "correlations",
    "first_values",
    "parameter_name",
    "parameters_table",
    "population_key",
    "population_sources",
    "populations",
    "records",
]

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


def records(population: str | PathLike[str]) -> Mapping[str, Record]:
    """Return the records of a population by parameter, in the order of the equations.

    Parameters
    ----------
    population
        Name of a population (see :func:`populations`), or path of an own file (see ``params/README.md``).

    Returns
    -------
    Mapping
        A record by name of the parameter: value, range and spread in its unit, evidence, source and locator.

    Raises
    ------
    UnknownNameError
        If there is no such population.
    ParameterFileError
        If the file breaks the format.
    """
    return _population(population).records


def first_values(population: str | PathLike[str]) -> tuple[str, ...]:
    """Return the parameters whose note says that their value is a first one: set by hand, not calibrated.

    Takes and raises what :func:`records` does.
    """
    return tuple(name for name, record in records(population).items() if record.is_first_value)


def correlations(population: str | PathLike[str]) -> tuple[Correlation, ...]:
    """Return how the parameters of a population go together between patients.

    Takes and raises what :func:`records` does.
    """
    return _population(population).correlations


def population_key(population: object) -> str:
    """Name of a packaged population, or absolute path of an own file; a path ends in ``.toml``.

    Raises
    ------
    UnknownNameError
        If there is no such population.
    """
    given = fspath(population) if isinstance(population, PathLike) else population
    if isinstance(given, str) and given.endswith(".toml"):
        return str(Path(given).absolute())
    if isinstance(given, str) and given in {path.stem for path in params_dir().glob("*.toml")}:
        return given
    return checks.name("population", given, populations())


def population_sources(population: str | PathLike[str]) -> Mapping[str, Source]:
    """Return the sources that a population may name by key: the packaged ones, and those of an own file.

    Takes and raises what :func:`records` does.
    """
    return _population(population).sources


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


def _population(population: object) -> Population:
    key = population_key(population)
    return read_population(key if key.endswith(".toml") else params_dir() / f"{key}.toml")


@cache
def _aliases() -> tuple[tuple[str, str], ...]:
    return (*((label.symbol, name) for name, label in labels(Parameters).items()), *_ALIASES)
