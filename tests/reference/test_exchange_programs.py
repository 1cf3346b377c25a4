"""Exported SBML in the programs that it is for: libSBML finds no fault, libRoadRunner and COPASI the same curves."""

import importlib
import locale
import re
import warnings
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

import itp_sim as itp
from itp_sim import equations as eq
from itp_sim.dosing import breakpoints
from itp_sim.exchange.case import case
from itp_sim.exchange.sbml import sbml
from itp_sim.solve import Schedule, reference

pytestmark = pytest.mark.interop

Floats = NDArray[np.float64]

DAYS, PER_DAY = 42, 4
GRID = np.linspace(0.0, DAYS, DAYS * PER_DAY + 1)
#: Relative tolerance that the programs are asked for, and absolute; steps that they may take.
TIGHT, ABSOLUTE, STEPS = 1e-12, 1e-14, 1_000_000
#: Largest difference of any state on any day, relative to it or to a thousandth of its largest value.
AGREE, DEFAULT = 1e-8, 1e-6
FLOOR = 1e-3

ADULT = itp.typical_patient("adult_chronic", weight_kg=70, platelets=12)
PATIENTS = {
    "adult": ADULT,
    "splenectomy": ADULT.assign(spleen=0.0),
    "no FcRn effect": ADULT.assign(fcrn_effect=0.0),
    "child": itp.typical_patient("child_newly_diagnosed", weight_kg=18, platelets=5),
    "virtual": itp.virtual_patients("adult_chronic", n=8, seed=3).iloc[[5]],
}
REGIMENS = ("1 g/kg", "1 g/kg daily x 2", "0.4 g/kg daily x 5", "70 g over 5 h on day 0.5 and 21")
SCENARIOS = [(name, regimen) for name in PATIENTS for regimen in REGIMENS]


def needed(name: str) -> ModuleType:
    """A program of the extra, or the test is skipped with a hint."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they warn of while they load is theirs
        if importlib.util.find_spec(name) is None:
            pytest.skip(f'{name} is not installed: pip install -e ".[interop]"')
        before = locale.setlocale(locale.LC_ALL)
        try:
            return importlib.import_module(name)
        finally:
            locale.setlocale(locale.LC_ALL, before)  # COPASI sets it to C, and text of other tests would be ASCII


def exported(name: str, regimen: str | None) -> str:
    return sbml(case(PATIENTS[name], regimen))


def true(name: str, regimen: str) -> Floats:
    """States by the reference solver at its tightest, shape (days, states)."""
    who = case(PATIENTS[name], regimen)
    schedule = Schedule(*breakpoints(itp.regimen(regimen).infusions(who.parameters.WT), DAYS))
    path = reference.integrate(who.parameters, who.untreated, schedule, times=GRID, rtol=TIGHT)
    return path.y[:, np.searchsorted(path.t, GRID)].T


def apart(found: Floats, expected: Floats) -> dict[str, float]:
    """Largest relative difference of each state."""
    assert found.shape == expected.shape == (len(GRID), len(eq.State._fields))
    assert np.isfinite(found).all()
    size = np.abs(expected)
    size = np.maximum(size, FLOOR * size.max(axis=0))
    size[:, (size == 0).all(axis=0)] = 1.0
    return dict(zip(eq.State._fields, (np.abs(found - expected) / size).max(axis=0).tolist(), strict=True))


def beyond(differences: dict[str, float], allowed: float) -> dict[str, float]:
    return {name: x for name, x in differences.items() if not x <= allowed}


# --- the same curves ------------------------------------------------------------------------------------------------


def by_roadrunner(text: str) -> Floats:
    program = needed("roadrunner")
    machine = program.RoadRunner(text)
    for name, value in {
        "relative_tolerance": TIGHT,
        "absolute_tolerance": ABSOLUTE,
        "maximum_num_steps": STEPS,
    }.items():
        machine.integrator.setValue(name, value)
    machine.timeCourseSelections = list(eq.State._fields)
    return np.array(machine.simulate(times=GRID.tolist()))


def by_copasi(text: str) -> Floats:
    program = needed("basico")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = program.load_model_from_string(text)
        try:
            table = program.run_time_course(
                start_time=0,
                duration=DAYS,
                intervals=DAYS * PER_DAY,
                r_tol=TIGHT,
                a_tol=ABSOLUTE,
                max_steps=STEPS,
                use_sbml_id=True,
                model=model,
            )
        finally:
            program.remove_datamodel(model)
    assert table.index.to_numpy() == pytest.approx(GRID, abs=1e-12)
    return table[list(eq.State._fields)].to_numpy()


def test_there_are_20_scenarios() -> None:
    assert len(SCENARIOS) == 20


@pytest.mark.parametrize("program", [by_roadrunner, by_copasi])
@pytest.mark.parametrize(("name", "regimen"), SCENARIOS)
def test_every_state_is_that_of_the_tight_reference(program: object, name: str, regimen: str) -> None:
    assert beyond(apart(program(exported(name, regimen)), true(name, regimen)), AGREE) == {}


@pytest.mark.parametrize(("name", "regimen"), SCENARIOS)
def test_every_state_is_that_of_the_default_engine(name: str, regimen: str) -> None:
    run = itp.simulate(PATIENTS[name], regimen, days=DAYS, times=GRID, outputs=eq.State._fields)
    ours = np.stack([run[state].to_numpy()[0, 0] for state in eq.State._fields], axis=1)
    assert beyond(apart(ours, by_roadrunner(exported(name, regimen))), DEFAULT) == {}


def test_a_lost_dose_and_a_changed_parameter_are_seen() -> None:
    text = exported("adult", "1 g/kg daily x 2")
    expected = true("adult", "1 g/kg daily x 2")
    events = re.findall(r"\n *<event .*?</event>", text)
    assert len(events) > 4
    late = text.replace(events[-2], "")
    (value,) = re.findall(r'id="TL" [^>]*value="([\d.]+)"', text)
    slow = text.replace(f'value="{value}" units="day"', f'value="{float(value) * (1 + 1e-5)}" units="day"')
    for wrong in (late, slow):
        assert wrong != text
        assert "PLT5" in beyond(apart(by_roadrunner(wrong), expected), AGREE)


# --- libSBML --------------------------------------------------------------------------------------------------------


def complaints(text: str) -> list[tuple[int, str, str]]:
    """Everything that libSBML finds, with every kind of check: number, severity and message."""
    program = needed("libsbml")
    document = program.readSBMLFromString(text)
    kinds = [
        value for name, value in vars(program).items() if re.fullmatch(r"LIBSBML_CAT_\w+(CONSISTENCY|PRACTICE)", name)
    ]
    assert program.LIBSBML_CAT_UNITS_CONSISTENCY in kinds
    for kind in kinds:
        document.setConsistencyChecks(kind, True)
    document.checkConsistency()
    found = map(document.getError, range(document.getNumErrors()))
    return [(e.getErrorId(), e.getSeverityAsString(), e.getMessage().strip()) for e in found]


@pytest.mark.parametrize("name", PATIENTS)
@pytest.mark.parametrize("regimen", [None, *REGIMENS])
def test_libsbml_finds_no_error_and_no_warning(name: str, regimen: str | None) -> None:
    assert complaints(exported(name, regimen)) == []


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        (r'(id="CL" [^>]*)units="L_per_day_per_kg"', r'\1units="L_per_kg"', "unit"),
        (r'(id="IC50" [^>]*)units="g_per_L"', r'\1units="giga_per_L"', "unit"),
        (r'sbml:units="g_per_day"', 'sbml:units="g"', "unit"),
        (r'sbml:units="day"', 'sbml:units="kg"', "unit"),
        (r'<cn sbml:units="dimensionless">10</cn>', "<cn>10</cn>", "unit"),
        (r"<ci>GAMMA</ci>", "<ci>KM</ci>", "unit"),
        (r"SBO:0000293", "SBO:0000288", "SBO"),
        (r"<ci>FIND</ci>", "<ci>FOUND</ci>", "FOUND"),
    ],
)
def test_libsbml_sees_what_is_wrong(right: str, wrong: str, said: str) -> None:
    text, times = re.subn(right, wrong, exported("adult", "1 g/kg"))
    assert times
    assert any(said in message for *_, message in complaints(text))


def test_libsbml_reads_level_3_version_2_with_who_made_it_and_what_it_is_about() -> None:
    program = needed("libsbml")
    document = program.readSBMLFromString(exported("adult", "1 g/kg"))
    assert (document.getLevel(), document.getVersion()) == (3, 2)
    model = document.getModel()
    assert model.getModelHistory().getCreator(0).getOrganisation() == "The itp_sim developers"
    assert itp.RESEARCH_ONLY in model.getNotesString()
    links = {
        model.getCVTerm(i).getResourceURI(k)
        for i in range(model.getNumCVTerms())
        for k in range(model.getCVTerm(i).getNumResources())
    }
    assert "https://identifiers.org/taxonomy:9606" in links
    assert model.getNumEvents() == len(case(ADULT, "1 g/kg").changes())
    assert model.getParameter("IC50").getSBOTermID() == "SBO:0000288"
