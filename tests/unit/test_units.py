"""Units: every flux, derivative and output has the unit that the equations declare for it.

Grams of IgG, kilograms of patient and platelets are dimensions of their own here, so that none can cancel another.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pint
import pytest

from itp_sim import equations as eq

ureg: Any = pint.UnitRegistry(None)
for definition in ("day = [time]", "L = [volume]", "g = [IgG]", "kg = [body]", "plt = [platelet]"):
    ureg.define(definition)

#: Unit of every argument of a flux function that is a plain value.
ARGUMENTS = {
    "C": "g/L",
    "plasma": "g/L",
    "tissue": "g/L",
    "CE": "g/L",
    "blocked": "",
    "A": "",
    "AB": "",
    "rate": "1/day",
    "N": "1e9/L",
    "P": "1e9/L",
    "MK": "",
    "TPO": "",
    "r": "",
    "Q": "1e9/L/day",
    "infusion": "g/day",
}


def unit(text: str) -> Any:
    return ureg.Unit(text.replace("1e9", "plt")) if text else ureg.Unit("")


def quantities(fields: type, numbers: Any) -> Any:
    """`State`, `Parameters` or `Untreated` with every field as a quantity in its declared unit."""
    return fields(
        *(ureg.Quantity(x, unit(label.unit)) for x, label in zip(numbers, eq.labels(fields).values(), strict=True))
    )


# Numbers without meaning: only the units count here.
PLAIN = eq.Parameters(*(0.1 + 0.01 * i for i in range(len(eq.Parameters._fields))))
PLAIN_U = eq.untreated(PLAIN)
PLAIN_S = eq.State(*(x + 0.5 + 0.1 * i for i, x in enumerate(eq.baseline(PLAIN, PLAIN_U))))
p, u, s = quantities(eq.Parameters, PLAIN), quantities(eq.Untreated, PLAIN_U), quantities(eq.State, PLAIN_S)

FLUXES = [
    name
    for name, f in inspect.getmembers(eq, inspect.isfunction)
    if f.__module__ == eq.__name__ and inspect.signature(f).return_annotation is eq.Value
]


def declared(function: Callable[..., Any]) -> str:
    """The unit in brackets in a docstring's first paragraph; none is a pure number."""
    first = (inspect.getdoc(function) or "").split("\n\n")[0]
    found = re.search(r"\[([^\]]+)\]", first)
    return found[1] if found else ""


def call(function: Callable[..., Any], *, plain: bool = False) -> Any:
    """Call `function` with a value of the right unit, or the bare number, for every argument."""
    known = {"s": PLAIN_S, "p": PLAIN, "u": PLAIN_U} if plain else {"s": s, "p": p, "u": u}
    values = {n: 0.7 if plain else ureg.Quantity(0.7, unit(text)) for n, text in ARGUMENTS.items()}
    return function(*((known | values)[name] for name in inspect.signature(function).parameters))


def fault(given: Any, text: str) -> str:
    """What is wrong with the unit of `given`, or nothing."""
    found = getattr(given, "units", ureg.Unit(""))
    return "" if found.dimensionality == unit(text).dimensionality else f"{found} instead of {text or 'a number'}"


def rhs_faults(patient: eq.Parameters = p) -> Iterator[str]:
    """States whose derivative does not have the state's unit per day."""
    rates = eq.rhs(s, patient, u, ureg.Quantity(14.0, unit("g/day")))
    for name, label in eq.labels(eq.State).items():
        if wrong := fault(getattr(rates, name), f"{label.unit or '1'}/day"):
            yield f"{name}: {wrong}"


def test_no_flux_is_left_out() -> None:
    assert len(FLUXES) >= 20
    assert {"igg_exchange", "haemostatic_use", "untreated_loss"} <= set(FLUXES)


@pytest.mark.parametrize("name", FLUXES)
def test_flux_has_its_documented_unit(name: str) -> None:
    function = getattr(eq, name)
    value = call(function)
    assert fault(value, declared(function)) == ""
    # Quantities and bare numbers go through the same lines.
    assert np.isclose(getattr(value, "magnitude", value), call(function, plain=True), rtol=1e-13, atol=0)


def test_derivatives_have_the_unit_of_their_state_per_day() -> None:
    assert list(rhs_faults()) == []


def test_outputs_have_their_declared_units() -> None:
    for name, label in eq.labels(eq.Outputs).items():
        assert fault(getattr(eq.outputs(s, p, u), name), label.unit) == "", name


def test_untreated_and_baseline_have_their_declared_units() -> None:
    steady = eq.untreated(p)
    for fields, values in ((eq.Untreated, steady), (eq.State, eq.baseline(p, steady))):
        for name, label in eq.labels(fields).items():
            assert fault(getattr(values, name), label.unit) == "", name


def test_quantities_give_the_same_numbers() -> None:
    infusion = 14.0
    with_units = eq.rhs(s, p, u, ureg.Quantity(infusion, unit("g/day")))
    for x, y in zip(with_units, eq.rhs(PLAIN_S, PLAIN, PLAIN_U, infusion), strict=True):
        assert np.isclose(x.magnitude, y, rtol=1e-13, atol=1e-13)


BROKEN = {
    "igg_exchange": lambda plasma, tissue, p: p.Q / p.V1 * (plasma - tissue),
    "igg_elimination": lambda C, p: p.CL * (1 + p.fcrn_effect * (C - p.IGG0) / (p.KM + C)),
    "haemostatic_use": lambda N, p: p.JH,
    "platelet_release": lambda MK, p, u: u.QN * MK * p.TL,
    "ageing": lambda p: p.TL / 10,
    "all_platelets": lambda s: s.PLT1 + s.MK1,
    "marrow_transit": lambda p: 6 * p.MTT,
    "blockade": lambda CE, p: CE / (1 + CE),
    "tpo_removal": lambda P, MK, p: (1 - p.FP - p.FM) + p.FP * P + p.FM * MK,
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_formula_with_a_wrong_unit_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: each of these must turn the checks above red."""
    monkeypatch.setattr(eq, name, BROKEN[name])
    try:
        found = list(rhs_faults())
    except pint.DimensionalityError:
        return
    assert found


@pytest.mark.parametrize(("field", "wrong"), [("WT", "g"), ("V1", "L"), ("JH", "1e9/L"), ("KTPO", ""), ("Q", "L/day")])
def test_a_parameter_with_a_wrong_unit_is_found(field: str, wrong: str) -> None:
    try:
        found = list(rhs_faults(p._replace(**{field: ureg.Quantity(1.0, unit(wrong))})))
    except pint.DimensionalityError:
        return
    assert found
