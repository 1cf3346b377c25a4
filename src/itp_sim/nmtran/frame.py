"""Subjects as a table in the style of NM-TRAN."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from itp_sim.dosing import Infusion
from itp_sim.errors import InputError
from itp_sim.nmtran.columns import CMT, COLUMNS
from itp_sim.nmtran.rows import MAX_ROWS
from itp_sim.nmtran.units import FASTEST, LONGEST_INFUSION, MOST, MOST_PER_KG
from itp_sim.usual import LONGEST

if TYPE_CHECKING:
    import pandas as pd

    from itp_sim.nmtran.subjects import Subject

#: Columns that are left out where no row holds anything.
_OPTIONAL = ("INFUSION", "WT", "HT", "SEX", "ARM", "PATIENT")
_ALWAYS = ("ID", "TIME", "EVID", "AMT", "RATE", "DUR", "CMT", "MDV", "DV")
#: Ids that are kept as numbers.
_NUMBER = re.compile(r"0|[1-9][0-9]{0,17}")
#: What :func:`read_nmtran` need not ask about such a frame.
SAID: Mapping[str, str] = MappingProxyType({"time_unit": "day", "amount_unit": "g", "count_unit": "1e9/L"})


def frame(subjects: "Iterable[Subject]") -> "pd.DataFrame":
    """Return the table of `subjects`: one row for each observation and each piece of an infusion.

    Times are in days, amounts in g. At equal TIME observations stand before doses. Missing values are NaN.

    Raises
    ------
    InputError
        If an infusion cannot be read again, or there are more rows than a table may have.
    """
    import pandas as pd

    given = list(subjects)
    names = list(dict.fromkeys(name for one in given for name in one.covariates))
    for name in names:
        if name.upper() in COLUMNS:
            raise InputError(f"a covariate is called {name}, which is a column of the table: rename it")
    rows: list[dict[str, Any]] = []
    for one in given:
        rows += _rows(one)
        if len(rows) > MAX_ROWS:
            raise InputError(f"the table would have more than {MAX_ROWS:,} rows: give fewer subjects or times")
    found = pd.DataFrame(rows, columns=[*_ALWAYS, *_OPTIONAL, *names])
    empty = [name for name in _OPTIONAL if found[name].isna().all()]
    found = found.drop(columns=empty)
    if all(_NUMBER.fullmatch(one.id) for one in given):
        found["ID"] = found["ID"].astype("int64")
    if "INFUSION" in found:
        found["INFUSION"] = found["INFUSION"].astype("Int64")
    found.attrs.update(SAID)
    return found


def _rows(one: "Subject") -> Iterator[dict[str, Any]]:
    """Rows of one subject, by time."""
    kept = {"ID": one.id, "WT": one.weight_kg, "HT": one.height_cm, "SEX": one.sex, "ARM": one.arm}
    kept |= {"PATIENT": one.patient, **one.covariates}
    rows: list[tuple[float, int, dict[str, Any]]] = [
        (seen.day, 0, {"EVID": 0, "CMT": CMT[seen.kind], "MDV": 0, "DV": seen.value}) for seen in one.observations
    ]
    most = MOST if one.weight_kg is None else MOST_PER_KG * one.weight_kg
    if len(set(one.observations)) < len(one.observations):
        raise InputError(f"subject {one.id} has an observation twice, which a table cannot say: leave one out")
    several = len(set(one.infusions)) < len(one.infusions) or any(len(given.pieces) > 1 for given in one.infusions)
    for number, infusion in enumerate(one.infusions, start=1):
        rows += _pieces(infusion, number if several else None, most)
    for time, _, row in sorted(rows, key=lambda item: item[:2]):
        yield {"TIME": time, **row, **kept}


def _pieces(infusion: Infusion, number: int | None, most: float) -> Iterator[tuple[float, int, dict[str, Any]]]:
    """A dose record for each piece of an infusion of at most `most` [g]; together they hold its grams exactly."""
    fastest, slowest = max(rate for _, rate in infusion.pieces), min(rate for _, rate in infusion.pieces)
    if not slowest:
        raise _unwritten(infusion, "pauses: make two infusions of it")
    if infusion.end > LONGEST:
        raise _unwritten(infusion, f"ends after day {LONGEST:g}: shift the times")
    if infusion.grams > most or infusion.days > LONGEST_INFUSION or fastest > FASTEST:
        raise _unwritten(
            infusion,
            f"brings {infusion.grams:g} g in {infusion.days:g} day, at up to {fastest:g} g/day: at most {most:g} g in "
            f"{LONGEST_INFUSION:g} day, at {FASTEST:g} g/day, are read again",
        )
    at = infusion.start
    for (days, rate), grams in zip(infusion.pieces, _amounts(infusion), strict=True):
        dose = {"EVID": 1, "AMT": grams, "RATE": rate, "DUR": days, "CMT": CMT["igg"], "MDV": 1, "INFUSION": number}
        yield at, 1, dose
        at += days


def _amounts(infusion: Infusion) -> list[float]:
    """Grams of each piece, whose exact sum rounds to those of the infusion."""
    if len(infusion.pieces) == 1:
        return [infusion.grams]
    amounts = [days * rate for days, rate in infusion.pieces]
    # The second largest is at most half of the whole: its digits are fine enough to make up what rounding took.
    second = sorted(range(len(amounts)), key=amounts.__getitem__)[-2]
    amounts[second] += math.fsum([infusion.grams, *(-grams for grams in amounts)])
    if math.fsum(amounts) != infusion.grams or min(amounts) <= 0.0:
        raise _unwritten(infusion, "has a piece that is lost in the rounding of the others: leave it out")
    return amounts


def _unwritten(infusion: Infusion, why: str) -> InputError:
    return InputError(f"a table cannot hold the infusion on day {infusion.start:g}, which {why}")
