"""tests/mutation.md: the score is the one it counts, and every survivor has a reason that is kept."""

import re

from tests.full import mutation

TEXT = mutation.PAGE.read_text(encoding="utf-8")


def test_the_score_is_what_the_table_counts() -> None:
    rows = re.findall(r"^\| (\w+) \| (\d+) \| (\d+) \| (\d+) \|$", TEXT, re.MULTILINE)
    assert [row[0] for row in rows] == list(mutation.MODULES)
    every, seen, killed = (sum(int(row[i]) for row in rows) for i in (1, 2, 3))
    said = re.search(r"^([\d,]+) of ([\d,]+) mutants .*?: ([\d.]+)%(?:; ([\d,]+) more)?", TEXT, re.MULTILINE)
    assert said
    assert [int((text or "0").replace(",", "")) for text in said.group(1, 2, 4)] == [killed, seen, every - seen]
    assert float(said[3]) >= 95
    assert float(said[3]) == round(100 * killed / seen, 1)


def test_every_survivor_has_a_reason() -> None:
    listed = re.findall(r"^\| (\w+) \| `.*` \| `.*` \| (.+) \|$", TEXT, re.MULTILINE)
    counted = re.findall(r"^\| \w+ \| \d+ \| (\d+) \| (\d+) \|$", TEXT, re.MULTILINE)
    assert len(listed) == sum(int(seen) - int(killed) for seen, killed in counted)
    assert {why for _, why in listed} <= set(mutation.reasons_kept().values())


def test_a_page_says_what_was_not_looked_at() -> None:
    every = {"itp_sim.dosing.x__mutmut_1": "killed", "itp_sim.dosing.x__mutmut_2": "survived"}
    left = [mutation.Mutant("itp_sim.dosing.x__mutmut_2", "survived", "a > b", "a >= b")]
    whole = mutation.page(every, left, {"dosing: a >= b": "Alike."})
    assert "1 of 2 mutants of the core modules are killed: 50.0%." in whole
    assert "| dosing | `a > b` | `a >= b` | Alike. |" in whole
    part = mutation.page(every | {"itp_sim.response.y__mutmut_1": mutation.UNSEEN}, left, {})
    assert "50.0%; 1 more were not looked at yet, among them all of response." in part
    assert "**no reason yet**" in part
