"""Infusions as constant rates in pieces, and the breakpoints at which the solver has to stop."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from itp_sim import checks
from itp_sim.errors import InputError

#: Event times closer than this are one event, and an infusion takes at least this long [day].
SHORTEST = 1e-9
#: Last day on which an infusion may start or a run may end: a little over 100 years [day].
LATEST = 40_000.0


@dataclass(frozen=True, slots=True)
class Infusion:
    """One infusion of one patient: `grams` from day `start` on, at a constant rate in each piece.

    Parameters
    ----------
    start
        Day on which it starts, from the start of the first infusion [day].
    grams
        IgG infused [g].
    pieces
        Pairs of duration [day] and rate [g/day], in order; together they hold `grams`.

    Raises
    ------
    InputError
        If a number is out of range, the pieces do not hold `grams`, or the whole takes less than 1e-9 day.
    """

    start: float
    grams: float
    pieces: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        start = checks.number("start of an infusion", self.start, 0.0, LATEST, "day")
        grams = checks.number("grams of an infusion", self.grams, 0.0, 10_000.0, "g", open_low=True)
        pieces = tuple(
            (
                checks.number("duration of a piece of infusion", duration, 0.0, LATEST, "day", open_low=True),
                checks.number("rate of a piece of infusion", rate, 0.0, unit="g/day"),
            )
            for duration, rate in self.pieces
        )
        if math.fsum(duration for duration, _ in pieces) < SHORTEST:
            raise InputError(
                f"the infusion of {grams:g} g on day {start:g} takes less than {SHORTEST:g} day: "
                "give it more hours, or check the amount"
            )
        held = math.fsum(duration * rate for duration, rate in pieces)
        if not abs(held - grams) <= 1e-12 * grams:
            raise InputError(
                f"the pieces of the infusion on day {start:g} hold {held:.12g} g, not {grams:.12g} g: "
                "make duration times rate add up to the dose"
            )
        object.__setattr__(self, "start", start)
        object.__setattr__(self, "grams", grams)
        object.__setattr__(self, "pieces", pieces)

    @property
    def days(self) -> float:
        """Length [day]."""
        return math.fsum(duration for duration, _ in self.pieces)

    @property
    def hours(self) -> float:
        """Length [h]."""
        return 24.0 * self.days

    @property
    def end(self) -> float:
        """Day on which it ends [day]."""
        return self.start + self.days


def breakpoints(infusions: Iterable[Infusion], end: float) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the times at which the total rate of infusion changes, and the rate between them.

    Infusions add up however they overlap, and their order does not change a bit of the result. Event times closer than
    1e-9 day become one; the rates are scaled so that every infusion still delivers its grams. What is infused after
    `end` is cut off; an infusion that starts within 1e-9 day of `end` starts at `end`.

    Parameters
    ----------
    infusions
        Infusions of one patient, in any order; none is no treatment.
    end
        Last day of the run [day].

    Returns
    -------
    times
        Ascending, from 0 to `end` [day]; n of them.
    rates
        Total rate between them [g/day]; n - 1 of them.

    Raises
    ------
    InputError
        If `end` is not a number from 1e-9 to `LATEST`.
    """
    times, (rates,) = joint_breakpoints([infusions], end)
    return times, rates


def joint_breakpoints(
    groups: Iterable[Iterable[Infusion]], end: float
) -> tuple[tuple[float, ...], tuple[tuple[float, ...], ...]]:
    """Return the breakpoints of all infusions as :func:`breakpoints` does, and the rates of each group of them.

    Raises
    ------
    InputError
        If `end` is not a number from 1e-9 to `LATEST`.
    """
    end = checks.number("end of the run", end, SHORTEST, LATEST, "day")
    given = [[list(_parts(infusion, end)) for infusion in group] for group in groups]
    edges = {t for group in given for parts in group for a, b, _ in parts for t in (a, b)}
    place = _merged(sorted({0.0, end} | edges))
    times = sorted(set(place.values()))
    index = {t: i for i, t in enumerate(times)}
    return tuple(times), tuple(_rates(group, place, index) for group in given)


def _rates(
    group: Iterable[Iterable[tuple[float, float, float]]], place: Mapping[float, float], index: Mapping[float, int]
) -> tuple[float, ...]:
    """Total rate of the infusions of one group between the breakpoints, which stand at `index` [g/day]."""
    running: list[list[float]] = [[] for _ in range(len(index) - 1)]
    for parts in group:
        for a, b, grams in _moved(parts, place):
            for i in range(index[a], index[b]):
                running[i].append(grams / (b - a))
    return tuple(math.fsum(rates) for rates in running)


def delivered(times: Sequence[float], rates: Sequence[float]) -> float:
    """Grams that run in at `rates` [g/day] between `times` [day]: the audit of :func:`breakpoints` [g]."""
    return math.fsum(rate * (b - a) for (a, b), rate in zip(pairwise(times), rates, strict=True))


def _parts(infusion: Infusion, end: float) -> Iterator[tuple[float, float, float]]:
    """Start, end [day] and grams of each piece that begins before `end`."""
    edges = [infusion.start + t for t in accumulate((d for d, _ in infusion.pieces), initial=0.0)]
    while edges[-1] - edges[0] < SHORTEST:  # rounded away late in a long run: two steps of a float at most
        edges[-1] = math.nextafter(edges[-1], math.inf)
    for (a, b), (duration, rate) in zip(pairwise(edges), infusion.pieces, strict=True):
        if a < end:
            share = 1.0 if b <= end else (end - a) / (b - a)
            yield a, min(b, end), share * (duration * rate)


def _merged(times: Sequence[float]) -> dict[float, float]:
    """The breakpoint that each of the ascending `times` belongs to; the last one stays where it is."""
    place = {}
    kept = times[0]
    for t in times:
        if t - kept >= SHORTEST:
            kept = t
        place[t] = kept
    return {t: times[-1] if at == kept else at for t, at in place.items()}


def _moved(
    parts: Iterable[tuple[float, float, float]], place: Mapping[float, float]
) -> list[tuple[float, float, float]]:
    """The parts of one infusion on breakpoints; a part that vanishes leaves its grams to its neighbour."""
    moved: list[tuple[float, float, float]] = []
    waiting = 0.0
    for start, end, grams in parts:
        a, b = place[start], place[end]
        if a < b:
            moved.append((a, b, grams + waiting))
            waiting = 0.0
        elif moved:
            a, b, before = moved.pop()
            moved.append((a, b, before + grams))
        else:
            waiting += grams
    return moved
