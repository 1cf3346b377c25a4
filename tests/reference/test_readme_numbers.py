"""The numbers in the first lines of README.md are those of the model as it is."""

import re
from pathlib import Path

import itp_sim as itp

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_shares_that_reach_50_and_the_time_there() -> None:
    (printed,) = re.findall(r"\((\d+)% and (\d+)% of 20,000", README)
    arms = {"1 g/kg": itp.regimen("1 g/kg"), "2 g/kg": itp.regimen("1 g/kg daily x 2")}
    table = itp.compare(itp.simulate_population("adult_chronic", arms, n=20_000, progress=False))
    value = table["value"]
    assert [f"{value['at least 50 by day 7', arm]:.0%}" for arm in arms] == [f"{x}%" for x in printed]
    (iwg,) = re.findall(r"(\d+)%\s+and (\d+)% respond by the consensus definition \(IWG\)", README)
    assert [f"{value['response (iwg)', arm]:.0%}" for arm in arms] == [f"{x}%" for x in iwg]
    assert "the median time above 50 is less than half" in " ".join(README.split())
    assert value["median days_above_50", "1 g/kg"] < 0.5 * value["median days_above_50", "2 g/kg"]


def test_the_ranges_that_published_results_leave() -> None:
    text = " ".join(README.split())
    assert "at 50 range from a few points to about twenty, that by IWG from about ten to nearly fifty" in text
    arms = {"1 g/kg": itp.regimen("1 g/kg"), "2 g/kg": itp.regimen("1 g/kg daily x 2")}
    bands = itp.parameter_bands("adult_chronic", arms, n=600, seed=1, progress=False).xs("2 g/kg", level="arm")
    low, high = (100 * bands[f"difference_parameters_{end}"] for end in ("low", "high"))
    assert 2 < low["at least 50 by day 7"] < 6 and 16 < high["at least 50 by day 7"] < 24
    assert 7 < low["response (iwg)"] < 15 and 42 < high["response (iwg)"] < 50


def test_the_counts_of_results_inside_are_those_of_the_report() -> None:
    report = (Path(__file__).parents[2] / "docs" / "validation.md").read_text(encoding="utf-8")
    line = r"\ncalibration: (\d+ of \d+) inside; validation: (\d+ of \d+); mechanism: (\d+ of \d+)"
    (counts,) = re.findall(line, report)
    text = " ".join(README.split())
    assert f"{counts[0]} results that may be fitted" in text
    assert f"{counts[1]} that were never fitted, and {counts[2]} experiments on one mechanism" in text
