"""Records: one checked entry per parameter of the equations, with its evidence, and how parameters go together."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from itp_sim import checks
from itp_sim.equations import Label
from itp_sim.errors import ParameterFileError
from itp_sim.evidence import EVIDENCE, Source, grounds
from itp_sim.tables import Table, number, one_of, pair, rows, table, text

#: Parameters that are shares of a whole, from 0 to 1.
SHARES = frozenset(
    {"blockade_effect", "fcrn_block", "fcgr_block", "FIND", "FSPL", "spleen", "PHI", "FP", "FM", "tpo_feedback"}
)
#: Parameters that may be zero: the mechanism is absent. The others divide, or scale what a patient cannot be without.
MAY_BE_ZERO = SHARES | {"fcrn_effect", "Q", "KACT", "HA", "KREM", "JH", "GTPO"}
#: Widest spreads: coefficient of variation, and standard deviation of the logit of a share.
WIDEST_CV, WIDEST_LOGIT_SD = 10.0, 5.0


@dataclass(frozen=True, kw_only=True)
class Reported:
    """A number as it was printed, before it was converted."""

    value: float
    unit: str


@dataclass(frozen=True, kw_only=True)
class Record:
    """One parameter of a population: typical value, spread between patients, plausible range and evidence.

    `value`, `range` and `truncate` are in `unit`. `value` is the median of the population: of a log-normal with
    coefficient of variation `cv`, or of a share whose logit is normal with standard deviation `logit_sd`.
    """

    name: str
    symbol: str
    value: float
    unit: str
    meaning: str
    evidence: str
    range: tuple[float, float]
    source: tuple[str, ...] = ()
    locator: str = ""
    reported: Reported | None = None
    note: str = ""
    cv: float | None = None
    logit_sd: float | None = None
    truncate: tuple[float, float] | None = None

    @property
    def omega(self) -> float:
        """Standard deviation between patients of the logarithm, or of the logit if `logit_sd` is given; 0 for none."""
        if self.logit_sd is not None:
            return self.logit_sd
        return 0.0 if self.cv is None else math.sqrt(math.log1p(self.cv**2))

    @property
    def is_first_value(self) -> bool:
        """Whether the note says that the value is a first one: set by hand, not calibrated."""
        return self.note.startswith("A first value")

    @property
    def limits(self) -> tuple[float, float]:
        """Ends between which virtual patients are drawn: `truncate`, else `range`."""
        return self.truncate or self.range


@dataclass(frozen=True, kw_only=True)
class Correlation:
    """How two parameters go together between patients: the correlation of their normal scores (Gaussian copula)."""

    between: tuple[str, str]
    value: float
    evidence: str
    source: tuple[str, ...] = ()
    locator: str = ""
    note: str = ""


def read_record(where: str, given: object, *, name: str, label: Label, known: Mapping[str, Source]) -> Record:
    """Read the record of one parameter; the format is in params/README.md.

    Parameters
    ----------
    where
        File and table, as messages name them.
    given
        The table, as `tomllib` gives it.
    name, label
        The parameter, and the unit, symbol and meaning that the equations declare for it.
    known
        Sources that it may name.

    Raises
    ------
    ParameterFileError
        If the record breaks the format.
    """
    found = table(
        where,
        given,
        required=("symbol", "value", "unit", "meaning", "evidence", "range"),
        optional=("source", "locator", "reported", "note", "cv", "logit_sd", "truncate"),
    )
    for key, declared in label._asdict().items():
        if found.content[key] != declared:
            shown = checks.shown(found.content[key])
            raise ParameterFileError(f"{found.at(key)} is {shown}: the equations declare {declared!r}")
    high = 0.9 if name == "PHI" else 1.0 if name in SHARES else 1e6  # PHI of 1 would leave no blood count
    ends = found.read("range", pair, 0.0, high, label.unit, open_low=name not in MAY_BE_ZERO)
    value = found.read("value", number, *ends, label.unit)
    return Record(
        name=name,
        value=value,
        range=ends,
        reported=found.get("reported", _reported),
        **label._asdict(),
        **grounds(found, EVIDENCE, known)._asdict(),
        **_spread(found, value, ends, share=name in SHARES),
    )


def _reported(where: str, given: object) -> Reported:
    printed = table(where, given, required=("value", "unit"))
    return Reported(value=printed.read("value", number, -math.inf, math.inf), unit=printed.read("unit", text))


def _spread(found: Table, value: float, ends: tuple[float, float], *, share: bool) -> dict[str, Any]:
    """The spread between patients: `logit_sd` of a share or `cv` of anything else, and `truncate`."""
    spread: dict[str, Any] = {}
    kind, other, highest = ("logit_sd", "cv", WIDEST_LOGIT_SD) if share else ("cv", "logit_sd", WIDEST_CV)
    if other in found:
        raise ParameterFileError(
            f"{found.where} has {other}: logit_sd is for shares of a whole, cv for all else; give {kind}"
        )
    if kind in found:
        spread[kind] = found.read(kind, number, 0.0, highest, open_low=True)
        if not 0 < value < (1 if share else math.inf):
            raise ParameterFileError(
                f"{found.where} has {kind} and value {value:g}: nothing varies around it; delete {kind}"
            )
    if "truncate" in found:
        if not spread:
            raise ParameterFileError(f"{found.where} has truncate and no spread: give cv or logit_sd too, or delete it")
        spread["truncate"] = found.read("truncate", pair, *ends)
        found.read("value", number, *spread["truncate"])
    return spread


def read_correlations(
    path: str, given: object, *, found: Mapping[str, Record], known: Mapping[str, Source]
) -> tuple[Correlation, ...]:
    """Read correlations of parameters that vary, each pair once, that can all be true together.

    Parameters
    ----------
    path
        The file, as messages name it.
    given
        The list ``[[correlations]]``, as `tomllib` gives it.
    found
        Records of the population by parameter.
    known
        Sources that may be named.

    Raises
    ------
    ParameterFileError
        If an entry breaks the format of params/README.md, or all of them cannot be true together.
    """
    if not isinstance(given, list):
        raise ParameterFileError(f"{path}, correlations is {checks.shown(given)}: write [[correlations]] for each pair")
    varied = [name for name, record in found.items() if record.omega > 0]
    read: dict[frozenset[str], Correlation] = {}
    optional = ("source", "locator", "note")
    for row in rows(f"{path}, [[correlations]]", given, required=("between", "value", "evidence"), optional=optional):
        first, second = row.read("between", _two_of, varied)
        if frozenset((first, second)) in read:
            raise ParameterFileError(f"{row.where} is a second one between {first} and {second}: delete one")
        read[frozenset((first, second))] = Correlation(
            between=(first, second),
            value=row.read("value", number, -0.999, 0.999),
            **grounds(row, EVIDENCE, known)._asdict(),
        )
    if not _possible(varied, read):
        raise ParameterFileError(f"{path}, [[correlations]] cannot all be true together: bring some nearer to 0")
    return tuple(read.values())


def _two_of(where: str, given: object, allowed: Sequence[str]) -> tuple[str, str]:
    if not isinstance(given, list) or len(given) != 2 or given[0] == given[1]:
        raise ParameterFileError(f"{where} is {checks.shown(given)}: write two names, as in ['V1', 'IC50']")
    first, second = (one_of(where, name, allowed) for name in given)
    return first, second


def _possible(names: Sequence[str], read: Mapping[frozenset[str], Correlation]) -> bool:
    """Whether the matrix of correlations is positive definite: Cholesky's rows have a real diagonal."""
    lower: list[list[float]] = []
    for i, name in enumerate(names):
        row: list[float] = []
        for j, other in enumerate(names[:i]):
            given = read.get(frozenset((name, other)))
            shared = sum(a * b for a, b in zip(row, lower[j][:j], strict=True))
            row.append(((given.value if given else 0.0) - shared) / lower[j][j])
        left = 1.0 - sum(a * a for a in row)
        if left < 1e-9:
            return False
        lower.append([*row, math.sqrt(left)])
    return True
