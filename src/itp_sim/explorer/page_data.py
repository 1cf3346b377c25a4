"""What the explorer page carries with it: parameters, products, controls and definitions, from their one home."""

import math
from os import PathLike
from pathlib import Path
from typing import Any

from itp_sim import __version__
from itp_sim.catalogue import product
from itp_sim.conventions import normal_count
from itp_sim.design import PER_DAY, RTOL
from itp_sim.dosing import SHORTEST, Product
from itp_sim.equations import Outputs, labels
from itp_sim.explorer import settings
from itp_sim.explorer.readouts import ROWS
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.parameters import parameters_table
from itp_sim.patient import typical_patient
from itp_sim.readings import LEAST_RISE
from itp_sim.response import DEFINITIONS, THRESHOLDS, TOO_SHORT, Grade
from itp_sim.simulate import ROUNDING
from itp_sim.usual import DEFAULT_DEFINITION

#: Definition of the printed response.
DEFINITION = DEFAULT_DEFINITION
#: Said of a patient who could not exist untreated.
IMPOSSIBLE = (
    "With so little production this untreated count could not be held, even if nothing were cleared by antibody. "
    "Raise the production, or lower the count."
)


def page_data(population: str | PathLike[str]) -> dict[str, Any]:
    """Return what the page needs, as JSON knows it.

    Raises
    ------
    UnknownNameError
        If there is no such population.
    """
    used = DEFINITIONS[DEFINITION]
    typical = settings.typical(population)
    normal = normal_count()
    return {
        "version": __version__,
        "notice": RESEARCH_ONLY,
        "population": Path(population).stem,
        "parameters": typical_patient(population).parameters._asdict(),
        "evidence": _evidence(population),
        "switches": {name: dict(values) for name, values in settings.switches(population).items()},
        "products": [_product(product(name)) for name in settings.product_names()],
        "controls": {name: control._asdict() for name, control in settings.CONTROLS.items()},
        "typical": _setting(typical),
        "patients": {name: _setting(one) for name, one in settings.patients(typical).items()},
        "courses": {name: course._asdict() for name, course in settings.COURSES.items()},
        "doses": settings.DOSES,
        "numbers": settings.NUMBERS,
        "intervals": settings.INTERVALS,
        "lengths": settings.DAYS,
        "per_day": PER_DAY,
        "thresholds": THRESHOLDS,
        "normal": (normal.low, normal.high),
        "levels": sorted({(float(count), 0.0) for count in THRESHOLDS} | {_level(grade) for grade in used.grades}),
        "definition": {
            "title": used.title,
            "grades": [_grade(grade) for grade in used.grades],
            "otherwise": used.otherwise,
            "days": used.days,
        },
        "too_short": TOO_SHORT,
        "rows": [row._asdict() for row in ROWS],
        "outputs": {name: label._asdict() for name, label in labels(Outputs).items()},
        "impossible": IMPOSSIBLE,
        "shortest": SHORTEST,
        "rounding": ROUNDING,
        "least_rise": LEAST_RISE,
        "rtol": RTOL,
    }


def _setting(setting: settings.Setting) -> dict[str, Any]:
    return setting._asdict() | {"first": setting.first._asdict(), "second": setting.second._asdict()}


def _level(grade: Grade) -> tuple[float, float]:
    return grade.level.count, grade.level.multiple


def _grade(grade: Grade) -> dict[str, Any]:
    return {
        "name": grade.name,
        "level": _level(grade),
        "by_day": grade.by_day if math.isfinite(grade.by_day) else None,
        "confirmed_after": grade.confirmed_after,
    }


def _product(one: Product) -> dict[str, Any]:
    """Name, rate steps, and what has to be known of them."""
    rates = ", ".join(f"{step.mg_per_kg_min:g}" for step in one.steps)
    assumed = [name for name, fact in one.provenance.items() if fact.evidence == "assumed" and name in _RATES]
    note = f"Label rates in mg/kg/min: {rates}." + (" Steps in part assumed." if assumed else "")
    if one.indicated is not True:
        note += " The label seen does not name ITP." if one.indicated is False else " Its label was not seen."
    steps = [(step.mg_per_kg_min, step.minutes) for step in one.steps]
    return {"name": one.name, "steps": steps, "note": note}


#: Facts about the rates.
_RATES = ("initial_rate", "intermediate_rates", "maximum_rate", "step_minutes")


def _evidence(population: str | PathLike[str]) -> dict[str, int]:
    """How many parameters rest on what."""
    counts = parameters_table(population).evidence.value_counts()
    return {str(kind): int(n) for kind, n in counts.items()}
