"""Whether the counts could tell a parameter, in plain words, from its profile likelihood."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from itp_sim.fitting.climb import Top
from itp_sim.fitting.prior import Prior, value_at
from itp_sim.fitting.profiles import CONFIDENCE, Profile
from itp_sim.fitting.sampled import Sample

Floats = NDArray[np.float64]

#: Half of the width, in scores, that the population's own interval of the profile's confidence has.
POPULATION = float(ndtri((1 + CONFIDENCE) / 2))
#: Share of the variance between patients from which the population says more than the counts do: by its meaning.
HALF = 0.5
#: Squared correlation from which another parameter is worth naming; assumed.
SHARED = 0.25


class Verdict(NamedTuple):
    """What the counts say of a parameter."""

    word: str  #: "informed", "prior-driven" or "confounded with X"
    why: str
    left: float  #: variance of the posterior over that between patients, in scores


def verdict(prior: Prior, profile: Profile, *, top: Top, drawn: Sample) -> Verdict:
    """Judge one parameter.

    Informed: the counts, with every other parameter as varied as in the population, rule
    out values on both sides, and leave an interval no wider than that of the population. A flat profile does neither.
    Confounded with X: not so, but it would be more told than not if X were known. Else it is prior-driven: not
    held on both sides by the counts, which may still tell much of it (see `left`). The rules are assumed; how often
    intervals of what they call informed cover is in ``calibration/recovery.md``.

    Parameters
    ----------
    prior
        The population.
    profile
        Profile of the parameter.
    top
        The estimate, as one row.
    drawn
        Draws of the posterior.
    """
    i = prior.names.index(profile.name)
    mean = drawn.weights @ drawn.scores
    away = drawn.scores - mean
    covariance = (away * drawn.weights[:, None]).T @ away
    left = float(covariance[i, i])
    low, high = profile.ends
    if profile.closed and high - low <= 2 * POPULATION:
        return Verdict("informed", f"the counts hold it {_between(prior, profile)}", left)
    shared = covariance[i] ** 2 / (np.diag(covariance) * left)
    shared[i] = 0.0
    other = int(np.argmax(shared))
    # Minus the second derivative along the parameter itself: what the counts would tell if all else were known.
    told = float(top.information[0, i, i])
    if left > HALF and told >= 1.0 and shared[other] >= SHARED and left * (1 - shared[other]) <= HALF:
        name = prior.names[other]
        return Verdict(f"confounded with {name}", f"the counts would tell it if {name} were known", left)
    if profile.closed:
        return Verdict("prior-driven", f"the counts hold it only {_between(prior, profile)}", left)
    sides = [side for side, end in (("below", low), ("above", high)) if np.isinf(end)]
    if len(sides) == 2:
        return Verdict("prior-driven", "the counts rule nothing out", left)
    known = float(value_at(prior, profile.name, np.array([high if sides == ["below"] else low]))[0])
    limit = "at most" if sides == ["below"] else "at least"
    return Verdict("prior-driven", f"the counts bound it on one side: {limit} {known:.3g}", left)


def _between(prior: Prior, profile: Profile) -> str:
    low, high = value_at(prior, profile.name, np.array(profile.ends)).tolist()
    return f"within {low:.3g} to {high:.3g}"
