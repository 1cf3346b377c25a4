"""The same dose in different products: hours and vials."""

import pandas as pd
from matplotlib.lines import Line2D

from itp_sim.catalogue import product, products
from itp_sim.dosing import Regimen
from itp_sim.errors import InputError
from itp_sim.figures.asked import Asked
from itp_sim.figures.looks import key, page
from itp_sim.figures.made import Made
from itp_sim.figures.words import Words
from itp_sim.plots import infusions
from itp_sim.plots.style import BLACK

#: Facts of a product that the figure shows.
USED = ("vials", "initial_rate", "intermediate_rates", "maximum_rate", "step_minutes")


def by_product(asked: Asked, said: Words) -> Made:
    """Hours of one infusion at each label's rates, and the fewest vials that hold it."""
    _, regimen = asked.first
    weight = float(asked.patient().parameters.WT)
    rows = {}
    for trade in products().index:
        item = product(str(trade))
        plan = Regimen(regimen.doses, item).plan(weight_kg=weight)
        first = plan.iloc[0]
        rate = item.provenance["maximum_rate"].evidence
        steps = {
            item.provenance[key].evidence for key in ("intermediate_rates", "step_minutes") if key in item.provenance
        }
        rows[str(trade)] = {
            "hours": float(first["hours"]),
            "vials": str(first["vials"]),
            "grams": float(first["grams"]),
            "assumed": rate == "assumed" or "assumed" in steps,
        }
    table = pd.DataFrame.from_dict(rows, orient="index").sort_values("hours", kind="stable")
    if table.empty:
        raise InputError("there is no product to draw: write one into products.toml, or install itp_sim again")
    drawn = table.rename(index={key: f"{key}*" for key in table.index[table["assumed"]]})
    figure, (ax,) = page(asked.look, tall=1.9)
    infusions(drawn, ax=ax)
    if table["assumed"].any():
        key(figure, [Line2D([], [], color=BLACK, marker="$*$", ls="")], [said("assumed")], look=asked.look)
    ax.set_xlabel(said("hours"))
    ax.tick_params(axis="y", labelsize=max(9, asked.look.text - 3))
    ax.set_title(said("what", grams=table["grams"].iloc[0], weight=weight, text=regimen.text), loc="left")
    facts = {
        "grams": float(table["grams"].iloc[0]),
        "text": regimen.text,
        "each": said.each("each", [{"product": key, **rows[key]} for key in map(str, table.index)]),
        "fastest": str(table.index[0]),
        "slowest": str(table.index[-1]),
        "shortest": float(table["hours"].iloc[0]),
        "longest": float(table["hours"].iloc[-1]),
    }
    facts["sources"] = said.template("semicolon").join(_cited())
    return Made(figure, [], facts, data=table.rename_axis("product").reset_index())


def _cited() -> list[str]:
    """Citations of the rates and vials."""
    found = products()
    facts = (fact for trade in found.index for fact in product(str(trade)).provenance.values())
    keys = {fact.source for fact in facts if fact.source and fact.name in USED}
    return sorted(str(found.attrs["citations"][key]) for key in keys)
