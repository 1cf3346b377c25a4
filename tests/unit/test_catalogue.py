"""Products as their labels have them, each fact with a source, and a file that is read completely or refused."""

import json
import math
import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest

from itp_sim import RESEARCH_ONLY, catalogue
from itp_sim.catalogue import DEFAULT_PRODUCT, product, products, regimen
from itp_sim.dosing import Product, RateStep
from itp_sim.errors import InputError, ParameterFileError, UnknownNameError
from itp_sim.evidence import Source, sources
from itp_sim.files import params_dir
from itp_sim.product_file import read_products

FILE = params_dir() / "products.toml"
NAMES = (
    "Gamunex-C",
    "Privigen",
    "Gammagard Liquid",
    "Octagam 10%",
    "Panzyga",
    "Gammaplex 10%",
    "Flebogamma DIF 10%",
)
KNOWN = {
    "PI": Source(key="PI", citation="a label", kind="label", seen="label copy"),
    "MEMORY": Source(key="MEMORY", citation="a talk", kind="web", seen="recalled", unverified=True),
}


# --- the products as packaged -----------------------------------------------------------------------------------------


def test_the_products() -> None:
    assert tuple(products().index) == NAMES
    assert DEFAULT_PRODUCT == "Gamunex-C"
    assert product(DEFAULT_PRODUCT).itp_regimens == ("1 g/kg daily x 2", "0.4 g/kg daily x 5")


@pytest.mark.parametrize(
    ("name", "minutes"),
    [
        ("Octagam 10%", 166),
        ("Panzyga", 159),
        ("Gammaplex 10%", 175),
        ("Gamunex-C", 189),
        ("Privigen", 314),
        ("Flebogamma DIF 10%", 189),  # as Gamunex-C
        ("Gammagard Liquid", 200),  # 0.8, 1.6, 3.2, 6.4, 8 mg/kg/min: 120 min for 360 mg/kg, 80 for the rest
    ],
)
@pytest.mark.parametrize("weight", [20.0, 70.0, 130.0])
def test_minutes_for_1_g_per_kg_as_worked_out_by_hand(name: str, minutes: int, weight: float) -> None:
    (hours,) = regimen("1 g/kg", name).hours(weight)
    assert round(60 * hours) == minutes
    assert products().hours_for_1_g_per_kg[name] == pytest.approx(hours)
    assert 2.5 <= hours <= 6.0


@pytest.mark.parametrize(
    ("name", "rate"),
    [(name, {"Privigen": 4.0, "Octagam 10%": 12.0}.get(name, 8.0)) for name in NAMES],
)
def test_maximum_rates_in_itp(name: str, rate: float) -> None:
    assert product(name).maximum_rate == rate
    assert products().max_rate_mg_per_kg_min[name] == rate


@pytest.mark.parametrize(
    ("name", "grams"),
    [
        ("Gamunex-C", [1, 2.5, 5, 10, 20, 40]),
        ("Privigen", [2.5, 5, 10, 20, 40]),
        ("Gammagard Liquid", [1, 2.5, 5, 10, 20, 30]),
        ("Octagam 10%", [2, 5, 10, 20, 30]),
        ("Panzyga", [1, 2.5, 5, 10, 20, 30]),
        ("Gammaplex 10%", [5, 10, 20]),
        ("Flebogamma DIF 10%", [5, 10, 20]),
    ],
)
def test_vials_and_concentration(name: str, grams: list[float]) -> None:
    item = product(name)
    assert [g for g, _ in item.vials] == grams
    assert item.concentration == 0.1
    assert all(volume == pytest.approx(10 * g) for g, volume in item.vials)


def test_what_the_labels_say_about_itp() -> None:
    assert products().indicated_in_itp.to_dict() == dict.fromkeys(NAMES, "yes") | {
        "Gammagard Liquid": "no",
        "Flebogamma DIF 10%": "not seen",
    }
    assert products().itp_regimens["Gammagard Liquid"] == ""
    assert product("Flebogamma DIF 10%").provenance["itp_regimens"].evidence == "measured"


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("Gamunex-C", {"intermediate_rates", "step_minutes"}),
        ("Privigen", {"maker", "intermediate_rates", "step_minutes"}),
        ("Panzyga", {"maker", "intermediate_rates"}),
        ("Gammaplex 10%", {"maker", "vials"}),
        (
            "Flebogamma DIF 10%",
            {"maker", "initial_rate", "intermediate_rates", "maximum_rate", "step_minutes"},
        ),
    ],
)
def test_what_was_not_seen_is_called_assumed(name: str, facts: set[str]) -> None:
    found = product(name).provenance
    assert {key for key, fact in found.items() if fact.evidence == "assumed"} == facts
    assert set(products().assumed[name].split(", ")) == facts
    assert all(found[key].note for key in facts)


def test_each_fact_names_a_source_that_exists() -> None:
    known = sources()
    for name in NAMES:
        facts = product(name).facts
        assert len(facts) >= 10
        for fact in facts:
            assert fact.evidence in ("assumed", "missing") or (fact.source in known and fact.locator)


def test_steps_of_a_trial_are_not_called_those_of_a_label() -> None:
    steps = product("Gammaplex 10%").provenance["intermediate_rates"]
    assert (steps.evidence, sources()[steps.source].kind) == ("measured", "web")


def test_the_rules_of_the_dosing_weight_name_sources_that_exist() -> None:
    assert {"ONTARIO_IG_CALCULATOR", "NBA_BLOODSTAR"} <= set(sources())


def test_printed_values_convert_to_the_values() -> None:
    to_canonical = {"%": 0.01, "mg/mL": 0.001, "mL/kg/min": 100.0, "mL/kg/h": 100.0 / 60.0}  # of a 10% product
    checked = 0
    for facts in tomllib.loads(FILE.read_text(encoding="utf-8")).values():
        for fact in facts.values():
            if isinstance(fact, dict) and "reported" in fact:
                printed, unit = fact["reported"]["value"], fact["reported"]["unit"]
                # Labels print both units, each rounded: 0.03 mL/kg/min beside 3.3 mg/kg/min.
                slack = 0.1 if unit == "mL/kg/h" or fact["value"] == 3.3 else 1e-12
                for value, x in zip(
                    *(v if isinstance(v, list) else [v] for v in (fact["value"], printed)), strict=True
                ):
                    assert value == pytest.approx(x * to_canonical[unit], rel=slack)
                    checked += 1
    assert checked >= 20


def test_the_table_can_be_kept_and_says_what_it_is_for() -> None:
    table = products()
    assert table.attrs["notice"] == RESEARCH_ONLY
    named = {key for text in table.sources for key in text.split(", ")}
    assert named == set(table.attrs["citations"])
    assert json.dumps(table.attrs)
    assert table.rates_mg_per_kg_min["Privigen"] == "0.5 (30 min), 1 (30 min), 2 (30 min), 4"
    assert table.missing["Gamunex-C"] == "indication"
    assert table.indication["Gamunex-C"] == "not seen"
    assert table.maker["Gamunex-C"] == "Grifols"
    assert table.sources["Flebogamma DIF 10%"] == "APTE2019, FLEBOGAMMA10_PIL"
    assert "withheld" in table.notes["Gamunex-C"]
    assert math.isnan(table.at_risk_rate_mg_per_kg_min["Privigen"])
    assert table.at_risk_rate_mg_per_kg_min["Panzyga"] == 3.3


# --- names and regimens -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ("Gamunex-C", "Gamunex-C"),
        ("gamunex", "Gamunex-C"),
        ("GAMUNEX_C", "Gamunex-C"),
        ("privigen", "Privigen"),
        ("Octagam", "Octagam 10%"),
        ("octagam10%", "Octagam 10%"),
        ("Gammagard", "Gammagard Liquid"),
        ("Gammaplex", "Gammaplex 10%"),
        ("Flebogamma", "Flebogamma DIF 10%"),
    ],
)
def test_a_product_by_its_names(asked: str, name: str) -> None:
    assert product(asked).name == name


@pytest.mark.parametrize(("asked", "hint"), [("Gamunx", "did you mean 'Gamunex-C'"), ("Privgen", "'Privigen'")])
def test_a_slip_in_a_name_is_named(asked: str, hint: str) -> None:
    for call in (lambda: product(asked), lambda: regimen("1 g/kg", asked)):
        with pytest.raises(UnknownNameError, match=hint):
            call()


def test_what_is_no_name_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="product is None, not a name"):
        product(None)  # type: ignore[arg-type]


def test_a_regimen_of_the_default_product() -> None:
    made = regimen("1 g/kg daily x 2")
    assert str(made) == "2 x 1 g/kg = 2 g/kg, 140 g at 70 kg, 3.1 h each (Gamunex-C)"
    assert made.product == product("Gamunex-C")


def test_a_regimen_of_another_product() -> None:
    assert str(regimen("1 g/kg", product="Privigen")) == "1 g/kg, 70 g at 70 kg, 5.2 h (Privigen)"
    mine = Product("Mine", 0.05, ((5, 100),), (RateStep(2),))
    assert regimen("1 g/kg", product=mine).product is mine


def test_a_regimen_that_cannot_be_read() -> None:
    with pytest.raises(InputError, match="daily x 2"):
        regimen("1 g/kg x 2")


def test_the_plan_of_the_default_product() -> None:
    plan = regimen("70 g").plan(weight_kg=70)
    assert plan.vials[1] == "1 x 40 g + 1 x 20 g + 1 x 10 g"
    assert plan.attrs["indicated_in_itp"] is True


# --- the file ---------------------------------------------------------------------------------------------------------

FACTS: dict[str, dict[str, Any]] = {
    "maker": {"evidence": "missing", "note": "not seen"},
    "concentration": {"value": 0.1, "unit": "g/mL", "evidence": "label", "source": "PI", "locator": "name"},
    "vials": {"value": [[5, 50]], "unit": "g, mL", "evidence": "assumed", "note": "as others"},
    "initial_rate": {"value": 1, "unit": "mg/kg/min", "evidence": "assumed", "note": "as others"},
    "intermediate_rates": {"value": [2], "unit": "mg/kg/min", "evidence": "assumed", "note": "as others"},
    "maximum_rate": {"value": 4, "unit": "mg/kg/min", "evidence": "measured", "source": "PI", "locator": "p 2"},
    "step_minutes": {"value": [30, 15], "unit": "min", "evidence": "assumed", "note": "as others"},
    "indicated": {"evidence": "missing", "note": "not seen"},
    "indication": {"value": "ITP", "evidence": "label", "source": "PI", "locator": "p 1"},
    "itp_regimens": {"evidence": "missing", "note": "not seen"},
}


def toml(value: object) -> str:
    """A value as TOML writes it inline."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value)


def read(folder: Path, facts: dict[str, Any]) -> tuple[dict[str, Product], tuple[tuple[str, str], ...]]:
    path = folder / "mine.toml"
    path.write_text("[Mine]\n" + "".join(f"{key} = {toml(value)}\n" for key, value in facts.items()), encoding="utf-8")
    return read_products(path, KNOWN)


def test_a_file_of_your_own(tmp_path: Path) -> None:
    note = {"value": "Keep cool.", "evidence": "label", "source": "PI", "locator": "p 3"}
    risk = {"value": 2, "unit": "mg/kg/min", "evidence": "label", "source": "PI", "locator": "p 4"}
    reported = {"concentration": FACTS["concentration"] | {"reported": {"value": 10, "unit": "%"}}}
    found, aliases = read(tmp_path, FACTS | reported | {"aliases": ["M"], "notes": [note], "at_risk_rate": risk})
    mine = found["Mine"]
    assert aliases == (("M", "Mine"),)
    assert mine.steps == (RateStep(1, 30), RateStep(2, 15), RateStep(4))
    assert (mine.concentration, mine.vials, mine.at_risk_rate) == (0.1, ((5.0, 50.0),), 2.0)
    assert (mine.maker, mine.indicated, mine.indication, mine.itp_regimens) == (None, None, "ITP", ())
    assert mine.notes == ("Keep cool.",)
    assert mine.provenance["note 1"].locator == "p 3"
    assert mine.provenance["concentration"].reported == "10 %"
    assert mine.provenance["maker"].note == "not seen"


def changed(key: str, **changes: object) -> dict[str, Any]:
    """The facts with entries of one of them changed, or taken out if None."""
    fact = {k: v for k, v in (FACTS[key] | changes).items() if v is not None}
    return FACTS | {key: fact}


REFUSED = {
    "unknown fact": (FACTS | {"vial": FACTS["vials"]}, "did you mean 'vials'"),
    "fact in capitals": (FACTS | {"Notes": []}, "[Mine]: no key 'Notes': write 'notes'"),
    "missing fact": ({k: v for k, v in FACTS.items() if k != "vials"}, "[Mine] lacks vials"),
    "fact without its table": (FACTS | {"vials": [[5, 50]]}, "[Mine] vials is [[5, 50]]: write a table"),
    "unknown entry": (changed("vials", valeu=3), "[Mine] vials: no key 'valeu': did you mean 'value'"),
    "no evidence": (changed("vials", evidence=None), "[Mine] vials lacks evidence"),
    "unknown evidence": (changed("vials", evidence="fitted"), "vials evidence: no entry 'fitted'"),
    "wrong unit": (changed("vials", unit="mL"), "vials unit is 'mL': write unit = 'g, mL'"),
    "no unit": (changed("vials", unit=None), "write unit = 'g, mL'"),
    "unit of a text": (changed("indication", unit="g"), "write unit = ''"),
    "label without source": (changed("concentration", source=None), "concentration is label and has no source"),
    "label without place": (changed("concentration", locator=None), "concentration is label and has no locator"),
    "trial without source": (changed("maximum_rate", source=None), "maximum_rate is measured and has no source"),
    "unknown source": (changed("concentration", source="P1"), "concentration source: no entry 'P1'"),
    "unknown source of a guess": (changed("vials", source="P1"), "vials source: no entry 'P1'"),
    "unverified source": (changed("concentration", source="MEMORY"), "'MEMORY', which is unverified"),
    "assumed without a reason": (changed("vials", note=None), "vials is assumed and has no note"),
    "missing without a reason": (changed("maker", note=None), "maker is missing and has no note"),
    "missing and needed": (changed("vials", evidence="missing", value=None), "nothing can be dosed without it"),
    "missing with a value": (changed("maker", value="X"), "maker is missing and has a value"),
    "no value": (changed("vials", value=None), "vials has no value"),
    "number as text": (changed("concentration", value="0.1"), "concentration value is '0.1', not a number"),
    "number zero": (changed("concentration", value=0), "concentration value is 0"),
    "bool for a number": (changed("initial_rate", value=True), "initial_rate value is True"),
    "number too large": (changed("initial_rate", value=1e6), "initial_rate value is 1e+06"),
    "concentration out of range": (changed("concentration", value=5), "[Mine]: Mine: concentration is 5 g/mL"),
    "vials without volume": (changed("vials", value=[[5]]), "vials value has [5.0]: write [g, mL]"),
    "vials not pairs": (changed("vials", value=[5, 50]), "vials value is 5: write a list"),
    "vials of another strength": (changed("vials", value=[[5, 100]]), "5 g in 100 mL is not 0.1 g/mL"),
    "rates that fall": (changed("intermediate_rates", value=[5]), "rates must rise"),
    "rates for minutes": (changed("step_minutes", value=[30]), "step_minutes has 1 entries for 2 rates"),
    "truth as text": (changed("indicated", value="yes", evidence="assumed"), "indicated value is 'yes': write true"),
    "empty text": (changed("indication", value=" "), "indication value is ' ': write text in quotes"),
    "number for text": (changed("indication", note=3), "indication note is 3: write text in quotes"),
    "regimens that cannot be read": (
        changed("itp_regimens", value=["2 g/kg over 2 days"], evidence="assumed"),
        "itp_regimens value: regimen '2 g/kg over 2 days'",
    ),
    "aliases not in a list": (FACTS | {"aliases": "M"}, "[Mine] aliases is 'M': write a list"),
    "notes not in a list": (FACTS | {"notes": "M"}, "[Mine] notes is 'M': write a list"),
    "note without evidence": (FACTS | {"notes": [{"value": "x"}]}, "[Mine] notes 1 lacks evidence"),
    "note without source": (
        FACTS | {"notes": [{"value": "x", "evidence": "label"}]},
        "notes 1 is label and has no source",
    ),
    "printed value without unit": (changed("vials", reported={"value": 3}), "vials reported lacks unit"),
    "printed value as text": (changed("vials", reported={"value": "3", "unit": "g"}), "vials reported value is '3'"),
}


@pytest.mark.parametrize(("facts", "message"), REFUSED.values(), ids=REFUSED)
def test_a_file_that_breaks_the_format_is_refused(tmp_path: Path, facts: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterFileError) as caught:
        read(tmp_path, facts)
    assert message in str(caught.value)
    assert str(tmp_path / "mine.toml") in str(caught.value)


def test_the_packaged_file_is_read_once_and_again_when_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("products.toml", "sources.toml"):
        shutil.copy(params_dir() / name, tmp_path)
    monkeypatch.setattr(catalogue, "params_dir", lambda: tmp_path)
    first = product(DEFAULT_PRODUCT)
    assert regimen("1 g/kg").product is first
    mine = tmp_path / "products.toml"
    mine.write_text(mine.read_text(encoding="utf-8").replace('"Grifols"', '"Another maker"', 1), encoding="utf-8")
    assert product(DEFAULT_PRODUCT).maker == "Another maker"
    assert products().maker[DEFAULT_PRODUCT] == "Another maker"
    mine.unlink()
    with pytest.raises(ParameterFileError, match="no file"):
        product(DEFAULT_PRODUCT)


def test_a_file_without_products_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("# nothing\n", encoding="utf-8")
    with pytest.raises(ParameterFileError, match="has no product"):
        read_products(path, KNOWN)


def test_the_facts_of_the_tests_are_readable(tmp_path: Path) -> None:
    assert list(read(tmp_path, FACTS)[0]) == ["Mine"]
