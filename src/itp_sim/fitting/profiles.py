"""Profile likelihoods: what the counts say of one parameter when every other may take the value that suits it best.

As Raue et al. 2009 judge whether a parameter can be identified (Bioinformatics 25:1923,
doi:10.1093/bioinformatics/btp358), but that the other parameters stay under what the population says of them. A profile
ends where the deviance passes the quantile of the chi-squared law of one degree of freedom (Wilks 1938, Ann Math Stat
9:60: for many values; for few it is taken as near enough). Places and starts are assumed: they decide how exactly an
end is found.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from itp_sim.fitting.climb import ROUGH, Top, climb
from itp_sim.fitting.sampled import Sample
from itp_sim.fitting.target import Target

Floats = NDArray[np.float64]

#: Places of a profile around the estimate, in standard deviations of the posterior.
AROUND = np.array([-3.0, -2.0, -1.4, -0.7, 0.0, 0.7, 1.4, 2.0, 3.0])
#: Where it goes on to on a side that is still open: to where one patient in 30,000 is; and in how many places.
LAST, FURTHER = 4.0, 3
#: Scores from a place within which the most probable draw is where a climb starts.
NEAR = 0.4
#: Confidence at which a profile ends, and of a fit's intervals, so that the two can be compared; assumed.
#: The draws hold too few in the tails of wider intervals.
CONFIDENCE = 0.90


@dataclass(frozen=True)
class Profile:
    """The profile of one parameter.

    Parameters
    ----------
    name
        The parameter.
    scores
        Ascending; see :mod:`itp_sim.fitting.prior`.
    deviance
        Twice the log likelihood that is lost against the best of the profile. The others are held by what the
        population says of them, the parameter itself is not.
    ends
        Scores between which the deviance stays below that of `CONFIDENCE`; infinite on a side where it does as far as
        the profile goes, which is where nobody is any more.
    """

    name: str
    scores: Floats
    deviance: Floats
    ends: tuple[float, float]

    def at(self, score: float) -> float:
        """Deviance at a score, between places along a line."""
        return float(np.interp(score, self.scores, self.deviance))

    @property
    def closed(self) -> bool:
        """Whether the counts alone rule out values on both sides."""
        return bool(np.isfinite(self.ends).all())


def deviance_limit(confidence: float = CONFIDENCE) -> float:
    """Deviance that values beyond this confidence exceed; by default where a profile ends."""
    from scipy.stats import chi2

    return float(chi2.ppf(confidence, 1))


def profiles(target: Target, top: Top, drawn: Sample, *, names: tuple[str, ...]) -> dict[str, Profile]:
    """Profile these parameters, all places of all of them side by side.

    Parameters
    ----------
    target
        The density.
    top
        The highest top, as one row.
    drawn
        Draws of the posterior, from the most probable of which climbs start.
    names
        Parameters to profile.
    """
    which = [target.prior.names.index(name) for name in names]
    first = [_around(drawn, float(top.scores[0, i]), i) for i in which]
    found = _taken(target, top, drawn, which=which, places=first)
    limit = deviance_limit()
    last = [_further(*ends(places, _deviance(h), limit), places) for places, h in zip(first, found, strict=True)]
    more = _taken(target, top, drawn, which=which, places=last)
    joined = {}
    for name, one, two, h, g in zip(names, first, last, found, more, strict=True):
        places, order = np.unique(np.concatenate([one, two]), return_index=True)
        height = np.concatenate([h, g])[order]
        known = ~np.isnan(height)
        deviance = _deviance(height)[known]
        joined[name] = Profile(name, places[known], deviance, ends(places[known], deviance, limit))
    return joined


def _around(drawn: Sample, centre: float, i: int) -> Floats:
    """Scores around the estimate at which one parameter is held, ascending."""
    mean = drawn.weights @ drawn.scores[:, i]
    sd = np.sqrt(drawn.weights @ (drawn.scores[:, i] - mean) ** 2)
    found: Floats = np.clip(centre + sd * AROUND, -LAST, LAST)
    return found


def _further(below: float, above: float, places: Floats) -> Floats:
    """Further scores on the sides that are open."""
    low = np.linspace(-LAST, places[0], FURTHER, endpoint=False) if np.isinf(below) else np.empty(0)
    high = np.linspace(LAST, places[-1], FURTHER, endpoint=False) if np.isinf(above) else np.empty(0)
    return np.concatenate([low, high])


def _taken(target: Target, top: Top, drawn: Sample, *, which: list[int], places: list[Floats]) -> list[Floats]:
    """Log likelihood of each profile at its places, but for a constant; NaN where the climb has not arrived."""
    covariance = np.linalg.inv(top.information[0] + target.prior.precision)
    together = np.concatenate(places)
    if not len(together):
        return list(places)
    starts = [_starts(top, drawn, covariance=covariance, i=i, places=at) for i, at in zip(which, places, strict=True)]
    held = [np.tile(np.arange(len(covariance)) == i, (len(at), 1)) for i, at in zip(which, places, strict=True)]
    found = climb(target, np.concatenate(starts), held=np.concatenate(held), over=ROUGH)
    # Where nobody can exist the likelihood is nothing.
    usable = found.arrived | np.isneginf(found.density)
    # The population holds all scores but the one that is profiled.
    height = np.where(usable, found.density, np.nan) + 0.5 * together**2
    return np.split(height, np.cumsum([len(at) for at in places])[:-1])


def _deviance(height: Floats) -> Floats:
    """Twice what is lost against the best."""
    lost: Floats = 2.0 * (np.nanmax(height) - height)
    return lost


def _starts(top: Top, drawn: Sample, *, covariance: Floats, i: int, places: Floats) -> Floats:
    """A start for each place: the most probable draw near it, else where the normal approximation has its ridge."""
    starts = np.empty((len(places), covariance.shape[0]))
    for row, place in zip(starts, places, strict=True):
        row[:] = top.scores[0] + covariance[i] / covariance[i, i] * (place - top.scores[0, i])
        near = np.flatnonzero(np.abs(drawn.scores[:, i] - place) < NEAR)
        if len(near):
            row[:] = drawn.scores[near[np.argmax(drawn.density[near])]]
        row[i] = place
    return starts


def ends(scores: Floats, deviance: Floats, limit: float) -> tuple[float, float]:
    """Scores on both sides of the least deviance at which it passes `limit`; infinite where it does not."""
    best = int(np.argmin(deviance))
    # Straight in the square root, as the deviance of a normal law is.
    root = np.sqrt(deviance)
    below, above = -np.inf, np.inf
    for i in range(best, 0, -1):
        if deviance[i - 1] >= limit:
            below = _crossing(scores[i - 1 : i + 1][::-1], root[i - 1 : i + 1][::-1], np.sqrt(limit))
            break
    for i in range(best, len(scores) - 1):
        if deviance[i + 1] >= limit:
            above = _crossing(scores[i : i + 2], root[i : i + 2], np.sqrt(limit))
            break
    return float(below), float(above)


def _crossing(scores: Floats, root: Floats, limit: float) -> float:
    """Where a straight line from the first to the second passes the limit; the second if that is infinite."""
    if not np.isfinite(root[1]):
        return float(scores[1])
    return float(scores[0] + (scores[1] - scores[0]) * (limit - root[0]) / (root[1] - root[0]))
