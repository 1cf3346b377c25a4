"""CREDIBILITY.md: limits first, the categories that it promises, and no number that is not quoted."""

import re
from pathlib import Path

from tests.scripts import loaded

import itp_sim

ROOT = Path(__file__).parents[2]
credibility = loaded(ROOT / "docs" / "credibility.py")

TEXT = credibility.PAGE.read_text(encoding="utf-8")


def test_what_is_quoted_is_what_the_pages_say() -> None:
    """Else: python docs/credibility.py."""
    assert credibility.renewed(TEXT) == TEXT


def test_a_quote_that_is_out_of_date_is_seen() -> None:
    line = credibility.validation()
    assert line in TEXT
    assert credibility.renewed(TEXT.replace(line, line.replace("inside", "outside"))) == TEXT


def test_limits_come_first_and_nothing_is_left_out() -> None:
    headings = re.findall(r"^## (.+)$", TEXT, re.MULTILINE)
    assert headings == [
        "Limits first",
        "Question",
        "Context of use",
        "Evidence, by the FDA's categories",
        "The ten rules",
    ]
    for words in ("must not be used for", "Code verification", "Calibration and validation", "Uncertainty"):
        assert words in TEXT
    assert itp_sim.RESEARCH_ONLY in " ".join(TEXT.split())
    rules = re.findall(r"^\| (\d+) [a-z]", TEXT[TEXT.index("## The ten") :], re.MULTILINE)
    assert list(map(int, rules)) == [*range(1, 11)]


def test_results_are_quoted_and_never_typed() -> None:
    typed = re.sub(r"<!-- (\w+): quoted.*?<!-- end of \1 -->", "", TEXT, flags=re.DOTALL)
    assert re.findall(r"\d+ of \d+|\d+(?:\.\d+)? ?%", typed) == []


def test_each_quote_looks_into_its_page() -> None:
    for quote, source in credibility.QUOTES.values():
        numbers = re.findall(r"\d+ of \d+|published [\d.]+", quote())
        page = (ROOT / source).read_text(encoding="utf-8")
        assert quote().strip()
        assert all(number.removeprefix("published ") in page for number in numbers if "calibration/" not in source)


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([\w./]+)\)", TEXT)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []
