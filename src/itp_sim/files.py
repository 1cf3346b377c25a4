"""Files of numbers: where they are, read with limits and errors that name the line."""

import re
import tomllib
from os import PathLike
from pathlib import Path
from typing import Any

from itp_sim import checks
from itp_sim.errors import InputError, ParameterFileError

#: Largest file that is read [bytes]; the largest file of the package is far smaller.
MAX_BYTES = 1_000_000
#: Longest line [characters] and most lines: the parser's time grows with the square of a dotted key's length.
MAX_LINE = 4_000
MAX_LINES = 20_000
#: Tables and lists inside each other; the formats here need four.
MAX_DEPTH = 16

#: Time of the last change [ns] and size [bytes] of a file.
Stamp = tuple[int, int]

_PLACE = re.compile(r" \(at line (\d+), column \d+\)$")
_END = " (at end of document)"
_DECIMAL_COMMA = re.compile(r"=\s*[+-]?\d+,\d")


def params_dir() -> Path:
    """Return the folder of parameter files: the packaged one, else the checkout's.

    Raises
    ------
    ParameterFileError
        If neither exists: the installation is incomplete.
    """
    here = Path(__file__).resolve()
    candidates = (here.parent / "params", here.parents[2] / "params")
    for folder in candidates:
        if folder.is_dir():
            return folder
    looked = " and ".join(str(folder) for folder in candidates)
    raise ParameterFileError(f"no folder of parameter files: looked at {looked}; install itp_sim again")


def stamp(path: str | PathLike[str]) -> Stamp:
    """Time and size of a file, so that what is remembered of it is dropped when it changes; zeros if it has none."""
    try:
        status = Path(path).stat()
    except (OSError, TypeError, ValueError):  # read_toml says what is wrong
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)


def read_toml(path: str | PathLike[str]) -> dict[str, Any]:
    """Read a TOML file of numbers.

    Parameters
    ----------
    path
        A regular file, UTF-8 (a byte order mark is skipped), at most `MAX_BYTES`.

    Returns
    -------
    dict
        The tables as `tomllib` gives them; types, ranges and non-finite numbers are the caller's to check.

    Raises
    ------
    ParameterFileError
        If there is no such file, or it is too large, not UTF-8 or not TOML; names the file and the line.
    """
    text = read_text(path)
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise ParameterFileError(f"{path} has {len(lines)} lines: at most {MAX_LINES} are read; split the file")
    for at, line in enumerate(lines, start=1):
        if len(line) > MAX_LINE:
            raise ParameterFileError(f"{path}, line {at} has {len(line)} characters: at most {MAX_LINE} are read")
    try:
        tables = tomllib.loads(text)
    except RecursionError:
        tables = None
    except tomllib.TOMLDecodeError as error:
        raise ParameterFileError(_explained(path, lines, str(error))) from None
    except ValueError as error:  # a whole number too long to convert
        raise ParameterFileError(f"{path} is not TOML that can be used: {error}") from None
    if tables is None or _too_deep(tables):
        raise ParameterFileError(f"{path} nests tables or lists more than {MAX_DEPTH} deep: write one table per name")
    return tables


def read_text(
    path: str | PathLike[str],
    *,
    what: str = "a TOML file",
    most: int = MAX_BYTES,
    error: type[InputError] = ParameterFileError,
) -> str:
    """Read a file as text, with newlines alike.

    Parameters
    ----------
    path
        A regular file, UTF-8; a byte order mark is skipped.
    what
        What the file should be, for the message.
    most
        Largest size that is read [bytes].
    error
        Class of the error.

    Raises
    ------
    InputError
        Of class `error`, if there is no such file, or it is too large or not UTF-8; names the file.
    """
    data = None
    try:
        file = Path(path)
        missing = not file.exists()
        if file.is_file():  # not a folder, nor a device that never ends
            with file.open("rb") as stream:
                data = stream.read(most + 1)
    except OSError as cause:
        raise error(f"{checks.shown(str(path), 200)} cannot be read: {cause.strerror}") from None
    except (TypeError, ValueError) as cause:
        raise error(f"{checks.shown(path)} is not the path of a file: {cause}") from None
    if data is None:
        raise error(f"{'no' if missing else 'not a'} file {path}: give the path of {what}")
    if len(data) > most:
        raise error(f"{path} is larger than {most} bytes: files of numbers are read up to that size")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise error(f"{path} is UTF-16: save it as UTF-8")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as cause:
        at = data.count(b"\n", 0, cause.start) + 1
        raise error(f"{path}, line {at} holds bytes that are not UTF-8: save the file as UTF-8") from None


def _explained(path: str | PathLike[str], lines: list[str], message: str) -> str:
    """One sentence about what the parser refused, with the line and a way out."""
    found = _PLACE.search(message)
    at = int(found.group(1)) if found else len(lines) - (lines[-1] == "")
    reason = message[: found.start()] if found else message.removesuffix(_END)
    line = lines[at - 1]
    if _DECIMAL_COMMA.search(line):
        hint = "write numbers with a decimal point, not a comma"
    elif "twice" in reason or "overwrite" in reason:
        hint = "the same name is given twice; delete one"
    elif message.endswith(_END):
        hint = "the file ends too early; is it cut off?"
    else:
        hint = "see params/README.md for the format"
    return f"{path}, line {at}, is not valid TOML: {reason} in {checks.shown(line.strip())}; {hint}"


def _too_deep(tables: dict[str, Any]) -> bool:
    level: list[Any] = [tables]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
    return bool(level)
