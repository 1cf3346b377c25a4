"""A regimen: doses on days, the product they are given as, and what that means for one patient."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from itp_sim import checks
from itp_sim.dosing import preparation
from itp_sim.dosing.doses import Dose, by_day, written
from itp_sim.dosing.infusions import Infusion
from itp_sim.dosing.products import Product, RateStep, ramp
from itp_sim.errors import InputError
from itp_sim.notice import RESEARCH_ONLY

if TYPE_CHECKING:
    import pandas as pd

#: Most infusions in one regimen.
MOST_INFUSIONS = 1000
#: Weight for which a regimen says its grams and hours [kg].
REFERENCE_WEIGHT = 70.0


@dataclass(frozen=True, repr=False)
class Regimen:
    """Doses and the product they are given as.

    Parameters
    ----------
    doses
        Doses in any order; they are kept by day.
    product
        Gives the rates, the concentration and the vials.

    Raises
    ------
    InputError
        If there is no dose, or more than 1000.
    """

    doses: tuple[Dose, ...]
    product: Product

    def __post_init__(self) -> None:
        for dose in self.doses:
            if not isinstance(dose, Dose):
                raise InputError(f"a regimen has {checks.shown(dose)} for a dose: make it by itp_sim.regimen('1 g/kg')")
        if not 0 < len(self.doses) <= MOST_INFUSIONS:
            raise InputError(f"a regimen has {len(self.doses)} infusions: give 1 to {MOST_INFUSIONS}")
        object.__setattr__(self, "doses", tuple(sorted(self.doses, key=by_day)))

    @property
    def text(self) -> str:
        """The doses in the grammar of `regimen_text`, the same for every way of writing them."""
        return written(self.doses)

    def infusions(self, weight_kg: float) -> tuple[Infusion, ...]:
        """Return the infusions of a patient of `weight_kg` [kg], by day.

        A dose without hours runs at the label's rates, which are per kg of that weight, for a dose in g too.

        Raises
        ------
        InputError
            If the weight is not 0.5 to 400 kg, or a dose is too small to last 1e-9 day.
        """
        weight = preparation.checked_weight(weight_kg)
        return tuple(self._infusion(dose, dose.grams(weight), weight) for dose in self.doses)

    def total_grams(self, weight_kg: float) -> float:
        """All grams for a patient of `weight_kg` [kg]."""
        weight = preparation.checked_weight(weight_kg)
        return math.fsum(dose.grams(weight) for dose in self.doses)

    def hours(self, weight_kg: float) -> tuple[float, ...]:
        """Hours of each infusion for a patient of `weight_kg` [kg], by day."""
        return tuple(infusion.hours for infusion in self.infusions(weight_kg))

    def plan(
        self,
        *,
        weight_kg: float,
        height_cm: float | None = None,
        sex: str | None = None,
        dosing_weight: str = "actual",
        round_to: float | str | None = None,
    ) -> "pd.DataFrame":
        """Work out grams, vials, volume and hours of each infusion: arithmetic for research and teaching.

        It recommends no dose. The dosing weight stands in for the patient's weight in the dose and in the label's
        rates, so the hours of a dose in g/kg do not depend on it.

        Parameters
        ----------
        weight_kg, height_cm, sex
            Patient; height [cm] and sex ("F", "M") are needed for an ideal or adjusted weight.
        dosing_weight
            "actual", "ideal" or "adjusted"; see `dosing_weight`.
        round_to
            None: grams as they come. "vial": the nearest amount that whole vials make. A number of grams: the nearest
            multiple; Ontario's rule is 5 g (source ``ONTARIO_IG_CALCULATOR``).

        Returns
        -------
        pandas.DataFrame
            One row an infusion: day, grams, fewest vials that hold them, grams left over in the last vial, mL, hours,
            and the highest rate in mg/kg/min and mL/h beside the label's maximum. Totals, weight, product and the
            research-only statement are in `attrs`.

        Raises
        ------
        InputError
            If a number is out of range, height or sex is missing, or rounding leaves nothing.
        """
        import pandas as pd

        kg = preparation.dosing_weight(weight_kg, method=dosing_weight, height_cm=height_cm, sex=sex)
        sizes = [grams for grams, _ in self.product.vials]
        given = {d: preparation.rounded(d.grams(kg), round_to, sizes) for d in self.doses}
        rows = [self._row(self._infusion(dose, given[dose], kg), kg) for dose in self.doses]
        table = pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="infusion"))
        table.attrs = {
            "regimen": self.text,
            "product": self.product.name,
            "indicated_in_itp": self.product.indicated,
            "total_grams": math.fsum(given[dose] for dose in self.doses),
            "dosing_weight": dosing_weight,
            "dosing_weight_kg": kg,
            "weight_kg": float(weight_kg),
            "round_to": round_to,
            "notice": RESEARCH_ONLY,
        }
        return table

    def _row(self, infusion: Infusion, kg: float) -> dict[str, object]:
        vials = preparation.fewest_vials(infusion.grams, [grams for grams, _ in self.product.vials])
        fastest = max(rate for _, rate in infusion.pieces) / 24.0
        return {
            "day": infusion.start,
            "grams": infusion.grams,
            "vials": " + ".join(f"{n} x {size:g} g" for n, size in vials),
            "left_over_g": round(math.fsum(n * size for n, size in vials) - infusion.grams, 6),
            "mL": infusion.grams / self.product.concentration,
            "hours": infusion.hours,
            "max_rate_mg_per_kg_min": fastest * 1000.0 / 60.0 / kg,
            "max_rate_mL_per_h": fastest / self.product.concentration,
            "label_max_rate_mg_per_kg_min": self.product.maximum_rate,
        }

    def _infusion(self, dose: Dose, grams: float, kg: float) -> Infusion:
        return infused(dose, self.product.steps, grams=grams, weight_kg=kg)

    def described(self, weight_kg: float) -> str:
        """Total, grams and hours for a patient of `weight_kg` [kg], in words.

        Raises
        ------
        InputError
            If the weight is not 0.5 to 400 kg, or a dose is too small to last 1e-9 day.
        """
        kg = preparation.checked_weight(weight_kg)
        infusions = self.infusions(kg)
        fastest = max(rate for infusion in infusions for _, rate in infusion.pieces) / kg / 1.44
        label = self.product.maximum_rate
        fast = f", faster than the label's {label:g} mg/kg/min" if fastest > label * (1.0 + 1e-9) else ""
        return f"{_said(self, kg)}, {_hours([i.hours for i in infusions])}{fast} ({self.product.name})"

    def __str__(self) -> str:
        return self.described(REFERENCE_WEIGHT)

    def __repr__(self) -> str:
        return f"<Regimen {self.text!r}: {self}>"


def infused(dose: Dose, steps: Sequence[RateStep], *, grams: float, weight_kg: float) -> Infusion:
    """Return `dose` as an infusion of `grams` [g]: in the hours it says, else at these rate steps per kg.

    Raises
    ------
    InputError
        If it is too little to last 1e-9 day.
    """
    if dose.hours is None:
        return Infusion(dose.day, grams, ramp(steps, grams, weight_kg))
    days = dose.hours / 24.0
    return Infusion(dose.day, grams, ((days, grams / days),))


def _said(regimen: Regimen, kg: float) -> str:
    """The doses and their total, as in "2 x 1 g/kg = 2 g/kg, 140 g at 70 kg"."""
    doses, total = regimen.doses, regimen.total_grams(kg)
    runs = [(dose, len(list(same))) for dose, same in groupby(map(str, doses))]
    text = " + ".join(f"{n} x {dose}" if n > 1 else dose for dose, n in runs)
    several = len(doses) > 1
    if all(dose.per_kg for dose in doses):
        return f"{text}{f' = {total / kg:g} g/kg' if several else ''}, {total:g} g at {kg:g} kg"
    return f"{text}{f' = {total:g} g' if several else ''}, {total / kg:.3g} g/kg at {kg:g} kg"


def _hours(hours: Sequence[float]) -> str:
    """Hours of the infusions, as in "3.1 h each" or "1.6 to 3.1 h"."""
    said = list(dict.fromkeys(f"{h:.1f}".removesuffix(".0") if h >= 1.0 else f"{h:.2g}" for h in sorted(hours)))
    if len(said) > 1:
        return f"{said[0]} to {said[-1]} h"
    return f"{said[0]} h each" if len(hours) > 1 else f"{said[0]} h"
