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
_QUOTES = "'\""
#: A word that a shell takes without quotes.
_PLAIN = re.compile(r"[\w%+=:,./-]+")
#: A value in quotes, as `checks.shown` writes it: it is the reader's own, whatever words are in it.
_QUOTED = re.compile(r"(?<!\w)(['\"])(?:\\.|(?!\1)[^\\])*\1(?!\w)")
#: What in a typed word could be taken for part of a sentence, or for a path to shorten.
_TOUCHED = re.compile(r"\w.*[\s=(`/\\]|[\s=(`/\\].*\w")
#: What stands for a value while the words around it are looked at.
_KEPT = "\0{}\0"
#: A way out that needs Python: a call, a data frame, a mapping, an argument; it is the last of several.
_IN_PYTHON = re.compile(r",? or [^,;:]*?(?:\w+\(\)|\bpandas\.|, as in \{|\b[a-z_]+=|`[a-z_]+`)[^;]*")
#: An argument and its value: text, a list of one text, or a number.
_ASSIGNED = r"(?<![\w/\\.-]){}=(?:\[?(\0\d+\0)\]?|([^\s,;:()\[\]\0]+))"


def as_typed(message: str, options: Iterable[str], words: Iterable[str] = ()) -> str:
    """A message of a function as it helps at the shell; values in quotes, and what was typed, stay as they are.

    Parameters
    ----------
    message
        What the function says, in one line; it may name its arguments: first of all, in backquotes, or with a value.
    options
        Options of the command, as they are typed.
    words
        All that was typed.
    """
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[0])
        return _KEPT.format(len(kept) - 1)

    typed = {" ".join(word.split()) for word in words if not word.startswith("-") and _TOUCHED.search(word)}
    for word in sorted(typed, key=len, reverse=True):
        message = re.sub(re.escape(word), keep, message)
    paths = len(kept)
    message = _in_options(_QUOTED.sub(keep, message), options, kept)
    message = re.sub(r"`([a-z_]+)`", r"\1", _IN_PYTHON.sub("", message))
    message = relative(_put_back(message, kept, first=paths))
    return _put_back(message, kept[:paths])


def relative(text: str) -> str:
    """A text in which what lies in the working folder is said without it."""
    here = Path.cwd()
    return text if here == here.parent else re.sub(rf"(?<![\w./-]){re.escape(str(here))}[/\\]", "", text)


def _in_options(message: str, options: Iterable[str], kept: list[str]) -> str:
    """A message, its values kept aside, with options in place of arguments."""
    other = dict(ARGUMENTS)

    def assigned(found: re.Match[str]) -> str:
        """An option and its value, in quotes only where the shell needs them."""
        if found[1]:
            at = int(found[1].strip("\0"))
            bare = _put_back(kept[at], kept[:at]).strip(_QUOTES)
            kept[at] = bare if _PLAIN.fullmatch(bare) else kept[at]
        return f"{option} {found[1] or found[2]}"

    for option in options:
        if option.startswith("--"):
            name = other.get(option, option.removeprefix("--").replace("-", "_"))
            message = re.sub(rf"^{name}(?= (?:is|lowest|highest|leaves|has|names|would)\b)", option, message)
            message = re.sub(rf"(?<=was made with ){name}\b", option, message)
            message = re.sub(rf"^no {name}(?= \0)", f"no {option}", message)
            message = re.sub(_ASSIGNED.format(name), assigned, message)
            message = message.replace(f"`{name}`", option)
    return message


def _put_back(message: str, kept: list[str], *, first: int = 0) -> str:
    """A message with the values kept aside from `first` on, of which later ones may hold earlier ones."""
    for at in reversed(range(first, len(kept))):
        message = message.replace(_KEPT.format(at), kept[at])
    return message
