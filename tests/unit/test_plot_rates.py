"""Rates with their two intervals: drawn where they are, told apart, inside the figure."""

import pandas as pd
import pytest
from matplotlib import pyplot as plt

import itp_sim as itp
from itp_sim.errors import InputError

NAME = "adult_chronic"
ARMS = {"1 g/kg": "1 g/kg", "2 g/kg": "1 g/kg daily x 2"}
DRAWS = [{NAME: {"typical": {"EPS": value}}} for value in (0.8, 1.0, 1.3)]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return itp.parameter_bands(NAME, ARMS, n=60, seed=1, days=14, parameters=DRAWS)


def test_both_intervals_are_where_they_are(table: pd.DataFrame) -> None:
    ax = itp.plots.rates(table)
    row = 100 * table.loc[("at least 50 by day 7", "2 g/kg")].drop("unit").astype(float)
    drawn = [sorted(line.get_xdata()) for line in ax.lines]
    for low, high in (("low", "high"), ("parameters_low", "parameters_high")):
        assert any(ends == pytest.approx([row[low], row[high]]) for ends in drawn if len(ends) == 2)
    assert any(ends == pytest.approx([row["value"]]) for ends in drawn if len(ends) == 1)
    assert len(ax.lines) == 3 * 4 * 2
    said = [text.get_text() for text in ax.get_legend().get_texts()]
    assert said == ["1 g/kg", "2 g/kg", "95%: chance of 60 patients", "95% of 3 draws of the parameters"]
    assert ax.get_figure().get_supxlabel() == itp.RESEARCH_ONLY
    plt.close("all")


def test_everything_is_inside_the_figure(table: pd.DataFrame) -> None:
    ax = itp.plots.rates(table)
    figure = ax.get_figure()
    figure.canvas.draw()
    box = figure.get_tightbbox().transformed(figure.dpi_scale_trans)
    assert figure.bbox.x0 - 1 <= box.x0 and box.x1 <= figure.bbox.x1 + 1
    assert figure.bbox.y0 - 1 <= box.y0 and box.y1 <= figure.bbox.y1 + 1
    plt.close("all")


def test_a_plain_comparison_has_one_interval_and_its_own_axes(table: pd.DataFrame) -> None:
    plain = table.drop(columns=["parameters_low", "parameters_high"])
    _, ax = plt.subplots()
    assert itp.plots.rates(plain, ax=ax, notice=False) is ax
    assert len(ax.lines) == 2 * 4 * 2
    assert not ax.get_figure().get_supxlabel()
    plt.close("all")


@pytest.mark.parametrize("given", [None, 5, pd.DataFrame()])
def test_what_is_no_comparison_is_refused(given: object) -> None:
    with pytest.raises(InputError, match="give the table of a cohort"):
        itp.plots.rates(given)


def test_too_many_arms_and_no_rates_are_refused(table: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="holds no rate"):
        itp.plots.rates(table[table["unit"] != ""])
    many = pd.concat([table.rename(index={"1 g/kg": f"{i}"}, level="arm") for i in range(6)])
    with pytest.raises(InputError, match="draw at most 5"):
        itp.plots.rates(many)
