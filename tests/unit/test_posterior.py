"""Draws of the fitted numbers: read whole or refused; what they make of a comparison is a band of its own."""

from pathlib import Path

import numpy as np
import pytest

import itp_sim as itp
from itp_sim.comparison import compare
from itp_sim.errors import InputError, ParameterFileError, UnknownNameError
from itp_sim.files import MAX_BYTES, params_dir

NAME = "adult_chronic"
ARMS = {"one": "1 g/kg", "two": "1 g/kg daily x 2"}
GOOD = "EPS,EPS spread,FIND spread\n1.0,0.4,1.5\n1.2,0.5,1.4\n0.9,0.6,1.3\n1.1,0.45,1.2\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "draws.csv"
    file.write_text(GOOD, encoding="utf-8")
    return file


def draws(values: list[float]) -> list[dict[str, dict[str, dict[str, float]]]]:
    return [{NAME: {"typical": {"EPS": value}, "spread": {}}} for value in values]


# --- the file -------------------------------------------------------------------------------------------------------


def test_draws_are_medians_and_spreads_by_name(path: Path) -> None:
    found = itp.posterior(NAME, path=path)
    assert len(found) == 4
    assert found[1] == {NAME: {"typical": {"EPS": 1.2}, "spread": {"EPS": 0.5, "FIND": 1.4}}}
    people = itp.virtual_patients(NAME, 50, **found[1][NAME])
    assert people.attrs["typical"] == {"EPS": 1.2}


def test_fewer_draws_are_spread_over_the_file_and_what_is_changed_does_not_stay(path: Path) -> None:
    two = itp.posterior(NAME, 2, path=path)
    assert [one[NAME]["typical"]["EPS"] for one in two] == [1.2, 1.1]
    two[0][NAME]["typical"]["EPS"] = 9.0
    assert itp.posterior(NAME, 2, path=path)[0][NAME]["typical"]["EPS"] == 1.2


def test_a_trial_takes_them(path: Path) -> None:
    found = itp.run_trial("godeau1999", n=60, parameters=itp.posterior(NAME, 3, path=path))
    assert (found["parameters_low"] <= found["parameters_high"]).all()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty: write each name once"),
        ("EPS,EPS\n1,1\n1,1\n", "gives a number twice"),
        ("EPS,Emission\n1,1\n1,1\n", "line 1: no parameter 'Emission'"),
        ("EPS,FIND\n1,0.1\n1\n", "line 3 has 1 numbers: the first line names 2"),
        ("EPS\n1\nnan\n", "line 3, typical EPS is nan: give a number from"),
        ("EPS\n1\n900\n", "line 3, typical EPS is 900: give a number from"),
        ("EPS spread\n1\n-1\n", "line 3, spread EPS is -1: give a number from 0 to"),
        ("EPS\n1\n1;2\n", "line 3, typical EPS is '1;2': write a number"),
        ("EPS\n1\n", "has 1 draws: write 2 to"),
        ("EPS\n1\n1\n".encode("utf-16"), "UTF-16: save it as UTF-8"),
    ],
)
def test_a_broken_file_is_refused(text: str | bytes, words: str, path: Path) -> None:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ParameterFileError, match=words):
        itp.posterior(NAME, path=path)


def test_as_many_draws_as_are_allowed_are_read(path: Path) -> None:
    path.write_text("EPS,EPS spread,FIND spread\n" + f"1.0{'0' * 50},0.4{'0' * 50},1.5\n" * 10_000)
    assert path.stat().st_size > MAX_BYTES
    assert len(itp.posterior(NAME, path=path)) == 10_000


def test_what_is_not_there_is_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(ParameterFileError, match="no file"):
        itp.posterior(NAME, path=tmp_path / "none.csv")
    with pytest.raises(UnknownNameError, match="did you mean 'adult_chronic'"):
        itp.posterior("adult_chronik")
    with pytest.raises(InputError, match="n is 9: give a whole number from 2 to 4"):
        itp.posterior(NAME, 9, path=path)
    own = tmp_path / "own.toml"
    own.write_text(
        (params_dir() / f"{NAME}.toml").read_text(encoding="utf-8").replace(f'"{NAME}"', '"own"', 1), "utf-8"
    )
    with pytest.raises(InputError, match="come with the package: give `path`"):
        itp.posterior(own)


@pytest.mark.parametrize("file", sorted((params_dir() / "posterior").glob("*.csv")), ids=lambda file: file.stem)
def test_every_packaged_file_belongs_to_a_population_and_can_be_drawn_from(file: Path) -> None:
    found = itp.posterior(file.stem)
    assert len(found) >= 20
    for one in found[:: len(found) // 5]:
        itp.virtual_patients(file.stem, 200, **one[file.stem])


# --- the band -------------------------------------------------------------------------------------------------------


def test_the_band_holds_the_values_of_the_draws() -> None:
    given = draws([0.8, 1.0, 1.3])
    asked = {"n": 80, "seed": 2, "days": 14}
    found = itp.parameter_bands(NAME, ARMS, parameters=given, **asked)
    plain = compare(itp.simulate_population(NAME, ARMS, **asked))
    assert found[plain.columns].equals(plain)
    several = [compare(itp.simulate_population(NAME, ARMS, **asked, **one[NAME])) for one in given]
    rate = ("at least 100 by day 7", "two")
    for column, low, high in (
        ("value", "parameters_low", "parameters_high"),
        ("difference", "difference_parameters_low", "difference_parameters_high"),
    ):
        values = [one.loc[rate, column] for one in several]
        assert found.loc[rate, [low, high]].tolist() == [min(values), max(values)]
    assert found.loc[rate, "parameters_low"] < found.loc[rate, "parameters_high"]
    first = found.loc[("at least 100 by day 7", "one")]
    assert np.isnan(first["difference_parameters_low"])
    assert found.attrs["parameter_draws"] == 3
    assert found.attrs["notice"] == itp.RESEARCH_ONLY


def test_draws_that_are_alike_leave_no_band_whatever_the_patients() -> None:
    value = itp.records(NAME)["EPS"].value
    found = itp.parameter_bands(NAME, ARMS, n=40, days=14, parameters=draws([value] * 3))
    known = found["value"].notna()
    assert found.loc[known, "parameters_low"].equals(found.loc[known, "value"].rename("parameters_low"))
    assert found.loc[known, "parameters_high"].equals(found.loc[known, "value"].rename("parameters_high"))
    assert (found.loc["at least 50 by day 7", "low"] < found.loc["at least 50 by day 7", "high"]).all()


def test_a_median_that_some_draws_do_not_reach_has_no_upper_end() -> None:
    found = itp.parameter_bands(NAME, "1 g/kg", n=40, days=14, parameters=draws([0.6, 3.0]))
    row = found.loc[("median day_100", "1 g/kg")]
    assert row["parameters_low"] < 14
    assert np.isnan(row["parameters_high"])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([], "fewer than 2 draws"),
        ([{NAME: {"typical": {}}}], "fewer than 2 draws"),
        ([{"typical": {}}, {"typical": {}}], "give draws of adult_chronic as posterior"),
        ([{NAME: {"median": {}}}] * 2, "give draws of adult_chronic as posterior"),
        ([5, 6], "give draws of adult_chronic as posterior"),
        (draws([1.0, 900.0]), "typical EPS is 900"),
    ],
)
def test_draws_that_are_none_are_refused(given: list[object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        itp.parameter_bands(NAME, "1 g/kg", n=5, days=14, parameters=given)
