"""What a fit says where its numbers are probably not what they were taken for."""

import warnings
from dataclasses import replace
from pathlib import Path

import pytest

import itp_sim as itp
from itp_sim.cli import main

HEAD = "ID,TIME,AMT,DUR,DV,WT\n"


def course(counts: tuple[float, ...], path: Path, *, kg: float = 70.0) -> Path:
    """The table of one patient who got 1 g/kg on day 0."""
    days = (0, 2, 4, 7, 21)
    seen = [f"1,{day},.,.,{count},{kg:g}" for day, count in zip(days, counts, strict=True)]
    path.write_text(HEAD + "\n".join([seen[0], f"1,0,{kg:g},0.2,.,{kg:g}", *seen[1:]]) + "\n", encoding="utf-8")
    return path


def test_counts_that_the_population_does_not_have_are_said_to_disagree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = course((1.2, 4.5, 11, 9, 3), tmp_path / "per_10000.csv")
    with pytest.warns(UserWarning, match=r"counts and population disagree on .*EPS.*wrong units, dose or population\?"):
        one = itp.fit(itp.read_nmtran(path))
    row = one.judged.loc["EPS"]
    value = one.patient.parameters.EPS
    assert not row["profile_low"] <= value <= row["profile_high"]
    assert "EPS" in one.diagnostics["disagree"]
    assert row["why"].endswith("counts and population disagree")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert main(["fit", str(path)]) == 0
    said = capsys.readouterr()
    assert "counts and population disagree on EPS" in said.err
    assert "above 1: the estimate is less sure than" in said.out


def test_counts_that_fit_disagree_on_nothing(tmp_path: Path) -> None:
    one = itp.fit(itp.read_nmtran(course((12, 60, 110, 90, 20), tmp_path / "counts.csv")))
    assert one.diagnostics["disagree"] == []
    assert not one.judged["why"].str.contains("disagree").any()


def test_a_value_below_the_floor_that_the_curve_misses_is_a_deviation(tmp_path: Path) -> None:
    read = itp.read_nmtran(course((12, 60, 110, 90, 20), tmp_path / "counts.csv"))["1"]
    seen = read.observations
    low = (seen[0], *(replace(one, value=0.5) for one in seen[1:4]), replace(seen[4], value=12.0))
    with pytest.warns(UserWarning, match="times as far from the curve"):
        assert itp.fit(replace(read, observations=low)).diagnostics["standardised"] > 3


def test_a_child_under_the_prior_of_adults_is_asked_about(tmp_path: Path) -> None:
    child = itp.read_nmtran(course((12, 60, 110, 90, 20), tmp_path / "child.csv", kg=20))
    with pytest.warns(UserWarning, match=r"20 kg.*adult_chronic.*child_newly_diagnosed\?"):
        itp.fit(child)


@pytest.mark.filterwarnings("error:.*child_newly_diagnosed.*:UserWarning")
def test_who_weighs_as_the_population_is_not_asked_about(tmp_path: Path) -> None:
    for kg, population in ((36.0, "adult_chronic"), (20.0, "child_newly_diagnosed"), (9.0, "child_newly_diagnosed")):
        path = course((12, 60, 110, 90, 20), tmp_path / f"{kg}.csv", kg=kg)
        itp.fit(itp.read_nmtran(path), population)
