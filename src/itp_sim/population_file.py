"""Files of a population: its records, how they go together, and the sources of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from os import PathLike
from pathlib import Path
from types import MappingProxyType

from itp_sim.equations import Parameters, labels
from itp_sim.errors import ParameterFileError
from itp_sim.evidence import Source, sources, with_own
from itp_sim.files import Stamp, params_dir, read_toml, stamp
from itp_sim.records import Correlation, Record, read_correlations, read_record
from itp_sim.tables import Table, one_of, table, text


@dataclass(frozen=True, kw_only=True)
class Population:
    """A file of records: whom they describe, one record per parameter in the order of the equations, their sources."""

    key: str
    title: str
    description: str
    records: Mapping[str, Record]
    correlations: tuple[Correlation, ...]
    sources: Mapping[str, Source]


def populations() -> tuple[str, ...]:
    """Return the names of the populations that come with the package.

    Returns
    -------
    tuple of str
        In alphabetical order.

    Raises
    ------
    ParameterFileError
        If a file of parameters is not valid TOML.
    """
    return tuple(path.stem for path in sorted(params_dir().glob("*.toml")) if "population" in read_toml(path))


def read_population(path: str | PathLike[str]) -> Population:
    """Read and check a file of records; see params/README.md for the format.

    Parameters
    ----------
    path
        The TOML file. It is read again when it has changed.

    Raises
    ------
    ParameterFileError
        If the file breaks the format; names file, key, value, what is allowed and the nearest name.
    """
    return _population(str(path), stamp(path), stamp(params_dir() / "sources.toml"))


@lru_cache(maxsize=32)
def _population(path: str, *_: Stamp) -> Population:
    content = read_toml(path)
    if "population" not in content:
        raise ParameterFileError(f"{path} has no [population] table: it is not a file of records")
    words = ("key", "title", "description")
    header = table(f"{path}, [population]", content.pop("population"), required=words, optional=("based_on",))
    key, title, description = (header.read(word, text) for word in words)
    if key != Path(path).stem:
        raise ParameterFileError(f"{header.at('key')} is {key!r}: write {Path(path).stem!r}, the name of the file")
    base = _base(path, header)
    known = with_own(path, content.pop("sources", {}), base.sources if base else sources())
    together = content.pop("correlations", [])
    needed = () if base else Parameters._fields
    table(path, content, required=needed, optional=(*Parameters._fields, "population", "sources", "correlations"))
    declared = labels(Parameters)
    found = dict(base.records) if base else {}
    for name, given in content.items():
        found[name] = read_record(f"{path}, [{name}]", given, name=name, label=declared[name], known=known)
    found = {name: found[name] for name in Parameters._fields}
    return Population(
        key=key,
        title=title,
        description=description,
        records=MappingProxyType(found),
        correlations=read_correlations(path, together, found=found, known=known),
        sources=known,
    )


def _base(path: str, header: Table) -> Population | None:
    """The packaged population that this file changes, if it says so."""
    key = header.get("based_on", text)
    if key is None:
        return None
    others = [name for name in populations() if name != Path(path).stem]
    base = params_dir() / f"{one_of(header.at('based_on'), key, others)}.toml"
    if "based_on" in read_toml(base)["population"]:
        raise ParameterFileError(f"{header.at('based_on')} is {key!r}, which is based on another: name that one")
    return read_population(base)
