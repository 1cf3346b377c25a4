"""Published harm: read whole or refused, each number with its source, none of them a comparison of doses."""

from pathlib import Path

import pytest

import itp_sim as itp
from itp_sim.errors import ParameterFileError
from itp_sim.files import params_dir
from itp_sim.safety import FILE, read_harms

GOOD = """
[a]
event = "headache"
percent = 40
of = "patients"
n = 10
dose = "2 g/kg"
who = "ITP"
product = "P"
evidence = "measured"
source = "ROBAK2009"
locator = "abstract"
"""


def test_every_number_is_cited_as_printed() -> None:
    found = itp.adverse_events()
    assert (found["citation"].str.len() > 10).all()
    assert (found["locator"].str.len() > 5).all()
    assert found["percent"].between(0, 100).all()
    assert {"headache", "haemolysis"} <= set(found["event"])
    assert found.attrs["notice"] == itp.RESEARCH_ONLY
    robak = found.loc["robak_2009_any"]
    assert robak["percent"] == round(100 * 52 / robak["n"])


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("40", "140", "give a number from 0 to 100 %"),
        ("ROBAK2009", "ROBAK2099", "no entry 'ROBAK2099'"),
        ('locator = "abstract"', "", "has no locator"),
        ('"patients"', '"people"', "no entry 'people'"),
        ("n = 10", "n = 0", "give a whole number from 1"),
        ('who = "ITP"', "", "lacks who"),
        (GOOD, "", "has no number"),
    ],
)
def test_a_broken_file_is_refused(old: str, new: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_text(GOOD, encoding="utf-8")
    assert read_harms(path)[0][1].percent == 40
    path.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(ParameterFileError, match=words):
        read_harms(path)


def test_the_packaged_file_is_read_whole() -> None:
    assert len(read_harms(params_dir() / FILE)) == len(itp.adverse_events())
