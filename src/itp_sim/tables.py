"""Checks of what stands in a TOML file: every message starts with file and key, and says what may be written there."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any, Concatenate, ParamSpec, TypeVar

from itp_sim import checks
from itp_sim.errors import InputError, ParameterFileError, UnknownNameError
from itp_sim.files import read_toml

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Table:
    """A table whose keys are known, each value still to be checked.

    Parameters
    ----------
    where
        File and key, as messages name it.
    content
        Values as `tomllib` gives them.
    """

    where: str
    content: Mapping[str, Any]

    def __contains__(self, key: str) -> bool:
        return key in self.content

    def __iter__(self) -> Iterator[str]:
        return iter(self.content)

    def at(self, key: str) -> str:
        """File and key of one value, as messages name it."""
        return f"{self.where} {key}"

    def read(self, key: str, check: Callable[Concatenate[str, object, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return a value that must be there, as `check` of this module returns it.

        Raises
        ------
        ParameterFileError
            If it is not there, or `check` refuses it.
        """
        if key not in self.content:
            raise ParameterFileError(f"{self.where} lacks {key}: see params/README.md for the format")
        return check(self.at(key), self.content[key], *args, **kwargs)

    def get(
        self, key: str, check: Callable[Concatenate[str, object, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T | None:
        """Return a value as `check` of this module returns it, or None if it is not there.

        Raises
        ------
        ParameterFileError
            If `check` refuses it.
        """
        return self.read(key, check, *args, **kwargs) if key in self.content else None


def sections(path: str | PathLike[str], *, required: Sequence[str], optional: Sequence[str] = ()) -> dict[str, Table]:
    """Read a file of tables that are all of one kind.

    Parameters
    ----------
    path
        The TOML file.
    required, optional
        Keys of each table, as in `table`.

    Raises
    ------
    ParameterFileError
        If the file cannot be read or holds anything else.
    """
    return within(str(path), read_toml(path), required=required, optional=optional)


def within(
    where: str, given: Mapping[str, object], *, required: Sequence[str], optional: Sequence[str] = ()
) -> dict[str, Table]:
    """Return the tables by name that are all of one kind; see `sections`."""
    return {
        name: table(f"{where}, [{name}]", content, required=required, optional=optional)
        for name, content in given.items()
    }


# --- checks: where the value stands, the value, and what is allowed; else ParameterFileError --------------------


def table(where: str, given: object, *, required: Sequence[str], optional: Sequence[str] = ()) -> Table:
    """`given` as a table with all `required` keys and none beyond `optional`."""
    if not isinstance(given, dict):
        raise ParameterFileError(f"{where} is {checks.shown(given)}: write a table with {checks.listed(required)}")
    allowed = (*required, *optional)
    for key in given:
        if key not in allowed:
            raise ParameterFileError(f"{where}: {_nearest('key', key, allowed)}")
    missing = [key for key in required if key not in given]
    if missing:
        raise ParameterFileError(f"{where} lacks {checks.listed(missing)}: see params/README.md for the format")
    return Table(where, given)


def rows(where: str, given: object, *, required: Sequence[str], optional: Sequence[str] = ()) -> tuple[Table, ...]:
    """`given` as a list of tables that are all of one kind, counted from 1 in messages."""
    if not isinstance(given, list):
        raise ParameterFileError(f"{where} is {checks.shown(given)}: write a list of tables")
    return tuple(
        table(f"{where} {at}", item, required=required, optional=optional) for at, item in enumerate(given, start=1)
    )


def items(where: str, given: object, check: Callable[[str, object], T]) -> tuple[T, ...]:
    """`given` as a list whose entries all pass `check`."""
    if not isinstance(given, list):
        raise ParameterFileError(f"{where} is {checks.shown(given)}: write a list in square brackets")
    return tuple(check(where, item) for item in given)


def one_of(where: str, given: object, allowed: Collection[str]) -> str:
    """`given` if it is one of these words; upper and lower case differ."""
    if isinstance(given, str) and given in allowed:
        return given
    raise ParameterFileError(f"{where}: {_nearest('entry', given, allowed)}")


def some_of(where: str, given: object, allowed: Collection[str]) -> tuple[str, ...]:
    """`given`, one word or a list of them, if each is allowed."""
    return tuple(one_of(where, word, allowed) for word in (given if isinstance(given, list) else [given]))


def text(where: str, given: object) -> str:
    """`given` if it is text that says something."""
    if not isinstance(given, str) or not given.strip():
        raise ParameterFileError(f"{where} is {checks.shown(given)}: write text in quotes")
    return given


def truth(where: str, given: object) -> bool:
    """`given` if it is true or false."""
    if not isinstance(given, bool):
        raise ParameterFileError(f"{where} is {checks.shown(given)}: write true or false")
    return given


def number(where: str, given: object, low: float, high: float, unit: str = "", *, open_low: bool = False) -> float:
    """`given` as a finite float from `low` to `high`, without `low` itself if `open_low`."""
    return _accepted(checks.number, where, given, low, high, unit, open_low=open_low)


def whole(where: str, given: object, low: int, high: int) -> int:
    """`given` as an int from `low` to `high`."""
    return _accepted(checks.whole, where, given, low, high)


def pair(
    where: str, given: object, low: float, high: float, unit: str = "", *, open_low: bool = False
) -> tuple[float, float]:
    """`given` as a range within ``low`` to ``high``: its lower and its higher end."""
    if not isinstance(given, list) or len(given) != 2:
        raise ParameterFileError(f"{where} is {checks.shown(given)}: write [lowest, highest]")
    lowest, highest = (number(where, end, low, high, unit, open_low=open_low) for end in given)
    if lowest >= highest:
        raise ParameterFileError(f"{where} is [{lowest:g}, {highest:g}]: the first number must be below the second")
    return lowest, highest


def parsed(where: str, given: object, read: Callable[[str], T]) -> T:
    """What `read` makes of a text; what it refuses is a fault of the file."""
    words = text(where, given)
    try:
        return read(words)
    except InputError as error:
        raise ParameterFileError(f"{where}: {error}") from None


def _accepted(read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a check of numbers returns; its message names the place already."""
    try:
        return read(*args, **kwargs)
    except InputError as error:
        raise ParameterFileError(str(error)) from None


def _nearest(kind: str, given: object, allowed: Collection[str]) -> str:
    """What to write instead of `given`; in files upper and lower case are not alike."""
    try:
        return f"no {kind} {checks.shown(given)}: write {checks.name(kind, given, allowed)!r}"
    except UnknownNameError as error:
        return str(error)
