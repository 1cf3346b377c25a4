"""The model as written for other programs: names, units and order follow from the equations, whatever they are."""

from types import SimpleNamespace
from typing import Any

import pytest

from itp_sim import equations as eq
from itp_sim.generate import written as module
from itp_sim.generate.for_r import Language, infix
from itp_sim.generate.sbml import mathml, unit_id
from itp_sim.generate.trace import Level, below
from itp_sim.generate.written import Plain, written

MODEL = written()
FIELDS = {*eq.State._fields, *eq.Parameters._fields, *eq.Untreated._fields, "infusion"}
PLAIN = Language(str, "{!r}", "{}^{}")


def names(node: Any) -> set[str]:
    return {str(x.value) for x in below([node]) if x.op == "symbol"}


def test_every_flux_is_made_of_what_stands_before_it() -> None:
    known = set(FIELDS)
    for flux in MODEL.fluxes:
        assert names(flux.value) <= known
        assert flux.name not in known
        known.add(flux.name)
    for node in (*MODEL.rates.values(), *MODEL.outputs.values(), *MODEL.start.values()):
        assert names(node) <= known


def test_every_output_is_named_once() -> None:
    fluxes = [flux.name for flux in MODEL.fluxes]
    assert sorted({*fluxes} & {*eq.Outputs._fields} | MODEL.outputs.keys()) == sorted(eq.Outputs._fields)
    assert not {*fluxes} & MODEL.outputs.keys()
    assert len(fluxes) == len(set(fluxes))


def test_the_start_is_made_of_what_does_not_change() -> None:
    fixed = {flux.name for flux in MODEL.fluxes if flux.fixed} | {*eq.Parameters._fields, *eq.Untreated._fields}
    for node in MODEL.start.values():
        assert names(node) <= fixed


def test_fluxes_have_their_meaning_and_unit() -> None:
    found = {flux.function: flux for flux in MODEL.fluxes}
    assert (
        found["igg_elimination"].unit == "1/day" and "recycling by FcRn saturates" in found["igg_elimination"].meaning
    )
    assert found["blockade"].unit == ""
    assert found["ageing"].fixed and not found["blockade"].fixed
    assert "igg_exchange" not in found  # three sets of arguments: written out where it is used


def test_a_new_flux_and_a_new_state_are_written_without_being_told(monkeypatch: pytest.MonkeyPatch) -> None:
    scope: dict[str, Any] = dict(vars(eq))
    code = '''
def slow(CE, p):
    """Slow loss [1/day]."""
    return p.KE0 * CE / p.IC50

def shared(x, p):
    """Shared."""
    return x * p.KE0

def rhs(s, p, u, infusion):
    """Rates."""
    return State(*(shared(x, p) - slow(s.CE, p) for x in s))
'''
    exec(code, scope)
    changed = SimpleNamespace(**{name: value for name, value in scope.items() if name != "__builtins__"})
    monkeypatch.setattr(module, "eq", changed)
    model = written()
    (slow,) = [flux for flux in model.fluxes if flux.function == "slow"]
    assert infix(slow.value, PLAIN) == "KE0 * CE / IC50" and slow.unit == "1/day"
    assert infix(model.rates["MK2"], PLAIN) == "MK2 * KE0 - slow"


# --- expressions ------------------------------------------------------------------------------------------------------


def expressions() -> dict[str, Any]:
    g = Plain()
    a, b, c = (g.symbol(name, Level.STEP) for name in "abc")
    return {
        "a - (b - c)": a - (b - c),
        "a - b - c": a - b - c,
        "a / (b / c)": a / (b / c),
        "a / b / c": a / b / c,
        "a * (b / c)": a * (b / c),
        "a / (b * c)": a / (b * c),
        "(a + b) * c": (a + b) * c,
        "-(a + b)": -(a + b),
        "a - (-b)": a - (-b),
        "-a * b": (-a) * b,
        "(-a)^2.0": (-a) ** 2,
        "(a^b)^c": (a**b) ** c,
        "a^(b^c)": a ** (b**c),
        "a^(b + 1.0)": a ** (b + 1),
        "1.0 / a": 1 / a,
        "2.0 * a + 1.0": 2 * a + 1,
    }


NUMBERS = {"a": 1.7, "b": 0.6, "c": -2.3}


def evaluated(x: Any) -> float:
    """The number that an expression stands for."""
    v = [evaluated(y) for y in x.args]
    match x.op:
        case "number":
            return float(x.value)
        case "symbol":
            return NUMBERS[x.value]
        case "inv":
            return 1 / v[0]
        case "neg":
            return -v[0]
    return {"add": lambda p, q: p + q, "sub": lambda p, q: p - q, "mul": lambda p, q: p * q, "pow": pow}[x.op](*v)


@pytest.mark.parametrize("expected", expressions())
def test_an_expression_has_the_brackets_that_it_needs(expected: str) -> None:
    text = infix(expressions()[expected], PLAIN)
    assert eval(text.replace("^", "**"), dict(NUMBERS)) == pytest.approx(evaluated(expressions()[expected]), rel=1e-12)


@pytest.mark.parametrize("expected", [x for x in expressions() if x not in {"-a * b", "a - (-b)"}])
def test_an_expression_has_no_other_brackets(expected: str) -> None:
    assert infix(expressions()[expected], PLAIN) == expected


def test_mathml_keeps_quotients_and_chains() -> None:
    given = expressions()
    assert mathml(given["a / (b * c)"]) == (
        "<apply><divide/><ci>a</ci><apply><times/><ci>b</ci><ci>c</ci></apply></apply>"
    )
    assert mathml(given["1.0 / a"]) == '<apply><divide/><cn sbml:units="dimensionless">1</cn><ci>a</ci></apply>'
    assert mathml(given["-(a + b)"]) == "<apply><minus/><apply><plus/><ci>a</ci><ci>b</ci></apply></apply>"


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("L/day/kg", "L_per_day_per_kg"),
        ("1e9/L/day", "giga_per_L_per_day"),
        ("1/day", "per_day"),
        ("", "dimensionless"),
    ],
)
def test_units_have_names(unit: str, expected: str) -> None:
    assert unit_id(unit) == expected
