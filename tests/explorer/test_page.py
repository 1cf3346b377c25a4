"""The explorer page computes what Python computes, carries everything with it, and escapes what it shows."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

import itp_sim
from itp_sim import typical_patient
from itp_sim.cli import compared, output
from itp_sim.dosing import Dose, Regimen
from itp_sim.errors import InputError, ItpError
from itp_sim.explorer import page, readouts, settings, write_explorer
from itp_sim.explorer.settings import CONTROLS, COURSES, DOSES, INTERVALS, NUMBERS, Course, Setting
from itp_sim.parameters import records

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")

#: Prints for each setting what the page computes of it.
DRIVER = """
const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
const said = given.map((setting) => {
  const problem = impossible(parametersOf(setting));
  if (problem) return { problem };
  return { problem, arms: [setting.first, setting.second].map((course) => {
    const { curves, readouts, imbalance, delivered } = simulateArm(setting, course);
    const cells = DATA.rows.map(({ column, digits }) => printed(readouts[column], digits));
    const arrays = Object.fromEntries(Object.entries(curves).map(([name, values]) => [name, Array.from(values)]));
    return { curves: arrays, cells, imbalance, delivered };
  }) };
});
console.log(JSON.stringify(said));
"""
#: Prints the value of each expression.
EXPRESSIONS = (
    'console.log(JSON.stringify(JSON.parse(require("fs").readFileSync(0, "utf8")).map((code) => eval(code))));'
)
VIEW = (*page.MODEL, "draw.js", "panels.js", "link.js", "save.js")


def in_node(driver: str, given: object, names: tuple[str, ...] = page.MODEL, population: str = "adult_chronic") -> Any:
    """What `driver` prints when it runs behind the page's JavaScript."""
    code = page.script(population, names)
    inside = code.rstrip().removesuffix("}")
    assert inside != code.rstrip()
    run = subprocess.run(
        ["node", "-e", f"{inside}{driver}\n}}"],
        input=json.dumps(given),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout)


def plain(setting: Setting) -> dict[str, Any]:
    return setting._asdict() | {"first": setting.first._asdict(), "second": setting.second._asdict()}


@cache
def drawn(n: int = 50, seed: int = 11) -> list[Setting]:
    """Settings from anywhere in what can be set; none of an impossible patient."""
    random = np.random.default_rng(seed)
    names = settings.product_names()

    def course() -> Course:
        return Course(float(random.choice(DOSES)), int(random.choice(NUMBERS)), int(random.choice(INTERVALS)))

    found: list[Setting] = []
    while len(found) < n:
        values = {name: round(float(random.uniform(one.low, one.high)), 3) for name, one in CONTROLS.items()}
        off = tuple(name for name in itp_sim.MECHANISM_SWITCHES if random.random() < 0.25)
        days = int(random.choice(settings.DAYS))
        setting = Setting(course(), course(), **values, product=str(random.choice(names)), off=off, days=days)
        try:
            settings.patient(setting)
        except InputError:
            continue
        found.append(setting)
    return found


# --- the same numbers -------------------------------------------------------------------------------------------------


@needs_node
def test_who_cannot_exist_is_said_for_both_reasons() -> None:
    usual = "parametersOf(DATA.typical)"
    changed = [
        f"{usual}.map((x, i) => ({change})[PARAMETER_NAMES[i]] ?? x)"
        for change in ("{}", "{ FP: 0.7, FM: 0.4 }", "{ EPS: 0.01 }")
    ]
    said = in_node(EXPRESSIONS, [f"impossible({code})" for code in changed])
    assert [bool(one) for one in said] == [False, True, True]


@needs_node
def test_fifty_settings_agree_with_python() -> None:
    said = in_node(DRIVER, [plain(setting) for setting in drawn()])
    for setting, one in zip(drawn(), said, strict=True):
        run = settings.run(setting)
        cells = readouts.printed(run)
        for i, arm in enumerate(one["arms"]):
            assert arm["curves"].keys() == {str(name) for name in run.data_vars if run[name].dims[-1:] == ("time",)}
            for name, values in arm["curves"].items():
                expected = run[name].to_numpy()[i, 0]
                np.testing.assert_allclose(values, expected, rtol=1e-6, atol=1e-9, err_msg=f"{setting}: {name}")
            assert arm["cells"] == [row[i] for row in cells], setting
            assert arm["delivered"] == pytest.approx(run.delivered.to_numpy()[i, 0], rel=1e-12)
            assert arm["imbalance"] < 1e-9 * max(arm["delivered"], 1.0)


@needs_node
@pytest.mark.parametrize("population", itp_sim.populations())
def test_typical_patients_agree_to_the_last_digit(population: str) -> None:
    start = settings.typical(population)
    every = [
        *settings.patients(start).values(),
        start._replace(first=COURSES["no IVIG"], second=COURSES["0.4 g/kg daily x 5"]),
    ]
    said = in_node(DRIVER, [plain(setting) for setting in every], population=population)
    for setting, one in zip(every, said, strict=True):
        run = settings.run(setting, population)
        for i, arm in enumerate(one["arms"]):
            expected = run.platelets.to_numpy()[i, 0]
            np.testing.assert_allclose(arm["curves"]["platelets"], expected, rtol=1e-7)
            # The fast engines do the same operations in the same order.
            if run.attrs["solver"] != "reference":
                assert arm["curves"]["platelets"] == expected.tolist()


@needs_node
def test_a_patient_who_cannot_be_is_refused_by_both() -> None:
    low = settings.typical()
    tried = [low._replace(platelets=count, production=0.2) for count in (1.0, 20.0, 40.0, 60.0, 80.0, 100.0)]
    said = in_node(DRIVER, [plain(setting) for setting in tried])
    refused = []
    for setting in tried:
        try:
            settings.patient(setting)
            refused.append(False)
        except InputError as error:
            refused.append(True)
            assert "cannot be held" in str(error)
    assert [bool(one["problem"]) for one in said] == refused
    assert {True, False} == set(refused)


@needs_node
def test_numbers_are_printed_as_in_python() -> None:
    values = [0.0, -0.0, 0.05, 0.25, 0.35, 0.5, 0.75, 1.5, 2.5, 16.5, 17.5, -0.04, -0.25, -1.5, 99.95, 1e6 + 0.5, 3.35]
    asked = [(x, digits) for x in values for digits in (0, 1)]
    found = in_node(EXPRESSIONS, [f"printed({x!r}, {digits})" for x, digits in asked])
    assert found == [readouts.cell(x, digits) for x, digits in asked]
    assert in_node(EXPRESSIONS, ["printed(NaN, 1)", "printed('CR', 0)"]) == ["-", "CR"]


def test_no_two_infusions_can_overlap() -> None:
    longest = max(
        Regimen((Dose(0.0, DOSES[-1]),), itp_sim.product(name)).hours(70.0)[0] for name in settings.product_names()
    )
    assert longest < 24 * min(INTERVALS)


# --- one home per fact ------------------------------------------------------------------------------------------------


def test_readouts_are_those_of_the_shell() -> None:
    mine = [(row.column, row.label, row.unit.replace("10⁹", "10^9"), row.digits) for row in readouts.ROWS]
    # Vials are the pharmacy's matter; the page does not count them.
    assert mine == [tuple(row) for row in compared.ROWS if row[0] != "vials"]
    for x in (0.05, 2.5, -0.01, float("nan"), 123.456, "CR"):
        assert readouts.cell(x, 1) == output.cell(x, 1)


@pytest.mark.parametrize("population", itp_sim.populations())
def test_controls_stay_within_what_the_records_allow(population: str) -> None:
    for name, control in CONTROLS.items():
        low, high = records(population)[control.parameter].range
        assert low <= control.low < control.high <= high
        assert control.low <= getattr(settings.typical(population), name) <= control.high


def test_settings_say_their_regimens() -> None:
    assert {label: course.text for label, course in COURSES.items()} == {
        "1 g/kg": "1 g/kg",
        "1 g/kg daily x 2": "1 g/kg daily x 2",
        "0.4 g/kg daily x 5": "0.4 g/kg daily x 5",
        "no IVIG": "no IVIG",
    }
    for label, course in COURSES.items():
        assert course.dose == 0 or itp_sim.regimen(label).text == course.text
    assert itp_sim.regimen(Course(0.8, 3, 21).text) == itp_sim.regimen("0.8 g/kg every 21 days x 3")
    three = settings.patients(settings.typical())
    assert settings.patient(three["no spleen"]).parameters.spleen == 0
    low, usual = (settings.patient(three[name]).parameters.EPS for name in ("low production", "typical patient"))
    assert low == pytest.approx(usual / 2)
    assert settings.patient(three["typical patient"]) == typical_patient()


# --- the file ---------------------------------------------------------------------------------------------------------


def test_one_small_file_that_is_always_the_same(tmp_path: Path) -> None:
    path = write_explorer(tmp_path / "explorer.html")
    text = path.read_bytes()
    assert len(text) < 300_000
    assert write_explorer(tmp_path / "again.html").read_bytes() == text
    assert sorted(file.name for file in tmp_path.iterdir()) == ["again.html", "explorer.html"]
    assert itp_sim.RESEARCH_ONLY in text.decode()
    assert "{{" not in text.decode().split("<script>")[0].replace(page._read("style.css"), "")


def test_policy_allows_this_script_and_this_style_alone() -> None:
    text = page.page()
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy and "http" not in policy
    for kind, name in (("script-src", "script"), ("style-src", "style")):
        (inside,) = re.findall(f"<{name}>(.*?)</{name}>", text, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy


def test_nothing_is_asked_of_a_network() -> None:
    text = page.page().replace("http://www.w3.org/2000/svg", "")
    assert "http" not in text.replace("http-equiv", "")
    assert not re.findall(r"<(?:link|img|iframe|script)\s[^>]*(?:src|href)", text)
    for call in ("fetch(", "XMLHttpRequest", "WebSocket", "import(", "sendBeacon", "@import", "url(h"):
        assert call not in text


def test_text_in_the_data_cannot_end_the_script(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = "</script><script>alert(1)</script>"
    data = page.page_data("adult_chronic")
    monkeypatch.setattr(page, "page_data", lambda _: data | {"population": bad})
    text = page.page()
    assert bad not in text
    assert text.count("</script>") == 1
    assert "\\u003c/script>\\u003cscript>alert(1)" in text


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("explorer.txt", "ends in .html"),
        ("nowhere/explorer.html", "does not exist"),
        (None, "name a file"),
        (7, "name a file"),
    ],
)
def test_bad_paths(path: Any, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=words):
        write_explorer(path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "explorer.html"
    path.write_text("old")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(ItpError, match="No space left"):
        write_explorer(path)
    assert path.read_text() == "old"


def test_unknown_population_is_refused() -> None:
    with pytest.raises(InputError, match="adult_chronic"):
        page.page("adults")


def test_edited_equations_are_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page.engines, "up_to_date", lambda: False)
    with pytest.raises(ItpError, match="hatch_build.py"):
        write_explorer(tmp_path / "explorer.html")
    assert list(tmp_path.iterdir()) == []


def test_shell_writes_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "page.html"
    assert itp_sim.cli.main(["explore", "--out", str(target)]) == 0
    assert target.exists() and str(target) in capsys.readouterr().out
    assert itp_sim.cli.main(["explore", "--out", str(tmp_path / "page.pdf")]) == 2
    assert "ends in .html" in capsys.readouterr().err
    assert itp_sim.cli.main(["explore", "--json", "--out", str(target)]) == 0
    assert json.loads(capsys.readouterr().out)["file"] == str(target)


# --- links, pictures and tables that leave the page -------------------------------------------------------------------


@needs_node
def test_a_link_gives_back_the_setting() -> None:
    some = [plain(setting) for setting in drawn()[:20]]
    codes = [f"fromFragment(toFragment({json.dumps(one)}))" for one in some]
    found = in_node(EXPRESSIONS, codes, VIEW)
    assert found == [json.loads(json.dumps(one)) for one in some]


@needs_node
@pytest.mark.parametrize(
    "fragment",
    [
        "",
        "#",
        "#a=&b=xx&weight=&platelets=NaN&days=7",
        "#a=1e999x1x1&weight=Infinity&production=-1e9",
        "#off=%3Cscript%3E,__proto__,constructor&product=toString&escape=99",
        "#a=-1x99x0.5&weight=0x10&days=1e9",
        "#%E0%A4%A&a",
    ],
)
def test_whatever_a_link_says_can_be_simulated(fragment: str) -> None:
    (found,) = in_node(EXPRESSIONS, [f"fromFragment({json.dumps(fragment)})"], VIEW)
    for name, control in CONTROLS.items():
        assert control.low <= found[name] <= control.high
    assert found["product"] in settings.product_names()
    assert set(found["off"]) <= set(itp_sim.MECHANISM_SWITCHES)
    assert found["days"] in settings.DAYS
    for arm in ("first", "second"):
        assert 0 <= found[arm]["dose"] <= DOSES[-1]
        assert found[arm]["n"] in NUMBERS and found[arm]["every"] in INTERVALS


@needs_node
def test_saved_files() -> None:
    setting = plain(settings.typical()._replace(off=("no blockade",)))
    code = f"""(() => {{
      const setting = {json.dumps(setting)};
      const arms = [setting.first, setting.second].map((course) => simulateArm(setting, course));
      const shown = {{ arms, intact: arms, days: setting.days }};
      const legend = [{{ style: ARM_STYLES[0], text: "<b>&\\"" }}];
      return [pictureOf(shown, setting, legend), tableOf(shown, setting, ['a "b"', "c"], "link")];
    }})()"""
    ((picture, table),) = in_node(EXPRESSIONS, [code], VIEW)
    assert "&lt;b&gt;&amp;&quot;" in picture and "<b>" not in picture
    assert itp_sim.RESEARCH_ONLY in picture and itp_sim.RESEARCH_ONLY in table
    assert "switched off: no blockade" in picture and "body weight 70 kg" in table
    assert "NaN" not in picture and "undefined" not in picture
    assert ET.fromstring(picture).tag.endswith("svg")
    lines = table.split("\r\n")
    assert lines[4].startswith('arm,regimen,day,"platelets [1e9/L]"')
    assert lines[5].startswith('A,"a ""b""",0,')
    assert len(lines) == 5 + 2 * (42 * settings.PER_DAY + 1) + 1
