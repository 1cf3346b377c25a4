"""The figures by name: what draws each, its usual regimens and days, and the parameters whose sources it names."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from itp_sim.figures import cohorts, doses, mechanism, moving, planning, products
from itp_sim.figures.asked import FEWEST, Asked
from itp_sim.figures.made import Made
from itp_sim.figures.words import Words
from itp_sim.fitting.visits import FEWEST as FEWEST_IMAGINED


class Entry(NamedTuple):
    """A figure."""

    draw: Callable[[Asked, Words], Made]
    regimens: tuple[str, ...]  #: named in texts.toml as arm_1, arm_2, ...
    parameters: tuple[str, ...]  #: that decide it; their sources stand in the caption
    days: float
    regimens_allowed: tuple[int, int]  #: fewest and most
    many: bool = False  #: virtual patients rather than the typical one
    sources: tuple[str, ...] = ()  #: further ones, for what the caption says
    fewest: int = FEWEST  #: of the virtual patients
    without: tuple[str, ...] = ()  #: options that change nothing in it, beside `n` and `seed` without virtual patients

    @property
    def unused(self) -> tuple[str, ...]:
        """Options that change nothing in the figure."""
        return (*self.without, *(() if self.many else ("n", "seed")))


ONCE, TWICE, FIVE = "1 g/kg", "1 g/kg daily x 2", "0.4 g/kg daily x 5"
BLOCKADE = ("IC50", "GAMMA", "KE0", "KACT")

FIGURES: Mapping[str, Entry] = MappingProxyType(
    {
        "dose_comparison": Entry(
            doses.dose_comparison, (ONCE, TWICE), ("IC50", "GAMMA", "EPS", "KACT"), 28, (1, 4), sources=("IWG2009",)
        ),
        "why_counts_rise": Entry(mechanism.why_counts_rise, (ONCE,), ("EPS", "IC50", "FIND", "PHI"), 8, (1, 1)),
        "why_counts_fall": Entry(mechanism.why_counts_fall, (ONCE,), ("KACT", "CL", "MTT", "TL", "GTPO"), 28, (1, 1)),
        "blockade": Entry(mechanism.blockade, (ONCE, TWICE), BLOCKADE, 42, (1, 4)),
        "spleen_or_liver": Entry(mechanism.spleen_or_liver, (ONCE,), ("FSPL", "PHI", "EPS"), 28, (1, 1)),
        "fcrn": Entry(mechanism.fcrn, (TWICE,), ("fcrn_effect", "KM", "HA", "CL"), 42, (1, 1)),
        "thresholds": Entry(
            doses.thresholds, (ONCE, TWICE), ("IC50", "KACT", "EPS"), 42, (1, 4), sources=("EMA2007", "ROBAK2009")
        ),
        "one_two_or_five_days": Entry(
            doses.one_two_or_five_days, ("2 g/kg", TWICE, FIVE), ("V1", "CL", "KE0", "IC50"), 28, (2, 4)
        ),
        "responders": Entry(
            cohorts.responders, (ONCE, TWICE), ("FIND", "EPS", "IC50"), 28, (1, 3), True, ("ROBAK2009",)
        ),
        "who_gains": Entry(cohorts.who_gains, (ONCE, TWICE), ("FIND", "EPS", "IC50"), 42, (2, 2), True, ("ROBAK2009",)),
        "when_to_draw": Entry(
            cohorts.when_to_draw, (ONCE, TWICE), ("KE0", "EPS", "FIND"), 7, (1, 3), many=True, sources=("IWG2009",)
        ),
        "which_draws_tell": Entry(
            planning.which_draws_tell,
            (ONCE,),
            ("FIND", "EPS", "IC50"),
            28,
            (1, 1),
            many=True,
            fewest=FEWEST_IMAGINED,
            without=("platelets", "days"),
        ),
        "response_by_mechanism": Entry(cohorts.response_by_mechanism, (ONCE,), ("EPS", "FIND"), 28, (1, 1), many=True),
        "by_product": Entry(products.by_product, (ONCE,), ("WT",), 28, (1, 1), without=("platelets", "days")),
        "reservoir": Entry(moving.reservoir_over_time, (ONCE,), ("EPS", "IC50", "KACT"), 21, (1, 1)),
    }
)
