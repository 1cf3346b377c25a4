"""Symbols and equations as LaTeX: chains of alike equations as one form, long sums as sums."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import sympy
from sympy.printing.latex import LatexPrinter

from itp_sim.exchange.latex import tex
from itp_sim.generate.symbolic import Equation

__all__ = ["LONG", "equal", "form", "forms", "index", "printed", "rates", "tex"]

#: Members from which a sum or a row of equal symbols is shortened.
LONG = 4


def printed(expression: Any) -> str:
    """LaTeX of an expression, its terms in the order in which the code has them."""
    return str(_Printer().doprint(_series(expression)))


def equal(e: Equation, align: str = "") -> str:
    """One equation, with `align` before its last sign of equality."""
    left = list(e.left) if isinstance(e.left, sympy.Tuple) else [e.left]
    names = [printed(x) for x in left]
    if len(left) >= LONG and _chain(left):
        names = [names[0], r"\dots", names[-1]]
    return f"{' = '.join(names)} {align}= {printed(e.right)}"


def rates(rows: Iterable[Equation]) -> Iterator[str]:
    """Derivatives, aligned; neighbours in a chain that all have one form, as that form."""
    return forms(rows, lambda name: rf"\frac{{d{tex(name)}}}{{dt}}")


def forms(rows: Iterable[Equation], left: Any = tex) -> Iterator[str]:
    """Equations of symbols, aligned; neighbours in a chain that all have one form, as that form.

    Parameters
    ----------
    rows
        The left side of each is a symbol.
    left
        What is printed left, from the symbol's name.
    """
    with sympy.evaluate(False):
        alike = [(form(e), e) for e in rows]
    for general, group in groupby(alike, key=lambda pair: pair[0]):
        members = [e for _, e in group]
        name, right, where = members[0].left.name, members[0].right, ""
        if len(members) > 1:
            name, right = general[0].name, general[1]
            where = rf", \quad i = {index(members[0])}, \dots, {index(members[-1])}"
        yield f"{left(name)} &= {printed(right)}{where}"


def form(e: Equation) -> tuple[Any, Any]:
    """Member of a chain, with its own index as i and that of the one before as i-1."""
    base, i = e.left.name.split("_")[0], index(e)
    own, before = sympy.Symbol(f"{base}_i"), {sympy.Symbol(f"{base}_{i - 1}"): sympy.Symbol(f"{base}_i-1")}
    return own, e.right.xreplace({e.left: own} | before)


def index(e: Equation) -> int:
    """The number at the end of the symbol, 0 if there is none."""
    last = e.left.name.split("_")[-1]
    return int(last) if last.isdigit() else 0


class _Printer(LatexPrinter):  # type: ignore[misc]
    """LaTeX of an expression, with symbols as :func:`tex` writes them and long sums of a chain as one sum."""

    def __init__(self) -> None:
        super().__init__({"order": "none"})

    def _print_Symbol(self, x: Any, **_: Any) -> str:
        return tex(x.name)

    def _print_Function(self, x: Any, exp: str | None = None) -> str:
        power = f"^{{{exp}}}" if exp else ""
        return f"{tex(x.func.__name__)}{power}\\left({', '.join(map(self.doprint, x.args))}\\right)"

    def _print_Add(self, e: Any, order: str | None = None) -> str:
        if len(e.args) >= LONG and (base := _chain(e.args)):
            return rf"\sum_{{i=1}}^{{{len(e.args)}}} {tex(base + '_i')}"
        if len(e.args) >= LONG and (power := _powers(e.args)) is not None:
            return rf"\sum_{{i=1}}^{{{len(e.args)}}} {self.doprint(power)}^{{i}}"
        return str(super()._print_Add(e, order))


def _chain(symbols: Sequence[Any]) -> str:
    """Base of the symbols base_1, base_2, ..., in this order; nothing if they are anything else."""
    names = [x.name if x.is_Symbol else "" for x in symbols]
    base = names[0].removesuffix("_1")
    return base if names == [f"{base}_{i}" for i in range(1, len(names) + 1)] else ""


def _powers(terms: Sequence[Any]) -> Any:
    """The x of x, x**2, x**3, ... in any order; None if they are anything else."""
    known = {x for term in terms for x in term.free_symbols}
    if len(known) != 1:
        return None
    (x,) = known
    return x if set(terms) == {x**i for i in range(1, len(terms) + 1)} else None


def _series(e: Any) -> Any:
    """A polynomial that is written as nested products, as a sum of powers."""
    if not e.is_Mul or len(e.free_symbols) != 1:
        return e
    with sympy.evaluate(True):
        whole = sympy.expand(e.doit())
    return whole if whole.is_Add and len(whole.args) >= LONG and _powers(whole.args) is not None else e
