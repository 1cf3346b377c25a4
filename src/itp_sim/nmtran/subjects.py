"""What a table of doses and counts holds: subjects, each with infusions and observations."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import TYPE_CHECKING

from itp_sim import checks
from itp_sim.dosing import Infusion
from itp_sim.dosing.preparation import checked_weight
from itp_sim.errors import InputError, UnknownNameError
from itp_sim.usual import HIGHEST_COUNT, LONGEST

if TYPE_CHECKING:
    import pandas as pd

#: What is observed, with its unit and the range that a value may lie in; the ends are assumed, wide of any patient.
KINDS: Mapping[str, tuple[str, float]] = MappingProxyType(
    {"platelets": ("1e9/L", HIGHEST_COUNT), "igg": ("g/L", 200.0)}
)
#: Height of a person [cm], from a premature child on; assumed, wide of any patient.
HEIGHT = (25.0, 250.0)
SEXES = ("F", "M")


_WHOLE = re.compile(r"([0-9]+)\.0+")


def subject_id(given: object) -> str:
    """Label of a subject, without blanks around it, and as a whole number if it is one with a point.

    Raises
    ------
    InputError
        If it is no text, empty, or what a table would take for something else.
    """
    text = given.strip() if isinstance(given, str) else ""
    if not text or text == "." or text.startswith("#"):
        raise InputError(
            f"a subject is called {checks.shown(given)}: give each an id in text, not a point, without a #"
        )
    whole = _WHOLE.fullmatch(text)
    return whole[1] if whole else text


@dataclass(frozen=True, slots=True)
class Observation:
    """One measured value.

    Parameters
    ----------
    day
        TIME as in the table, 0 to `usual.LONGEST` [day].
    value
        Count, above 0 to 2000 [1e9/L], or IgG, above 0 to 200 [g/L]. Errors are taken in proportion, so none is 0.
    kind
        "platelets" or "igg".

    Raises
    ------
    InputError
        If a number is out of range, or the kind is neither.
    """

    day: float
    value: float
    kind: str = "platelets"

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", checks.name("kind of observation", self.kind, KINDS))
        object.__setattr__(self, "day", checks.number("day of an observation", self.day, 0.0, LONGEST, "day"))
        unit, most = KINDS[self.kind]
        value = checks.number(f"value of {self.kind}", self.value, 0.0, most, unit, open_low=True)
        object.__setattr__(self, "value", value)


@dataclass(frozen=True, slots=True)
class Subject:
    """One patient's doses and observations.

    Parameters
    ----------
    id
        Label, as in the column ID.
    infusions
        By start, as given otherwise.
    observations
        By day, as given otherwise.
    weight_kg, height_cm, sex
        0.5 to 400 kg, 25 to 250 cm, "F" or "M"; None if not known.
    covariates
        Other numbers by name of their column.
    arm, patient
        For simulated subjects: the arm, and the label of the patient, whom several arms may share.

    Raises
    ------
    InputError
        If a number is out of range.
    """

    id: str
    infusions: tuple[Infusion, ...] = ()
    observations: tuple[Observation, ...] = ()
    weight_kg: float | None = None
    height_cm: float | None = None
    sex: str | None = None
    covariates: Mapping[str, float] = field(default_factory=dict)
    arm: str | None = None
    patient: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", subject_id(self.id))
        object.__setattr__(self, "infusions", tuple(sorted(self.infusions, key=lambda one: one.start)))
        object.__setattr__(self, "observations", tuple(sorted(self.observations, key=lambda one: one.day)))
        if self.weight_kg is not None:
            object.__setattr__(self, "weight_kg", checked_weight(self.weight_kg))
        if self.height_cm is not None:
            object.__setattr__(self, "height_cm", checks.number("height_cm", self.height_cm, *HEIGHT, "cm"))
        if self.sex is not None:
            object.__setattr__(self, "sex", checks.name("sex", self.sex, SEXES, (("female", "F"), ("male", "M"))))
        numbers = {name: checks.number(f"covariate {name}", x) for name, x in self.covariates.items()}
        object.__setattr__(self, "covariates", MappingProxyType(numbers))

    def __reduce__(self) -> tuple[type["Subject"], tuple[object, ...]]:
        # Another process gets a copy that was checked again: a read-only mapping does not travel.
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return Subject, tuple((values | {"covariates": dict(self.covariates)}).values())


@dataclass(frozen=True, slots=True)
class Records:
    """The subjects of one table, in its order.

    Parameters
    ----------
    subjects
        At least one, each with an id of its own.
    source
        Where they were read.

    Raises
    ------
    InputError
        If there is no subject, or two of one id.
    """

    subjects: tuple[Subject, ...]
    source: str = "table"

    def __post_init__(self) -> None:
        object.__setattr__(self, "subjects", tuple(self.subjects))
        if not self.subjects:
            raise InputError(f"{self.source} holds no subject: give at least one")
        seen: set[str] = set()
        for one in self.subjects:
            if one.id in seen:
                raise InputError(f"{self.source} has two subjects {one.id!r}: give each an id of its own")
            seen.add(one.id)

    def __len__(self) -> int:
        return len(self.subjects)

    def __iter__(self) -> Iterator[Subject]:
        return iter(self.subjects)

    def __getitem__(self, id: str | int) -> Subject:
        """The subject of this id; a whole number may be given for its text.

        Raises
        ------
        UnknownNameError
            If there is none; the message lists those that exist.
        """
        wanted = str(id)
        for one in self.subjects:
            if one.id == wanted:
                return one
        known = checks.listed([one.id for one in self.subjects], 10)
        raise UnknownNameError(f"no subject {checks.shown(id)} in {self.source}: choose from {known}")

    def to_dataframe(self) -> "pd.DataFrame":
        """The NM-TRAN table, as :func:`itp_sim.to_nmtran` writes it."""
        from itp_sim.nmtran.frame import frame

        return frame(self)
