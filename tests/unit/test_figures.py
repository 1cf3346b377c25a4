"""Teaching figures: readable at final size, true to the run, the same every time, and described in words."""

import csv
import hashlib
import io
import re
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from tests.scripts import loaded
from tests.unit.seen import contrast, crossed, overlap, shown

import itp_sim as itp
from itp_sim.figures import looks
from itp_sim.figures.captioned import CaptionedFigure, as_csv
from itp_sim.figures.catalogue import FIGURES
from itp_sim.figures.gallery import drawn_all, gallery
from itp_sim.figures.looks import LOOKS
from itp_sim.figures.made import FIFTY
from itp_sim.figures.words import TEXTS, templates
from itp_sim.plots.style import QUIET, spread

NAMES = tuple(FIGURES)
PALETTE = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000"}
#: Black that stands back, and the white edge of letters and hatches.
NEUTRAL = {"#595959", "#ffffff"}


def drawn(name: str, style: str = "educator") -> CaptionedFigure:
    """A figure as it is by default, drawn once for all tests."""
    return _drawn(name, style)


@cache
def _drawn(name: str, style: str) -> CaptionedFigure:
    made = itp.figures.draw(name, style=style)
    made.figure.draw_without_rendering()  # settles the ticks
    return made


@cache
def to_save(name: str, style: str = "educator") -> CaptionedFigure:
    """The same for tests that write a file: its kind leaves the sizes of words behind that others measure."""
    return itp.figures.draw(name, style=style)


@pytest.fixture(params=[(name, style) for name in NAMES for style in itp.figures.STYLES], ids="-".join)
def fig(request: pytest.FixtureRequest) -> CaptionedFigure:
    return drawn(*request.param)


@pytest.fixture(params=NAMES)
def slide(request: pytest.FixtureRequest) -> CaptionedFigure:
    return drawn(request.param)


def box(text: Text) -> Bbox:
    """Room of the words, without the line to their point."""
    return Text.get_window_extent(text)


# --- readable -------------------------------------------------------------------------------------------------------


def test_no_text_overlaps_another(fig: CaptionedFigure) -> None:
    pixel = fig.figure.dpi / 72
    boxes = [(text.get_text(), box(text)) for text in shown(fig.figure)]
    assert len(boxes) > 5
    assert [(a, b) for (a, x), (b, y) in combinations(boxes, 2) if overlap(x, y, pixel)] == []


def test_nothing_leaves_the_figure(fig: CaptionedFigure) -> None:
    whole = fig.figure.bbox
    for text in shown(fig.figure):
        found = box(text)
        assert whole.x0 - 1 <= found.x0 and found.x1 <= whole.x1 + 1, text.get_text()
        assert whole.y0 - 1 <= found.y0 and found.y1 <= whole.y1 + 1, text.get_text()


def test_the_legend_covers_no_axes(fig: CaptionedFigure) -> None:
    for legend in fig.figure.legends:
        for ax in fig.figure.axes:
            assert not overlap(legend.get_window_extent(), ax.get_window_extent(), 1)


def test_words_on_the_axes_stand_clear_of_thick_lines(fig: CaptionedFigure) -> None:
    covered = []
    for ax in fig.figure.axes:
        lines = [line for line in ax.lines if line.get_linewidth() > 1 and line.get_linestyle() != "None"]
        points = [line.get_transform().transform(line.get_xydata()) for line in lines if ax.axison]
        for note in ax.texts:
            found = box(note)
            if any(found.contains(x, y) for each in points for x, y in each):
                covered.append(note.get_text())
    assert covered == []


def test_no_leader_crosses_a_curve(fig: CaptionedFigure) -> None:
    assert crossed(fig.figure) == []


def test_letters_are_large_enough_at_final_size(fig: CaptionedFigure) -> None:
    width, height = fig.figure.get_size_inches()
    assert width == LOOKS[fig.style].width
    assert width == 3.4 if fig.style == "paper" else (width, height) == (10.0, 5.625)
    assert height <= 9.0
    for text in shown(fig.figure):
        assert text.get_fontsize() >= 9, text.get_text()


def test_text_and_lines_stand_out(fig: CaptionedFigure) -> None:
    for text in shown(fig.figure):
        assert contrast(text.get_color(), text.get_alpha()) >= 4.5, text.get_text()
    for ax in fig.figure.axes:
        for line in ax.lines:
            if line.get_linewidth() > 1 and line.get_linestyle() != "None":
                assert contrast(line.get_color(), line.get_alpha()) >= 3, line.get_label()


def colours(figure: Figure) -> set[str]:
    """Colours of lines, bars, points and areas; shades of the map count as the colour they are made of."""
    found = set()
    for ax in figure.axes:
        for line in ax.lines:
            found |= {to_hex(line.get_color()), to_hex(line.get_markeredgecolor())}
        for patch in ax.patches:
            found.add(to_hex(patch.get_facecolor()))
        for collection in ax.collections:
            if type(collection).__name__ != "QuadContourSet":
                found |= {to_hex(c) for c in collection.get_facecolor()}
    return found


def test_quiet_words_are_the_quiet_black_of_plots() -> None:
    paper = 1 - QUIET["alpha"] * (1 - np.array(to_rgb(QUIET["color"])))
    assert np.abs(np.array(to_rgb(looks.QUIET)) - paper).max() < 1 / 255


def test_colours_are_those_of_the_palette(slide: CaptionedFigure) -> None:
    assert colours(slide.figure) <= PALETTE
    assert {to_hex(text.get_color()) for text in shown(slide.figure)} <= PALETTE | NEUTRAL


#: What a protanope and a deuteranope see, as linear light; Machado, Oliveira and Fernandes 2009, severity 1.
BLIND = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
}


def lab(colour: object, matrix: list[list[float]] | None = None) -> np.ndarray:
    linear = np.array([c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)])
    linear = np.clip(np.array(matrix) @ linear if matrix else linear, 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ linear
    f = np.cbrt(xyz / [0.9505, 1.0, 1.089])
    f = np.where(xyz / [0.9505, 1.0, 1.089] > 0.008856, f, 7.787 * xyz / [0.9505, 1.0, 1.089] + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eyes", [None, *BLIND])
def test_lines_of_one_panel_can_be_told_apart(slide: CaptionedFigure, eyes: str | None) -> None:
    matrix = BLIND[eyes] if eyes else None
    for ax in slide.figure.axes:
        used = sorted({to_hex(line.get_color()) for line in ax.lines if line.get_linewidth() > 1})
        for a, b in combinations(used, 2):
            assert np.linalg.norm(lab(a, matrix) - lab(b, matrix)) > 15, (a, b)


def test_lines_of_one_panel_differ_in_style_too(slide: CaptionedFigure) -> None:
    for ax in slide.figure.axes:
        thick = [line for line in ax.lines if line.get_linewidth() > 1 and line.get_linestyle() != "None" and ax.axison]
        looks = {(to_hex(line.get_color()), str(line._unscaled_dash_pattern)) for line in thick}
        assert len({dashes for _, dashes in looks}) == len(looks)


# --- in words -------------------------------------------------------------------------------------------------------


def test_every_figure_has_a_caption_an_alternative_text_and_sources(slide: CaptionedFigure) -> None:
    assert 60 < len(slide.alt_text) < 1200
    assert len(slide.caption) > 300
    said, behind = slide.caption.split("\n")  # the sources have a line of their own
    assert behind.startswith("Numbers that decide it: ") or slide.name == "by_product"
    assert "Sources: " in behind and "Sources: " not in said
    assert "research and education only" in slide.caption
    for text in (slide.title, slide.caption, slide.alt_text):
        assert not re.search(r"[{}]|\bnan\b|\binf\b|None", text), text
    assert re.search(r"\d", slide.alt_text)


def test_the_notice_stands_on_the_figure(fig: CaptionedFigure) -> None:
    assert " ".join(fig.figure.get_supxlabel().split()) == itp.RESEARCH_ONLY


def test_the_notice_can_be_left_out() -> None:
    assert itp.figures.draw("by_product", notice=False).figure.get_supxlabel() == ""


def test_the_title_stands_on_a_slide_only() -> None:
    def words(style: str) -> set[str]:
        return {" ".join(text.get_text().split()) for text in shown(drawn("dose_comparison", style).figure)}

    title = itp.figures.list()["dose_comparison"]
    assert title in words("educator")
    assert title not in words("paper")


def test_the_list_names_every_figure() -> None:
    assert tuple(itp.figures.list()) == NAMES
    assert len(NAMES) >= 13
    assert set(templates()) == {"common", "gallery", *NAMES}
    assert len(set(itp.figures.list().values())) == len(NAMES)


#: Numbers that may stand in the texts of a figure: definitions cited there, and days and hours that facts are named by.
WRITTEN = {
    "common": {"0", "1", "3"},
    "dose_comparison": {"2", "3"},
    "thresholds": {"10", "30", "100"},
    "spleen_or_liver": {"0", "14"},
    "fcrn": {"3"},
    "when_to_draw": {"24", "48", "72"},
    "which_draws_tell": {"0"},  # in the name of a parameter
    "response_by_mechanism": {"1"},
}


def test_no_number_of_the_model_is_written_in_the_texts() -> None:
    """Every number in a caption comes from the run or from what is drawn; what may stand there is said here."""
    for name, table in tomllib.loads(TEXTS.read_text(encoding="utf-8")).items():
        for key, text in table.items():
            words = re.sub(r"{[^}]*}|10⁹|1e9", "", text)
            allowed = {f"{FIFTY:g}"} | WRITTEN.get(name, set())
            numbers = set(re.findall(r"\d+(?:\.\d+)?", words))
            assert key.startswith("arm_") or numbers <= allowed, (name, key, numbers - allowed)


def test_the_source_writes_no_words_on_a_figure() -> None:
    """Words are in texts.toml alone: no label, title or legend in the code of the figures has a space in it."""
    for path in TEXTS.parent.glob("*.py"):
        for call in re.findall(r"(?:set_xlabel|set_ylabel|set_title|\.text|annotate)\(([^)]*)\)", path.read_text()):
            assert not re.search(r'"[^"{}]*[a-z] [a-z][^"{}]*"', call), (path.name, call)


# --- true -----------------------------------------------------------------------------------------------------------


def series(fig: CaptionedFigure, panel: str, name: str) -> pd.DataFrame:
    rows = fig.data[(fig.data.panel == panel) & (fig.data.series == name)]
    assert len(rows)
    return rows


def test_the_numbers_are_those_of_the_run() -> None:
    arms = {"1 g/kg": "1 g/kg", "2 g/kg": "1 g/kg daily x 2"}
    run = itp.simulate(itp.typical_patient(), arms, days=28)
    fig = drawn("dose_comparison")
    for name in arms:
        rows = series(fig, "A", name)
        np.testing.assert_array_equal(rows.x, run.time)
        np.testing.assert_allclose(rows.y, run.platelets.sel(arm=name).squeeze(), rtol=1e-12)
        said = f"{run.peak.sel(arm=name).item():.0f} on day {run.peak_day.sel(arm=name).item():.1f}"
        assert said in fig.caption and said in fig.alt_text
        on_it = f"peak {run.peak.sel(arm=name).item():.0f}\non day {run.peak_day.sel(arm=name).item():.1f}"
        assert on_it in {text.get_text() for text in shown(fig.figure)}


def test_the_first_rise_is_pointed_out_on_the_figure() -> None:
    for style in itp.figures.STYLES:
        words = " ".join(text.get_text() for text in shown(drawn("dose_comparison", style).figure))
        assert "days 1-3:\nrise" in words
        assert "day 3: " in words
        assert words.count("peak ") == 2


def test_the_numbers_are_those_that_are_drawn(slide: CaptionedFigure) -> None:
    if "panel" not in slide.data:
        return
    axes = {ax.get_label(): ax for ax in slide.figure.axes}
    for (panel, name), rows in slide.data.groupby(["panel", "series"]):
        lines = [line for line in axes[panel].lines if line.get_label() == name]
        if len(lines) == 1:
            np.testing.assert_array_equal(rows[["x", "y"]].to_numpy(), lines[0].get_xydata())
    curves = [line for ax in axes.values() for line in ax.lines if not str(line.get_label()).startswith("_")]
    assert len(slide.data) >= sum(len(line.get_xydata()) for line in curves)


def test_before_the_infusion_as_many_are_lost_as_made() -> None:
    fig = drawn("why_counts_rise")
    made, lost = series(fig, "A", "production"), series(fig, "A", "loss")
    early = made.x.to_numpy() <= 0
    np.testing.assert_allclose(made.y[early], lost.y[early], rtol=1e-6)
    kept = series(fig, "A", "kept")
    gap = np.maximum(made.y.to_numpy() - lost.y.to_numpy(), 0)
    np.testing.assert_allclose((kept.y - kept.y_from).to_numpy(), gap, atol=1e-9)


def test_the_bars_are_the_days_above() -> None:
    fig = drawn("thresholds")
    run = itp.simulate(itp.typical_patient(), "1 g/kg", days=42, levels=[10, 30, 50, 100])
    np.testing.assert_allclose(np.sort(series(fig, "B", "1 g/kg").x), np.sort(run.days_above.squeeze()), rtol=1e-6)


def test_the_groups_are_all_patients() -> None:
    fig = drawn("who_gains")
    assert len(fig.data) == 1000
    shares = [float(share) for share in re.findall(r"(\d+)%", fig.caption)][:4]
    assert sum(shares) == pytest.approx(100, abs=2)


def test_the_shares_of_responders_agree_between_figures() -> None:
    people = itp.virtual_patients(n=1000, seed=1)
    run = itp.simulate(people, "1 g/kg", days=28, outputs=[])
    share = 100 * run.first_day.sel(level="50").notnull().mean().item()
    assert f"{share:.0f}% after 1 g/kg" in drawn("responders").caption


def test_the_tank_holds_the_count() -> None:
    fig = drawn("reservoir")
    run = itp.simulate(itp.typical_patient(), "1 g/kg", days=21)
    assert list(fig.data.columns) == ["day", "count", "made", "cleared", "other", "blocked"]
    counts = run.platelets.squeeze().interp(time=fig.data.day.to_numpy())
    np.testing.assert_allclose(fig.data["count"], counts, rtol=1e-9)


def test_the_map_is_the_peak_on_a_grid() -> None:
    fig = drawn("response_by_mechanism")
    rows = fig.data[fig.data.series == "peak"]
    some = rows.iloc[len(rows) // 2]
    patient = itp.typical_patient().assign(EPS=some.EPS, FIND=some.FIND)
    assert itp.simulate(patient, "1 g/kg", days=28).peak.item() == pytest.approx(some.peak, rel=1e-5)


def test_what_draws_tell_is_what_is_expected_of_them() -> None:
    fig = drawn("which_draws_tell")
    days = {"day 0": [0], "days 0, 3": [0, 3], "days 0, 3, 7, 14": [0, 3, 7, 14]}
    found = itp.expected_information(days, "1 g/kg", n=1000, against=10_000, seed=1)
    rows = fig.data.set_index("schedule")
    for name in days:
        for told in ("P0", "IC50", "peak"):
            left = min(max(found.loc[name, told], 0), 1)
            assert rows.loc[name, f"{told} (% explained)"] == pytest.approx(100 * (1 - left))
    one_more = rows.iloc[1:5]["peak (% explained)"]
    day = one_more.idxmax().split(", ")[1]
    assert f"day {day} for peak count, {one_more.max():.0f}%" in fig.caption
    (ax,) = fig.figure.axes
    marks = {line.get_label(): line.get_xdata() for line in ax.lines if line.get_marker() != "None"}
    np.testing.assert_allclose(marks["peak count"], rows["peak (% explained)"])
    assert len(fig.figure.legends[0].get_texts()) == len(marks)


def test_as_many_patients_are_imagined_as_were_asked_for() -> None:
    few, more = (itp.figures.draw("which_draws_tell", n=n) for n in (50, 60))
    assert "50 imagined patients" in few.caption and "60 imagined patients" in more.caption
    assert not few.data.equals(more.data)


def test_the_hours_are_those_of_the_plan() -> None:
    rows = drawn("by_product").data.set_index("product")
    assert set(rows.index) == set(itp.products().index)
    for name, row in rows.iterrows():
        plan = itp.regimen("1 g/kg", product=name).plan(weight_kg=70)
        assert row.hours == pytest.approx(plan.hours.iloc[0])
        assert row.vials == plan.vials.iloc[0]


@pytest.mark.parametrize("style", itp.figures.STYLES)
def test_the_asterisk_of_a_product_is_explained_on_the_figure(style: str) -> None:
    fig = drawn("by_product", style)
    marked = [text.get_text() for text in shown(fig.figure) if "*\n" in text.get_text()]
    assert len(marked) == fig.data.assumed.sum() > 0
    (legend,) = fig.figure.legends
    assert "is assumed" in " ".join(text.get_text().replace("\n", " ") for text in legend.get_texts())
    assert [line.get_marker() for line in legend.legend_handles] == ["$*$"]


@pytest.mark.parametrize("style", itp.figures.STYLES)
@pytest.mark.parametrize("name", ["responders", "who_gains", "when_to_draw"])
def test_shares_say_of_how_many_patients(name: str, style: str) -> None:
    fig = itp.figures.draw(name, n=40, style=style)
    said = [" ".join(text.get_text() for text in shown(fig.figure)), fig.caption, fig.alt_text]
    assert all(re.search(r"\bof 40\b", words, re.IGNORECASE) for words in said)


# --- options --------------------------------------------------------------------------------------------------------


def test_options_reach_the_run() -> None:
    fig = itp.figures.draw(
        "dose_comparison",
        arms={"low": "0.5 g/kg", "50 g": "50 g", "high": itp.regimen("2 g/kg", product="Privigen")},
        weight_kg=50,
        platelets=20,
        days=21,
        style="paper",
    )
    run = itp.simulate(itp.typical_patient(weight_kg=50, platelets=20), {"low": "0.5 g/kg"}, days=21)
    np.testing.assert_allclose(series(fig, "A", "low").y, run.platelets.squeeze(), rtol=1e-12)
    assert fig.data.x.max() == 21
    assert set(fig.data.series) == {"low", "50 g", "high"}
    assert "50 kg, untreated count 20" in fig.caption


def test_children_can_be_drawn() -> None:
    fig = itp.figures.draw("why_counts_rise", population="child_newly_diagnosed")
    assert "child_newly_diagnosed" in fig.caption


def test_recovery_without_treatment_stands_beside_the_doses_of_children_only() -> None:
    children = itp.figures.draw("dose_comparison", population="child_newly_diagnosed", arms="1 g/kg")
    patient = itp.typical_patient("child_newly_diagnosed")
    run = itp.simulate(patient, {"1 g/kg": "1 g/kg", "none": None}, days=28)
    np.testing.assert_allclose(series(children, "A", "no treatment").y, run.platelets.sel(arm="none").squeeze())
    assert f"Untreated it is {run.platelets.sel(arm='none')[..., -1].item():.0f} on day 28" in children.caption
    assert "no treatment" not in drawn("dose_comparison").caption
    assert "no treatment" not in set(drawn("dose_comparison").data.series)


def test_the_title_asks_about_the_second_gram_only_where_it_is_drawn() -> None:
    one = itp.figures.draw("dose_comparison", arms="3 g")
    assert one.title == "The platelet count after 3 g"
    assert "no clear rise after 3 g" in one.caption and "no clear rise after 3 g" in one.alt_text


def test_the_caption_of_fcrn_says_how_its_own_trial_went() -> None:
    rows = itp.trials.run_trial("fcrn_block").query("unit == '%' and observed > 0")
    caption = drawn("fcrn").caption
    assert f"{rows.simulated.iloc[0]:.0f}% of virtual adults" in caption
    assert ("misses this test" in caption) == (not rows.inside.all())
    assert all(f"{value:g}%" in caption for value in rows.observed)


def test_the_line_of_50_lies_where_the_caption_says() -> None:
    fig = drawn("response_by_mechanism")
    low, high = (float(x) for x in re.findall(r"(\d+)% of clearance with.*?(\d+)% with", fig.caption)[0])
    rows = fig.data[fig.data.series == "peak"]
    for share, eps in ((low, rows.EPS.min()), (high, rows.EPS.max())):
        column = rows[rows.EPS == eps].sort_values("FIND")
        crossed = np.interp(np.log(share / 100), np.log(column.FIND), column.peak)
        assert crossed == pytest.approx(50, rel=0.05)


def test_a_dose_that_does_nothing_is_drawn_too() -> None:
    for name in ("dose_comparison", "why_counts_fall", "blockade"):
        fig = itp.figures.draw(name, arms="0.01 g/kg")
        assert not re.search(r"\bnan\b|\binf\b", fig.caption + fig.alt_text)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"name": "dose_comparision"}, "did you mean 'dose_comparison'"),
        ({"name": "who_gains", "arms": "1 g/kg"}, "shows 2 regimens, not 1"),
        ({"name": "fcrn", "arms": ["1 g/kg", "2 g/kg"]}, "shows 1 regimen, not 2"),
        ({"name": "dose_comparison", "arms": 3}, "arms is 3: give a regimen, or regimens by name"),
        ({"name": "dose_comparison", "arms": [None]}, "arm 'none' is no treatment, which no figure shows"),
        ({"name": "dose_comparison", "arms": ["None"]}, "arm 'none' is no treatment, which no figure shows"),
        ({"name": "dose_comparison", "arms": {"a": None}}, "arm 'a' is no treatment"),
        ({"name": "dose_comparison", "arms": ["1 g/kg", "1 g/kg"]}, "two arms are '1 g/kg'"),
        ({"name": "dose_comparison", "style": "poster"}, "no style 'poster'"),
        ({"name": "dose_comparison", "weight_kg": -1}, "weight_kg is -1"),
        ({"name": "dose_comparison", "platelets": float("nan")}, "platelets is nan"),
        ({"name": "dose_comparison", "days": 1}, "days is 1"),
        (
            {"name": "by_product", "platelets": 20},
            "platelets would change nothing in figure 'by_product': leave it out",
        ),
        ({"name": "fcrn", "n": 50, "seed": 1}, "n, seed would change nothing in figure 'fcrn'"),
        ({"name": "responders", "n": 3}, "n is 3: give a whole number from 20"),
        ({"name": "which_draws_tell", "n": 49}, "n is 49: give a whole number from 50"),
        ({"name": "dose_comparison", "population": "adult"}, "no population 'adult'"),
    ],
)
def test_what_cannot_be_drawn(asked: dict[str, object], words: str) -> None:
    with pytest.raises(itp.InputError, match=re.escape(words)):
        itp.figures.draw(**asked)


def test_settings_of_matplotlib_are_left_alone() -> None:
    with mpl.rc_context({"font.size": 20, "lines.linewidth": 9}):
        before = dict(mpl.rcParams)
        made = itp.figures.draw("by_product")
        assert dict(mpl.rcParams) == before
        assert made._picture(".png") == drawn("by_product")._picture(".png")
        assert dict(mpl.rcParams) == before


# --- saved ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("figures")


@pytest.mark.parametrize("kind", ["svg", "pdf", "png", "csv"])
def test_the_same_figure_has_the_same_bytes(kind: str, folder: Path) -> None:
    def saved(fig: CaptionedFigure) -> str:
        return hashlib.sha256(fig.save(folder / f"{fig.name}.{kind}").read_bytes()).hexdigest()

    again = to_save("why_counts_rise", "paper")
    assert saved(itp.figures.draw("why_counts_rise", style="paper")) == saved(again) == saved(again)


@pytest.fixture
def few_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itp_sim.figures.moving.STEP", 1.0)


@pytest.mark.usefixtures("few_frames")
def test_the_animation_has_the_same_bytes_and_moves(folder: Path) -> None:
    from PIL import Image

    made = itp.figures.draw("reservoir", days=7)
    first = made.save(folder / "one.gif").read_bytes()
    assert first == made.save(folder / "two.gif").read_bytes()
    with Image.open(io.BytesIO(first)) as moving:
        assert moving.n_frames == 8
        assert moving.size[0] > 300


def test_alternative_text_is_in_the_file(folder: Path) -> None:
    fig = to_save("by_product")
    root = ET.parse(fig.save(folder / "a.svg")).getroot()
    name = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert root.find(f"{name}title").text == fig.title
    assert root.find(f"{name}desc").text == fig.alt_text
    from PIL import Image

    with Image.open(fig.save(folder / "a.png")) as picture:
        assert picture.info["Description"] == fig.alt_text
    assert b"/Subject" in fig.save(folder / "a.pdf").read_bytes()


def test_no_file_says_when_it_was_made(folder: Path) -> None:
    for kind in ("svg", "pdf", "png"):
        made = to_save("by_product").save(folder / f"when.{kind}").read_bytes()
        assert b"CreationDate" not in made and b"<dc:date>" not in made and b"Creation Time" not in made


def test_text_is_escaped_wherever_it_ends_up(folder: Path) -> None:
    name = "=1+1<script>&\"'"
    fig = itp.figures.draw("dose_comparison", arms={name: "1 g/kg", "$x_1$ 50%": "2 g/kg"})
    assert ET.parse(fig.save(folder / "b.svg")).getroot() is not None
    rows = list(csv.DictReader(io.StringIO(fig.save(folder / "b.csv").read_text(encoding="utf-8"))))
    assert {row["series"] for row in rows} == {f"'{name}", "$x_1$ 50%"}
    page = gallery(folder / "page", [fig]).read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "<script" not in fig._repr_html_()


def test_numbers_as_text_are_those_of_the_table() -> None:
    fig = drawn("who_gains")
    read = pd.read_csv(io.StringIO(as_csv(fig.data)))
    np.testing.assert_allclose(read[["x", "y"]], fig.data[["x", "y"]], rtol=1e-8)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("a.tiff", "give a file that ends in .svg, .pdf, .png, .csv"),
        ("a.gif", "by_product does not move"),
        ("missing/a.svg", "does not exist"),
    ],
)
def test_what_cannot_be_saved(path: str, words: str, folder: Path) -> None:
    with pytest.raises(itp.InputError, match=re.escape(words)):
        to_save("by_product").save(folder / path)


@pytest.mark.parametrize("path", [None, 3, b"a.svg", ["a.svg"]])
def test_what_is_no_path_is_refused(path: object) -> None:
    with pytest.raises(itp.InputError, match=r"name a file that ends in \.svg"):
        to_save("by_product").save(path)


def test_an_older_file_stays_when_saving_fails(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = folder / "old.csv"
    old.write_text("old")

    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("itp_sim.figures.captioned.as_csv", full)
    with pytest.raises(itp.ItpError, match="No space left on device; name another"):
        to_save("by_product").save(old)
    assert old.read_text() == "old"
    assert list(folder.glob(".itp-sim-*")) == []


@pytest.mark.usefixtures("few_frames")
def test_too_few_patients_for_one_figure_are_refused_before_another_is_drawn() -> None:
    with pytest.raises(itp.InputError, match="n is 49: give a whole number from 50"):
        next(iter(drawn_all({"n": 49})))


def test_a_gallery_has_pictures_numbers_and_words(folder: Path) -> None:
    figures = [drawn("by_product"), itp.figures.draw("reservoir", days=7)]
    page = gallery(folder / "all", iter(figures), kind="png")
    text = page.read_text(encoding="utf-8")
    assert {path.name for path in page.parent.iterdir()} == {
        *(f"{fig.name}.{kind}" for fig in figures for kind in ("png", "csv")),
        "reservoir.gif",
        "index.html",
    }
    for link in re.findall(r'(?:src|href)="([^"]*)"', text):
        assert (page.parent / link).is_file()
    assert text.count("<figcaption>") == text.count(' alt="') == 2
    assert "default-src 'none'" in text
    assert text.count("<br>") >= 2  # before the sources
    with pytest.raises(itp.InputError, match="is a file: give a folder"):
        gallery(page, figures)


# --- the shell ------------------------------------------------------------------------------------------------------


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> Iterator[object]:
    from itp_sim.cli import main

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_the_shell_lists_and_draws(shell: object, folder: Path) -> None:
    code, out, _ = shell("figure", "--list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()[: len(NAMES)]] == list(NAMES)
    target = folder / "by.svg"
    code, out, err = shell("figure", "by_product", "--out", target, "--dose", "0.4 g/kg", "--weight", "50")
    assert (code, err) == (0, "")
    assert "20 g" in out and itp.RESEARCH_ONLY in out
    assert target.is_file()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["figure"], "name a figure, or give --all FOLDER"),
        (["figure", "by_product"], "name a file with --out, such as --out by_product.svg"),
        (["figure", "by_products", "--out", "a.svg"], "did you mean 'by_product'"),
        (["figure", "dose_comparision"], "did you mean 'dose_comparison'"),
        (["figure", "dose", "--out", "a.svg"], "did you mean 'dose_comparison'"),
        (["figure", "by_product", "--out", "a.doc"], "give a file that ends in"),
        (["figure", "--all", "x", "--out", "a.svg"], "--out is for one figure"),
        (["figure", "by_product", "--style", "poster", "--out", "a.svg"], "no --style 'poster'"),
        (["figure", "by_product", "--draws", "5", "--out", "a.svg"], "--draws"),
    ],
)
def test_slips_at_the_shell(
    arguments: list[str], words: str, shell: object, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    code, out, err = shell(*arguments)
    assert (code, out) == (2, "")
    assert words in err


# --- small parts ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("places", [[0.0, 1.0, 2.0, 30.0], [5.0, 5.0, 5.0], [1.0], [0.0, 10.0, 12.0, 14.0]])
def test_places_are_spread_no_further_than_they_must(places: list[float]) -> None:
    moved = spread(np.array(places), 6.0)
    assert (np.diff(moved) >= 6.0 - 1e-9).all()
    assert moved.mean() == pytest.approx(np.mean(places))
    if len(places) == 1 or np.diff(places).min() >= 6:
        np.testing.assert_array_equal(moved, places)


# --- the gallery in the documentation -------------------------------------------------------------------------------

ROOT = Path(__file__).parents[2]


@cache
def refresh() -> object:
    """The script that draws the gallery."""
    return loaded(ROOT / "docs" / "gallery" / "refresh.py")


def test_the_readme_shows_every_figure() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert refresh().START + refresh().block(itp.figures.list()) + refresh().END in text


def test_the_gallery_holds_the_pictures_and_the_captions_of_today() -> None:
    home = ROOT / "docs" / "gallery"
    pictures = {path.name for path in home.iterdir() if path.suffix in {".png", ".gif"}}
    assert pictures == {*(f"{name}.png" for name in NAMES), "reservoir.gif"}
    again = "draw it again: python docs/gallery/refresh.py"
    assert (home / "README.md").read_text(encoding="utf-8") == refresh().page(map(drawn, NAMES)), again
