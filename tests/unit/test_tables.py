"""Checks of TOML tables: what is allowed comes back, anything else is refused by file, key and way out."""

import math
from pathlib import Path
from typing import Any

import pytest

from itp_sim.errors import InputError, ParameterFileError
from itp_sim.tables import (
    Table,
    items,
    number,
    one_of,
    pair,
    parsed,
    rows,
    sections,
    some_of,
    table,
    text,
    truth,
    whole,
)

WORDS = ("count", "rise")


def test_a_file_of_tables_of_one_kind(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[a]\nn = 4\n[b]\nn = 5\nsd = 1\n", encoding="utf-8")
    found = sections(path, required=("n",), optional=("sd",))
    assert [found[name].read("n", whole, 1, 9) for name in found] == [4, 5]
    assert [found[name].get("sd", number, 0, 9) for name in found] == [None, 1.0]
    assert ("sd" in found["a"], "sd" in found["b"], list(found["b"])) == (False, True, ["n", "sd"])
    with pytest.raises(ParameterFileError) as caught:
        found["b"].read("n", whole, 6, 9)
    assert str(caught.value) == f"{path}, [b] n is 5: give a whole number from 6 to 9"


def test_a_value_that_must_be_there() -> None:
    with pytest.raises(ParameterFileError, match=r"f\.toml, \[a\] lacks n: see params/README\.md"):
        Table("f.toml, [a]", {}).read("n", whole, 1, 9)


def test_what_is_allowed_comes_back() -> None:
    assert number("x", 3, 0, 9) == 3.0
    assert isinstance(number("x", 3, 0, 9), float)
    assert whole("x", 3, 0, 9) == 3
    assert pair("x", [0, 1], 0, 9) == (0.0, 1.0)
    assert one_of("x", "rise", WORDS) == "rise"
    assert some_of("x", "rise", WORDS) == ("rise",)
    assert some_of("x", ["rise", "count"], WORDS) == ("rise", "count")
    assert some_of("x", [], WORDS) == ()
    assert truth("x", False) is False
    assert items("x", ["a", "b"], text) == ("a", "b")
    assert parsed("x", "12", int) == 12
    assert [row.where for row in rows("x", [{"n": 1}, {"n": 2}], required=("n",))] == ["x 1", "x 2"]


def strict(_: str) -> None:
    raise InputError("not so")


@pytest.mark.parametrize(
    ("check", "given", "allowed", "message"),
    [
        (table, 3, {"required": ("n",)}, "x is 3: write a table with n"),
        (table, {"n": 1, "M": 1}, {"required": ("n", "m")}, "x: no key 'M': write 'm'"),
        (table, {"name": 1}, {"required": ("names",)}, "x: no key 'name': did you mean 'names'? choose from names"),
        (table, {}, {"required": ("n", "m")}, "x lacks n, m: see params/README.md for the format"),
        (rows, {}, {"required": ("n",)}, "x is {}: write a list of tables"),
        (rows, [{"n": 1}, {}], {"required": ("n",)}, "x 2 lacks n: see params/README.md for the format"),
        (items, "a", {"check": text}, "x is 'a': write a list in square brackets"),
        (items, ["a", ""], {"check": text}, "x is '': write text in quotes"),
        (one_of, "Rise", {"allowed": WORDS}, "x: no entry 'Rise': write 'rise'"),
        (one_of, "rice", {"allowed": WORDS}, "x: no entry 'rice': did you mean 'rise'? choose from count, rise"),
        (one_of, ["rise"], {"allowed": WORDS}, "x: entry is ['rise'], not a name: choose from count, rise"),
        (some_of, ["rise", 3], {"allowed": WORDS}, "x: entry is 3, not a name: choose from count, rise"),
        (text, " ", {}, "x is ' ': write text in quotes"),
        (text, 3, {}, "x is 3: write text in quotes"),
        (truth, "no", {}, "x is 'no': write true or false"),
        (number, "3", {"low": 0, "high": 9}, "x is '3', not a number: give one from 0 to 9"),
        (number, True, {"low": 0, "high": 9}, "x is True, not a number: give one from 0 to 9"),
        (number, math.nan, {"low": 0, "high": 9, "unit": "day"}, "x is nan day: give a number from 0 to 9 day"),
        (number, 0, {"low": 0, "high": 9, "open_low": True}, "x is 0: give a number from above 0 to 9"),
        (whole, 2.5, {"low": 0, "high": 9}, "x is 2.5: give a whole number from 0 to 9"),
        (pair, 3, {"low": 0, "high": 9}, "x is 3: write [lowest, highest]"),
        (pair, [1, 1], {"low": 0, "high": 9}, "x is [1, 1]: the first number must be below the second"),
        (pair, [1, 10], {"low": 0, "high": 9}, "x is 10: give a number from 0 to 9"),
        (parsed, "much", {"read": strict}, "x: not so"),
        (parsed, 3, {"read": strict}, "x is 3: write text in quotes"),
    ],
)
def test_anything_else_is_refused(check: Any, given: object, allowed: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterFileError) as caught:
        check("x", given, **allowed)
    assert str(caught.value) == message
