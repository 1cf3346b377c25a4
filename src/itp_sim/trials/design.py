"""A trial as data: who entered, what was given when, how counts were taken, what was published."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from itp_sim.dosing import Regimen
from itp_sim.evidence import Source

#: What a trial is for: its results may be fitted; are never fitted; or are an experiment on one mechanism, not fitted.
ROLES = ("calibrate", "validate", "mechanism")
#: Most patients of a published trial: as many are drawn a thousand times.
MOST_PATIENTS = 100_000
#: How a crossing is dated: by the visit at which it was seen, or where straight lines between the counts cross.
CROSSINGS = ("visits", "lines")


class Kind(NamedTuple):
    """A kind of endpoint: unit of its value, and the keys that it needs and may have beside those that all have."""

    unit: str
    needs: tuple[str, ...]
    may: tuple[str, ...]


_CRITERION = ("strict", "multiple")

#: Kinds of endpoint by name; params/README.md says what each of them is.
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "response": Kind("%", ("at_least",), (*_CRITERION, "day", "by", "confirm_after")),
        "count": Kind("1e9/L", ("statistic", "day"), ()),
        "rise": Kind("1e9/L", ("statistic", "day"), ()),
        "peak": Kind("1e9/L", ("statistic",), ("until",)),
        "peak_day": Kind("day", ("statistic",), ("of", "until")),
        "highest": Kind("1e9/L", ("statistic",), ("until",)),
        "time_to": Kind("day", ("statistic", "at_least"), (*_CRITERION, "until", "between")),
        "duration": Kind("day", ("statistic", "at_least"), (*_CRITERION, "by", "until", "between")),
        "days_above": Kind("day", ("statistic", "at_least", "until"), ("strict",)),
        "igg": Kind("g/L", ("statistic", "day"), ()),
        "igg_change": Kind("g/L", ("statistic", "day"), ("relative",)),
        "igg_peak": Kind("g/L", ("statistic",), ("until",)),
    }
)


@dataclass(frozen=True, kw_only=True)
class Criterion:
    """A level that a measured count meets: `at_least` [1e9/L], and that multiple of the patient's day-0 count.

    `strict` asks for more than `at_least`; the multiple is always "at least".
    """

    at_least: float
    strict: bool = False
    multiple: float = 0.0


#: Met by every count: what an endpoint without a criterion has.
ANY = Criterion(at_least=0.0)


@dataclass(frozen=True, kw_only=True)
class Later:
    """Doses given on some of the `days`, after that day's count, to those whose count does not meet `unless`.

    With `once_met` nobody who has met it at any visit so far gets another dose.
    """

    regimen: Regimen
    days: tuple[float, ...]
    unless: Criterion | None = None
    once_met: bool = False


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One arm: regimen (None is no treatment), number of patients, doses that depend on the count."""

    key: str
    title: str
    regimen: Regimen | None
    n: int
    later: tuple[Later, ...] = ()
    assign: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Who entered: lowest and highest untreated count (None: the population's own), and how they differ from it."""

    platelets: tuple[float | None, float | None]
    typical: Mapping[str, float]
    assign: Mapping[str, float]
    evidence: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """How a count is taken: log-normal noise `cv`, rounding and floor [1e9/L], and on which days."""

    cv: float
    round_to: float
    floor: float
    visits: tuple[float, ...]
    evidence: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Published:
    """The published result, in the endpoint's unit: `x` of `n`, a value with or without its spread, or a bound."""

    value: float | None = None
    x: int | None = None
    n: int | None = None
    sd: float | None = None
    interval: tuple[float, float] | None = None
    at_least: float | None = None
    at_most: float | None = None


@dataclass(frozen=True, kw_only=True)
class Among:
    """Patients that an endpoint is about: those who meet, or do not meet, a criterion.

    `endpoint` is the key of the response endpoint whose criterion it is; None is the endpoint's own.
    """

    endpoint: str | None = None
    met: bool = True


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """One endpoint as the trial defined it, and its published result."""

    key: str
    title: str
    kind: str
    role: str
    arms: tuple[str, ...]
    published: Published
    statistic: str = ""
    criterion: Criterion = ANY
    day: float | None = None
    by: float | None = None
    until: float
    confirm_after: float | None = None
    among: Among | None = None
    between: str = "visits"
    of: str = "patients"
    relative: bool = False
    locator: str = ""
    note: str = ""
    miss: str = ""

    @property
    def unit(self) -> str:
        """Unit of the endpoint's value."""
        return "%" if self.relative else KINDS[self.kind].unit

    @property
    def needs_igg(self) -> bool:
        """Whether it is read off IgG rather than the count."""
        return self.kind.startswith("igg")


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A trial: its populations with the share of patients each gives, arms and endpoints by key, and sources."""

    key: str
    title: str
    description: str
    role: str
    populations: Mapping[str, float]
    entry: Entry
    measurement: Measurement
    arms: Mapping[str, Arm]
    endpoints: Mapping[str, Endpoint]
    sources: Mapping[str, Source]
    locator: str = ""
    note: str = ""
