"""The shell: what is printed where, exit codes, files whole or untouched."""

import argparse
import inspect
import json
import os
import re
import subprocess
import sys
import tomllib
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import itp_sim as itp
from itp_sim import cli
from itp_sim.catalogue import DEFAULT_PRODUCT, course_range
from itp_sim.cli import output
from itp_sim.cli.parser import parser
from itp_sim.cli.typed import ARGUMENTS
from itp_sim.dosing import LATEST, Dose
from itp_sim.dosing.doses import MOST_PER_KG
from itp_sim.evidence import sources
from itp_sim.figures import STYLES
from itp_sim.fitting.one import SAMPLERS
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.observed import studies
from itp_sim.response import DEFINITIONS
from itp_sim.sensitivity import analysis
from itp_sim.sensitivity.analysis import METHODS
from itp_sim.sensitivity.varied import OVER
from itp_sim.solve import engines, kernel

ROOT = Path(__file__).parents[2]
TWO = ["compare", "1 g/kg", "1 g/kg daily x 2"]


class Said:
    """Exit code and both streams of one call."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str]) -> object:
    def run(*arguments: str) -> Said:
        code = cli.main(arguments)
        return Said(code, *capsys.readouterr())

    return run


def process(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    """The same in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "itp_sim", *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")} | options.pop("env", {}),
        capture_output=options.pop("capture_output", True),
        text=True,
        timeout=120,
        check=False,
        **options,
    )


# --- compare --------------------------------------------------------------------------------------------------------


def test_compare_prints_a_table(shell: object) -> None:
    said = shell(*TWO)
    assert (said.code, said.err) == (0, "")
    table = itp.response(itp.simulate(itp.typical_patient(), TWO[1:])).droplevel("patient")
    rows = {line[:21].strip(): line[31:].split() for line in said.out.splitlines()}
    assert rows["peak count"] == [f"{x:.0f}" for x in table.peak]
    assert rows["day of the peak"] == [f"{x:.1f}" for x in table.peak_day]
    assert rows["first day at 100"] == [f"{x:.1f}" for x in table.day_100]
    assert rows["response"] == list(table.response)
    assert rows["IgG prescribed"] == ["70", "140"]
    assert "2 x 1 g/kg = 2 g/kg, 140 g at 70 kg, 3.1 h each (Gamunex-C)" in said.out
    assert DEFINITIONS["iwg"].title in said.out
    assert said.out.endswith(RESEARCH_ONLY + "\n")
    assert max(map(len, rows)) < 100


def test_what_is_not_reached_is_a_dash(shell: object) -> None:
    lines = shell("compare", "0.1 g/kg").out.splitlines()
    (row,) = [line for line in lines if line.startswith("first day at 100")]
    assert row.split()[-1] == "-"
    assert "nan" not in "\n".join(lines)


@pytest.mark.parametrize("n", [1, 5, 6])
def test_one_to_six_regimens(n: int, shell: object) -> None:
    regimens = [
        "0.5 g/kg",
        "1 g/kg",
        "2 g/kg",
        "0.4 g/kg daily x 5",
        "1 g/kg daily x 2",
        "70 g over 5 h on day 0 and 21",
    ]
    said = shell("compare", *regimens[:n])
    assert said.code == 0
    (row,) = [line.split() for line in said.out.splitlines() if line.startswith("peak count")]
    assert len(row) == 3 + n
    for regimen in regimens[:n]:
        assert regimen in said.out
    assert max(map(len, said.out.splitlines()[:-5])) <= 120


def test_wide_tables_name_their_arms_by_letters(shell: object) -> None:
    long = "1 g/kg over 3 h on day 0 and 21 then 0.4 g/kg daily x 5 on day 30"
    said = shell("compare", long, "1 g/kg every 3 days x 7 on day 1")
    assert f"A: {long}" in said.out.splitlines()
    (head,) = [line for line in said.out.splitlines() if line.split() == ["A", "B"]]
    assert len(head) < 100


@pytest.mark.parametrize("twin", ["1 g/kg", "1 G/kg  on day 0", "1.0 g/kg"])
def test_two_equal_regimens_are_refused(twin: str, shell: object) -> None:
    said = shell("compare", "1 g/kg", twin)
    assert (said.code, said.out) == (2, "")
    assert said.err == "itp-sim: REGIMEN '1 g/kg' is given twice: give each once\n"


def test_options_reach_the_run(shell: object) -> None:
    said = shell(
        *("compare", "50 g", "--json", "--weight", "50", "--platelets", "20", "--days", "28"),
        *("--product", "privigen", "--definition", "at_least_50"),
    )
    found = json.loads(said.out)
    arm = itp.regimen("50 g", product="Privigen")
    run = itp.simulate(itp.typical_patient(weight_kg=50, platelets=20), {"50 g": arm}, days=28)
    row = itp.response(run, definition="at_least_50").iloc[0]
    assert found["arms"]["50 g"] == json.loads(row.to_json(double_precision=15)) | {
        name: pytest.approx(row[name], rel=1e-12) for name in ("peak", "area", "day_30", "igg_peak", "hours")
    } | {name: pytest.approx(float(row[name]), rel=1e-12) for name in row.index if isinstance(row[name], float)}
    assert found["arms"]["50 g"]["grams"] == 50
    assert found["product"] == "Privigen"
    assert found["definition"] == "at_least_50"
    assert found["days"] == 28


@pytest.mark.parametrize(("days", "late"), [(21, 2), (20, 3), (20.5, 2)])
def test_infusions_after_the_run_are_noted(days: float, late: int, shell: object) -> None:
    said = shell("compare", "1 g/kg every 10 days x 5", "--days", str(days), "--json")
    assert said.code == 0
    assert json.loads(said.out)["arms"]
    assert said.err == (
        f"itp-sim: note: '1 g/kg every 10 days x 5': {late} of 5 infusions come after the run of {days:g} days "
        "and are not in it\n"
    )
    assert shell("compare", "1 g/kg every 10 days x 5", "--days", "40.5").err == ""


@pytest.mark.parametrize(
    ("regimen", "noted"), [("1 g", True), ("0.19 g/kg", True), ("0.2 g/kg", False), ("0.1 g/kg daily x 2", False)]
)
def test_a_dose_far_below_a_clinical_one_is_noted(regimen: str, noted: bool, shell: object) -> None:
    said = shell("compare", regimen, "--json")
    assert said.code == 0
    assert ("far below a clinical dose" in said.err) is noted
    assert said.err.count("\n") == noted


@pytest.mark.parametrize(
    ("population", "regimens", "noted"),
    [
        ("child_newly_diagnosed", ["1 g/kg"], True),
        ("child_newly_diagnosed", ["1 g/kg", "none"], False),
        ("adult_chronic", ["1 g/kg"], False),
    ],
)
def test_recovery_without_treatment_is_noted(population: str, regimens: list[str], noted: bool, shell: object) -> None:
    said = shell("compare", *regimens, "--population", population, "--json")
    assert said.code == 0
    assert ("also recover without treatment (KREM)" in said.err) is noted
    assert said.err.count("\n") == noted


def test_grams_do_not_hide_a_dose_that_would_be_refused_by_weight(shell: object) -> None:
    said = shell("compare", "400 g", "--weight", "10", "--json")
    assert said.code == 0
    assert said.err == (
        f"itp-sim: note: '400 g' is 40 g/kg in one infusion at 10 kg: a dose by weight may be at most {MOST_PER_KG:g} "
        "g/kg\n"
    )
    assert shell("compare", f"{MOST_PER_KG:g} g/kg", "50 g", "--weight", "10").err.count("in one infusion") == 0


@pytest.mark.parametrize("many", [[], ["--n", "20"]])
def test_an_arm_without_treatment(many: list[str], shell: object, tmp_path: Path) -> None:
    figure = tmp_path / "none.svg"
    said = shell("compare", "None", "1 g/kg", "--days", "21", *many, "--out", str(figure))
    assert (said.code, said.err) == (0, "")
    assert "  none: no treatment\n" in said.out
    assert figure.is_file()
    arms = nothing_but_json(shell("compare", "1 g/kg", "none", "--days", "21", *many, "--json").out)["arms"]
    peak = arms["none"]["median peak"]["value"] if many else arms["none"]["peak"]
    assert peak < 30
    assert shell("compare", "none", "NONE").err == "itp-sim: REGIMEN 'none' is given twice: give each once\n"
    assert "none is an arm without treatment" in " ".join(shell("compare", "--help").out.split())


def test_a_peak_at_the_end_of_the_run_is_no_peak(shell: object) -> None:
    said = "still rising when the run ends, so the peak comes later: 1 g/kg\n"
    assert said in shell("compare", "none", "1 g/kg", "--days", "2").out
    assert "still rising" not in shell("compare", "1 g/kg", "none").out


def test_the_clinical_dose_is_the_least_course_of_the_labels() -> None:
    texts = {text for name in itp.products().index for text in itp.product(name).itp_regimens}
    totals = [sum(dose.amount for dose in itp.regimen(text).doses) for text in texts]
    assert course_range() == (min(totals), max(totals))


def test_first_values_are_noted_under_every_result(shell: object, tmp_path: Path) -> None:
    text = (ROOT / "params" / "adult_chronic.toml").read_text(encoding="utf-8")
    head = '[population]\nkey = "mine"\ntitle = "t"\ndescription = "d"\nbased_on = "adult_chronic"\n\n'
    record = text[text.index("[IC50]") :]
    record, found = re.subn(r'(note\s*=\s*"+)', r"\1A first value, by hand. ", record[: record.index("\n[")])
    assert found == 1
    mine = tmp_path / "mine.toml"
    mine.write_text(head + record, encoding="utf-8")
    said = shell("compare", "1 g/kg", "--population", str(mine), "--json")
    assert nothing_but_json(said.out)["first_values"] == ["IC50"]
    assert "note: first values, set by hand and not calibrated, are in" in said.err
    assert "mine.toml: IC50; see" in said.err
    assert nothing_but_json(shell("compare", "1 g/kg", "--json").out)["first_values"] == []


#: The functions that a command calls with what its options say.
SERVED: dict[str, tuple[Callable[..., object], ...]] = {
    "compare": (itp.simulate, itp.simulate_population, itp.typical_patient, itp.regimen, itp.response),
    "trial": (itp.run_trial,),
    "validate": (itp.validate,),
    "sensitivity": (itp.sensitivity, itp.typical_patient, itp.regimen),
    "figure": (itp.figures.draw,),
    "fit": (itp.fit, itp.read_nmtran, itp.Fit.summary),
    "explore": (itp.write_explorer,),
    "export": (itp.regimen,),
}


def option(command: str, name: str) -> argparse.Action:
    top, _ = parser()
    (commands,) = (action for action in top._actions if isinstance(action, argparse._SubParsersAction))
    (found,) = (action for action in commands.choices[command]._actions if name in action.option_strings)
    return found


@pytest.mark.parametrize("command", SERVED)
def test_what_is_usual_at_the_shell_is_usual_in_the_functions(command: str) -> None:
    compared = 0
    for name in (name for name in parser()[1][command] if name.startswith("--") and name != "--help"):
        shown = option(command, name)
        argument = dict(ARGUMENTS).get(name, name.removeprefix("--").replace("-", "_"))
        for function in SERVED[command]:
            taken = inspect.signature(function).parameters.get(argument)
            if taken is None or taken.default is taken.empty:
                continue
            compared += 1
            if shown.default in (None, []):
                said = taken.default in (None, (), (None, None)) or f"{taken.default} by default" in (shown.help or "")
                assert said, (name, function)
            else:
                assert str(shown.default) == str(taken.default), (name, function)
    assert compared


@pytest.mark.parametrize(
    ("command", "name", "allowed"),
    [
        ("compare", "--definition", tuple(DEFINITIONS)),
        ("sensitivity", "--definition", tuple(DEFINITIONS)),
        ("sensitivity", "--method", METHODS),
        ("sensitivity", "--over", OVER),
        ("figure", "--style", STYLES),
        ("fit", "--sampler", SAMPLERS),
    ],
)
def test_help_names_what_can_be_chosen_with_the_default_first(
    command: str, name: str, allowed: tuple[str, ...]
) -> None:
    shown = option(command, name)
    assert shown.default in (None, allowed[0])
    text = (shown.help or "").replace("%(default)s", str(shown.default))
    places = [re.search(rf"\b{word}\b", text) for word in allowed]
    assert all(places)
    starts = [place.start() for place in places if place]
    assert starts == sorted(starts)
    assert "by default" in text[starts[0] : starts[1]]


def test_help_tells_how_many_points_are_usual() -> None:
    assert f", {analysis.N} by default" in (option("sensitivity", "--n").help or "")


def test_the_longest_run_is_that_of_the_functions(shell: object) -> None:
    said = {
        shell("compare", "1 g/kg", "--days", "1e6").err.removeprefix("itp-sim: ").strip(),
        shell("compare", "1 g/kg", "--days", "1e6", "--n", "9", "--workers", "1").err.removeprefix("itp-sim: ").strip(),
    }
    for call in (
        lambda: itp.simulate(itp.typical_patient(), "1 g/kg", days=1e6),
        lambda: itp.simulate_population("adult_chronic", "1 g/kg", n=9, days=1e6),
    ):
        with pytest.raises(itp.InputError) as caught:
            call()
        said.add(f"--{caught.value}")
    (message,) = said
    longest = float(message.split(" to ")[1].split()[0])
    with pytest.raises(itp.InputError):  # no dose is later than the longest run
        Dose(longest, 1.0)
    assert longest < LATEST


def test_virtual_patients(shell: object) -> None:
    said = shell("compare", "1 g/kg", "2 g/kg", "--n", "12", "--seed", "3", "--platelets", ":20", "--json")
    found = json.loads(said.out)
    assert (found["n"], found["seed"]) == (12, 3)
    assert list(found["arms"]) == ["1 g/kg", "2 g/kg"]
    assert 0 <= found["arms"]["1 g/kg"]["response (iwg)"]["value"] <= 1
    assert "12 virtual patients" in shell("compare", "1 g/kg", "--n", "12").out


# --- json -----------------------------------------------------------------------------------------------------------


def nothing_but_json(text: str) -> dict[str, object]:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    found = json.loads(text, parse_constant=refuse)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    "arguments",
    [
        [*TWO, "--json"],
        ["compare", "0.25 g/kg", "--json"],
        ["compare", "1 g/kg", "--n", "3", "--json"],
        ["params", "--json"],
        ["products", "--json"],
    ],
)
def test_json_is_one_object_and_nothing_else(arguments: list[str], shell: object) -> None:
    said = shell(*arguments)
    assert (said.code, said.err) == (0, "")
    assert nothing_but_json(said.out)["notice"] == RESEARCH_ONLY
    assert said.out.endswith("}\n")


def test_a_day_that_is_not_reached_is_null(shell: object) -> None:
    arm = nothing_but_json(shell("compare", "0.1 g/kg", "--json").out)["arms"]["0.1 g/kg"]
    assert arm["day_100"] is None
    assert arm["peak"] > 12


def test_json_of_parameters_and_products_is_that_of_the_tables(shell: object) -> None:
    parameters = nothing_but_json(shell("params", "adult_chronic", "--json").out)["parameters"]
    table = itp.parameters_table("adult_chronic").set_index("name")
    assert list(parameters) == list(table.index)
    assert parameters["IC50"]["value"] == table.value["IC50"]
    assert parameters["CL"]["range"] == list(table.range["CL"])
    assert parameters["WT"]["cv"] is None
    assert list(nothing_but_json(shell("products", "--json").out)["products"]) == list(itp.products().index)


def test_json_beside_a_figure(shell: object, tmp_path: Path) -> None:
    said = shell(*TWO, "--json", "--out", str(tmp_path / "a.svg"))
    assert nothing_but_json(said.out)["arms"]
    assert (tmp_path / "a.svg").stat().st_size > 10_000


# --- params and products --------------------------------------------------------------------------------------------


def test_every_number_is_printed_with_its_source(shell: object) -> None:
    out = " ".join(shell("params").out.split())
    for row in itp.parameters_table("adult_chronic").itertuples():
        assert f"{row.name} = {row.value:g}" in out
        assert row.meaning in out
        assert " ".join(row.citation.split()) in out
        assert "range {:g} to {:g}".format(*row.range) in out
        assert all(key in out for key in row.source.split("; "))
    assert out.endswith(RESEARCH_ONLY)


def test_parameters_of_a_file_of_ones_own(shell: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (ROOT / "params" / "adult_chronic.toml").read_text(encoding="utf-8")
    typical = itp.records("adult_chronic")["IC50"].value
    mine = text.replace('key         = "adult_chronic"', 'key = "my_clinic"')
    mine = re.sub(r"(\[IC50\][^\[]*?value *= )[\d.]+", rf"\g<1>{2 * typical}", mine)
    assert tomllib.loads(mine)["IC50"]["value"] == 2 * typical
    (tmp_path / "my_clinic.toml").write_text(mine, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for path in ("my_clinic.toml", str(tmp_path / "my_clinic.toml")):
        assert f"IC50 = {2 * typical:g} g/L" in shell("params", path).out
    ours, packaged = (
        shell("compare", "1 g/kg", "--json", *more).out for more in (["--population", "my_clinic.toml"], [])
    )
    assert json.loads(ours)["arms"]["1 g/kg"]["peak"] < json.loads(packaged)["arms"]["1 g/kg"]["peak"]
    (tmp_path / "my_clinic.toml").write_text(mine.replace(f"= {2 * typical}\n", "= 'x'\n"), encoding="utf-8")
    said = shell("params", "my_clinic.toml")
    assert (said.code, said.out) == (2, "")
    assert "my_clinic.toml, [IC50] value is 'x', not a number" in said.err


def test_one_number_is_printed_in_full(shell: object) -> None:
    for name in ("TL", "t_l", "lifespan"):
        out = " ".join(shell("params", "adult_chronic", name).out.split())
        record = itp.records("adult_chronic")["TL"]
        assert out.startswith(f"TL = {record.value:g} day: {record.meaning}")
        assert f"range: {record.range[0]:g} to {record.range[1]:g} day" in out
        assert f"CV {100 * record.cv:g}%" in out
        assert f"as printed: {record.reported.value:g} h" in out
        assert all(f"source {key}: {sources()[key].citation.split(',')[0]}" in out for key in record.source)
        assert all(f"doi {sources()[key].doi}" in out for key in record.source)
        assert record.locator in out
        assert "CL =" not in out
    found = nothing_but_json(shell("params", "adult_chronic", "TL", "--json").out)
    assert found["parameter"]["reported"] == {"value": record.reported.value, "unit": "h"}
    assert [source["key"] for source in found["sources"]] == list(record.source)
    assert nothing_but_json(shell("params", "child_newly_diagnosed", "WT", "--json").out)["sources"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["IC50"], "'IC50' is a parameter: name the population first, as in itp-sim params adult_chronic IC50"),
        (["adult_cronic"], "did you mean 'adult_chronic'"),
        (["adult_chronic", "IC5O"], "did you mean 'IC50'"),
    ],
)
def test_a_slip_in_a_name_of_params(arguments: list[str], words: str, shell: object) -> None:
    said = shell("params", *arguments)
    assert (said.code, said.out) == (2, "")
    assert words in said.err


def test_products_are_printed_with_their_rates(shell: object) -> None:
    out = shell("products").out
    for name in itp.products().index:
        assert f"\n{name}\n" in f"\n{out}"
    assert "nan" not in out
    assert out.endswith(RESEARCH_ONLY + "\n")


# --- sensitivity ----------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("default:the indices of:UserWarning")
def test_sensitivity_prints_who_decides(shell: object) -> None:
    said = shell("sensitivity", "1 g/kg", "--output", "peak", "igg_peak", "--parameter", "IC50", "V1", "--n", "8192")
    assert (said.code, said.err.count("Traceback")) == (0, 0)
    assert said.out.startswith("1 g/kg, 70 g at 70 kg") and said.out.endswith(RESEARCH_ONLY + "\n")
    peak, igg = said.out.split("peak: ")[1:]
    assert peak.index("IC50") < peak.index("V1") and igg.index("V1") < igg.index("IC50")  # the largest first
    assert "32,768 runs, n 8192, seed 0" in said.out


def test_sensitivity_in_one_patient(shell: object) -> None:
    asked = ["sensitivity", "1 g/kg", "--method", "local", "--output", "peak", "--platelets", "20"]
    said = shell(*asked)
    assert (said.code, said.err) == (0, "")
    content = nothing_but_json(shell(*asked, "--json").out)
    assert content["regimen"] == "1 g/kg" and content["patient"]["P0"] == 20 and content["method"] == "local"
    patient = itp.typical_patient(platelets=20)
    by = itp.sensitivity(patient, "1 g/kg", method="local", outputs="peak").elasticity
    for name, row in content["outputs"]["peak"]["parameters"].items():
        assert row["elasticity"] == float(by.sel(parameter=name, output="peak"))
        assert f"{row['elasticity']:+.2f}"[:4] in said.out


@pytest.mark.filterwarnings("default:the indices of:UserWarning")
def test_sensitivity_as_json_and_figure(shell: object, tmp_path: Path) -> None:
    asked = ["sensitivity", "1 g/kg", "--n", "64", "--over", "ranges", "--parameter", "IC50", "EPS", "--seed", "3"]
    said = shell(*asked, "--json", "--out", str(tmp_path / "a.svg"))
    assert said.code == 0 and all(line.startswith("itp-sim: note: the indices of") for line in said.err.splitlines())
    content = nothing_but_json(said.out)
    assert list(content["outputs"]) == ["peak", "days_above_50", "response"]
    assert (content["over"], content["n"], content["seed"], content["runs"]) == ("ranges", 64, 3, 256)
    assert (tmp_path / "a.svg").stat().st_size > 10_000
    local = shell("sensitivity", "none", "--method", "local", "--output", "peak", "--out", str(tmp_path / "b.png"))
    assert local.code == 0 and "no treatment" in local.out and "figure: " in local.out


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--output", "pek"], "no output 'pek': did you mean 'peak'"),
        (["--output", "day_50", "--n", "64"], "ask for days_above_50"),
        (["--method", "global"], "no --method 'global'"),
        (["--n", "100"], "such as 64 or 128"),
        (["--out", "a.gif"], "give a file that ends in .svg, .pdf, .png"),
        (["--method", "local", "--seed", "1"], "--seed is for --method sobol"),
    ],
)
def test_what_sensitivity_refuses(more: list[str], words: str, shell: object) -> None:
    said = shell("sensitivity", "1 g/kg", *more)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert words in said.err


# --- help -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [[], ["--help"], ["compare", "--help"], ["params", "-h"], ["products", "--help"], ["sensitivity", "-h"]],
)
def test_help_can_be_read_and_carries_the_statement(arguments: list[str], shell: object) -> None:
    said = shell(*arguments)
    assert (said.code, said.err) == (0, "")
    assert RESEARCH_ONLY in " ".join(said.out.split())
    assert said.out.startswith("usage: itp-sim")
    assert max(map(len, said.out.splitlines())) <= 80


def test_help_names_what_can_be_chosen(shell: object) -> None:
    out = " ".join(shell("compare", "--help").out.split())
    assert all(name in out for name in (*DEFINITIONS, *itp.populations(), *studies()))
    assert f"{DEFAULT_PRODUCT} by default" in out
    assert "adult_chronic (by default)" in out
    assert all(name in shell("params", "--help").out for name in itp.populations())
    assert all(kind in out for kind in output.FIGURE_TYPES)
    assert "DOSE [over HOURS h] [daily x N | every K days x N]" in out
    assert all(command in shell().out for command in ("compare", "params", "products"))


def test_version(shell: object) -> None:
    first, second = shell("--version").out.splitlines()
    assert first == f"itp-sim {itp.__version__}"
    assert second.startswith("engine: kernel" if kernel.available() else "engine: twin (NumPy), and reference (SciPy)")


# --- figures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.svg", "b.pdf", "c.png", "D.SVG"])
def test_a_figure_is_saved_and_the_same_each_time(name: str, shell: object, tmp_path: Path) -> None:
    path = tmp_path / name
    said = shell(*TWO, "--observed", "godeau1999", "--out", str(path))
    assert (said.code, said.err) == (0, "")
    assert f"figure: {path}" in said.out
    first = path.read_bytes()
    starts = {"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"}
    assert first.startswith(starts[path.suffix[1:].lower()])
    assert shell(*TWO, "--observed", "godeau1999", "--out", str(path)).code == 0
    assert path.read_bytes() == first
    assert sorted(p.name for p in tmp_path.iterdir()) == [name]


def test_figures_of_two_processes_are_the_same(shell: object, tmp_path: Path) -> None:
    assert process(*TWO, "--out", str(tmp_path / "0.svg"), env={"PYTHONHASHSEED": "7"}).returncode == 0
    assert shell(*TWO, "--out", str(tmp_path / "1.svg")).code == 0
    assert (tmp_path / "0.svg").read_bytes() == (tmp_path / "1.svg").read_bytes()


def test_a_cohort_is_drawn_too(shell: object, tmp_path: Path) -> None:
    assert shell("compare", "1 g/kg", "--n", "5", "--out", str(tmp_path / "cohort.png")).code == 0
    assert (tmp_path / "cohort.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("out", "more", "code", "words"),
    [
        ("{}/none/a.svg", [], 2, "the folder '{}/none' does not exist"),
        ("{}/a.gif", [], 2, "give a file that ends in .svg, .pdf, .png"),
        ("{}/a", [], 2, "give a file that ends in .svg, .pdf, .png"),
        ("", [], 2, "give a file that ends in .svg, .pdf, .png"),
        ("{}/folder.svg", [], 1, "cannot be written: Is a directory; name another"),
        ("{}/a.svg", ["0.5 g/kg", "2 g/kg", "3 g/kg", "4 g/kg"], 2, "a figure shows at most 5 regimens, not 6"),
        ("{}/a.svg", ["--observed", "goddeau1999"], 2, "no published study 'goddeau1999': did you mean 'godeau1999'"),
    ],
)
def test_a_figure_that_cannot_be_saved(
    out: str, more: list[str], code: int, words: str, shell: object, tmp_path: Path
) -> None:
    (tmp_path / "folder.svg").mkdir()
    said = shell(*TWO, *more, "--out", out.format(tmp_path))
    assert (said.code, said.out) == (code, "")
    assert words.format(tmp_path) in said.err
    assert said.err.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["folder.svg"]


@pytest.mark.parametrize("when", ["draft", "replace"])
def test_when_the_disk_is_full_the_old_file_stays(
    when: str, shell: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: object, target: object, **_: object) -> None:
        if when == "draft":
            Path(target).write_bytes(b"half")
        raise OSError(28, "No space left on device")

    old = tmp_path / "a.svg"
    old.write_bytes(b"old")
    monkeypatch.setattr(*(("matplotlib.figure.Figure.savefig", full) if when == "draft" else (Path, "replace", full)))
    said = shell(*TWO, "--out", str(old))
    assert (said.code, said.out) == (1, "")
    assert said.err == f"itp-sim: --out '{old}' cannot be written: No space left on device; name another\n"
    assert old.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.svg"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_must_not_be_written(shell: object, tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_bytes(b"old")
    tmp_path.chmod(0o500)
    said = shell(*TWO, "--out", str(tmp_path / "a.svg"))
    tmp_path.chmod(0o700)
    assert said.code == 1
    assert "cannot be written: Permission denied" in said.err
    assert (tmp_path / "a.svg").read_bytes() == b"old"


# --- errors ---------------------------------------------------------------------------------------------------------


def test_a_failed_run_exits_1(shell: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise itp.SolverError("arm 'x', patient 0: LSODA stopped\non day 3")

    monkeypatch.setattr(sys.modules["itp_sim.simulate"], "simulate", fail)
    said = shell(*TWO)
    assert (said.code, said.out) == (1, "")
    assert said.err == "itp-sim: arm 'x', patient 0: LSODA stopped on day 3\n"


def test_ctrl_c_exits_130(shell: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["itp_sim.simulate"], "simulate", stop)
    said = shell(*TWO)
    assert (said.code, said.out, said.err) == (130, "", "itp-sim: interrupted\n")


def test_a_fault_of_the_program_is_one_line_too(shell: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["itp_sim.simulate"], "simulate", lambda *_, **__: 1 / 0)
    said = shell(*TWO)
    assert (said.code, said.out) == (1, "")
    assert said.err == (
        "itp-sim: unexpected ZeroDivisionError: division by zero; "
        "this is a fault of the program: see where with --debug\n"
    )
    assert "Traceback" in shell(*TWO, "--debug").err


def test_a_warning_is_a_note_of_one_line(shell: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "up_to_date", lambda: False)
    monkeypatch.setattr(engines.kernel, "available", lambda: True)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        said = shell("compare", "1 g/kg", "--days", "1")
    assert (said.code, said.err.count("\n")) == (0, 1)
    assert said.err.startswith("itp-sim: note: the equations were edited: ")
    assert ".py:" not in said.err


def test_debug_shows_the_traceback(shell: object) -> None:
    for arguments in (
        ["compare", "much", "--debug"],
        ["compare", "--debug"],
        ["compare", "1 g/kg", "--debug", "--wat"],
    ):
        said = shell(*arguments)
        assert (said.code, said.out) == (2, "")
        assert said.err.startswith("Traceback")
        assert "itp_sim.errors." in said.err


def test_a_reader_who_goes_early_is_no_error() -> None:
    for arguments in (["params"], ["--help"]):
        read, write = os.pipe()
        os.close(read)
        gone = process(*arguments, capture_output=False, stdout=write, stderr=subprocess.PIPE)
        os.close(write)
        assert (gone.returncode, gone.stderr) == (0, "")


def test_a_terminal_without_unicode() -> None:
    said = process("params", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    if any(ord(c) > 127 for c in "".join(itp.parameters_table("adult_chronic").citation)):
        assert (said.returncode, said.stderr.count("\n")) == (1, 1)
    else:
        assert said.returncode == 0


def test_the_module_runs_as_the_command() -> None:
    said = process("compare", "1 g/kg", "--wat")
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith("itp-sim: no option '--wat'")
    assert said.stderr.count("\n") == 1


def test_only_what_is_needed_is_loaded() -> None:
    code = "import sys; from itp_sim import cli; cli.main(['--help']); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert not {"numpy", "pandas", "matplotlib", "scipy"} & set(loaded)


def test_numbers_of_numpy_in_json() -> None:
    row = itp.parameters_table("adult_chronic").iloc[0].copy()
    row["value"] = np.float64("inf")
    assert output.plain(row)["value"] is None
