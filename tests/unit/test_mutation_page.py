"""tests/mutation.md: printed from what was found, the score is the one it counts, and every survivor has a reason."""

import re
from pathlib import Path

import pytest
from tests.full import mutation
from tests.full.mutation import Function

TEXT = mutation.PAGE.read_text(encoding="utf-8")
A, B = "itp_sim.dosing.doses.x_a", "itp_sim.response.x_b"


def test_the_page_is_printed_from_what_was_found() -> None:
    assert mutation.page(mutation.kept(), mutation.reasons_kept()) == TEXT


def test_the_score_is_what_the_table_counts() -> None:
    rows = re.findall(r"^\| (\w+) \| (\d+) \| (\d+) \| (\d+) \| ([\d.]+)% \|$", TEXT, re.MULTILINE)
    assert [row[0] for row in rows] == list(mutation.MODULES)
    every, seen, killed = (sum(int(row[i]) for row in rows) for i in (1, 2, 3))
    said = re.search(r"^([\d,]+) of ([\d,]+) mutants .*?: ([\d.]+)%(?:; ([\d,]+) more)?", TEXT, re.MULTILINE)
    assert said
    assert [int((text or "0").replace(",", "")) for text in said.group(1, 2, 4)] == [killed, seen, every - seen]
    assert float(said[3]) == round(100 * killed / seen, 1)
    assert all(float(row[4]) >= 95 for row in rows)


def test_every_mutant_was_looked_at() -> None:
    found = mutation.kept().values()
    assert sum(len(one.killed) + len(one.survived) for one in found) == sum(one.mutants for one in found) > 2000


def test_every_survivor_has_a_reason() -> None:
    listed = re.findall(r"^\| (\w+) \| `.*` \| `.*` \| (.+) \|$", TEXT, re.MULTILINE)
    assert len(listed) == sum(len(one.survived) for one in mutation.kept().values())
    assert {why for _, why in listed} <= set(mutation.reasons_kept().values())
    assert mutation.without_reason(mutation.kept(), mutation.reasons_kept()) == []


def test_a_page_says_what_was_not_looked_at() -> None:
    found = {A: Function("abc", 2, (1,), {2: ("a > b", "a >= b")})}
    whole = mutation.page(found, {"dosing: a >= b": "Alike."})
    assert "1 of 2 mutants of the core modules are killed: 50.0%." in whole
    assert "| dosing | `a > b` | `a >= b` | Alike. |" in whole
    part = mutation.page(found | {B: Function("def", 1)}, {})
    assert "50.0%; 1 more were not looked at yet, among them all of response." in part
    assert "**no reason yet**" in part


def test_parts_of_a_run_add_up() -> None:
    found = {A: Function("abc", 3), B: Function("def", 1, (1,))}
    mutation.add(found, f"{A}__mutmut_2", ("a", "b"))
    mutation.add(found, f"{A}__mutmut_3", None)
    assert found[A] == Function("abc", 3, (3,), {2: ("a", "b")})
    assert set(mutation.left(found, "dosing")) == {f"{A}__mutmut_1", f"{A}__mutmut_2"}
    assert mutation.left(found, "response") == []
    mutation.add(found, f"{A}__mutmut_2", None)
    assert found[A] == Function("abc", 3, (2, 3), {})


def test_what_was_found_of_a_function_holds_until_it_changes() -> None:
    found = {A: Function("abc", 2, (1,)), B: Function("def", 1, (1,))}
    made = {A: Function("abc", 2), B: Function("changed", 1)}
    assert mutation.up_to_date(found, made) == {A: found[A], B: made[B]}
    assert mutation.up_to_date(found, made, ("dosing",)) == made
    assert mutation.up_to_date({}, made) == made


def test_what_was_found_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutation, "FOUND", tmp_path / "found.json")
    assert mutation.kept() == {}
    found = {A: Function("abc", 3, (1, 3), {2: ("a = 1", 'a = "µ"')}), B: Function("def", 1)}
    mutation.keep(found)
    assert mutation.kept() == found
