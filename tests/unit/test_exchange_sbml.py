"""An exported SBML model says what the equations say, for the patient and the regimen that were asked for."""

import builtins
import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit import sbml_reader
from tests.unit.sbml_reader import Read

import itp_sim as itp
from itp_sim import equations as eq
from itp_sim.dosing import delivered
from itp_sim.errors import InputError, ItpError
from itp_sim.exchange import document
from itp_sim.exchange.about import grounds
from itp_sim.exchange.annotate import annotated
from itp_sim.exchange.case import case
from itp_sim.exchange.sbml import sbml
from itp_sim.exchange.terms import IDENTIFIERS, SBO_TERMS
from itp_sim.generate.sbml import unit_id
from itp_sim.solve import engines

ADULT = itp.typical_patient("adult_chronic", weight_kg=70, platelets=12)
#: Every mechanism at work, none at the end of its range.
BUSY = ADULT.assign(
    blockade_effect=0.9, fcrn_block=0.3, fcgr_block=0.2, KREM=0.02, spleen=0.6, tpo_feedback=0.8, fcrn_effect=2.0
)


def exported(patient: itp.Patient = BUSY, regimen: str | None = "1 g/kg daily x 2") -> Read:
    return sbml_reader.read(sbml(case(patient, regimen)))


MODEL = exported()


def named(record: tuple[float, ...]) -> dict[str, float]:
    return {name: float(x) for name, x in record._asdict().items()}


# --- the equations ------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0.2, 3.0), min_size=len(eq.State._fields), max_size=len(eq.State._fields)))
def test_every_rate_and_output_is_that_of_the_equations(factors: list[float]) -> None:
    p = BUSY.parameters
    u = eq.untreated(p)
    s = eq.State(*(factor * (x + 2.0) for factor, x in zip(factors, eq.baseline(p, u), strict=True)))
    changed = named(s) | {"infusion": 31.0}
    slopes = MODEL.slopes(changed)
    assert list(slopes) == list(eq.State._fields)
    size = max(map(abs, slopes.values()))
    assert slopes == pytest.approx(named(eq.rhs(s, p, u, 31.0)), rel=1e-11, abs=1e-13 * size)
    seen = MODEL.complete(changed)
    assert {name: seen[name] for name in eq.Outputs._fields} == pytest.approx(named(eq.outputs(s, p, u)), rel=1e-11)


def test_day_0_is_the_untreated_steady_state_in_closed_form() -> None:
    p = BUSY.parameters
    u = eq.untreated(p)
    assert MODEL.day_0() == pytest.approx(named(eq.baseline(p, u)), rel=1e-13)
    # Programs that read no initial assignments find the same numbers.
    assert {name: MODEL.values[name] for name in eq.State._fields} == named(eq.baseline(p, u))
    assert {name: MODEL.values[name] for name in eq.Untreated._fields} == named(u)


def test_numbers_come_back_to_the_last_bit() -> None:
    """A virtual patient's numbers have all their digits."""
    drawn = itp.virtual_patients(n=1, seed=3)
    model = exported(drawn, None)
    for one, p in ((MODEL, BUSY.parameters), (model, eq.Parameters(*drawn.iloc[0]))):
        assert {name: one.values[name] for name in eq.Parameters._fields} == named(p)


def test_everything_has_the_unit_that_the_equations_declare() -> None:
    for fields in (eq.Parameters, eq.Untreated, eq.State, eq.Outputs):
        for name, label in eq.labels(fields).items():
            assert MODEL.units[name] == unit_id(label.unit)
    assert MODEL.constant == {*eq.Parameters._fields, *eq.Untreated._fields}


# --- the infusions ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "regimen", ["1 g/kg", "1 g/kg daily x 2", "0.4 g/kg daily x 5", "70 g over 5 h on day 0 and 21", "1 g/kg on day 3"]
)
def test_events_deliver_the_dose(regimen: str) -> None:
    model = exported(ADULT, regimen)
    days, rates = zip((0.0, model.values["infusion"]), *model.events, strict=True)
    assert list(days) == sorted(set(days))
    assert rates[-1] == 0.0
    assert all(a != b for a, b in pairwise(rates))
    grams = sum(infusion.grams for infusion in itp.regimen(regimen).infusions(70.0))
    assert delivered(days, rates[:-1]) == pytest.approx(grams, rel=1e-12)
    infusions = itp.regimen(regimen).infusions(70.0)
    assert {infusion.start for infusion in infusions} - {0.0} <= {day for day, _ in model.events}


def test_no_treatment_has_no_event() -> None:
    model = exported(ADULT, None)
    assert model.events == [] and model.values["infusion"] == 0.0


@pytest.mark.parametrize("day", [1e-05, 1e22, 0.1, 1 / 3])
def test_a_day_comes_back_to_the_last_bit(day: float) -> None:
    from itp_sim.exchange.sbml import _event

    head = f'<sbml xmlns="{sbml_reader.CORE[1:-1]}">'
    (event,) = ET.fromstring(f"{head}{_event(1, day, day)}</sbml>")
    assert sbml_reader._event(event) == (day, day)


# --- what the file says of itself -----------------------------------------------------------------------------------


def test_the_file_says_who_what_and_what_it_is_not_for(tmp_path: Path) -> None:
    text = itp.to_sbml(ADULT, "1 g/kg", tmp_path / "itp.xml").read_text(encoding="utf-8")
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<sbml ')
    assert "{{" not in text
    for wanted in (itp.RESEARCH_ONLY, "70 kg", "untreated count 12", "1 g/kg, 70 g at 70 kg", itp.__version__):
        assert wanted in text


def test_parameters_that_fix_the_untreated_state_are_the_ones_that_move_it() -> None:
    (said,) = re.findall(r"by Newton's method from ([\w, ]+), and are", sbml(case(ADULT, None)))
    names = set(re.split(", | and ", said))
    u = eq.untreated(ADULT.parameters)
    for name, value in ADULT.parameters._asdict().items():
        moved = eq.untreated(ADULT.parameters._replace(**{name: 0.9 * value + 0.01}))
        assert (name in names) is (moved != u), name


def test_each_number_says_how_it_is_known() -> None:
    text = sbml(case(ADULT.assign(fcrn_effect=0.0), None))
    for name, record in itp.records("adult_chronic").items():
        (found,) = re.findall(rf'<parameter metaid="{name}" .*</parameter>', text)
        assert record.evidence in found.casefold()
    changed, _ = grounds(case(ADULT.assign(fcrn_effect=0.0), None), "fcrn_effect")
    assert changed.startswith("This patient's own value. Typical value of adult_chronic: ")


def test_sources_with_a_doi_are_linked() -> None:
    text = sbml(case(ADULT, None))
    named = {one for record in itp.records("adult_chronic") for one in grounds(case(ADULT, None), record)[1]}
    links = [f"pubmed:{one.pmid}" if one.pmid else f"doi:{one.doi}" for one in named if one.pmid or one.doi]
    assert links
    assert [link for link in links if f"https://identifiers.org/{link}" not in text] == []


def test_terms_are_of_names_that_exist() -> None:
    known = {"model", *MODEL.units}
    assert {*SBO_TERMS, *IDENTIFIERS} <= known


def test_text_is_escaped() -> None:
    text = annotated("x", ["a < b & c"], [("bqbiol:is", 'doi:10.1/<"&')])
    root = ET.fromstring(f"<x>{text}</x>")
    assert "a < b & c" in "".join(root.itertext())
    (link,) = [x for x in root.iter() if x.tag.endswith("}li")]
    assert next(iter(link.attrib.values())) == 'https://identifiers.org/doi:10.1/<"&'


def test_the_same_question_gives_the_same_bytes(tmp_path: Path) -> None:
    one, two = (itp.to_sbml(ADULT, "1 g/kg", tmp_path / name).read_bytes() for name in ("a.xml", "b.xml"))
    assert one == two


def test_a_row_of_a_table_is_a_patient() -> None:
    people = itp.virtual_patients(n=3, seed=1)
    model = sbml_reader.read(sbml(case(people.iloc[[1]], "1 g/kg")))
    assert model.values["EPS"] == people.EPS.iloc[1]
    assert np.isclose(model.values["infusion"] / people.WT.iloc[1], exported(ADULT, "1 g/kg").values["infusion"] / 70.0)


# --- what is refused ------------------------------------------------------------------------------------------------


def test_more_than_one_of_anything_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there are 3 patients: give one"):
        itp.to_sbml(itp.virtual_patients(n=3), "1 g/kg", tmp_path / "a.xml")
    with pytest.raises(InputError, match=r"there are 2 regimens: give one, such as arms\['a'\]"):
        itp.to_sbml(ADULT, {"a": "1 g/kg", "b": None}, tmp_path / "a.xml")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "itp.xml"
    file.write_text("old", encoding="utf-8")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(ItpError, match=r"the model '.*itp\.xml' cannot be written: No space left on device"):
        itp.to_sbml(ADULT, "1 g/kg", file)
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_edited_equations_are_not_exported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(engines, "up_to_date", lambda: False)
    with pytest.raises(ItpError, match=r"hatch_build\.py"):
        itp.to_sbml(ADULT, "1 g/kg", tmp_path / "itp.xml")
    with pytest.raises(ItpError, match=r"hatch_build\.py"):
        itp.equations_latex()
    assert list(tmp_path.iterdir()) == []


def test_a_place_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        document.filled("model.xml", {})


def test_nothing_optional_is_imported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    plain = builtins.__import__

    def without(name: str, *more: object, **named_: object) -> object:
        assert name.split(".", maxsplit=1)[0] not in {"libsbml", "roadrunner", "basico", "sympy"}
        return plain(name, *more, **named_)

    monkeypatch.setattr(builtins, "__import__", without)
    itp.to_sbml(ADULT, "1 g/kg", tmp_path / "itp.xml")
