"""The file of conventions: read whole or refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from itp_sim.conventions import Convention, first_rise, normal_count, read_convention
from itp_sim.errors import ParameterFileError

GOOD = '[normal_count]\nrange = [1, 2]\nunit = "1e9/L"\nmeaning = "m"\nevidence = "assumed"\nnote = "why"\n'


@pytest.mark.parametrize(("read", "unit"), [(normal_count, "1e9/L"), (first_rise, "day")])
def test_a_convention_says_where_it_comes_from(read: Callable[[], Convention], unit: str) -> None:
    found = read()
    assert 0 < found.low < found.high
    assert found.unit == unit
    assert found.note if found.evidence == "assumed" else found.source and found.locator


def test_a_changed_file_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("itp_sim.conventions.params_dir", lambda: tmp_path)
    for text, high in ((GOOD, 2.0), (GOOD.replace("[1, 2]", "[1, 20]"), 20.0)):
        (tmp_path / "conventions.toml").write_text(text, encoding="utf-8")
        assert normal_count().high == high


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[1, 2]", "[2, 1]", "the first number must be below the second"),
        ("[1, 2]", "[1, 3000]", "give a number from 0 to 2000"),
        ('"assumed"', '"guessed"', "no entry 'guessed'"),
        ('note = "why"', "", "is assumed and has no note"),
        ('"assumed"', '"measured"', "is measured and has no source"),
        ("[normal_count]", "[other]", r"lacks the table \[normal_count\]"),
        ('unit = "1e9/L"', "", "lacks unit"),
        ('unit = "1e9/L"', 'unit = "1e6/L"', r"unit: no entry '1e6/L': .*1e9/L"),
        ('"assumed"', '"measured"\nsource = "NO_SUCH"\nlocator = "Table 1"', "source: no entry 'NO_SUCH'"),
    ],
)
def test_a_broken_file_is_refused(old: str, new: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "conventions.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert read_convention(path, "normal_count", highest=2000.0, unit="1e9/L").low == 1
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(ParameterFileError, match=words):
        read_convention(path, "normal_count", highest=2000.0, unit="1e9/L")
