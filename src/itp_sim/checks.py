"""Checks at the door: numbers and names are refused here, before anything is computed with them."""

import math
import reprlib
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import islice
from numbers import Real
from os import PathLike, fspath
from pathlib import Path
from typing import Any, TypeGuard

from itp_sim.errors import InputError, UnknownNameError

#: Most entries of a list that is given.
MOST_GIVEN = 100_000
#: Names that are offered for a beginning that they share.
MOST_BEGUN = 3


def number(
    field: str,
    value: object,
    low: float = -math.inf,
    high: float = math.inf,
    unit: str = "",
    *,
    hint: str = "",
    open_low: bool = False,
) -> float:
    """Return `value` as a finite float within its range.

    Parameters
    ----------
    field
        What the value is called by the person who gave it.
    value
        A real number; text, bool, complex and None are refused.
    low, high
        Allowed range, ends included unless `open_low`.
    unit
        Unit of the value, for the message.
    hint
        A way out, added to the message.
    open_low
        Refuse `low` itself.

    Raises
    ------
    InputError
        If `value` is not such a number.
    """
    allowed = _range(low, high, open_low) + (f" {unit}" if unit else "")
    tail = f"; {hint}" if hint else ""
    if not _is_real(value):
        raise InputError(f"{field} is {shown(value)}, not a number: give one {allowed}{tail}")
    try:
        x = float(value)
    except OverflowError:
        x = math.inf
    if not math.isfinite(x) or x < low or x > high or (open_low and x <= low):
        found = f"{x:g}" if math.isfinite(x) else shown(value)
        raise InputError(f"{field} is {found}{' ' + unit if unit else ''}: give a number {allowed}{tail}")
    return x


def whole(field: str, value: object, low: int, high: int, *, hint: str = "") -> int:
    """Return `value` as an int within ``low`` to ``high``.

    Raises
    ------
    InputError
        If `value` is not a whole number in that range.
    """
    allowed = f"give a whole number from {low} to {high}" + (f"; {hint}" if hint else "")
    if not _is_real(value):
        raise InputError(f"{field} is {shown(value)}, not a number: {allowed}")
    x: Any = value  # an int of any length stays exact
    if not low <= x <= high or x != math.floor(x):
        raise InputError(f"{field} is {f'{x:g}' if isinstance(x, float) else shown(x)}: {allowed}")
    return int(x)


def name(kind: str, value: object, allowed: Iterable[str], aliases: Iterable[tuple[str, str]] = ()) -> str:
    """Return the one of `allowed` that `value` names; upper and lower case, ``_``, ``-`` and space are alike.

    Parameters
    ----------
    kind
        What is named, for the message: "population", "product".
    value
        The name as given.
    allowed
        Names that exist.
    aliases
        Pairs of another common name and the name that exists.

    Raises
    ------
    UnknownNameError
        If no name fits; the message gives the nearest.
    """
    names = list(allowed)
    if not isinstance(value, str):
        raise UnknownNameError(f"{kind} is {shown(value)}, not a name: choose from {listed(names)}")
    if value in names:
        return value
    folded = {_fold(n): n for n in names}
    others = {_fold(alias): n for alias, n in aliases}
    if _fold(value) in folded:
        return folded[_fold(value)]
    if _fold(value) in others:
        return others[_fold(value)]
    begun = _begun(_fold(value), folded)
    words = [*folded, *others]
    near = _slips(_fold(value), words) or (begun if len(begun) > 1 else _near(_fold(value), words) or begun)
    guess = f"did you mean {' or '.join(repr((folded | others)[one]) for one in near)}? " if near else ""
    raise UnknownNameError(f"no {kind} {shown(value)}: {guess}choose from {listed(names)}")


def several(field: str, given: object, like: str) -> list[Any]:
    """Return what was given as a list; a text is a list of one.

    Parameters
    ----------
    field
        What the list is called by the person who gave it.
    given
        Anything that can be gone through, but for what never ends.
    like
        A list as it should be, for the message.

    Raises
    ------
    InputError
        If it is no list, or longer than any that makes sense.
    """
    if isinstance(given, str):
        return [given]
    try:
        found = list(islice(iter(given), MOST_GIVEN + 1))  # type: ignore[call-overload]
    except TypeError:
        raise InputError(f"{field} is {shown(given)}: give a list, as in {like}") from None
    if len(found) > MOST_GIVEN:
        raise InputError(f"{field} has more than {MOST_GIVEN:,} entries: give at most as many, as in {like}")
    return found


def file_to_write(field: str, path: object, suffixes: Sequence[str], *, hint: str = "") -> Path:
    """Return the path of a file that is to be written.

    Parameters
    ----------
    field
        What the path is called by the person who gave it.
    path
        The path as given.
    suffixes
        What its name may end in, in small letters or capitals.
    hint
        Why a suffix that one could expect is missing, added to the message.

    Returns
    -------
    pathlib.Path
        The path; its folder exists.

    Raises
    ------
    InputError
        If it is no path, ends in something else, or its folder does not exist.
    """
    allowed = (" or " if len(suffixes) == 2 else ", ").join(suffixes)
    if not isinstance(path, str | PathLike) or isinstance(fspath(path), bytes):
        raise InputError(f"{field} is {shown(path)}: name a file that ends in {allowed}")
    file = Path(path)
    if file.suffix.casefold() not in [suffix.casefold() for suffix in suffixes]:
        raise InputError(
            f"{field} is {fspath(path)!r}: give a file that ends in {allowed}{f'; {hint}' if hint else ''}"
        )
    if not file.parent.is_dir():
        raise InputError(f"{field} is {str(file)!r}: the folder {str(file.parent)!r} does not exist")
    return file


def _slips(given: str, names: Sequence[str]) -> list[str]:
    """The name that one slip of the hand made `given`; a single letter is too little."""
    return [name for name in names if len(name) > 1 and _one_slip(given, name)][:1]


def _near(given: str, names: Sequence[str]) -> list[str]:
    """The name that looks like `given`."""
    return get_close_matches(given, names, n=1, cutoff=0.6)


def _one_slip(a: str, b: str) -> bool:
    """Whether a letter left out, added, changed, or exchanged with the next one is all that is between two words."""
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    a, b = a[start:], b[start:]
    while a and b and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    return max(len(a), len(b)) <= 1 or (len(a) == 2 and a == b[::-1])


def _begun(start: str, names: Iterable[str]) -> list[str]:
    """The first names that begin with what was given, up to `MOST_BEGUN`; a single letter is too little."""
    return [name for name in names if name.startswith(start)][:MOST_BEGUN] if len(start) > 1 else []


def listed(names: Sequence[str], most: int = 40) -> str:
    """Names as one readable list, cut at `most`."""
    cut = list(names[:most])
    return ", ".join(cut) + (", ..." if len(names) > most else "")


def shown(value: object, most: int = 60) -> str:
    """A value as it is quoted in a message: short and on one line, whatever it is."""
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape:  # arrays and tables say nothing in one line
        return f"{type(value).__name__} of shape {shape}"
    if shape == () and hasattr(value, "item") and not _is_of_time(value):  # np.float64(5.0) is a 5.0 to whoever gave it
        value = value.item()
    brief = reprlib.Repr()
    brief.maxstring = brief.maxlong = brief.maxother = 2 * most
    try:
        text = " ".join(brief.repr(value).split())
    except ValueError:  # an int too long to print
        text = f"a whole number of more than {most} digits"
    end = "..." + (text[0] if isinstance(value, str) else "")  # a quotation that is cut is closed all the same
    return text if len(text) <= most else text[: most - len(end)] + end


def _is_real(value: object) -> TypeGuard[Real]:
    return isinstance(value, Real) and not isinstance(value, bool) and not _is_of_time(value)


def _is_of_time(value: object) -> bool:
    """Whether this is a date or a span of time of NumPy, which counts the latter among the integers."""
    return getattr(getattr(value, "dtype", None), "kind", "") in ("m", "M")


def _range(low: float, high: float, open_low: bool) -> str:
    """A range in words, as it follows "a number"."""
    if math.isinf(low) and math.isinf(high):
        return "that is finite"
    if math.isinf(high):
        return f"{'above' if open_low else 'of at least'} {low:g}"
    return f"from {'above ' if open_low else ''}{low:g} to {high:g}"


def _fold(text: str) -> str:
    return "".join(c for c in text.casefold() if c not in "_- \t")
