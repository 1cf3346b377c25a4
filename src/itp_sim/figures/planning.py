"""Before any blood is drawn: which draws would tell most of a patient."""

import pandas as pd

from itp_sim.figures.asked import Asked
from itp_sim.figures.looks import key, page
from itp_sim.figures.made import Made
from itp_sim.figures.words import Words
from itp_sim.fitting import expected_information
from itp_sim.plots.planning import explained, marks

#: Days of the draws, in rows; the second to the fifth add one day to the untreated count [day].
SCHEDULES: tuple[tuple[int, ...], ...] = ((0,), (0, 1), (0, 3), (0, 7), (0, 14), (0, 3, 7), (0, 3, 7, 14))
ONE_MORE = slice(1, 5)
#: Patients who are held against each whose draws are imagined.
AGAINST = 10_000


def which_draws_tell(asked: Asked, said: Words) -> Made:
    """How much of the differences between patients each schedule of draws explains."""
    name, regimen = asked.first
    plans = {
        said("draws" if len(days) > 1 else "draw", days=said.template("comma").join(map(str, days))): days
        for days in SCHEDULES
    }
    found = expected_information(
        plans, regimen, asked.population, n=asked.n, against=AGAINST, weight_kg=asked.weight_kg, seed=asked.seed
    )
    figure, (ax,) = page(asked.look, tall=1.75)
    share = explained(found)
    handles, _ = marks(share, ax=ax).get_legend_handles_labels()
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
        "imagined": asked.n,
        "against": AGAINST,
        "who": said("imagined_each", imagined=asked.n, seed=asked.seed),
        "own": share["P0"].iloc[0],
        "peak_known": share["peak"].iloc[0],
        "days_known": share["days_above_50"].iloc[0],
        "best": said.each("best_each", best),
    }
    data = pd.concat([found[["draws", "bits"]], share.add_suffix(" (% explained)")], axis="columns")
    return Made(figure, [], facts, data=data.rename_axis("schedule").reset_index())
