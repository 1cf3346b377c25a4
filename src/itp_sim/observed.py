"""Published counts that can be laid over a simulated curve."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from itp_sim import checks
from itp_sim.errors import ParameterFileError, UnknownNameError
from itp_sim.evidence import Source, sources
from itp_sim.files import Stamp, params_dir, stamp
from itp_sim.regimen_text import parse
from itp_sim.tables import Table, number, one_of, parsed, rows, sections, text, whole
from itp_sim.usual import HIGHEST_COUNT, LONGEST_STUDY

FILE = "observations.toml"
KINDS = ("count", "rise")
STATISTICS = ("mean", "median")


class Point(NamedTuple):
    """One published number."""

    regimen: str
    n: int
    kind: str  #: "count", or "rise" over the untreated count
    statistic: str
    day: float
    value: float  #: 1e9/L
    sd: float | None = None


class Study(NamedTuple):
    """The published numbers of one study."""

    title: str
    source: str  #: key in sources.toml
    population: str
    note: str
    points: tuple[Point, ...]


def studies() -> Mapping[str, Study]:
    """Studies of ``params/observations.toml`` by name.

    Raises
    ------
    ParameterFileError
        If the file breaks its format; says study, key, value and what is allowed.
    """
    path = params_dir() / FILE
    return _remembered(path, stamp(path), stamp(params_dir() / "sources.toml"))


@lru_cache(maxsize=4)
def _remembered(path: Path, *_: Stamp) -> Mapping[str, Study]:
    return read_studies(path)


def read_studies(path: Path) -> Mapping[str, Study]:
    """Read a file of published counts; its first lines say the format.

    Raises
    ------
    ParameterFileError
        If it breaks the format.
    """
    known = sources()
    found = sections(path, required=Study._fields)
    return MappingProxyType({key: _study(table, known) for key, table in found.items()})


def study(name: str) -> Study:
    """Published numbers of one study.

    Raises
    ------
    UnknownNameError
        If there is no study of that name; the message lists those that exist.
    """
    if name not in studies() and name in {path.stem for path in (params_dir() / "trials").glob("*.toml")}:
        raise UnknownNameError(
            f"trial {name!r} has no published counts to lay over a curve; `itp-sim trial {name}` compares its results: "
            f"choose from {checks.listed(list(studies()))}"
        )
    return studies()[checks.name("published study", name, studies())]


def _study(table: Table, known: Mapping[str, Source]) -> Study:
    needed = tuple(name for name in Point._fields if name != "sd")
    points = table.read("points", rows, required=needed, optional=("sd",))
    if not points:
        raise ParameterFileError(f"{table.where} has no points: write a table for each")
    source = table.read("source", one_of, known)
    if known[source].unverified:
        raise ParameterFileError(f"{table.at('source')} is {source!r}, which is unverified: name one that was read")
    return Study(
        title=table.read("title", text),
        source=source,
        population=table.read("population", text),
        note=table.read("note", text),
        points=tuple(map(_point, points)),
    )


def _point(row: Table) -> Point:
    row.read("regimen", parsed, parse)
    return Point(
        regimen=row.read("regimen", text),
        n=row.read("n", whole, 1, 1_000_000),
        kind=row.read("kind", one_of, KINDS),
        statistic=row.read("statistic", one_of, STATISTICS),
        day=row.read("day", number, 0.0, LONGEST_STUDY, "day"),
        value=row.read("value", number, 0.0, HIGHEST_COUNT, "1e9/L"),
        sd=row.get("sd", number, 0.0, HIGHEST_COUNT, "1e9/L"),
    )
