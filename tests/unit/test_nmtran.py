"""Tables of doses and counts: what is read, that nothing is lost, and that what is written is what was simulated."""

import json
import math
import pickle
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import itp_sim as itp
from itp_sim.dosing import Infusion, breakpoints
from itp_sim.equations import Parameters
from itp_sim.nmtran import Observation, Records, Subject, rows
from itp_sim.nmtran.units import FASTEST, LONGEST_INFUSION, MOST, MOST_PER_KG
from itp_sim.solve import Problem, Schedule, solve

HEAD = "ID,TIME,AMT,RATE,DUR,II,ADDL,EVID,CMT,MDV,DV,WT"
TABLE = f"""{HEAD}
1,0,.,.,.,.,.,0,2,0,12,70
1,0,70,-2,0.2,1,1,1,1,1,.,70
1,0,.,.,.,.,.,0,1,0,9.5,70
1,1,.,.,.,.,.,0,2,0,35,70
1,7,.,.,.,.,.,0,2,1,.,70
2,0.5,40,400,.,.,.,1,1,1,.,50
2,2,.,.,.,.,.,0,2,0,60,50
"""


def read(text: str, tmp_path: Path, **said: Any) -> Records:
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode("utf-8"))
    return itp.read_nmtran(path, **said)


def one(dose: str, tmp_path: Path, columns: str = "AMT,RATE,DUR,II,ADDL", **said: Any) -> tuple[Infusion, ...]:
    """Infusions of a subject of 70 kg with this dose record."""
    found = read(f"ID,TIME,{columns},DV,WT\n1,0,{dose},.,70\n", tmp_path, **said)
    return found["1"].infusions


# --- what is read ---------------------------------------------------------------------------------------------------


def test_doses_and_counts_of_two_subjects(tmp_path: Path) -> None:
    found = read(TABLE, tmp_path)
    assert [subject.id for subject in found] == ["1", "2"]
    assert len(found) == 2
    assert found.source == "table.csv"
    assert found["1"] == Subject(
        "1",
        (Infusion(0.0, 70.0, ((0.2, 350.0),)), Infusion(1.0, 70.0, ((0.2, 350.0),))),
        (Observation(0.0, 12.0), Observation(0.0, 9.5, "igg"), Observation(1.0, 35.0)),
        weight_kg=70.0,
    )
    assert found[2].infusions == (Infusion(0.5, 40.0, ((0.1, 400.0),)),)
    assert found[2].weight_kg == 50.0


@pytest.mark.parametrize(
    ("dose", "pieces"),
    [
        ("70,.,0.25,.,.", (0.25, 280.0)),
        ("70,0,0.25,.,.", (0.25, 280.0)),
        ("70,-2,0.25,.,.", (0.25, 280.0)),
        ("70,280,.,.,.", (0.25, 280.0)),
        ("70,280,0.25,.,.", (0.25, 280.0)),
        ("70,280.1,0.25,0,0", (0.25, 280.0)),  # printed with few digits: the length decides
    ],
)
def test_amount_rate_and_length(dose: str, pieces: tuple[float, float], tmp_path: Path) -> None:
    assert one(dose, tmp_path) == (Infusion(0.0, 70.0, (pieces,)),)


def test_additional_doses_are_written_out(tmp_path: Path) -> None:
    assert [given.start for given in one("30,.,0.2,1,4", tmp_path)] == [0.0, 1.0, 2.0, 3.0, 4.0]


def test_a_dose_without_a_rate_runs_as_the_label_says(tmp_path: Path) -> None:
    for name in ("Gamunex-C", itp.product("Privigen")):
        label = itp.regimen("70 g", product=name)
        assert one("70,.,.,.,.", tmp_path, product=name) == label.infusions(70.0)


def test_the_rates_of_a_label_need_a_weight_and_a_product(tmp_path: Path) -> None:
    with pytest.raises(itp.TableError, match="WT is missing: the rates of a label are per kg") as caught:
        read("ID,TIME,AMT,DV\n1,0,70,.\n", tmp_path, product="Gamunex-C")
    assert (caught.value.row, caught.value.column) == (2, "WT")
    with pytest.raises(itp.InputError, match="product is 5: give the name of a product"):
        one("70,.,.,.,.", tmp_path, product=5)


def test_hours_and_milligrams_are_days_and_grams(tmp_path: Path) -> None:
    days = "ID,TIME,AMT,RATE,DUR,II,ADDL,DV\n1,0,70,350,.,2,1,.\n1,0.5,.,.,.,.,.,30\n1,9,40,.,0.25,.,.,.\n"
    other = "\n".join(
        [
            "ID,TIME,AMT,RATE,DUR,II,ADDL,DV",
            "1,0,70000,14583.333333333334,.,48,1,.",
            "1,12,.,.,.,.,.,30",
            "1,216,40000,.,6,.,.,.",
        ]
    )
    expected, found = read(days, tmp_path)["1"], read(other, tmp_path, time_unit="h", amount_unit="mg")["1"]
    assert found.observations == expected.observations
    for mine, theirs in zip(found.infusions, expected.infusions, strict=True):
        assert mine.start == theirs.start
        assert mine.grams == theirs.grams
        np.testing.assert_allclose(mine.pieces, theirs.pieces, rtol=1e-14)


def test_a_unit_that_is_said_is_not_doubted(tmp_path: Path) -> None:
    days = "ID,TIME,AMT,DUR,DV,WT\n1,0,1,0.1,.,70\n1,24,.,.,30,70\n1,48,.,.,20,70\n1,72,.,.,15,70\n"
    with pytest.raises(itp.TableError, match="time_unit='day'"):
        read(days, tmp_path)
    with pytest.raises(itp.TableError, match="amount_unit='g'"):
        read(days, tmp_path, time_unit="day")
    assert read(days, tmp_path, time_unit="day", amount_unit="g")["1"].observations[-1].day == 72.0


def test_what_an_editor_or_a_spreadsheet_leaves_does_not_matter(tmp_path: Path) -> None:
    expected = read(TABLE, tmp_path).subjects
    spaced = "\n".join(", ".join(line.split(",")) for line in TABLE.splitlines())
    for text in (
        "\N{BYTE ORDER MARK}" + TABLE,
        TABLE.replace("\n", "\r\n"),
        TABLE.replace(",.", ","),
        TABLE.replace("\n", "\n\n") + "\n\n",
        TABLE.removesuffix("\n"),
        TABLE.replace(HEAD, HEAD.lower()),
        spaced,
        "# a remark\n" + TABLE.replace("2,0.5", "# another\n2,0.5"),
        "C," + TABLE.strip().replace("\n", "\n,") + "\nC,3,nothing,,,,,,,,,,\n",
    ):
        assert read(text, tmp_path).subjects == expected


def test_a_data_frame_is_read_like_the_file(tmp_path: Path) -> None:
    expected = read(TABLE, tmp_path).subjects
    path = tmp_path / "table.csv"
    frame = pd.read_csv(path, na_values=".")
    for table in (
        frame,
        frame.convert_dtypes(),
        frame.astype(object).where(frame.notna(), None),
        pd.read_csv(path, dtype=str),
        frame.set_index(pd.Index([3] * len(frame))),
        frame.astype({"ID": float}),
    ):
        assert itp.read_nmtran(table).subjects == expected
    assert isinstance(frame, pd.DataFrame)


def test_an_error_of_a_data_frame_names_row_and_column(tmp_path: Path) -> None:
    read(TABLE, tmp_path)
    frame = pd.read_csv(tmp_path / "table.csv", na_values=".")
    frame.loc[3, "DV"] = 35_000.0
    with pytest.raises(itp.TableError, match=r"table, row 4, DV is 35000 1e9/L.*write 35$") as caught:
        itp.read_nmtran(frame)
    assert (caught.value.row, caught.value.column) == (4, "DV")
    with pytest.raises(itp.TableError, match="table, column DV is missing") as caught:
        itp.read_nmtran(frame.drop(columns="DV"))
    assert (caught.value.row, caught.value.column) == (None, "DV")
    with pytest.raises(itp.TableError, match="row 2, DV is True, not a number"):
        itp.read_nmtran(frame.astype(object).assign(DV=True))
    with pytest.raises(itp.TableError, match="a column called 0: give the columns names in text"):
        itp.read_nmtran(frame.rename(columns={"DV": 0}))


@pytest.mark.parametrize("table", [None, 5, b"x.csv", [], "", {"ID": [1]}])
def test_what_is_no_table_is_refused(table: Any) -> None:
    with pytest.raises(itp.InputError, match="give the path of a CSV file"):
        itp.read_nmtran(table)


def test_words_may_name_compartments(tmp_path: Path) -> None:
    seen = "1,1,.,.,Platelets,.,30\n1,2,.,.,0,2,20\n1,3,.,.,1,igg,18\n1,4,.,.,.,.,50\n"
    text = "ID,TIME,AMT,DUR,CMT,DVID,DV\n1,0,70,0.2,IgG,.,.\n" + seen
    assert [one.kind for one in read(text, tmp_path)["1"].observations] == ["platelets", "igg", "igg", "platelets"]


def test_covariates_are_kept_and_columns_can_be_dropped(tmp_path: Path) -> None:
    text = "ID,TIME,AMT,DUR,DV,HT,SEX,AGE,SITE,DOSE\n1,0,70,0.2,.,170,F,40,Leeds,1\n1,1,.,.,30,.,female,.,York,2\n"
    with pytest.raises(itp.TableError, match="SITE"):
        read(text, tmp_path, covariates=["DOSE"])
    with pytest.raises(itp.TableError, match=r"DOSE is 2 and was 1 for this ID"):
        read(text, tmp_path, drop=["SITE"], covariates="DOSE")
    found = read(text, tmp_path, drop=["SITE", "DOSE"])["1"]
    assert (found.height_cm, found.sex, dict(found.covariates)) == (170.0, "F", {"AGE": 40.0})
    with pytest.raises(itp.TableError, match="column NONE is named by the caller"):
        read(text, tmp_path, drop=["NONE"])
    with pytest.raises(itp.InputError, match="covariates has 5"):
        read(text, tmp_path, covariates=[5])  # type: ignore[list-item]


def test_a_tie_of_dose_and_count_means_the_same_either_way(tmp_path: Path) -> None:
    _, first, dose, _, rest, *_ = TABLE.splitlines()
    before = read("\n".join([HEAD, first, dose, rest]), tmp_path)
    assert read("\n".join([HEAD, dose, first, rest]), tmp_path).subjects == before.subjects
    table = before.to_dataframe()
    assert table["EVID"].tolist()[:2] == [0, 1]  # written: the observation before the dose


# --- limits ---------------------------------------------------------------------------------------------------------


def test_what_is_too_large_is_refused_before_it_is_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(rows.MAX_BYTES + 1)
    with pytest.raises(itp.TableError, match="larger than 50000000 bytes"):
        itp.read_nmtran(path)
    monkeypatch.setattr(rows, "MAX_ROWS", 6)
    with pytest.raises(itp.TableError, match="more than 6 rows: split it"):
        read(TABLE, tmp_path)
    with pytest.raises(itp.TableError, match="more than 6 rows: split it"):
        itp.read_nmtran(pd.read_csv(tmp_path / "table.csv", na_values="."))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("counts.xlsx", b"PK", "is no CSV file: save the table as CSV"),
        ("counts.csv", "ID,TIME".encode("utf-16"), "is UTF-16: save it as UTF-8"),
        ("counts.csv", b"ID,TIME,AMT,DV\n\xff\n", "line 2 holds bytes that are not UTF-8"),
        ("counts.csv", b"ID,TIME,AMT,DV\n1,0,.," + b"9" * 200_000, "line 2 is not CSV: field larger than field limit"),
    ],
)
def test_a_file_that_is_no_table_is_refused(name: str, content: bytes, words: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(itp.TableError, match=words):
        itp.read_nmtran(tmp_path / name)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(itp.TableError, match="no file .*none.csv: give the path of a CSV file"):
        itp.read_nmtran(tmp_path / "none.csv")
    with pytest.raises(itp.TableError, match="not a file"):
        itp.read_nmtran(tmp_path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_mutilated_table_is_read_or_refused(data: st.DataObject, tmp_path: Path) -> None:
    text = bytearray(TABLE.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(
            st.sampled_from(
                [b"", b",", b".", b"-", b"1", b"e9", b"\n", b'"', b"nan", b";", b"\x00", b"\xff", b"#", b"C"]
            )
        )
    path = tmp_path / "table.csv"
    path.write_bytes(bytes(text))
    try:
        found = itp.read_nmtran(path)
    except itp.TableError as error:
        assert "\n" not in str(error)
    else:
        assert all(math.isfinite(seen.value) and seen.value > 0 for subject in found for seen in subject.observations)


# --- nothing is lost ------------------------------------------------------------------------------------------------

DURATIONS = st.floats(1e-6, 0.4)
LABELS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=8)


@st.composite
def infusions(draw: st.DrawFn, weight: float | None) -> Infusion:
    pieces = tuple(draw(st.lists(st.tuples(DURATIONS, st.floats(1e-3, 5000.0)), min_size=1, max_size=5)))
    grams = math.fsum(days * rate for days, rate in pieces) * (1.0 + draw(st.integers(-4, 4)) * 2.0**-52)
    most = MOST if weight is None else MOST_PER_KG * weight
    assume(grams <= most and sum(days for days, _ in pieces) <= LONGEST_INFUSION)
    return Infusion(draw(st.floats(0.0, 36_000.0)), grams, pieces)


@st.composite
def subjects(draw: st.DrawFn, id: str) -> Subject:
    weight = draw(st.none() | st.floats(0.5, 400.0))
    seen = st.builds(
        Observation, st.floats(0.0, 36_525.0), st.floats(1e-300, 200.0), st.sampled_from(["platelets", "igg"])
    )
    label = st.none() | LABELS.filter(lambda text: text.strip() not in {"", "."})
    found = Subject(
        id,
        tuple(draw(st.lists(infusions(weight), max_size=4))),
        tuple(draw(st.lists(seen, max_size=4, unique=True))),
        weight,
        draw(st.none() | st.floats(25.0, 250.0)),
        draw(st.sampled_from([None, "F", "M"])),
        draw(st.dictionaries(st.sampled_from(["AGE", "CRP"]), st.floats(-1e15, 1e15), max_size=2)),
        draw(label),
        draw(label),
    )
    assume(found.infusions or found.observations)
    return found


FORGIVING = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)


def read_back(data: st.DataObject, folder: Path) -> None:
    """Write any records, as a frame and as a file, and read both."""
    ids = data.draw(st.lists(LABELS, min_size=1, max_size=3))
    ids = list(dict.fromkeys(id.strip() for id in ids if id.strip() not in {"", "."} and id.strip()[0] != "#"))
    assume(ids)
    records = Records(tuple(data.draw(subjects(id)) for id in ids))
    frame = itp.to_nmtran(records, folder / "table.csv")
    assert itp.read_nmtran(frame).subjects == records.subjects
    units = {"time_unit": "day", "amount_unit": "g", "count_unit": "1e9/L"}
    assert itp.read_nmtran(folder / "table.csv", **units).subjects == records.subjects


@settings(FORGIVING, max_examples=60)
@given(data=st.data())
def test_what_is_written_is_read_back_to_the_last_digit(data: st.DataObject, tmp_path: Path) -> None:
    read_back(data, tmp_path)


@pytest.mark.slow
def test_a_thousand_tables_are_read_back_to_the_last_digit(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    examples = 1000

    @settings(FORGIVING, max_examples=examples)
    @given(data=st.data())
    def law(data: st.DataObject) -> None:
        read_back(data, tmp_path)

    law()
    record_property("count", f"{examples:,} tables")


def test_records_travel_to_another_process() -> None:
    one = Subject(
        "1", (Infusion(0.0, 70.0, ((0.2, 350.0),)),), (Observation(1.0, 30.0),), 70.0, covariates={"AGE": 40.0}
    )
    records = Records((one,), "mine")
    for copy in (pickle.loads(pickle.dumps(records)), deepcopy(records)):
        assert copy == records and copy["1"].covariates == {"AGE": 40.0}


def test_two_infusions_that_are_the_same_stay_two() -> None:
    twice = (Infusion(0.0, 70.0, ((0.2, 350.0),)),) * 2
    records = Records((Subject("1", twice, (Observation(1.0, 30.0),), 70.0),))
    assert itp.read_nmtran(records.to_dataframe()).subjects == records.subjects


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (Infusion(0.0, 10.0, ((0.1, 50.0), (0.1, 0.0), (0.1, 50.0))), "pauses: make two infusions"),
        (Infusion(0.0, 300.0, ((3.0, 100.0),)), "in 3 day"),
        (Infusion(0.0, 1000.0, ((0.2, 5000.0),)), "at most 700 g"),
        (Infusion(0.0, 600.0, ((0.002, 300_000.0),)), f"at {FASTEST:g} g/day"),
        (Infusion(36_600.0, 70.0, ((0.2, 350.0),)), "ends after day 36525: shift the times"),
    ],
)
def test_an_infusion_that_could_not_be_read_again_is_refused(given: Infusion, words: str) -> None:
    with pytest.raises(itp.InputError, match=words):
        itp.to_nmtran(Records((Subject("1", (given,), (), 70.0),)))


def test_other_things_that_a_table_cannot_say_are_refused() -> None:
    with pytest.raises(itp.InputError, match="has an observation twice"):
        itp.to_nmtran(Records((Subject("1", (), (Observation(1.0, 30.0),) * 2),)))
    with pytest.raises(itp.InputError, match="a covariate is called dv"):
        itp.to_nmtran(Records((Subject("1", (), (Observation(1.0, 30.0),), covariates={"dv": 1.0}),)))


def test_a_name_that_a_spreadsheet_would_run_is_guarded_in_the_file(tmp_path: Path) -> None:
    records = Records((Subject("=1+1", (), (Observation(1.0, 30.0),), arm="'@here"),))
    itp.to_nmtran(records, tmp_path / "table.csv")
    assert "'=1+1" in (tmp_path / "table.csv").read_text()
    assert itp.read_nmtran(tmp_path / "table.csv").subjects == records.subjects


# --- records --------------------------------------------------------------------------------------------------------


def test_records_are_found_by_id_and_refuse_what_cannot_be() -> None:
    records = Records((Subject("7.0"), Subject(" a ")), "mine")
    assert [records["7"].id, records[7].id, records["a"].id] == ["7", "7", "a"]
    with pytest.raises(itp.UnknownNameError, match="no subject 8 in mine: choose from 7, a"):
        records[8]
    with pytest.raises(itp.InputError, match="mine has two subjects '1'"):
        Records((Subject("1"), Subject("1.0")), "mine")
    with pytest.raises(itp.InputError, match="holds no subject"):
        Records(())
    for id in ("", ".", "#1", 1):
        with pytest.raises(itp.InputError, match="give each an id in text"):
            Subject(id)  # type: ignore[arg-type]
    for wrong in ({"weight_kg": 700.0}, {"height_cm": 1.7}, {"sex": "X"}, {"covariates": {"AGE": math.nan}}):
        with pytest.raises(itp.InputError):
            Subject("1", **wrong)  # type: ignore[arg-type]
    for seen in ((-1.0, 30.0, "platelets"), (1.0, 0.0, "platelets"), (1.0, 20_000.0, "platelets"), (1.0, 30.0, "wbc")):
        with pytest.raises(itp.InputError):
            Observation(*seen)


# --- what was simulated ---------------------------------------------------------------------------------------------

ARMS = {"1 g/kg": "1 g/kg", "fixed": "70 g over 5 h on day 0 and 21", "label": "70 g", "none": None}
TIMES = [0.0, 1.0, 3.0, 7.0, 14.0, 20.0]


@pytest.fixture(scope="module")
def cohort() -> xr.Dataset:
    people = itp.virtual_patients("adult_chronic", n=4, seed=3, weight_kg=None)
    people["WT"] = [52.3, 70.0, 81.7, 110.0]
    arms = {name: text and itp.regimen(text, product="Privigen") for name, text in ARMS.items()}
    return itp.simulate(people, arms, days=20, times=TIMES)


def test_a_cohort_is_written_with_its_doses_and_counts(cohort: xr.Dataset, tmp_path: Path) -> None:
    table = itp.to_nmtran(cohort, tmp_path / "cohort.csv", outputs=["platelets", "igg"])
    doses = table[table["EVID"] == 1]
    np.testing.assert_allclose(doses["AMT"] / doses["RATE"], doses["DUR"], rtol=1e-12)  # for programs without DUR
    found = itp.read_nmtran(tmp_path / "cohort.csv")
    assert len(found) == 16
    assert [subject.id for subject in found] == [str(n) for n in range(1, 17)]
    weights = cohort.parameters.sel(parameter="WT").to_numpy()
    for subject in found:
        arm, patient = str(subject.arm), int(str(subject.patient))
        text = ARMS[arm]
        due = itp.regimen(text, product="Privigen").infusions(weights[patient]) if text else ()
        assert subject.weight_kg == weights[patient]
        assert subject.infusions == tuple(given for given in due if given.start < 20)
        for kind in ("platelets", "igg"):
            seen = [one.value for one in subject.observations if one.kind == kind]
            assert seen == cohort[kind].sel(arm=arm, patient=patient).to_numpy().tolist()
    assert [one.day for one in found[1].observations[::2]] == TIMES


def test_the_doses_that_are_written_give_the_same_counts(cohort: xr.Dataset) -> None:
    for subject in itp.read_nmtran(itp.to_nmtran(cohort)):
        one = cohort.sel(arm=subject.arm, patient=int(str(subject.patient)))
        p = Parameters(*(np.array([x]) for x in one.parameters.to_numpy()))
        schedule = Schedule(*breakpoints(subject.infusions, 20.0))
        problem = Problem(p, [schedule], np.array(TIMES), np.zeros((1, 0)), ("platelets",), 1e-9, 60.0)
        again = solve(problem, engine="reference").values["platelets"][0]
        np.testing.assert_allclose([seen.value for seen in subject.observations], again, rtol=1e-5)


def test_days_and_a_part_of_the_cohort_can_be_chosen(cohort: xr.Dataset) -> None:
    chosen = itp.to_nmtran(cohort.sel(arm="label", patient=2), times=np.array([7, 1]))
    seen = chosen[chosen["EVID"] == 0]
    assert seen["TIME"].tolist() == [1.0, 7.0]
    assert seen["DV"].tolist() == cohort.platelets.sel(arm="label", patient=2, time=[1, 7]).to_numpy().tolist()
    one = itp.to_nmtran(cohort.isel(time=2))
    assert one.loc[one["EVID"] == 0, "TIME"].unique().tolist() == [3.0]


@pytest.mark.parametrize(
    ("run", "said", "words"),
    [
        (lambda run: run, {"times": [2.0]}, "day 2 is no output day of the run, 1 is: choose such days"),
        (lambda run: run, {"times": []}, "times is empty"),
        (lambda run: run, {"times": [30]}, "a day in times is 30 day"),
        (lambda run: run, {"outputs": []}, "outputs is empty"),
        (lambda run: run, {"outputs": "tpo"}, "no output 'tpo'"),
        (lambda run: run.drop_vars("igg"), {"outputs": "igg"}, "the run holds no igg"),
        (lambda run: run.assign_attrs(regimens=None), {}, "does not say the regimens of arm '1 g/kg'"),
        (lambda run: run.assign_attrs(rate_steps="{}"), {}, "does not say the rate_steps"),
        (
            lambda run: run.assign_attrs(regimens=json.dumps(dict.fromkeys(ARMS, "2 g/kg"))),
            {},
            "the regimen that the run carries for arm '1 g/kg' is not what was given",
        ),
        (lambda run: run.platelets, {}, "neither a result of simulate"),
        (lambda run: xr.Dataset(), {}, "not a result of simulate"),
        (lambda run: itp.read_nmtran(itp.to_nmtran(run)), {"times": [1]}, "times chooses from a run"),
    ],
)
def test_what_cannot_be_written_is_refused(cohort: xr.Dataset, run: Any, said: dict[str, Any], words: str) -> None:
    with pytest.raises(itp.InputError, match=words):
        itp.to_nmtran(run(cohort), **said)


def test_a_table_that_cannot_be_written_is_an_error(cohort: xr.Dataset, tmp_path: Path) -> None:
    with pytest.raises(itp.ItpError, match="cannot be written"):
        itp.to_nmtran(cohort, tmp_path / "none" / "table.csv")
    with pytest.raises(itp.InputError, match="path is 5"):
        itp.to_nmtran(cohort, 5)  # type: ignore[arg-type]
