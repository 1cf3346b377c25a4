"""Files of products: each fact checked, with the source and place where it was seen."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from itp_sim import checks
from itp_sim.dosing import Fact, Product, RateStep
from itp_sim.errors import InputError, ParameterFileError
from itp_sim.evidence import Source, grounds
from itp_sim.regimen_text import parse
from itp_sim.tables import Table, items, number, one_of, parsed, sections, table, text, truth

#: Its label names both regimens that trials compare most, 1 g/kg twice and 0.4 g/kg five times.
DEFAULT_PRODUCT = "Gamunex-C"

#: How a fact is known; see the first lines of params/products.toml.
EVIDENCE = ("label", "measured", "assumed", "missing")


def read_products(path: Path, known: Mapping[str, Source]) -> tuple[dict[str, Product], tuple[tuple[str, str], ...]]:
    """Read a file of products; its first lines say the format.

    Parameters
    ----------
    path
        The TOML file.
    known
        Sources that its facts may name.

    Returns
    -------
    products
        By name, in the order of the file.
    aliases
        Pairs of another name and the product's.

    Raises
    ------
    ParameterFileError
        If the file breaks its format; says file, key, value and what is allowed.
    """
    found: dict[str, Product] = {}
    aliases: list[tuple[str, str]] = []
    for name, given in sections(path, required=tuple(_FACTS), optional=("aliases", *_OPTIONAL, "notes")).items():
        aliases += [(alias, name) for alias in given.get("aliases", items, text) or ()]
        found[name] = _product(name, given, known)
    if not found:
        raise ParameterFileError(f"{path} has no product: write a table for each")
    return found, tuple(aliases)


def _product(name: str, given: Table, known: Mapping[str, Source]) -> Product:
    values: dict[str, Any] = {}
    facts: list[Fact] = []
    for key, written in (_FACTS | _OPTIONAL).items():
        values[key] = None
        if key in given:
            values[key], fact = given.read(key, _fact, name=key, written=written, known=known)
            facts.append(fact)
    notes = []
    for at, note in enumerate(given.get("notes", items, _any) or (), start=1):
        words, fact = _fact(
            f"{given.at('notes')} {at}", note, name=f"note {at}", written=_Format("", text), known=known
        )
        facts.append(fact)
        notes.append(words)
    rates = [values["initial_rate"], *values["intermediate_rates"], values["maximum_rate"]]
    minutes = [*values["step_minutes"], None]
    if len(rates) != len(minutes):
        raise ParameterFileError(
            f"{given.where} step_minutes has {len(minutes) - 1} entries for {len(rates) - 1} rates below the maximum: "
            "give one for initial_rate and one for each of intermediate_rates"
        )
    try:
        return Product(
            name=name,
            concentration=values["concentration"],
            vials=values["vials"],
            steps=tuple(RateStep(rate, held) for rate, held in zip(rates, minutes, strict=True)),
            maker=values["maker"],
            indicated=values["indicated"],
            indication=values["indication"],
            itp_regimens=values["itp_regimens"] or (),
            at_risk_rate=values["at_risk_rate"],
            notes=tuple(notes),
            facts=tuple(facts),
        )
    except InputError as error:
        raise ParameterFileError(f"{given.where}: {error}") from None


class _Format(NamedTuple):
    """How the value of a fact is written."""

    unit: str
    read: Callable[[str, object], Any]
    may_be_missing: bool = False


def _fact(where: str, given: object, *, name: str, written: _Format, known: Mapping[str, Source]) -> tuple[Any, Fact]:
    """Value of a fact, None if missing, and where it comes from."""
    optional = ("value", "unit", "source", "locator", "note", "reported")
    found = table(where, given, required=("evidence",), optional=optional)
    if found.content.get("unit", "") != written.unit:
        unit = checks.shown(found.content.get("unit"))
        raise ParameterFileError(f"{found.at('unit')} is {unit}: write unit = {written.unit!r}")
    seen = grounds(found, EVIDENCE, known)
    source = found.get("source", one_of, known) or ""  # a fact has one source
    fact = Fact(
        name,
        seen.evidence,
        written.unit,
        source=source,
        locator=seen.locator,
        note=seen.note,
        reported=found.get("reported", _reported) or "",
    )
    if seen.evidence == "missing":
        if not written.may_be_missing:
            raise ParameterFileError(
                f"{where} is missing and nothing can be dosed without it: assume a value, and say why"
            )
        if "value" in found:
            raise ParameterFileError(f"{where} is missing and has a value: delete the value, or name its evidence")
        return None, fact
    if "value" not in found:
        raise ParameterFileError(f"{where} has no value: give one, or write evidence = 'missing'")
    return found.read("value", written.read), fact


# --- how values are written -------------------------------------------------------------------------------------------


def _number(where: str, given: object) -> float:
    return number(where, given, 0.0, 100_000.0, open_low=True)


def _numbers(where: str, given: object) -> tuple[float, ...]:
    return items(where, given, _number)


def _pairs(where: str, given: object) -> tuple[tuple[float, ...], ...]:
    pairs = items(where, given, _numbers)
    for pair in pairs:
        if len(pair) != 2:
            raise ParameterFileError(f"{where} has {checks.shown(list(pair))}: write [g, mL] for each vial")
    return pairs


def _regimen(where: str, given: object) -> str:
    parsed(where, given, parse)
    return text(where, given)


def _regimens(where: str, given: object) -> tuple[str, ...]:
    return items(where, given, _regimen)


def _any(_: str, given: object) -> object:
    return given


def _reported(where: str, given: object) -> str:
    """The value as printed, in words."""
    printed = table(where, given, required=("value", "unit"))
    value = printed.content["value"]
    numbers = _numbers(printed.at("value"), value if isinstance(value, list) else [value])
    return ", ".join(f"{x:g}" for x in numbers) + " " + printed.read("unit", text)


_FACTS = {
    "maker": _Format("", text, may_be_missing=True),
    "concentration": _Format("g/mL", _number),
    "vials": _Format("g, mL", _pairs),
    "initial_rate": _Format("mg/kg/min", _number),
    "intermediate_rates": _Format("mg/kg/min", _numbers),
    "maximum_rate": _Format("mg/kg/min", _number),
    "step_minutes": _Format("min", _numbers),
    "indicated": _Format("", truth, may_be_missing=True),
    "indication": _Format("", text, may_be_missing=True),
    "itp_regimens": _Format("", _regimens, may_be_missing=True),
}
_OPTIONAL = {"at_risk_rate": _Format("mg/kg/min", _number)}
