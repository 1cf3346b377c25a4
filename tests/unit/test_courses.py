"""What simulations say of doses that were probably not meant so."""

import warnings

import pytest

import itp_sim as itp
from itp_sim.cli import main


def said(arms: object, **asked: float) -> list[str]:
    """Warnings of a simulation of the typical patient."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        itp.simulate(itp.typical_patient(**asked), arms, days=28, outputs=())
    return [str(one.message) for one in found]


@pytest.mark.parametrize(
    ("regimen", "words"),
    [
        ("1 g", "'1 g' is 0.014 g/kg in all, far below a clinical dose"),
        ("1 g/kg daily x 10", "'1 g/kg daily x 10' brings 7 g/kg within 7 days, far above a clinical course"),
        ("5 g/kg", "brings 5 g/kg within 7 days"),
        ("1 g/kg on day 1 and 2", "starts on day 1, which is 24 h after time 0"),
    ],
)
def test_a_dose_that_was_probably_not_meant_is_said(regimen: str, words: str) -> None:
    (note,) = said(regimen)
    assert words in note


def test_the_regimen_that_starts_at_zero_is_named() -> None:
    assert "write '1 g/kg daily x 2'" in said("1 g/kg on day 1 and 2")[0]


@pytest.mark.parametrize(
    "regimen",
    ["1 g/kg", "1 g/kg daily x 2", "0.4 g/kg daily x 5", "1 g/kg every 21 days x 10", "2 g/kg daily x 2", "none"],
)
def test_usual_doses_are_taken_in_silence(regimen: str) -> None:
    assert said(regimen) == []


def test_a_cohort_says_it_too_and_once() -> None:
    with pytest.warns(UserWarning, match="far below a clinical dose") as found:
        itp.simulate_population("adult_chronic", "1 g", n=20, progress=False)
    assert len(found) == 1


@pytest.mark.parametrize("more", [[], ["--n", "20"]])
def test_the_shell_says_it_once(more: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "1 g/kg on day 1 and 2", *more]) == 0
    err = capsys.readouterr().err
    assert err.count("starts on day 1") == err.count("\n") == 1
