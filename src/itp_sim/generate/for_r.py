"""The model for users of R: a model file for mrgsolve and one for rxode2, with places for one patient."""

from collections.abc import Callable, Container
from typing import NamedTuple

from itp_sim import equations as eq
from itp_sim.generate.sbml import is_quotient
from itp_sim.generate.trace import Node
from itp_sim.generate.written import INFUSION, Written

#: mrgsolve has names of its own, such as EPS, that parameters must not take.
PREFIX = "p_"


class Language(NamedTuple):
    """How one program writes names, numbers and powers."""

    name: Callable[[str], str]
    number: str
    power: str


def mrgsolve_file(model: Written, first: str) -> str:
    """Model file for mrgsolve: doses are infusions in g/L a day into the two compartments of infused IgG."""
    given = _given()
    cpp = Language(lambda name: PREFIX + name if name in given else name, "{!r}", "pow({}, {})")
    fixed = [flux for flux in model.fluxes if flux.fixed]
    moving = [flux for flux in model.fluxes if not flux.fixed]
    kept = {flux.name for flux in moving} | model.outputs.keys()
    shown = [name for name in eq.Outputs._fields if name in kept]
    lines = [
        f"// {first}",
        "$PROB",
        "{{about}}",
        "$GLOBAL",
        f"const double {INFUSION[0]} = 0.0; // infusions come as doses",
        f"double {', '.join([*(flux.name for flux in fixed), *shown])};",
        "$PARAM",
        *(f"{cpp.name(name)} = {{{{value {name}}}}} // {_said(label)}" for name, label in given.items()),
        "$CMT",
        *(f"{name} // {_said(label)}" for name, label in eq.labels(eq.State).items()),
        "$MAIN",
        *(f"// {flux.meaning}\n{flux.name} = {infix(flux.value, cpp)};" for flux in fixed),
        *(f"{name}_0 = {infix(x, cpp)};" for name, x in model.start.items()),
        "$ODE",
        *(f"// {flux.meaning}\nlocaldouble {flux.name} = {infix(flux.value, cpp)};" for flux in moving),
        *(f"dxdt_{name} = {infix(x, cpp)};" for name, x in model.rates.items()),
        "$TABLE",
        *(f"{_local(flux.name, shown)}{flux.name} = {infix(flux.value, cpp)};" for flux in moving),
        *(f"{name} = {infix(x, cpp)};" for name, x in model.outputs.items()),
        "$CAPTURE",
        *shown,
        "",
    ]
    return "\n".join(lines)


def rxode2_file(model: Written, first: str) -> str:
    """R script that solves the model with rxode2: doses as for mrgsolve."""
    rx = Language(str, "{!r}", "{}^{}")
    given = [(f"{name} = {{{{value {name}}}}}", _said(label)) for name, label in _given().items()]
    lines = [
        f"# {first}",
        "{{about}}",
        "library(rxode2)",
        "",
        "parameters <- c(",
        *(f"  {value}, # {said}" for value, said in given),
        f"  {INFUSION[0]} = 0.0 # infusions come as doses",
        ")",
        "",
        "model <- rxode2({",
        *(f"  # {flux.meaning}\n  {flux.name} = {infix(flux.value, rx)};" for flux in model.fluxes),
        *(f"  {name}(0) = {infix(x, rx)};" for name, x in model.start.items()),
        *(f"  d/dt({name}) = {infix(x, rx)};" for name, x in model.rates.items()),
        *(f"  {name} = {infix(x, rx)};" for name, x in model.outputs.items()),
        "})",
        "",
        "{{doses}}",
        "",
        "events <- et(seq(0, 42, by = 0.125))",
        "for (i in seq_len(nrow(doses))) {",
        "  dose <- doses[i, ]",
        "  events <- et(events, time = dose$time, amt = dose$amt, rate = dose$rate, cmt = dose$cmt)",
        "}",
        "run <- rxSolve(model, parameters, events)",
        "",
    ]
    return "\n".join(lines)


def infix(x: Node, language: Language) -> str:
    """An expression as it is written in the equations."""
    return _infix(x, language)[0]


def _infix(x: Node, to: Language) -> tuple[str, int]:
    """Text of `x`, and how strongly it binds: 1 a sum, 2 a product, 3 a sign, 4 a name, a number or a power."""

    def inside(y: Node, least: int) -> str:
        text, binds = _infix(y, to)
        return text if binds >= least else f"({text})"

    match x.op:
        case "number":
            return to.number.format(x.value), 4
        case "symbol":
            return to.name(str(x.value)), 4
        case "add":
            return f"{inside(x.args[0], 1)} + {inside(x.args[1], 2)}", 1
        case "sub":
            return f"{inside(x.args[0], 1)} - {inside(x.args[1], 2)}", 1
        case "neg":
            return f"-{inside(x.args[0], 3)}", 1
        case "inv":
            return f"1.0 / {inside(x.args[0], 3)}", 2
        case "mul" if is_quotient(x):
            return f"{inside(x.args[0], 2)} / {inside(x.args[1].args[0], 3)}", 2
        case "mul":
            return f"{inside(x.args[0], 2)} * {inside(x.args[1], 3)}", 2
        case _:
            call = to.power.startswith("pow")
            return to.power.format(*(inside(y, 1 if call else 5 - (y.op in {"symbol", "number"})) for y in x.args)), 4


def _local(name: str, shown: Container[str]) -> str:
    """What declares a name that is not captured."""
    return "" if name in shown else "localdouble "


def _given() -> dict[str, eq.Label]:
    return eq.labels(eq.Parameters) | eq.labels(eq.Untreated)


def _said(label: eq.Label) -> str:
    return f"{label.meaning} [{label.unit or '1'}]"
