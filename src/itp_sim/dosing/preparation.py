"""What a pharmacy does with a dose: the weight it is meant for, rounding, whole vials."""

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from itp_sim import checks
from itp_sim.errors import InputError

#: Part of the unit of vials by which a dose may exceed what they hold: rounding.
OVER = 1e-6
METHODS = ("actual", "ideal", "adjusted")
#: Height from which Devine's formula counts: 60 inches [cm].
DEVINE_HEIGHT = 152.4
#: Devine's ideal weight at that height [kg].
DEVINE_WEIGHT: Mapping[str, float] = MappingProxyType({"M": 50.0, "F": 45.5})


def dosing_weight(
    weight_kg: float, *, method: str = "actual", height_cm: float | None = None, sex: str | None = None
) -> float:
    """Return the weight that a dose in g/kg is multiplied with [kg].

    Ideal weight is Devine's, 50 kg (M) or 45.5 kg (F) plus 2.3 kg for each inch above 60. Adjusted weight is the ideal
    weight plus 0.4 of what the patient weighs above it. Actual weight is used wherever it is the lower one, as in
    Ontario's calculator.

    Parameters
    ----------
    weight_kg
        Actual weight, 0.5 to 400 kg.
    method
        "actual", "ideal" or "adjusted".
    height_cm
        Height, from 152.4 (60 inches, where Devine's formula starts) to 250 cm; needed unless `method` is "actual".
    sex
        "F" or "M"; needed unless `method` is "actual".

    Raises
    ------
    InputError
        If a number is out of range, or height or sex is missing.

    Notes
    -----
    Sources: ``ONTARIO_IG_CALCULATOR``, ``NBA_BLOODSTAR``. Practice rules, not validated for the effect in ITP.
    """
    actual = checked_weight(weight_kg)
    method = checks.name("dosing weight", method, METHODS)
    if method == "actual":
        return actual
    if height_cm is None or sex is None:
        lacking = " and ".join(n for n, v in (("height_cm", height_cm), ("sex", sex)) if v is None)
        raise InputError(f"{method} weight needs {lacking}: give height_cm=170, sex='F', or use dosing_weight='actual'")
    hint = f"Devine's formula starts at {DEVINE_HEIGHT:g} cm; use dosing_weight='actual' for shorter people"
    inches = checks.number("height_cm", height_cm, DEVINE_HEIGHT, 250.0, "cm", hint=hint) / 2.54
    sex = checks.name("sex", sex, tuple(DEVINE_WEIGHT), (("female", "F"), ("male", "M")))
    ideal = DEVINE_WEIGHT[sex] + 2.3 * (inches - DEVINE_HEIGHT / 2.54)
    return min(actual, ideal if method == "ideal" else ideal + 0.4 * (actual - ideal))


def checked_weight(weight_kg: float) -> float:
    """Return `weight_kg` as a float if a person can weigh that [kg]."""
    return checks.number("weight_kg", weight_kg, 0.5, 400.0, "kg")


def fewest_vials(grams: float, sizes: Sequence[float]) -> tuple[tuple[int, float], ...]:
    """Return the fewest whole vials that hold at least `grams`, with the least left over.

    Parameters
    ----------
    grams
        Dose [g].
    sizes
        Contents of the vials that exist, in tenths of a gram [g].

    Returns
    -------
    tuple
        Pairs of number and content [g], largest first. The least left over comes first, then the fewest vials.
    """
    units, tenths = _units(sizes)
    wanted = math.ceil(10.0 * grams / tenths - OVER)
    counts = _counts(wanted + min(units), units)
    left = next(n for n in range(wanted, len(counts)) if counts[n] is not None)
    used: dict[int, int] = {}
    while left:
        size = min(units, key=lambda s: (_or_inf(counts, left - s), -s))
        used[size] = used.get(size, 0) + 1
        left -= size
    return tuple((n, size * tenths / 10.0) for size, n in used.items())


def vials_by_tenths(most: float, sizes: Sequence[float]) -> tuple[list[int], int]:
    """Return how many vials :func:`fewest_vials` takes for every dose up to `most` [g], and the step between doses.

    Parameters
    ----------
    most
        Largest dose [g].
    sizes
        Contents of the vials that exist, in tenths of a gram [g].

    Returns
    -------
    tuple
        Vials for a dose of 0, 1, 2, ... steps, and the step in tenths of a gram.
    """
    units, tenths = _units(sizes)
    counts = _counts(math.ceil(10.0 * most / tenths - OVER) + min(units), units)
    needed: list[int] = []
    following = 0
    for count in reversed(counts):  # a dose that no vials make takes the next larger one
        following = following if count is None else count
        needed.append(following)
    return needed[::-1], tenths


def nearest_amount(grams: float, sizes: Sequence[float]) -> float:
    """Return the amount nearest to `grams` that whole vials of these `sizes` can make [g].

    It is never more than half the smallest vial away; of two that are equally near, the smaller one.

    Raises
    ------
    InputError
        If the nearest amount is none at all.
    """
    units, tenths = _units(sizes)
    counts = _counts(math.ceil(10.0 * grams / tenths) + min(units), units)
    amounts = [n * tenths / 10.0 for n, count in enumerate(counts) if count is not None]
    nearest = min(amounts, key=lambda amount: (abs(amount - grams), amount))
    return _not_nothing(nearest, grams, f"the smallest vial, {min(sizes):g} g")


def rounded(grams: float, round_to: float | str | None, sizes: Sequence[float]) -> float:
    """Return `grams` as asked for by `round_to`: None as it is, "vial", or the nearest multiple of a number of grams.

    Raises
    ------
    InputError
        If `round_to` is none of these, or nothing would be left.
    """
    if round_to is None:
        return grams
    if isinstance(round_to, str):
        checks.name("rounding", round_to, ("vial",))
        return nearest_amount(grams, sizes)
    step = checks.number("round_to", round_to, 0.1, 100.0, "g", hint='or "vial", or None')
    return _not_nothing(math.floor(grams / step + 0.5) * step, grams, f"{step:g} g")


def _not_nothing(amount: float, grams: float, step: str) -> float:
    if amount == 0.0:
        raise InputError(f"{grams:g} g would be rounded to nothing: it is too little for {step}; use round_to=None")
    return amount


def _units(sizes: Sequence[float]) -> tuple[list[int], int]:
    """Contents as whole numbers of the largest unit that divides them all, and that unit in tenths of a gram."""
    contents = [round(10.0 * size) for size in sizes]
    tenths = math.gcd(*contents)
    return [content // tenths for content in contents], tenths


def _counts(most: int, units: Sequence[int]) -> list[int | None]:
    """Fewest vials that make 0, 1, ... `most` units; None where none do."""
    counts: list[int | None] = [0]
    for n in range(1, most + 1):
        ways = [c for size in units if size <= n and (c := counts[n - size]) is not None]
        counts.append(min(ways) + 1 if ways else None)
    return counts


def _or_inf(counts: Sequence[int | None], n: int) -> float:
    """Fewest vials for `n` units; infinitely many where none do."""
    count = counts[n] if n >= 0 else None
    return math.inf if count is None else count
