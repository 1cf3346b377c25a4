"""Regimens as people write them: what is read, what is refused, and the way out that a refusal names."""

import contextlib
import re
import time

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from itp_sim.dosing import Dose, Product, RateStep, Regimen, written
from itp_sim.errors import InputError
from itp_sim.regimen_text import GRAMMAR, LONGEST, parse

PRODUCT = Product("Ten", 0.1, ((5, 50),), (RateStep(4),))


def canonical(text: str) -> str:
    return Regimen(parse(text), PRODUCT).text


def doses(days: list[float], amount: float, per_kg: bool = True, hours: float | None = None) -> tuple[Dose, ...]:
    return tuple(Dose(day, amount, per_kg, hours) for day in days)


# --- what is read -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 g/kg", doses([0], 1)),
        ("1 g/kg daily x 2", doses([0, 1], 1)),
        ("0.4 g/kg daily x 5", doses([0, 1, 2, 3, 4], 0.4)),
        ("70 g over 5 h on day 0 and 21", doses([0, 21], 70, False, 5)),
        ("1 g/kg every 21 days x 3", doses([0, 21, 42], 1)),
        ("1 g/kg on day 0 then 1 g/kg on day 3", doses([0, 3], 1)),
        ("1 g/kg then 0.5 g/kg on day 3", doses([0], 1) + doses([3], 0.5)),
        ("1 g/kg on day 0, 3 and 21", doses([0, 3, 21], 1)),
        ("1 g/kg on days 0, 3, and 21", doses([0, 3, 21], 1)),
        ("1 g/kg on day 0 and 3 and 21", doses([0, 3, 21], 1)),
        ("1 g/kg on day 2.5", doses([2.5], 1)),
        ("1 g", doses([0], 1, False)),
        ("1 g/kg daily x 2 on day 4", doses([4, 5], 1)),
        ("0.4 g/kg daily x 2 on day 0 and 28", doses([0, 1, 28, 29], 0.4)),
        ("1 g/kg every 0.5 days x 3 over 2.5 h", doses([0, 0.5, 1], 1, True, 2.5)),
        ("1 g/kg on day 1 over 2 hours", doses([1], 1, True, 2)),
        ("1 g/kg daily x 1", doses([0], 1)),
        ("1 g/kg daily x 2 then 0.5 g/kg", doses([0, 1], 1) + doses([2], 0.5)),
        ("1 g/kg on day 21 and 3 then 0.5 g/kg then 2 g", doses([21, 3], 1) + doses([22], 0.5) + doses([23], 2, False)),
        ("1 g/kg then 1 g/kg on day 0", doses([0, 0], 1)),
        ("  1G/KG   DAILY\tX\n2 ", doses([0, 1], 1)),
        ("1g/kg daily x2then70g", doses([0, 1], 1) + doses([2], 70, False)),
        ("1 g / kg daily * 2", doses([0, 1], 1)),
        ("1 g/kg daily \N{MULTIPLICATION SIGN} 2", doses([0, 1], 1)),
        ("2e-1 g/kg", doses([0], 0.2)),
        ("20 grams over 1 hr", doses([0], 20, False, 1)),
    ],
)
def test_reading(text: str, expected: tuple[Dose, ...]) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 G/KG", "1 g/kg"),
        ("1.0 g/kg daily x 2", "1 g/kg daily x 2"),
        ("1 g/kg on day 0 then 1 g/kg on day 1", "1 g/kg daily x 2"),
        ("1 g/kg on day 0 and 1 and 2", "1 g/kg daily x 3"),
        ("70 g over 5 hours on day 0 and 21", "70 g over 5 h on day 0 and 21"),
        ("1 g/kg every 21 days x 2", "1 g/kg on day 0 and 21"),
        ("1 g/kg every 21 days x 3", "1 g/kg every 21 days x 3"),
        ("1 g/kg every 1 days x 3 on day 2", "1 g/kg daily x 3 on day 2"),
        ("1 g/kg on day 10", "1 g/kg on day 10"),
        ("1 g/kg on day 3 then 1 g/kg on day 0", "1 g/kg on day 0 and 3"),
        ("1 g/kg on day 0, 3 and 21", "1 g/kg on day 0, 3 and 21"),
        ("1 g/kg then 0.5 g/kg", "1 g/kg then 0.5 g/kg on day 1"),
        ("0.5 g/kg on day 3 then 1 g/kg on day 0", "1 g/kg then 0.5 g/kg on day 3"),
        ("1 g/kg then 1 g/kg on day 0", "1 g/kg then 1 g/kg on day 0"),
        ("1 g/kg then 1 g/kg over 5 h on day 0", "1 g/kg then 1 g/kg over 5 h on day 0"),
        ("1 g/kg then 1 g on day 0", "1 g then 1 g/kg on day 0"),
        ("0.4 g/kg daily x 3 on day 0 and 28", "0.4 g/kg daily x 3 then 0.4 g/kg daily x 3 on day 28"),
        ("1 g/kg daily x 3 then 1 g/kg on day 9", "1 g/kg daily x 3 then 1 g/kg on day 9"),
        ("1 g/kg on day 0, 1, 5, 6, 7", "1 g/kg daily x 2 then 1 g/kg daily x 3 on day 5"),
        ("1 g/kg every 0.7 days x 20 on day 0.3", "1 g/kg every 0.7 days x 20 on day 0.3"),
        ("1 g/kg every 0.25 days x 3", "1 g/kg every 0.25 days x 3"),
        ("1 g/kg on day 0, 0.2 and 0.4", "1 g/kg on day 0, 0.2 and 0.4"),
        ("1 g/kg every 365 days x 3", "1 g/kg every 365 days x 3"),
        ("1 g/kg on day 0, 366 and 732", "1 g/kg on day 0, 366 and 732"),
        ("1 g/kg on day 0, 3, 10 and 17", "1 g/kg then 1 g/kg every 7 days x 3 on day 3"),
        ("0.4 g/kg daily x 3 then 1 g/kg on day 0.5", "0.4 g/kg daily x 3 then 1 g/kg on day 0.5"),
        ("1 g daily x 365 then 1 g", "1 g daily x 365 then 1 g on day 365"),
    ],
)
def test_every_way_of_writing_has_one_text(text: str, said: str) -> None:
    assert canonical(text) == said
    assert canonical(said) == said


def test_the_order_of_doses_does_not_change_the_text() -> None:
    some = [*doses([7, 0, 14], 1), *doses([2, 1], 0.5)]
    assert written(some) == "1 g/kg every 7 days x 3 then 0.5 g/kg daily x 2 on day 1"
    tied = [*doses([0], 1, hours=5), *doses([0], 0.5), *doses([0], 1)]
    assert written(tied) == written(tied[::-1]) == "0.5 g/kg then 1 g/kg on day 0 then 1 g/kg over 5 h on day 0"
    fast = [Dose(0, 10, per_kg=False), Dose(0, 9, per_kg=False), Dose(0, 9, per_kg=False, hours=0.5)]
    assert written(fast) == written(fast[::-1]) == "9 g then 9 g over 0.5 h on day 0 then 10 g on day 0"


def test_interleaved_courses_are_found_again() -> None:
    text = "1 g/kg every 7 days x 10 then 1 g/kg every 7 days x 9 on day 3"
    assert canonical(text) == text


NUMBERS = st.floats(0.001, 5.0).map(lambda x: round(x, 3)) | st.integers(1, 5).map(float)
DAY = st.integers(0, 400).map(float) | st.floats(0, 400).map(lambda x: round(x, 4))


@st.composite
def texts(draw: st.DrawFn) -> str:
    parts = []
    for _ in range(draw(st.integers(1, 4))):
        part = f"{draw(NUMBERS)!r} {draw(st.sampled_from(['g/kg', 'g', 'G / Kg']))}"
        clauses = [
            f"over {draw(st.sampled_from([0.25, 1, 3.5, 48]))} h",
            draw(st.sampled_from(["daily x", "every 2 days x", f"every {draw(NUMBERS) + 0.25:.6g} days x"]))
            + f" {draw(st.integers(1, 9))}",
            "on day " + " and ".join(f"{d:g}" for d in draw(st.lists(DAY, min_size=1, max_size=4, unique=True))),
        ]
        chosen = draw(st.lists(st.sampled_from(clauses), unique=True))
        parts.append(" ".join([part, *chosen]))
    return " then ".join(parts)


@settings(max_examples=150, deadline=None)
@given(texts())
def test_law_the_text_is_read_back(text: str) -> None:
    try:
        regimen = Regimen(parse(text), PRODUCT)
    except InputError as error:
        assume("named twice" not in str(error))
        raise
    assume(len(regimen.text) <= LONGEST)
    again = Regimen(parse(regimen.text), PRODUCT)
    assert again == regimen
    assert again.text == regimen.text


FREE = st.builds(
    Dose,
    st.floats(0, 36_500) | st.integers(0, 9).map(float),
    st.floats(0, 5, exclude_min=True),
    st.booleans(),
    st.none() | st.floats(0.25, 48),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(FREE, min_size=1, max_size=7))
def test_law_any_doses_can_be_written_and_read_back(some: list[Dose]) -> None:
    assert Regimen(parse(written(some)), PRODUCT) == Regimen(tuple(some), PRODUCT)
    assert written(some) == written(some[::-1])


# --- what is refused --------------------------------------------------------------------------------------------------

REFUSED = [
    ("", "at the end: a dose was expected here"),
    ("   ", "at the end: a dose was expected here"),
    ("IVIG", "at 'IVIG', character 1: a dose was expected here"),
    ("g/kg", "a dose was expected here"),
    ("-1 g/kg", "at '-1 g/kg', character 1: a dose was expected here"),
    (".5 g/kg", "a dose was expected here"),
    ("nan g/kg", "a dose was expected here"),
    ("1 g/kg then", "at the end: a dose was expected here"),
    ("then 1 g/kg", "a dose was expected here"),
    ("1 g/kg then then 1 g/kg", "at 'then 1 g/kg', character 13"),
    ("1", "give the unit of the dose: '1 g/kg' or '1 g'"),
    ("1 kg", "give the unit of the dose"),
    ("1 /kg", "give the unit of the dose"),
    ("1 g/", "doses are in g or g/kg"),
    ("1 g/m2", "doses are in g or g/kg"),
    ("1 g per kg", "doses by weight are written '1 g/kg'"),
    ("1000 mg/kg", "write 1 g/kg"),
    ("400 mg/kg daily x 5", "character 5: doses are in g or g/kg: write 0.4 g/kg"),
    ("70000 mg", "write 70 g."),
    ("70 g/kg", "did you mean 70 g?"),
    ("1000 g/kg", "did you mean mg: 1 g/kg?"),
    ("5.1 g/kg", "5 g/kg"),
    ("0 g/kg", "above 0 to 5 g/kg"),
    ("501 g", "above 0 to 500 g"),
    ("1e400 g", "dose is inf"),
    ("0,4 g/kg", "character 1: write decimals with a point (0.4)"),
    ("1 g/kg on day 0,3", "a list of days with spaces (0, 3)"),
    ("1 g/kg x 2", "at 'x 2', character 8: say when: '1 g/kg daily x 2', or '1 g/kg every 21 days x 2'"),
    ("1 g/kg \N{MULTIPLICATION SIGN} 2", "say when: '1 g/kg daily x 2'"),
    ("0.4 g/kg x 5", "say when: '0.4 g/kg daily x 5', or"),
    ("70 g over 5 h * 3", "say when: '70 g daily x 3', or"),
    ("1 g/kg x", "say when: '1 g/kg daily x 2', or"),
    ("1 g/kg x 1", "say when: '1 g/kg daily x 2', or"),
    ("2 x 1 g/kg", "the amount comes first: write '1 g/kg daily x 2'"),
    ("0.4 g/kg/day x 5", "a dose is the amount of one infusion: write '0.4 g/kg daily x 5'"),
    ("2 g/kg over 2 days", "at '2 days', character 13: this is ambiguous"),
    ("2 g/kg over 2 days", "write '1 g/kg daily x 2'"),
    ("2 g/kg over 5 d", "write '0.4 g/kg daily x 5'"),
    ("140 g over 2 days", "write '70 g daily x 2'"),
    ("2 g/kg over 1.5 days", "write '1 g/kg daily x 2'"),
    ("2 g/kg over 1 day", "write '2 g/kg daily x 1'"),
    ("365 g over 365 days", "write '1 g daily x 365'"),
    ("2 g/kg over 366 days", "write '1 g/kg daily x 2'"),
    ("2 g/kg over 1e400 days", "this is ambiguous"),
    ("2 g/kg in 2 days", "a dose is the amount of one infusion"),
    ("2 g/kg total", "a dose is the amount of one infusion"),
    ("2 g/kg divided", "a dose is the amount of one infusion"),
    ("1 g/kg for 2 days", "a dose is the amount of one infusion"),
    ("1 g/kg over", "at the end: give the length of one infusion"),
    ("1 g/kg over h", "give the length of one infusion"),
    ("1 g/kg over 5", "the length of an infusion is in hours: 'over 5 h'"),
    ("1 g/kg over 300 min", "at '300 min', character 13: lengths are in hours: write 'over 5 h'"),
    ("1 g/kg over 300 h", "hours of one infusion, not minutes"),
    ("1 g/kg over 0.1 h", "0.25 to 48 h"),
    ("1 g/kg daily", "at the end: say how many infusions: 'daily x 2'"),
    ("1 g/kg daily 2", "say how many infusions"),
    ("1 g/kg daily x", "at the end: say how many infusions"),
    ("1 g/kg daily x two", "at 'two', character 16: say how many infusions"),
    ("1 g/kg daily x 0", "N, the number of infusions, is 0"),
    ("1 g/kg daily x 366", "1 to 365"),
    ("1 g/kg daily x 2.5", "is 2.5: give a whole number from 1 to 365"),
    ("1 g/kg daily x 1e400", "N, the number of infusions, is inf"),
    ("1 g/kg once", "one infusion is '1 g/kg' alone"),
    ("1 g/kg weekly x 3", "'1 g/kg every 7 days x 3'"),
    ("1 g/kg every day x 3", "write 'daily x 3'"),
    ("1 g/kg every other day x 3", "write 'every 2 days x 3'"),
    ("1 g/kg every 3 weeks x 3", "at '3 weeks x 3', character 14: give days: 'every 21 days x 3'"),
    ("1 g/kg every x 3", "give the days between infusions"),
    ("1 g/kg every 48 h x 3", "give the days between infusions"),
    ("1 g/kg every 21 days", "at the end: say how many infusions: 'every 21 days x 3'"),
    ("1 g/kg every 0 days x 3", "K in 'every K days x N' is 0 day"),
    ("1 g/kg every 400 days x 3", "0.25 to 365 day"),
    ("1 g/kg on", "at the end: name the days"),
    ("1 g/kg on 3", "name the days: 'on day 0'"),
    ("1 g/kg on day", "at the end: name the days"),
    ("1 g/kg on day -1", "at '-1', character 15: name the days"),
    ("1 g/kg on day 0 and", "at the end: name the days"),
    ("1 g/kg on day 0,", "at the end: name the days"),
    ("1 g/kg on day 0 and 0", "at '0', character 21: day 0 is named twice"),
    ("1 g/kg on day 0-4", "name each day ('on day 0, 1 and 2'), or write 'daily x 3'"),
    ("1 g/kg on day 40000", "0 to 36500 day"),
    ("1 g/kg day 3", "write '1 g/kg on day 3'"),
    ("1 g/kg every 365 days x 300", "0 to 36500 day"),
    ("1 g/kg and 1 g/kg", "join doses with 'then'"),
    ("1 g/kg + 1 g/kg", "join doses with 'then'"),
    ("1 g/kg, 1 g/kg", "join doses with 'then'"),
    ("1 g/kg on day 0 and 1 g/kg on day 3", "at 'g/kg on day 3', character 23: join doses with 'then'"),
    ("1 g/kg daily x 2 daily x 3", "at 'daily x 3', character 18: a part has one length"),
    ("1 g/kg daily x 2 every 3 days x 3", "a part has one length"),
    ("1 g/kg every 3 days x 2 daily x 3", "a part has one length"),
    ("1 g/kg over 2 h over 3 h", "a part has one length"),
    ("1 g/kg on day 1 on day 2", "a part has one length"),
    ("1 g/kg slowly", "at 'slowly', character 8: this was not understood"),
    ("1 g/kg.", "at '.', character 7: this was not understood"),
    ("1 g/kg \0", "this was not understood"),
    ("\N{ARABIC-INDIC DIGIT ONE} g/kg", "a dose was expected here"),
    ("1 \N{KELVIN SIGN}g", "give the unit of the dose"),
    (" 1 g daily x 300 on day 0, 500, 1000 and 1500", "more than 1000 infusions"),
    ("1 g daily x 365 then 1 g daily x 365 then 1 g daily x 365", "more than 1000 infusions"),
    ("1 g/kg " + " " * LONGEST, "has 1007 characters: at most 1000 are read"),
]


@pytest.mark.parametrize(("text", "hint"), REFUSED)
def test_refusals_name_the_way_out(text: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text)
    message = str(caught.value)
    assert hint in message
    assert "\n" not in message
    if "reading stopped" in message:
        assert message.endswith(f"Grammar: {GRAMMAR}")


@pytest.mark.parametrize("text", [None, 1, 1.5, b"1 g/kg", ["1 g/kg"], Dose(0, 1)])
def test_what_is_no_text_is_refused(text: object) -> None:
    with pytest.raises(InputError, match="not text: write it as in '1 g/kg daily x 2'"):
        parse(text)  # type: ignore[arg-type]


def test_the_most_infusions_are_read() -> None:
    assert len(parse("1 g daily x 250 on day 0, 500, 1000 and 1500")) == 1000


def test_the_longest_text_is_read() -> None:
    assert parse("1 g/kg".ljust(LONGEST)) == (Dose(0, 1),)


@pytest.mark.parametrize("piece", ["1", "1.", "e", "1e", "g/", " ", ",", "1 g/kg then ", "then ", "x", "1 and "])
def test_no_text_takes_long(piece: str) -> None:
    start = time.process_time()
    for head in ("", "1 g/kg on day "):
        text = (head + piece * LONGEST)[:LONGEST]
        with contextlib.suppress(InputError):
            parse(text)
    assert time.process_time() - start < 0.25


WORDS = st.sampled_from(
    re.findall(
        r"\S+", "1 0.4 70 2 21 0 g g/kg / kg mg over h days day daily every x on and , then 1e9 -1 other week min"
    )
)


@settings(max_examples=250, deadline=None)
@given(st.text(max_size=80) | st.lists(WORDS, max_size=14).map(" ".join) | st.lists(WORDS, max_size=10).map("".join))
def test_law_nothing_but_an_input_error(text: str) -> None:
    try:
        read = parse(text)
    except InputError:
        return
    assert read
    assert all(isinstance(dose, Dose) for dose in read)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("1 g per kg", "'1 g/kg'"),
        ("0.4 g per kg daily x 5", "'0.4 g/kg'"),
        ("1 g/kg weekly x 4", "'1 g/kg every 7 days x 4'"),
        ("0.4 g/kg every 3 weeks x 4", "'every 21 days x 4'"),
        ("0.4 g/kg every month x 6", "'every 28 days x 6'"),
        ("1 g/kg every week x 4", "'every 7 days x 4'"),
        ("1 g/kg every other day x 5", "'every 2 days x 5'"),
        ("1 g/kg every day x 5", "'daily x 5'"),
        ("1g/kg/day x 2", "'1 g/kg daily x 2'"),
        ("0.4 g/kg/d for 3 days", "'0.4 g/kg daily x 3'"),
        ("1 g/kg day 1 and 2", "'1 g/kg on day 1 and 2'"),
        ("30 g days 0, 7 and 14", "'30 g on day 0, 7 and 14'"),
        ("1 g/kg qd x 3", "'1 g/kg daily x 3'"),
    ],
)
def test_hints_say_what_was_typed(typed: str, hint: str) -> None:
    with pytest.raises(InputError) as refused:
        parse(typed)
    assert hint in str(refused.value).split(" Grammar:")[0]


@pytest.mark.parametrize("typed", ["1 g/kg weekly x 4", "1g/kg/day x 2", "1 g/kg day 1 and 2", "1 g per kg"])
def test_the_way_out_of_a_hint_can_be_typed(typed: str) -> None:
    with pytest.raises(InputError) as refused:
        parse(typed)
    said = str(refused.value).split(" Grammar:")[0].split(": ", 2)[-1]
    assert all(parse(text) for text in re.findall(r"'([^']+)'", said))
