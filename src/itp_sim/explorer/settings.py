"""What can be set in the explorer, in the notebook and on the page, and the run that a setting means."""

from collections.abc import Mapping
from os import PathLike
from types import MappingProxyType
from typing import NamedTuple

import xarray as xr

from itp_sim import checks
from itp_sim.catalogue import DEFAULT_PRODUCT, products, regimen
from itp_sim.design import PER_DAY, even_days
from itp_sim.patient import MECHANISM_SWITCHES, Patient, typical_patient
from itp_sim.simulate import simulate
from itp_sim.usual import DEFAULT_DAYS, DEFAULT_POPULATION

#: Lengths of a run that can be chosen [day].
DAYS = (21, 42, 84)
#: Names of the two arms.
ARMS = ("A", "B")
#: Share of the typical production in the patient with low production: a teaching case, not an estimate.
LOW_PRODUCTION = 0.5


#: What takes spontaneous remission out of a population that has it: the rate of waning of autoantibody is 0.
REMISSION = "no remission"
NO_REMISSION: Mapping[str, float] = MappingProxyType({"KREM": 0.0})


class Control(NamedTuple):
    """A slider that sets one parameter."""

    parameter: str  #: name in the equations
    label: str
    unit: str
    low: float
    high: float
    step: float
    scale: float  #: what a value is multiplied with to be shown


#: Sliders by the name of their field in a :class:`Setting`.
CONTROLS: Mapping[str, Control] = MappingProxyType(
    {
        "weight": Control("WT", "Body weight", "kg", 5.0, 150.0, 1.0, 1.0),
        "platelets": Control("P0", "Untreated count", "10⁹/L", 1.0, 100.0, 1.0, 1.0),
        "production": Control("EPS", "Production per megakaryocyte", "x normal", 0.2, 3.5, 0.05, 1.0),
        "escape": Control("FIND", "Clearance that IVIG cannot block", "%", 0.0, 0.6, 0.005, 100.0),
    }
)

#: Doses [g/kg], numbers of infusions and days between them that can be chosen.
DOSES = tuple(round(0.1 * i, 1) for i in range(21))
NUMBERS = (1, 2, 3, 4, 5, 6)
INTERVALS = (1, 2, 3, 7, 14, 21, 28)


class Course(NamedTuple):
    """Equal infusions at equal intervals."""

    dose: float  #: of one infusion [g/kg]; 0 is no treatment
    n: int = 1  #: infusions
    every: int = 1  #: days between them

    @property
    def text(self) -> str:
        """The course in the grammar of regimens; "no IVIG" for none."""
        if self.dose == 0:
            return "no IVIG"
        if self.n == 1:
            return f"{self.dose:g} g/kg"
        return f"{self.dose:g} g/kg {'daily' if self.every == 1 else f'every {self.every} days'} x {self.n}"


#: Courses that have a button, by its label.
COURSES: Mapping[str, Course] = MappingProxyType(
    {
        "1 g/kg": Course(1.0),
        "1 g/kg daily x 2": Course(1.0, 2),
        "0.4 g/kg daily x 5": Course(0.4, 5),
        "no IVIG": Course(0.0),
    }
)


class Setting(NamedTuple):
    """Everything that can be set."""

    first: Course
    second: Course
    weight: float
    platelets: float
    production: float
    escape: float
    product: str = DEFAULT_PRODUCT
    off: tuple[str, ...] = ()  #: names in `switches`
    days: int = int(DEFAULT_DAYS)


def typical(population: str | PathLike[str] = DEFAULT_POPULATION) -> Setting:
    """Return the setting at the start: 1 g/kg beside 2 g/kg in the typical patient of a population.

    Raises
    ------
    UnknownNameError
        If there is no such population.
    """
    p = typical_patient(population).parameters
    patient = {name: getattr(p, control.parameter) for name, control in CONTROLS.items()}
    return Setting(COURSES["1 g/kg"], COURSES["1 g/kg daily x 2"], **patient)


def patients(typical_setting: Setting) -> dict[str, Setting]:
    """Return the patients that have a button, by its label; they differ from the typical one in nothing else."""
    return {
        "typical patient": typical_setting,
        "no spleen": typical_setting._replace(off=("splenectomy",)),
        "low production": typical_setting._replace(production=LOW_PRODUCTION * typical_setting.production),
    }


def switches(population: str | PathLike[str] = DEFAULT_POPULATION) -> dict[str, Mapping[str, float]]:
    """Return what can be switched off: the mechanisms, and remission where patients recover on their own.

    Raises
    ------
    UnknownNameError
        If there is no such population.
    """
    remits = typical_patient(population).parameters.KREM > 0
    return {**MECHANISM_SWITCHES, **({REMISSION: NO_REMISSION} if remits else {})}


def product_names() -> tuple[str, ...]:
    """Names of the products that can be chosen."""
    return tuple(products().index)


def patient(setting: Setting, population: str | PathLike[str] = DEFAULT_POPULATION) -> Patient:
    """Return the patient of a setting.

    Raises
    ------
    InputError
        If a number is out of its range, or the patient could not exist untreated.
    UnknownNameError
        If there is no such mechanism to switch off.
    """
    changes = {control.parameter: getattr(setting, name) for name, control in CONTROLS.items()}
    known = switches(population)
    for name in setting.off:
        changes |= known[checks.name("mechanism", name, known)]
    return typical_patient(population).assign(**changes)


def run(setting: Setting, population: str | PathLike[str] = DEFAULT_POPULATION, *, engine: str = "auto") -> xr.Dataset:
    """Simulate a setting; the arms are named "A: ..." and "B: ...".

    Raises
    ------
    InputError
        If a number is out of its range, or the patient could not exist untreated.
    UnknownNameError
        If there is no such mechanism, product or population.
    """
    courses = dict(zip(ARMS, (setting.first, setting.second), strict=True))
    arms = {
        f"{name}: {course.text}": regimen(course.text, setting.product) if course.dose > 0 else None
        for name, course in courses.items()
    }
    times = even_days(setting.days, PER_DAY)
    return simulate(patient(setting, population), arms, days=setting.days, times=times, engine=engine)
