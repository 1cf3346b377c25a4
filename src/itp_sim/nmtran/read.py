"""Tables in the style of NM-TRAN, read strictly: every column, unit and record is checked."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from os import PathLike
from typing import TYPE_CHECKING

from itp_sim import catalogue, checks
from itp_sim.dosing import Product
from itp_sim.errors import InputError
from itp_sim.nmtran import covariates as known
from itp_sim.nmtran.cells import ANY, Row
from itp_sim.nmtran.columns import COLUMNS
from itp_sim.nmtran.doses import Setting, infusions, start
from itp_sim.nmtran.events import check_dose, check_observation, is_dose, left_out, observation
from itp_sim.nmtran.rows import rows_of, same
from itp_sim.nmtran.subjects import Records, Subject, subject_id
from itp_sim.nmtran.units import LEAST_COUNT, Units, like_hours, small_count_slip

if TYPE_CHECKING:
    import pandas as pd


def read_nmtran(
    table: "str | PathLike[str] | pd.DataFrame",
    *,
    time_unit: str | None = None,
    amount_unit: str | None = None,
    count_unit: str | None = None,
    product: str | Product | None = None,
    covariates: Iterable[str] = (),
    drop: Iterable[str] = (),
) -> Records:
    """Read a table of doses, counts and IgG levels.

    Each row is a dose or an observation of the subject ID at TIME. ``docs/data.md`` describes the columns, what is
    refused, and in which order records count.

    Parameters
    ----------
    table
        Path of a CSV file (UTF-8, commas, decimal points, at most 50 MB), or a data frame with the same columns.
    time_unit
        Unit of TIME, DUR and II, "day" or "h", and of RATE with it. None: day, and times that look like hours, and
        infusions of more than a day, are refused; "day" takes them as they are.
    amount_unit
        Unit of AMT, "g" or "mg", and of RATE with it. None: g, and amounts that look like g/kg are refused.
    count_unit
        Unit of DV where it is a count: "1e9/L", "1e12/L", "1e4/uL" or "1/uL". None: 1e9/L, and counts that are all
        below 1 are refused.
    product
        Product whose label gives the rates of a dose without RATE and DUR; needs WT.
    covariates
        Columns to be taken as covariates although their names are close to others.
    drop
        Columns to be left out.

    Returns
    -------
    Records
        Subjects in the order of the table, with infusions and observations in days and grams.

    Raises
    ------
    TableError
        If the table cannot be used; names row, column and the way out, in the message and as attributes.
    InputError
        If an argument cannot be used.
    """
    said = getattr(table, "attrs", {})  # what to_nmtran knows of its own table
    units = Units(
        said.get("time_unit") if time_unit is None else time_unit,
        said.get("amount_unit") if amount_unit is None else amount_unit,
        said.get("count_unit") if count_unit is None else count_unit,
    )
    label = catalogue.product(product) if isinstance(product, str) else product
    if label is not None and not isinstance(label, Product):
        raise InputError(f"product is {checks.shown(label)}: give the name of a product, or a Product")
    name, columns, rows = rows_of(table, covariates=covariates, drop=drop)
    others = [column for column in columns if column not in COLUMNS]
    if units.time is None:
        _refuse_hours(rows, units)
    subjects = tuple(_subject(id, own, units=units, label=label, others=others) for id, own in _by_subject(rows))
    if units.count is None:
        _refuse_small(rows, subjects)
    return Records(subjects, name)


def _by_subject(rows: Iterable[Row]) -> Iterator[tuple[str, list[Row]]]:
    """Rows by subject; those of one follow one another."""
    seen: set[str] = set()
    for id, group in groupby(rows, key=_id):
        own = list(group)
        if id in seen:
            raise own[0].fault("ID", f"{checks.shown(id)} comes back after another: sort the rows by ID and TIME")
        seen.add(id)
        yield id, own


def _id(row: Row) -> str:
    given = row.label("ID")
    if given is None:
        raise row.fault("ID", "is missing: write the subject of this row, or delete the row")
    with row.refused("ID"):
        return subject_id(given)


def _refuse_hours(rows: Sequence[Row], units: Units) -> None:
    """Refuse times that look like hours."""
    times = [start(row, units) for row in rows]
    if like_hours(times):
        at = times.index(max(times))
        raise rows[at].fault(
            "TIME",
            f"is {times[at]:g} day, and all times are multiples of 24: if they are in hours, say time_unit='h' or "
            f"write {times[at] / 24.0:g}; if they are days, say time_unit='day'",
        )


def _refuse_small(rows: Sequence[Row], subjects: Sequence[Subject]) -> None:
    """Refuse a table in which every count is below 1e9/L, as in a larger unit."""
    counts = [seen for one in subjects for seen in one.observations if seen.kind == "platelets"]
    highest = max((seen.value for seen in counts), default=LEAST_COUNT)
    if highest < LEAST_COUNT:
        row = next(row for row in rows if not is_dose(row) and row.number("DV", *ANY) == highest)
        raise row.fault("DV", f"is {highest:g} 1e9/L, the highest count of all: {small_count_slip(highest)}")


def _subject(id: str, rows: Sequence[Row], *, units: Units, label: Product | None, others: Sequence[str]) -> Subject:
    """One subject from its rows."""
    kg = same(rows, "WT", known.weight)
    setting = Setting(units, kg, label)
    _refuse_disorder(rows, units)
    doses, observed = [], []
    for row in rows:
        if is_dose(row):
            check_dose(row)
            doses.append(row)
        else:
            check_observation(row)
            observed.append(row)
    numbers = {name: same(rows, name, known.reader(name, others)) for name in others}
    return Subject(
        id=id,
        infusions=infusions(doses, setting),
        observations=tuple(observation(row, units) for row in observed if not left_out(row)),
        weight_kg=kg,
        height_cm=same(rows, "HT", known.height),
        sex=same(rows, "SEX", known.sex),
        covariates={name: x for name, x in numbers.items() if x is not None},
        arm=same(rows, "ARM", lambda row: row.label("ARM")),
        patient=same(rows, "PATIENT", lambda row: row.label("PATIENT")),
    )


def _refuse_disorder(rows: Sequence[Row], units: Units) -> None:
    """Refuse times that fall, and records that stand there twice."""
    seen: dict[tuple[object, ...], Row] = {}
    before = 0.0
    for row in rows:
        at = start(row, units)
        if at < before:
            raise row.fault("TIME", f"is {at:g}, after {before:g} for this ID: sort its rows by TIME")
        before = at
        first = seen.setdefault(tuple(map(str, row.cells.values())), row)
        if first is not row:
            raise row.fault("TIME", f"repeats the record of {first.where.split(', ')[-1]}: delete one of the two")
