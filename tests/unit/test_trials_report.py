"""Simulated beside published: the table, its words at the shell, the report and the figure. Never whether it agrees."""

import json
import math
from html.parser import HTMLParser
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt

import itp_sim as itp
from itp_sim import cli, plots
from itp_sim.evidence import sources
from itp_sim.trials import SECTIONS, load_trial, report, simulated, summary, words
from itp_sim.trials.defaults import Excluded
from itp_sim.trials.page import Grid, Heading, Image, Items, Paragraph, html, markdown
from itp_sim.trials.run import courses

mpl.use("Agg")

TRIALS = Path(__file__).parents[1] / "data" / "trials"
COLUMNS = [
    *("title", "arm", "role", "unit", "observed", "low", "high", "interval", "simulated", "band_low", "band_high"),
    *("parameters_low", "parameters_high", "parameters_without", "n", "inside", "miss", "source", "locator", "note"),
]
LEFT_OUT = {
    "SOME2001": Excluded("Some people, 2001", "context", "no dose"),
    "GODEAU1999": Excluded("GODEAU1999", "validate", "for a test"),
}


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return itp.validate(TRIALS, n=200, seed=1)


# --- the table --------------------------------------------------------------------------------------------------------


def test_one_trial() -> None:
    trial = load_trial(TRIALS / "made_up.toml")
    found = itp.run_trial(trial, n=200, seed=1)
    assert list(found.columns) == COLUMNS
    assert list(found.index) == list(trial.endpoints)
    assert found["simulated"].to_dict() == simulated(trial, n=200, seed=1)
    assert (
        found["inside"].tolist()
        == ((found["low"] <= found["simulated"]) & (found["simulated"] <= found["high"])).tolist()
    )
    assert (found["band_low"] <= found["band_high"]).all()
    assert found.loc["rise", "inside"] == False  # noqa: E712
    assert found.loc["rise", "miss"].startswith("No patient can rise so far")
    assert found.loc["confirmed", "n"] == 50
    assert found.loc["highest", "n"] == 30
    assert 1 <= found.loc["later_response", "n"] < 20  # of the arm's 20, those without a response
    assert found.attrs["notice"] == itp.RESEARCH_ONLY
    assert (found.attrs["n"], found.attrs["seed"], found.attrs["trial"]) == (200, 1, "made_up")
    again = itp.run_trial(TRIALS / "made_up.toml", n=200, seed=1, threads=1)
    pd.testing.assert_frame_equal(again, found)


def test_the_band_is_what_trials_of_that_size_show() -> None:
    trial = load_trial(TRIALS / "made_up.toml")
    found = itp.run_trial(trial, n=2000, seed=1)
    share = found.loc["confirmed", "simulated"] / 100
    half = 100 * 1.96 * math.sqrt(share * (1 - share) / 50)
    assert found.loc["confirmed", "band_high"] - found.loc["confirmed", "band_low"] == pytest.approx(2 * half, rel=0.2)
    assert found.loc["confirmed", "band_low"] < 100 * share < found.loc["confirmed", "band_high"]


def test_all_trials_of_a_folder(table: pd.DataFrame) -> None:
    assert table.index.names == ["trial", "endpoint"]
    assert table.index.unique("trial").tolist() == ["made_up", "until_50"]
    assert list(table.columns) == COLUMNS
    one = itp.run_trial(TRIALS / "until_50.toml", n=200, seed=1)
    pd.testing.assert_frame_equal(table.loc["until_50"], one)
    assert set(table.attrs["trials"]) == {"made_up", "until_50"}
    assert table.attrs["sources"] == {"OURS": "Made up for a test"}


def test_other_parameters_are_told(table: pd.DataFrame) -> None:
    overrides = {"adult_chronic": {"typical": {"IC50": 1.5}}}
    other = itp.validate(TRIALS / "made_up.toml", n=50, seed=1, overrides=overrides)
    assert other.attrs["overrides"] == overrides
    assert table.attrs["overrides"] == {}


def test_what_other_parameters_give_is_a_range_of_its_own(table: pd.DataFrame) -> None:
    draws = [{"adult_chronic": {"typical": {"IC50": ic50}}} for ic50 in (2.0, 4.0, 8.0)]
    path = TRIALS / "made_up.toml"
    found = itp.validate(path, n=100, seed=1, parameters=draws)
    plain = itp.validate(path, n=100, seed=1)
    doubt = ["parameters_low", "parameters_high"]
    pd.testing.assert_frame_equal(found.drop(columns=doubt), plain.drop(columns=doubt))
    each = [simulated(load_trial(path), n=100, seed=1, overrides=draw)["days_above"] for draw in draws]
    assert found.loc[("made_up", "days_above"), doubt].tolist() == [min(each), max(each)]
    assert plain[doubt].isna().all(axis=None)
    assert "| parameters |" in report(found, figure="page.svg", excluded={})
    assert "| parameters |" not in report(plain, figure="page.svg", excluded={})
    ax = plots.validation(found)
    assert "simulated with other parameters" in [text.get_text() for text in ax.get_legend().get_texts()]
    plt.close(ax.get_figure())


def test_draws_that_leave_nobody_in_the_group_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    path = TRIALS / "made_up.toml"
    draws = [{"adult_chronic": {"typical": {"IC50": ic50}}} for ic50 in (0.5, 1.0, 4.0, 15.0)]
    found = itp.run_trial(path, n=3, parameters=draws)
    assert found.attrs["parameter_draws"] == 4
    each = [simulated(load_trial(path), n=3, seed=1, overrides=draw) for draw in draws]
    assert found["parameters_without"].to_dict() == {key: sum(math.isnan(one[key]) for one in each) for key in each[0]}
    assert 0 < found["parameters_without"].max() < 4
    key = str(found["parameters_without"].idxmax())
    said = f"{key}: {found.loc[key, 'parameters_without']} of 4 draws of the parameters leave nobody in it"
    assert said in words.without(found)
    assert not words.without(itp.run_trial(path, n=20))


def test_draws_of_the_posterior() -> None:
    path = TRIALS / "made_up.toml"
    found = itp.run_trial(path, n=40, parameters=3)
    assert found["parameters_low"].notna().all()
    by_hand = itp.run_trial(path, n=40, parameters=itp.posterior("adult_chronic", 3))
    pd.testing.assert_frame_equal(found, by_hand)
    pd.testing.assert_frame_equal(itp.validate(path, n=40, parameters=3).loc["made_up"], found)


@pytest.mark.parametrize(
    ("given", "words_"),
    [
        (1, "n is 1: give a whole number from 2"),
        ({}, "parameters is {}"),
        (2.5, "parameters is 2.5"),
        ([5], "overrides is 5"),
    ],
)
def test_other_parameters_that_cannot_be_used(given: object, words_: str) -> None:
    with pytest.raises(itp.InputError, match=words_):
        itp.run_trial(TRIALS / "made_up.toml", n=5, parameters=given)


def test_the_summary_counts_by_section(table: pd.DataFrame) -> None:
    said = summary(table)
    counts = table.groupby("role")["inside"].agg(["sum", "size"])
    calibrated, validated, mechanism = (counts.loc[role] for role in SECTIONS)
    assert said == (
        f"calibration: {calibrated['sum']} of {calibrated['size']} inside; "
        f"validation: {validated['sum']} of {validated['size']}; mechanism: {mechanism['sum']} of {mechanism['size']}"
    )
    assert summary(table[table["role"] == "mechanism"]).startswith("mechanism: ")


@pytest.mark.parametrize(
    ("path", "words_"),
    [
        ("no such folder", "is no folder: give a trial file"),
        (5, "path is 5: give a trial file"),
        ("nowhere.toml", r"no file nowhere\.toml"),
    ],
)
def test_paths_without_a_trial(path: object, words_: str) -> None:
    with pytest.raises(itp.InputError, match=words_):
        itp.validate(path)


def test_a_folder_without_a_trial(tmp_path: Path) -> None:
    with pytest.raises(itp.InputError, match="has no trial"):
        itp.validate(tmp_path)


# --- words ------------------------------------------------------------------------------------------------------------


def test_numbers_in_words() -> None:
    row = pd.Series({"observed": 2.5, "low": -np.inf, "high": 2.5, "interval": "bound", "unit": "day"})
    assert (words.published(row), words.interval(row)) == ("at most 2.5", "")
    row = pd.Series({"observed": 7.0, "low": 7.0, "high": np.inf, "interval": "bound", "unit": "1e9/L"})
    assert (words.published(row), words.unit(row)) == ("at least 7", "10^9/L")
    row = pd.Series({"observed": 46.0, "low": 26.0, "high": 66.4, "interval": "printed", "unit": "1e9/L"})
    assert (words.published(row), words.interval(row)) == ("46", "26 to 66")
    assert words.number(-0.01, "%") == "0.0"
    assert words.number(float("nan"), "%") == "nobody"
    assert words.number(float("inf"), "day") == "not reached"


# --- the report: its form, never its success --------------------------------------------------------------------------


def test_the_report_has_limits_first_every_row_every_miss_and_what_was_left_out(table: pd.DataFrame) -> None:
    text = report(table, figure="page.svg", excluded=LEFT_OUT)
    headings = [line for line in text.splitlines() if line.startswith("#")]
    assert headings == [
        "# Simulated trials beside the published ones",
        "## Limits",
        "## Result",
        "## Misses",
        "## Calibration",
        "## Validation",
        "## Mechanism",
        "## Trials, and what is assumed of them",
        "## Counts and margins",
        "## Sources",
        "## Records that are not simulated",
    ]
    assert text.index(itp.RESEARCH_ONLY) < text.index("## Limits")
    assert f"{summary(table)}." in text
    assert "itp\\_sim " + itp.__version__ in text
    assert "200 virtual patients in each arm, seed 1." in text
    assert "](page.svg)" in text
    rows = [line for line in text.splitlines() if line.startswith(("| made\\_up |", "| until\\_50 |"))]
    assert len(rows) == len(table) + 2  # and one a trial
    assert sum(line.endswith("| MISS |") for line in rows) == (~table["inside"]).sum()
    misses = text[text.index("## Misses") : text.index("## Calibration")].splitlines()
    assert sum(line.startswith("- ") for line in misses) == (~table["inside"]).sum()
    assert "No patient can rise so far: made up to be missed." in text
    assert "| SOME2001 | context | no dose | Some people, 2001 |" in text
    assert f"| GODEAU1999 | validate | for a test | {sources()['GODEAU1999'].citation} |" in text
    assert text == report(table, figure="page.svg", excluded=LEFT_OUT)
    assert "not simulated" not in report(table, figure="page.svg", excluded={})


def test_a_report_without_a_miss_says_so(table: pd.DataFrame) -> None:
    text = report(table[table["inside"]], figure="page.svg", excluded={})
    assert "## Misses\n\nNone.\n" in text


class Page(HTMLParser):
    """Tags of a page; raises where they do not match."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, _) -> None:
        self.seen.append(tag)
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_report_as_html(table: pd.DataFrame) -> None:
    page = Page()
    text = report(table, figure="page.svg", excluded=LEFT_OUT, html=True)
    page.feed(text)
    assert page.open == []
    assert page.seen.count("table") == 5
    assert "Content-Security-Policy" in text
    assert "http:" not in text and "https:" not in text and "<script" not in text


def test_text_cannot_become_markup() -> None:
    bad = '<script>alert("x")</script> | a_b*c`d [e](f)\nnew # line'
    blocks = [Heading(1, bad), Paragraph(bad), Items([bad]), Grid(["a", "b"], [[bad, "c"]]), Image("a b.svg", bad)]
    as_html, as_markdown = html(blocks), markdown(blocks)
    assert "<script" not in as_html and 'alt="&lt;script&gt;' in as_html
    assert "<script" not in as_markdown.replace("\\<", "")
    cells = [line for line in as_markdown.splitlines() if line.startswith("|")][-1]
    assert cells.replace("\\|", "").count("|") == 3
    assert "\nnew" not in as_markdown
    assert "](a%20b.svg)" in as_markdown


# --- the figure -------------------------------------------------------------------------------------------------------


@pytest.fixture
def axes(table: pd.DataFrame):
    ax = plots.validation(table)
    yield ax
    plt.close(ax.get_figure())


def test_a_row_for_every_endpoint_and_a_shape_for_every_miss(axes, table: pd.DataFrame) -> None:
    labels = [text.get_text() for text in axes.get_yticklabels()]
    assert len(labels) == len(table) + table["role"].nunique()
    assert labels[0].startswith("calibration: ")
    shapes = [line.get_marker() for line in axes.get_lines()]
    assert shapes.count("X") == (~table["inside"] & table["simulated"].notna()).sum()
    assert shapes.count("o") == table["inside"].sum()
    assert axes.get_figure().get_supxlabel() == itp.RESEARCH_ONLY


def test_nothing_is_written_over_anything_else(axes) -> None:
    figure = axes.get_figure()
    figure.canvas.draw()
    drawn = [*axes.get_yticklabels(), *axes.texts, axes.get_legend(), axes.xaxis.label]
    boxes = [text.get_window_extent() for text in drawn]
    for i, box in enumerate(boxes):
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1
        assert not [other for other in boxes[:i] if box.overlaps(other)]


def test_axes_that_are_given_are_drawn_on_and_a_selection_will_do(table: pd.DataFrame) -> None:
    figure, ax = plt.subplots()
    before = dict(mpl.rcParams)
    assert plots.validation(table[table["role"] == "validate"], ax=ax, notice=False) is ax
    assert figure.get_supxlabel() == ""
    assert dict(mpl.rcParams) == before
    plt.close(figure)


def test_a_single_trial_can_be_drawn() -> None:
    ax = plots.validation(itp.run_trial(TRIALS / "until_50.toml", n=20))
    assert [text.get_text() for text in ax.get_yticklabels()][1] == "above 50 by day 3"
    plt.close(ax.get_figure())


@pytest.mark.parametrize(("given", "words_"), [(5, "table is 5"), (pd.DataFrame(), "lacks title, role")])
def test_tables_that_cannot_be_drawn(given: object, words_: str) -> None:
    with pytest.raises(itp.InputError, match=words_):
        plots.validation(given)


def test_an_empty_table_cannot_be_drawn(table: pd.DataFrame) -> None:
    with pytest.raises(itp.InputError, match="has no row"):
        plots.validation(table.iloc[:0])


# --- the shell --------------------------------------------------------------------------------------------------------


def test_a_trial_at_the_shell(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["trial", str(TRIALS / "made_up.toml"), "--n", "50"]) == 0
    printed = capsys.readouterr().out
    assert "0.5 g/kg, 20 patients: 0.5 g/kg; later 1.5 g/kg, decided on the count" in printed
    assert "no treatment, 10 patients: no treatment" in printed
    (line,) = [line for line in printed.splitlines() if line.startswith("rise ")]
    assert line.endswith("MISS")
    assert "rise: No patient can rise so far" in printed
    trial = itp.load_trial(TRIALS / "made_up.toml")
    before = next(iter(courses(trial, n=50, seed=1).values())).counts[:, 0]
    low, median, high = np.quantile(before, [0.05, 0.5, 0.95])
    assert low < median < high
    assert f"untreated counts: median {median:.0f}, 5-95% {low:.0f} to {high:.0f} x 10^9/L, as measured\n" in printed
    assert itp.run_trial(trial, n=50).attrs["untreated"] == {"median": median, "low": low, "high": high}
    assert printed.rstrip().endswith(itp.RESEARCH_ONLY)


def test_a_trial_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["trial", str(TRIALS / "made_up.toml"), "--n", "50", "--seed", "2", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert (content["trial"], content["n"], content["seed"]) == ("made_up", 50, 2)
    assert content["endpoints"]["peak"]["high"] is None  # a bound has no other end
    assert content["endpoints"]["rise"]["inside"] is False
    assert content["notice"] == itp.RESEARCH_ONLY


@pytest.mark.parametrize("kind", [".md", ".html"])
def test_all_trials_at_the_shell_with_a_report(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / f"page{kind}"
    assert cli.main(["validate", str(TRIALS), "--n", "50", "--report", str(page)]) == 0
    printed = capsys.readouterr().out
    for section in SECTIONS.values():
        assert f"\n{section}\n" in f"\n{printed}"
    assert f"report: {page}" in printed
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    drawn = {".md": "page.svg", ".html": "page.html.svg"}[kind]  # both pages may stand in one folder
    assert set(first) == {f"page{kind}", drawn}
    assert f'"{drawn}"'.encode() in first[f"page{kind}"] or f"({drawn})".encode() in first[f"page{kind}"]
    assert cli.main(["validate", str(TRIALS), "--n", "50", "--report", str(page)]) == 0
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first


def test_draws_at_the_shell(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["trial", str(TRIALS / "made_up.toml"), "--n", "20", "--draws", "20"]) == 0
    printed = capsys.readouterr().out
    assert "[parameters]" in printed
    assert "parameters: 95% of what other values" in printed
    for few in ("2", "19", "1000"):
        assert cli.main(["trial", str(TRIALS / "made_up.toml"), "--n", "20", "--draws", few]) == 2
        assert f"--draws is {few}: give a whole number from 20 to {len(itp.posterior())}" in capsys.readouterr().err


@pytest.mark.parametrize("asked", [["trial", str(TRIALS / "made_up.toml")], ["validate", str(TRIALS)]])
def test_few_virtual_patients_are_noted(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*asked, "--n", "25"]) == 0
    assert capsys.readouterr().err == (
        "itp-sim: note: 25 virtual patients: a simulated rate has a standard error of up to 10 points, and bands are "
        "drawn from these few; give --n 100 or more\n"
    )
    assert cli.main([*asked, "--n", "100", "--json"]) == 0
    assert capsys.readouterr().err == ""


def test_all_trials_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["validate", str(TRIALS), "--n", "20", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert set(content["trials"]) == {"made_up", "until_50"}
    assert content["summary"].startswith("calibration: ")


@pytest.mark.parametrize(
    ("line", "words_"),
    [
        (["trial", "godeua1999"], "did you mean 'godeau1999'"),
        (["trial"], "NAME_OR_FILE"),
        (["trial", "godeau1999", "--n", "0"], "n is 0"),
        (["validate", "nowhere"], "is no folder"),
        (["validate", "--report", "page.pdf"], "ends in .md or .html"),
        (["validate", "--report", "nowhere/page.md"], "the folder 'nowhere' does not exist"),
        (["validat"], "did you mean 'validate'"),
    ],
)
def test_bad_lines(line: list[str], words_: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(line) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert words_ in printed.err
    assert printed.err.count("\n") == 1
