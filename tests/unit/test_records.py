"""Records: the packaged files keep their format, and every breach of it is refused by file, key, value and way out."""

import copy
import json
import math
import os
import random
import re
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pint
import pytest

from itp_sim import files
from itp_sim.equations import Parameters, labels
from itp_sim.errors import ParameterFileError
from itp_sim.evidence import EVIDENCE, sources
from itp_sim.files import params_dir, read_toml
from itp_sim.parameters import populations, records
from itp_sim.population_file import read_population
from itp_sim.records import MAY_BE_ZERO, SHARES, Record

ADULTS = params_dir() / "adult_chronic.toml"


def as_toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k)} = {as_toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, str) else repr(value)


def written(tmp_path: Path, tables: dict[str, Any], name: str = "own") -> Path:
    path = tmp_path / f"{name}.toml"
    path.write_text("\n".join(f"{json.dumps(k)} = {as_toml(v)}" for k, v in tables.items()), encoding="utf-8")
    return path


@pytest.fixture
def tables() -> dict[str, Any]:
    """A valid file of one's own, to be spoiled."""
    found = read_toml(ADULTS)
    found["population"]["key"] = "own"
    return found


def refused(path: Path) -> str:
    started = time.process_time()
    with pytest.raises(ParameterFileError) as caught:
        read_population(path)
    assert time.process_time() - started < 0.5
    assert str(path) in str(caught.value)
    return str(caught.value)


# --- the packaged files -----------------------------------------------------------------------------------------------


def all_records() -> Iterator[Record]:
    for name in populations():
        yield from read_population(params_dir() / f"{name}.toml").records.values()


def texts(value: object, wanted: str) -> Iterator[str]:
    """Every text that stands under a key `wanted`, anywhere below `value`."""
    if isinstance(value, dict):
        for key, child in value.items():
            if key == wanted:
                yield from child if isinstance(child, list) else [child]
            else:
                yield from texts(child, wanted)
    elif isinstance(value, list):
        for child in value:
            yield from texts(child, wanted)


def numbers_files() -> dict[Path, dict[str, Any]]:
    found = {path: read_toml(path) for path in sorted(params_dir().rglob("*.toml")) if path.name != "sources.toml"}
    assert {f"{name}.toml" for name in populations()} < {path.name for path in found}
    return found


def test_every_source_that_is_named_exists() -> None:
    for path, content in numbers_files().items():
        assert set(texts(content, "source")) - set(sources()) == set(), path


def test_a_note_that_names_a_source_names_one_that_exists() -> None:
    for path, content in numbers_files().items():
        words = {word for note in texts(content, "note") for word in re.findall(r"\b[A-Z][A-Z_]+(?:19|20)\d\d\b", note)}
        assert words - set(sources()) == set(), path


def test_every_source_is_used() -> None:
    used: set[str] = set()
    for content in numbers_files().values():
        used |= set(texts(content, "source"))
        used |= {word for note in texts(content, "note") for word in re.findall(r"\b\w+\b", note)}
    for path in (params_dir().parent / "calibration").rglob("*.toml"):  # in a checkout
        used |= set(texts(read_toml(path), "source"))
    for path in Path(files.__file__).parent.rglob("*.py"):  # rules that are code cite their source in the docstring
        used |= set(re.findall(r"``(\w+)``", path.read_text(encoding="utf-8")))
    assert set(sources()) - used == set()


def test_a_source_that_was_not_read_makes_no_number() -> None:
    recalled = {key for key, source in sources().items() if source.unverified}
    assert recalled
    assert all(record.evidence == "assumed" for record in all_records() if recalled & set(record.source))


def test_sources_say_how_they_were_seen() -> None:
    assert all(source.citation and source.seen and source.kind for source in sources().values())
    assert all(source.key == key for key, source in sources().items())


def test_there_is_one_record_per_parameter_in_the_order_of_the_equations() -> None:
    for name in populations():
        assert tuple(read_population(params_dir() / f"{name}.toml").records) == Parameters._fields


def test_records_carry_what_the_equations_declare() -> None:
    declared = labels(Parameters)
    assert declared["CL"] == ("L/day/kg", "CL", "clearance of IgG from plasma at the untreated IgG level")
    for record in all_records():
        assert declared[record.name] == (record.unit, record.symbol, record.meaning)


def test_every_reported_number_converts_back() -> None:
    units: pint.UnitRegistry[float] = pint.UnitRegistry()
    converted = [record for record in all_records() if record.reported]
    assert converted
    for record in converted:
        assert record.reported
        value = units.Quantity(record.reported.value, record.reported.unit).to(
            record.unit.replace("1e9/L", "1e9/liter")
        )
        digits = len(repr(record.value).replace(".", "").strip("0"))
        assert float(f"{value.magnitude:.{digits}g}") == record.value, record.name


def test_values_lie_within_their_ranges() -> None:
    for record in all_records():
        assert record.range[0] <= record.limits[0] <= record.value <= record.limits[1] <= record.range[1], record.name


def test_what_a_switch_sets_to_zero_may_be_zero() -> None:
    adults = read_population(ADULTS).records
    assert all(adults[name].range[0] == 0 for name in ("fcrn_effect", "blockade_effect", "tpo_feedback", "spleen"))


def test_omega_is_the_spread_on_the_normal_scale() -> None:
    adults = read_population(ADULTS).records
    assert adults["WT"].omega == 0
    assert adults["FIND"].omega == adults["FIND"].logit_sd > 0
    assert replace(adults["EPS"], cv=0.6).omega == pytest.approx(0.5545, abs=1e-4)
    # A log-normal of this omega has this coefficient of variation.
    assert math.sqrt(math.expm1(adults["EPS"].omega ** 2)) == pytest.approx(adults["EPS"].cv)


def test_records_cannot_be_changed() -> None:
    adults = read_population(ADULTS)
    with pytest.raises(AttributeError):
        adults.records["CL"].value = 1.0  # type: ignore[misc]
    with pytest.raises(AttributeError):
        adults.sources["BT507"].seen = "full text"  # type: ignore[misc]
    with pytest.raises(AttributeError):
        adults.title = "x"  # type: ignore[misc]
    with pytest.raises(TypeError):
        adults.records["CL"] = adults.records["Q"]  # type: ignore[index]
    with pytest.raises(TypeError):
        adults.sources["X"] = adults.sources["BT507"]  # type: ignore[index]


# --- a file of one's own ----------------------------------------------------------------------------------------------


def test_own_file_gives_the_same_records(tmp_path: Path, tables: dict[str, Any]) -> None:
    own = read_population(written(tmp_path, tables))
    assert dict(own.records) == dict(read_population(ADULTS).records)
    assert own.key == "own"


def test_own_numbers_and_own_sources_are_read(tmp_path: Path, tables: dict[str, Any]) -> None:
    tables["sources"] = {"OWN2025": {"citation": "Our clinic", "kind": "own", "seen": "own data", "note": "40 adults"}}
    tables["EPS"] = tables["EPS"] | {"value": 2, "evidence": "measured", "source": ["OWN2025"], "locator": "all"}
    own = read_population(written(tmp_path, tables))
    assert own.records["EPS"].value == 2.0
    assert isinstance(own.records["EPS"].value, float)
    assert own.records["EPS"].source == ("OWN2025",)
    assert own.sources["OWN2025"].note == "40 adults"
    assert "OWN2025" not in sources()


def test_a_changed_file_is_read_again(tmp_path: Path, tables: dict[str, Any]) -> None:
    path = written(tmp_path, tables)
    first = read_population(path)
    assert read_population(path) is first
    tables["WT"]["value"] = 80
    os.utime(written(tmp_path, tables), ns=(1, 1))
    assert read_population(path).records["WT"].value == 80


def change(name: str, key: str, value: object) -> Callable[[dict[str, Any]], None]:
    def spoil(tables: dict[str, Any]) -> None:
        tables[name][key] = value

    return spoil


def remove(name: str, key: str | None = None) -> Callable[[dict[str, Any]], None]:
    def spoil(tables: dict[str, Any]) -> None:
        if key is None:
            del tables[name]
        else:
            del tables[name][key]

    return spoil


def put(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    def spoil(tables: dict[str, Any]) -> None:
        tables[name] = copy.deepcopy(value)

    return spoil


OWN_SOURCE = {"citation": "x", "kind": "own", "seen": "x"}

SPOILED = {
    # name: how, words of the message
    "no header": (remove("population"), ["[population]"]),
    "header lacks a key": (remove("population", "title"), ["[population]", "lacks title"]),
    "header has a surplus key": (change("population", "titel", "x"), ["'titel'", "did you mean 'title'"]),
    "header is text": (put("population", "own"), ["[population]", "'own'"]),
    "title is empty": (change("population", "title", " "), ["title"]),
    "key is not the file's name": (change("population", "key", "adult_chronic"), ["'adult_chronic'", "write 'own'"]),
    "missing parameters": (lambda t: (t.pop("V1"), t.pop("Q")), ["lacks V1, Q"]),
    "unknown parameter": (put("IC5O", {}), ["'IC5O'", "did you mean 'IC50'"]),
    "parameter in lower case": (lambda t: t.update(cl=t.pop("CL")), ["'cl'", "write 'CL'"]),
    "parameter is a number": (put("CL", 0.003), ["[CL]", "0.003", "table"]),
    "surplus key": (change("CL", "vaule", 1), ["[CL]", "'vaule'", "did you mean 'value'"]),
    "key in upper case": (change("CL", "CV", 0.3), ["'CV'", "write 'cv'"]),
    "missing key": (remove("CL", "unit"), ["[CL]", "lacks unit"]),
    "missing range": (remove("CL", "range"), ["[CL]", "lacks range"]),
    "other unit": (change("CL", "unit", "mL/h"), ["[CL] unit", "'mL/h'", "'L/day/kg'"]),
    "other symbol": (change("CL", "symbol", "Cl"), ["[CL] symbol", "'Cl'", "'CL'"]),
    "other meaning": (change("CL", "meaning", "volume"), ["[CL] meaning", "'volume'", "clearance of IgG"]),
    "unit is a number": (change("CL", "unit", 3), ["[CL] unit is 3"]),
    "value is text": (change("CL", "value", "0.003"), ["[CL] value", "'0.003'", "0.001 to 0.01 L/day/kg"]),
    "value is bool": (change("CL", "value", True), ["[CL] value", "True"]),
    "value is a list": (change("CL", "value", [1]), ["[CL] value", "[1]"]),
    "value is nan": (change("CL", "value", math.nan), ["[CL] value", "nan"]),
    "value is inf": (change("CL", "value", math.inf), ["[CL] value", "inf"]),
    "value is huge": (change("CL", "value", 10**400), ["[CL] value", "0.001 to 0.01"]),
    "value below range": (change("CL", "value", 0.0009), ["[CL] value", "0.0009", "0.001 to 0.01"]),
    "value above range": (change("CL", "value", 0.011), ["[CL] value", "0.011", "0.001 to 0.01"]),
    "range is a number": (change("CL", "range", 1), ["[CL] range", "[lowest, highest]"]),
    "range of three": (change("CL", "range", [0.001, 0.002, 0.003]), ["[CL] range", "[lowest, highest]"]),
    "range of text": (change("CL", "range", ["a", "b"]), ["[CL] range", "'a'"]),
    "range backwards": (change("CL", "range", [0.01, 0.001]), ["[CL] range", "below the second"]),
    "range is a point": (change("CL", "range", [0.003055, 0.003055]), ["[CL] range", "below the second"]),
    "range to infinity": (change("CL", "range", [0.001, math.inf]), ["[CL] range", "inf"]),
    "range from zero": (change("V1", "range", [0, 1]), ["[V1] range", "above 0"]),
    "range below zero": (change("Q", "range", [-1, 1]), ["[Q] range", "0 to"]),
    "share above one": (change("FIND", "range", [0, 1.1]), ["[FIND] range", "0 to 1"]),
    "spleen pool of all": (change("PHI", "range", [0, 1]), ["[PHI] range", "0 to 0.9"]),
    "unknown evidence": (change("CL", "evidence", "measurd"), ["[CL] evidence", "did you mean 'measured'"]),
    "evidence is a number": (change("CL", "evidence", 1), ["[CL] evidence", "1"]),
    "unknown source": (change("CL", "source", "BT508"), ["[CL] source", "'BT508'", "did you mean 'BT507'"]),
    "unknown source in a list": (change("CL", "source", ["BT507", "hanson1985"]), ["write 'HANSON1985'"]),
    "source is a number": (change("CL", "source", 1985), ["[CL] source", "1985"]),
    "no source": (remove("CL", "source"), ["[CL]", "derived", "no source", "assumed"]),
    "empty source": (change("CL", "source", []), ["[CL]", "no source"]),
    "no locator": (remove("CL", "locator"), ["[CL]", "derived", "no locator"]),
    "assumed without a note": (remove("KH", "note"), ["[KH]", "assumed", "note"]),
    "unverified source": (change("V2", "evidence", "measured"), ["[V2]", "'WALDMANN1969'", "unverified"]),
    "note is a number": (change("CL", "note", 1), ["[CL] note"]),
    "reported is a number": (change("TL", "reported", 253), ["[TL] reported", "253"]),
    "reported without unit": (change("TL", "reported", {"value": 253}), ["[TL] reported", "lacks unit"]),
    "reported is text": (change("TL", "reported", {"value": "253", "unit": "h"}), ["[TL] reported value", "'253'"]),
    "reported unit is empty": (change("TL", "reported", {"value": 253, "unit": ""}), ["[TL] reported unit"]),
    "cv is zero": (change("CL", "cv", 0), ["[CL] cv", "above 0"]),
    "cv above its border": (change("CL", "cv", 10.001), ["[CL] cv", "0 to 10"]),
    "logit_sd above its border": (change("FIND", "logit_sd", 5.001), ["[FIND] logit_sd", "0 to 5"]),
    "cv in per cent": (change("CL", "cv", 35), ["[CL] cv", "35", "3"]),
    "cv of a zero": (lambda t: t["KACT"].update(value=0, cv=0.3), ["[KACT]", "cv", "value 0"]),
    "cv of a share": (lambda t: t["PHI"].update(cv=t["PHI"].pop("logit_sd")), ["[PHI]", "cv", "logit_sd"]),
    "two spreads": (change("PHI", "cv", 0.3), ["[PHI]", "cv", "give logit_sd"]),
    "logit_sd of no share": (lambda t: t["CL"].update(logit_sd=t["CL"].pop("cv")), ["[CL]", "logit_sd", "shares"]),
    "logit_sd of a whole": (change("blockade_effect", "logit_sd", 0.3), ["[blockade_effect]", "logit_sd"]),
    "logit_sd too large": (change("FIND", "logit_sd", 50), ["[FIND] logit_sd", "50"]),
    "truncate without spread": (change("V2", "truncate", [0.02, 0.1]), ["[V2]", "truncate", "cv"]),
    "truncate beyond range": (change("P0", "truncate", [3, 200]), ["[P0] truncate", "200", "1 to 150"]),
    "truncate without the value": (change("P0", "truncate", [13, 30]), ["[P0] value", "12", "13 to 30"]),
    "sources is text": (put("sources", "x"), ["sources", "[sources.KEY]"]),
    "a source is text": (put("sources", {"X": "y"}), ["[X]", "'y'"]),
    "a source lacks seen": (put("sources", {"X": {"citation": "x", "kind": "own"}}), ["[X]", "lacks seen"]),
    "a source of unknown kind": (put("sources", {"X": OWN_SOURCE | {"kind": "papr"}}), ["did you mean 'paper'"]),
    "a source with a surplus key": (put("sources", {"X": OWN_SOURCE | {"pmi": "1"}}), ["'pmi'", "'pmid'"]),
    "a source unverified by text": (put("sources", {"X": OWN_SOURCE | {"unverified": "no"}}), ["unverified", "'no'"]),
    "a pmid that is a number": (put("sources", {"X": OWN_SOURCE | {"pmid": 123}}), ["pmid", "123", "quotes"]),
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_breach_of_the_format_is_refused(how: str, tmp_path: Path, tables: dict[str, Any]) -> None:
    spoil, words = SPOILED[how]
    spoil(tables)
    message = refused(written(tmp_path, tables))
    assert [word for word in words if word not in message] == []


def test_source_of_ones_own_hides_no_packaged_source(tmp_path: Path, tables: dict[str, Any]) -> None:
    tables["sources"] = {"BT507": OWN_SOURCE}
    assert "[sources.BT507]" in refused(written(tmp_path, tables))


@pytest.mark.parametrize("name", Parameters._fields)
def test_zero_is_allowed_only_where_a_mechanism_may_be_absent(
    name: str, tmp_path: Path, tables: dict[str, Any]
) -> None:
    tables[name]["range"] = [0, tables[name]["range"][1]]
    if name in MAY_BE_ZERO:
        assert read_population(written(tmp_path, tables)).records[name].range[0] == 0
    else:
        assert f"[{name}] range" in refused(written(tmp_path, tables))


def test_shares_are_parameters_without_unit() -> None:
    assert {name for name in SHARES if labels(Parameters)[name].unit} == set()
    assert SHARES <= MAY_BE_ZERO <= set(Parameters._fields)


def test_no_file_and_no_toml(tmp_path: Path) -> None:
    assert "no file" in refused(tmp_path / "absent.toml")
    (tmp_path / "own.toml").write_text("[CL]\nvalue = 0,5\n", encoding="utf-8")
    assert "line 2" in refused(tmp_path / "own.toml")


def test_damaged_files_are_read_or_refused_but_nothing_else(tmp_path: Path) -> None:
    whole = ADULTS.read_bytes()
    damage = random.Random(2)
    path = tmp_path / "adult_chronic.toml"
    outcomes = set()
    pieces = [b"", b"-", b"9", b"nan", b"inf", b"true", b'"', b"[", b"]", b"\n", b".", b",", b"e9", b"\xff", b"{", b"="]
    for turn in range(300):
        data = bytearray(whole)
        for _ in range(damage.randint(1, 3)):
            at = damage.randrange(len(data))
            data[at : at + damage.randint(0, 4)] = damage.choice(pieces)
        path.write_bytes(data)
        os.utime(path, ns=(turn, turn))
        try:
            found = read_population(path)
        except ParameterFileError as error:
            outcomes.add("refused")
            assert str(path) in str(error)
        else:
            outcomes.add("read")
            assert all(math.isfinite(record.value) for record in found.records.values())
    assert outcomes == {"read", "refused"}


def test_readme_tells_the_format_that_is_read(tmp_path: Path, tables: dict[str, Any]) -> None:
    readme, _ = (params_dir() / "README.md").read_text(encoding="utf-8").split("\n## Trials\n")
    own = readme[readme.index("## Your own population") : readme.index("## Switching")]
    blocks = [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", own, re.DOTALL)]
    assert len(blocks) >= 4
    for block in blocks:
        tables |= block
    clinic = read_population(written(tmp_path, tables, "my_clinic"))
    assert clinic.title == "Adults of our clinic"
    assert clinic.sources["OWN2025"].kind == "own"
    assert all(f"| `{word}` |" in readme for word in EVIDENCE)
    zero = re.search(r"only these may be zero: the shares, (.*?)\.\n", readme, re.DOTALL)
    assert zero
    assert set(re.findall(r"`(\w+)`", zero[1])) == MAY_BE_ZERO - SHARES


# --- files based on another -----------------------------------------------------------------------------------------


def test_children_differ_from_adults_in_what_their_file_says() -> None:
    adults, children = (
        read_population(params_dir() / f"{key}.toml") for key in ("adult_chronic", "child_newly_diagnosed")
    )
    differ = {name for name, record in children.records.items() if record != adults.records[name]}
    assert differ == read_toml(params_dir() / "child_newly_diagnosed.toml").keys() - {"population"}
    assert {"WT", "P0", "KREM"} <= differ < {*Parameters._fields}
    assert list(children.records) == list(adults.records)


@pytest.mark.parametrize(
    ("base", "words"),
    [("adult_cronic", "adult_chronic"), ("child_newly_diagnosed", "based on another"), (7, "text in quotes")],
)
def test_base_must_be_a_packaged_population_of_its_own(tmp_path: Path, base: object, words: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(f'[population]\nkey = "mine"\ntitle = "t"\ndescription = "d"\nbased_on = {json.dumps(base)}\n')
    with pytest.raises(ParameterFileError, match=words):
        read_population(path)


def test_what_a_file_can_be_based_on_is_a_population(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('[population]\nkey = "mine"\ntitle = "t"\ndescription = "d"\nbased_on = "products"\n')
    with pytest.raises(ParameterFileError, match=f"choose from {', '.join(populations())}$"):
        read_population(path)


def test_a_population_of_ones_own_is_made_as_the_page_says(tmp_path: Path) -> None:
    folder = Path(__file__).parents[2] / "params"
    page = " ".join((folder / "README.md").read_text(encoding="utf-8").split())
    found = re.search(r"Copy `([^`]+)` to, say, `([^`]+)`, write `([^`]+)` in its `\[population\]`", page)
    source, name, key = found.groups()
    text = (folder / source).read_text(encoding="utf-8")
    mine = tmp_path / name
    mine.write_text(re.sub(r"(?m)^key +=.*$", key, text, count=1), encoding="utf-8")
    mine, its = (
        {key: one.value for key, one in records(path).items()} for path in (mine, source.removesuffix(".toml"))
    )
    assert mine == its
