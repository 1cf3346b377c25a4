"""A product: what is in it, how fast its label lets it run, and where each fact was read."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from itp_sim import checks
from itp_sim.dosing.infusions import SHORTEST
from itp_sim.errors import InputError

MINUTES_PER_DAY = 1440.0


@dataclass(frozen=True, slots=True)
class RateStep:
    """One step of an infusion rate.

    Parameters
    ----------
    mg_per_kg_min
        Rate, 0.01 to 100 [mg/kg/min].
    minutes
        How long it is held, 0.1 to 1440 [min]; None holds it to the end.

    Raises
    ------
    InputError
        If a number is out of range.
    """

    mg_per_kg_min: float
    minutes: float | None = None

    def __post_init__(self) -> None:
        rate = checks.number("rate of a step", self.mg_per_kg_min, 0.01, 100.0, "mg/kg/min")
        object.__setattr__(self, "mg_per_kg_min", rate)
        if self.minutes is not None:
            minutes = checks.number("length of a rate step", self.minutes, 0.1, MINUTES_PER_DAY, "min")
            object.__setattr__(self, "minutes", minutes)

    def __str__(self) -> str:
        return f"{self.mg_per_kg_min:g}" + ("" if self.minutes is None else f" ({self.minutes:g} min)")


@dataclass(frozen=True, slots=True)
class Fact:
    """Where one fact about a product was read.

    Parameters
    ----------
    name
        What the fact is, as in ``params/products.toml``: "vials", "maximum_rate".
    evidence
        "label", "measured", "assumed" or "missing".
    unit
        Unit of the value.
    source, locator
        Key in ``params/sources.toml``, and the place within the source.
    note
        What a reader has to know, such as why it is assumed.
    reported
        The value as printed, when it was converted.
    """

    name: str
    evidence: str
    unit: str = ""
    source: str = ""
    locator: str = ""
    note: str = ""
    reported: str = ""


@dataclass(frozen=True, slots=True)
class Product:
    """An immunoglobulin product and its label for ITP.

    Parameters
    ----------
    name
        Trade name.
    concentration
        IgG [g/mL].
    vials
        Pairs of content [g] and volume [mL].
    steps
        Label rate in ITP, from the first step to the maximum, which is held to the end.
    maker
        Company, if known.
    indicated
        Whether the label seen names ITP; None: not seen.
    indication
        In whom.
    itp_regimens
        Regimens for ITP as text; see `regimen_text`.
    at_risk_rate
        Largest rate for patients at risk of renal failure or thrombosis, where a label gives one [mg/kg/min].
    notes
        Cautions and regional differences.
    facts
        Where each fact was read.

    Raises
    ------
    InputError
        If a number is out of range or the rate steps do not rise to a rate that is held.
    """

    name: str
    concentration: float
    vials: tuple[tuple[float, float], ...]
    steps: tuple[RateStep, ...]
    maker: str | None = None
    indicated: bool | None = None
    indication: str | None = None
    itp_regimens: tuple[str, ...] = ()
    at_risk_rate: float | None = None
    notes: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        concentration = checks.number(f"{self.name}: concentration", self.concentration, 0.01, 0.5, "g/mL")
        object.__setattr__(self, "concentration", concentration)
        if not self.vials:
            raise InputError(f"{self.name} has no vials: give pairs of g and mL")
        for grams, volume in self.vials:
            content = checks.number(f"{self.name}: content of a vial", grams, 0.1, 200.0, "g")
            if abs(10.0 * content - round(10.0 * content)) > 1e-9:
                raise InputError(f"{self.name}: a vial holds {content:g} g: give tenths of a gram")
            filled = checks.number(f"{self.name}: volume of a vial", volume, 0.1, 20_000.0, "mL")
            if abs(content - filled * concentration) > 0.02 * content:
                raise InputError(
                    f"{self.name}: a vial of {content:g} g in {filled:g} mL is not {concentration:g} g/mL: correct one"
                )
        if not self.steps or self.steps[-1].minutes is not None:
            raise InputError(f"{self.name}: the last rate step must be held to the end: give it no minutes")
        for before, after in zip(self.steps, self.steps[1:], strict=False):
            if before.minutes is None or not before.mg_per_kg_min < after.mg_per_kg_min:
                raise InputError(
                    f"{self.name}: the rate step {before} comes before {after}: "
                    "each but the last needs minutes, and rates must rise"
                )

    @property
    def maximum_rate(self) -> float:
        """Largest rate in ITP [mg/kg/min]."""
        return self.steps[-1].mg_per_kg_min

    @property
    def provenance(self) -> dict[str, Fact]:
        """Where each fact was read, by its name."""
        return {fact.name: fact for fact in self.facts}

    def ramp(self, grams: float, weight_kg: float) -> tuple[tuple[float, float], ...]:
        """Pieces of an infusion of `grams` [g] at the label's rates: pairs of duration [day] and rate [g/day].

        The rates are per kg of `weight_kg`, so that the hours of a dose in g/kg are the same for every patient.
        """
        return ramp(self.steps, grams, weight_kg)


def ramp(steps: Sequence[RateStep], grams: float, weight_kg: float) -> tuple[tuple[float, float], ...]:
    """Pieces of an infusion of `grams` [g] at `steps` per kg of `weight_kg`, the last of which is held to the end."""
    pieces = []
    left = grams
    for step in steps:
        rate = step.mg_per_kg_min * weight_kg * MINUTES_PER_DAY / 1000.0
        held = math.inf if step.minutes is None else step.minutes / MINUTES_PER_DAY
        needed = left / rate
        if needed > held + SHORTEST:
            pieces.append((held, rate))
            left -= held * rate
        else:
            pieces.append((needed, rate))
            left = 0.0
    return tuple(piece for piece in pieces if piece[0] > 0.0)
