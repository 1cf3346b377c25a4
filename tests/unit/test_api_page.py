"""docs/api.md holds the public names and their docstrings as they are; else: python docs/api.py."""

import re
import sys
from pathlib import Path

import pytest
from tests.scripts import loaded

import itp_sim

ROOT = Path(__file__).parents[2]
api = loaded(ROOT / "docs" / "api.py")
TEXT = api.PAGE.read_text(encoding="utf-8")


def test_every_public_name_has_its_place() -> None:
    headings = re.findall(r"^## itp_sim\.(\w+)$", TEXT, re.MULTILINE)
    assert set(headings) == set(itp_sim.__all__) - {"__version__"}
    links = re.findall(r"\(#([\w-]+)\)", TEXT)
    assert links == [api._anchor(f"itp_sim.{name}") for name in headings]


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="annotations are printed in another way there")
def test_the_page_is_what_the_docstrings_say() -> None:
    assert api.page() == TEXT
