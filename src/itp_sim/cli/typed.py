"""Messages as the person at the shell typed: options in place of arguments of functions, paths from where one is."""

import re
from collections.abc import Iterable
from pathlib import Path

#: Options whose value the functions take under another name; all others have the name that argparse gives them.
ARGUMENTS = (
    ("--covariate", "covariates"),
    ("--dose", "arms"),
    ("--out", "path"),
    ("--output", "outputs"),
    ("--parameter", "parameters"),
    ("--weight", "weight_kg"),
    ("--workers", "executor"),
)
#: A way out that needs Python: a call, a data frame, a mapping, an argument; it is the last of several.
_IN_PYTHON = re.compile(r",? or [^,;:]*?(?:\w+\(\)|\bpandas\.|, as in \{|\b[a-z_]+=|`[a-z_]+`)[^;]*")
#: An argument and its value: text, a list of one text, or a number.
_ASSIGNED = r"\b{}=(?:\[?(['\"])([^'\"\s]+)\1\]?|([^\s,;:()\[\]]+))"


def as_typed(message: str, options: Iterable[str]) -> str:
    """A message of a function as it helps at the shell.

    Parameters
    ----------
    message
        What the function says; it may name its arguments: first of all, in backquotes, or with a value.
    options
        Options of the command, as they are typed.
    """
    other = dict(ARGUMENTS)
    for option in options:
        if option.startswith("--"):
            name = other.get(option, option.removeprefix("--").replace("-", "_"))
            message = re.sub(rf"^{name}(?= (?:is|lowest|highest|leaves|has|names|would)\b)", option, message)
            message = re.sub(rf"(?<=was made with ){name}\b", option, message)
            message = re.sub(rf"^no {name}(?= ')", f"no {option}", message)
            message = re.sub(_ASSIGNED.format(name), rf"{option} \2\3", message)
            message = message.replace(f"`{name}`", option)
    return relative(re.sub(r"`([a-z_]+)`", r"\1", _IN_PYTHON.sub("", message)))


def relative(text: str) -> str:
    """A text in which what lies in the working folder is said without it."""
    here = Path.cwd()
    return text if here == here.parent else re.sub(rf"(?<![\w./-]){re.escape(str(here))}[/\\]", "", text)
