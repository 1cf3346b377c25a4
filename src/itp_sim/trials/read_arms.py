"""The arms of a trial file."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from itp_sim import checks, tables
from itp_sim.catalogue import DEFAULT_PRODUCT, regimen
from itp_sim.dosing import Regimen
from itp_sim.errors import ParameterFileError
from itp_sim.records import Record
from itp_sim.tables import Table
from itp_sim.trials.design import MOST_PATIENTS, Arm, Criterion, Later
from itp_sim.trials.fields import criterion, day, parameters


def read_arms(whole: Table, *, visits: tuple[float, ...], found: Sequence[Mapping[str, Record]]) -> Mapping[str, Arm]:
    """Return the arms of a trial file by key.

    Parameters
    ----------
    whole
        The file.
    visits
        Days on which counts are taken.
    found
        Records of each population.

    Raises
    ------
    ParameterFileError
        If one breaks the format.
    """
    given = whole.content["arms"]
    if not isinstance(given, dict) or not given:
        raise ParameterFileError(f"{whole.at('arms')} is {checks.shown(given)}: write a table [arms.NAME] for each arm")
    rows = {
        key: tables.table(
            f"{whole.where}, [arms.{key}]",
            content,
            required=("title", "regimen", "n"),
            optional=("product", "assign", "later"),
        )
        for key, content in given.items()
    }
    return MappingProxyType({key: _arm(key, table, visits=visits, found=found) for key, table in rows.items()})


def _arm(key: str, table: Table, *, visits: tuple[float, ...], found: Sequence[Mapping[str, Record]]) -> Arm:
    product = table.get("product", tables.text) or DEFAULT_PRODUCT
    text = table.read("regimen", tables.text)
    first = None if text == "none" else _regimen(table, product)
    if first is not None and first.doses[0].day >= visits[-1]:
        raise ParameterFileError(f"{table.at('regimen')} starts after the last visit: add later visits")
    later = tables.rows(
        table.at("later"),
        table.content.get("later", []),
        required=("regimen", "days"),
        optional=("unless", "once_met"),
    )
    return Arm(
        key=key,
        title=table.read("title", tables.text),
        regimen=first,
        n=table.read("n", tables.whole, 1, MOST_PATIENTS),
        later=tuple(_later(row, product, visits) for row in later),
        assign=parameters(table, "assign", found),
    )


def _regimen(table: Table, product: str) -> Regimen:
    def read(text: str) -> Regimen:
        return regimen(text, product)

    return table.read("regimen", tables.parsed, read)


def _later(table: Table, product: str, visits: tuple[float, ...]) -> Later:
    days = tables.items(table.at("days"), table.content["days"], day)
    if not days:
        raise ParameterFileError(f"{table.at('days')} is []: write at least one day")
    for one in days:
        if one not in visits[1:-1]:
            raise ParameterFileError(
                f"{table.at('days')} has {one:g}: a dose is decided on at a visit after day 0 and before the last; "
                f"choose from {checks.listed([f'{visit:g}' for visit in visits[1:-1]]) or 'none: add visits'}"
            )
    once = table.get("once_met", tables.one_of, ("stop",))
    if once and "unless" not in table:
        raise ParameterFileError(f"{table.where} has once_met and no unless: say what is met once, or delete it")
    return Later(
        regimen=_regimen(table, product),
        days=days,
        unless=table.get("unless", _level),
        once_met=once == "stop",
    )


def _level(where: str, given: object) -> Criterion:
    return criterion(tables.table(where, given, required=("at_least",), optional=("strict", "multiple")))
