"""The products of ``params/products.toml``, checked, and regimens given as one of them."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pandas as pd

from itp_sim import checks
from itp_sim.dosing import Fact, Infusion, Product, RateStep, Regimen
from itp_sim.errors import InputError, ParameterFileError
from itp_sim.files import params_dir, read_toml
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.records import Source, sources
from itp_sim.regimen_text import parse

#: Its label names both regimens that trials compare most, 1 g/kg twice and 0.4 g/kg five times.
DEFAULT_PRODUCT = "Gamunex-C"

EVIDENCE = ("label", "measured", "assumed", "missing")

#: Products by name, and pairs of another name and the product's.
_Products = tuple[Mapping[str, Product], tuple[tuple[str, str], ...]]


def regimen(text: str, product: str | Product = DEFAULT_PRODUCT) -> Regimen:
    """Return the regimen that `text` describes, given as `product`.

    Parameters
    ----------
    text
        "1 g/kg daily x 2", "70 g over 5 h on day 0 and 21"; the dose is always that of one infusion. The grammar is in
        `regimen_text`.
    product
        Name of a product, or a `Product` of your own: it gives the label's rates, the concentration and the vials. By
        default Gamunex-C, whose label names both regimens that trials compare most.

    Raises
    ------
    InputError
        If the text cannot be read or a number is out of range.
    UnknownNameError
        If there is no such product.
    """
    doses = parse(text)
    return Regimen(doses, product if isinstance(product, Product) else _found(product))


def product(name: str) -> Product:
    """Return the product of that name; case, spaces and hyphens do not matter.

    Raises
    ------
    UnknownNameError
        If there is none; says the nearest name.
    """
    return _found(name)


def products() -> pd.DataFrame:
    """Return a table of the products: contents, vials, label rates, hours for 1 g/kg, indication, sources.

    Returns
    -------
    pandas.DataFrame
        One row a product. `assumed` and `missing` name the facts that were not seen; `product(name).provenance` gives
        source and place of each. `attrs` carry the citations and the research-only statement.
    """
    found, _ = _packaged()
    table = pd.DataFrame([_row(item) for item in found.values()], index=pd.Index(found, name="product"))
    keys = sorted({fact.source for item in found.values() for fact in item.facts} - {""})
    table.attrs = {"citations": {key: sources()[key].citation for key in keys}, "notice": RESEARCH_ONLY}
    return table


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
    for name, given in read_toml(path).items():
        where = f"{path}, [{name}]"
        table = _table(where, given, required=tuple(_FACTS), optional=("aliases", "at_risk_rate", "notes"))
        for alias in _list(f"{where} aliases", table.get("aliases", []), _text):
            aliases.append((alias, name))
        found[name] = _product(where, name, table, known)
    if not found:
        raise ParameterFileError(f"{path} has no product: write a table for each")
    return found, tuple(aliases)


def _found(name: object) -> Product:
    found, aliases = _packaged()
    return found[checks.name("product", name, found, aliases)]


def _packaged() -> _Products:
    """Products and aliases of the package; its files are read again when they have changed."""
    files = (params_dir() / "products.toml", params_dir() / "sources.toml")
    return _remembered(files[0], *map(_stamp, files))


@lru_cache(maxsize=8)
def _remembered(path: Path, *_: tuple[int, int]) -> _Products:
    found, aliases = read_products(path, sources())
    return MappingProxyType(found), aliases


def _stamp(path: Path) -> tuple[int, int]:
    """Time and size of a file, so that what is remembered of it is dropped when it changes."""
    try:
        status = path.stat()
    except OSError:  # read_toml says what is wrong
        return (0, 0)
    return (status.st_mtime_ns, status.st_size)


def _row(item: Product) -> dict[str, object]:
    names = {kind: [f.name for f in item.facts if f.evidence == kind] for kind in EVIDENCE}
    hour = Infusion(0.0, 1.0, item.ramp(1.0, 1.0)).hours
    return {
        "maker": item.maker or "not seen",
        "g_per_mL": item.concentration,
        "vials_g": ", ".join(f"{grams:g}" for grams, _ in item.vials),
        "rates_mg_per_kg_min": ", ".join(map(str, item.steps)),
        "max_rate_mg_per_kg_min": item.maximum_rate,
        "at_risk_rate_mg_per_kg_min": item.at_risk_rate,
        "hours_for_1_g_per_kg": hour,
        "indicated_in_itp": {True: "yes", False: "no", None: "not seen"}[item.indicated],
        "indication": item.indication or "not seen",
        "itp_regimens": "; ".join(item.itp_regimens),
        "assumed": ", ".join(names["assumed"]),
        "missing": ", ".join(names["missing"]),
        "sources": ", ".join(sorted({f.source for f in item.facts} - {""})),
        "notes": " ".join(item.notes),
    }


def _product(where: str, name: str, table: Mapping[str, Any], known: Mapping[str, Source]) -> Product:
    values: dict[str, Any] = {}
    facts: list[Fact] = []
    for key, format_ in (_FACTS | _OPTIONAL).items():
        values[key] = None
        if key in table:
            values[key], fact = _fact(f"{where} {key}", key, table[key], format_)
            facts.append(_grounded(f"{where} {key}", fact, known))
    notes = []
    for at, given in enumerate(_list(f"{where} notes", table.get("notes", []), lambda _, note: note), start=1):
        text, fact = _fact(f"{where} notes {at}", f"note {at}", given, _Format("", _text))
        facts.append(_grounded(f"{where} notes {at}", fact, known))
        notes.append(text)
    rates = [values["initial_rate"], *values["intermediate_rates"], values["maximum_rate"]]
    minutes = [*values["step_minutes"], None]
    if len(rates) != len(minutes):
        raise ParameterFileError(
            f"{where} step_minutes has {len(minutes) - 1} entries for {len(rates) - 1} rates below the maximum: "
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
        raise ParameterFileError(f"{where}: {error}") from None


class _Format(NamedTuple):
    """How the value of a fact is written."""

    unit: str
    read: Callable[[str, Any], Any]
    may_be_missing: bool = False


def _fact(where: str, name: str, given: object, format_: _Format) -> tuple[Any, Fact]:
    """Value of a fact, None if missing, and where it comes from."""
    optional = ("value", "source", "locator", "note", "reported")
    table = _table(where, given, required=("evidence",), optional=("unit", *optional))
    if table.get("unit", "") != format_.unit:
        raise ParameterFileError(f"{where} unit is {checks.shown(table.get('unit'))}: write unit = {format_.unit!r}")
    evidence = _one_of(f"{where} evidence", table["evidence"], EVIDENCE)
    texts = {key: _text(f"{where} {key}", table[key]) for key in ("source", "locator", "note") if key in table}
    fact = Fact(name, evidence, format_.unit, **texts, reported=_reported(f"{where} reported", table.get("reported")))
    if evidence == "missing":
        if not format_.may_be_missing:
            raise ParameterFileError(
                f"{where} is missing and nothing can be dosed without it: assume a value, and say why"
            )
        if "value" in table:
            raise ParameterFileError(f"{where} is missing and has a value: delete the value, or name its evidence")
        return None, fact
    if "value" not in table:
        raise ParameterFileError(f"{where} has no value: give one, or write evidence = 'missing'")
    return format_.read(f"{where} value", table["value"]), fact


def _grounded(where: str, fact: Fact, known: Mapping[str, Source]) -> Fact:
    """`fact`, if it has a source that was seen and a place in it; or, where not seen, a note that says why."""
    if fact.source:
        _one_of(f"{where} source", fact.source, known)
    if fact.evidence in ("assumed", "missing"):
        if not fact.note:
            raise ParameterFileError(f"{where} is {fact.evidence} and has no note: say why in `note`")
    elif not fact.source or not fact.locator:
        lacking = "locator" if fact.source else "source"
        raise ParameterFileError(f"{where} has no {lacking}: name it, or write evidence = 'assumed'")
    elif known[fact.source].unverified:
        raise ParameterFileError(f"{where} rests on {fact.source!r}, which is unverified: write evidence = 'assumed'")
    return fact


# --- how values are written; each message starts with file and key ----------------------------------------------------


def _table(where: str, given: object, *, required: tuple[str, ...], optional: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(given, dict):
        raise ParameterFileError(f"{where} is {checks.shown(given)}: write a table with {checks.listed(required)}")
    for key in given:
        _one_of(f"{where} key", key, (*required, *optional))
    lacking = [key for key in required if key not in given]
    if lacking:
        raise ParameterFileError(f"{where} lacks {checks.listed(lacking)}: see the first lines of the file")
    return given


def _one_of(where: str, given: object, allowed: Mapping[str, object] | tuple[str, ...]) -> str:
    try:
        found = checks.name("entry", given, allowed)
    except InputError as error:
        raise ParameterFileError(f"{where}: {error}") from None
    if found != given:  # in files upper and lower case are not alike
        raise ParameterFileError(f"{where} is {checks.shown(given)}: write {found!r}")
    return found


def _text(where: str, given: object) -> str:
    if not isinstance(given, str) or not given.strip():
        raise ParameterFileError(f"{where} is {checks.shown(given)}: write text in quotes")
    return given


def _number(where: str, given: object) -> float:
    try:
        return checks.number(where, given, 0.0, 100_000.0, open_low=True)
    except InputError as error:
        raise ParameterFileError(str(error)) from None


def _truth(where: str, given: object) -> bool:
    if not isinstance(given, bool):
        raise ParameterFileError(f"{where} is {checks.shown(given)}: write true or false")
    return given


def _list(where: str, given: object, read: Callable[[str, Any], Any]) -> tuple[Any, ...]:
    if not isinstance(given, list):
        raise ParameterFileError(f"{where} is {checks.shown(given)}: write a list in square brackets")
    return tuple(read(where, item) for item in given)


def _numbers(where: str, given: object) -> tuple[float, ...]:
    return _list(where, given, _number)


def _pairs(where: str, given: object) -> tuple[tuple[float, ...], ...]:
    pairs: tuple[tuple[float, ...], ...] = _list(where, given, _numbers)
    for pair in pairs:
        if len(pair) != 2:
            raise ParameterFileError(f"{where} has {checks.shown(list(pair))}: write [g, mL] for each vial")
    return pairs


def _regimens(where: str, given: object) -> tuple[str, ...]:
    texts: tuple[str, ...] = _list(where, given, _text)
    for text in texts:
        try:
            parse(text)
        except InputError as error:
            raise ParameterFileError(f"{where}: {error}") from None
    return texts


def _reported(where: str, given: object) -> str:
    """The value as printed, in words."""
    if given is None:
        return ""
    table = _table(where, given, required=("value", "unit"), optional=())
    value = table["value"]
    numbers = _numbers(f"{where} value", value if isinstance(value, list) else [value])
    return ", ".join(f"{x:g}" for x in numbers) + " " + _text(f"{where} unit", table["unit"])


_FACTS = {
    "maker": _Format("", _text, may_be_missing=True),
    "concentration": _Format("g/mL", _number),
    "vials": _Format("g, mL", _pairs),
    "initial_rate": _Format("mg/kg/min", _number),
    "intermediate_rates": _Format("mg/kg/min", _numbers),
    "maximum_rate": _Format("mg/kg/min", _number),
    "step_minutes": _Format("min", _numbers),
    "indicated": _Format("", _truth, may_be_missing=True),
    "indication": _Format("", _text, may_be_missing=True),
    "itp_regimens": _Format("", _regimens, may_be_missing=True),
}
_OPTIONAL = {"at_risk_rate": _Format("mg/kg/min", _number)}
