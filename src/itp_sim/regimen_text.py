"""Regimens as people write them: "1 g/kg daily x 2", "70 g over 5 h on day 0 and 21".

A regimen is one part or several joined with ``then``. A part is a dose **per infusion** (``x g/kg`` or ``x g``) and, in
any order, each at most once:

- ``over HOURS h``: length of each infusion; without it, the product's label rate decides.
- ``daily x N`` or ``every K days x N``: N infusions, the first on the day named by ``on day``.
- ``on day D and D ...``: days of the infusions; with ``daily`` or ``every``, a whole course starts on each of them.

Without ``on day`` the first part starts on day 0 and a part after ``then`` on the day after the last infusion of the
part before it. Case and white space do not matter.
"""

import re
from itertools import pairwise
from typing import NamedTuple, NoReturn

from itp_sim import checks
from itp_sim.dosing import MOST_INFUSIONS, Dose
from itp_sim.dosing.doses import MOST_IN_SERIES, SPACING
from itp_sim.errors import InputError

GRAMMAR = (
    "DOSE [over HOURS h] [daily x N | every K days x N] [on day D [and D]...], parts joined with 'then'; "
    "DOSE is 'x g/kg' or 'x g', per infusion"
)
#: Longest text that is read [characters].
LONGEST = 1000

_TOKEN = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?)|(?P<word>[a-z]+)|(?P<mark>\S)", re.I | re.A)
_DECIMAL_COMMA = re.compile(r"[0-9],[0-9]")

_GRAM = {"g", "gram", "grams"}
_HOUR = {"h", "hour", "hours", "hr", "hrs"}
_DAY = {"d", "day", "days"}
_TIMES = {"x", "\N{MULTIPLICATION SIGN}", "*"}
_EVERY_DAY = "say how many infusions: 'daily x 2'"
_JOIN = "join doses with 'then': '1 g/kg on day 0 then 1 g/kg on day 3'"
_PER_INFUSION = "a dose is the amount of one infusion: write '1 g/kg daily x 2' for 2 g/kg in two days"

#: What was probably meant by a word or mark that the grammar does not have.
_HINTS = (
    dict.fromkeys(("and", "+", ",", ";", "&", *_GRAM), _JOIN)
    | dict.fromkeys(("in", "for", "total", "divided", "split", "as", "per"), _PER_INFUSION)
    | {"-": "name each day ('on day 0, 1 and 2'), or write 'daily x 3'"}
)
#: Words that name a schedule of their own, and how the grammar has it.
_SCHEDULES = dict.fromkeys(("qd", "od"), "daily") | {
    "weekly": "every 7 days",
    "fortnightly": "every 14 days",
    "biweekly": "every 14 days",
    "monthly": "every 28 days",
}
#: Days of the units of time in which intervals are typed.
_UNITS = dict.fromkeys(("week", "weeks"), 7.0) | dict.fromkeys(("month", "months"), 28.0)


class _Token(NamedTuple):
    kind: str  # "number", "word", "mark" or "end"
    text: str
    at: int


class _Part(NamedTuple):
    """One part as read: the dose and its clauses, None where there is none."""

    amount: float
    per_kg: bool
    hours: float | None
    step: float
    n: int
    days: tuple[float, ...] | None


def parse(text: str) -> tuple[Dose, ...]:
    """Read the text of a regimen.

    Parameters
    ----------
    text
        See the grammar at the top of this module; at most 1000 characters.

    Returns
    -------
    tuple of Dose
        One for each infusion, in the order of the text.

    Raises
    ------
    InputError
        If the text cannot be read: says where reading stopped, the likely slip, and the grammar. Also if an amount, a
        length, a number of infusions or a day is out of range.
    """
    if not isinstance(text, str):
        raise InputError(
            f"a regimen is {checks.shown(text)}, not text: write it as in '1 g/kg daily x 2'. Grammar: {GRAMMAR}"
        )
    if len(text) > LONGEST:
        raise InputError(f"the text of the regimen has {len(text)} characters: at most {LONGEST} are read")
    reader = _Reader(text)
    doses: list[Dose] = []
    start = 0.0
    while True:
        part = _part(reader)
        days = part.days or (start,)
        if len(doses) + len(days) * part.n > MOST_INFUSIONS:
            raise InputError(f"the regimen {checks.shown(text)} has more than {MOST_INFUSIONS} infusions: shorten it")
        new = [Dose(day + i * part.step, part.amount, part.per_kg, part.hours) for day in days for i in range(part.n)]
        doses += new
        start = max(dose.day for dose in new) + 1.0
        if not reader.take({"then"}):
            return tuple(doses)


class _Reader:
    """The tokens of a text and how far they have been read."""

    def __init__(self, text: str) -> None:
        self.text = text
        tokens = [_Token(str(m.lastgroup), m[0].lower(), m.start()) for m in _TOKEN.finditer(text)]
        self.tokens = [*tokens, _Token("end", "", len(text))]
        self.at = 0
        if comma := _DECIMAL_COMMA.search(text):
            self.stop("write decimals with a point (0.4), and a list of days with spaces (0, 3)", comma.start())

    @property
    def next(self) -> _Token:
        return self.tokens[self.at]

    def take(self, words: set[str]) -> bool:
        """Pass the next token if it is one of `words`."""
        found = self.next.text in words
        self.at += found
        return found

    def expect(self, words: set[str], hint: str) -> None:
        if not self.take(words):
            self.stop(hint)

    def number(self, hint: str) -> float:
        if self.next.kind != "number":
            self.stop(hint)
        self.at += 1
        return float(self.tokens[self.at - 1].text)

    def stop(self, hint: str, at: int | None = None) -> NoReturn:
        at = self.next.at if at is None else at
        rest = self.text[at : at + 24]
        where = f"at {rest!r}, character {at + 1}" if rest else "at the end"
        raise InputError(f"regimen {checks.shown(self.text)}: reading stopped {where}: {hint}. Grammar: {GRAMMAR}")


def _part(reader: _Reader) -> _Part:
    """One dose with its clauses, up to ``then`` or the end."""
    amount, per_kg = _dose(reader)
    hours: float | None = None
    schedule: tuple[float, int] | None = None
    days: tuple[float, ...] | None = None
    while reader.next.kind != "end" and reader.next.text != "then":
        word = reader.next
        if hours is None and reader.take({"over"}):
            hours = _over(reader, amount, per_kg)
        elif schedule is None and reader.take({"daily"}):
            schedule = 1.0, _repeats(reader, _EVERY_DAY)
        elif schedule is None and reader.take({"every"}):
            schedule = _every(reader)
        elif days is None and reader.take({"on"}):
            days = _days(reader)
        elif word.text in ("over", "daily", "every", "on"):
            reader.stop("a part has one length, one 'daily' or 'every' and one 'on day': start a new part with 'then'")
        elif word.text in _TIMES:
            reader.stop(_when(reader, amount, per_kg))
        else:
            reader.stop(_meant(reader, amount, per_kg))
    step, n = schedule or (1.0, 1)
    return _Part(amount, per_kg, hours, step, n, days)


def _dose(reader: _Reader) -> tuple[float, bool]:
    """Amount, and whether it is per kg."""
    amount = reader.number("a dose was expected here, such as '1 g/kg' or '70 g'")
    if reader.next.text in _TIMES:
        reader.stop("the amount comes first: write '1 g/kg daily x 2'")
    if reader.next.text == "mg":
        at = reader.next.at
        reader.at += 1
        unit = "g/kg" if reader.take({"/"}) else "g"
        reader.stop(f"doses are in g or g/kg: write {amount / 1000.0:g} {unit}", at)
    reader.expect(_GRAM, f"give the unit of the dose: '{amount:g} g/kg' or '{amount:g} g'")
    if not reader.take({"/"}):
        return amount, False
    reader.expect({"kg"}, "doses are in g or g/kg")
    if reader.next.text == "/":
        each = f"write '{amount:g} g/kg daily x {_typed_number(reader, '5')}'"
        reader.stop(f"a dose is the amount of one infusion: {each}, with the number of days")
    return amount, True


def _said(amount: float, per_kg: bool) -> str:
    return f"{amount:g} {'g/kg' if per_kg else 'g'}"


def _meant(reader: _Reader, amount: float, per_kg: bool) -> str:
    """What to write instead of a word that the grammar does not have, filled from what was typed."""
    word, after = reader.next.text, reader.tokens[reader.at + 1 :]
    dose = _said(amount, per_kg)
    if word == "per" and not per_kg and after[0].text == "kg":
        return f"doses by weight are written '{amount:g} g/kg'"
    if word == "once":
        return f"one infusion is '{dose}' alone; for several write '{dose} daily x {_typed_number(reader, '2')}'"
    if word in _SCHEDULES:
        return f"write '{dose} {_SCHEDULES[word]} x {_typed_number(reader, '2')}'"
    if word in _DAY:
        rest = [token.text for token in after]
        end = next((i for i, text in enumerate(rest) if not (text.isdecimal() or text in ("and", ","))), len(rest))
        days = " ".join(rest[:end]).replace(" ,", ",") if rest[0].isdecimal() else "3"
        return f"write '{dose} on day {days}'"
    return _HINTS.get(word, "this was not understood")


def _typed_number(reader: _Reader, other: str) -> str:
    """The number of infusions that was typed after an `x` or ``for``, or else `other`."""
    later = reader.tokens[reader.at :]
    for sign, number in pairwise(later):
        if sign.text == "then":
            break
        if (sign.text in _TIMES or sign.text == "for") and number.text.isdecimal() and int(number.text) > 0:
            return number.text
    return other


def _when(reader: _Reader, amount: float, per_kg: bool) -> str:
    """What to write where infusions are counted and their days are not said."""
    after = reader.tokens[reader.at + 1].text
    n = after if after.isdecimal() and int(after) > 1 else "2"
    dose = _said(amount, per_kg)
    return f"say when: '{dose} daily x {n}', or '{dose} every 21 days x {n}'"


def _over(reader: _Reader, amount: float, per_kg: bool) -> float:
    """Hours after ``over``."""
    at = reader.next.at
    hours = reader.number("give the length of one infusion, such as 'over 5 h'")
    if reader.next.text in _DAY:
        n = int(hours) if hours in range(1, 366) else 2
        each = f"{amount / n:.4g} {'g/kg' if per_kg else 'g'} daily x {n}"
        reader.stop(f"this is ambiguous, and a dose is the amount of one infusion: write '{each}', or hours", at)
    if reader.next.text in ("min", "minute", "minutes"):
        reader.stop(f"lengths are in hours: write 'over {hours / 60.0:.4g} h'", at)
    reader.expect(_HOUR, "the length of an infusion is in hours: 'over 5 h'")
    return hours


def _every(reader: _Reader) -> tuple[float, int]:
    """Days between infusions and their number, after ``every``."""
    if reader.next.text == "other":
        reader.stop(f"write 'every 2 days x {_typed_number(reader, '3')}'")
    if reader.next.text in _DAY:
        reader.stop(f"write 'daily x {_typed_number(reader, '2')}'")
    if days := _UNITS.get(reader.next.text):
        reader.stop(f"give days: 'every {days:g} days x {_typed_number(reader, '3')}'")
    at = reader.next.at
    step = reader.number("give the days between infusions: 'every 21 days x 3'")
    if days := _UNITS.get(reader.next.text):
        reader.stop(f"give days: 'every {days * step:g} days x {_typed_number(reader, '3')}'", at)
    reader.expect(_DAY, f"give the days between infusions: 'every {step:g} days x {_typed_number(reader, '3')}'")
    step = checks.number("K in 'every K days x N'", step, *SPACING, "day")
    return step, _repeats(reader, f"say how many infusions: 'every {step:g} days x 3'")


def _repeats(reader: _Reader, hint: str) -> int:
    """N after ``x``."""
    reader.expect(_TIMES, hint)
    return checks.whole("N, the number of infusions,", reader.number(hint), 1, MOST_IN_SERIES)


def _days(reader: _Reader) -> tuple[float, ...]:
    """Days after ``on``."""
    hint = "name the days: 'on day 0', or 'on day 0, 3 and 21'"
    reader.expect(_DAY, hint)
    days: list[float] = []
    more = True
    while more:
        at = reader.next.at
        day = reader.number(hint)
        if day in days:
            reader.stop(f"day {day:g} is named twice; for two infusions on a day use 'then'", at)
        days.append(day)
        comma = reader.take({","})
        more = reader.take({"and"}) or comma
    return tuple(days)
