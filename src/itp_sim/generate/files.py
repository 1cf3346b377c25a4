"""The generated files and their text."""

from itertools import chain
from pathlib import Path
from typing import Any

import itp_sim
from itp_sim import equations as eq
from itp_sim.generate.for_r import mrgsolve_file, rxode2_file
from itp_sim.generate.javascript import javascript_file
from itp_sim.generate.model import Program, programs
from itp_sim.generate.sbml import sbml_file
from itp_sim.generate.text import c_function, numpy_function
from itp_sim.generate.written import written
from itp_sim.solve import curve, elementary, follow, method
from itp_sim.solve.rows import COUNT, IGG, P0

#: First line of the files for other programs, which hold the equations alone.
FIRST_WRITTEN = "Generated from equations.py by `python -m itp_sim.generate`: do not edit."
FIRST = "Generated from equations.py and solve/method.py by `python -m itp_sim.generate`: do not edit."


def generated() -> dict[Path, str]:
    """Text of every generated file, by its place in the checkout."""
    package = Path(itp_sim.__file__).parent
    printed, model = programs(), written()
    return {
        package / "solve" / "generated.h": c_file(printed),
        package / "solve" / "generated.py": numpy_file(printed),
        package / "explorer" / "web" / "generated.js": javascript_file(printed, f"/* {FIRST} */"),
        package / "exchange" / "model.xml": sbml_file(model, FIRST_WRITTEN),
        package / "exchange" / "model.mod": mrgsolve_file(model, FIRST_WRITTEN),
        package / "exchange" / "model.R": rxode2_file(model, FIRST_WRITTEN),
    }


def c_file(printed: list[Program]) -> str:
    """The C functions and the method's coefficients; the file that includes it defines V, K, INLINE and power."""
    sizes = _sizes(printed)
    lines = [f"/* {FIRST} */", *(f"#define N_{name} {size}" for name, size in sizes.items())]
    lines += [f"#define PLACE_count {COUNT}", f"#define PLACE_igg {IGG}", f"#define PLACE_P0 {P0}", "", *_numbers()]
    return "\n".join([*lines, "", "\n\n".join(map(c_function, printed)), ""])


def numpy_file(printed: list[Program]) -> str:
    """The NumPy functions."""
    lines = [
        f"# {FIRST}",
        "# ruff: noqa",
        '"""The model over arrays of patients: each argument holds its numbers along the first axis."""',
        "",
        "from itp_sim.solve.elementary import power",
        "from itp_sim.solve.problem import Floats",
        "",
        *(f"{name.upper()} = {size}" for name, size in _sizes(printed).items()),
        "",
        "",
    ]
    return "\n".join(lines) + "\n\n\n".join(map(numpy_function, printed)) + "\n"


def _sizes(printed: list[Program]) -> dict[str, int]:
    """How many numbers each kind of row has."""
    given = dict(chain.from_iterable((p.inputs | p.outputs).items() for p in printed))
    return {
        "states": len(eq.State._fields),
        "parameters": len(eq.Parameters._fields),
        "untreated": len(eq.Untreated._fields),
        "outputs": len(eq.Outputs._fields),
        "constants": len(given["c"]),
        "factors": len(given["m"]),
        "watched": len(given["w"]),
    }


def _numbers() -> list[str]:
    """Every number of the method and of what surrounds it, as macros and arrays named after their modules."""
    lines = []
    for module in (method, elementary, curve, follow):
        prefix = module.__name__.rpartition(".")[2].upper()
        for name, value in vars(module).items():
            if name.isupper() and isinstance(value, int | float):
                lines.append(f"#define {prefix}_{name} {value!r}")
            elif name.isupper() and isinstance(value, tuple) and not isinstance(value[0], str):
                lines += _table(f"{prefix}_{name}", value)
    return lines


def _table(name: str, value: tuple[Any, ...]) -> list[str]:
    if isinstance(value[0], float):
        return [f"static const double {name}[{len(value)}] = {_row(value)};"]
    rows = [f"    {_row(row or (0.0,))}," for row in value]
    return [f"static const double {name}[{len(value)}][{max(map(len, value))}] = {{", *rows, "};"]


def _row(values: tuple[float, ...]) -> str:
    return "{" + ", ".join(map(repr, values)) + "}"
