"""Numbers that write down what is done with them: one graph of operations, each recorded once, with derivatives."""

from collections.abc import Iterable
from enum import IntEnum
from typing import Any, NamedTuple

#: Added to a base before it is divided by: a power of zero then has the derivative zero, not 0/0.
TINY = 1e-300


class Level(IntEnum):
    """How often a number changes."""

    FIXED = 0  #: never
    PATIENT = 1  #: from patient to patient
    STEP = 2  #: from step to step
    STAGE = 3  #: from stage to stage within a step


class Node:
    """One number of a :class:`Graph`; arithmetic on it adds to the graph."""

    __slots__ = ("args", "graph", "index", "level", "op", "value")

    def __init__(self, graph: "Graph", op: str, args: tuple["Node", ...], *, value: Any) -> None:
        self.graph = graph
        self.op = op  #: number, symbol, add, sub, neg, mul, inv or pow
        self.args = args
        self.value = value  #: of a number; the name of a symbol
        self.index = len(graph.nodes)
        self.level: Level = max((a.level for a in args), default=Level.FIXED)

    def __add__(self, other: object) -> "Node":
        return self.graph.add(self, self.graph.node(other))

    def __radd__(self, other: object) -> "Node":
        return self.graph.add(self.graph.node(other), self)

    def __sub__(self, other: object) -> "Node":
        return self.graph.sub(self, self.graph.node(other))

    def __rsub__(self, other: object) -> "Node":
        return self.graph.sub(self.graph.node(other), self)

    def __mul__(self, other: object) -> "Node":
        return self.graph.mul(self, self.graph.node(other))

    def __rmul__(self, other: object) -> "Node":
        return self.graph.mul(self.graph.node(other), self)

    def __truediv__(self, other: object) -> "Node":
        return self.graph.mul(self, self.graph.inv(self.graph.node(other)))

    def __rtruediv__(self, other: object) -> "Node":
        return self.graph.mul(self.graph.node(other), self.graph.inv(self))

    def __pow__(self, other: object) -> "Node":
        return self.graph.pow(self, self.graph.node(other))

    def __neg__(self) -> "Node":
        return self.graph.neg(self)


class Graph:
    """All operations, each once; the simplest identities of 0, 1 and signs are applied while it grows."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._known: dict[tuple[Any, ...], Node] = {}

    def node(self, value: object) -> Node:
        """Return `value` as a number of this graph."""
        if isinstance(value, Node):
            return value
        if not isinstance(value, int | float):
            raise TypeError(f"the equations combined a traced number with {value!r}: only arithmetic can be traced")
        return self._new("number", (), float(value))

    def symbol(self, name: str, level: Level) -> Node:
        """Return the unknown number `name`."""
        node = self._new("symbol", (), name)
        node.level = level
        return node

    def add(self, a: Node, b: Node) -> Node:
        """Sum; two multiples of one number that changes more often are brought together."""
        if is_number(a) and is_number(b):
            return self.node(a.value + b.value)
        if is_number(a, 0):
            return b
        if is_number(b, 0):
            return a
        if b.op == "neg":
            return self.sub(a, b.args[0])
        if a.op == "neg":
            return self.sub(b, a.args[0])
        if a.op == b.op == "mul":
            for x, c in (a.args, a.args[::-1]):
                if x in b.args and x.level > Level.PATIENT:
                    d = b.args[1 - b.args.index(x)]
                    if max(c.level, d.level) <= Level.PATIENT:
                        return self.mul(x, self.add(c, d))
        return self._new("add", _ordered(a, b))

    def sub(self, a: Node, b: Node) -> Node:
        """Difference."""
        if is_number(a) and is_number(b):
            return self.node(a.value - b.value)
        if a is b:
            return self.node(0)
        if is_number(b, 0):
            return a
        if is_number(a, 0):
            return self.neg(b)
        if b.op == "neg":
            return self.add(a, b.args[0])
        if a.op == "neg":
            return self.neg(self.add(a.args[0], b))
        if is_number(a) and b.op == "sub" and is_number(b.args[0]):
            return self.add(self.node(a.value - b.args[0].value), b.args[1])
        return self._new("sub", (a, b))

    def neg(self, a: Node) -> Node:
        """Negative."""
        if is_number(a):
            return self.node(-a.value)
        if a.op == "neg":
            return a.args[0]
        if a.op == "sub":
            return self.sub(a.args[1], a.args[0])
        return self._new("neg", (a,))

    def mul(self, a: Node, b: Node) -> Node:
        """Product; factors that change less often are brought together."""
        if is_number(a) and is_number(b):
            return self.node(a.value * b.value)
        if is_number(a, 0) or is_number(b, 0):
            return self.node(0)
        if is_number(a, 1):
            return b
        if is_number(b, 1):
            return a
        if is_number(a, -1):
            return self.neg(b)
        if is_number(b, -1):
            return self.neg(a)
        if a.op == "neg":
            return self.neg(self.mul(a.args[0], b))
        if b.op == "neg":
            return self.neg(self.mul(a, b.args[0]))
        for x, y in ((a, b), (b, a)):
            if x.level < y.level and y.op == "mul":
                for c, d in (y.args, y.args[::-1]):
                    if c.level < y.level:
                        return self.mul(self.mul(x, c), d)
        return self._new("mul", _ordered(a, b))

    def inv(self, a: Node) -> Node:
        """Reciprocal: a denominator that occurs twice is divided by once."""
        if is_number(a):
            return self.node(1 / a.value)
        if a.op == "inv":
            return a.args[0]
        if a.op == "neg":
            return self.neg(self.inv(a.args[0]))
        return self._new("inv", (a,))

    def pow(self, a: Node, b: Node) -> Node:
        """Power; a whole exponent becomes a chain of products."""
        if is_number(b) and b.value == int(b.value) and 0 <= b.value <= 16:
            n = int(b.value)
            if n == 0:
                return self.node(1)
            half = self.pow(a, self.node(n // 2)) if n > 1 else self.node(1)
            return self.mul(self.mul(half, half), a) if n % 2 else self.mul(half, half)
        if is_number(a, 1):
            return a
        return self._new("pow", (a, b))

    def _new(self, op: str, args: tuple[Node, ...], value: Any = None) -> Node:
        key = (op, value, *(a.index for a in args))
        if key not in self._known:
            node = Node(self, op, args, value=value)
            self.nodes.append(node)
            self._known[key] = node
        return self._known[key]


class Derivatives:
    """Derivatives in one variable, those of `held` nodes being zero."""

    def __init__(self, graph: Graph, variable: Node, held: Iterable[Node] = ()) -> None:
        self.graph = graph
        zero = graph.node(0)
        self._known = dict.fromkeys(held, zero) | {variable: graph.node(1)}

    def of(self, x: Node) -> Node:
        """Derivative of `x`."""
        if x not in self._known:
            self._known[x] = self._take(x)
        return self._known[x]

    def of_definition(self, x: Node) -> Node:
        """Derivative of `x` by the operation that makes it, held or not."""
        return self._take(x)

    def _take(self, x: Node) -> Node:
        d = [self.of(a) for a in x.args]
        match x.op:
            case "number" | "symbol":
                return self.graph.node(0)
            case "add":
                return d[0] + d[1]
            case "sub":
                return d[0] - d[1]
            case "neg":
                return -d[0]
            case "mul":
                return d[0] * x.args[1] + x.args[0] * d[1]
            case "inv":
                return -(x * x * d[0])
            case _:
                base, exponent = x.args
                if not is_number(d[1], 0):
                    raise TypeError(
                        "an exponent in the equations changes with the state: such a derivative is not printed"
                    )
                return exponent * x * d[0] / (base + TINY)


class Sum(NamedTuple):
    """A sum of many states, such as all platelets."""

    node: Node
    terms: tuple[Node, ...]


def long_sums(roots: Iterable[Node], states: Iterable[Node], least: int = 3) -> list[Sum]:
    """Sums of at least `least` bare states below `roots`, the longest of each chain.

    Each becomes an unknown of the linear system: its states then stay a chain instead of all being coupled.
    """
    bare = set(states)
    sums = [Sum(x, _terms(x)) for x in below(roots) if x.op == "add"]
    sums = [s for s in sums if len(s.terms) >= least and bare.issuperset(s.terms)]
    parts = {a for s in sums for a in s.node.args}
    return [s for s in sums if s.node not in parts]


def waists(roots: tuple[Node, ...], unknowns: Iterable[Node]) -> list[Node]:
    """Intermediate results through which many unknowns act on many of `roots`, such as the loss per platelet.

    Each becomes an unknown of the linear system, where r roots times u unknowns would else be coupled one by one.
    """
    cut = list(unknowns)
    found: list[Node] = []
    while True:
        reach = [set(below([root], cut)) for root in roots]
        best: tuple[int, int, Node] | None = None
        for x in below(roots, cut):
            if x.level < Level.STEP or x in cut:
                continue
            r = sum(x in nodes for nodes in reach)
            u = len(set(cut).intersection(below([x], cut)))
            if r * u > 2 * (r + u) and (best is None or (r * u, x.index) > best[:2]):
                best = (r * u, x.index, x)
        if best is None:
            return found
        found.append(best[2])
        cut.append(best[2])


def below(roots: Iterable[Node], cut: Iterable[Node] = ()) -> list[Node]:
    """All nodes that `roots` are made of, in the order in which they were recorded; nothing below `cut`."""
    stop, seen, stack = set(cut), set[Node](), list(roots)
    while stack:
        x = stack.pop()
        if x not in seen:
            seen.add(x)
            if x not in stop:
                stack += x.args
    return sorted(seen, key=lambda x: x.index)


def is_number(x: Node, value: float | None = None) -> bool:
    """Whether `x` is a plain number, and this one if a value is given."""
    return x.op == "number" and (value is None or bool(x.value == value))


def _terms(x: Node) -> tuple[Node, ...]:
    return tuple(t for a in x.args for t in _terms(a)) if x.op == "add" else (x,)


def _ordered(a: Node, b: Node) -> tuple[Node, Node]:
    return (a, b) if a.index <= b.index else (b, a)
