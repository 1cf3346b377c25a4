"""Every word on and below the figures, from ``texts.toml``; numbers are put in when a figure is drawn."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from itp_sim import tables
from itp_sim.errors import ParameterFileError
from itp_sim.files import read_toml

TEXTS = Path(__file__).with_name("texts.toml")
#: What every figure has beside its labels.
KEYS = ("title", "caption", "alt")
#: Tables that are no figure.
SHARED = ("common", "gallery")


class Words:
    """Words of one figure: its own, else those that all share.

    Parameters
    ----------
    own, common
        Templates by name, in the format of ``str.format``.
    """

    def __init__(self, own: Mapping[str, str], common: Mapping[str, str]) -> None:
        self._templates = {**common, **own}

    def __call__(self, name: str, /, **facts: Any) -> str:
        """The words of that name, with numbers put in."""
        return self._templates[name].format(**facts)

    def template(self, name: str) -> str:
        """The words of that name as they stand."""
        return self._templates[name]

    def each(self, name: str, facts: Iterable[Mapping[str, Any]]) -> str:
        """The words of that name for each of several, joined as a list; by semicolons if they have commas."""
        said = [self(name, **one) for one in facts]
        if any(self._templates["comma"] in words for words in said):
            return self._templates["semicolon"].join(said)
        return self.joined(said)

    def numbers(self, several: Iterable[float]) -> str:
        """Several numbers as one list."""
        return self.joined([f"{one:g}" for one in several])

    def joined(self, several: list[str]) -> str:
        """Several phrases as one list."""
        if len(several) < 2:
            return "".join(several)
        return self("and", first=self._templates["comma"].join(several[:-1]), last=several[-1])


@cache
def templates(path: Path = TEXTS) -> Mapping[str, Mapping[str, str]]:
    """Templates of each figure by name, and those that all share, as "common".

    Raises
    ------
    ParameterFileError
        If the file holds anything but text, or a figure lacks its title, caption or alternative text.
    """
    found: dict[str, dict[str, str]] = {}
    for name, given in read_toml(path).items():
        if not isinstance(given, dict):
            raise ParameterFileError(f"{path}: {name} is no table: write [{name}]")
        found[name] = {key: tables.text(f"{path}, [{name}] {key}", value) for key, value in given.items()}
        missing = [key for key in KEYS if name not in SHARED and key not in found[name]]
        if missing:
            raise ParameterFileError(f"{path}, [{name}] lacks {', '.join(missing)}")
    return found


def words(figure: str) -> Words:
    """Words of one figure."""
    return Words(templates()[figure], templates()["common"])
