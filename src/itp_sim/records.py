"""Records: one checked entry per parameter of the equations, with its evidence, and the sources that they name."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_type_hints

from itp_sim import checks
from itp_sim.equations import Parameters
from itp_sim.errors import InputError, ParameterFileError, UnknownNameError
from itp_sim.files import params_dir, read_toml

#: How a number is known, best first; see params/README.md.
EVIDENCE = ("measured", "fitted", "derived", "assumed")
#: Parameters that are shares of a whole, from 0 to 1.
SHARES = frozenset({"blockade_effect", "fcrn_block", "fcgr_block", "FIND", "FSPL", "spleen", "PHI", "FP", "FM", "tpo_feedback"})
#: Parameters that may be zero: the mechanism is absent. The others divide, or scale what a patient cannot be without.
MAY_BE_ZERO = SHARES | {"fcrn_effect", "Q", "KACT", "HA", "KREM", "JH", "GTPO"}


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


def _record(where: str, name: str, given: object, known: Mapping[str, Source]) -> Record:
    table = _table(
        where,
        given,
        required=("symbol", "value", "unit", "meaning", "evidence", "range"),
        optional=("source", "locator", "reported", "note", "cv", "logit_sd", "truncate"),
    )
    for key, text in declared()[name].items():
        if table[key] != text:
            raise ParameterFileError(f"{where} {key} is {checks.shown(table[key])}: the equations declare {text!r}")
    unit = table["unit"]
    high = 0.9 if name == "PHI" else 1.0 if name in SHARES else 1e6  # PHI of 1 would leave no blood count
    ends = _pair(f"{where} range", table["range"], (0.0, high), unit=unit, open_low=name not in MAY_BE_ZERO)
    value = _number(f"{where} value", table["value"], ends, unit=unit)
    evidence, source, locator, note = _evidence(where, table, known)
    return Record(
        name=name,
        symbol=table["symbol"],
        value=value,
        unit=unit,
        meaning=table["meaning"],
        evidence=evidence,
        range=ends,
        source=source,
        locator=locator,
        reported=_reported(f"{where} reported", table["reported"]) if "reported" in table else None,
        note=note,
        **_spread(where, table, value, ends=ends, share=name in SHARES),
    )


def _spread(
    where: str, table: Mapping[str, Any], value: float, *, ends: tuple[float, float], share: bool
) -> dict[str, Any]:
    """The spread between patients: `logit_sd` of a share or `cv` of anything else, and `truncate`."""
    found: dict[str, Any] = {}
    kind, other, highest = ("logit_sd", "cv", 5.0) if share else ("cv", "logit_sd", 3.0)
    if other in table:
        raise ParameterFileError(
            f"{where} has {other}: logit_sd is for shares of a whole, cv for all else; give {kind}"
        )
    if kind in table:
        found[kind] = _number(f"{where} {kind}", table[kind], (0.0, highest), open_low=True)
        if not 0 < value < (1 if share else math.inf):
            raise ParameterFileError(f"{where} has {kind} and value {value:g}: nothing varies around it; delete {kind}")
    if "truncate" in table:
        if not found:
            raise ParameterFileError(f"{where} has truncate and no spread: give cv or logit_sd too, or delete it")
        found["truncate"] = _pair(f"{where} truncate", table["truncate"], ends)
        _number(f"{where} value", value, found["truncate"])
    return found


def _correlations(
    path: str, given: object, found: Mapping[str, Record], known: Mapping[str, Source]
) -> tuple[Correlation, ...]:
    """Correlations of parameters that vary, each pair once, that can all be true together."""
    if not isinstance(given, list):
        raise ParameterFileError(f"{path}, correlations is {checks.shown(given)}: write [[correlations]] for each pair")
    varied = [name for name, record in found.items() if record.omega > 0]
    read: dict[frozenset[str], Correlation] = {}
    for at, entry in enumerate(given, start=1):
        where = f"{path}, [[correlations]] {at}"
        optional = ("source", "locator", "note")
        table = _table(where, entry, required=("between", "value", "evidence"), optional=optional)
        pair = table["between"]
        if not isinstance(pair, list) or len(pair) != 2 or pair[0] == pair[1]:
            raise ParameterFileError(f"{where} between is {checks.shown(pair)}: write two names, as in ['V1', 'IC50']")
        first, second = (_one_of(f"{where} between", name, varied) for name in pair)
        if frozenset(pair) in read:
            raise ParameterFileError(f"{where} is a second one between {first} and {second}: delete one")
        value = _number(f"{where} value", table["value"], (-0.999, 0.999))
        evidence, source, locator, note = _evidence(where, table, known)
        read[frozenset(pair)] = Correlation(
            between=(first, second), value=value, evidence=evidence, source=source, locator=locator, note=note
        )
    if not _possible(varied, read):
        raise ParameterFileError(f"{path}, [[correlations]] cannot all be true together: bring some nearer to 0")
    return tuple(read.values())


def _possible(names: Sequence[str], read: Mapping[frozenset[str], Correlation]) -> bool:
    """Whether the matrix of correlations is positive definite: Cholesky's rows have a real diagonal."""
    rows: list[list[float]] = []
    for i, name in enumerate(names):
        row: list[float] = []
        for j, other in enumerate(names[:i]):
            pair = read.get(frozenset((name, other)))
            shared = sum(a * b for a, b in zip(row, rows[j][:j], strict=True))
            row.append(((pair.value if pair else 0.0) - shared) / rows[j][j])
        left = 1.0 - sum(a * a for a in row)
        if left < 1e-9:
            return False
        rows.append([*row, math.sqrt(left)])
    return True


