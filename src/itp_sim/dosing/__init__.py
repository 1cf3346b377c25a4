"""What is infused, and when: products, infusions, regimens, breakpoints, dosing weight and vials.

The text of a regimen is read one floor up, in `regimen_text`; the products are read in `catalogue`.
"""

from itp_sim.dosing.doses import Dose, written
from itp_sim.dosing.infusions import LATEST, SHORTEST, Infusion, breakpoints, delivered, joint_breakpoints
from itp_sim.dosing.preparation import dosing_weight, fewest_vials, nearest_amount, vials_by_tenths
from itp_sim.dosing.products import Fact, Product, RateStep
from itp_sim.dosing.regimens import MOST_INFUSIONS, Regimen, infused

__all__ = [
    "LATEST",
    "MOST_INFUSIONS",
    "SHORTEST",
    "Dose",
    "Fact",
    "Infusion",
    "Product",
    "RateStep",
    "Regimen",
    "breakpoints",
    "delivered",
    "dosing_weight",
    "fewest_vials",
    "infused",
    "joint_breakpoints",
    "nearest_amount",
    "vials_by_tenths",
    "written",
]
