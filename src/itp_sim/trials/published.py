"""The published result of an endpoint as a value with an interval, and where the interval comes from."""

import math
from collections.abc import Mapping
from typing import NamedTuple

from itp_sim.intervals import student, wilson
from itp_sim.trials.defaults import Margin
from itp_sim.trials.design import Endpoint


class Observed(NamedTuple):
    """A published result; ends that are open are infinite."""

    value: float
    low: float
    high: float
    origin: str  #: where the interval comes from: "printed", "Wilson, 4 of 19", "t, SD 26 of 9", "margin", "bound"

    def holds(self, simulated: float) -> bool:
        """Whether a simulated value lies inside; a value that does not exist does not."""
        return self.low <= simulated <= self.high


def observed(endpoint: Endpoint, margins: Mapping[str, Margin]) -> Observed:
    """Return what was published of an endpoint, in its unit.

    The interval is the printed one; else Wilson's for a share of n patients; else Student's for a mean with its
    standard deviation; else the margin of the kind, declared before any comparison. A published bound has one open end.

    Parameters
    ----------
    endpoint
        Of a trial.
    margins
        By kind, from `defaults()`.
    """
    p = endpoint.published
    if p.at_most is not None:
        return Observed(p.at_most, -math.inf, p.at_most, "bound")
    if p.at_least is not None:
        return Observed(p.at_least, p.at_least, math.inf, "bound")
    hits = p.x
    if hits is None and endpoint.kind == "response" and p.n is not None and p.value is not None:
        hits = round(p.value * p.n / 100.0)
    value = p.value if p.value is not None else 100.0 * (p.x or 0) / (p.n or 1)
    if p.interval is not None:
        return Observed(value, *p.interval, "printed")
    if hits is not None and p.n is not None:
        low, high = wilson(hits, p.n)
        return Observed(value, 100.0 * low, 100.0 * high, f"Wilson, {hits} of {p.n}")
    if p.sd is not None and p.n is not None and p.n > 1:
        return Observed(value, *student(value, sd=p.sd, n=p.n), f"t, SD {p.sd:g} of {p.n}")
    low, high = margins[endpoint.kind].around(value)
    if endpoint.kind == "response":
        low, high = max(low, 0.0), min(high, 100.0)
    return Observed(value, low, high, "margin")
