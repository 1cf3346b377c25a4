"""The pieces that teaching figures are made of: each draws what the run holds, or says why it cannot."""

from collections.abc import Callable, Iterator
from itertools import product

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.text import Text

import itp_sim as itp
from itp_sim import figures, plots
from itp_sim.plots.groups import grouped
from itp_sim.plots.labels import ALONG, BROKEN, CROSSED, CURVE, DISTANCES, MARK, OTHER, OUTSIDE, THIN, callout, settle
from itp_sim.plots.mechanism import FLUXES
from itp_sim.plots.reservoir import state

PATIENT = itp.typical_patient()
ARMS = {"once": "1 g/kg", "twice": "1 g/kg daily x 2"}


@pytest.fixture(scope="module")
def run() -> xr.Dataset:
    return itp.simulate(PATIENT, ARMS, days=21)


@pytest.fixture(scope="module")
def people() -> xr.Dataset:
    return itp.simulate(itp.virtual_patients(n=60, seed=2), ARMS, days=21, rtol=1e-5)


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


def lines(ax: Axes) -> dict[str, np.ndarray]:
    return {line.get_label(): line.get_xydata() for line in ax.lines if not line.get_label().startswith("_")}


@pytest.mark.parametrize(("output", "percent"), [("platelets", False), ("blockade", True), ("tpo", False)])
def test_curves_are_the_output(output: str, percent: bool, run: xr.Dataset) -> None:
    ax = plots.curves(run, output, percent=percent)
    for name, drawn in lines(ax).items():
        np.testing.assert_allclose(drawn[:, 1], (100 if percent else 1) * run[output].sel(arm=name).squeeze())
    assert list(lines(ax)) == list(ARMS)
    assert ("%" in ax.get_ylabel()) == percent


def test_few_patients_are_named_and_many_are_faint(people: xr.Dataset) -> None:
    few = itp.simulate({"Ann": PATIENT, "Bob": PATIENT.assign(FIND=0.5)}, "1 g/kg", days=14)
    assert list(lines(plots.patients(few))) == ["Ann", "Bob"]
    ax = plots.patients(people, arm="twice")
    drawn = lines(ax)
    assert len(drawn) == 20 + 1
    np.testing.assert_allclose(drawn["median"][:, 1], people.platelets.sel(arm="twice").median("patient"))
    reach = people.first_day.sel(level="50", arm="twice").notnull()
    for line in ax.lines[:-1]:
        assert (line.get_color() == "#0072B2") == bool(reach.sel(patient=int(line.get_label())))


def test_areas_of_the_balance_add_up(run: xr.Dataset) -> None:
    ax = plots.balance(run.sel(arm=["once"]), before=2.0)
    day, made = lines(ax)["production"].T
    lost = lines(ax)["loss"][:, 1]
    one = run.sel(arm="once").squeeze()
    np.testing.assert_allclose(made[1:], one.production)
    np.testing.assert_allclose(lost[1:], sum(one[name] for name in FLUXES))
    assert (day[0], day[1]) == (-2, 0)
    assert made[0] == made[1] and lost[0] == lost[1]
    assert {area.get_label() for area in ax.collections} == {"lost", "kept", "drained"}


def test_durations_are_those_of_the_run(run: xr.Dataset) -> None:
    ax = plots.durations(run, (30, 50))
    for bars, name in zip(ax.containers, ARMS, strict=True):
        widths = [bar.get_width() for bar in bars]
        assert widths == [run.days_above.sel(arm=name, level=level).item() for level in ("30", "50")]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["30", "50"]


def test_groups_are_told_apart_by_the_level(people: xr.Dataset) -> None:
    ax = plots.paired(people)
    groups = grouped(people, 50.0)
    assert sum(members.sum() for members in groups.values()) == 60
    once, twice = people.peak.transpose("arm", "patient").to_numpy()
    for points in ax.collections:
        members = groups[points.get_label()]
        np.testing.assert_array_equal(points.get_offsets(), np.column_stack([once, twice])[members])
    assert (once[groups["both"]] >= 50 - 1e-6).all() and (twice[groups["neither"]] <= 50 + 1e-6).all()


def test_shares_rise_to_the_share_that_responds(people: xr.Dataset) -> None:
    drawn = lines(plots.reached(people, 50, days=7))
    for name in ARMS:
        day, share = drawn[name].T
        first = people.first_day.sel(arm=name, level="50")
        assert (np.diff(share) >= 0).all()
        assert share[-1] == pytest.approx(100 * float((first <= 7).mean()))
        assert share[np.searchsorted(day, 2.0, side="right") - 1] == pytest.approx(100 * float((first <= 2).mean()))


@pytest.mark.parametrize("style", figures.STYLES)
def test_days_count_from_the_first_infusion_only_where_it_is_on_day_0(style: str) -> None:
    late = "1 g/kg on day 3"
    run = itp.simulate(itp.virtual_patients(n=20, seed=2), {"late": late, "none": None}, days=14, rtol=1e-5)
    one = run.isel(patient=[0]).sel(arm=["late"])
    drawn = [plots.bands(run), plots.reached(run), plots.balance(one), plots.mechanism(run, patient=0)[-1, 0]]
    drawn += figures.draw("blockade", arms=late, style=style).figure.axes[-1:]
    drawn += figures.draw("fcrn", arms=late, style=style).figure.axes[-1:]
    left, right = figures.draw("spleen_or_liver", arms=late, style=style).figure.axes
    assert right.get_xlabel() == "Days from day 0 or splenectomy"
    drawn.append(left)
    drawn += figures.draw("responders", arms=late, n=20, style=style).figure.axes
    drawn += figures.draw("when_to_draw", arms=late, n=20, style=style).figure.axes
    assert {ax.get_xlabel() for ax in drawn} == {"Days from day 0 of the regimen"}
    assert plots.reached(run.sel(arm=["none"])).get_xlabel() == "Days from the first infusion"


def test_bands_hold_half_of_the_patients(people: xr.Dataset) -> None:
    ax = plots.bands(people)
    np.testing.assert_allclose(lines(ax)["once"][:, 1], people.platelets.sel(arm="once").median("patient"))
    low = np.quantile(people.platelets.sel(arm="once"), 0.25, axis=0)
    assert ax.collections[0].get_paths()[0].vertices[:, 1].min() == pytest.approx(low.min())


def test_the_map_has_a_line_where_the_peak_is_at_the_level() -> None:
    grid = {f"{e} {f}": PATIENT.assign(EPS=e, FIND=f) for e, f in product((0.6, 1.2, 1.8), (0.01, 0.1, 0.4))}
    run = itp.simulate(grid, "1 g/kg", days=14, outputs=[])
    ax = plots.response_map(run, "EPS", "FIND")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("EPS", "FIND")
    with pytest.raises(itp.InputError, match="8 patients are no grid of 3 values of EPS and 3 of FIND"):
        plots.response_map(run.isel(patient=slice(8)), "EPS", "FIND")


def test_the_tank_is_as_full_as_the_count(run: xr.Dataset) -> None:
    shown = state(run.sel(arm="once"), 3.0)
    one = run.sel(arm="once", time=3.0).squeeze()
    assert shown["count"] == pytest.approx(one.platelets.item())
    assert shown["cleared"] == pytest.approx(one.spleen_clearance.item() + one.liver_clearance.item())
    ax = plots.reservoir(shown, full=2 * shown["count"], most=100)
    (water,) = [patch for patch in ax.patches if patch.get_label() == "count"]
    (tank,) = [line for line in ax.lines if line.get_label() == "_tank"]
    assert water.get_height() == pytest.approx(np.ptp(tank.get_ydata()) / 2)


def test_infusions_are_bars_of_hours() -> None:
    table = pd.DataFrame({"hours": [2.0, 3.0], "vials": ["a", "b"]}, index=["A", "B"])
    ax = plots.infusions(table)
    assert [bar.get_width() for bar in ax.containers[0]] == [2.0, 3.0]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["A\na", "B\nb"]


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda run, _: plots.curves(run.drop_vars("blockade"), "blockade"), "holds no blockade"),
        (lambda run, _: plots.patients(run), "the run has 2 arms: choose one"),
        (lambda run, _: plots.patients(run, arm="once"), "the run has one patient"),
        (lambda _, people: plots.patients(people, arm="one"), "did you mean 'once'"),
        (lambda run, _: plots.durations(run, (33,)), "the run has no level 33:"),
        (lambda _, people: plots.paired(people.isel(arm=[0])), "the run has 1 arms: compare two"),
        (lambda _, people: plots.reached(people, 33), "the run has no level 33:"),
        (lambda _, people: plots.balance(people.isel(patient=[0])), "holds no production"),
        (lambda *_: plots.infusions(pd.DataFrame({"hours": [1.0]})), "the table has no vials"),
        (lambda *_: plots.infusions(pd.DataFrame({"hours": [], "vials": []})), "the table has no row"),
        (lambda run, _: state(run.isel(arm=[0]), 50.0), "day is 50"),
    ],
)
def test_what_cannot_be_drawn(
    draw: Callable[[xr.Dataset, xr.Dataset], object], words: str, run: xr.Dataset, people: xr.Dataset
) -> None:
    with pytest.raises(itp.InputError) as error:
        draw(run, people)
    assert words in str(error.value)


def test_words_at_points_find_room() -> None:
    figure, ax = plt.subplots(figsize=(4, 3))
    x = np.linspace(0, 10, 200)
    ax.plot(x, np.sin(x), lw=2)
    ax.plot(x, np.cos(x), lw=2)
    notes = [callout(ax, f"words\nat {at}", (at, np.sin(at))) for at in (1.0, 1.3, 1.6)]
    settle([])
    settle(notes)
    boxes = [Text.get_window_extent(note) for note in notes]
    points = np.concatenate([ax.transData.transform(line.get_xydata()) for line in ax.lines])
    for i, box in enumerate(boxes):
        assert not any(box.contains(*point) for point in points)
        assert not any(box.overlaps(other) for other in boxes[i + 1 :])
        assert ax.bbox.x0 <= box.x0 and box.x1 <= ax.bbox.x1 and ax.bbox.y0 <= box.y0 and box.y1 <= ax.bbox.y1
    assert figure.get_layout_engine() is None


@pytest.mark.parametrize(("study", "told"), [("godeau1999", True), ("robak2009", False)])
def test_published_means_beside_medians_are_said(people: xr.Dataset, study: str, told: bool) -> None:
    ax = itp.plots.cohort(people, observed=study)
    legend = " ".join(text.get_text() for text in ax.get_legend().get_texts())
    assert ("means stand\nbeside medians" in legend) == told


def test_words_go_as_far_as_they_can_before_they_hide_or_mislead() -> None:
    assert min(OTHER, OUTSIDE) > CROSSED > CURVE > MARK > max(DISTANCES) > ALONG > BROKEN > THIN > 0
