"""Draws of how the fitted numbers of a population may be: ``params/posterior``, one file a population."""

import csv
from collections.abc import Iterator, Mapping
from functools import lru_cache
from io import StringIO
from os import PathLike
from pathlib import Path
from types import MappingProxyType

from itp_sim import checks
from itp_sim.errors import InputError, ParameterFileError, UnknownNameError
from itp_sim.files import Stamp, params_dir, read_text, stamp
from itp_sim.parameters import parameter_name, population_key, records
from itp_sim.records import SHARES, WIDEST_CV, WIDEST_LOGIT_SD, Record
from itp_sim.usual import DEFAULT_POPULATION

#: What stands after the name of a parameter whose spread a column holds.
SPREAD = " spread"
#: Fewest draws and most in a file, and its largest size [bytes].
FEWEST, MOST, MAX_BYTES = 2, 10_000, 10_000_000

#: One draw, as `virtual_patients` takes it: medians and spreads by name of the parameter.
Draw = Mapping[str, Mapping[str, float]]


def posterior(
    population: str | PathLike[str] = DEFAULT_POPULATION,
    n: int | None = None,
    *,
    path: str | PathLike[str] | None = None,
) -> list[dict[str, Draw]]:
    """Return draws of how the fitted numbers of a population may be, given what they were fitted to.

    They say how little the published results determine the numbers. How much patients differ is another thing: that is
    in the spreads, of which each draw has its own.

    Parameters
    ----------
    population
        Name of a population, or path of an own file of records.
    n
        Number of draws, spread evenly over those of the file; by default all.
    path
        A CSV file of your own: one row a draw; a column "EPS" holds medians, in the unit of the record, "EPS spread"
        coefficients of variation, or standard deviations of the logit of a share.

    Returns
    -------
    list
        One mapping a draw, ``{population: {"typical": {...}, "spread": {...}}}``: what :func:`itp_sim.run_trial` and
        :func:`itp_sim.validate` take as `overrides`, and all of them as `parameters`; its inner mapping is `typical`
        and `spread` of :func:`itp_sim.virtual_patients`.

    Raises
    ------
    InputError
        If `n` is out of range, or the population has no draws.
    UnknownNameError
        If there is no such population.
    ParameterFileError
        If the file breaks the format, or a number is outside the range of its record.
    """
    key = population_key(population)
    file = _packaged() / f"{key}.csv" if path is None else Path(path)
    if path is None and not file.is_file():
        raise InputError(f"no draws of the numbers of {key} come with the package: give `path`, a CSV file of your own")
    rows = _read(file, key, stamp(file))
    n = len(rows) if n is None else checks.whole("n", n, FEWEST, len(rows))
    chosen = [rows[int((i + 0.5) * len(rows) / n)] for i in range(n)]
    return [{key: {kind: dict(numbers) for kind, numbers in row.items()}} for row in chosen]


def drawn_populations() -> tuple[str, ...]:
    """Names of the populations whose draws come with the package."""
    return tuple(path.stem for path in sorted(_packaged().glob("*.csv")))


def _packaged() -> Path:
    return params_dir() / "posterior"


@lru_cache(maxsize=4)
def _read(path: Path, population: str, _: Stamp) -> tuple[Draw, ...]:
    return read_draws(path, records(population))


def read_draws(path: Path, known: Mapping[str, Record]) -> tuple[Draw, ...]:
    """Read a file of draws; `known` are the records that they stand in for.

    Raises
    ------
    ParameterFileError
        As :func:`posterior`; names file, line and column.
    """
    lines = _rows(path)
    header = [name.strip() for name in next(lines, [])]
    columns = [_column(path, name, known) for name in header]
    if not columns or len(set(columns)) < len(columns):
        what = "gives a number twice" if columns else "is empty"
        raise ParameterFileError(f"{path} {what}: write each name once in the first line, as in EPS,EPS spread,FIND")
    draws: list[Draw] = []
    for at, row in enumerate(lines, start=2):
        if not row:
            continue
        if len(row) != len(columns):
            raise ParameterFileError(f"{path}, line {at} has {len(row)} numbers: the first line names {len(columns)}")
        draw: dict[str, dict[str, float]] = {"typical": {}, "spread": {}}
        for (kind, name), text in zip(columns, row, strict=True):
            draw[kind][name] = _number(f"{path}, line {at}, {kind} {name}", text, kind=kind, record=known[name])
        draws.append(MappingProxyType({kind: MappingProxyType(numbers) for kind, numbers in draw.items()}))
    if not FEWEST <= len(draws) <= MOST:
        raise ParameterFileError(f"{path} has {len(draws)} draws: write {FEWEST} to {MOST}, one a line")
    return tuple(draws)


def _rows(path: Path) -> Iterator[list[str]]:
    """Rows of a CSV file, as text."""
    lines = csv.reader(StringIO(read_text(path, what="a CSV file of draws", most=MAX_BYTES)))
    try:
        yield from lines
    except csv.Error as error:
        raise ParameterFileError(f"{path}, line {lines.line_num}: {error}; write plain numbers and commas") from None


def _column(path: Path, header: str, known: Mapping[str, Record]) -> tuple[str, str]:
    """Kind and parameter of a column."""
    given = header.removesuffix(SPREAD)
    try:
        name = parameter_name(given)
    except UnknownNameError as error:
        raise ParameterFileError(f"{path}, line 1: {error}") from None
    return "typical" if given == header else "spread", known[name].name


def _number(where: str, text: str, *, kind: str, record: Record) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ParameterFileError(f"{where} is {checks.shown(text)}: write a number, with a decimal point") from None
    try:
        if kind == "spread":
            return checks.number(where, value, 0.0, WIDEST_LOGIT_SD if record.name in SHARES else WIDEST_CV)
        return checks.number(where, value, *record.range, record.unit)
    except InputError as error:
        raise ParameterFileError(str(error)) from None
