"""What holds for every trial: how counts are measured, margins where a source gives no interval, what was left out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from itp_sim import tables
from itp_sim.evidence import EVIDENCE, Source, grounds, sources
from itp_sim.files import params_dir, read_toml
from itp_sim.tables import Table
from itp_sim.trials.design import KINDS, ROLES, Measurement

#: Files of params/trials that are no trials.
DEFAULTS, EXCLUDED = "measurement.toml", "excluded.toml"
#: What a record that is not simulated is for, beside the roles of a trial: definitions, covariates and practice.
CONTEXT = "context"


class Margin(NamedTuple):
    """Half-width of an interval around a published value: the larger of the two."""

    absolute: float
    relative: float

    def around(self, value: float) -> tuple[float, float]:
        """Interval around a published value."""
        half = max(self.absolute, self.relative * abs(value))
        return value - half, value + half


class Excluded(NamedTuple):
    """A record of the literature that is not simulated, and why."""

    source: str
    role: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """Noise of a count and margins by kind of endpoint."""

    cv: float
    round_to: float
    floor: float
    note: str
    margins: Mapping[str, Margin]
    margins_note: str

    def measurement(self, table: Table, *, visits: tuple[float, ...], evidence: str, note: str) -> Measurement:
        """How counts are measured in a trial: what its table leaves out is the default."""
        read = {key: table.get(key, tables.number, 0.0, high) for key, high in _NOISE.items()}
        filled = {key: getattr(self, key) if value is None else value for key, value in read.items()}
        return Measurement(**filled, visits=visits, evidence=evidence, note=note)


#: Numbers of a measurement, with the largest that makes sense.
_NOISE = {"cv": 1.0, "round_to": 100.0, "floor": 100.0}


def defaults() -> Defaults:
    """Read ``params/trials/measurement.toml``.

    Raises
    ------
    ParameterFileError
        If it breaks its format.
    """
    path = params_dir() / "trials" / DEFAULTS
    return read_defaults(path)


def read_defaults(path: Path) -> Defaults:
    """Read a file of defaults.

    Raises
    ------
    ParameterFileError
        If it breaks its format.
    """
    whole = tables.table(str(path), read_toml(path), required=("measurement", "margins"))
    noise = whole.read(
        "measurement", tables.table, required=(*_NOISE, "evidence", "note"), optional=("source", "locator")
    )
    seen = grounds(noise, EVIDENCE, sources())
    margins = whole.read("margins", tables.table, required=("note", *KINDS))
    return Defaults(
        **{key: noise.read(key, tables.number, 0.0, high) for key, high in _NOISE.items()},
        note=seen.note,
        margins=MappingProxyType({kind: margins.read(kind, _margin) for kind in KINDS}),
        margins_note=margins.read("note", tables.text),
    )


def excluded(folder: Path | None = None) -> Mapping[str, Excluded]:
    """Records that are not simulated, by key, with the reason; none if the folder has no such file.

    Raises
    ------
    ParameterFileError
        If the file breaks its format.
    """
    path = (params_dir() / "trials" if folder is None else folder) / EXCLUDED
    if not path.is_file():
        return MappingProxyType({})
    rows = tables.sections(path, required=("source", "role", "reason"))
    known = sources()
    return MappingProxyType({key: _excluded(row, known) for key, row in rows.items()})


def _excluded(row: Table, known: Mapping[str, Source]) -> Excluded:
    return Excluded(
        source=row.read("source", tables.one_of, known),
        role=row.read("role", tables.one_of, (*ROLES, CONTEXT)),
        reason=row.read("reason", tables.text),
    )


def _margin(where: str, given: object) -> Margin:
    table = tables.table(where, given, required=(), optional=Margin._fields)
    absolute, relative = (table.get(name, tables.number, 0.0, 1000.0) or 0.0 for name in Margin._fields)
    return Margin(absolute, relative)
