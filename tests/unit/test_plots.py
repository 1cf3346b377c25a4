"""Figures, by their artists: what is drawn is true, nothing overlaps or leaves the figure, the palette is kept."""

import io
import re
from collections.abc import Iterator
from itertools import combinations, pairwise

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox
from tests.unit.seen import contrast, crossed, overlap, shown

import itp_sim as itp
from itp_sim.conventions import normal_count
from itp_sim.nmtran import Observation, Records, Subject
from itp_sim.observed import studies, study
from itp_sim.plots import ARMS, FLUXES, THRESHOLDS

NORMAL = (normal_count().low, normal_count().high)
PALETTE = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#000000"}
PATIENT = itp.typical_patient()
LONG = "1 g/kg on the first day as the label says, and nothing more after that"
SETS = {
    "one": {"1 g/kg": "1 g/kg"},
    "two": {"1 g/kg": "1 g/kg", "2 g/kg": "1 g/kg daily x 2"},
    "three": {"1 g/kg": "1 g/kg", "0.4 g/kg daily x 5": "0.4 g/kg daily x 5", "untreated": None},
    "five": {
        "0.5 g/kg": "0.5 g/kg",
        LONG: "1 g/kg",
        "2 g/kg": "1 g/kg daily x 2",
        "0.4 g/kg daily x 5": "0.4 g/kg daily x 5",
        "untreated": None,
    },
    "repeats": {"1 g/kg": "1 g/kg every 21 days x 5", "5 x 0.4 g/kg": "0.4 g/kg daily x 5 on day 0, 21, 42 and 63"},
    "untreated": {"untreated": None},
    "high": {"3 g/kg": "3 g/kg"},
}
DAYS = {"repeats": 90}
HIGH = PATIENT.assign(P0=120, EPS=3.5)


@pytest.fixture(scope="module")
def runs() -> dict[str, xr.Dataset]:
    return {
        name: itp.simulate(HIGH if name == "high" else PATIENT, arms, days=DAYS.get(name, 42))
        for name, arms in SETS.items()
    }


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


def measured(run: xr.Dataset) -> Records:
    """Counts as they might be measured: those of the run on a few days, a little off."""
    seen = itp.to_nmtran(run, times=run.time.to_numpy()[[0, 8, 24, 56, 112, 224]])
    return itp.read_nmtran(seen.assign(DV=1.2 * seen["DV"]))


def subjects(n: int) -> Records:
    """Several, each with one count of day 1."""
    return Records(tuple(Subject(str(i), (), (Observation(1.0, 30.0 + 5 * i),)) for i in range(n)))


#: Every figure that is looked at as a whole.
DRAWN = {
    **{
        f"counts, {name}": lambda run: itp.plots.counts(run).figure
        for name in ("one", "five", "repeats", "untreated", "high")
    },
    "counts, two, observed": lambda run: itp.plots.counts(run, observed="godeau1999").figure,
    "counts, two, measured": lambda run: itp.plots.counts(run, observed=measured(run)).figure,
    "counts, five, observed": lambda run: itp.plots.counts(run, observed=list(studies())).figure,
    **{f"mechanism, {name}": lambda run: itp.plots.mechanism(run)[0, 0].figure for name in ("one", "five", "repeats")},
}


@pytest.fixture(scope="module")
def cohort() -> xr.Dataset:
    return itp.simulate(itp.virtual_patients(n=24, seed=1), SETS["three"], rtol=1e-5)


@pytest.fixture(scope="module", params=[*DRAWN, "cohort, paper", "cohort, educator"])
def figure(request: pytest.FixtureRequest, runs: dict[str, xr.Dataset], cohort: xr.Dataset) -> Figure:
    kind, name, *_ = request.param.split(", ")
    made = itp.plots.cohort(cohort, style=name).figure if kind == "cohort" else DRAWN[request.param](runs[name])
    made.draw_without_rendering()
    return made


# --- the whole figure -----------------------------------------------------------------------------------------------


def test_no_text_overlaps_another(figure: Figure) -> None:
    boxes = [(text.get_text(), Text.get_window_extent(text)) for text in shown(figure)]  # without leaders
    assert len(boxes) > 8
    assert [(a, b) for (a, x), (b, y) in combinations(boxes, 2) if overlap(x, y)] == []


def test_nothing_leaves_the_figure(figure: Figure) -> None:
    for text in shown(figure):
        box = text.get_window_extent()
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1 + 1, text.get_text()
        assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1 + 1, text.get_text()
    drawn = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert drawn.x0 > -0.02 and drawn.y0 > -0.02
    assert drawn.x1 < width + 0.02 and drawn.y1 < height + 0.02


def test_no_legend_covers_the_axes(figure: Figure) -> None:
    for ax in figure.axes:
        legend = ax.get_legend()
        if legend:
            box = legend.get_window_extent()
            assert box.x0 >= ax.get_window_extent().x1
            labels = [text for text in shown(figure) if text not in legend.get_texts()]
            assert [t.get_text() for t in labels if overlap(t.get_window_extent(), box)] == []


#: Peaks within peaks: there is no room for the innermost words, whose leader alone crosses a curve.
NESTED = ("counts, five", "counts, five, observed")


def test_no_leader_crosses_a_curve(figure: Figure, request: pytest.FixtureRequest) -> None:
    assert len(crossed(figure)) <= (request.node.callspec.params["figure"] in NESTED)


def test_the_curves_have_most_of_the_room(figure: Figure) -> None:
    boxes = [ax.get_window_extent() for ax in figure.axes]
    assert max(b.x1 for b in boxes) - min(b.x0 for b in boxes) >= 0.5 * figure.bbox.width
    assert max(b.y1 for b in boxes) - min(b.y0 for b in boxes) >= 0.7 * figure.bbox.height


def test_text_can_be_read_on_a_slide(figure: Figure) -> None:
    assert figure.get_size_inches()[0] <= 13.34
    for text in shown(figure):
        assert text.get_fontsize() >= 9, text.get_text()


def test_text_and_lines_stand_out(figure: Figure) -> None:
    for text in shown(figure):
        assert contrast(text.get_color(), text.get_alpha()) >= 4.5, text.get_text()
    for ax in figure.axes:
        for line in ax.lines:
            if line.get_linewidth() > 1 and line.get_linestyle() != "None":
                assert contrast(line.get_color(), line.get_alpha()) >= 3, line.get_label()


def test_colours_are_those_of_the_palette(figure: Figure) -> None:
    found = set()
    for ax in figure.axes:
        for line in ax.lines:
            found |= {to_hex(c) for c in (line.get_color(), line.get_markeredgecolor())}
        for patch in (*ax.patches, *ax.collections):
            found |= {to_hex(c) for c in np.atleast_2d(patch.get_facecolor())}
    found |= {to_hex(text.get_color()) for text in shown(figure)}
    assert found <= PALETTE
    assert len(found) > 1


def test_the_research_statement_stands_below(figure: Figure) -> None:
    assert figure.get_supxlabel() == itp.RESEARCH_ONLY
    (below,) = [text for text in shown(figure) if text.get_text() == itp.RESEARCH_ONLY]
    assert all(below.get_window_extent().y1 <= ax.get_window_extent().y0 for ax in figure.axes)


@pytest.mark.parametrize("kind", ["svg", "pdf", "png"])
def test_the_same_figure_has_the_same_bytes(kind: str, runs: dict[str, xr.Dataset]) -> None:
    def saved() -> bytes:
        out = io.BytesIO()
        undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(kind)
        with mpl.rc_context({"svg.hashsalt": "itp_sim"}):
            itp.plots.counts(runs["five"], observed="godeau1999").figure.savefig(out, format=kind, metadata=undated)
        return out.getvalue()

    assert saved() == saved()


# --- counts ---------------------------------------------------------------------------------------------------------


def curves(ax: Axes) -> dict[str, object]:
    return {line.get_label().replace("\n", " "): line for line in ax.lines if not line.get_label().startswith("_")}


@pytest.mark.parametrize("name", SETS)
def test_curves_are_those_of_the_run(name: str, runs: dict[str, xr.Dataset]) -> None:
    run = runs[name]
    ax = itp.plots.counts(run)
    lines = curves(ax)
    assert list(lines) == list(SETS[name])
    for arm, line in lines.items():
        np.testing.assert_array_equal(line.get_xdata(), run.time)
        np.testing.assert_array_equal(line.get_ydata(), run.platelets.sel(arm=arm).squeeze())
    assert ax.get_xlim() == (0, float(run.time[-1]))
    assert ax.get_ylim()[0] == 0
    assert ax.get_ylim()[1] > float(run.platelets.max())
    assert "Days" in ax.get_xlabel() and "10^9" in ax.get_ylabel()


def test_arms_differ_in_colour_and_in_line_style(runs: dict[str, xr.Dataset]) -> None:
    lines = curves(itp.plots.counts(runs["five"])).values()
    assert len({line.get_color() for line in lines}) == 5
    assert len({str(line._unscaled_dash_pattern) for line in lines}) == 5


def test_the_legend_tells_each_arm_in_its_style(runs: dict[str, xr.Dataset]) -> None:
    ax = itp.plots.counts(runs["five"])
    legend = ax.get_legend()
    told = {
        t.get_text().replace("\n", " "): line for t, line in zip(legend.get_texts(), legend.get_lines(), strict=True)
    }
    assert list(told) == [*SETS["five"], "infusion"]
    for name, line in curves(ax).items():
        assert told[name].get_color() == line.get_color()
        assert told[name]._unscaled_dash_pattern == line._unscaled_dash_pattern


def at_right(ax: Axes) -> dict[str, float]:
    """Words to the right of the axes and the count at which they stand."""
    ax.figure.draw_without_rendering()
    words = [text for text in ax.texts if text.get_window_extent().x0 > ax.get_window_extent().x1]
    middle = {t.get_text(): (t.get_window_extent().y0 + t.get_window_extent().y1) / 2 for t in words}
    return {word: ax.transData.inverted().transform((0, y))[1] for word, y in middle.items()}


@pytest.mark.parametrize("thresholds", [THRESHOLDS, (20, 80, 150), (), (30.5,)])
def test_thresholds_are_lines_with_their_count_beside(
    thresholds: tuple[float, ...], runs: dict[str, xr.Dataset]
) -> None:
    ax = itp.plots.counts(runs["two"], thresholds=thresholds)
    across = [line for line in ax.lines if list(line.get_xdata()) == [0, 1] and line.get_marker() == "None"]
    assert [line.get_ydata()[0] for line in across] == list(thresholds)
    words = at_right(ax)
    assert set(words) == {f"{t:g}" for t in thresholds} | {"normal"}
    for threshold in thresholds:
        assert words[f"{threshold:g}"] == pytest.approx(threshold, abs=0.03 * ax.get_ylim()[1])


def test_the_normal_range_is_shaded_and_named(runs: dict[str, xr.Dataset]) -> None:
    for name in ("two", "high", "one"):
        ax = itp.plots.counts(runs[name])
        top = ax.get_ylim()[1]
        inverse = ax.transData.inverted()  # before matplotlib 3.9 the band is a polygon, which has no height to ask for
        bands = [tuple(inverse.transform(patch.get_window_extent())[:, 1]) for patch in ax.patches]
        if min(top, NORMAL[1]) - NORMAL[0] >= 0.05 * top:  # a sliver is not drawn
            assert bands == [pytest.approx((NORMAL[0], min(top, NORMAL[1])))]
        else:
            assert bands == []
    assert float(runs["high"].peak.max()) > 400
    assert NORMAL[0] < at_right(itp.plots.counts(runs["high"]))["normal"] < NORMAL[1]


def marks(ax: Axes) -> list[tuple[str, list[float], float]]:
    """Rows of dose marks from the top: colour, days, height above the axes in points."""
    ax.figure.draw_without_rendering()
    rows = []
    for line in ax.lines:
        if line.get_marker() == "v" and line.get_linestyle() == "None":
            y = line.get_transform().transform(line.get_xydata())[0, 1]
            rows.append((line.get_color(), list(line.get_xdata()), (y - ax.bbox.y1) * 72 / ax.figure.dpi))
    return sorted(rows, key=lambda row: -row[2])


def test_doses_are_marked_on_their_days_one_row_an_arm(runs: dict[str, xr.Dataset]) -> None:
    rows = marks(itp.plots.counts(runs["five"]))
    colours = [colour for colour, _ in ARMS]
    assert [(colour, days) for colour, days, _ in rows] == [
        (colours[0], [0]),
        (colours[1], [0]),
        (colours[2], [0, 1]),
        (colours[3], [0, 1, 2, 3, 4]),
    ]
    heights = [height for *_, height in rows]
    assert heights[-1] > 3
    assert all(a - b >= 6 for a, b in pairwise(heights))


def test_marks_of_repeated_courses(runs: dict[str, xr.Dataset]) -> None:
    (_, one, _), (_, five, _) = marks(itp.plots.counts(runs["repeats"]))
    assert one == [0, 21, 42, 63, 84]
    assert five == [start + day for start in (0, 21, 42, 63) for day in range(5)]
    shorter = runs["repeats"].isel(time=slice(0, 200))
    (_, one, _), _ = marks(itp.plots.counts(shorter))
    assert one == [0, 21]


def test_without_doses_there_are_no_marks(runs: dict[str, xr.Dataset]) -> None:
    ax = itp.plots.counts(runs["untreated"])
    assert marks(ax) == []
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["untreated"]


def observed_points(ax: Axes) -> dict[str, ErrorbarContainer]:
    return {c.get_label(): c for c in ax.containers if isinstance(c, ErrorbarContainer)}


@pytest.mark.parametrize("name", studies())
def test_published_counts_stand_where_they_were_published(name: str, runs: dict[str, xr.Dataset]) -> None:
    ax = itp.plots.counts(runs["five"], observed=name)
    found = [xy for c in observed_points(ax).values() for xy in zip(*c.lines[0].get_data(), strict=True)]
    untreated = PATIENT.parameters.P0
    expected = [(p.day, p.value + (untreated if p.kind == "rise" else 0)) for p in study(name).points]
    assert sorted(found) == sorted(expected)
    assert ax.get_ylim()[1] > max(y for _, y in expected)


def test_published_counts_have_the_colour_of_their_regimen(runs: dict[str, xr.Dataset]) -> None:
    points = observed_points(itp.plots.counts(runs["two"], observed=["godeau1999", "robak2009"]))
    colours = {re.sub(r"\s", " ", label): c.lines[0].get_markeredgecolor() for label, c in points.items()}
    risen = "mean rise, drawn from the untreated count"
    assert colours == {
        f"Godeau 1999: 0.5 g/kg ({risen}, n = 19; fitted to, no curve here)": "#000000",
        f"Godeau 1999: 1 g/kg ({risen}, n = 18; fitted to)": ARMS[0][0],
        "Robak 2009: 1 g/kg daily x 2 (median, n = 57; fitted to)": ARMS[1][0],
    }
    one = observed_points(itp.plots.counts(runs["two"].sel(arm=["2 g/kg"]), observed="robak2009"))
    assert [c.lines[0].get_markeredgecolor() for c in one.values()] == [ARMS[0][0]]


def test_each_published_arm_has_a_marker_of_its_own(runs: dict[str, xr.Dataset], cohort: xr.Dataset) -> None:
    arms = sum(len({point.regimen for point in one.points}) for one in studies().values())
    for ax in (
        itp.plots.counts(runs["five"], observed=list(studies())),
        itp.plots.cohort(cohort, observed=list(studies())),
    ):
        shapes = [c.lines[0].get_marker() for c in observed_points(ax).values()]
        assert len(set(shapes)) == len(shapes) == arms > len(studies())


def test_what_a_published_rise_is_drawn_from_stands_in_the_legend(cohort: xr.Dataset) -> None:
    points = observed_points(itp.plots.cohort(cohort, observed=["godeau1999", "robak2009"]))
    labels = [re.sub(r"\s", " ", label) for label in points]
    assert ["drawn from the median untreated count" in label for label in labels] == [True, True, False]
    (first, *_) = points.values()
    risen = study("godeau1999").points[0].value + float(cohort.parameters.sel(parameter="P0").median())
    assert first.lines[0].get_ydata()[0] == pytest.approx(risen)


def test_bars_are_standard_deviations(runs: dict[str, xr.Dataset]) -> None:
    (points,) = observed_points(itp.plots.counts(runs["one"], observed="jstage_1gkg")).values()
    assert [seg[:, 1].tolist() for seg in points.lines[2][0].get_segments()] == [
        [pytest.approx(3.7), pytest.approx(15.7)],
        [20, 72],
    ]


def test_a_study_after_the_run_is_refused(runs: dict[str, xr.Dataset]) -> None:
    with pytest.raises(itp.InputError, match="Robak 2009 has no count before day 5"):
        itp.plots.counts(runs["one"].sel(time=slice(0, 5)), observed="robak2009")


def test_counts_of_a_subject_are_drawn_from_its_first_infusion(runs: dict[str, xr.Dataset]) -> None:
    def days(records: Records) -> list[list[float]]:
        ax = itp.plots.counts(runs["two"], observed=records)
        drawn = [box.lines[0].get_xdata().tolist() for box in ax.containers]
        plt.close("all")
        return drawn

    table = measured(runs["two"]).to_dataframe()
    later = table.assign(TIME=table["TIME"] + 10.0)
    shifted = days(itp.read_nmtran(later, time_unit="day"))
    assert shifted and all(np.allclose(a, b) for a, b in zip(shifted, days(measured(runs["two"])), strict=True))


def test_counts_of_subjects_stand_where_they_were_measured(runs: dict[str, xr.Dataset]) -> None:
    records = measured(runs["two"])
    ax = itp.plots.counts(runs["two"], observed=records)
    points = {re.sub(r"\s", " ", label): c.lines[0] for label, c in observed_points(ax).items()}
    assert [*points] == ["subject 1, 1 g/kg (counts, n = 6)", "subject 2, 2 g/kg (counts, n = 6)"]
    for line, subject, (colour, _) in zip(points.values(), records, ARMS, strict=False):
        assert [*zip(*line.get_data(), strict=True)] == [(seen.day, seen.value) for seen in subject.observations]
        assert line.get_markeredgecolor() == colour
    assert ax.get_ylim()[1] > max(seen.value for subject in records for seen in subject.observations)


def test_subjects_and_studies_may_stand_together(runs: dict[str, xr.Dataset], cohort: xr.Dataset) -> None:
    subject = Subject("7", (), (Observation(3.0, 44.0), Observation(3.0, 20.0, "igg"), Observation(99.0, 30.0)))
    for ax in (
        itp.plots.counts(runs["one"], observed=[subject, "robak2009"]),
        itp.plots.cohort(cohort, observed=[subject, "robak2009"]),
    ):
        first, second = observed_points(ax).values()
        assert [values.tolist() for values in first.lines[0].get_data()] == [[3.0], [44.0]]
        assert first.lines[0].get_markeredgecolor() == "#000000"
        assert first.lines[0].get_marker() != second.lines[0].get_marker()


def test_more_arms_than_markers_are_refused(monkeypatch: pytest.MonkeyPatch, runs: dict[str, xr.Dataset]) -> None:
    point = study("godeau1999").points[0]
    many = study("godeau1999")._replace(points=tuple(point._replace(regimen=f"0.{n} g/kg") for n in range(1, 13)))
    monkeypatch.setattr("itp_sim.plots.published.study", lambda _: many)
    with pytest.raises(itp.InputError, match="observed has 12 arms of studies: at most 11 are drawn at once"):
        itp.plots.counts(runs["one"], observed="many")
    few = many._replace(points=many.points[:10])
    monkeypatch.setattr("itp_sim.plots.published.study", lambda _: few)
    two = list(subjects(2))
    with pytest.raises(itp.InputError, match="observed has 12 arms of studies and subjects: at most 11"):
        itp.plots.counts(runs["one"], observed=["few", *two])
    assert len(observed_points(itp.plots.counts(runs["one"], observed=["few", two[0]]))) == 11


def test_subjects_that_cannot_be_drawn_are_refused(runs: dict[str, xr.Dataset]) -> None:
    late = Subject("7", (), (Observation(99.0, 30.0),))
    with pytest.raises(itp.InputError, match="subject 7 has no count before day 42, where the run ends: raise `days`"):
        itp.plots.counts(runs["one"], observed=late)
    with pytest.raises(itp.InputError, match=r"observed has 12 subjects: at most 11 .* as in records\['0'\]"):
        itp.plots.counts(runs["one"], observed=subjects(12))


def test_as_many_subjects_are_drawn_as_there_are_markers(runs: dict[str, xr.Dataset]) -> None:
    ax = itp.plots.counts(runs["one"], observed=subjects(11))
    drawn = observed_points(ax)
    assert len(drawn) == 11
    assert len({points.lines[0].get_marker() for points in drawn.values()}) == 11
    ax.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in shown(ax.figure)]
    assert all(box.y0 >= ax.figure.bbox.y0 and box.y1 <= ax.figure.bbox.y1 + 1 for box in boxes)


def test_given_axes_are_drawn_on(runs: dict[str, xr.Dataset]) -> None:
    figure, axes = plt.subplots(1, 2)
    figure.supxlabel("mine")
    before = plt.get_fignums()
    assert itp.plots.counts(runs["two"], ax=axes[1]) is axes[1]
    assert plt.get_fignums() == before
    assert figure.get_supxlabel() == "mine"
    assert len(axes[0].lines) == 0
    figure.draw_without_rendering()
    legend, box = axes[1].get_legend().get_window_extent(), axes[1].get_window_extent()
    assert box.x0 < legend.x0 and legend.x1 < box.x1  # without a layout there is no room outside
    assert figure.get_size_inches().tolist() == list(mpl.rcParams["figure.figsize"])


def test_without_the_statement(runs: dict[str, xr.Dataset]) -> None:
    assert itp.plots.counts(runs["one"], notice=False).figure.get_supxlabel() == ""
    assert itp.plots.mechanism(runs["one"], notice=False)[0, 0].figure.get_supxlabel() == ""


def test_rcparams_are_left_alone_and_obeyed(runs: dict[str, xr.Dataset]) -> None:
    with mpl.rc_context({"font.size": 14}):
        before = dict(mpl.rcParams)
        ax = itp.plots.counts(runs["one"])
        itp.plots.mechanism(runs["one"])
        assert dict(mpl.rcParams) == before
        assert ax.yaxis.label.get_fontsize() == 14


def test_peaks_say_how_high_and_when(runs: dict[str, xr.Dataset]) -> None:
    run = runs["three"]
    ax = itp.plots.counts(run, title="Two regimens")
    said = [words for text in ax.texts if " on day " in (words := text.get_text().replace("\n", " "))]
    rising = [run.sel(arm=name) for name in ("1 g/kg", "0.4 g/kg daily x 5")]
    assert said == [f"{arm.peak.item():.0f} on day {arm.peak_day.item():.1f}" for arm in rising]
    assert ax.get_title(loc="left") == "Two regimens"
    assert not [t for t in itp.plots.counts(run, peaks=False).texts if "day" in t.get_text()]


def test_words_at_peaks_stand_clear_of_the_curves(runs: dict[str, xr.Dataset]) -> None:
    for name in ("two", "five"):
        ax = itp.plots.counts(runs[name])
        ax.figure.draw_without_rendering()
        points = [ax.transData.transform(line.get_xydata()) for line in curves(ax).values()]
        notes = [text for text in ax.texts if "day" in text.get_text()]
        assert len(notes) == sum(arm != "untreated" for arm in SETS[name])
        for note in notes:
            box = Text.get_window_extent(note)
            assert not any(box.contains(x, y) for each in points for x, y in each), note.get_text()


def test_words_at_peaks_stand_clear_of_published_counts(runs: dict[str, xr.Dataset]) -> None:
    for name in ("two", "three", "five"):
        ax = itp.plots.counts(runs[name], observed=list(studies()))
        ax.figure.draw_without_rendering()
        notes = [Text.get_window_extent(text) for text in ax.texts if "day" in text.get_text()]
        assert notes
        for line in (c.lines[0] for c in observed_points(ax).values()):
            half = line.get_markersize() / 2 * ax.figure.dpi / 72
            for x, y in ax.transData.transform(line.get_xydata()):
                marker = Bbox([[x - half, y - half], [x + half, y + half]])
                assert not any(overlap(marker, note, 2.0) for note in notes)


def test_a_regimen_that_starts_later_does_not_name_its_axis_for_the_first_infusion() -> None:
    run = itp.simulate(PATIENT, "1 g/kg on day 3", days=14)
    assert itp.plots.counts(run).get_xlabel() == "Days from day 0 of the regimen"


def test_labels_of_close_thresholds_stand_apart(runs: dict[str, xr.Dataset]) -> None:
    ax = itp.plots.counts(runs["high"], thresholds=(10, 20, 30, 50, 100))
    ax.figure.draw_without_rendering()
    words = sorted((t.get_window_extent() for t in ax.texts if t.get_text().isdigit()), key=lambda box: box.y0)
    assert len(words) == 5
    assert all(a.y1 <= b.y0 + 1 for a, b in pairwise(words))


# --- mechanism ------------------------------------------------------------------------------------------------------


def test_mechanism_shows_what_the_run_holds(runs: dict[str, xr.Dataset]) -> None:
    run = runs["three"]
    axes = itp.plots.mechanism(run)
    assert axes.shape == (4, 3)
    for column, name in zip(axes.T, SETS["three"], strict=True):
        arm = run.sel(arm=name).squeeze()
        assert column[0].get_title().replace("\n", " ") == name
        igg, infused = column[0].lines
        np.testing.assert_array_equal(igg.get_ydata(), arm.igg)
        np.testing.assert_array_equal(infused.get_ydata(), arm.infused_igg)
        np.testing.assert_array_equal(column[1].lines[0].get_ydata(), 100 * arm.blockade)
        np.testing.assert_array_equal(column[2].lines[0].get_ydata(), arm.production)
        np.testing.assert_array_equal(column[3].lines[0].get_ydata(), arm.platelets)
        stack = np.cumsum([arm[flux].to_numpy() for flux in FLUXES], axis=0)
        for part, upper in zip(column[2].collections, stack, strict=True):
            top = part.get_paths()[0].vertices[:, 1].max()
            assert top == pytest.approx(upper.max())
    assert len({ax.get_ylim() for ax in axes[3]}) == 1


def test_stacked_losses_are_told_apart_in_grey_too() -> None:
    assert len({hatch for _, hatch, _ in FLUXES.values()}) == len(FLUXES)


def test_the_peak_is_marked_where_it_is(runs: dict[str, xr.Dataset]) -> None:
    run = runs["three"]
    for ax, name in zip(itp.plots.mechanism(run)[3], SETS["three"], strict=True):
        arm = run.sel(arm=name).squeeze()
        if name == "untreated":
            assert [text.get_text() for text in ax.texts] == ["no rise"]
            assert len(ax.lines) == 1
            continue
        assert ax.lines[1].get_xydata().tolist() == [[float(arm.peak_day), float(arm.peak)]]
        (words,) = ax.texts
        assert words.get_text() == f"peak {float(arm.peak):.0f}\non day {float(arm.peak_day):.1f}"
    short = itp.simulate(PATIENT, "1 g/kg", days=2)  # still rising at its end
    (last,) = itp.plots.mechanism(short)[3, 0].texts
    assert last.get_text().startswith(f"highest {short.platelets.max().item():.0f}\non day 2.0")


def test_words_at_a_peak_do_not_touch_the_curve(runs: dict[str, xr.Dataset]) -> None:
    for name in ("five", "repeats"):
        axes = itp.plots.mechanism(runs[name])
        axes[0, 0].figure.draw_without_rendering()
        for ax in axes[3]:
            points = ax.transData.transform(ax.lines[0].get_xydata())
            for words in ax.texts:
                box = words.get_window_extent()
                assert not any(box.contains(x, y) for x, y in points), words.get_text()
                within = ax.get_window_extent()
                assert within.y1 >= box.y1
                assert within.x0 - 1 <= box.x0 and box.x1 <= within.x1 + 1


def test_a_figure_for_the_mechanism_is_empty(runs: dict[str, xr.Dataset]) -> None:
    mine = plt.figure(layout="constrained")
    assert itp.plots.mechanism(runs["one"], figure=mine)[0, 0].figure is mine
    with pytest.raises(itp.InputError, match="has axes already: give an empty one"):
        itp.plots.mechanism(runs["one"], figure=mine)


# --- which patient, which arms --------------------------------------------------------------------------------------


def test_one_of_many_patients_is_chosen_by_label() -> None:
    run = itp.simulate({"Ann": PATIENT, "Bob": PATIENT.assign(P0=20)}, "1 g/kg", days=14)
    (line,) = curves(itp.plots.counts(run, patient="Bob")).values()
    assert line.get_ydata()[0] == pytest.approx(20)
    for made in (run.sel(patient="Bob"), run.sel(patient="Bob", arm="1 g/kg"), run.transpose()):
        (line,) = curves(itp.plots.counts(made, patient="Bob")).values()
        assert line.get_ydata()[0] == pytest.approx(20)
    assert itp.plots.mechanism(run.isel(arm=0), patient="Ann").shape == (4, 1)


@pytest.mark.parametrize(
    ("change", "asked", "words"),
    [
        (lambda run: run.drop_vars("platelets"), {}, "the run holds no platelets: simulate with `outputs`"),
        (lambda run: run.isel(time=[0]), {}, "fewer than 2 output days"),
        (lambda run: run, {"patient": 3}, "the run has no patient 3, only 0"),
        (lambda run: xr.concat([run] * 2, "arm", data_vars="minimal"), {}, "10 arms: draw at most 5, as in run.isel"),
        (lambda run: xr.concat([run] * 2, "patient", data_vars="minimal"), {}, "2 patients: choose one with `patient`"),
        (lambda run: run.platelets, {}, "run is a DataArray, not a result of simulate"),
        (lambda run: run, {"observed": "godeau"}, "no published study 'godeau': did you mean 'godeau1999'"),
        (lambda run: run, {"observed": 5}, "observed is 5: give the name of a study"),
        (lambda run: run, {"thresholds": 30}, "thresholds is 30: give counts"),
        (lambda run: run, {"thresholds": [float("nan")]}, "a threshold is nan"),
        (lambda run: run, {"thresholds": ["30"]}, "a threshold is '30', not a number"),
    ],
)
def test_what_cannot_be_drawn(
    change: object, asked: dict[str, object], words: str, runs: dict[str, xr.Dataset]
) -> None:
    with pytest.raises(itp.InputError) as error:
        itp.plots.counts(change(runs["five"]), **asked)
    assert words in str(error.value)
    assert plt.get_fignums() == []  # refused before a figure was made
