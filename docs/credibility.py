"""Renew the numbers that CREDIBILITY.md quotes: ``python docs/credibility.py``.

They stand between marks; each is taken from the page whose command made it. Run it after one of those has changed.
"""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "CREDIBILITY.md"
#: Share of endpoints inside their interval that was declared as the aim before the fit.
AIMS = {"calibration": 0.90, "validation": 0.75}


def _read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def validation() -> str:
    """How many published results are met, by their role."""
    (line,) = re.findall(r"^(calibration: .* inside; validation: .*)$", _read("docs/validation.md"), re.MULTILINE)
    aims = []
    for role, aim in AIMS.items():
        (inside, of) = map(int, re.findall(rf"{role}: (\d+) of (\d+)", line)[0])
        reached = "reached" if inside >= aim * of else "NOT reached"
        aims.append(f"{role} {100 * inside / of:.0f}%, where {100 * aim:.0f}% was aimed at: {reached}")
    return f"{line[0].upper()}{line[1:]} {'; '.join(aims)[0].upper()}{'; '.join(aims)[1:]}."


def misses() -> str:
    """Results that were never fitted and are missed."""
    return "\n".join(_misses("Validation")) + "\n" + "\n".join(_misses("Mechanism"))


def _misses(section: str) -> Iterator[str]:
    (text,) = re.findall(rf"^## {section}$(.*?)^## ", _read("docs/validation.md"), re.MULTILINE | re.DOTALL)
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and "MISS" in cells:
            trial, endpoint, arm, unit, published = cells[:5]
            yield f"- {trial}, {endpoint} ({arm}): published {published}, simulated {cells[7]} {unit}"


def undetermined() -> str:
    """Fitted numbers that the published results leave open, by population."""
    lines = []
    parts = re.split(r"^## (\w+)$", _read("calibration/results.md"), flags=re.MULTILINE)
    for population, text in zip(parts[1::2], parts[2::2], strict=True):
        line = r"^\| (\w[\w ]*?) \| [^|]+ \| [^|]+ \| [^|]+ to [^|]+ \| [^|]+ \|([^|]*)\|$"
        rows = re.findall(line, text, re.MULTILINE)
        open_ = [name for name, note in rows if "not determined" in note]
        lines.append(f"- {population}: {len(open_)} of {len(rows)} fitted numbers ({', '.join(open_) or 'none'})")
    return "\n".join(lines)


def verification() -> str:
    """What the full tier looked at, in its first line."""
    (line,) = re.findall(r"^([\d,]+ cases, \d+ failed); .*$", _read("docs/verification.md"), re.MULTILINE)
    broken = len(re.findall(r"\| yes \|$", _read("docs/verification.md"), re.MULTILINE))
    return f"{line} in the last full run; {broken} breakages of the code, each noticed by the tests named for it."


def mutation() -> str:
    """Score of mutation testing."""
    (line,) = re.findall(r"^(\d[\d,]* of \d[\d,]* mutants .*)$", _read("tests/mutation.md"), re.MULTILINE)
    return line


#: What is quoted, and from where.
QUOTES = {
    "validation": (validation, "docs/validation.md"),
    "misses": (misses, "docs/validation.md"),
    "undetermined": (undetermined, "calibration/results.md"),
    "verification": (verification, "docs/verification.md"),
    "mutation": (mutation, "tests/mutation.md"),
}


def renewed(text: str) -> str:
    """The page with its quotes as they must be now."""
    for name, (quote, source) in QUOTES.items():
        begin, end = f"<!-- {name}: quoted from {source} -->", f"<!-- end of {name} -->"
        before, rest = text.split(begin)
        text = f"{before}{begin}\n{quote().strip()}\n{end}{rest.split(end)[1]}"
    return text


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
