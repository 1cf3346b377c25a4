"""The products of ``params/products.toml``, and regimens given as one of them."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from itp_sim import checks
from itp_sim.dosing import Infusion, Product, Regimen
from itp_sim.evidence import sources
from itp_sim.files import Stamp, params_dir, stamp
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.product_file import DEFAULT_PRODUCT, EVIDENCE, read_products
from itp_sim.regimen_text import parse

__all__ = ["DEFAULT_PRODUCT", "course_range", "product", "products", "regimen"]

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

    Returns
    -------
    Regimen
        Doses and product. Printed, it says grams and hours; its `plan` works them out for one patient, with the vials.

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
    """Return the product of that name.

    Parameters
    ----------
    name
        Trade name, or another that ``params/products.toml`` has for it; case, spaces and hyphens do not matter.

    Returns
    -------
    Product
        Contents, vials and label rates; `provenance` says where each was read.

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
        One row a product, with IgG [g/mL], vials [g], rates [mg/kg/min] and hours for 1 g/kg. `assumed` and `missing`
        name the facts that were not seen; `product(name).provenance` gives source and place of each. `attrs` carry the
        citations and the research-only statement.

    Raises
    ------
    ParameterFileError
        If ``params/products.toml`` or ``params/sources.toml`` breaks its format.
    """
    found, _ = _packaged()
    table = pd.DataFrame([_row(item) for item in found.values()], index=pd.Index(found, name="product"))
    keys = sorted({fact.source for item in found.values() for fact in item.facts} - {""})
    table.attrs = {"citations": {key: sources()[key].citation for key in keys}, "notice": RESEARCH_ONLY}
    return table


def course_range() -> tuple[float, float]:
    """Return the least and the largest total dose [g/kg] of the regimens by weight that product labels give in ITP."""
    found, _ = _packaged()
    return _least_and_largest(tuple(text for item in found.values() for text in item.itp_regimens))


@lru_cache(maxsize=8)
def _least_and_largest(texts: tuple[str, ...]) -> tuple[float, float]:
    courses = map(parse, texts)
    totals = [sum(dose.amount for dose in doses) for doses in courses if all(dose.per_kg for dose in doses)]
    return min(totals), max(totals)


def _found(name: object) -> Product:
    found, aliases = _packaged()
    return found[checks.name("product", name, found, aliases)]


def _packaged() -> _Products:
    """Products and aliases of the package; its files are read again when they have changed."""
    files = (params_dir() / "products.toml", params_dir() / "sources.toml")
    return _remembered(files[0], *map(stamp, files))


@lru_cache(maxsize=8)
def _remembered(path: Path, *_: Stamp) -> _Products:
    found, aliases = read_products(path, sources())
    return MappingProxyType(found), aliases


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
