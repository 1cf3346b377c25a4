"""What is usual rather than true of a patient: ranges by which results are read and drawn."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from itp_sim import tables
from itp_sim.errors import ParameterFileError
from itp_sim.evidence import EVIDENCE, grounds, sources
from itp_sim.files import Stamp, params_dir, stamp
from itp_sim.usual import HIGHEST_COUNT

FILE = "conventions.toml"


class Convention(NamedTuple):
    """A range, with where it comes from."""

    low: float
    high: float
    unit: str
    meaning: str
    evidence: str
    source: tuple[str, ...]
    locator: str
    note: str


def normal_count() -> Convention:
    """Range of platelet counts that is called normal [1e9/L].

    Raises
    ------
    ParameterFileError
        If ``params/conventions.toml`` breaks its format.
    """
    return _packaged("normal_count", highest=HIGHEST_COUNT, unit="1e9/L")


def first_rise() -> Convention:
    """Days after the first infusion in which a first response to IVIG is expected [day].

    Raises
    ------
    ParameterFileError
        If ``params/conventions.toml`` breaks its format.
    """
    return _packaged("first_rise", highest=365.0, unit="day")


def _packaged(name: str, *, highest: float, unit: str) -> Convention:
    """A range of the package; its files are read again when they have changed."""
    path = params_dir() / FILE
    return _remembered(path, name, (stamp(path), stamp(params_dir() / "sources.toml")), highest=highest, unit=unit)


@lru_cache(maxsize=8)
def _remembered(path: Path, name: str, _: tuple[Stamp, ...], *, highest: float, unit: str) -> Convention:
    return read_convention(path, name, highest=highest, unit=unit)


def read_convention(path: Path, name: str, *, highest: float, unit: str) -> Convention:
    """Read one range, 0 to `highest` at most and in `unit`, of a file whose first lines say its format.

    Raises
    ------
    ParameterFileError
        If it is not there or breaks the format.
    """
    required, optional = ("range", "unit", "meaning", "evidence"), ("source", "locator", "note")
    found = tables.sections(path, required=required, optional=optional)
    if name not in found:
        raise ParameterFileError(f"{path} lacks the table [{name}]: install itp_sim again")
    table = found[name]
    low, high = table.read("range", tables.pair, 0.0, highest, unit)
    known = grounds(table, EVIDENCE, sources())
    return Convention(low, high, table.read("unit", tables.one_of, (unit,)), table.read("meaning", tables.text), *known)
