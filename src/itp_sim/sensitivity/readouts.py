"""Clinical read-outs by name, as numbers: the outputs that parameters are held responsible for."""

import re
from collections.abc import Callable, Iterable
from itertools import islice
from typing import NamedTuple

from itp_sim import checks
from itp_sim.design import LEVELS, Level
from itp_sim.errors import InputError
from itp_sim.readings import Readings
from itp_sim.response import DEFINITIONS, grades
from itp_sim.results import READOUTS
from itp_sim.solve.problem import Floats

#: Read-outs without a threshold.
PLAIN = ("peak", "peak_day", "area", "return_day", "igg_peak")
#: Names as they are listed; 50 stands for any count.
NAMES = (*PLAIN, "day_50", "days_above_50", "response")
MOST = 20


class ReadOut(NamedTuple):
    """A number that is read off the curve of one patient under one regimen."""

    name: str
    unit: str
    meaning: str
    level: Level | None  #: what the run must record for it
    read: Callable[[Readings], Floats]  #: values of all patients; NaN where it is not within the run
    instead: str = ""  #: what to ask for where some patients have none


def read_outs(outputs: Iterable[str], definition: str) -> tuple[ReadOut, ...]:
    """Return read-outs by name, each once.

    Parameters
    ----------
    outputs
        One name, or several.
    definition
        Name of the definition of response.

    Raises
    ------
    InputError
        If a name is not known, or none is given.
    """
    try:
        given = list(islice([outputs] if isinstance(outputs, str) else outputs, MOST + 1))
    except TypeError:
        raise InputError(f"outputs is {checks.shown(outputs)}: give names, as in ['peak', 'days_above_50']") from None
    if not 0 < len(given) <= MOST:
        raise InputError(f"outputs has {len(given) or 'no'} entries: give 1 to {MOST} of {checks.listed(NAMES)}")
    found = [_read_out(name, definition) for name in given]
    return tuple({one.name: one for one in found}.values())


def levels(wanted: Iterable[ReadOut]) -> tuple[Level, ...]:
    """Levels that a run must record: those of the read-outs and of the definitions."""
    return tuple(dict.fromkeys([*LEVELS, *(one.level for one in wanted if one.level)]))


def _read_out(given: object, definition: str) -> ReadOut:
    counted = re.fullmatch(r"(days_above|day)_(\d+(?:\.\d+)?)", given.strip()) if isinstance(given, str) else None
    if counted:
        return _at(counted[1], Level(float(counted[2])))
    name = checks.name("output", given, NAMES)
    if name == "response":
        key = checks.name("definition", definition, DEFINITIONS)
        none = DEFINITIONS[key].otherwise
        meaning = f"response ({key}), 1 or 0"
        return ReadOut(name, "1", meaning, None, lambda found: (grades(found, key)[0] != none).astype(float))
    if name not in PLAIN:
        return _read_out(name.strip(), definition)
    unit, meaning = READOUTS[name]
    instead = "raise `days`, or ask for area" if name == "return_day" else ""
    return ReadOut(name, unit, meaning, None, lambda found: found.values[name][0], instead)


def _at(kind: str, level: Level) -> ReadOut:
    """Day or days at a count."""
    source = {"day": "first_day", "days_above": "days_above"}[kind]
    unit, meaning = READOUTS[source]
    instead = f"ask for days_above_{level.label}, which is 0 there, or for response" if kind == "day" else ""
    return ReadOut(
        f"{kind}_{level.label}",
        unit,
        meaning.replace("the level", level.label),
        level,
        lambda found: found.at(level)[source][0],
        instead,
    )
