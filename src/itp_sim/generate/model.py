"""The model as graphs of operations: right-hand side, factorised step matrix, read-outs and untreated steady state."""

from typing import NamedTuple

from itp_sim import equations as eq
from itp_sim.generate.linear import eliminate, substitute
from itp_sim.generate.trace import Derivatives, Graph, Level, Node, below, is_number, long_sums, waists
from itp_sim.generate.written import INFUSION


class Program(NamedTuple):
    """One function to print: what it writes, from what."""

    name: str
    meaning: str
    inputs: dict[str, tuple[Node, ...]]  #: argument -> its numbers
    outputs: dict[str, tuple[Node, ...]]  #: argument -> what is written into it


class Symbols(NamedTuple):
    """The unknown numbers of one patient."""

    graph: Graph
    y: eq.State
    p: eq.Parameters
    u: eq.Untreated
    infusion: Node  #: running infusion [g/day]
    scale: Node  #: 1/(gamma h), the diagonal of the step matrix [1/day]


def symbols() -> Symbols:
    """Fresh symbols, named like the fields of the equations."""
    g = Graph()
    y = eq.State(*(g.symbol(name, Level.STEP) for name in eq.State._fields))
    p = eq.Parameters(*(g.symbol(name, Level.PATIENT) for name in eq.Parameters._fields))
    u = eq.Untreated(*(g.symbol(name, Level.PATIENT) for name in eq.Untreated._fields))
    return Symbols(g, y, p, u, g.symbol(INFUSION[0], Level.STEP), g.symbol("scale", Level.STEP))


def derivatives(s: Symbols) -> tuple[Node, ...]:
    """Right-hand side."""
    return tuple(map(s.graph.node, eq.rhs(s.y, s.p, s.u, s.infusion)))


def step_matrix(s: Symbols) -> dict[Node, dict[Node, Node]]:
    """Entries of ``scale I - J`` that are not zero, bordered by one unknown for each long sum and each waist."""
    f = derivatives(s)
    sums = long_sums(f, s.y)
    totals = [total.node for total in sums]
    extra = totals + waists(f, (*s.y, *totals))
    one = s.graph.node(1)
    rows: dict[Node, dict[Node, Node]] = {i: {i: s.scale} for i in s.y} | {i: {i: one} for i in extra}
    for j in (*s.y, *extra):
        slope = Derivatives(s.graph, j, held=[x for x in extra if x is not j])
        for i, result in zip((*s.y, *extra), (*f, *extra), strict=True):
            change = -slope.of(result) if i not in extra else _border(slope, i, j)
            entry = rows[i].get(j, s.graph.node(0)) + change
            rows[i] |= {} if is_number(entry, 0) else {j: entry}
    return rows


def _border(slope: Derivatives, i: Node, j: Node) -> Node:
    """Entry in the row of the extra unknown `i`: minus the derivative of its definition, itself left free."""
    zero = slope.graph.node(0)
    return zero if i is j else -slope.of_definition(i)


def programs() -> list[Program]:
    """Every function that the solvers take from the equations, in the order in which they are printed."""
    s = symbols()
    g = s.graph
    f = derivatives(s)
    b = tuple(g.symbol(f"b_{name}", Level.STAGE) for name in eq.State._fields)
    matrix = step_matrix(s)
    pivots = eliminate(g, matrix)
    right = {i: g.node(0) for i in matrix} | dict(zip(s.y, b, strict=True))
    solution = substitute(pivots, right)
    x = tuple(solution[i] for i in s.y)
    seen = tuple(map(g.node, eq.outputs(s.y, s.p, s.u)))
    watched = _watched(s)

    factors = _hoisted(x, Level.STEP)
    constants = _hoisted((*f, *factors, *seen, *watched), Level.PATIENT)
    state, fixed = {"y": tuple(s.y)}, {"c": constants}
    return [
        *_untreated(s),
        Program(
            "constants",
            "What stays the same during the run of a patient with parameters `p` and untreated steady state `u`.",
            {"p": tuple(s.p), "u": tuple(s.u)},
            {"c": constants},
        ),
        Program("rhs", "Rates of change `f` of state `y`.", state | fixed | {INFUSION[0]: (s.infusion,)}, {"f": f}),
        Program(
            "linearise",
            "Rates of change `f` of state `y`, and factors `m` of the step matrix, scale I minus the Jacobian.",
            state | fixed | {INFUSION[0]: (s.infusion,), "scale": (s.scale,)},
            {"f": f, "m": factors},
        ),
        Program("substitute", "Solution `x` of the system for `b`.", {"b": b, "m": factors} | fixed, {"x": x}),
        Program("observe", "Outputs `out` of state `y`.", state | fixed, {"out": seen}),
        Program(
            "watch",
            "Count, total plasma IgG, and gram infused so far that are in the body or gone.",
            state | fixed,
            {"w": watched},
        ),
    ]


def _watched(s: Symbols) -> tuple[Node, ...]:
    """What is followed at every step; linear in the state, so it can be applied to increments too."""
    seen = eq.outputs(s.y, s.p, s.u)
    return (seen.platelets, seen.igg, eq.infused_so_far(s.y, s.p))


def _hoisted(roots: tuple[Node, ...], level: Level) -> tuple[Node, ...]:
    """Numbers that change no more often than `level` but are used by something that does."""
    nodes = below(roots)
    used = {a for x in nodes if x.level > level for a in x.args} | set(roots)
    return tuple(x for x in nodes if x in used and x.level == level)


def _untreated(s: Symbols) -> list[Program]:
    """Steps of Newton's method for the untreated steady state, and the state that belongs to it."""
    g, p = s.graph, s.p
    given = {"p": tuple(p)}
    T, r, held = (g.symbol(name, Level.STEP) for name in ("T", "r", "held"))
    excess = T * eq.tpo_removal(p.P0, eq.megakaryocyte_input(T, p), p) - 1
    pooled = p.P0 / (1 - p.PHI)
    a = eq.ageing(p)
    QN = eq.healthy_production(p)
    entering = QN * p.EPS * eq.megakaryocyte_input(T, p)
    ratio = pooled * a / entering
    loss = a * (1 - r) / r
    u = eq.Untreated(QN=QN, TPO0=T, KIMM=loss - eq.haemostatic_use(pooled, p))
    return [
        Program("tpo_first", "Guess of untreated thrombopoietin.", given, {"T": (1 / eq.tpo_removal(p.P0, 1, p),)}),
        Program("tpo_next", "Newton's next guess after `T`.", given | {"T": (T,)}, {"next": (_newton(T, excess),)}),
        Program(
            "survival_first",
            "Platelets held per platelet entering, in units of one age, and a guess of the share that survives one.",
            given | {"T": (T,)},
            {"held": (ratio,), "r": (ratio / (1 + ratio),)},
        ),
        Program(
            "survival_next",
            "Newton's next guess after `r`.",
            {"held": (held,), "r": (r,)},
            {"next": (_newton(r, eq.survival(r) - held),)},
        ),
        Program("untreated", "Untreated steady state.", given | {"T": (T,), "r": (r,)}, {"u": tuple(u)}),
        Program(
            "baseline",
            "State of the untreated patient.",
            given | {"u": tuple(s.u)},
            {"y": tuple(map(g.node, eq.baseline(p, s.u)))},
        ),
    ]


def _newton(x: Node, residual: Node) -> Node:
    return x - residual / Derivatives(x.graph, x).of(residual)
