"""Patients: typical ones, changed ones, and the ones that cannot be."""

import math
import os
import pickle
import re
import subprocess
import sys
from dataclasses import FrozenInstanceError
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from itp_sim import equations
from itp_sim.equations import Parameters, labels
from itp_sim.errors import InputError, ParameterFileError, UnknownNameError
from itp_sim.evidence import sources
from itp_sim.files import params_dir
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.parameters import (
    correlations,
    first_values,
    parameter_name,
    parameters_table,
    population_sources,
    populations,
    records,
)
from itp_sim.patient import MECHANISM_SWITCHES, Patient, typical_patient
from itp_sim.population_file import read_population

ADULTS = records("adult_chronic")
TYPICAL = typical_patient("adult_chronic")


def own_file(tmp_path: Path, **weights: int) -> Path:
    """A file of one's own that differs in weight alone."""
    text = (params_dir() / "adult_chronic.toml").read_text(encoding="utf-8")
    text = text.replace('= "adult_chronic"', '= "own"').replace("value    = 70", f"value    = {weights.get('WT', 80)}")
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


# --- the typical patient ----------------------------------------------------------------------------------------------


def test_typical_patient_is_made_of_the_records() -> None:
    assert TYPICAL.parameters == tuple(record.value for record in ADULTS.values())
    assert all(type(value) is float for value in TYPICAL.parameters)
    assert TYPICAL.population == "adult_chronic"


def test_weight_and_count_are_taken_and_the_rest_is_typical() -> None:
    patient = typical_patient("adult_chronic", weight_kg=92, platelets=7)
    assert patient.parameters == TYPICAL.parameters._replace(WT=92.0, P0=7.0)


def test_the_default_is_adults_with_chronic_itp() -> None:
    assert typical_patient() == TYPICAL


@pytest.mark.parametrize("name", ["adult_chronic", "Adult Chronic", "adult-chronic"])
def test_population_by_name(name: str) -> None:
    assert typical_patient(name) == TYPICAL


def test_populations_are_the_files_with_a_header() -> None:
    assert "adult_chronic" in populations()
    assert not {"sources", "products", "observations"} & set(populations())


def test_numbers_in_the_notes_are_what_the_equations_give() -> None:
    p = TYPICAL.parameters
    u = equations.untreated(p)
    assert pytest.approx(39.6, abs=0.05) == u.QN  # PN
    assert pytest.approx(1.21, abs=0.005) == u.TPO0  # FP
    assert equations.megakaryocyte_input(u.TPO0, p) == pytest.approx(2.0, abs=0.05)  # GTPO, EPS
    assert 1 / equations.tpo_removal(0.0, 0.1, p._replace(P0=0.0)) == pytest.approx(22, abs=0.5)  # FP
    gain = equations.igg_elimination(2 * p.IGG0, p) / equations.igg_elimination(p.IGG0, p)
    assert gain == pytest.approx(1.86, abs=0.005)  # fcrn_effect
    assert pytest.approx(0.065) == p.CL / p.V1
    assert pytest.approx(0.33) == p.Q / p.V1
    assert pytest.approx(0.30) == p.Q / p.V2
    assert pytest.approx(0.48, abs=0.005) == p.V1 / (p.V1 + p.V2)  # V2
    assert math.log(2) / (30 / 24) == pytest.approx(p.KTPO, abs=0.005)
    assert pytest.approx(0.57, abs=0.005) == 0.47 * 0.8 + 0.29 * 0.5 + 0.25 * 0.2  # FSPL
    assert pytest.approx(0.65, abs=0.005) == (97 * 0.8 + 33 * 0.2) / 130


def test_the_spread_of_the_splenic_pool_is_an_sd_of_seven_per_cent() -> None:
    record = ADULTS["PHI"]
    logit = math.log(record.value / (1 - record.value))
    drawn = 1 / (1 + np.exp(-(logit + record.omega * np.random.default_rng(1).normal(size=100_000))))
    assert drawn.std() == pytest.approx(0.07, abs=0.001)


# --- changes ----------------------------------------------------------------------------------------------------------


def test_assign_changes_what_is_named_and_nothing_else() -> None:
    changed = TYPICAL.assign(FIND=0.2, KE0=2)
    assert changed.parameters == TYPICAL.parameters._replace(FIND=0.2, KE0=2.0)
    assert changed.population == TYPICAL.population
    assert TYPICAL.parameters.FIND == ADULTS["FIND"].value != 0.2
    assert TYPICAL.assign() == TYPICAL


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("n", "GAMMA"),
        ("hill", "GAMMA"),
        ("Hill", "GAMMA"),
        ("find", "FIND"),
        ("eps", "EPS"),
        ("epsilon", "EPS"),
        ("weight", "WT"),
        ("weight_kg", "WT"),
        ("platelets", "P0"),
        ("baseline", "P0"),
        ("igg", "IGG0"),
        ("ke0", "KE0"),
        ("k_e0", "KE0"),
        ("phi", "PHI"),
        ("EC50", "IC50"),
        ("ic_50", "IC50"),
        ("f_spl", "FSPL"),
        ("E_FcRn", "fcrn_effect"),
        ("FCRN_EFFECT", "fcrn_effect"),
    ],
)
def test_common_names(given: str, name: str) -> None:
    assert parameter_name(given) == name
    typical: float = getattr(TYPICAL.parameters, name)
    assert getattr(TYPICAL.assign(**{given: typical * 0.99}).parameters, name) == typical * 0.99


@pytest.mark.parametrize("name", Parameters._fields)
def test_own_names_and_printed_symbols_lead_to_the_parameter(name: str) -> None:
    assert parameter_name(name) == name
    assert parameter_name(labels(Parameters)[name].symbol) == name


@pytest.mark.parametrize("name", [name for name in Parameters._fields if len(name) > 2])
def test_a_slip_of_one_letter_is_answered_with_a_name(name: str) -> None:
    with pytest.raises(UnknownNameError, match=f"did you mean '{name}'"):
        parameter_name(name + "x")


def test_the_nearest_name_is_told() -> None:
    for begun, whole in (("adult", "adult_chronic"), ("child", "child_newly_diagnosed")):
        with pytest.raises(UnknownNameError, match=f"no population '{begun}': did you mean '{whole}'"):
            typical_patient(begun)
    with pytest.raises(UnknownNameError, match="no population 'a': choose from"):
        typical_patient("a")
    with pytest.raises(UnknownNameError, match="no parameter 'gama': did you mean 'GAMMA'"):
        TYPICAL.assign(gama=3)
    with pytest.raises(UnknownNameError, match="did you mean 'adult_chronic'"):
        typical_patient("adult_chronik")


def test_one_parameter_by_two_names_is_refused() -> None:
    with pytest.raises(InputError, match="GAMMA is given twice"):
        TYPICAL.assign(n=3.8, GAMMA=3.0)


@pytest.mark.parametrize("switch", MECHANISM_SWITCHES)
def test_each_mechanism_can_be_switched_off(switch: str) -> None:
    values = MECHANISM_SWITCHES[switch]
    off = TYPICAL.assign(**values)
    differ = {name for name in Parameters._fields if getattr(off.parameters, name) != getattr(TYPICAL.parameters, name)}
    assert differ == set(values)
    assert all(getattr(off.parameters, name) == 0.0 for name in values)


def test_switches_take_their_mechanism_out_of_the_equations() -> None:
    def off(switch: str) -> Parameters:
        return TYPICAL.assign(**MECHANISM_SWITCHES[switch]).parameters

    no_fcrn, no_blockade = off("no FcRn effect"), off("no blockade")
    assert equations.igg_elimination(40.0, no_fcrn) == equations.igg_elimination(10.0, no_fcrn)
    assert equations.blockade(30.0, no_blockade) == 0
    no_tpo, asplenic = off("no TPO feedback"), off("splenectomy")
    assert equations.tpo_removal(300.0, 1.0, no_tpo) == equations.tpo_removal(12.0, 1.0, no_tpo)
    assert equations.spleen_clearance(1.0, asplenic) == 0
    assert equations.circulating_share(asplenic) == 1


def test_switches_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        MECHANISM_SWITCHES["none"] = {}  # type: ignore[index]
    with pytest.raises(TypeError):
        MECHANISM_SWITCHES["no blockade"]["blockade_effect"] = 1.0  # type: ignore[index]


# --- what cannot be ---------------------------------------------------------------------------------------------------

NO_NUMBERS: list[Any] = ["12", None, True, 1j, [12], np.array([12.0, 13.0]), math.nan, math.inf, -math.inf, 10**400]


@pytest.mark.parametrize("value", NO_NUMBERS, ids=lambda value: repr(value)[:12])
@pytest.mark.parametrize("name", ["P0", "WT", "FIND"])
def test_no_number_is_no_value(name: str, value: Any) -> None:
    low, high = ADULTS[name].range
    with pytest.raises(InputError, match=rf"^{name} is .*{low:g} to {high:g}"):
        TYPICAL.assign(**{name: value})


@pytest.mark.parametrize("name", Parameters._fields)
def test_the_range_of_the_record_is_the_border(name: str) -> None:
    low, high = ADULTS[name].range
    for outside in (math.nextafter(low, -math.inf), math.nextafter(high, math.inf), -1.0):
        with pytest.raises(InputError, match=f"^{name} is "):
            TYPICAL.assign(**{name: outside})


@pytest.mark.parametrize(
    ("name", "value", "way_out"),
    [
        ("platelets", 20_000, "per microlitre, write 20$"),
        ("platelets", 200, "ITP is a count below 100$"),
        ("weight_kg", 70_000, "in grams, write 70$"),
        ("weight_kg", 2_000, "in grams, write 2$"),
        ("weight_kg", 300_000, "in grams, write 300$"),
        ("weight_kg", 300_001, "to 300 kg$"),
        ("weight_kg", 330, "in pounds, write 150$"),
        ("weight_kg", 1e8, "to 300 kg$"),
        ("weight_kg", 0, "to 300 kg$"),
    ],
)
def test_slips_of_unit_at_the_door(name: str, value: float, way_out: str) -> None:
    with pytest.raises(InputError, match=rf"^{name} is .*{way_out}"):
        typical_patient(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value", "way_out"),
    [
        ("IGG0", 1000, "mg/dL, write 10$"),
        ("FIND", 5.5, "per cent, write 0.055$"),
        ("PN", 250_000, "write 250$"),
        ("P0", 20_000, "write 20$"),
        ("GAMMA", 380, "1 to 8$"),
    ],
)
def test_slips_of_unit_in_assign(name: str, value: float, way_out: str) -> None:
    with pytest.raises(InputError, match=way_out):
        TYPICAL.assign(**{name: value})


@pytest.mark.parametrize(("name", "value"), [("spleen", 2), ("tpo_feedback", 1.5), ("FSPL", -1)])
def test_a_share_that_nobody_gives_in_per_cent_gets_no_such_hint(name: str, value: float) -> None:
    with pytest.raises(InputError, match=r"give a number from [\d.]+ to [\d.]+$"):
        TYPICAL.assign(**{name: value})


@pytest.mark.parametrize(
    ("given", "way_out"),
    [
        ("weight", "write weight_kg$"),
        ("WT", "write weight_kg$"),
        ("count", "write platelets$"),
        ("IC50", r"write typical_patient\(\)\.assign\(IC50=\.\.\.\)$"),
        ("height", r"population, weight_kg and platelets; other parameters are changed with \.assign\(\)$"),
    ],
)
def test_an_argument_that_does_not_exist_is_answered_with_one_that_does(given: str, way_out: str) -> None:
    with pytest.raises(UnknownNameError, match=rf"^no argument '{given}' of typical_patient: .*{way_out}"):
        typical_patient(**{given: 70})


def test_numbers_of_numpy_are_numbers() -> None:
    numbers: dict[str, Any] = {"P0": np.float64(20.0), "WT": np.int64(80), "KM": np.float32(15)}
    changed = TYPICAL.assign(**numbers).parameters
    assert changed == TYPICAL.parameters._replace(P0=20.0, WT=80.0, KM=15.0)
    assert all(type(value) is float for value in changed)


def test_a_count_that_production_cannot_hold_is_refused_with_a_way_out() -> None:
    with pytest.raises(
        InputError, match=r"P0 = 100 cannot be held: production EPS = 0\.15 .*raise EPS to at least"
    ) as error:
        TYPICAL.assign(P0=100, EPS=0.15)
    least = float(re.findall(r"at least ([\d.]+)", str(error.value))[0])
    held = TYPICAL.assign(P0=100, EPS=least)
    assert 0 <= equations.untreated(held.parameters).KIMM < 0.01
    with pytest.raises(InputError, match="cannot be held"):
        TYPICAL.assign(P0=100, EPS=least * 0.98)


def test_shares_of_thrombopoietin_removal_sum_to_one_at_most() -> None:
    assert TYPICAL.assign(FP=0.6, FM=0.4).parameters.FM == 0.4
    with pytest.raises(InputError, match=r"FP \+ FM is 1\.1"):
        TYPICAL.assign(FP=0.7)


@given(st.tuples(*(st.floats(0, 1) for _ in Parameters._fields)))
def test_within_the_ranges_every_patient_is_possible_or_refused(places: tuple[float, ...]) -> None:
    values = {
        name: min(low + place * (high - low), high)
        for place, (name, (low, high)) in zip(places, ((n, r.range) for n, r in ADULTS.items()), strict=True)
    }
    try:
        patient = TYPICAL.assign(**values)
    except InputError as error:
        assert "cannot be held" in str(error) or "FP + FM" in str(error)
        return
    u = equations.untreated(patient.parameters)
    assert u.KIMM >= 0
    assert math.isfinite(u.TPO0 * u.QN * u.KIMM)
    state = equations.baseline(patient.parameters, u)
    counted = equations.outputs(state, patient.parameters, u).platelets
    assert counted == pytest.approx(patient.parameters.P0, rel=1e-9)


@pytest.mark.parametrize("population", [None, 3, "", "a" * 300, "a\0b", [], b"adult_chronic", True])
def test_what_names_no_population(population: Any) -> None:
    with pytest.raises(UnknownNameError, match="adult_chronic"):
        typical_patient(population)


@pytest.mark.parametrize("path", ["no/such.toml", "own\0.toml", "a" * 5000 + ".toml", "sources"])
def test_what_is_no_file_of_records(path: str) -> None:
    with pytest.raises(ParameterFileError):
        records(path)


@pytest.mark.parametrize("parameters", [None, {}, (70.0,), ADULTS])
def test_a_patient_is_made_of_parameters(parameters: Any) -> None:
    with pytest.raises(InputError, match="parameters is "):
        Patient(parameters, "adult_chronic")


# --- the object -------------------------------------------------------------------------------------------------------


def test_repr_tells_what_differs() -> None:
    most = len(Parameters._fields) - 2
    assert repr(TYPICAL) == f"Patient of adult_chronic: 70 kg, untreated count 12, {most} more parameters as typical"
    changed = typical_patient(weight_kg=92.5, platelets=7).assign(fcrn_effect=0, FIND=0.2)
    assert repr(changed) == (
        "Patient of adult_chronic: 92.5 kg, untreated count 7, "
        f"fcrn_effect 0 (typical {ADULTS['fcrn_effect'].value:g}), FIND 0.2 (typical {ADULTS['FIND'].value:g}), "
        f"{most - 2} more parameters as typical"
    )


def test_repr_names_six_that_differ() -> None:
    values = {name: ADULTS[name].value * 0.99 for name in ("CL", "V1", "Q", "V2", "KM", "KE0")}
    assert "more that differ" not in repr(TYPICAL.assign(**values))
    assert "1 more that differ" in repr(TYPICAL.assign(**values, EPS=1.0))


def test_repr_of_a_patient_who_differs_in_all_stays_short() -> None:
    values = {name: record.value * 0.99 for name, record in ADULTS.items() if name not in {"WT", "P0", "HA", "KREM"}}
    text = repr(TYPICAL.assign(**values))
    assert len(text) < 400
    assert "21 more that differ, 4 more parameters as typical" in text


def test_a_patient_is_frozen_equal_by_value_and_travels() -> None:
    with pytest.raises(FrozenInstanceError):
        TYPICAL.population = "x"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(TYPICAL)) == TYPICAL
    assert hash(typical_patient()) == hash(TYPICAL)
    assert TYPICAL.assign(P0=13) != TYPICAL


# --- a population of one's own ----------------------------------------------------------------------------------------


def test_own_population_by_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = own_file(tmp_path)
    monkeypatch.chdir(tmp_path)
    by_path, by_text, relative = typical_patient(path), typical_patient(str(path)), typical_patient("own.toml")
    assert by_path == by_text == relative
    assert by_path.parameters.WT == 80
    assert repr(by_path).startswith("Patient of own: 80 kg")
    monkeypatch.chdir("/")
    assert relative.assign(P0=13).parameters.P0 == 13
    assert "own" not in populations()
    own_file(tmp_path, WT=85)
    os.utime(path, ns=(1, 1))
    assert typical_patient(path).parameters.WT == 85


# --- the table --------------------------------------------------------------------------------------------------------


def test_table_holds_every_record() -> None:
    table = parameters_table("adult_chronic")
    assert list(table["name"]) == list(Parameters._fields)
    wanted = ["name", "symbol", "value", "unit", "meaning", "evidence", "cv", "logit_sd", "range"]
    assert list(table.columns) == [*wanted, "source", "citation", "locator", "note"]
    rows = table.set_index("name")
    assert rows.loc["CL", "value"] == ADULTS["CL"].value
    assert rows.loc["P0", "range"] == (1.0, 150.0)
    assert rows.loc["TL", "source"] == "WANG2010; HANSON1985"
    assert rows.loc["TL", "citation"] == f"{sources()['WANG2010'].citation}; {sources()['HANSON1985'].citation}"
    assert bool(rows["cv"].isna()["WT"])
    assert rows.loc["PHI", "logit_sd"] == 0.32
    assert table["cv"].dtype == float


# --- cost -------------------------------------------------------------------------------------------------------------


def test_patients_cost_little() -> None:
    code = """
import time, itp_sim
def spent(work):
    before = time.process_time()
    work()
    return time.process_time() - before
first = spent(lambda: itp_sim.typical_patient("adult_chronic", weight_kg=70, platelets=12))
later = min(spent(lambda: itp_sim.typical_patient("adult_chronic", weight_kg=71, platelets=13)) for _ in range(20))
import sys
print(first, later, "pandas" in sys.modules)
"""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    runs = [
        subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout
        for _ in range(3)
    ]
    firsts, laters, pandas = zip(*(run.split() for run in runs), strict=True)
    assert min(map(float, firsts)) <= 0.06
    assert min(map(float, laters)) <= 0.002
    assert set(pandas) == {"False"}


def test_what_is_asked_of_a_population_is_that_of_its_file(tmp_path: Path) -> None:
    assert parameters_table("adult_chronic").attrs == {"notice": RESEARCH_ONLY}
    own = own_file(tmp_path)
    text = own.read_text(encoding="utf-8")
    own.write_text(
        re.sub(r'(?m)^(note     = "{3}|note     = ")(?=\w)', r"\1A first value. ", text, count=1), encoding="utf-8"
    )
    for name in (own, "child_newly_diagnosed"):
        path = own if name == own else params_dir() / f"{name}.toml"
        assert correlations(name) == read_population(path).correlations
        assert "EMA2007" in population_sources(name)
    before, after = first_values("adult_chronic"), first_values(own)
    assert len(after) == len(before) + 1
    assert set(before) < set(after)
