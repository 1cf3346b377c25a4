"""The model on sympy symbols: a copy of every equation, in which a named function returns its own symbol.

So what is printed keeps the structure of the code.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from types import FunctionType, MappingProxyType
from typing import Any, NamedTuple

import sympy

from itp_sim import equations as eq
from itp_sim.generate.written import INFUSION

#: Printed symbol of each named function; then those of its leading arguments, if it is used with more than one set.
SYMBOLS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "total_igg": ("C",),
        "igg_elimination": ("k_IgG",),
        "igg_exchange": ("q", "x_1", "x_2"),
        "autoantibody": ("A",),
        "remission": ("w",),
        "blockade": ("b",),
        "immune_clearance": ("k_A",),
        "spleen_clearance": ("k_spl",),
        "liver_clearance": ("k_liv",),
        "haemostatic_use": ("k_use", "N"),
        "ageing": ("a",),
        "all_platelets": ("N",),
        "circulating_share": ("chi",),
        "platelet_release": ("p", "M"),
        "tpo_removal": ("rho", "P", "Mbar"),
        "megakaryocyte_input": ("m", "T"),
        "marrow_transit": ("k_tr",),
        "survival": ("S", "r"),
    }
)

#: Name of an untreated value that only the sheet needs: the share of platelets that lives on from one age to the next.
KEPT = sympy.Symbol("r_0")


class Equation(NamedTuple):
    """One equation of the sheet."""

    name: str  #: function or field in the code
    left: Any  #: a symbol, a function of symbols, or a tuple of symbols that are all equal
    right: Any
    arguments: tuple[tuple[str, Any], ...] = ()  #: name in the code and symbol of each argument that has one


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
        untreated = _untreated(plain, named, s=s, p=p, u=u)
    return Model(
        {name: _tidied(seen[name]) for name in SYMBOLS},
        {name: _tidied(Equation(name, getattr(s, name), right)) for name, right in rates._asdict().items()},
        {
            name: _tidied(Equation(name, left, right))
            for name, left, right in zip(eq.Outputs._fields, symbols(eq.Outputs), outputs, strict=True)
        },
        tuple(map(_tidied, untreated)),
    )


def switched(fluxes: dict[str, Equation], name: str, value: float) -> list[Equation]:
    """Fluxes that change, and to what, when parameter `name` is set to `value`."""
    known: dict[Any, Any] = {getattr(symbols(eq.Parameters), name): sympy.nsimplify(value)}
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
        given = zip(inspect.signature(function).parameters, (*variables, *values[n:]), strict=True)
        arguments = tuple((key, value) for key, value in given if isinstance(value, sympy.Symbol))
        if right != seen.setdefault(name, Equation(name, left, right, arguments)).right:
            raise ValueError(f"{name} has two sets of arguments: add symbols for its arguments to SYMBOLS")
        return returned

    return call


def _untreated(
    plain: dict[str, Callable[..., Any]], named: dict[str, Any], *, s: eq.State, p: eq.Parameters, u: eq.Untreated
) -> list[Equation]:
    """The untreated steady state: the equations that Newton's method solves, then the states that follow."""
    start = plain["baseline"](p, u)
    MK = named["megakaryocyte_input"](u.TPO0, p)
    release = named["platelet_release"](MK, p, u)
    kept = start.PLT2.args[1]
    held = p.P0 / (1 - p.PHI)
    ages = s[s.index(s.PLT1) :]
    first = [age.xreplace({start.PLT1: s.PLT1}).xreplace({kept: KEPT}) for age in start[s.index(s.PLT1) :]]
    with sympy.evaluate(True):
        shares = [(older / younger).doit().simplify() for younger, older in pairwise(first)]
    return [
        Equation("healthy_production", u.QN, plain["healthy_production"](p)),
        Equation("untreated_tpo", sympy.Integer(1), u.TPO0 * named["tpo_removal"](p.P0, MK, p)),
        Equation("untreated_loss", KEPT, kept),
        Equation("untreated_loss", held, release / named["ageing"](p) * named["survival"](KEPT)),
        *_alike(s, start, s.index(s.PLT1)),
        Equation("youngest", s.PLT1, start.PLT1.xreplace({kept: KEPT})),
        *(Equation("older", ages[i + 1], share * ages[i]) for i, share in enumerate(shares)),
    ]


def _alike(s: eq.State, start: eq.State, n: int) -> list[Equation]:
    """One equation for all of the first `n` states that start with the same value."""
    with sympy.evaluate(True):
        values = [value.func(*value.args).doit() if value.args else value for value in start[:n]]
    together = {value: sympy.Tuple(*(x for x, v in zip(s, values, strict=False) if v == value)) for value in values}
    return [Equation("baseline", left, value) for value, left in together.items()]


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
    if e.is_Mul and any(x.is_Pow and x.exp == -1 for x in args):  # a quotient of quotients is one quotient
        args = list(_factors(args))
    return e.func(*args, evaluate=False) if e.is_Mul or e.is_Pow else e.func(*args)


def _factors(args: Iterable[Any]) -> Iterator[Any]:
    for x in args:
        yield from _factors(x.args) if x.is_Mul else (x,)
