"""The model as SBML Level 3 Version 2, with places for one patient: states are parameters with rate rules."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from itp_sim import equations as eq
from itp_sim.exchange.annotate import annotated
from itp_sim.exchange.terms import IDENTIFIERS, SBO_TERMS
from itp_sim.generate.trace import Node
from itp_sim.generate.written import INFUSION, Written

CORE = "http://www.sbml.org/sbml/level3/version2/core"
MATHML = "http://www.w3.org/1998/Math/MathML"

#: Word for each part of a unit, and its SBML unit with scale and multiplier.
UNITS: Mapping[str, tuple[str, str, int, str]] = MappingProxyType(
    {
        "g": ("g", 'kind="gram"', 0, "1"),
        "kg": ("kg", 'kind="kilogram"', 0, "1"),
        "L": ("L", 'kind="litre"', 0, "1"),
        "day": ("day", 'kind="second"', 0, "86400"),
        "1e9": ("giga", 'kind="item"', 9, "1"),
    }
)


class _Row(NamedTuple):
    """One SBML parameter."""

    name: str
    unit: str
    meaning: str
    constant: bool
    given: bool  #: whether it has a value of its own
    said: str = ""  #: more about it


def sbml_file(model: Written, first: str) -> str:
    """The document; in double braces stands what depends on the patient and the regimen.

    Parameters
    ----------
    model
        What the equations say.
    first
        Says that the file is generated.
    """
    rows = list(_rows(model))
    assigned = {flux.name: flux.value for flux in model.fluxes} | model.outputs
    lines = [
        f"<!-- {first} -->",
        f'<sbml xmlns="{CORE}" level="3" version="2">',
        f'  <model metaid="itp_sim" id="itp_sim" name="{{{{title}}}}" timeUnits="day" sboTerm="{SBO_TERMS["model"]}">',
        "    {{about model}}",
        *_list("UnitDefinitions", _units(dict.fromkeys(row.unit for row in rows))),
        *_list("Parameters", map(_parameter, rows)),
        *_list("InitialAssignments", (_math("initialAssignment", "symbol", item) for item in model.start.items())),
        *_list(
            "Rules",
            [
                *(_math("assignmentRule", "variable", item) for item in assigned.items()),
                *(_math("rateRule", "variable", item) for item in model.rates.items()),
            ],
        ),
        "    {{events}}",
        "  </model>",
        "</sbml>",
        "",
    ]
    return "\n".join(lines)


def mathml(x: Node) -> str:
    """Content MathML of an expression; a number has no unit, and says so."""
    match x.op:
        case "number":
            return f'<cn sbml:units="dimensionless">{plain_number(x.value)}</cn>'
        case "symbol":
            return f"<ci>{x.value}</ci>"
        case "neg":
            return _apply("minus", x.args)
        case "inv":
            return f"<apply><divide/>{mathml(x.graph.node(1))}{mathml(x.args[0])}</apply>"
        case "mul" if is_quotient(x):
            left, right = x.args
            return _apply("divide", (left, right.args[0]))
        case "add" | "mul":
            return _apply({"add": "plus", "mul": "times"}[x.op], _chained(x))
        case _:
            return _apply({"sub": "minus", "pow": "power"}[x.op], x.args)


def is_quotient(x: Node) -> bool:
    """Whether `x` is written as a quotient."""
    return x.op == "mul" and x.args[1].op == "inv"


def plain_number(value: float) -> str:
    """A number of the equations, all digits; a whole one without a point."""
    return repr(value).removesuffix(".0")


def unit_id(unit: str) -> str:
    """Identifier of a unit, as in ``L_per_day_per_kg``."""
    if not unit:
        return "dimensionless"
    above, *below = unit.split("/")
    words = [] if above == "1" else [UNITS[above][0]]
    return "_".join([*words, *(f"per_{UNITS[part][0]}" for part in below)])


def _rows(model: Written) -> Iterator[_Row]:
    for fields in (eq.Parameters, eq.Untreated):
        for name, label in eq.labels(fields).items():
            yield _Row(name, label.unit, label.meaning, constant=True, given=True)
    name, label = INFUSION
    yield _Row(name, label.unit, label.meaning, constant=False, given=True)
    for name, label in eq.labels(eq.State).items():
        yield _Row(name, label.unit, label.meaning, constant=False, given=True)
    for flux in model.fluxes:
        yield _Row(
            flux.name, flux.unit, flux.function.replace("_", " "), constant=False, given=False, said=flux.meaning
        )
    for name in model.outputs:
        label = eq.labels(eq.Outputs)[name]
        yield _Row(name, label.unit, label.meaning, constant=False, given=False)


def _parameter(row: _Row) -> str:
    value = f' value="{{{{value {row.name}}}}}"' if row.given else ""
    about = annotated(row.name, [row.said], IDENTIFIERS.get(row.name, ()))
    term = f' sboTerm="{SBO_TERMS[row.name]}"' if row.name in SBO_TERMS else ""
    return (
        f'<parameter metaid="{row.name}" id="{row.name}" name={quoteattr(row.meaning)}{value} '
        f'units="{unit_id(row.unit)}" constant="{str(row.constant).lower()}"{term}>'
        f"{f'{{{{about {row.name}}}}}' if row.given else about}</parameter>"
    )


def _units(units: Iterable[str]) -> Iterator[str]:
    for unit in dict.fromkeys([*units, "day"]):
        if not unit:
            continue
        above, *below = unit.split("/")
        parts = [(part, 1) for part in [above] if part != "1"] + [(part, -1) for part in below]
        lines = "".join(
            f'<unit {kind} exponent="{exponent}" scale="{scale}" multiplier="{multiplier}"/>'
            for part, exponent in parts
            for _, kind, scale, multiplier in [UNITS[part]]
        )
        yield (
            f'<unitDefinition id="{unit_id(unit)}" name={quoteattr(escape(unit))}><listOfUnits>{lines}</listOfUnits>'
            "</unitDefinition>"
        )


def _list(kind: str, items: Iterable[str]) -> list[str]:
    return [f"    <listOf{kind}>", *(f"      {item}" for item in items), f"    </listOf{kind}>"]


def _math(element: str, attribute: str, given: tuple[str, Node]) -> str:
    name, x = given
    return f'<{element} {attribute}="{name}"><math xmlns="{MATHML}" xmlns:sbml="{CORE}">{mathml(x)}</math></{element}>'


def _apply(operator: str, args: Iterable[Node]) -> str:
    return f"<apply><{operator}/>{''.join(map(mathml, args))}</apply>"


def _chained(x: Node) -> list[Node]:
    """Terms or factors of a chain of sums or products, from left to right."""
    left, right = x.args
    more = left.op == x.op and not is_quotient(left)
    return [*(_chained(left) if more else [left]), right]
