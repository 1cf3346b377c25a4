"""One patient under one regimen as SBML Level 3 Version 2."""

from os import PathLike
from pathlib import Path
from xml.sax.saxutils import escape

from itp_sim import checks
from itp_sim import equations as eq
from itp_sim.design import Arm
from itp_sim.evidence import Source
from itp_sim.exchange import about
from itp_sim.exchange.annotate import MADE, annotated
from itp_sim.exchange.case import INFUSION, Case, case
from itp_sim.exchange.document import filled, write
from itp_sim.exchange.terms import IDENTIFIERS
from itp_sim.patient_table import Patients

#: Packaged text of the equations.
TEMPLATE = "model.xml"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_MATH = (
    '<math xmlns="http://www.w3.org/1998/Math/MathML" xmlns:sbml="http://www.sbml.org/sbml/level3/version2/core">{}'
    "</math>"
)
_TIME = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">time</csymbol>'


def to_sbml(patient: Patients, regimen: Arm, path: str | PathLike[str]) -> Path:
    """Write one patient under one regimen as a model in SBML Level 3 Version 2, for other programs.

    States are parameters with rate rules, named fluxes and outputs follow by assignment rules, and every one of them
    has its unit. The rate of infusion [g/day] is a parameter that an event sets at each of its changes. The state on
    day 0 is the untreated steady state. Each parameter carries how its number is known.

    Parameters
    ----------
    patient
        A patient, or a table with one row, as `simulate` takes them.
    regimen
        A regimen, its text, or None for no treatment.
    path
        File to write, ending in ``.xml``; an older file stays until the new one is complete.

    Returns
    -------
    pathlib.Path
        The file; the same text for the same patient and regimen, byte for byte.

    Raises
    ------
    InputError
        If patient, regimen or path cannot be used.
    ItpError
        If the file cannot be written, or the equations were edited and the exported model not yet renewed.
    """
    file = checks.file_to_write("path", path, (".xml",))
    return write(sbml(case(patient, regimen)), file)


def sbml(who: Case) -> str:
    """Text of the model."""
    values = {f"value {name}": repr(value) for name, value in who.given.items()}
    said = {f"about {name}": _said(who, name) for name in who.given}
    whole = {
        "title": escape(about.title(who), {'"': "&quot;"}),
        "about model": annotated("itp_sim", about.told(who), IDENTIFIERS["model"], history=MADE),
        "events": _events(who.changes()),
    }
    return HEAD + filled(TEMPLATE, values | said | whole)


def _said(who: Case, name: str) -> str:
    """Notes and links of what has a value."""
    links = IDENTIFIERS.get(name, ())
    if name not in eq.Parameters._fields:
        return annotated(name, (), links)
    text, found = about.grounds(who, name)
    described = tuple(("bqbiol:isDescribedBy", link) for link in map(_link, found) if link)
    return annotated(name, [text], (*links, *described))


def _link(source: Source) -> str:
    """A source as public databases know it, or nothing."""
    return f"pubmed:{source.pmid}" if source.pmid else f"doi:{source.doi}" if source.doi else ""


def _events(changes: list[tuple[float, float]]) -> str:
    """One event for each change of the infusion."""
    if not changes:
        return ""
    return f"<listOfEvents>{''.join(_event(i, *change) for i, change in enumerate(changes, start=1))}</listOfEvents>"


def _event(i: int, day: float, rate: float) -> str:
    reached = _MATH.format(f"<apply><geq/>{_TIME}{_number(day, 'day')}</apply>")
    return (
        f'\n      <event id="{INFUSION}_{i}" name="{INFUSION} at {rate:g} g/day from day {day:g}"'
        ' useValuesFromTriggerTime="true">'
        f'<trigger initialValue="false" persistent="true">{reached}</trigger>'
        f'<listOfEventAssignments><eventAssignment variable="{INFUSION}">{_MATH.format(_number(rate, "g_per_day"))}'
        "</eventAssignment></listOfEventAssignments></event>"
    )


def _number(value: float, unit: str) -> str:
    """All digits of a number with its unit; MathML writes an exponent apart."""
    digits, e, exponent = repr(value).partition("e")
    if e:
        return f'<cn type="e-notation" sbml:units="{unit}">{digits}<sep/>{int(exponent)}</cn>'
    return f'<cn sbml:units="{unit}">{digits}</cn>'
