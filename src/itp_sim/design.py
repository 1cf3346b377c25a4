"""What is asked of a run, whoever the patients are: arms, days, outputs, levels and the solver, read and checked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

import numpy as np

from itp_sim import checks
from itp_sim import equations as eq
from itp_sim.catalogue import regimen
from itp_sim.dosing import Regimen
from itp_sim.errors import InputError
from itp_sim.solve import ENGINES, RETURNABLE, choose
from itp_sim.solve.problem import Floats
from itp_sim.usual import HIGHEST_COUNT, LONGEST, MOST_WORKERS

#: What an arm may be given as; None, or this word, is an arm without treatment.
Arm = Regimen | str | None
UNTREATED = "none"


@dataclass(frozen=True, slots=True)
class Level:
    """A count to be reached: at least `count` and at least `multiple` times the patient's untreated count.

    Parameters
    ----------
    count
        0 to 2000 [1e9/L].
    multiple
        0 to 100; 0 asks for the count alone.

    Raises
    ------
    InputError
        If a number is out of range.
    """

    count: float
    multiple: float = 0.0

    def __post_init__(self) -> None:
        count = checks.number("the count of a level", self.count, 0.0, HIGHEST_COUNT, "1e9/L")
        object.__setattr__(self, "count", count)
        object.__setattr__(self, "multiple", checks.number("the multiple of a level", self.multiple, 0.0, 100.0))

    @property
    def label(self) -> str:
        """Name of the level in a result, with all its digits."""
        count, multiple = (repr(x).removesuffix(".0") for x in (self.count, self.multiple))
        return count if self.multiple == 0.0 else f"{count} and {multiple}x"


#: Levels whose crossings every run records: the clinical thresholds, and those joined with a doubling.
LEVELS = (
    *map(Level, (10.0, 20.0, 30.0, 50.0, 80.0, 100.0, 150.0)),
    Level(30.0, 2.0),
    Level(80.0, 2.0),
    Level(100.0, 2.0),
)

#: Default tolerance of curves, and of cohorts that are only counted; measured error of the count is about the same.
RTOL, COHORT_RTOL = 1e-7, 1e-5
#: Entries that are read of a list before it is refused, which may have no end.
MOST_ARMS, MOST_TIMES, MOST_LEVELS = 1000, 300_000, 1000
#: A few patients, up to so many, get every output; a cohort gets these.
COHORT = 20
COHORT_OUTPUTS = ("platelets", "igg")
#: Output days in a day: of a few patients, whose curves are looked at, and of a cohort.
PER_DAY, COHORT_PER_DAY = 8, 4


@dataclass(frozen=True, kw_only=True)
class Design:
    """A run but for its patients; made by :func:`design`."""

    arms: dict[str, Regimen | None]  #: regimens by name
    days: float  #: length of the run [day]
    grid: Floats  #: output days
    outputs: tuple[str, ...]
    levels: tuple[Level, ...]
    rtol: float
    engine: str  #: never "auto"
    threads: int | None

    def counts(self, untreated: Floats) -> Floats:
        """Count of each level for patients with these untreated counts, shape (patients, levels) [1e9/L]."""
        alone, multiples = ([getattr(mark, name) for mark in self.levels] for name in ("count", "multiple"))
        counts: Floats = np.maximum(alone, np.multiply.outer(untreated, multiples))
        return counts


def design(
    arms: Mapping[str, Arm] | Arm | Iterable[Arm],
    *,
    patients: int,
    days: float,
    times: Iterable[float] | None,
    outputs: Iterable[str] | None,
    levels: Iterable[Level | float] = LEVELS,
    rtol: float,
    engine: str,
    threads: int | None,
) -> Design:
    """Read and check what is asked of a run of so many `patients`; see :func:`itp_sim.simulate`.

    Raises
    ------
    InputError
        If anything asked for cannot be used.
    """
    regimens = regimens_by_name(arms)
    days = checks.number("days", days, 0.0, LONGEST, "day", open_low=True)
    for name, given in regimens.items():
        if given and given.doses[0].day >= days:
            raise InputError(
                f"arm {name!r}: the run ends on day {days:g}, before the first infusion on day {given.doses[0].day:g}: "
                "raise `days`, or give 'none' for no treatment"
            )
    few = patients <= COHORT
    engine = checks.name("engine", engine, ENGINES)
    return Design(
        arms=regimens,
        days=days,
        rtol=checks.number("rtol", rtol, 1e-13, 1e-3),
        grid=_grid(times, days, per_day=PER_DAY if few else COHORT_PER_DAY),
        outputs=_outputs(outputs, few),
        engine=choose(patients) if engine == "auto" else engine,
        threads=None if threads is None else checks.whole("threads", threads, 1, MOST_WORKERS),
        levels=_levels(levels),
    )


def regimens_by_name(arms: Mapping[str, Arm] | Arm | Iterable[Arm]) -> dict[str, Regimen | None]:
    """Return regimens by name of arm; those without a name are named by their text.

    Raises
    ------
    InputError
        If an arm is none, has no name in text, or has that of another.
    """
    if isinstance(arms, Mapping):
        for name in arms:
            if not isinstance(name, str) or not name.strip():
                raise InputError(f"an arm is named {checks.shown(name)}: give each arm a name in text")
        named: dict[str, Any] = dict(arms)
    else:
        several = [arms] if arms is None or isinstance(arms, Regimen | str | bytes) else arms
        listed = _listed("arms", several, most=MOST_ARMS, wanted="a regimen, or regimens by name")
        read = [_regimen(arm, "an arm") for arm in listed]
        named = {}
        for arm in read:
            text = arm.text if arm else UNTREATED
            if text in named:
                raise InputError(f"two arms are {text!r}: give each once, or name them, as in {{'a': ..., 'b': ...}}")
            named[text] = arm
    if not named:
        raise InputError("no arm was given: give a regimen, or regimens by name")
    return {name: _regimen(arm, f"arm {name!r}") for name, arm in named.items()}


def _regimen(arm: object, where: str) -> Regimen | None:
    if arm is None or isinstance(arm, Regimen):
        return arm
    if isinstance(arm, str):
        return None if arm.strip().casefold() == UNTREATED else regimen(arm)
    raise InputError(
        f"{where} is {checks.shown(arm)}: give a regimen, its text such as '1 g/kg', or None for no treatment"
    )


def _listed(field: str, given: Any, *, most: int, wanted: str) -> list[Any]:
    """`given` as a list, read no further than it may be long."""
    try:
        read = list(islice(_plain(np.asarray(given)) if hasattr(given, "__array__") else given, most + 1))
    except TypeError:
        raise InputError(f"{field} is {checks.shown(given)}: give {wanted}") from None
    if len(read) > most:
        raise InputError(f"{field} has more than {most} entries: give fewer")
    return read


def _plain(given: "np.ndarray[Any, Any]") -> Iterable[Any]:
    """Entries of an array as plain numbers; dates and spans of time as they are, since some of them become integers."""
    entries: Iterable[Any] = given if given.dtype.kind in "mM" else given.tolist()
    return entries


def even_days(end: float, per_day: int) -> Floats:
    """Output days from 0 to `end` [day], evenly spaced, at least `per_day` in a day."""
    return np.linspace(0.0, end, int(np.ceil(end * per_day)) + 1)


def _grid(times: Iterable[float] | None, days: float, *, per_day: int) -> Floats:
    """Output days, checked."""
    if times is None:
        return even_days(days, per_day)
    given = [
        checks.number("a day in times", t, 0.0, days, "day", hint="or raise `days`")
        for t in _listed("times", times, most=MOST_TIMES, wanted="a list of days")
    ]
    if not given:
        raise InputError("times is empty: give at least one day, or leave it out")
    for a, b in pairwise(given):
        if b <= a:
            raise InputError(f"times has {b:.17g} after {a:.17g}: give each day once, in ascending order")
    return np.array(given)


def _outputs(outputs: Iterable[str] | None, few: bool) -> tuple[str, ...]:
    if outputs is None:
        return eq.Outputs._fields if few else COHORT_OUTPUTS
    several = [outputs] if isinstance(outputs, str) else outputs
    given = _listed("outputs", several, most=10 * len(RETURNABLE), wanted="names, as in ['platelets', 'igg']")
    return tuple(dict.fromkeys(checks.name("output", name, RETURNABLE) for name in given))


def _levels(levels: Iterable[Level | float] | Level | float) -> tuple[Level, ...]:
    """Levels; a bare number is a count."""
    several = [levels] if isinstance(levels, Level | int | float) else levels
    given = _listed("levels", several, most=MOST_LEVELS, wanted="counts, as in [30, 50, 100]")
    if not given:
        raise InputError("levels is empty: give at least one count, or leave it out")
    return tuple(dict.fromkeys(mark if isinstance(mark, Level) else Level(mark) for mark in given))
