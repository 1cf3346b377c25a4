"""An exported model as any reader of SBML sees it: values, formulas and events, with nothing of the package."""

import math
import operator
from collections.abc import Callable, Mapping
from functools import reduce
from typing import NamedTuple
from xml.etree import ElementTree as ET

Element = ET.Element
Known = Mapping[str, float]

CORE = "{http://www.sbml.org/sbml/level3/version2/core}"
MATH = "{http://www.w3.org/1998/Math/MathML}"
OPERATORS: dict[str, Callable[..., float]] = {
    "plus": lambda *a: math.fsum(a),
    "times": lambda *a: reduce(operator.mul, a),
    "minus": lambda a, *b: a - b[0] if b else -a,
    "divide": operator.truediv,
    "power": lambda a, b: a**b,
}


class Read(NamedTuple):
    """What a file says."""

    values: dict[str, float]  #: parameters with a value
    units: dict[str, str]
    constant: set[str]
    start: dict[str, Element]  #: initial assignments
    assigned: dict[str, Element]  #: assignment rules
    rates: dict[str, Element]  #: rate rules
    events: list[tuple[float, float]]  #: day and new rate of the infusion

    def complete(self, changed: Known) -> dict[str, float]:
        """All quantities: `changed` ones, the given ones, and what follows from them."""
        known = self.values | dict(changed)
        for name, formula in self.assigned.items():
            known[name] = value(formula, known)
        return known

    def day_0(self) -> dict[str, float]:
        """The states by their initial assignments."""
        known = self.complete({})
        return {name: value(formula, known) for name, formula in self.start.items()}

    def slopes(self, changed: Known) -> dict[str, float]:
        """The rates of change."""
        known = self.complete(changed)
        return {name: value(formula, known) for name, formula in self.rates.items()}


def read(text: str) -> Read:
    """Read the text of a file."""
    root = ET.fromstring(text)
    parameters = list(root.iter(f"{CORE}parameter"))

    def formulas(kind: str, attribute: str) -> dict[str, Element]:
        return {x.attrib[attribute]: _formula(x) for x in root.iter(CORE + kind)}

    return Read(
        values={x.attrib["id"]: float(x.attrib["value"]) for x in parameters if "value" in x.attrib},
        units={x.attrib["id"]: x.attrib["units"] for x in parameters},
        constant={x.attrib["id"] for x in parameters if x.attrib["constant"] == "true"},
        start=formulas("initialAssignment", "symbol"),
        assigned=formulas("assignmentRule", "variable"),
        rates=formulas("rateRule", "variable"),
        events=[_event(x) for x in root.iter(f"{CORE}event")],
    )


def value(formula: Element, known: Known) -> float:
    """Number that content MathML makes of known names."""
    kind = formula.tag.removeprefix(MATH)
    if kind == "ci":
        return known[(formula.text or "").strip()]
    if kind == "cn":
        return float("e".join(formula.itertext()))
    operator_, *arguments = formula
    return OPERATORS[operator_.tag.removeprefix(MATH)](*(value(x, known) for x in arguments))


def _formula(element: Element) -> Element:
    (formula,) = element.find(f"{MATH}math")
    return formula


def _event(event: Element) -> tuple[float, float]:
    reached = _formula(event.find(f"{CORE}trigger"))
    assert [x.tag.removeprefix(MATH) for x in reached] == ["geq", "csymbol", "cn"]
    (assignment,) = event.iter(f"{CORE}eventAssignment")
    assert assignment.attrib["variable"] == "infusion"
    return value(reached[2], {}), value(_formula(assignment), {})
