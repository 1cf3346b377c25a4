"""The numbers in the first lines of README.md are those of the model as it is."""

import re
from pathlib import Path

import itp_sim as itp

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_shares_that_reach_50_and_the_time_there() -> None:
    (printed,) = re.findall(r"\((\d+)% and (\d+)% of 20,000\)", README)
    arms = {"1 g/kg": itp.regimen("1 g/kg"), "2 g/kg": itp.regimen("1 g/kg daily x 2")}
    table = itp.compare(itp.simulate_population("adult_chronic", arms, n=20_000, progress=False))
    value = table["value"]
    assert [f"{value['at least 50 by day 7', arm]:.0%}" for arm in arms] == [f"{x}%" for x in printed]
    assert "the median time above 50 is less than half" in " ".join(README.split())
    assert value["median days_above_50", "1 g/kg"] < 0.5 * value["median days_above_50", "2 g/kg"]
