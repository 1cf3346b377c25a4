"""Elimination of the sparse linear system of a step, written down once as straight-line operations."""

from typing import NamedTuple

from itp_sim.generate.trace import Graph, Node, is_number

Matrix = dict[Node, dict[Node, Node]]


class Pivot(NamedTuple):
    """One unknown taken out of the system."""

    unknown: Node
    inverse: Node
    row: dict[Node, Node]  #: what its equation still holds of later unknowns
    column: dict[Node, Node]  #: multiples of its equation taken off later equations


def eliminate(graph: Graph, matrix: Matrix) -> list[Pivot]:
    """Eliminate `matrix` along its diagonal, each time the unknown that couples the fewest others (Markowitz).

    Parameters
    ----------
    graph
        Graph that the entries belong to; the operations are added to it.
    matrix
        Entries that are not zero, by row and column; every diagonal entry among them.

    Returns
    -------
    list of Pivot
        In the order of elimination.
    """
    rows = {i: dict(row) for i, row in matrix.items()}
    place = {i: n for n, i in enumerate(rows)}
    pivots = []
    while rows:
        users = {p: [i for i in rows if i != p and p in rows[i]] for p in rows}
        p = min(rows, key=lambda p: ((len(rows[p]) - 1) * len(users[p]), place[p]))
        row = rows.pop(p)
        inverse = graph.inv(row.pop(p))
        column = {}
        for i in users[p]:
            column[i] = rows[i].pop(p) * inverse
            for j, entry in row.items():
                left = rows[i].get(j, graph.node(0)) - column[i] * entry
                rows[i].pop(j, None)
                if not is_number(left, 0):
                    rows[i][j] = left
        pivots.append(Pivot(p, inverse, row, column))
    return pivots


def substitute(pivots: list[Pivot], right: dict[Node, Node]) -> dict[Node, Node]:
    """Solution of the eliminated system for the right-hand side `right`."""
    b = dict(right)
    # For each equation what is taken off it, by the multiple: some multiples are the same, as along a chain.
    off: dict[Node, dict[Node, Node]] = {i: {} for i in b}
    for pivot in pivots:
        for multiple, taken in off[pivot.unknown].items():
            b[pivot.unknown] -= multiple * taken
        for i, multiple in pivot.column.items():
            known = off[i].get(multiple)
            off[i][multiple] = b[pivot.unknown] if known is None else known + b[pivot.unknown]
    x: dict[Node, Node] = {}
    for pivot in reversed(pivots):
        rest = b[pivot.unknown]
        # What is known last is taken off last: nothing else waits for it.
        for j in sorted(pivot.row, key=list(x).index):
            rest -= pivot.row[j] * x[j]
        x[pivot.unknown] = rest * pivot.inverse
    return x
