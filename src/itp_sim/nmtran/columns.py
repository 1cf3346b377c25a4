"""The columns of a table of doses and counts: what each holds, which are refused, and what was probably meant."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType

from itp_sim import checks
from itp_sim.errors import TableError

#: Columns that are read, in the order in which they are written: unit and meaning.
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "C": "C leaves the row out, as a comment",
        "ID": "subject; the rows of one follow one another",
        "TIME": "time from the subject's own zero [day], never falling",
        "AMT": "IgG infused [g]",
        "RATE": "rate of the infusion [g/day]; -2: see DUR",
        "DUR": "length of the infusion [day]",
        "II": "time from one additional dose to the next [day]",
        "ADDL": "number of additional doses",
        "SS": "0; steady state is not supported",
        "EVID": "0 an observation, 1 a dose; others are not supported",
        "CMT": "1 or igg: IgG in plasma; 2 or platelets: the count",
        "DVID": "1 or platelets, 2 or igg: what was observed",
        "MDV": "1: DV is missing, and on doses",
        "DV": "count [1e9/L] or IgG [g/L]",
        "INFUSION": "number of the infusion that the row is a piece of",
        "WT": "body weight [kg]",
        "HT": "height [cm]",
        "SEX": "F or M",
        "ARM": "arm of a simulated subject",
        "PATIENT": "label of a simulated patient, whom several arms may share",
    }
)
REQUIRED = ("ID", "TIME", "AMT", "DV")
#: Columns of text, in which an apostrophe guards what a spreadsheet would take for a formula.
TEXTS = ("ID", "SEX", "ARM", "PATIENT")
#: Numbers of the compartments, and of what is observed.
CMT: Mapping[str, int] = MappingProxyType({"igg": 1, "platelets": 2})
DVID: Mapping[str, int] = MappingProxyType({"platelets": 1, "igg": 2})

#: Other names that people give to a column.
_ALIASES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("SUBJECT", "SUBJID", "SUBJ", "USUBJID", "PID"), "ID"),
        **dict.fromkeys(("DAY", "DAYS", "T", "HOUR", "HOURS", "TAFD", "TIMES"), "TIME"),
        **dict.fromkeys(("DOSE", "AMOUNT", "GRAMS", "GRAM"), "AMT"),
        **dict.fromkeys(("COUNT", "COUNTS", "PLATELETS", "PLATELET", "PLT", "CONC", "OBS", "VALUE", "Y"), "DV"),
        **dict.fromkeys(("DURATION", "TINF"), "DUR"),
        **dict.fromkeys(("WEIGHT", "BW", "WGT", "WTKG", "KG"), "WT"),
        **dict.fromkeys(("HEIGHT", "HGT", "HTCM"), "HT"),
        **dict.fromkeys(("GENDER",), "SEX"),
        **dict.fromkeys(("INTERVAL", "TAU"), "II"),
        **dict.fromkeys(("EVENT", "EVENTID"), "EVID"),
        **dict.fromkeys(("COMPARTMENT", "ADM", "YTYPE"), "CMT"),
    }
)
#: Longest name of a column; a longer one is a line that lost its separators, or no table.
LONGEST_NAME = 100
#: The table and its first line, and the number of that line; None in a data frame.
_Place = tuple[str, int | None]

_DATES = "write TIME as days from the subject's own zero, and delete the column"
_BELOW = "leave values below the limit out by MDV 1, and delete the column"
#: Columns that mean something to NONMEM and are not supported, with the way out.
UNSUPPORTED: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("DATE", "DAT1", "DAT2", "DAT3"), _DATES),
        **dict.fromkeys(("CENS", "LIMIT", "BLQ", "LLOQ"), _BELOW),
        "L1": "delete the column; it means nothing here",
        "L2": "delete the column; observations are taken as independent",
        "CALL": "delete the column; it means nothing here",
        "CONT": "write each record on one row, and delete the column",
        "PCMT": "delete the column; what is predicted is chosen in Python",
    }
)


def named(
    header: Sequence[str], *, where: str, at: int | None, covariates: Sequence[str], drop: Sequence[str]
) -> tuple[str, ...]:
    """Return the names of the columns: those that are known in capitals, covariates as they were given.

    Parameters
    ----------
    header
        Names as they stand in the table.
    where, at
        The table and its first line, for messages, and the number of that line, None in a data frame.
    covariates, drop
        Names that the caller says are covariates, and those to be left out.

    Raises
    ------
    TableError
        If one is missing, unknown, given twice, not supported, or another name for one that is missing.
    """
    place = (where, at)
    stripped = [name.strip() for name in header]
    for name in stripped:
        if len(name) > LONGEST_NAME:
            said = f"has {len(name):,} characters: write at most {LONGEST_NAME}; are the cells separated by commas?"
            raise _fault(place, checks.shown(name), said)
        if name.replace(".", "", 1).replace("-", "", 1).isdigit():
            raise _fault(place, name, "is a number: write the names of the columns into the first line, without a #")
    for name in [*covariates, *drop]:
        if name not in stripped:
            raise _fault(place, name, f"is named by the caller, and the table has only {checks.listed(stripped)}")
    known = tuple(_known(name, covariates, drop) for name in stripped)
    for name in known:
        if not name:
            raise _fault(place, f"number {known.index('') + 1}", "has no name: write one, or delete the column")
        if known.count(name) > 1:
            raise _fault(place, name, "is given twice: delete one")
    missing = [name for name in REQUIRED if name not in known]
    _refuse_unusable([name for name in known if name not in drop], missing, place=place, said=covariates)
    for name in missing:
        least = ",".join(REQUIRED)
        raise _fault(place, name, f"is missing: the table needs at least {least}, and its first line names them")
    return known


def _known(name: str, covariates: Sequence[str], drop: Sequence[str]) -> str:
    if name in covariates or name in drop:
        return name
    return name.upper() if name.upper() in {*COLUMNS, *UNSUPPORTED} else name


def _refuse_unusable(names: Sequence[str], missing: Sequence[str], *, place: _Place, said: Sequence[str]) -> None:
    """Refuse columns that cannot be used, or are probably others, misspelt: the first in full, the others behind it."""
    found: list[tuple[str, str]] = []
    also: list[str] = []
    for name in names:
        if name in UNSUPPORTED:
            found.append((name, f"is not supported: {UNSUPPORTED[name]}"))
            also.append(f"{name}: {UNSUPPORTED[name]}")
            continue
        if name in COLUMNS or name in said:
            continue
        for sign, word in ((";", "semicolons"), ("\t", "tabs")):
            if sign in name:
                what = f"holds {word}: separate the cells by commas, with decimal points"
                raise _fault(place, checks.shown(name), what)
        if meant := _meant(name):
            way = "" if meant in missing else f", covariates=[{name!r}] if it is another number, or drop=[{name!r}]"
            what = f"is not a column that is read: did you mean {meant} ({COLUMNS[meant]})? Write that{way}"
            found.append((name, what))
            also.append(f"{name}: {meant}")
    if found:
        more = f"; likewise {checks.listed(also[1:], 20)}" if len(found) > 1 else ""
        raise _fault(place, found[0][0], found[0][1] + more)


def _meant(name: str) -> str | None:
    """The column that goes by this other name, or nearly has it."""
    near = get_close_matches(name.upper(), list(COLUMNS), n=1, cutoff=0.75)
    return _ALIASES.get(name.upper()) or (near[0] if near else None)


def _fault(place: _Place, column: str, what: str) -> TableError:
    return TableError(f"{place[0]}, column {column} {what}", row=place[1], column=column)
