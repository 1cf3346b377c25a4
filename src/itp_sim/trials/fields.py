"""What several tables of a trial file have in common."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from itp_sim import evidence, tables
from itp_sim.equations import Parameters
from itp_sim.evidence import EVIDENCE, Grounds, Source
from itp_sim.records import Record
from itp_sim.tables import Table
from itp_sim.trials.design import Criterion
from itp_sim.usual import HIGHEST_COUNT, LONGEST_STUDY

#: It is known because the trial says so: its source is that of the trial. All else is as records have it.
PUBLISHED = "published"


def day(where: str, given: object) -> float:
    """A day of a trial."""
    return tables.number(where, given, 0.0, LONGEST_STUDY, "day")


def count(where: str, given: object) -> float:
    """A platelet count [1e9/L]."""
    return tables.number(where, given, 0.0, HIGHEST_COUNT, "1e9/L")


def criterion(table: Table) -> Criterion:
    """The level that a count meets, from a table that has ``at_least``."""
    return Criterion(
        at_least=table.read("at_least", count),
        strict=bool(table.get("strict", tables.truth)),
        multiple=table.get("multiple", tables.number, 0.0, 100.0) or 0.0,
    )


def grounds(table: Table, known: Mapping[str, Source]) -> Grounds:
    """How it is known who entered and when counts were taken: by the trial itself, or as `evidence.grounds` has it."""
    if table.read("evidence", tables.one_of, (PUBLISHED, *EVIDENCE)) != PUBLISHED:
        return evidence.grounds(table, EVIDENCE, known)
    return Grounds(PUBLISHED, (), "", table.get("note", tables.text) or "")


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
