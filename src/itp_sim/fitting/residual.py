"""How far a measured value lies from the curve that is fitted to it: ``params/residual.toml``."""

import math
from pathlib import Path
from typing import NamedTuple

from itp_sim import tables
from itp_sim.errors import ParameterFileError
from itp_sim.evidence import EVIDENCE, grounds, sources
from itp_sim.files import params_dir
from itp_sim.nmtran.subjects import KINDS

FILE = "residual.toml"
#: Widest error that a fit takes [coefficient of variation].
WIDEST = 2.0


class Residual(NamedTuple):
    """A log-normal error, and the value below which a measurement says only that it is below."""

    cv: float
    floor: float
    evidence: str
    note: str

    @property
    def sd(self) -> float:
        """Standard deviation of the logarithm."""
        return math.sqrt(math.log1p(self.cv**2))


def residuals() -> dict[str, Residual]:
    """Return the errors that a fit takes unless told otherwise, by kind of observation.

    Raises
    ------
    ParameterFileError
        If ``params/residual.toml`` breaks its format.
    """
    return read_residuals(params_dir() / FILE)


def read_residuals(path: Path) -> dict[str, Residual]:
    """Read a file of errors; its first lines say the format.

    Raises
    ------
    ParameterFileError
        If it is not there or breaks the format.
    """
    required, optional = ("cv", "floor", "unit", "evidence"), ("source", "locator", "note")
    found = tables.sections(path, required=required, optional=optional)
    for kind in found:
        tables.one_of(str(path), kind, KINDS)
    read = {}
    for kind, (unit, most) in KINDS.items():
        if kind not in found:
            raise ParameterFileError(f"{path} lacks the table [{kind}]: install itp_sim again")
        table = found[kind]
        table.read("unit", tables.one_of, (unit,))
        known = grounds(table, EVIDENCE, sources())
        read[kind] = Residual(
            cv=table.read("cv", tables.number, 0.0, WIDEST, open_low=True),
            floor=table.read("floor", tables.number, 0.0, most, unit),
            evidence=known.evidence,
            note=known.note,
        )
    return read
