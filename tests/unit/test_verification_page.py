"""docs/verification.md is what its commands write, and its rows name tests that exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from tests.full import page
from tests.full.__main__ import FOLDERS
from tests.full.broken import Broken, breakages, edited
from tests.full.proofs import ROOT, Case, Found, Row, found, laws, rows

ABOUT = re.compile(r"^[\d,]+ cases, (\d+) failed; \d+ minutes in \d+ processes, \d+ of processor time\.$", re.MULTILINE)
LINE = re.compile(r"^\| (?P<what>.+?) \| (?P<shown>[^|]+) \| (?:(?P<worst>[^|]+) )?\| (?P<failed>\d+) \| \d+ \|$")


@cache
def functions(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def exists(test: str) -> bool:
    file, _, name = test.partition("::")
    return (ROOT / file).is_file() and (not name or name in functions(file))


def test_rows_and_breakages_name_tests_that_exist() -> None:
    named = [test for one in (*rows(), *breakages()) for test in one.tests]
    assert [test for test in named if not exists(test)] == []
    assert not exists("tests/unit/test_verification_page.py::test_of_nothing")


def test_the_page_is_that_of_the_rows() -> None:
    text = page.part("full")
    assert ABOUT.search(text)
    lines = [line for line in map(LINE.match, text.splitlines()) if line]
    assert [line["what"] for line in lines] == [row.what for row in rows()]
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == list(dict.fromkeys(row.section for row in rows()))
    assert all(re.match(r"^(order )?[\d,.]+ ", line["shown"]) for line in lines)


def test_nothing_on_the_page_failed() -> None:
    text = page.part("full")
    assert ABOUT.search(text)[1] == "0"  # type: ignore[index]
    assert {line["failed"] for line in map(LINE.match, text.splitlines()) if line} == {"0"}
    assert "| NO |" not in page.part("broken")


def test_the_laws_on_the_page_are_those_of_the_tests() -> None:
    found_laws = list(laws(FOLDERS))
    assert len(found_laws) >= 15
    assert page.part("laws") == page.law_list(found_laws)


def test_the_breakages_on_the_page_are_those_of_the_list() -> None:
    text = page.part("broken")
    assert text == page.broken(breakages(), {one.what: () for one in breakages()})


@pytest.mark.parametrize("one", breakages(), ids=lambda one: one.what)
def test_a_breakage_can_be_made(one: Broken) -> None:
    """What the list replaces stands once in the file as it is now."""
    text = (ROOT / one.file).read_text(encoding="utf-8")
    assert edited(text, one) != text


def test_a_row_is_summed_over_its_cases() -> None:
    row = Row("Long runs", "files", ("a.py::test_x", "b.py"), "cases")

    def case(test: str, *, failed: bool = False, skipped: bool = False, **said: str) -> Case:
        return Case(test, 1.5, failed, skipped, "", said)

    plain = [
        case("a.py::test_x", failed=True),
        case("b.py::test_y"),
        case("b.py::test_z", skipped=True),
        case("c.py::q"),
    ]
    assert found(row, plain) == Found("2 cases, 1 skipped", "", 1, 4.5)
    counted = [case("a.py::test_x", files="1000", refused="900"), case("b.py::test_y", files="500", refused="1")]
    assert found(row, counted) == Found("1,500 files", "901 refused, 599 read", 0, 3.0)
    with pytest.raises(RuntimeError, match="no case of"):
        found(row, [case("b.py::test_y")])


def test_rows_that_were_run_alone_are_put_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order = [Row(section, what, (), "") for section, what in (("A", "one"), ("A", "two"), ("B", "three"))]

    def seen(row: Row, failed: int) -> tuple[Row, Found]:
        return row, Found("3 cases", "1e-9", failed, 2.0)

    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    page.put(
        "full", page.full([seen(order[0], 0)], ["7 cases, 0 failed; 1 minutes in 2 processes, 1 of processor time."])
    )
    page.amend([seen(order[2], 2), seen(order[1], 0)], order)
    about = ["7 cases, 2 failed; 1 minutes in 2 processes, 1 of processor time."]
    alone = [f"Run on its own since then: {name}" for name in ("two", "three")]
    expected = page.full([seen(order[0], 0), seen(order[1], 0), seen(order[2], 2)], [*about, *alone])
    assert page.part("full") == expected.strip()
    page.amend([seen(order[2], 2)], order)
    assert page.part("full") == expected.strip()
    page.amend([seen(order[0], 1)], order)
    assert page.part("full").splitlines()[:2] == [about[0].replace("2 failed", "3 failed"), f"{page.ALONE}one"]


def test_breakages_that_were_tried_before_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = breakages()[:2]
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    page.put("broken", page.broken([one, two], {one.what: [], two.what: one.tests}))
    assert page.broken([one, two], page.tried()) == page.part("broken")
