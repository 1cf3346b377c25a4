"""The door to the engines: what is generated is used only as long as it says what the equations say."""

import inspect
from collections.abc import Iterator
from contextlib import nullcontext

import pytest

from itp_sim import equations as eq
from itp_sim.solve import engines

#: Functions of numbers; `rhs`, `outputs`, `baseline` and `untreated` are made of them.
FLUXES = [
    name
    for name, f in inspect.getmembers(eq, inspect.isfunction)
    if f.__module__ == eq.__name__ and inspect.signature(f).return_annotation is eq.Value
]
#: A slope that is a little off makes Newton's method slower, not wrong.
HARMLESS = {"survival_slope"}


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    engines.up_to_date.cache_clear()
    yield
    engines.up_to_date.cache_clear()


def test_generated_functions_are_up_to_date() -> None:
    assert len(FLUXES) > 20
    assert engines.up_to_date()


@pytest.mark.parametrize("name", sorted({*FLUXES} - HARMLESS))
def test_a_changed_formula_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    old = getattr(eq, name)
    monkeypatch.setattr(eq, name, lambda *given: 1.01 * old(*given))
    assert not engines.up_to_date()
    with pytest.warns(UserWarning, match="edited") if engines.kernel.available() else nullcontext():
        assert engines.choose(1000) == "twin"
