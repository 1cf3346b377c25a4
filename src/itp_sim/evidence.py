"""Evidence: the sources of ``params/sources.toml``, and what every number must say about where it comes from."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from itp_sim import checks
from itp_sim.errors import ParameterFileError
from itp_sim.files import Stamp, params_dir, read_toml, stamp
from itp_sim.tables import Table, one_of, some_of, text, truth, within

#: What a source is.
KINDS = ("paper", "abstract", "review", "model", "label", "web", "own")
#: How a number is known, best first; see params/README.md.
EVIDENCE = ("measured", "fitted", "derived", "assumed")
#: Evidence that needs a reason instead of a source.
UNSEEN = frozenset({"assumed", "missing"})


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where numbers come from, and how that place was seen."""

    key: str
    citation: str
    kind: str
    seen: str
    doi: str = ""
    pmid: str = ""
    url: str = ""
    note: str = ""
    unverified: bool = False


class Grounds(NamedTuple):
    """Where one number comes from: how it is known, keys of its sources, the place in them, and a remark."""

    evidence: str
    source: tuple[str, ...]
    locator: str
    note: str


def sources() -> Mapping[str, Source]:
    """Sources of all packaged numbers, by key.

    Raises
    ------
    ParameterFileError
        If ``params/sources.toml`` breaks its format.
    """
    path = params_dir() / "sources.toml"
    return _sources(str(path), stamp(path))


def read_sources(where: str, given: Mapping[str, object]) -> dict[str, Source]:
    """Read tables of sources by key.

    Parameters
    ----------
    where
        The file, as messages name it.
    given
        One table per source, as `tomllib` gives them.

    Raises
    ------
    ParameterFileError
        If a table breaks the format of params/README.md.
    """
    words = ("doi", "pmid", "url", "note")
    tables = within(where, given, required=("citation", "kind", "seen"), optional=(*words, "unverified"))
    return {
        key: Source(
            key=key,
            kind=table.read("kind", one_of, KINDS),
            unverified=table.get("unverified", truth) or False,
            **{name: table.read(name, text) for name in ("citation", "seen", *words) if name in table},
        )
        for key, table in tables.items()
    }


def with_own(path: str, own: object, others: Mapping[str, Source]) -> Mapping[str, Source]:
    """Return the sources that a file may name: those that it has itself, beside `others`.

    Parameters
    ----------
    path
        The file, as messages name it.
    own
        Its table ``[sources]``, as `tomllib` gives it.
    others
        Sources that it may name without having them.

    Raises
    ------
    ParameterFileError
        If a table breaks the format, or has the key of another source.
    """
    if not isinstance(own, dict):
        raise ParameterFileError(f"{path}, sources is {checks.shown(own)}: write one table [sources.KEY] per source")
    if twice := others.keys() & own.keys():
        raise ParameterFileError(f"{path}, [sources.{min(twice)}] is packaged: rename it")
    return MappingProxyType({**others, **read_sources(f"{path}, sources", own)})


def cited(where: str, given: object, known: Mapping[str, Source]) -> tuple[str, ...]:
    """Return the key of a source, or several, if all are known.

    Raises
    ------
    ParameterFileError
        If one is not; says the nearest, and how to add it.
    """
    try:
        return some_of(where, given, known)
    except ParameterFileError as error:
        keys = given if isinstance(given, list) else [given]
        own = next((key for key in keys if isinstance(key, str) and key not in known), "KEY")
        raise ParameterFileError(f"{error}; or add a table [sources.{own}]") from None


def grounds(table: Table, levels: Collection[str], known: Mapping[str, Source]) -> Grounds:
    """Return what a table says about where its number comes from.

    Parameters
    ----------
    table
        Has the key ``evidence``; may have ``source`` (a key or a list of keys), ``locator`` and ``note``.
    levels
        What ``evidence`` may be.
    known
        Sources that may be named.

    Raises
    ------
    ParameterFileError
        If a number that was seen has no source, no place in it or an unverified source; or if one that was not seen
        has no note that says why it was chosen.
    """
    evidence = table.read("evidence", one_of, levels)
    found = Grounds(
        evidence=evidence,
        source=table.get("source", cited, known) or (),
        locator=table.get("locator", text) or "",
        note=table.get("note", text) or "",
    )
    where = f"{table.where} is {evidence}"
    if evidence in UNSEEN:
        if not found.note:
            raise ParameterFileError(f"{where} and has no note: say why in `note`")
        return found
    if not found.source or not found.locator:
        lacks = "locator" if found.source else "source"
        raise ParameterFileError(f"{where} and has no {lacks}: name it, or write evidence = 'assumed'")
    for key in found.source:
        if known[key].unverified:
            raise ParameterFileError(f"{where} by {key!r}, which is unverified: write evidence = 'assumed'")
    return found


@lru_cache(maxsize=8)
def _sources(path: str, _: Stamp) -> Mapping[str, Source]:
    return MappingProxyType(read_sources(path, read_toml(path)))
