"""The JavaScript of the explorer page: the model's functions, and every number of the method that solves it."""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from itp_sim import equations as eq
from itp_sim.generate.model import Program
from itp_sim.generate.text import javascript_function
from itp_sim.solve import curve, elementary, follow, method
from itp_sim.solve.problem import Readouts

#: Largest whole number that a double holds exactly.
EXACT = 2**53


def javascript_file(printed: list[Program], first: str) -> str:
    """Functions over arrays of one patient, and constants named after their modules.

    The file that surrounds it defines ``power``.

    Parameters
    ----------
    printed
        Programs of the model.
    first
        First line.
    """
    given = dict(chain.from_iterable((p.inputs | p.outputs).items() for p in printed))
    sizes = {"states": "y", "constants": "c", "factors": "m", "watched": "w"}
    names = {
        "STATE_NAMES": eq.State._fields,
        "PARAMETER_NAMES": eq.Parameters._fields,
        "OUTPUT_NAMES": eq.Outputs._fields,
        "READOUT_NAMES": Readouts._fields,
    }
    lines = [
        first,
        *(f"const N_{name.upper()} = {len(given[row])};" for name, row in sizes.items()),
        f"const N_UNTREATED = {len(eq.Untreated._fields)};",
        *(f"const {name} = {_written(list(fields))};" for name, fields in names.items()),
        *_numbers(),
    ]
    return "\n".join([*lines, "", "\n\n".join(map(javascript_function, printed)), ""])


def _numbers() -> Iterator[str]:
    for module in (method, elementary, curve, follow):
        prefix = module.__name__.rpartition(".")[2].upper()
        for name, value in vars(module).items():
            if name.isupper() and isinstance(value, int | float | tuple):
                yield f"const {prefix}_{name} = {_written(value)};"


def _written(value: Any) -> str:
    """A constant as JavaScript writes it; the bits of a double as its high and low half."""
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_written, value))}]"
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, int) and value > EXACT:
        return f"[{value >> 32:#x}, {value & 0xFFFFFFFF:#x}]"
    return repr(value)
