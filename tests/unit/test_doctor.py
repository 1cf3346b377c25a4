"""``itp-sim doctor``: what the report of a fault holds, and a check that sees wrong numbers."""

import json
from pathlib import Path

import pytest

import itp_sim as itp
from itp_sim import cli, doctor
from itp_sim.extras import packages
from itp_sim.solve import kernel

ROOT = Path(__file__).parents[2]


def test_every_engine_gives_the_golden_curves() -> None:
    for engine in ("twin", "reference", *(["kernel"] if kernel.available() else [])):
        assert doctor.difference(engine) <= doctor.AS_BEFORE / 10, engine


def test_the_report_is_one_json_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["well"] is True
    assert found["itp_sim"] == itp.__version__
    assert found["notice"] == itp.RESEARCH_ONLY
    assert all(found["packages"][name] for name in ("numpy", "scipy", "pandas", "xarray", "matplotlib", "tqdm"))
    assert set(found["packages"]) == set(packages())
    assert set(found["engines"]) == {"kernel", "twin", "reference"}
    assert all(0 < seconds < 60 for seconds in found["seconds"].values())


def test_the_report_can_be_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor"]) == 0
    said = capsys.readouterr().out
    for words in ("itp_sim", "python", "platform", "numpy", "engine", "golden curves", "as before: kernel", "times"):
        assert words in said
    assert said.endswith(itp.RESEARCH_ONLY + "\n")


@pytest.fixture
def spoiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Golden curves of which one count is off by a millionth of the highest."""
    rows = [dict(row) for row in doctor._golden()]
    highest = max(float(row["platelets"]) for row in rows if row["platelets"])
    rows[5]["platelets"] = f"{float(rows[5]['platelets']) + 1e-6 * highest:.17g}"
    monkeypatch.setattr(doctor, "_golden", lambda: rows)


@pytest.mark.usefixtures("spoiled")
def test_wrong_numbers_are_seen(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor"]) == 1
    said = capsys.readouterr()
    assert "NOT as before" in said.out
    assert "install itp_sim again" in said.err


def test_an_engine_that_cannot_be_used_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "unusable", lambda engine: "no compiler" if engine == "kernel" else "")
    monkeypatch.setattr(doctor, "difference", lambda engine: 1e-12)
    found = doctor.examined()
    assert found["engines"]["kernel"] == {"reason": "no compiler"}
    assert found["well"] is True


def test_an_engine_that_fails_is_a_fault(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def difference(engine: str) -> float:
        if engine == "twin":
            raise itp.BudgetError("step budget used up")
        return 1e-12

    monkeypatch.setattr(doctor, "difference", difference)
    assert cli.main(["doctor"]) == 1
    said = capsys.readouterr()
    assert "twin FAILED" in said.out
    assert "an engine failed" in said.err


def test_golden_curves_that_are_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "__file__", str(tmp_path / "a" / "b" / "doctor.py"))
    with pytest.raises(itp.ParameterFileError, match="no golden curves at .*: install itp_sim again"):
        doctor.difference("twin")
    assert doctor._version("no-such-package") is None
