"""Values as they are measured: with a log-normal error."""

import math
from dataclasses import replace

from itp_sim import checks
from itp_sim.errors import InputError
from itp_sim.fitting.residual import WIDEST, residuals
from itp_sim.nmtran import Observation, Records
from itp_sim.nmtran.subjects import KINDS
from itp_sim.streams import generator
from itp_sim.usual import HIGHEST_SEED


def with_noise(
    records: Records, *, count_cv: float | None = None, igg_cv: float | None = None, seed: int = 0
) -> Records:
    """Give every value an error of its own, as measurements of simulated subjects would have.

    An error depends on (seed, subject, day, kind) and nothing else.

    Parameters
    ----------
    records
        As `read_nmtran` returns them, or of simulated patients: ``read_nmtran(to_nmtran(run, times=days))``.
    count_cv, igg_cv
        Coefficients of variation of a log-normal error, 0 to 2; those that :func:`fit` assumes if left out.
    seed
        Names the random streams.

    Returns
    -------
    Records
        The same with other values; no value leaves the range of its kind.

    Raises
    ------
    InputError
        If a number is out of range, or `records` are none.
    """
    if not isinstance(records, Records):
        raise InputError(f"records is {checks.shown(records)}: give Records, as read_nmtran() returns them")
    seed = checks.whole("seed", seed, 0, HIGHEST_SEED)
    known = residuals()
    cv = {
        kind: known[kind].cv if given is None else checks.number(field, given, 0.0, WIDEST)
        for kind, field, given in (("platelets", "count_cv", count_cv), ("igg", "igg_cv", igg_cv))
    }

    def measured(id: str, one: Observation) -> Observation:
        sd = math.sqrt(math.log1p(cv[one.kind] ** 2))
        error = generator(seed, f"{one.kind} of {id} measured on day {one.day!r}").standard_normal()
        return replace(one, value=min(one.value * math.exp(sd * error), KINDS[one.kind][1]))

    subjects = tuple(
        replace(one, observations=tuple(measured(one.id, value) for value in one.observations)) for one in records
    )
    return replace(records, subjects=subjects)
