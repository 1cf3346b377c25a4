"""What is read off a curve, against the curve itself; response by each definition, up to its edges."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import trapezoid

import itp_sim as itp
from itp_sim.design import LEVELS, Level
from itp_sim.evidence import sources
from itp_sim.response import DEFINITIONS, THRESHOLDS, grades
from itp_sim.results import read, whole


def grade(run: xr.Dataset, definition: str) -> xr.DataArray:
    """Response classes alone, which need fewer levels than all read-outs."""
    return run.peak.transpose("arm", "patient").copy(data=grades(read(whole(run)), definition))


COLUMNS = [
    "untreated",
    "peak",
    "peak_day",
    "day_30",
    "day_50",
    "day_100",
    "days_above_30",
    "days_above_50",
    "days_above_100",
    "area",
    "return_day",
    "response",
    "grams",
    "hours",
    "vials",
    "igg_peak",
]
TYPICAL = itp.typical_patient()
PATIENTS = {
    "typical": TYPICAL,
    "at 30": TYPICAL.assign(P0=30),
    "high": TYPICAL.assign(P0=60, EPS=2.0),
    "no response": TYPICAL.assign(FIND=0.8),
    "slow": TYPICAL.assign(EPS=0.4, MTT=9),
}
ARMS = {
    "none": None,
    "0.5 g/kg": "0.5 g/kg",
    "1 g/kg": "1 g/kg",
    "2 g/kg": "1 g/kg daily x 2",
    "repeated": "1 g/kg every 10 days x 3",
}
DAYS = 42.0


@pytest.fixture(scope="module")
def run() -> xr.Dataset:
    return itp.simulate(PATIENTS, ARMS, days=DAYS)


@pytest.fixture(scope="module")
def table(run: xr.Dataset) -> pd.DataFrame:
    return itp.response(run)


@pytest.fixture(scope="module")
def fine() -> xr.Dataset:
    """The same runs every three minutes, more exactly."""
    days = np.linspace(0, DAYS, int(DAYS) * 480 + 1)
    return itp.simulate(PATIENTS, ARMS, days=DAYS, times=days, outputs=["platelets", "igg"], rtol=1e-9)


# --- every column, directly -----------------------------------------------------------------------------------------


def crossings(t: np.ndarray, y: np.ndarray, level: float) -> tuple[float, float]:
    """First day at or above `level`, and days spent there, by straight lines between the points."""
    over = y >= level
    if not over.any():
        return np.nan, 0.0
    share = np.clip((np.maximum(y[1:], y[:-1]) - level) / np.maximum(np.abs(np.diff(y)), 1e-300), 0, 1)
    i = int(over.argmax())
    first = t[0] if i == 0 else t[i] - share[i - 1] * (t[i] - t[i - 1])
    return first, float((share * np.diff(t)).sum())


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("patient", PATIENTS)
def test_every_column_is_what_the_curve_shows(arm: str, patient: str, table: pd.DataFrame, fine: xr.Dataset) -> None:
    row = table.loc[(arm, patient)]
    curve = fine.sel(arm=arm, patient=patient)
    t, y = curve.time.to_numpy(), curve.platelets.to_numpy()
    untreated = PATIENTS[patient].parameters.P0
    rises = arm != "none"
    assert row.untreated == untreated
    assert row.peak == pytest.approx(y.max(), rel=1e-6)
    assert row.peak_day == pytest.approx(t[y.argmax()] if rises else 0.0, abs=0.01)
    for level in THRESHOLDS:
        first, above = crossings(t, y * (1 + 1e-8), level)
        assert row[f"day_{level}"] == pytest.approx(first, abs=1e-4, nan_ok=True)
        assert row[f"days_above_{level}"] == pytest.approx(above, abs=1e-4)
    assert row.area == pytest.approx(trapezoid(y - untreated, t), rel=1e-5, abs=1e-4)
    if rises:
        after = t >= row.peak_day
        back = after & (y <= untreated + 0.1 * (y.max() - untreated))
        assert row.return_day == pytest.approx(t[back.argmax()] if back.any() else np.nan, abs=0.005, nan_ok=True)
    else:
        assert np.isnan(row.return_day)
    assert row.igg_peak == pytest.approx(float(curve.igg.max()), rel=1e-3)
    assert row.igg_peak >= float(curve.igg.max()) * (1 - 1e-6)
    given = itp.regimen(ARMS[arm]) if rises else None
    assert row.grams == pytest.approx(given.total_grams(70) if given else 0)
    assert row.hours == pytest.approx(sum(given.hours(70)) if given else 0)


def test_the_table_has_one_row_for_each_arm_and_patient(table: pd.DataFrame) -> None:
    assert table.columns.tolist() == COLUMNS
    assert table.index.names == ["arm", "patient"]
    assert table.index.tolist() == [(arm, patient) for arm in ARMS for patient in PATIENTS]
    assert table.attrs["definition"] == "iwg"
    assert table.attrs["notice"] == itp.RESEARCH_ONLY
    assert table.attrs["source"] == DEFINITIONS["iwg"].source


def test_the_order_of_dimensions_does_not_matter(run: xr.Dataset, table: pd.DataFrame) -> None:
    for turned in (run.transpose("patient", "arm", ...), run.transpose(..., "arm"), run[sorted(run)]):
        assert itp.response(turned).equals(table)


def test_a_selection_has_the_rows_that_were_selected(run: xr.Dataset, table: pd.DataFrame) -> None:
    assert itp.response(run.sel(arm="1 g/kg")).equals(table.loc[["1 g/kg"]])
    assert itp.response(run.sel(patient=["slow", "high"], arm="1 g/kg")).index.tolist() == [
        ("1 g/kg", "slow"),
        ("1 g/kg", "high"),
    ]
    one = itp.response(run.sel(patient="slow", arm="2 g/kg"))
    assert one.iloc[0].equals(table.loc[("2 g/kg", "slow")])


def test_the_run_is_not_changed(run: xr.Dataset) -> None:
    before = run.copy(deep=True)
    itp.response(run)
    assert run.identical(before)


@settings(max_examples=12)
@given(
    doses=st.tuples(st.floats(0.1, 3), st.floats(0.1, 3)).map(sorted),
    find=st.floats(0, 0.5),
    eps=st.floats(0.5, 3),
    ic50=st.floats(1, 10),
)
def test_more_igg_never_does_less(doses: list[float], find: float, eps: float, ic50: float) -> None:
    patient = TYPICAL.assign(FIND=find, EPS=eps, IC50=ic50)
    arms = {"less": f"{doses[0]:.6f} g/kg over 5 h", "more": f"{doses[1]:.6f} g/kg over 5 h"}
    found = itp.response(itp.simulate(patient, arms, outputs=[], rtol=1e-8)).droplevel("patient")
    for column in ("peak", "area", "days_above_30", "days_above_50", "days_above_100", "igg_peak"):
        assert found[column]["more"] >= found[column]["less"] * (1 - 1e-6) - 1e-6, column


# --- response by definition -----------------------------------------------------------------------------------------


def with_days(run: xr.Dataset, level: Level, first: float, last: float) -> xr.Dataset:
    """`run` of one patient, in which `level` is reached and left on these days; no other level is."""
    made = run.sel(arm=["none"], patient=["typical"]).copy(deep=True)
    made["first_day"][:] = np.nan
    made["last_day"][:] = np.nan
    made["first_day"].loc[{"level": level.label}] = first
    made["last_day"].loc[{"level": level.label}] = last
    return made


NAN = float("nan")
R, CR, FIFTY = Level(30, 2), Level(100), Level(50)


@pytest.mark.parametrize(
    ("definition", "level", "first", "last", "expected"),
    [
        ("iwg", R, NAN, NAN, "NR"),
        ("iwg", R, 1.0, 8.0, "R"),
        ("iwg", R, 1.0, 7.999, "NR"),
        ("iwg", R, 1.2, 1.2 + 7.0, "R"),  # 8.2 - 1.2 is less than 7 by rounding
        ("iwg", R, 0.0, 7.0 - 1e-6, "R"),
        ("iwg", R, 0.0, 42.0, "R"),
        ("iwg", R, 35.5, 42.0, "NR"),
        ("iwg", CR, 1.0, 8.0, "CR"),
        ("iwg", CR, 1.0, 7.999, "NR"),
        ("iwg", Level(30), 1.0, 42.0, "NR"),
        ("iwg", FIFTY, 1.0, 42.0, "NR"),
        ("at_least_50", FIFTY, NAN, NAN, "NR"),
        ("at_least_50", FIFTY, 7.0, 7.0, "R"),
        ("at_least_50", FIFTY, 0.0 + 7.0 + 1e-6, 42.0, "R"),
        ("at_least_50", FIFTY, 7.001, 42.0, "NR"),
        ("at_least_50", FIFTY, 0.0, 0.0, "R"),
        ("at_least_50", R, 0.0, 42.0, "NR"),
        ("at_least_30_and_double", R, 7.0, 7.0, "R"),
        ("at_least_30_and_double", R, 7.001, 42.0, "NR"),
        ("at_least_30_and_double", R, NAN, NAN, "NR"),
        ("at_least_30_and_double", Level(30), 1.0, 42.0, "NR"),
    ],
)
def test_edges_of_a_definition(
    run: xr.Dataset, definition: str, level: Level, first: float, last: float, expected: str
) -> None:
    made = with_days(run, level, first, last)
    assert grade(made, definition).item() == expected
    assert itp.response(made, definition=definition).response.tolist() == [expected]


def test_the_best_grade_counts(run: xr.Dataset) -> None:
    made = with_days(run, R, 1.0, 20.0)
    for last, expected in ((7.5, "R"), (9.5, "CR")):
        made["first_day"].loc[{"level": "100"}] = 2.0
        made["last_day"].loc[{"level": "100"}] = last
        assert grade(made, "iwg").item() == expected


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_classes_are_those_of_the_curve(definition: str, run: xr.Dataset, fine: xr.Dataset) -> None:
    """Each definition once more, in other words, on the points of the curve."""
    t = fine.time.to_numpy()
    graded = grade(run, definition)
    for arm in ARMS:
        for name, patient in PATIENTS.items():
            y = fine.platelets.sel(arm=arm, patient=name).to_numpy() * (1 + 1e-8)
            double = np.maximum(30, 2 * patient.parameters.P0)
            on = {level: t[y >= level] for level in (double, 100, 50)}
            twice = {level: len(days) and days[-1] - days[0] >= 7 for level, days in on.items()}
            early = {level: len(days) and days[0] <= 7 for level, days in on.items()}
            expected = {
                "iwg": "CR" if twice[100] else "R" if twice[double] else "NR",
                "at_least_50": "R" if early[50] else "NR",
                "at_least_30_and_double": "R" if early[double] else "NR",
            }[definition]
            assert graded.sel(arm=arm, patient=name) == expected, (arm, name)


def test_classes_differ_between_definitions(run: xr.Dataset) -> None:
    found = pd.DataFrame({name: grade(run, name).to_series() for name in DEFINITIONS})
    assert set(found.iwg) == {"CR", "R", "NR"}
    assert (found.iwg != found.at_least_50).any()
    assert (found.at_least_50 != found.at_least_30_and_double).any()


@pytest.mark.parametrize("name", DEFINITIONS)
def test_definitions_are_published_and_can_be_told_from_a_default_run(name: str) -> None:
    definition = DEFINITIONS[name]
    assert definition.source in sources()
    assert {step.level for step in definition.grades} <= set(LEVELS)
    assert definition.otherwise not in {step.name for step in definition.grades}
    assert all(
        definition.days >= step.confirmed_after and (step.by_day == np.inf or definition.days >= step.by_day)
        for step in definition.grades
    )


# --- refused --------------------------------------------------------------------------------------------------------


def test_a_definition_by_another_name(run: xr.Dataset) -> None:
    assert itp.response(run, definition="IWG").attrs["definition"] == "iwg"
    with pytest.raises(itp.UnknownNameError, match="no definition 'at least 5': did you mean 'at_least_50'"):
        itp.response(run, definition="at least 5")


@pytest.mark.parametrize(("definition", "days"), [("iwg", 14), ("at_least_50", 7), ("at_least_30_and_double", 7)])
def test_a_run_too_short_for_a_definition(definition: str, days: int) -> None:
    enough = itp.simulate(TYPICAL, "1 g/kg", days=days, outputs=[])
    (grade,) = itp.response(enough, definition=definition).response
    assert grade in {step.name for step in DEFINITIONS[definition].grades}
    exactly = itp.simulate([TYPICAL, TYPICAL], "1 g/kg", days=days, outputs=[])
    assert "response" in " ".join(map(str, itp.compare(exactly, definition=definition).index.get_level_values(0)))
    untreated = itp.simulate(TYPICAL, None, days=days, outputs=[])
    assert itp.response(untreated, definition=definition).response.tolist() == [DEFINITIONS[definition].otherwise]
    short = itp.simulate(TYPICAL, "1 g/kg", days=days - 0.1, outputs=[])
    assert itp.response(short, definition=definition).response.tolist() == [grade]
    none = itp.simulate(TYPICAL, None, days=days - 0.1, outputs=[])
    assert itp.response(none, definition=definition).response.tolist() == ["too short"]
    several = itp.simulate([TYPICAL, TYPICAL], "1 g/kg", days=days - 0.1, outputs=[])
    with pytest.raises(itp.InputError, match=f"ends on day {days - 0.1:g}: .* simulate with days={days} or more"):
        itp.compare(several, definition=definition)


def test_a_run_without_the_levels() -> None:
    bare = itp.simulate(TYPICAL, "1 g/kg", levels=[30, 50], outputs=[])
    with pytest.raises(
        itp.InputError, match=r"no level '100', only 30, 50: simulate without `levels`, or with Level\(100"
    ):
        itp.response(bare)
    with pytest.raises(itp.InputError, match="no level '30 and 2x'"):
        grade(bare, "at_least_30_and_double")
    assert grade(bare, "at_least_50").item() == "R"


def test_what_is_no_result() -> None:
    for wrong in (None, TYPICAL, pd.DataFrame()):
        with pytest.raises(itp.InputError, match=r"run is (None|a \w+), not a result of simulate\(\)"):
            itp.response(wrong)


def test_days_to_a_response_count_from_the_first_infusion() -> None:
    late = itp.simulate(TYPICAL, {"now": "1 g/kg", "later": "1 g/kg on day 6", "never": None}, days=20, outputs=[])
    found = itp.response(late, definition="at_least_50").response.droplevel("patient")
    assert found.to_dict() == {"now": "R", "later": "R", "never": "NR"}
    several = itp.simulate([TYPICAL, TYPICAL], {"now": "1 g/kg", "later": "1 g/kg on day 6"}, days=20, outputs=[])
    assert itp.compare(several).loc[("at least 50 by day 7", "later"), "value"] == 1


def test_the_table_says_what_it_is_and_what_it_lacks(run: xr.Dataset) -> None:
    used = DEFINITIONS["at_least_50"]
    told = {"definition": "at_least_50", "title": used.title, "source": used.source}
    assert itp.response(run, definition="at_least_50").attrs == told | {"notice": itp.RESEARCH_ONLY}
    bare = run.copy()
    bare.attrs = {name: value for name, value in run.attrs.items() if name != "notice"}
    assert itp.response(bare, definition="at_least_50").attrs == told | {"notice": ""}
