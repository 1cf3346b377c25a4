"""Tables of patients: what is a patient, and which row and value is not."""

from itertools import repeat

import numpy as np
import pandas as pd
import pytest

import itp_sim as itp
from itp_sim.equations import Parameters
from itp_sim.parameters import records
from itp_sim.patient_table import patient_table

PATIENT = itp.typical_patient()
RECORDS = records("adult_chronic")


def table(n: int = 3) -> pd.DataFrame:
    return pd.DataFrame([PATIENT.parameters] * n, columns=list(Parameters._fields), index=[f"p{i}" for i in range(n)])


def refused(given: object) -> str:
    with pytest.raises(itp.InputError) as error:
        patient_table(given)
    return str(error.value)


def test_rows_are_patients_and_columns_parameters() -> None:
    people = {"Ann": PATIENT, "Bob": PATIENT.assign(P0=20)}
    found = patient_table(people)
    assert found.index.tolist() == ["Ann", "Bob"]
    assert found.columns.tolist() == list(Parameters._fields)
    assert Parameters(*found.loc["Bob"]) == people["Bob"].parameters
    assert found.attrs["population"] == "adult_chronic"
    assert patient_table(people.values()).index.tolist() == [0, 1]
    assert patient_table(PATIENT).equals(patient_table([PATIENT]))


def test_a_table_is_copied_and_kept_in_order() -> None:
    given = table().assign(note="x")[["note", *reversed(Parameters._fields)]]
    before = given.copy()
    found = patient_table(given)
    found.loc["p0", "P0"] = 99.0
    assert given.equals(before)
    assert found.columns.tolist() == list(Parameters._fields)
    assert found.index.tolist() == ["p0", "p1", "p2"]


@pytest.mark.parametrize("kind", ["int64", "Int64", "float32", "Float64", "object", "category"])
def test_numbers_of_any_kind(kind: str) -> None:
    given = table()
    given["WT"] = given["WT"].astype("int64").astype(kind)
    assert patient_table(given)["WT"].tolist() == [70.0] * 3
    assert patient_table(given)["WT"].dtype == float


@pytest.mark.parametrize("name", Parameters._fields)
def test_the_range_of_the_record_is_the_border_in_a_table_too(name: str) -> None:
    for end, beyond in zip(RECORDS[name].range, (-np.inf, np.inf), strict=True):
        given = table()
        given[name] = given[name].astype(float)
        given.loc["p1", name] = np.nextafter(end, beyond)
        assert refused(given).startswith(f"patient p1: {name} is ")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.nan, "patient p1: P0 is nan"),
        (np.inf, "patient p1: P0 is inf"),
        (-12.0, "patient p1: P0 is -12 1e9/L: give a number from 1 to 150"),
        (12000.0, "if this is in platelets per microlitre, write 12"),
        (None, "patient p1: P0 is nan"),
    ],
)
def test_a_value_that_cannot_be_names_its_row(value: object, words: str) -> None:
    given = table()
    given["P0"] = given["P0"].astype(float)
    given.loc["p1", "P0"] = value
    assert words in refused(given)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (["12", "12", "12"], "patient p0: P0 is '12', not a number"),
        ([12, True, 12], "patient p1: P0 is True, not a number"),
        ([True, True, True], "patient p0: P0 is True, not a number"),
        ([12, 1j, 12], "patient p0: P0 is (12+0j), not a number"),
        ([12, None, "x"], "patient p1: P0 is None, not a number"),
        (np.array([12, 10**400, 12], dtype=object), "patient p1: P0 is 1e+300"),
        (pd.array([12, None, 12], dtype="Int64"), "patient p1: P0 is nan"),
        (pd.date_range("2020", periods=3), "patient p0: P0 is Timestamp"),
    ],
)
def test_a_column_that_is_not_of_numbers(column: object, words: str) -> None:
    assert words in refused(table().assign(P0=column))


def test_columns_are_there_once() -> None:
    assert "has no column 'KTPO': give WT, P0" in refused(table().drop(columns="KTPO"))
    assert "has column 'KTPO' more than once: delete one" in refused(pd.concat([table(), table()[["KTPO"]]], axis=1))
    assert "has no column 'WT'" in refused(pd.DataFrame())
    assert "there is no patient" in refused(table(0))


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["a", "b", "a"], "has two rows 'a': give each patient a label of its own"),
        ([1, 2, 2], "has two rows 2"),
        ([1, "a", 2], r"labelled [1, 'a', 2]: give each patient one number or one text"),
        (["a", None, "b"], "give each patient one number or one text"),
        ([1.0, np.nan, 2.0], "give each patient one number or one text"),
        (pd.date_range("2020", periods=3), "give each patient one number or one text"),
        (pd.MultiIndex.from_product([[0], [1, 2, 3]]), "reset_index"),
        ([True, False, None], "give each patient one number or one text"),
    ],
)
def test_labels_tell_patients_apart(labels: object, words: str) -> None:
    assert words in refused(table().set_axis(labels))


def test_a_patient_who_cannot_live_untreated_is_named() -> None:
    given = table().astype(float)
    given.loc["p2", ["P0", "EPS"]] = 149, 0.2
    assert refused(given).startswith("patient p2: the untreated count P0 = 149 cannot be held")
    given = table().astype(float)
    given.loc["p1", ["FP", "FM"]] = 0.9, 0.9
    assert refused(given).startswith("patient p1: FP + FM is 1.8")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "None is not a patient: give one made by typical_patient()"),
        (5, "5 is not a patient"),
        ("adult_chronic", "'adult_chronic' is not a patient"),
        ([PATIENT, None], "None is not a patient"),
        ([PATIENT.parameters], "is not a patient"),
        (PATIENT.parameters, "Parameters(WT=70.0, P0=12.0, IGG0=10.0, CL=0.003055, V1=0... is not a patient"),
        ([], "there is no patient"),
        ({}, "there is no patient"),
        (iter(()), "there is no patient"),
        ({1: PATIENT, "a": PATIENT}, "give each patient one number or one text"),
        (repeat(PATIENT), "more than 1,000,000 patients"),
    ],
)
def test_what_is_no_patient(given: object, words: str) -> None:
    assert words in refused(given)


def test_population_of_the_table_holds_the_ranges() -> None:
    given = table()
    given.attrs["population"] = "adults"
    assert "no population 'adults'" in refused(given)


def test_a_large_table_costs_little() -> None:
    big = pd.concat([table(1)] * 100_000, ignore_index=True)
    assert len(patient_table(big)) == 100_000
