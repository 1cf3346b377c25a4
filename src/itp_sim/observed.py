"""Published counts that can be laid over a simulated curve."""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from itp_sim import checks
from itp_sim.errors import InputError, ParameterFileError
from itp_sim.files import params_dir, read_toml
from itp_sim.regimen_text import parse

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


@cache
def studies() -> Mapping[str, Study]:
    """Studies of ``params/observations.toml`` by name.

    Raises
    ------
    ParameterFileError
        If the file breaks its format; says study, key, value and what is allowed.
    """
    return read_studies(params_dir() / FILE)


def read_studies(path: Path) -> Mapping[str, Study]:
    """Read a file of published counts; its first lines say the format.

    Raises
    ------
    ParameterFileError
        If it breaks the format.
    """
    found = {}
    for key, given in read_toml(path).items():
        where = f"{path}, [{key}]"
        try:
            table = _table(given, Study._fields, ())
            points = table["points"]
            if not isinstance(points, list) or not points:
                raise InputError(f"points is {checks.shown(points)}: write a list of tables")
            texts = {name: _text(name, table[name]) for name in Study._fields if name != "points"}
            found[key] = Study(**texts, points=tuple(map(_point, points)))
        except InputError as error:
            raise ParameterFileError(f"{where}: {error}") from None
    return MappingProxyType(found)


def study(name: str) -> Study:
    """Published numbers of one study.

    Raises
    ------
    UnknownNameError
        If there is no study of that name; the message lists those that exist.
    """
    return studies()[checks.name("published study", name, studies())]


def _point(given: object) -> Point:
    row = _table(given, Point._fields, ("sd",))
    parse(row["regimen"])
    return Point(
        regimen=row["regimen"],
        n=checks.whole("n", row["n"], 1, 1_000_000),
        kind=checks.name("kind", row["kind"], KINDS),
        statistic=checks.name("statistic", row["statistic"], STATISTICS),
        day=checks.number("day", row["day"], 0.0, 3650.0, "day"),
        value=checks.number("value", row["value"], 0.0, 2000.0, "1e9/L"),
        sd=checks.number("sd", row["sd"], 0.0, 2000.0, "1e9/L") if "sd" in row else None,
    )


def _table(given: object, keys: Sequence[str], optional: Collection[str]) -> dict[str, Any]:
    """`given` as a table with these keys and no other."""
    if not isinstance(given, dict):
        raise InputError(f"{checks.shown(given)} is no table: write one with {checks.listed(keys)}")
    for key in given:
        if key not in keys:
            raise InputError(f"no key {checks.shown(key)}: write {checks.name('key', key, keys)!r}")
    lacking = [key for key in keys if key not in given and key not in optional]
    if lacking:
        raise InputError(f"{checks.listed(lacking)} is missing: see the first lines of the file")
    return given


def _text(name: str, given: object) -> str:
    if not isinstance(given, str) or not given.strip():
        raise InputError(f"{name} is {checks.shown(given)}: write text in quotes")
    return given
