"""Trial files: read completely or refused, with an error that names file, key, value and what is allowed."""

from collections.abc import Mapping
from os import PathLike, fspath
from pathlib import Path
from types import MappingProxyType

from itp_sim import checks, tables
from itp_sim.errors import InputError, ParameterFileError
from itp_sim.evidence import Source, cited, sources, with_own
from itp_sim.files import params_dir, read_toml
from itp_sim.parameters import records
from itp_sim.records import Record
from itp_sim.tables import Table
from itp_sim.trials.defaults import DEFAULTS, EXCLUDED, Defaults, defaults
from itp_sim.trials.design import ROLES, Entry, Measurement, Trial
from itp_sim.trials.fields import count, day, grounds, parameters
from itp_sim.trials.read_arms import read_arms
from itp_sim.trials.read_endpoints import read_endpoints
from itp_sim.usual import HIGHEST_COUNT

#: Most visits of a trial.
MOST_VISITS = 1000


def trials() -> tuple[str, ...]:
    """Names of the trials that come with the package."""
    return tuple(path.stem for path in files(params_dir() / "trials"))


def files(folder: Path) -> list[Path]:
    """Trial files of a folder, by name; the files of defaults and of excluded records are none."""
    return [path for path in sorted(folder.glob("*.toml")) if path.name not in (DEFAULTS, EXCLUDED)]


def load_trial(name: str | PathLike[str]) -> Trial:
    """Read a trial that comes with the package, or a file of your own.

    Parameters
    ----------
    name
        Name of a trial, such as "godeau1999"; or the path of a file, which ends in ``.toml``; params/README.md has the
        format.

    Returns
    -------
    Trial
        Who entered, arms, visits, endpoints and what was published of them, all checked: for `run_trial`.

    Raises
    ------
    UnknownNameError
        If there is no such trial; the message gives the nearest.
    ParameterFileError
        If the file breaks the format; names file, key, value, what is allowed and the nearest name.
    """
    given = fspath(name) if isinstance(name, PathLike) else name
    if isinstance(given, str) and given.endswith(".toml"):
        return read_trial(Path(given))
    return read_trial(params_dir() / "trials" / f"{checks.name('trial', given, trials())}.toml")


def read_trial(path: Path) -> Trial:
    """Read one trial file.

    Raises
    ------
    ParameterFileError
        If it breaks the format.
    """
    whole = tables.table(
        str(path),
        read_toml(path),
        required=("trial", "entry", "measurement", "arms", "endpoints"),
        optional=("sources",),
    )
    head = whole.read(
        "trial",
        tables.table,
        required=("key", "title", "source", "role", "population", "description"),
        optional=("locator", "note"),
    )
    key = head.read("key", tables.text)
    if key != path.stem:
        raise ParameterFileError(f"{head.at('key')} is {key!r}: write {path.stem!r}, the name of the file")
    populations = _populations(head, path)
    found = [records(population) for population in populations]
    known = with_own(whole.where, whole.content.get("sources", {}), sources())
    how = _measurement(whole, defaults(), known)
    arms = read_arms(whole, visits=how.visits, found=found)
    role = head.read("role", tables.one_of, ROLES)
    return Trial(
        key=key,
        title=head.read("title", tables.text),
        description=head.read("description", tables.text),
        role=role,
        populations=populations,
        entry=_entry(whole, found, known),
        measurement=how,
        arms=arms,
        endpoints=read_endpoints(whole, arms=arms, visits=how.visits, role=role),
        sources=MappingProxyType({key: known[key] for key in head.read("source", cited, known)}),
        locator=head.get("locator", tables.text) or "",
        note=head.get("note", tables.text) or "",
    )


def _populations(head: Table, path: Path) -> Mapping[str, float]:
    """Populations with their numbers of patients; one alone counts 1."""
    given = head.content["population"]
    several = given if isinstance(given, dict) else {given: 1} if isinstance(given, str) else None
    if not several:
        raise ParameterFileError(
            f"{head.at('population')} is {checks.shown(given)}: write a name, or names with numbers of patients"
        )
    found = {}
    for name, share in several.items():
        where = head.at(f"population {name}")
        # An own file of records is looked for beside the trial's.
        key = str(path.parent / name) if name.endswith(".toml") else name
        try:
            records(key)
        except InputError as error:
            raise ParameterFileError(f"{head.at('population')}: {error}") from None
        found[key] = float(tables.whole(where, share, 1, 1_000_000))
    return MappingProxyType(found)


def _entry(whole: Table, found: list[Mapping[str, Record]], known: Mapping[str, Source]) -> Entry:
    optional = ("typical", "assign", "source", "locator", "note")
    entry = whole.read("entry", tables.table, required=("platelets", "evidence"), optional=optional)
    seen = grounds(entry, known)
    return Entry(
        platelets=_limits(entry, found),
        typical=parameters(entry, "typical", found),
        assign=parameters(entry, "assign", found),
        evidence=seen.evidence,
        note=seen.note,
    )


def _limits(entry: Table, found: list[Mapping[str, Record]]) -> tuple[float | None, float | None]:
    """Lowest and highest untreated count; an end of 0, or one left out, is the population's."""
    where = entry.at("platelets")
    given = entry.content["platelets"]
    if isinstance(given, dict):
        ends = tables.table(where, given, required=(), optional=("min", "max"))
        low, high = (ends.get(key, count) for key in ("min", "max"))
    else:
        low, high = tables.pair(where, given, 0.0, HIGHEST_COUNT, "1e9/L")
    lowest = max(each["P0"].range[0] for each in found)
    highest = min(each["P0"].range[1] for each in found)
    if (high is not None and high <= lowest) or (low is not None and low >= highest) or (low and high and low >= high):
        raise ParameterFileError(
            f"{where} is {checks.shown(given)}: nobody has such a count; the population has {lowest:g} to {highest:g}"
        )
    return (
        None if low is None or low < lowest else low,
        None if high is None or high > highest else high,
    )


def _measurement(whole: Table, default: Defaults, known: Mapping[str, Source]) -> Measurement:
    table = whole.read(
        "measurement",
        tables.table,
        required=("visits", "evidence"),
        optional=("cv", "round_to", "floor", "source", "locator", "note"),
    )
    visits = tables.items(table.at("visits"), table.content["visits"], day)
    if len(visits) < 2 or visits[0] != 0 or list(visits) != sorted(set(visits)):
        raise ParameterFileError(
            f"{table.at('visits')} is {checks.shown(list(visits))}: write two days or more, ascending, from 0 on"
        )
    if len(visits) > MOST_VISITS:
        raise ParameterFileError(f"{table.at('visits')} has {len(visits)} days: at most {MOST_VISITS} are read")
    seen = grounds(table, known)
    return default.measurement(table, visits=visits, evidence=seen.evidence, note=seen.note)
