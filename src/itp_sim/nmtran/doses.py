"""Dose records as infusions: amount, rate and length; additional doses; infusions in pieces."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from itp_sim.dosing import MOST_INFUSIONS, Infusion, Product
from itp_sim.nmtran.cells import Row
from itp_sim.nmtran.units import (
    FASTEST,
    LEAST_PER_KG,
    LONGEST_INFUSION,
    LONGEST_UNSAID,
    MOST,
    MOST_LIKE_PER_KG,
    MOST_PER_KG,
    Units,
    amount_slip,
    duration_slip,
)
from itp_sim.usual import LONGEST

#: Share by which RATE x DUR may miss AMT: rates are printed with few digits.
AGREE = 1e-3
#: The same for pieces that are kept as they are written; see `Infusion`.
EXACT = 1e-12
#: Days by which a piece may start off the end of the one before it: times are printed with few digits.
GAP = 1e-3
_INFUSED = "IVIG is infused: give RATE or DUR, or `product` for the rates of a label"


#: Pairs of duration [day] and rate [g/day].
Pieces = tuple[tuple[float, float], ...]


class _Given(NamedTuple):
    grams: float
    days: float | None
    rate: float | None


@dataclass(frozen=True, slots=True)
class Setting:
    """What a dose record is read with.

    Parameters
    ----------
    units
        Units of the table.
    weight
        Weight of the subject [kg], if known.
    product
        The label whose rates hold where a record gives none.
    """

    units: Units
    weight: float | None
    product: Product | None


def infusions(rows: Sequence[Row], setting: Setting) -> tuple[Infusion, ...]:
    """Return the infusions of one subject's dose records, in their order.

    Raises
    ------
    TableError
        If a record cannot be used; names row and column.
    """
    groups: dict[int, list[Row]] = {}  # by number of infusion; a row without one stands alone, as a negative number
    for at, row in enumerate(rows, start=1):
        groups.setdefault(_number(row) or -at, []).append(row)
    found: list[Infusion] = []
    for number, records in groups.items():
        found += _repeated(records[0], setting) if number < 0 else [_joined(records, number, setting)]
        if len(found) > MOST_INFUSIONS:
            raise records[0].fault("ADDL", f"makes more than {MOST_INFUSIONS} infusions for this ID: write fewer")
    return tuple(found)


def _number(row: Row) -> int | None:
    return row.whole("INFUSION", range(1, MOST_INFUSIONS + 1))


def start(row: Row, units: Units) -> float:
    """TIME of a row [day].

    Raises
    ------
    TableError
        If it is missing, negative, or later than a run can be.
    """
    hint = "shift the times of this ID so that its first is 0"
    given = row.number("TIME", 0.0, LONGEST * units.per_day, units.time or "day", hint=hint)
    if given is None:
        raise row.fault("TIME", "is missing: write the time of this record")
    return given / units.per_day


def _repeated(row: Row, setting: Setting) -> Iterator[Infusion]:
    """The infusion of one record, and its additional doses."""
    first = start(row, setting.units)
    grams, pieces = _together([row], setting)
    _dose_allowed(row, grams, pieces, setting=setting)
    more = row.whole("ADDL", range(MOST_INFUSIONS)) or 0
    apart = _interval(row, more, setting.units)
    for i in range(more + 1):
        at = first + i * apart
        if at > LONGEST:
            raise row.fault(
                "ADDL", f"is {more}: the last of these doses is on day {at:g}, after day {LONGEST:g}; write fewer"
            )
        with row.refused("AMT"):
            yield Infusion(at, grams, pieces)


def _interval(row: Row, more: int, units: Units) -> float:
    """II [day], which stands where ADDL stands."""
    given = row.number("II", 0.0, LONGEST * units.per_day, units.time or "day") or 0.0
    if more and not given:
        raise row.fault("II", f"is missing, with ADDL {more}: write the time from one dose to the next, as 1 for daily")
    if given and not more:
        raise row.fault("II", f"is {given:g} without ADDL: write the number of additional doses in ADDL, or . for II")
    if more and units.time is None and given % 24.0 == 0.0:
        raise row.fault(
            "II", f"is {given:g} day: if it is in hours, write {given / 24.0:g}, or say time_unit='day' if it is not"
        )
    return given / units.per_day


def _given(row: Row, units: Units) -> _Given:
    """Grams, length and rate of one record, as it gives them."""
    amount = row.number("AMT", 0.0, math.inf, units.amount or "g", open_low=True)
    if amount is None:
        raise row.fault("AMT", "is missing on a dose: write the grams infused, or EVID 0 for an observation")
    grams = amount / units.per_gram
    days = _days(row, units)
    return _Given(grams, days, _rate(row, grams, days, units=units))


def _pieces(row: Row, given: _Given, setting: Setting) -> Pieces:
    """Pieces of one record: DUR decides where it does not fit RATE to the last digit."""
    grams, days, rate = given
    if days is not None:
        return ((days, grams / days),)
    if rate is not None:
        return ((grams / rate, rate),)
    if setting.product is None:
        raise row.fault("RATE", f"and DUR are missing, so that {grams:g} g would be a bolus. {_INFUSED}")
    if setting.weight is None:
        raise row.fault("WT", "is missing: the rates of a label are per kg; write the weight, or RATE or DUR")
    return setting.product.ramp(grams, setting.weight)


def _together(records: Sequence[Row], setting: Setting) -> tuple[float, Pieces]:
    """Grams and pieces of one infusion; lengths and rates that hold its grams are kept to the last digit."""
    given = [_given(row, setting.units) for row in records]
    total = math.fsum(one.grams for one in given)
    exact = tuple((one.days, one.rate) for one in given if one.days is not None and one.rate is not None)
    held = math.fsum(days * rate for days, rate in exact)
    if len(exact) == len(given) and abs(held - total) <= EXACT * total:
        return total, exact
    pieces = [_pieces(row, one, setting) for row, one in zip(records, given, strict=True)]
    return total, tuple(piece for several in pieces for piece in several)


def _days(row: Row, units: Units) -> float | None:
    """DUR [day]."""
    given = row.number("DUR", 0.0, math.inf, units.time or "day", hint="or . if RATE says it")
    if given == 0.0:
        raise row.fault("DUR", f"is 0, a bolus. {_INFUSED}")
    days = None if given is None else given / units.per_day
    if days is not None and days > LONGEST_INFUSION:
        raise row.fault(
            "DUR", f"is {days:g} day: an infusion takes up to {LONGEST_INFUSION:g} day; {duration_slip(days)}"
        )
    if days is not None and days > LONGEST_UNSAID and units.time is None:
        raise row.fault("DUR", f"is {days:g} day: {duration_slip(days)}; if it is in days, say time_unit='day'")
    return days


def _rate(row: Row, grams: float, days: float | None, *, units: Units) -> float | None:
    """RATE [g/day]; None where the record leaves it to DUR or to a label."""
    given = row.number("RATE", -math.inf, math.inf, units.rate)
    if given is None or given == 0.0:
        return None
    if given == -2.0:
        if days is None:
            raise row.fault("RATE", "is -2, which leaves the length to DUR, and DUR is missing: write DUR, in days")
        return None
    if given == -1.0:
        raise row.fault(
            "RATE", "is -1, a rate that is estimated, which is not supported: write the rate, or -2 with DUR"
        )
    if given < 0.0:
        raise row.fault("RATE", f"is {given:g}: write a rate above 0 in {units.rate}, or -2 with DUR")
    rate = given * units.per_day / units.per_gram
    if rate > FASTEST:
        slip = f"if it is in mg/day, write {rate / 1000.0:.6g}; " if rate / 1000.0 <= FASTEST else ""
        raise row.fault("RATE", f"is {rate:g} g/day: {slip}rates are read up to {FASTEST:g} g/day")
    takes = grams / rate
    if days is not None and abs(rate * days - grams) > AGREE * grams:
        raise row.fault(
            "RATE", f"x DUR is {rate * days:.6g} g and AMT is {grams:.6g} g: correct one, or write . for RATE"
        )
    if takes > LONGEST_INFUSION:
        slip = f"if it is in g/h, write {24.0 * rate:.6g}; " if takes <= 24.0 * LONGEST_INFUSION else ""
        raise row.fault(
            "RATE",
            f"is {rate:g} g/day, at which {grams:g} g take {takes:.3g} day: {slip}an infusion takes up to "
            f"{LONGEST_INFUSION:g} day",
        )
    if takes > LONGEST_UNSAID and units.time is None:
        raise row.fault(
            "RATE",
            f"is {rate:g} g/day, at which {grams:g} g take {takes:.3g} day: if it is in g/h, write {24.0 * rate:.6g}; "
            "if it is per day, say time_unit='day'",
        )
    return rate


def _joined(records: Sequence[Row], number: int, setting: Setting) -> Infusion:
    """One infusion from records that are its pieces."""
    grams, pieces = _together(records, setting)
    first = start(records[0], setting.units)
    due = first
    for row in records:
        if row.has("ADDL") and row.whole("ADDL", range(MOST_INFUSIONS)):
            raise row.fault("ADDL", f"repeats a piece of infusion {number}: write each infusion out, with ADDL 0")
        at = start(row, setting.units)
        if abs(at - due) > GAP:
            raise row.fault(
                "TIME",
                f"is {at:g}, and the piece before it in infusion {number} ends on day {due:.6g}: let them follow one "
                "another, or give each infusion a number of its own",
            )
        due = at + math.fsum(days for days, _ in _together([row], setting)[1])
    _dose_allowed(records[0], grams, pieces, setting=setting)
    with records[0].refused("AMT"):
        return Infusion(first, grams, pieces)


def _dose_allowed(row: Row, grams: float, pieces: Pieces, *, setting: Setting) -> None:
    """Refuse an infusion that nobody gives, with the slip of unit that it looks like."""
    weight = setting.weight
    takes = math.fsum(duration for duration, _ in pieces)
    if takes > LONGEST_INFUSION:
        raise row.fault(
            "AMT", f"takes {takes:.3g} day: an infusion takes up to {LONGEST_INFUSION:g} day; check its rates"
        )
    most = MOST if weight is None else MOST_PER_KG * weight
    if grams > most:
        raise row.fault("AMT", f"is {grams:.6g} g: an infusion holds up to {most:g} g; {amount_slip(grams)}")
    if weight is None or setting.units.amount is not None:
        return
    if grams < LEAST_PER_KG * weight and grams <= MOST_LIKE_PER_KG:
        raise row.fault(
            "AMT",
            f"is {grams:.6g} g for {weight:g} kg: if it is in g/kg, write {grams * weight:.6g}, or say amount_unit='g' "
            "if it is as little as that",
        )
