"""The model for other engines: the same traced equations, printed for each of them.

Nothing is written twice by hand. What does not change during a run (``c``) is computed once a patient.
"""

from pathlib import Path

from benchmarks.printed import ANTIMONY, PYTHON
from itp_sim import equations as eq
from itp_sim.generate.model import Program, programs
from itp_sim.generate.text import Style, body, numpy_function
from itp_sim.generate.trace import Derivatives, Level, Node, below, is_number

PYTHON_HEAD = '''"""The model as plain arithmetic, printed from equations.py by benchmarks/texts.py."""

Floats = object


def power(x, y):
    return x**y'''

MRGSOLVE_FILE = Path(__file__).parent / "mrgsolve" / "itp.mod"

RULES = Style(number="{!r}", declare="  {} := {};", assign="  {}' = {};", item="{}")


def write(folder: Path) -> None:
    """Print the model into `folder`, for the engines that run it."""
    (folder / PYTHON).write_text(python_text(), encoding="utf-8")
    (folder / ANTIMONY).write_text(antimony_text(), encoding="utf-8")


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


def mrgsolve_text() -> str:
    """Model file for mrgsolve; the untreated steady state is given with the parameters, infusions come as doses."""
    printed = functions()
    start = next(program for program in programs() if program.name == "baseline")
    constants, baseline, rhs, count = (
        flat(x, p="p_") for x in (printed["constants"], start, printed["rhs"], printed["count"])
    )
    given = constants.inputs
    assigned = [*constants.outputs, *count.outputs]

    def block(program: Program, assign: str) -> list[str]:
        style = Style(number="{!r}", declare="localdouble {} = {};", assign=assign, item="{}")
        return list(body(program, style))

    # Each program stands in braces of its own: their intermediate results have the same names.
    lines = [
        "$PROB",
        "Printed from equations.py by `python -m benchmarks.texts`: do not edit.",
        "$GLOBAL",
        "#define power(x, y) pow(x, y)",
        "const double infusion = 0.0;",
        f"double {', '.join(assigned)};",
        "$PARAM",
        *(f"{name} = 0" for name in given),
        "$CMT",
        *eq.State._fields,
        "$MAIN",
        *("{", *block(constants, "{} = {};"), "}"),
        *("{", *block(baseline, "{}_0 = {};"), "}"),
        "$ODE",
        *block(rhs, "dxdt_{} = {};"),
        "$TABLE",
        *block(count, "{} = {};"),
        "$CAPTURE w0",
        "",
    ]
    return "\n".join(lines)


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


def flat(program: Program, *, p: str = "") -> Program:
    """`program` with every number an argument of its own: ``c`` becomes ``c0``, ``c1`` and so on.

    The names of parameters get the prefix `p`, where an engine has uses of its own for some of them.
    """
    inputs: dict[str, tuple[Node, ...]] = {}
    for argument, nodes in program.inputs.items():
        prefix = p if argument in {"p", "u"} else ""
        inputs |= {prefix + _own_name(argument, i, x): (x,) for i, x in enumerate(nodes)}
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


if __name__ == "__main__":
    MRGSOLVE_FILE.write_text(mrgsolve_text(), encoding="utf-8")
