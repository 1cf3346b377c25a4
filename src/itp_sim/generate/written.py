"""The model as it is written, for other programs: no operation moved or simplified, every flux under its own name."""

import inspect
import re
from collections.abc import Callable
from types import FunctionType
from typing import Any, NamedTuple

from itp_sim import equations as eq
from itp_sim.generate.trace import Graph, Level, Node

#: The argument of `equations.rhs` that no field describes: name, label.
INFUSION = ("infusion", eq.Label("g/day", "R", "rate of the running infusion"))


class Flux(NamedTuple):
    """What one function of the equations returns, where it is used with one set of arguments only."""

    name: str  #: as other programs call it
    function: str  #: as the code calls it
    unit: str
    meaning: str
    value: Node
    fixed: bool  #: made of parameters alone


class Written(NamedTuple):
    """Everything that another program needs; each expression in terms of names."""

    fluxes: tuple[Flux, ...]  #: each after those that it is made of
    rates: dict[str, Node]  #: derivative of each state
    outputs: dict[str, Node]  #: outputs that are no flux
    start: dict[str, Node]  #: the untreated state, from parameters and `equations.Untreated`


class Plain(Graph):
    """Operations as they stand: other programs are read by people."""

    def add(self, a: Node, b: Node) -> Node:
        """Sum."""
        return self._new("add", (a, b))

    def sub(self, a: Node, b: Node) -> Node:
        """Difference."""
        return self._new("sub", (a, b))

    def neg(self, a: Node) -> Node:
        """Negative."""
        return self._new("neg", (a,))

    def mul(self, a: Node, b: Node) -> Node:
        """Product."""
        return self._new("mul", (a, b))

    def inv(self, a: Node) -> Node:
        """Reciprocal, which a product then shows as a quotient."""
        return self._new("inv", (a,))

    def pow(self, a: Node, b: Node) -> Node:
        """Power."""
        return self._new("pow", (a, b))


def written() -> Written:
    """Run the equations on names and write down what they say."""
    g = Plain()
    s = eq.State(*(g.symbol(name, Level.STEP) for name in eq.State._fields))
    p = eq.Parameters(*(g.symbol(name, Level.PATIENT) for name in eq.Parameters._fields))
    u = eq.Untreated(*(g.symbol(name, Level.PATIENT) for name in eq.Untreated._fields))
    infusion = g.symbol(INFUSION[0], Level.STEP)

    first = _Copies(g, {})
    first.scope["rhs"](s, p, u, infusion)
    names = _names(first.seen, first.scope["outputs"](s, p, u))
    copies = _Copies(g, names)
    rates = copies.scope["rhs"](s, p, u, infusion)._asdict()
    outputs = copies.scope["outputs"](s, p, u)._asdict()
    start = copies.scope["baseline"](p, u)._asdict()
    return Written(
        tuple(copies.fluxes.values()),
        {name: g.node(x) for name, x in rates.items()},
        {name: x for name, x in outputs.items() if name not in names.values()},
        {name: g.node(x) for name, x in start.items()},
    )


class _Copies:
    """Copies of all functions that look each other up here: those with a name return it, once they are known.

    Parameters
    ----------
    graph
        Where the operations are written down.
    names
        Name to return for a function; none at first, to find out which functions have one set of arguments.
    """

    def __init__(self, graph: Graph, names: dict[str, str]) -> None:
        self.graph = graph
        self.names = names
        self.scope: dict[str, Any] = dict(vars(eq))
        self.seen: dict[str, dict[Any, Any]] = {}  #: what each function returned, by its arguments
        self.fluxes: dict[str, Flux] = {}
        for name, function in vars(eq).items():
            if inspect.isfunction(function):
                self.scope[name] = self._copy(name, FunctionType(function.__code__, self.scope, name))

    def _copy(self, name: str, function: FunctionType) -> Callable[..., Any]:
        def call(*values: Any) -> Any:
            known = self.seen.setdefault(name, {})
            if values not in known:
                # A name stands for the first arguments; with others, as in the untreated state, the formula itself.
                fresh = name in self.names and not known
                result = function(*values)
                known[values] = self._named(name, result) if fresh else result
            return known[values]

        return call

    def _named(self, function: str, value: Node) -> Node:
        meaning = " ".join((inspect.getdoc(getattr(eq, function)) or "").split("\n\n")[0].split())
        unit = re.search(r"\[([^\]]*)\]", meaning)
        name = self.names[function]
        fixed = value.level <= Level.PATIENT
        self.fluxes[function] = Flux(name, function, unit[1] if unit else "", meaning, value, fixed)
        return self.graph.symbol(name, Level.PATIENT if fixed else Level.STEP)


def _names(seen: dict[str, dict[Any, Any]], outputs: eq.Outputs) -> dict[str, str]:
    """Name of each function with one set of arguments: that of the output that it is, else its own."""
    taken = {*eq.State._fields, *eq.Parameters._fields, *eq.Untreated._fields, *eq.Outputs._fields}
    shown = {node: name for name, node in outputs._asdict().items()}
    names = {}
    for function, results in seen.items():
        values = list(results.values())
        if function not in {"rhs", "outputs"} and len(values) == 1 and isinstance(values[0], Node):
            plain = f"{function}_rate" if function in taken else function
            names[function] = shown.get(values[0], plain)
    return names
