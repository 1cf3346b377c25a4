"""The endpoints of a trial file."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from itp_sim import checks, tables
from itp_sim.errors import ParameterFileError
from itp_sim.observed import STATISTICS
from itp_sim.tables import Table
from itp_sim.trials.design import (
    ANY,
    CROSSINGS,
    KINDS,
    MOST_PATIENTS,
    ROLES,
    Among,
    Arm,
    Criterion,
    Endpoint,
    Published,
)
from itp_sim.trials.fields import criterion

#: Keys of every endpoint, beside those of its kind.
_NEEDED = ("key", "kind", "title", "published")
_OPTIONAL = ("arm", "arms", "among", "role", "locator", "note", "miss")
_PUBLISHED = ("value", "x", "n", "sd", "interval", "at_least", "at_most")
#: Largest published number, whatever its unit.
_LARGEST = 1e5


def read_endpoints(
    whole: Table, *, arms: Mapping[str, Arm], visits: tuple[float, ...], role: str
) -> Mapping[str, Endpoint]:
    """Return the endpoints of a trial file by key.

    Parameters
    ----------
    whole
        The file.
    arms, visits, role
        Of the trial.

    Raises
    ------
    ParameterFileError
        If one breaks the format.
    """
    given = whole.content["endpoints"]
    if not isinstance(given, list) or not given:
        raise ParameterFileError(f"{whole.at('endpoints')} is {checks.shown(given)}: write [[endpoints]] for each")
    found: dict[str, Endpoint] = {}
    for at, content in enumerate(given, start=1):
        endpoint = _endpoint(f"{whole.where}, [[endpoints]] {at}", content, arms=arms, visits=visits, role=role)
        if endpoint.key in found:
            raise ParameterFileError(f"{whole.where}, [[endpoints]] {at} key is {endpoint.key!r} again: name it anew")
        found[endpoint.key] = endpoint
    for endpoint in found.values():
        _check_among(f"{whole.where}, [[endpoints]] {endpoint.key!r}", endpoint, found)
    return MappingProxyType(found)


def _endpoint(
    where: str, content: object, *, arms: Mapping[str, Arm], visits: tuple[float, ...], role: str
) -> Endpoint:
    name = content.get("key") if isinstance(content, dict) else None
    where = f"{where} ({name})" if isinstance(name, str) else where
    kind = tables.one_of(f"{where} kind", content.get("kind") if isinstance(content, dict) else content, KINDS)
    needs, may = KINDS[kind].needs, KINDS[kind].may
    table = tables.table(where, content, required=(*_NEEDED, *needs), optional=(*_OPTIONAL, *may))
    if ("arm" in table) == ("arms" in table):
        raise ParameterFileError(f"{where} needs one of arm and arms: name the arm, or list the arms that are pooled")
    if kind == "response" and ("day" in table) == ("by" in table):
        raise ParameterFileError(f"{where} needs one of day and by: judged on that day, or at any visit up to it")
    last = visits[-1]
    level = criterion(table) if "at_least" in table else ANY
    return Endpoint(
        key=table.read("key", tables.text),
        title=table.read("title", tables.text),
        kind=kind,
        role=table.get("role", tables.one_of, ROLES) or role,
        arms=_arms(table, arms),
        statistic=table.get("statistic", tables.one_of, STATISTICS) or "",
        published=_published(table, kind),
        criterion=level,
        day=_visit(table, "day", visits),
        by=_visit(table, "by", visits),
        until=_visit(table, "until", visits) or last,
        confirm_after=table.get("confirm_after", tables.number, 0.0, last, "day", open_low=True),
        among=_among(table, level),
        between=table.get("between", tables.one_of, CROSSINGS) or "visits",
        of=table.get("of", tables.one_of, ("patients", "curve")) or "patients",
        relative=bool(table.get("relative", tables.truth)),
        locator=table.get("locator", tables.text) or "",
        note=table.get("note", tables.text) or "",
        miss=table.get("miss", tables.text) or "",
    )


def _arms(table: Table, arms: Mapping[str, Arm]) -> tuple[str, ...]:
    key = "arm" if "arm" in table else "arms"
    return table.read(key, tables.some_of, arms)


def _visit(table: Table, key: str, visits: tuple[float, ...]) -> float | None:
    """A day that must be a visit."""
    if key not in table:
        return None
    day = table.read(key, tables.number, 0.0, visits[-1], "day")
    if day not in visits or (day == 0 and key != "day"):
        nearest = min(visits[1:], key=lambda visit: abs(visit - day))
        raise ParameterFileError(
            f"{table.at(key)} is {day:g}, which is no visit: add it to [measurement] visits, or write {nearest:g}"
        )
    return day


def _among(table: Table, level: Criterion) -> Among | None:
    given = table.content.get("among", "all")
    where = table.at("among")
    if isinstance(given, dict):
        about = tables.table(where, given, required=("endpoint",), optional=("met",))
        met = about.get("met", tables.truth)
        return Among(endpoint=about.read("endpoint", tables.text), met=True if met is None else met)
    if tables.one_of(where, given, ("all", "responders")) == "all":
        return None
    if level is ANY or table.content["kind"] == "response":
        raise ParameterFileError(
            f"{where} is 'responders' and the endpoint has no criterion that says who they are: "
            'write { endpoint = "KEY" }, the key of a response endpoint'
        )
    return Among()


def _check_among(where: str, endpoint: Endpoint, found: Mapping[str, Endpoint]) -> None:
    """The endpoint that says who it is about must be a response of all patients."""
    if endpoint.among is None or endpoint.among.endpoint is None:
        return
    all_of = [key for key, other in found.items() if other.kind == "response" and other.among is None]
    tables.one_of(f"{where} among endpoint", endpoint.among.endpoint, [key for key in all_of if key != endpoint.key])


def _published(table: Table, kind: str) -> Published:
    given = table.read("published", tables.table, required=(), optional=_PUBLISHED)
    read: dict[str, Any] = {
        key: given.get(key, tables.number, -_LARGEST, _LARGEST) for key in ("value", "at_least", "at_most")
    }
    read |= {key: given.get(key, tables.whole, low, MOST_PATIENTS) for key, low in (("x", 0), ("n", 1))}
    read["sd"] = given.get("sd", tables.number, 0.0, _LARGEST, open_low=True)
    read["interval"] = given.get("interval", tables.pair, -_LARGEST, _LARGEST)
    forms = [key for key in ("value", "x", "at_least", "at_most") if key in given]
    if not forms or ({"at_least", "at_most"} & set(forms) and len(forms) > 1):
        raise ParameterFileError(f"{given.where} needs x and n, a value, at_least or at_most: write one of them")
    if "x" in given and (kind != "response" or "n" not in given or read["x"] > read["n"]):
        raise ParameterFileError(f"{given.where}: x is for a response, of n patients or fewer; or write a value")
    if kind == "response" and not 0 <= (read["value"] or 0) <= 100:
        raise ParameterFileError(f"{given.at('value')} is {read['value']:g}, more than 100%: a share is in per cent")
    if "value" in given and "x" in given and abs(read["value"] - 100 * read["x"] / read["n"]) > 0.6:
        raise ParameterFileError(f"{given.at('value')} is {read['value']:g}, not x of n in %: correct one of them")
    if "interval" in given and "value" in given and not read["interval"][0] <= read["value"] <= read["interval"][1]:
        raise ParameterFileError(f"{given.at('interval')} does not hold the value: correct one of them")
    if "sd" in given and ("n" not in given or table.content.get("statistic") != "mean"):
        raise ParameterFileError(f"{given.at('sd')} is for a mean of n patients: add n and statistic, or delete it")
    return Published(**read)
