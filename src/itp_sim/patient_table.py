"""Patients as rows of a checked table, whatever they were given as."""

from collections.abc import Iterable, Mapping
from itertools import islice
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from itp_sim import checks
from itp_sim.equations import Parameters
from itp_sim.errors import InputError
from itp_sim.parameters import records
from itp_sim.patient import Patient, possible
from itp_sim.records import Record
from itp_sim.usual import DEFAULT_POPULATION

#: Patients that are read of an iterable, which may have no end; a table may have more.
MOST = 1_000_000
#: What a table of virtual patients says of how it was drawn.
DRAWN = ("seed", "sampling", "platelets", "weight_kg", "typical", "spread")


#: What patients may be given as.
Patients = Patient | Mapping[str, Patient] | Iterable[Patient] | pd.DataFrame


def patient_table(patients: Patients) -> pd.DataFrame:
    """Return one row a patient and one column a parameter, in the equations' order, checked.

    `attrs` name the population and how virtual patients were drawn.

    Parameters
    ----------
    patients
        A patient, several, patients by name, or a table with a column for each of `equations.Parameters`; other columns
        are left out.

    Raises
    ------
    InputError
        If there is no patient, or one that could not exist: says which row, which value and what is allowed.
    """
    if isinstance(patients, pd.DataFrame):
        return _checked(patients)
    if isinstance(patients, Mapping):
        table = patient_table(patients.values())
        table.index = pd.Index(patients)
        _check_labels(table.index)
        return table
    # Text and parameters are no patients, but they are one thing each.
    several: Any = [patients] if isinstance(patients, Patient | Parameters | str | bytes) else patients
    try:
        given = list(islice(several, MOST + 1))
    except TypeError:
        raise _no_patient(patients) from None
    if len(given) > MOST:
        raise InputError(f"there are more than {MOST:,} patients: give a table, or fewer")
    rows = []
    for row in given:
        if not isinstance(row, Patient):
            raise _no_patient(row)
        rows.append(row)
    table = pd.DataFrame([row.parameters for row in rows], columns=list(Parameters._fields))
    table.attrs["population"] = ", ".join(sorted({row.population for row in rows}))
    return _not_empty(table)


def _no_patient(given: object) -> InputError:
    return InputError(
        f"{checks.shown(given)} is not a patient: give one made by typical_patient(), several, or a table"
    )


def _not_empty(table: pd.DataFrame) -> pd.DataFrame:
    if table.empty:
        raise InputError("there is no patient: give one made by typical_patient(), several, or a table with rows")
    return table


def _checked(given: pd.DataFrame) -> pd.DataFrame:
    population = given.attrs.get("population", DEFAULT_POPULATION)
    found = records(population)
    columns = given.columns.tolist()
    for name in Parameters._fields:
        if name not in columns:
            raise InputError(f"the table of patients has no column {name!r}: give {checks.listed(Parameters._fields)}")
        if columns.count(name) > 1:
            raise InputError(f"the table of patients has column {name!r} more than once: delete one")
    _check_labels(given.index)
    table = pd.DataFrame({name: _numbers(given[name], found[name]) for name in Parameters._fields}, index=given.index)
    table.attrs = {"population": str(population)}
    table.attrs |= {name: given.attrs[name] for name in DRAWN if name in given.attrs}
    _refuse_impossible(_not_empty(table), found)
    return table


def _check_labels(index: pd.Index) -> None:
    """Refuse rows that are not told apart by one number or one text each."""
    labels = index.tolist()
    if not (all(isinstance(x, str) for x in labels) or (index.dtype.kind in "iuf" and not index.hasnans)):
        raise InputError(
            f"the rows of the table of patients are labelled {checks.shown(labels)}: give each patient one number or "
            "one text, as by table.reset_index(drop=True)"
        )
    if not index.is_unique:
        twice = index[index.duplicated()][0]
        raise InputError(
            f"the table of patients has two rows {checks.shown(twice)}: give each patient a label of its own"
        )


def _numbers(column: "pd.Series[float]", record: Record) -> "pd.Series[float]":
    """A column as floats; what is no number is refused by its row."""
    if column.dtype.kind in "fiu":
        return pd.Series(column.to_numpy(dtype=float, na_value=np.nan), index=column.index)
    for row, x in column.items():
        if isinstance(x, bool) or not isinstance(x, Real):
            checks.number(f"patient {row}: {record.name}", x, *record.range, record.unit)
    return pd.Series([float(max(min(x, 1e300), -1e300)) for x in column], index=column.index)


def _refuse_impossible(table: pd.DataFrame, found: Mapping[str, Record]) -> None:
    """Refuse a table with a patient that :class:`Patient` would refuse, for the reason that it gives."""
    p = Parameters(**{name: table[name].to_numpy() for name in Parameters._fields})
    low, high = np.array([found[name].range for name in Parameters._fields]).T
    values = table.to_numpy()
    with np.errstate(all="ignore"):
        wrong = ~(((low <= values) & (values <= high)).all(axis=1) & possible(p))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        try:
            Patient(Parameters(*values[row].tolist()), table.attrs["population"])
        except InputError as error:
            raise InputError(f"patient {table.index[row]}: {error}") from None
        raise InputError(f"patient {table.index[row]} has no untreated steady state: check its parameters")
