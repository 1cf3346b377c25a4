"""The model for other engines: the same traced equations, printed for each of them.

Nothing is written twice by hand. What does not change during a run (``c``) is computed once a patient.
"""

from pathlib import Path

from benchmarks.printed import ANTIMONY, MRGSOLVE, PYTHON
from itp_sim import equations as eq
from itp_sim.exchange.case import case
from itp_sim.exchange.for_r import mrgsolve
from itp_sim.generate.model import Program, programs
from itp_sim.generate.text import Style, body, numpy_function
from itp_sim.generate.trace import Derivatives, Level, Node, below, is_number
from itp_sim.patient import typical_patient

PYTHON_HEAD = '''"""The model as plain arithmetic, printed from equations.py by benchmarks/texts.py."""

Floats = object


def power(x, y):
    return x**y'''

RULES = Style(number="{!r}", declare="  {} := {};", assign="  {}' = {};", item="{}")


def write(folder: Path) -> None:
    """Print the model into `folder`, for the engines that run it."""
    (folder / PYTHON).write_text(python_text(), encoding="utf-8")
    (folder / ANTIMONY).write_text(antimony_text(), encoding="utf-8")
    # Patients and doses come with the data: those of the file do not matter.
    (folder / MRGSOLVE).write_text(mrgsolve(case(typical_patient(), None)), encoding="utf-8")


def python_text() -> str:
    """Python functions of numbers, or of arrays of patients along the second axis."""
    printed = functions()
    rows, columns = zip(*_jacobian(printed["rhs"]), strict=True)
    sizes = {"STATES": "f", "CONSTANTS": "c"}
    outputs = {name: nodes for program in printed.values() for name, nodes in program.outputs.items()}
    numbers = [f"{name} = {len(outputs[argument])}" for name, argument in sizes.items()]
    places = [f"ROWS = {rows!r}", f"COLUMNS = {columns!r}"]
    return "\n\n\n".join([PYTHON_HEAD, *map(numpy_function, printed.values()), "\n".join([*numbers, *places, ""])])


def antimony_text() -> str:
    """Rate rules for libRoadRunner; `infusion` is set between the pieces of a run."""
    rhs = flat(functions()["rhs"])
    lines = ["model itp()", *(f"  {name} = 0;" for name in rhs.inputs), *body(rhs, RULES), "end", ""]
    return "\n".join(lines).replace("power(", "pow(")


def functions() -> dict[str, Program]:
    """What other engines need: constants of a patient, right-hand side, Jacobian, and the count."""
    given = {program.name: program for program in programs()}
    rhs, watch, p_and_u = given["rhs"], given["watch"], given["constants"].inputs
    entries = tuple(_jacobian(rhs).values())
    count = watch.outputs["w"][:1]
    roots = (*rhs.outputs["f"], *count, *entries)
    used = {a for x in below(roots) if x.level > Level.PATIENT for a in x.args}
    c = tuple(x for x in below(roots) if x in used and x.level == Level.PATIENT)
    infusion = {"infusion": rhs.inputs["infusion"]}
    y_and_c = {"y": rhs.inputs["y"], "c": c}
    return {
        "constants": Program("constants", given["constants"].meaning, p_and_u, {"c": c}),
        "rhs": Program("rhs", rhs.meaning, y_and_c | infusion, rhs.outputs),
        "jacobian": Program("jacobian", "Entries of the Jacobian.", y_and_c | infusion, {"j": entries}),
        "count": Program("count", "Count `w` of state `y`; linear in the state.", y_and_c, {"w": count}),
    }


def flat(program: Program) -> Program:
    """`program` with every number an argument of its own: ``c`` becomes ``c0``, ``c1`` and so on."""
    inputs: dict[str, tuple[Node, ...]] = {}
    for argument, nodes in program.inputs.items():
        inputs |= {_own_name(argument, i, x): (x,) for i, x in enumerate(nodes)}
    outputs: dict[str, tuple[Node, ...]] = {}
    for argument, nodes in program.outputs.items():
        names = eq.State._fields if argument in {"f", "y"} else tuple(f"{argument}{i}" for i in range(len(nodes)))
        outputs |= {name: (x,) for name, x in zip(names, nodes, strict=True)}
    return Program(program.name, program.meaning, inputs, outputs)


def _own_name(argument: str, i: int, x: Node) -> str:
    return str(x.value) if x.op == "symbol" and argument != "c" else f"{argument}{i}"


def _jacobian(rhs: Program) -> dict[tuple[int, int], Node]:
    """Entries of the Jacobian that are not zero, by row and column."""
    found = {}
    for column, y in enumerate(rhs.inputs["y"]):
        slope = Derivatives(y.graph, y)
        found |= {(row, column): slope.of(x) for row, x in enumerate(rhs.outputs["f"])}
    return {place: x for place, x in sorted(found.items()) if not is_number(x, 0)}
