"""What several tables of a trial file have in common."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from itp_sim import tables
from itp_sim.equations import Parameters
from itp_sim.errors import ParameterFileError
from itp_sim.records import Record
from itp_sim.tables import Table
from itp_sim.trials.design import Criterion

#: How it is known who entered and when counts were taken: as records have it, or because the trial says so.
EVIDENCE = ("published", "measured", "fitted", "derived", "assumed")
#: Longest trial [day].
LONGEST = 3650.0


def day(where: str, given: object) -> float:
    """A day of a trial."""
    return tables.number(where, given, 0.0, LONGEST, "day")


def criterion(table: Table) -> Criterion:
    """The level that a count meets, from a table that has ``at_least``."""
    return Criterion(
        at_least=table.read("at_least", tables.number, 0.0, 2000.0, "1e9/L"),
        strict=bool(table.get("strict", tables.truth)),
        multiple=table.get("multiple", tables.number, 0.0, 100.0) or 0.0,
    )


def grounds(table: Table) -> tuple[str, str]:
    """Evidence and note of a table: what is assumed needs a reason."""
    evidence = table.read("evidence", tables.one_of, EVIDENCE)
    note = table.get("note", tables.text) or ""
    if evidence == "assumed" and not note:
        raise ParameterFileError(f"{table.where} is assumed and has no note: say in `note` why it was chosen")
    return evidence, note


def parameters(table: Table, key: str, found: Sequence[Mapping[str, Record]]) -> Mapping[str, float]:
    """Values of parameters by name, each within the range of its record in every population."""
    given = table.get(key, tables.table, required=(), optional=Parameters._fields)
    if given is None:
        return MappingProxyType({})
    values = {}
    for records in found:
        for name in given:
            values[name] = given.read(name, tables.number, *records[name].range, records[name].unit)
    return MappingProxyType(values)
