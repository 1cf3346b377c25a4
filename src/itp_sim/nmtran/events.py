"""What one row is, a dose or an observation, and whether it says nothing that its kind cannot have."""

from collections.abc import Mapping

from itp_sim import checks
from itp_sim.nmtran.cells import ANY, Row
from itp_sim.nmtran.columns import CMT, DVID
from itp_sim.nmtran.doses import start
from itp_sim.nmtran.subjects import KINDS, Observation
from itp_sim.nmtran.units import Units, value_slip

_EVENTS = {
    2: "is 2, another event, which is not supported: delete the row; days of prediction are chosen in Python",
    3: "is 3, a reset, which is not supported: give what follows it an ID of its own",
    4: "is 4, a reset with a dose, which is not supported: give the course that it starts an ID of its own",
}
#: What must be empty on an observation.
_OF_DOSES = ("RATE", "DUR", "II", "ADDL")
_CMT_NAMES = {str(number): kind for kind, number in CMT.items()}
_DVID_NAMES = {str(number): kind for kind, number in DVID.items()}


def is_dose(row: Row) -> bool:
    """Whether a row is a dose; without EVID, rows with an amount are."""
    event = row.whole("EVID", (0, 1, *_EVENTS))
    if event in _EVENTS:
        raise row.fault("EVID", _EVENTS[event])
    amount = row.number("AMT", *ANY)
    if event is None:
        return bool(amount)
    if event == 0 and amount:
        raise row.fault(
            "AMT", f"is {amount:g} on an observation (EVID 0): write EVID 1, or give the dose a row of its own"
        )
    return event == 1


def check_dose(row: Row) -> None:
    """Refuse what a dose cannot have."""
    _refuse_steady_state(row)
    if row.whole("MDV", (0, 1)) == 0:
        raise row.fault("MDV", "is 0 on a dose: write 1; a count at that time has a row of its own")
    if row.has("DV") and row.number("DV", *ANY) != 0.0:
        raise row.fault(
            "DV", "holds a value on a dose: write ., and give the count a row of its own with the same TIME"
        )
    if _compartment(row, "CMT", numbers=CMT, names=_CMT_NAMES) not in {None, "igg"}:
        raise row.fault("CMT", f"is platelets on a dose: IVIG is infused into plasma; write {CMT['igg']}")


def check_observation(row: Row) -> None:
    """Refuse what an observation cannot have."""
    _refuse_steady_state(row)
    for column in _OF_DOSES:
        if row.has(column) and row.number(column, *ANY) != 0.0:
            raise row.fault(
                column, "holds a value on an observation: write ., or EVID 1 with the grams in AMT for a dose"
            )
    if row.has("INFUSION"):
        raise row.fault("INFUSION", "holds a value on an observation: write .")


def _refuse_steady_state(row: Row) -> None:
    if row.has("SS") and row.number("SS", *ANY) != 0.0:
        raise row.fault("SS", "is not 0: steady state is not supported; write the doses before out, and SS 0")


def left_out(row: Row) -> bool:
    """Whether an observation says that its value is missing."""
    return row.whole("MDV", (0, 1)) == 1


def observation(row: Row, units: Units) -> Observation:
    """The value of one row; its compartment, or DVID, says what it is."""
    cmt = _compartment(row, "CMT", numbers=CMT, names=_CMT_NAMES)
    dvid = _compartment(row, "DVID", numbers=DVID, names=_DVID_NAMES)
    if cmt is not None and dvid is not None and cmt != dvid:
        raise row.fault("DVID", f"says {dvid} and CMT says {cmt}: let them agree, or leave one column out")
    kind = cmt or dvid or "platelets"
    unit, most = KINDS[kind]
    value = row.number("DV", *ANY)
    if value is None:
        raise row.fault("DV", f"is missing: write the {kind} in {unit}, or MDV 1, or EVID 1 and AMT for a dose")
    if kind == "platelets":
        value /= units.per_count
    if value > most:
        raise row.fault(
            "DV", f"is {value:g} {unit}: {kind} are read up to {most:g} {unit}; {value_slip(kind, value, most)}"
        )
    if value <= 0.0:
        raise row.fault(
            "DV",
            f"is {value:g}: write a number above 0 in {unit}, or MDV 1 for what lies below the limit of the counter",
        )
    return Observation(start(row, units), value, kind)


def _compartment(row: Row, column: str, *, numbers: Mapping[str, int], names: Mapping[str, str]) -> str | None:
    """What a compartment or DVID stands for, by number or name; None if it is missing or 0."""
    given = row.label(column)
    if given is None or given.strip() == "0":
        return None
    text = given.strip().casefold()
    found = names.get(text.removesuffix(".0"), text)
    if found not in numbers:
        said = " or ".join(f"{number} ({kind})" for kind, number in numbers.items())
        raise row.fault(column, f"is {checks.shown(given)}: write {said}")
    return found
