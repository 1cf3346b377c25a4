"""What is usual rather than true of a patient: ranges by which results are read and drawn."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from itp_sim import tables
from itp_sim.errors import ParameterFileError
from itp_sim.files import params_dir

FILE = "conventions.toml"
EVIDENCE = ("measured", "fitted", "derived", "assumed")


class Convention(NamedTuple):
    """A range, with where it comes from."""

    low: float
    high: float
    unit: str
    meaning: str
    evidence: str
    source: str
    locator: str
    note: str


@cache
def normal_count() -> Convention:
    """Range of platelet counts that is called normal [1e9/L].

    Raises
    ------
    ParameterFileError
        If ``params/conventions.toml`` breaks its format.
    """
    return read_convention(params_dir() / FILE, "normal_count", highest=2000.0)


def read_convention(path: Path, name: str, *, highest: float) -> Convention:
    """Read one range, 0 to `highest` at most, of a file whose first lines say its format.

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
    low, high = table.read("range", tables.pair, 0.0, highest)
    said = {key: table.get(key, tables.text) or "" for key in optional}
    evidence = table.read("evidence", tables.one_of, EVIDENCE)
    if evidence == "assumed" and not said["note"]:
        raise ParameterFileError(f"{path}, [{name}] is assumed and has no note: say why in `note`")
    if evidence != "assumed" and not (said["source"] and said["locator"]):
        raise ParameterFileError(f"{path}, [{name}] is {evidence}: name `source` and `locator`, or write 'assumed'")
    return Convention(low, high, table.read("unit", tables.text), table.read("meaning", tables.text), evidence, **said)
