"""Programs as text: the same operations in the same order.

In C over lanes, in NumPy over patients, in JavaScript for one patient.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from itp_sim.generate.model import Program
from itp_sim.generate.trace import Node, below, is_number

#: Longest text that is written into the expression that uses it.
INLINE = 36


class Style(NamedTuple):
    """How one language writes numbers and assignments."""

    number: str
    declare: str
    assign: str
    item: str


C = Style(number="K({!r})", declare="    const V {} = {};", assign="    {} = {};", item="{}[{}]")
NUMPY = Style(number="{!r}", declare="    {} = {}", assign="    {} = {}", item="{}[{}]")
JAVASCRIPT = Style(number="{!r}", declare="  const {} = {};", assign="  {} = {};", item="{}[{}]")


def body(program: Program, style: Style) -> Iterator[str]:
    """Lines that compute the outputs of `program`."""
    names = dict(_inputs(program, style))
    roots = tuple(chain.from_iterable(program.outputs.values()))
    order = below(roots, cut=names)
    yield from _loads(program, order, style=style, names=names)
    uses = Counter(a for x in order if x not in names for a in x.args) + Counter(roots)
    text: dict[Node, str] = dict(names)
    count = 0
    for x in order:
        if x in names:
            continue
        text[x] = style.number.format(x.value) if is_number(x) else _expression(x, text, style)
        short = x in roots or len(text[x]) <= INLINE
        if is_number(x) or (uses[x] == 1 and short):
            continue
        count += 1
        yield style.declare.format(f"t{count}", text[x])
        text[x] = f"t{count}"
    for name, nodes in program.outputs.items():
        for i, x in enumerate(nodes):
            yield style.assign.format(style.item.format(name, i), text[x])


def c_function(program: Program) -> str:
    """A C function over lanes; its arguments are arrays."""
    inputs = [f"const V *{name}" for name in program.inputs]
    outputs = [f"V *{name}" for name in program.outputs]
    head = f"/* {program.meaning} */\nINLINE void {program.name}({', '.join(inputs + outputs)})\n{{"
    return "\n".join([head, *body(program, C), "}"])


def numpy_function(program: Program) -> str:
    """A NumPy function over patients; every argument has its numbers along the first axis."""
    names = [*program.inputs, *program.outputs]
    head = f"def {program.name}({', '.join(f'{n}: Floats' for n in names)}) -> None:\n" + f'    """{program.meaning}"""'
    return "\n".join([head, *body(program, NUMPY)])


def javascript_function(program: Program) -> str:
    """A JavaScript function of one patient; its arguments are arrays."""
    names = [*program.inputs, *program.outputs]
    head = f"/* {program.meaning} */\nfunction {program.name}({', '.join(names)}) {{"
    return "\n".join([head, *body(program, JAVASCRIPT), "}"])


def _inputs(program: Program, style: Style) -> Iterator[tuple[Node, str]]:
    """Each number that is given, as it is written in the function."""
    for name, nodes in program.inputs.items():
        for i, x in enumerate(nodes):
            named = x.op == "symbol" and len(nodes) > 1
            yield x, str(x.value) if named else style.item.format(name, i)


def _loads(program: Program, order: Iterable[Node], *, style: Style, names: dict[Node, str]) -> Iterator[str]:
    used = set(order)
    for name, nodes in program.inputs.items():
        for i, x in enumerate(nodes):
            item = style.item.format(name, i)
            if x in used and names[x] != item:
                yield style.declare.format(names[x], item)


def _expression(x: Node, text: dict[Node, str], style: Style) -> str:
    a = [text[arg] for arg in x.args]
    b = [text[arg] if " " not in text[arg] or arg.op == "pow" else f"({text[arg]})" for arg in x.args]
    match x.op:
        case "add":
            return f"{a[0]} + {b[1]}"
        case "sub":
            return f"{a[0]} - {b[1]}"
        case "neg":
            return f"-{b[0]}"
        case "mul":
            return f"{b[0]} * {b[1]}"
        case "inv":
            return f"{style.number.format(1.0)} / {b[0]}"
        case _:
            return f"power({a[0]}, {a[1]})"
