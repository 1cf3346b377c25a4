"""What a figure is asked for, checked before anything is simulated."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from itp_sim import checks
from itp_sim.design import regimens_by_name
from itp_sim.dosing import Regimen
from itp_sim.errors import InputError
from itp_sim.figures.looks import LOOKS, STYLES, Look
from itp_sim.parameters import records
from itp_sim.patient import Patient, typical_patient
from itp_sim.population import virtual_patients
from itp_sim.usual import HIGHEST_SEED

if TYPE_CHECKING:
    import pandas as pd

#: Fewest virtual patients in one figure, unless it needs more, and most.
FEWEST, MOST = 20, 5000
#: Shortest and longest run of a figure [day].
DAYS = (7.0, 730.0)


@dataclass(frozen=True)
class Asked:
    """Options of a figure.

    Parameters
    ----------
    arms
        Regimens by name.
    population
        Name of a population, or path of an own file.
    weight_kg, platelets
        Of the typical patient, [kg] and [1e9/L]; None leaves them to the population. In figures of many patients
        the weight is everybody's and the count is the median.
    n, seed
        Number of virtual patients and what names them.
    days
        Length of the run [day].
    look
        Size and letters.
    notice
        Whether the research-and-education statement stands on the figure.
    """

    arms: Mapping[str, Regimen]
    population: str
    weight_kg: float | None
    platelets: float | None
    n: int
    seed: int
    days: float
    look: Look
    notice: bool

    def patient(self, **changes: float) -> Patient:
        """The typical patient, with some parameters changed."""
        found = typical_patient(self.population, weight_kg=self.weight_kg, platelets=self.platelets)
        return found.assign(**changes) if changes else found

    def people(self, n: int | None = None) -> "pd.DataFrame":
        """The virtual patients."""
        typical = {} if self.platelets is None else {"P0": self.platelets}
        return virtual_patients(self.population, n or self.n, self.seed, weight_kg=self.weight_kg, typical=typical)

    @property
    def first(self) -> tuple[str, Regimen]:
        """Name and regimen of the first arm."""
        return next(iter(self.arms.items()))


def asked(
    arms: Mapping[str, object] | Iterable[object] | str | Regimen,
    *,
    fewest: int,
    most: int,
    figure: str,
    fewest_patients: int,
    population: str,
    weight_kg: float | None,
    platelets: float | None,
    n: int,
    seed: int,
    days: float,
    style: str,
    notice: bool,
) -> Asked:
    """Options, checked; see :class:`Asked`.

    Raises
    ------
    InputError, UnknownNameError
        If an option cannot be used.
    """
    given = _named(arms)
    if not fewest <= len(given) <= most:
        wanted = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        raise InputError(
            f"figure {figure!r} shows {wanted} regimen{'s' if most > 1 else ''}, not {len(given)}: give as many"
        )
    for field, name, value in (("weight_kg", "WT", weight_kg), ("platelets", "P0", platelets)):
        if value is not None:
            record = records(population)[name]
            checks.number(field, value, *record.range, record.unit)
    return Asked(
        given,
        str(population),
        weight_kg,
        platelets,
        checks.whole("n", n, fewest_patients, MOST),
        checks.whole("seed", seed, 0, HIGHEST_SEED),
        checks.number("days", days, *DAYS, "day"),
        LOOKS[checks.name("style", style, STYLES)],
        bool(notice),
    )


def _named(arms: Any) -> dict[str, Regimen]:
    """Regimens by name; every arm of a figure is treated."""
    found = {}
    for name, arm in regimens_by_name(arms).items():
        if arm is None:
            raise InputError(f"arm {name!r} is no treatment, which no figure shows: give a regimen such as '1 g/kg'")
        found[name] = arm
    return found
