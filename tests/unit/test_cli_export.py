"""``itp-sim export``: files that say what was asked for, and bad input in one line."""

import json
from pathlib import Path

import pytest
from tests.unit import sbml_reader

import itp_sim as itp
from itp_sim import cli
from itp_sim.exchange.latex import supplement


def test_sbml_is_that_of_the_function(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shell, ours = tmp_path / "itp.xml", tmp_path / "ours.xml"
    words = ["export", "sbml", "1 g/kg daily x 2", "--out", str(shell), "--weight", "92", "--platelets", "8"]
    assert cli.main([*words, "--product", "Privigen"]) == 0
    said = capsys.readouterr()
    assert said.out == f"{shell}\n{itp.RESEARCH_ONLY}\n" and said.err == ""
    patient = itp.typical_patient(weight_kg=92, platelets=8)
    itp.to_sbml(patient, itp.regimen("1 g/kg daily x 2", product="Privigen"), ours)
    assert shell.read_bytes() == ours.read_bytes()


@pytest.mark.parametrize(
    ("kind", "name"), [("sbml", "a.xml"), ("mrgsolve", "a.mod"), ("rxode2", "a.R"), ("latex", "a.tex")]
)
def test_every_format_needs_no_more_than_a_file(
    kind: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["export", kind, "--out", str(tmp_path / name), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said == {"file": str(tmp_path / name), "format": kind, "notice": itp.RESEARCH_ONLY}
    assert itp.RESEARCH_ONLY in (tmp_path / name).read_text(encoding="utf-8")


def test_none_is_no_treatment_and_a_child_is_a_child(tmp_path: Path) -> None:
    file = tmp_path / "itp.xml"
    assert cli.main(["export", "sbml", "none", "--population", "child_newly_diagnosed", "--out", str(file)]) == 0
    model = sbml_reader.read(file.read_text(encoding="utf-8"))
    assert model.events == []
    assert model.values["KREM"] == itp.typical_patient("child_newly_diagnosed").parameters.KREM


def test_the_supplement_is_of_the_population_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "s.tex"
    words = ["export", "latex", "1 g/kg", "--population", "child_newly_diagnosed", "--out", str(file), "--weight", "20"]
    assert cli.main(words) == 0
    assert file.read_text(encoding="utf-8") == supplement("child_newly_diagnosed")
    notes = capsys.readouterr().err.splitlines()
    assert [note.split()[2] for note in notes] == ["REGIMEN", "--weight"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sbml"], "name a file with --out, such as --out itp.xml"),
        (
            ["smbl", "--out", "a.xml"],
            "no format 'smbl': did you mean 'sbml'? choose from sbml, mrgsolve, rxode2, latex",
        ),
        (["sbml", "--out", "a.txt"], "--out is 'a.txt': give a file that ends in .xml"),
        (["latex", "--out", "a.xml"], "--out is 'a.xml': give a file that ends in .tex"),
        (["sbml", "--out", "no/a.xml"], "--out is 'no/a.xml': the folder 'no' does not exist"),
        (
            ["sbml", "1 g/kg", "--weight", "9000", "--out", "a.xml"],
            "--weight is 9000 kg: give a number from 2 to 300 kg",
        ),
        (["sbml", "one gram", "--out", "a.xml"], "reading stopped at 'one gram'"),
        (["sbml", "--product", "Privigem", "--out", "a.xml"], "did you mean 'Privigen'"),
        (["sbml", "--population", "adults", "--out", "a.xml"], "no --population 'adults'"),
    ],
)
def test_bad_input_is_one_line_and_code_2(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["export", *words]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and shown.err.count("\n") == 1
    assert said in shown.err
    assert list(tmp_path.iterdir()) == []
