"""Before any blood is drawn: which draws would tell most of a patient."""

import pandas as pd

from itp_sim.figures.asked import Asked
from itp_sim.figures.looks import key, page
from itp_sim.figures.made import Made
from itp_sim.figures.words import Words
from itp_sim.fitting import expected_information
from itp_sim.plots import information

#: Days of the draws, in rows; the second to the fifth add one day to the untreated count [day].
SCHEDULES: tuple[tuple[int, ...], ...] = ((0,), (0, 1), (0, 3), (0, 7), (0, 14), (0, 3, 7), (0, 3, 7, 14))
ONE_MORE = slice(1, 5)
#: Of the virtual patients asked for, one in so many is imagined; each is held against so many times the patients.
IMAGINED, AGAINST = 5, 10
#: Fewest of both that the estimate takes.
FEWEST, FEWEST_AGAINST = 50, 1_000


def which_draws_tell(asked: Asked, said: Words) -> Made:
    """How much of the differences between patients each schedule of draws explains."""
    name, regimen = asked.first
    imagined, against = max(FEWEST, asked.n // IMAGINED), max(FEWEST_AGAINST, AGAINST * asked.n)
    plans = {
        said("draws" if len(days) > 1 else "draw", days=said.template("comma").join(map(str, days))): days
        for days in SCHEDULES
    }
    found = expected_information(
        plans, regimen, asked.population, n=imagined, against=against, weight_kg=asked.weight_kg, seed=asked.seed
    )
    figure, (ax,) = page(asked.look, tall=1.75)
    information(found, ax=ax, notice=False)
    legend = ax.get_legend()
    handles, _ = ax.get_legend_handles_labels()
    if legend is not None:
        legend.remove()
    share = 100 * (1 - found.drop(columns=["draws", "bits", "bits_error", "effective"]).clip(0, 1))
    known = {column: said(f"of_{column}") for column in share}
    key(figure, handles, [*known.values()], look=asked.look)
    ax.set_xlabel(said("explained"))
    best = [
        {"what": known[column], "share": one.max(), "day": SCHEDULES[ONE_MORE][int(one.argmax())][-1]}
        for column, one in share.iloc[ONE_MORE].items()
        if column != "P0"  # the count of day 0 is its own
    ]
    facts = {
        "arm": name,
        "imagined": imagined,
        "against": against,
        "who": said("imagined_each", imagined=imagined, seed=asked.seed),
        "own": share["P0"].iloc[0],
        "peak_known": share["peak"].iloc[0],
        "days_known": share["days_above_50"].iloc[0],
        "best": said.each("best_each", best),
    }
    data = pd.concat([found[["draws", "bits"]], share.add_suffix(" (% explained)")], axis="columns")
    return Made(figure, [], facts, data=data.rename_axis("schedule").reset_index())
