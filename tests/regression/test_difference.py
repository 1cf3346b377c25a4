"""The golden difference between two versions, and the convention of CHANGELOG.md that shows it."""

import re
import subprocess
from pathlib import Path

import pytest
from tests.scripts import loaded

difference = loaded(Path(__file__).with_name("difference.py"))
GOLDEN = difference.refresh.GOLDEN


def test_the_same_file_differs_in_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    difference.main([str(GOLDEN)])
    assert capsys.readouterr().out == "No golden number has changed.\n"


def test_a_change_is_shown_by_arm_and_by_column(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = difference.refresh.read()
    rows["1 g/kg", "peak"]["value"] *= 1.5
    rows["1 g/kg", "3"]["platelets"] *= 1.01
    difference.refresh.write(rows, tmp_path / "new.csv")
    difference.main([str(GOLDEN), str(tmp_path / "new.csv")])
    said = capsys.readouterr().out
    before = difference.refresh.read()["1 g/kg", "peak"]["value"]
    assert f"| peak, 1 g/kg | {before:.4g} | {1.5 * before:.4g} |" in said
    assert re.search(r"largest value: peak 0\.\d+, platelets 0\.\d+\.", said)


def test_what_is_no_version_is_said() -> None:
    with pytest.raises(SystemExit, match="no file and no commit 'nothing-of-that-name'"):
        difference.main(["nothing-of-that-name"])
    with pytest.raises(SystemExit):
        difference.main([])


def test_a_commit_can_be_named(capsys: pytest.CaptureFixture[str]) -> None:
    if subprocess.run(["git", "rev-parse", "HEAD"], cwd=GOLDEN.parent, capture_output=True, check=False).returncode:
        pytest.skip("no git here")
    difference.main(["HEAD", "HEAD"])
    assert "No golden number has changed" in capsys.readouterr().out


def test_a_section_of_changed_results_shows_the_difference() -> None:
    text = (difference.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "tests/regression/difference.py" in text
    for section in re.findall(r"^### Results change$(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL):
        assert "| typical patient | before | after |" in section
        assert "Largest change" in section
