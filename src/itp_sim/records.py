"""Records: one checked entry per parameter of the equations, with its evidence, and the sources that they name."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_type_hints

from itp_sim import checks
from itp_sim.equations import Parameters
from itp_sim.errors import InputError, ParameterFileError, UnknownNameError
from itp_sim.files import params_dir, read_toml

#: How a number is known, best first; see params/README.md.
EVIDENCE = ("measured", "fitted", "derived", "assumed")
#: What a source is.
KINDS = ("paper", "abstract", "review", "model", "label", "web", "own")

#: Parameters that are shares of a whole, from 0 to 1.
SHARES = frozenset({"blockade_effect", "FIND", "FSPL", "spleen", "PHI", "FP", "FM", "tpo_feedback"})
#: Parameters that may be zero: the mechanism is absent. The others divide, or scale what a patient cannot be without.
MAY_BE_ZERO = SHARES | {"fcrn_effect", "Q", "KACT", "HA", "KREM", "JH", "GTPO"}


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


@dataclass(frozen=True, kw_only=True)
class Reported:
    """A number as it was printed, before it was converted."""

    value: float
    unit: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """One parameter of a population: typical value, spread between patients, plausible range and evidence.

    `value`, `range` and `truncate` are in `unit`. `value` is the median of the population: of a log-normal with
    coefficient of variation `cv`, or of a share whose logit is normal with standard deviation `logit_sd`.
    """

    name: str
    symbol: str
    value: float
    unit: str
    meaning: str
    evidence: str
    range: tuple[float, float]
    source: tuple[str, ...] = ()
    locator: str = ""
    reported: Reported | None = None
    note: str = ""
    cv: float | None = None
    logit_sd: float | None = None
    truncate: tuple[float, float] | None = None

    @property
    def omega(self) -> float:
        """Standard deviation between patients of the logarithm, or of the logit if `logit_sd` is given; 0 for none."""
        if self.logit_sd is not None:
            return self.logit_sd
        return 0.0 if self.cv is None else math.sqrt(math.log1p(self.cv**2))

    @property
    def limits(self) -> tuple[float, float]:
        """Ends between which virtual patients are drawn: `truncate`, else `range`."""
        return self.truncate or self.range


@dataclass(frozen=True, kw_only=True)
class Correlation:
    """How two parameters go together between patients: the correlation of their normal scores (Gaussian copula)."""

    between: tuple[str, str]
    value: float
    evidence: str
    source: tuple[str, ...] = ()
    locator: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Population:
    """A file of records: whom they describe, one record per parameter in the order of the equations, their sources."""

    key: str
    title: str
    description: str
    records: Mapping[str, Record]
    correlations: tuple[Correlation, ...]
    sources: Mapping[str, Source]


def sources() -> Mapping[str, Source]:
    """Sources of all packaged numbers, by key.

    Raises
    ------
    ParameterFileError
        If ``params/sources.toml`` breaks its format.
    """
    path = params_dir() / "sources.toml"
    return _sources(str(path), _stamp(path))


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
    shared = params_dir() / "sources.toml"
    return _population(str(path), _stamp(path), _stamp(shared))


def _stamp(path: str | PathLike[str]) -> tuple[int, int]:
    """Time and size of a file, so that what is remembered of it is dropped when it changes."""
    try:
        status = Path(path).stat()
    except (OSError, TypeError, ValueError):  # read_toml says what is wrong
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=8)
def _sources(path: str, _: tuple[int, int]) -> Mapping[str, Source]:
    return MappingProxyType(_read_sources(path, read_toml(path)))


@lru_cache(maxsize=32)
def _population(path: str, *_: tuple[int, int]) -> Population:
    tables = read_toml(path)
    if "population" not in tables:
        raise ParameterFileError(f"{path} has no [population] table: it is not a file of records")
    texts = ("key", "title", "description")
    header = _table(f"{path}, [population]", tables.pop("population"), required=texts, optional=("based_on",))
    key, title, description = (_text(f"{path}, [population] {name}", header[name]) for name in texts)
    if key != Path(path).stem:
        raise ParameterFileError(
            f"{path}, [population] key is {key!r}: write {Path(path).stem!r}, the name of the file"
        )

    own = tables.pop("sources", {})
    if not isinstance(own, dict):
        raise ParameterFileError(f"{path}, sources is {checks.shown(own)}: write one table [sources.KEY] per source")
    base = _base(path, header)
    known = dict(base.sources if base else sources())
    if known.keys() & own.keys():
        raise ParameterFileError(f"{path}, [sources.{min(known.keys() & own.keys())}] is a packaged source: rename it")
    known |= _read_sources(f"{path}, sources", own)
    together = tables.pop("correlations", [])
    needed = () if base else Parameters._fields
    _table(path, tables, required=needed, optional=(*Parameters._fields, "population", "sources", "correlations"))
    found = dict(base.records) if base else {}
    found |= {name: _record(f"{path}, [{name}]", name, tables[name], known) for name in tables}
    found = {name: found[name] for name in Parameters._fields}
    return Population(
        key=key,
        title=title,
        description=description,
        records=MappingProxyType(found),
        correlations=_correlations(path, together, found, known),
        sources=MappingProxyType(known),
    )


def _base(path: str, header: Mapping[str, Any]) -> Population | None:
    """The packaged population that this file changes, if it says so."""
    if "based_on" not in header:
        return None
    key = _text(f"{path}, [population] based_on", header["based_on"])
    packaged = sorted(file.stem for file in params_dir().glob("*.toml") if file.stem != Path(path).stem)
    base = params_dir() / f"{_one_of(f'{path}, [population] based_on', key, packaged)}.toml"
    if "based_on" in read_toml(base).get("population", {}):
        raise ParameterFileError(f"{path}, [population] based_on is {key!r}, which is based on another: name that one")
    return read_population(base)


def _read_sources(where: str, tables: Mapping[str, Any]) -> dict[str, Source]:
    found = {}
    for key, given in tables.items():
        place = f"{where}, [{key}]"
        texts = ("doi", "pmid", "url", "note")
        table = _table(place, given, required=("citation", "kind", "seen"), optional=(*texts, "unverified"))
        unverified = table.get("unverified", False)
        if not isinstance(unverified, bool):
            raise ParameterFileError(f"{place} unverified is {checks.shown(unverified)}: write true or leave it out")
        kind = _one_of(f"{place} kind", table["kind"], KINDS)
        words = {name: _text(f"{place} {name}", table[name]) for name in ("citation", "seen", *texts) if name in table}
        found[key] = Source(key=key, kind=kind, unverified=unverified, **words)
    return found


@cache
def declared() -> Mapping[str, Mapping[str, str]]:
    """Return unit, symbol and meaning of every parameter, as the equations declare them."""
    hints = get_type_hints(Parameters, include_extras=True)
    return {name: dict(zip(("unit", "symbol", "meaning"), hints[name].__metadata__, strict=True)) for name in hints}


def _record(where: str, name: str, given: object, known: Mapping[str, Source]) -> Record:
    table = _table(
        where,
        given,
        required=("symbol", "value", "unit", "meaning", "evidence", "range"),
        optional=("source", "locator", "reported", "note", "cv", "logit_sd", "truncate"),
    )
    for key, text in declared()[name].items():
        if table[key] != text:
            raise ParameterFileError(f"{where} {key} is {checks.shown(table[key])}: the equations declare {text!r}")
    unit = table["unit"]
    high = 0.9 if name == "PHI" else 1.0 if name in SHARES else 1e6  # PHI of 1 would leave no blood count
    ends = _pair(f"{where} range", table["range"], (0.0, high), unit=unit, open_low=name not in MAY_BE_ZERO)
    value = _number(f"{where} value", table["value"], ends, unit=unit)
    evidence, source, locator, note = _evidence(where, table, known)
    return Record(
        name=name,
        symbol=table["symbol"],
        value=value,
        unit=unit,
        meaning=table["meaning"],
        evidence=evidence,
        range=ends,
        source=source,
        locator=locator,
        reported=_reported(f"{where} reported", table["reported"]) if "reported" in table else None,
        note=note,
        **_spread(where, table, value, ends=ends, share=name in SHARES),
    )


def _evidence(
    where: str, table: Mapping[str, Any], known: Mapping[str, Source]
) -> tuple[str, tuple[str, ...], str, str]:
    """Evidence, source, locator, note: a number that is not assumed has a source that was seen, and a place in it."""
    evidence = _one_of(f"{where} evidence", table["evidence"], EVIDENCE)
    given = table.get("source", [])
    keys = given if isinstance(given, list) else [given]
    source = tuple(_one_of(f"{where} source", key, known) for key in keys)
    locator, note = (_text(f"{where} {key}", table[key]) if key in table else "" for key in ("locator", "note"))
    if evidence == "assumed":
        if not note:
            raise ParameterFileError(f"{where} is assumed and has no note: say in `note` why this value was chosen")
        return evidence, source, locator, note
    if not source or not locator:
        lacks = "locator" if source else "source"
        raise ParameterFileError(f"{where} is {evidence} and has no {lacks}: name it, or write evidence = 'assumed'")
    for key in source:
        if known[key].unverified:
            raise ParameterFileError(
                f"{where} is {evidence} by {key!r}, which is unverified: write evidence = 'assumed'"
            )
    return evidence, source, locator, note


def _spread(
    where: str, table: Mapping[str, Any], value: float, *, ends: tuple[float, float], share: bool
) -> dict[str, Any]:
    """The spread between patients: `logit_sd` of a share or `cv` of anything else, and `truncate`."""
    found: dict[str, Any] = {}
    kind, other, highest = ("logit_sd", "cv", 5.0) if share else ("cv", "logit_sd", 3.0)
    if other in table:
        raise ParameterFileError(
            f"{where} has {other}: logit_sd is for shares of a whole, cv for all else; give {kind}"
        )
    if kind in table:
        found[kind] = _number(f"{where} {kind}", table[kind], (0.0, highest), open_low=True)
        if not 0 < value < (1 if share else math.inf):
            raise ParameterFileError(f"{where} has {kind} and value {value:g}: nothing varies around it; delete {kind}")
    if "truncate" in table:
        if not found:
            raise ParameterFileError(f"{where} has truncate and no spread: give cv or logit_sd too, or delete it")
        found["truncate"] = _pair(f"{where} truncate", table["truncate"], ends)
        _number(f"{where} value", value, found["truncate"])
    return found


def _correlations(
    path: str, given: object, found: Mapping[str, Record], known: Mapping[str, Source]
) -> tuple[Correlation, ...]:
    """Correlations of parameters that vary, each pair once, that can all be true together."""
    if not isinstance(given, list):
        raise ParameterFileError(f"{path}, correlations is {checks.shown(given)}: write [[correlations]] for each pair")
    varied = [name for name, record in found.items() if record.omega > 0]
    read: dict[frozenset[str], Correlation] = {}
    for at, entry in enumerate(given, start=1):
        where = f"{path}, [[correlations]] {at}"
        optional = ("source", "locator", "note")
        table = _table(where, entry, required=("between", "value", "evidence"), optional=optional)
        pair = table["between"]
        if not isinstance(pair, list) or len(pair) != 2 or pair[0] == pair[1]:
            raise ParameterFileError(f"{where} between is {checks.shown(pair)}: write two names, as in ['V1', 'IC50']")
        first, second = (_one_of(f"{where} between", name, varied) for name in pair)
        if frozenset(pair) in read:
            raise ParameterFileError(f"{where} is a second one between {first} and {second}: delete one")
        value = _number(f"{where} value", table["value"], (-0.999, 0.999))
        evidence, source, locator, note = _evidence(where, table, known)
        read[frozenset(pair)] = Correlation(
            between=(first, second), value=value, evidence=evidence, source=source, locator=locator, note=note
        )
    if not _possible(varied, read):
        raise ParameterFileError(f"{path}, [[correlations]] cannot all be true together: bring some nearer to 0")
    return tuple(read.values())


def _possible(names: Sequence[str], read: Mapping[frozenset[str], Correlation]) -> bool:
    """Whether the matrix of correlations is positive definite: Cholesky's rows have a real diagonal."""
    rows: list[list[float]] = []
    for i, name in enumerate(names):
        row: list[float] = []
        for j, other in enumerate(names[:i]):
            pair = read.get(frozenset((name, other)))
            shared = sum(a * b for a, b in zip(row, rows[j][:j], strict=True))
            row.append(((pair.value if pair else 0.0) - shared) / rows[j][j])
        left = 1.0 - sum(a * a for a in row)
        if left < 1e-9:
            return False
        rows.append([*row, math.sqrt(left)])
    return True


def _reported(where: str, given: object) -> Reported:
    table = _table(where, given, required=("value", "unit"), optional=())
    value = _number(f"{where} value", table["value"], (-math.inf, math.inf))
    return Reported(value=value, unit=_text(f"{where} unit", table["unit"]))


# --- small checks; each message starts with file and key --------------------------------------------------------------


def _table(where: str, given: object, *, required: Sequence[str], optional: Sequence[str]) -> dict[str, Any]:
    """`given` as a table with all `required` keys and none beyond `optional`."""
    if not isinstance(given, dict):
        raise ParameterFileError(f"{where} is {checks.shown(given)}: write a table with {checks.listed(required)}")
    allowed = (*required, *optional)
    for key in given:
        if key not in allowed:
            raise ParameterFileError(f"{where}: {_nearest('key', key, allowed)}")
    missing = [key for key in required if key not in given]
    if missing:
        raise ParameterFileError(f"{where} lacks {checks.listed(missing)}: see params/README.md")
    return given


def _one_of(where: str, given: object, allowed: Collection[str]) -> str:
    if isinstance(given, str) and given in allowed:
        return given
    raise ParameterFileError(f"{where}: {_nearest('entry', given, allowed)}")


def _nearest(kind: str, given: object, allowed: Collection[str]) -> str:
    """What to write instead of `given`; in files upper and lower case are not alike."""
    try:
        return f"no {kind} {checks.shown(given)}: write {checks.name(kind, given, allowed)!r}"
    except UnknownNameError as error:
        return str(error)


def _text(where: str, given: object) -> str:
    if not isinstance(given, str) or not given.strip():
        raise ParameterFileError(f"{where} is {checks.shown(given)}: write text in quotes")
    return given


def _number(where: str, given: object, ends: tuple[float, float], *, unit: str = "", open_low: bool = False) -> float:
    try:
        return checks.number(where, given, *ends, unit, open_low=open_low)
    except InputError as error:
        raise ParameterFileError(str(error)) from None


def _pair(
    where: str, given: object, ends: tuple[float, float], *, unit: str = "", open_low: bool = False
) -> tuple[float, float]:
    if not isinstance(given, list) or len(given) != 2:
        raise ParameterFileError(f"{where} is {checks.shown(given)}: write [lowest, highest]")
    low, high = (_number(where, end, ends, unit=unit, open_low=open_low) for end in given)
    if low >= high:
        raise ParameterFileError(f"{where} is [{low:g}, {high:g}]: the first number must be below the second")
    return low, high
