"""The equation sheet, printed from the running equations.

A copy of every equation runs on sympy symbols; in it a named function returns its own symbol, so the sheet keeps the
structure of the code. ``python -m itp_sim.generate.latex`` writes ``docs/equations.md``.
"""

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from types import FunctionType
from typing import Any, NamedTuple

import sympy
from sympy.printing.latex import LatexPrinter

from itp_sim import equations as eq
from itp_sim.notice import RESEARCH_ONLY

#: Where a checkout keeps the sheet.
SHEET = Path(__file__).parents[3] / "docs" / "equations.md"

#: Printed symbol of each named function; then those of its leading arguments, if it is used with more than one set.
SYMBOLS: dict[str, tuple[str, ...]] = {
    "total_igg": ("C",),
    "igg_elimination": ("f",),
    "igg_exchange": ("J", "x_1", "x_2"),
    "autoantibody": ("A",),
    "remission": ("w",),
    "blockade": ("b",),
    "immune_clearance": ("k",),
    "spleen_clearance": ("k_spl",),
    "liver_clearance": ("k_liv",),
    "haemostatic_use": ("k_use", "N"),
    "ageing": ("a",),
    "all_platelets": ("N",),
    "circulating_share": ("c",),
    "platelet_release": ("p", "M"),
    "tpo_removal": ("rho", "P", "Mbar"),
    "megakaryocyte_input": ("m", "T"),
    "marrow_transit": ("k_tr",),
    "survival": ("S", "r"),
}

#: Title, functions and states of each section.
SECTIONS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "IgG": (
        ("total_igg", "igg_elimination", "igg_exchange", "autoantibody", "remission"),
        ("IVIG1", "IVIG2", "ACT1", "ACT2", "IGG1", "IGG2", "AB", "OUT"),
    ),
    "Blockade": (("blockade",), ("CE",)),
    "Clearance": (
        ("immune_clearance", "spleen_clearance", "liver_clearance", "haemostatic_use", "ageing"),
        (),
    ),
    "Platelets by age": (
        ("all_platelets", "circulating_share", "platelet_release"),
        tuple(f"PLT{i}" for i in range(1, 11)),
    ),
    "Marrow and thrombopoietin": (
        ("tpo_removal", "megakaryocyte_input", "marrow_transit"),
        ("TPO", *(f"MK{i}" for i in range(1, 7))),
    ),
}

#: Parameters that switch a mechanism, with the value that takes it out.
SWITCHES = {"fcrn_effect": 0, "blockade_effect": 0, "tpo_feedback": 0, "spleen": 0}

#: The argument of `equations.rhs` that no field describes: name, label.
INFUSION = ("infusion", eq.Label("g/day", "R", "rate of the running infusion"))

GREEK = ("gamma", "epsilon", "phi", "rho")

#: Name of an untreated value that only the sheet needs: the share of platelets that lives on from one age to the next.
KEPT = sympy.Symbol("r_0")


class Equation(NamedTuple):
    """One equation of the sheet."""

    name: str  #: function or field in the code
    left: Any  #: a symbol, a function of symbols, or a tuple of symbols that are all equal
    right: Any


class Model(NamedTuple):
    """The model on symbols: what each named function is, and everything else in terms of them."""

    fluxes: dict[str, Equation]
    rates: dict[str, Equation]  #: derivative of each state
    outputs: dict[str, Equation]
    untreated: tuple[Equation, ...]


def symbols(fields: type) -> Any:
    """`equations.State`, `Parameters`, `Untreated` or `Outputs` with every field as its printed symbol."""
    return fields(*(sympy.Symbol(label.symbol) for label in eq.labels(fields).values()))


def model() -> Model:
    """Run the equations on symbols and collect what they say."""
    s, p, u = symbols(eq.State), symbols(eq.Parameters), symbols(eq.Untreated)
    seen: dict[str, Equation] = {}
    # Unevaluated, so that terms stay in the order in which the code has them.
    with sympy.evaluate(False):
        plain, named = _copies(seen)
        rates = plain["rhs"](s, p, u, sympy.Symbol(INFUSION[1].symbol))
        outputs = plain["outputs"](s, p, u)
        untreated = _untreated(plain, named, s, p, u)
    return Model(
        {name: _tidied(seen[name]) for name in SYMBOLS},
        {name: _tidied(Equation(name, getattr(s, name), right)) for name, right in rates._asdict().items()},
        {
            name: _tidied(Equation(name, left, right))
            for name, left, right in zip(eq.Outputs._fields, symbols(eq.Outputs), outputs, strict=True)
        },
        tuple(map(_tidied, untreated)),
    )


def switched(fluxes: dict[str, Equation], name: str, value: int) -> list[Equation]:
    """Fluxes that change, and to what, when parameter `name` is set to `value`."""
    known: dict[Any, Any] = {getattr(symbols(eq.Parameters), name): sympy.Integer(value)}
    left = []
    for e in fluxes.values():
        before = e.right.doit()
        after = before.subs(known)
        if after == before:
            continue
        after = sympy.simplify(after)
        left.append(e._replace(right=after))
        if after.is_number:
            known[e.left] = after
    return left


def equation_sheet() -> str:
    """Return the equations, switches and symbols of the model as Markdown with LaTeX."""
    m = model()
    lines = ["<!-- Printed by `python -m itp_sim.generate.latex`. Do not edit. -->", "", "# Equations", ""]
    lines += [RESEARCH_ONLY, "", _plain(inspect.getdoc(eq))]
    for title, (fluxes, states) in SECTIONS.items():
        lines += ["", f"## {title}"]
        for name in fluxes:
            lines += _flux(m.fluxes[name])
        for row in _rates(m.rates[name] for name in states):
            lines += _display(row)
    lines += ["", "## Untreated steady state", "", _plain(inspect.getdoc(eq.untreated)), *_flux(m.fluxes["survival"])]
    for _, group in groupby(m.untreated, key=lambda e: e.name):
        lines += _display(r", \quad ".join(map(_equal, group)))
    lines += ["", "## Outputs"]
    for e in m.outputs.values():
        lines += _display(_equal(e)) if e.left != e.right else []
    lines += ["", "## Mechanisms switched off", "", "| parameter | what it leaves |", "|---|---|"]
    for name, value in SWITCHES.items():
        left = " and ".join(f"${_equal(e)}$" for e in switched(m.fluxes, name, value))
        lines.append(f"| `{name}` = {value} | {left} |")
    lines += ["", "## Symbols"]
    for fields in (eq.State, eq.Parameters, eq.Untreated, eq.Outputs):
        lines += _table(fields)
    return "\n".join([*lines, "", *_heading("Input"), _line(*INFUSION), ""])


# --- equations that return symbols -----------------------------------------------------------------------------------


def _copies(seen: dict[str, Equation]) -> tuple[dict[str, Callable[..., Any]], dict[str, Any]]:
    """Copies of all functions, and the names that they look up: there, a named function returns its symbol.

    `seen` collects what each named function returned.
    """
    scope: dict[str, Any] = dict(vars(eq))
    plain: dict[str, Callable[..., Any]] = {
        n: FunctionType(f.__code__, scope, n) for n, f in vars(eq).items() if inspect.isfunction(f)
    }
    for name in SYMBOLS:
        scope[name] = _named(name, plain[name], seen)
    return plain, scope


def _named(name: str, function: Callable[..., Any], seen: dict[str, Equation]) -> Callable[..., Any]:
    """Wrap `function` so that it leaves its definition in `seen` and returns its symbol, or symbol and arguments."""
    symbol, *formal = SYMBOLS[name]
    n = len(formal)
    variables = tuple(map(sympy.Symbol, formal))

    def call(*values: Any) -> Any:
        if n:
            left, returned = sympy.Function(symbol)(*variables), sympy.Function(symbol)(*values[:n])
        else:
            left = returned = sympy.Symbol(symbol)
        right = function(*variables, *values[n:])
        if right != seen.setdefault(name, Equation(name, left, right)).right:
            raise ValueError(f"{name} has two sets of arguments: add symbols for its arguments to SYMBOLS")
        return returned

    return call


def _untreated(
    plain: dict[str, Callable[..., Any]], named: dict[str, Any], s: eq.State, p: eq.Parameters, u: eq.Untreated
) -> list[Equation]:
    """The untreated steady state: the equations that Newton's method solves, then the states that follow."""
    start = plain["baseline"](p, u)
    MK = named["megakaryocyte_input"](u.TPO0, p)
    release = named["platelet_release"](MK, p, u)
    kept = start.PLT2.args[1]
    held = p.P0 / (1 - p.PHI)
    ages = [age.xreplace({start.PLT1: s.PLT1}).xreplace({kept: KEPT}) for age in start[s.index(s.PLT2) :]]
    return [
        Equation("healthy_production", u.QN, plain["healthy_production"](p)),
        Equation("untreated_tpo", sympy.Integer(1), u.TPO0 * named["tpo_removal"](p.P0, MK, p)),
        Equation("untreated_loss", KEPT, kept),
        Equation("untreated_loss", held, release / named["ageing"](p) * named["survival"](KEPT)),
        *_alike(s, start, s.index(s.PLT1)),
        Equation("youngest", s.PLT1, start.PLT1.xreplace({kept: KEPT})),
        *(Equation("older", age, right) for age, right in zip(s[s.index(s.PLT2) :], ages, strict=True)),
    ]


def _alike(s: eq.State, start: eq.State, n: int) -> list[Equation]:
    """One equation for all of the first `n` states that start with the same value."""
    with sympy.evaluate(True):
        values = [value.func(*value.args).doit() if value.args else value for value in start[:n]]
    together = {value: sympy.Tuple(*(x for x, v in zip(s, values, strict=False) if v == value)) for value in values}
    return [Equation("baseline", left, value) for value, left in together.items()]


# --- printing --------------------------------------------------------------------------------------------------------


class _Printer(LatexPrinter):  # type: ignore[misc]
    """LaTeX of an expression, with symbols as :func:`tex` writes them."""

    def __init__(self) -> None:
        super().__init__({"order": "none"})

    def _print_Symbol(self, x: Any, **_: Any) -> str:
        return tex(x.name)

    def _print_Function(self, x: Any, exp: str | None = None) -> str:
        power = f"^{{{exp}}}" if exp else ""
        return f"{tex(x.func.__name__)}{power}\\left({', '.join(map(self.doprint, x.args))}\\right)"


def tex(symbol: str) -> str:
    """LaTeX of a printed symbol: ``k_imm``, ``IC_50``, ``gamma``, ``Mbar``."""
    if not (parts := re.fullmatch(r"([A-Za-z]+)(?:_([\w-]+))?", symbol)):
        return symbol
    base, sub = parts.groups()
    if base in GREEK:
        base = rf"\{base}"
    elif base.endswith("bar"):
        base = rf"\bar{{{base[:-3]}}}"
    elif len(base) > 1:
        base = rf"\mathrm{{{base}}}"
    if not sub:
        return base
    return f"{base}_{{{sub}}}" if re.fullmatch(r".|\d+|i-1", sub) else rf"{base}_{{\mathrm{{{sub}}}}}"


def _tidied(e: Equation) -> Equation:
    return e._replace(right=_tidy(e.right))


def _tidy(e: Any) -> Any:
    """Write `e` without needless brackets: sums in sums are one sum, and ``(x**2)**(y/2)`` is ``x**y``."""
    if not e.args:
        return e
    args = [_tidy(x) for x in e.args]
    if e.is_Add:
        return sympy.Add(*(y for x in args for y in (x.args if x.is_Add else (x,))), evaluate=False)
    if e.is_Pow and args[0].is_Pow and args[0].exp == 2:
        return sympy.Pow(args[0].base, (2 * args[1]).doit(), evaluate=False)
    return e.func(*args, evaluate=False) if e.is_Mul or e.is_Pow else e.func(*args)


def _equal(e: Equation) -> str:
    left = e.left if isinstance(e.left, sympy.Tuple) else [e.left]
    return " = ".join(map(_Printer().doprint, [*left, e.right]))


def _rates(rows: Iterable[Equation]) -> Iterator[str]:
    """Print derivatives; neighbours in a chain that all have one form, as that form."""
    with sympy.evaluate(False):
        forms = [(_form(e), e) for e in rows]
    for form, group in groupby(forms, key=lambda pair: pair[0]):
        members = [e for _, e in group]
        left, right, where = members[0].left, members[0].right, ""
        if len(members) > 1:
            left, right = form
            where = rf", \quad i = {_index(members[0])}, \dots, {_index(members[-1])}"
        yield rf"\frac{{d{tex(left.name)}}}{{dt}} = {_Printer().doprint(right)}{where}"


def _form(e: Equation) -> tuple[Any, Any]:
    """Member of a chain, with its own index as i and that of the one before as i-1."""
    base, i = e.left.name.split("_")[0], _index(e)
    before = {sympy.Symbol(f"{base}_{i - 1}"): sympy.Symbol(f"{base}_i-1")}
    return sympy.Symbol(f"{base}_i"), e.right.xreplace({e.left: sympy.Symbol(f"{base}_i")} | before)


def _index(e: Equation) -> int:
    last = e.left.name.split("_")[-1]
    return int(last) if last.isdigit() else 0


def _flux(e: Equation) -> list[str]:
    says = (inspect.getdoc(getattr(eq, e.name)) or "").split("\n\n")[0]
    return ["", f"`{e.name}`: {_plain(says)}", *_display(_equal(e))]


def _display(row: str) -> list[str]:
    return ["", "$$", row, "$$"]


def _table(fields: type) -> list[str]:
    return ["", *_heading(fields.__name__), *(_line(*row) for row in eq.labels(fields).items())]


def _heading(title: str) -> list[str]:
    return [f"| {title} | symbol | unit | meaning |", "|---|---|---|---|"]


def _line(name: str, label: eq.Label) -> str:
    return f"| `{name}` | ${tex(label.symbol)}$ | {label.unit or '1'} | {label.meaning} |"


def _plain(text: str | None) -> str:
    """A docstring as Markdown."""
    return re.sub(r":\w+:`(\w+)`", r"`\1`", inspect.cleandoc(text or "")).replace("``", "`")


def main() -> None:
    """Write the sheet where the checkout keeps it."""
    SHEET.write_text(equation_sheet(), encoding="utf-8")


if __name__ == "__main__":
    main()
