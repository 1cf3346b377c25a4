"""Files that were damaged in every way that files are: read as they stand or refused by a typed error, nothing else.

Twenty thousand of them belong to the full tier, ``python -m tests.full``.
"""

import math
import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import itp_sim as itp
from itp_sim import store
from itp_sim.conventions import read_convention
from itp_sim.evidence import sources
from itp_sim.fitting.residual import read_residuals
from itp_sim.observed import read_studies
from itp_sim.population_file import read_population
from itp_sim.product_file import read_products
from itp_sim.safety import read_harms
from itp_sim.trials.defaults import excluded, read_defaults

ROOT = Path(__file__).parents[2]
PARAMS = ROOT / "params"


class Kind(NamedTuple):
    """A kind of file: an example, its reader, and numbers that must be finite where it is read."""

    example: Path
    read: Callable[[Path], object]
    numbers: Callable[[object], Iterable[float]] = lambda found: ()
    named: Callable[[Path], str] = str  #: the file as an error names it


KINDS = {
    "population": Kind(
        PARAMS / "child_newly_diagnosed.toml",
        read_population,
        lambda found: [record.value for record in found.records.values()],  # type: ignore[attr-defined]
    ),
    "trial": Kind(ROOT / "tests" / "data" / "trials" / "made_up.toml", itp.load_trial),
    "products": Kind(
        PARAMS / "products.toml",
        lambda path: read_products(path, sources())[0],
        lambda found: [one.concentration for one in found.values()],  # type: ignore[attr-defined]
    ),
    "draws": Kind(
        PARAMS / "posterior" / "adult_chronic.csv",
        lambda path: itp.posterior("adult_chronic", path=path),
        lambda found: [x for draw in found for kinds in draw.values() for y in kinds.values() for x in y.values()],  # type: ignore[attr-defined]
    ),
    "counts": Kind(PARAMS / "observations.toml", read_studies),
    "harms": Kind(PARAMS / "safety.toml", read_harms),
    "conventions": Kind(
        PARAMS / "conventions.toml", partial(read_convention, name="first_rise", highest=365.0, unit="day")
    ),
    "margins": Kind(PARAMS / "trials" / "measurement.toml", read_defaults),
    "excluded": Kind(PARAMS / "trials" / "excluded.toml", lambda path: excluded(path.parent)),
    "errors": Kind(
        PARAMS / "residual.toml",
        read_residuals,
        lambda found: [x for one in found.values() for x in (one.cv, one.floor)],  # type: ignore[attr-defined]
    ),
    "records": Kind(
        ROOT / "tests" / "data" / "counts.csv",
        itp.read_nmtran,
        lambda found: [x for one in found for x in _told(one)],  # type: ignore[attr-defined]
        lambda path: path.name,
    ),
}


def _told(subject: Any) -> list[float]:
    """Every number of the records of one subject."""
    values = [x for seen in subject.observations for x in (seen.day, seen.value)]
    doses = [x for one in subject.infusions for x in (one.start, one.grams, *(y for two in one.pieces for y in two))]
    own = [x for x in (subject.weight_kg, subject.height_cm) if x is not None]
    return [*values, *doses, *own, *subject.covariates.values()]


PIECES = [
    *(b"", b"-", b"9", b"nan", b"inf", b"-inf", b"true", b'"', b"'", b'"""', b"[", b"]", b"[[", b"{", b"}", b"=", b"#"),
    *(b"\n", b"\r\n", b"\r", b"\t", b".", b",", b"1,5", b"e9", b"e999", b"0x1F", b"\\u0041", b"\\", b"\x00", b"\xff"),
    *(b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"1979-05-27", b"9" * 400, b"a.b.c=1\n", b"_"),
]


def pieces(data: bytes, draw: random.Random) -> bytes:
    """A few bytes replaced by what means something in a file."""
    damaged = bytearray(data)
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(damaged) + 1)
        damaged[at : at + draw.choice([0, 1, 1, 2, 5])] = draw.choice(PIECES)
    return bytes(damaged)


def bits(data: bytes, draw: random.Random) -> bytes:
    damaged = bytearray(data)
    for _ in range(draw.randint(1, 3)):
        damaged[draw.randrange(len(damaged))] ^= 1 << draw.randrange(8)
    return bytes(damaged)


def cut(data: bytes, draw: random.Random) -> bytes:
    return data[: draw.randrange(len(data))]


def twice(data: bytes, draw: random.Random) -> bytes:
    """A few lines that stand twice, as after a bad merge: keys and tables too."""
    lines = data.splitlines(keepends=True)
    at = draw.randrange(len(lines))
    some = lines[at : at + draw.randint(1, 6)]
    to = draw.randrange(len(lines))
    return b"".join([*lines[:to], *some, *lines[to:]])


def without(data: bytes, draw: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    at = draw.randrange(len(lines))
    return b"".join([*lines[:at], *lines[at + draw.randint(1, 3) :]])


def numbers(data: bytes, draw: random.Random) -> bytes:
    """A number that is none, or has a decimal comma, or is far off."""
    places = [i for i, byte in enumerate(data) if chr(byte).isdigit()]
    if not places:
        return data
    at = draw.choice(places)
    new = draw.choice([b"nan", b"inf", b"-1", b"0", b"1e308", b"1e-320", b"1,5", b"true", b'"1"', b"[1]", b"{}"])
    return data[:at] + new + data[at + 1 :]


def nested(data: bytes, draw: random.Random) -> bytes:
    """Brackets without end in place of a value."""
    places = [i for i, byte in enumerate(data) if byte in b"=,"] or [0]
    at, depth = draw.choice(places), draw.choice([10, 200, 5_000, 100_000])
    return data[: at + 1] + draw.choice([b"[", b"{a=", b"[["]) * depth + data[at + 1 :]


def encoded(data: bytes, draw: random.Random) -> bytes:
    """Another encoding, or the ends of lines of another system."""
    text = data.decode("utf-8", errors="replace")
    ways = (
        lambda: text.encode(draw.choice(["utf-16", "utf-16-le", "utf-32", "cp1252"]), errors="replace"),
        lambda: b"\xef\xbb\xbf" + data,
        lambda: data.replace(b"\n", b"\r\n"),
        lambda: data.replace(b"\n", b"\r"),
        lambda: data.replace(b".", b","),
    )
    return draw.choice(ways)()


DAMAGES = (pieces, pieces, bits, cut, twice, without, numbers, numbers, nested, encoded)
#: CPU-seconds in which a file is read or refused.
MOST_SECONDS = 2.0


def fuzzed(kind: Kind, n: int, folder: Path, *, seed: int = 0) -> Counter[str]:
    """Damage the example `n` times and read it; how often it was read, and refused."""
    draw, told, whole = random.Random(seed), Counter[str](), kind.example.read_bytes()
    path = folder / kind.example.name
    for turn in range(n):
        data = draw.choice(DAMAGES)(whole, draw)
        path.write_bytes(data)
        os.utime(path, ns=(turn, turn))  # files are read again when they have changed
        start = time.process_time()
        try:
            found = kind.read(path)
        except itp.ItpError as error:
            told["refused"] += 1
            message = str(error)
            assert kind.named(path) in message
            assert len(message) < 2000
            assert "\n" not in message
        else:
            told["read"] += 1
            assert all(math.isfinite(x) for x in kind.numbers(found))
        assert time.process_time() - start < MOST_SECONDS, data[:200]
    return told


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_read_or_refused(kind: str, tmp_path: Path) -> None:
    found = fuzzed(KINDS[kind], 40, tmp_path, seed=1)
    assert set(found) == {"read", "refused"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_example_itself_is_read(kind: str) -> None:
    KINDS[kind].read(KINDS[kind].example)


#: Files of each kind in the full tier; with the stores below, more than 20,000.
MANY = {"population": 4000, "trial": 4000, "products": 3000, "draws": 3000, "records": 3000} | dict.fromkeys(
    ("counts", "harms", "conventions", "margins", "excluded", "errors"), 1200
)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_thousands_of_damaged_files(kind: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    found = fuzzed(KINDS[kind], MANY[kind], tmp_path, seed=2)
    record_property("files", sum(found.values()))
    record_property("refused", found["refused"])
    assert set(found) == {"read", "refused"}


# --- the folder of a cohort -----------------------------------------------------------------------------------------

ASKED = {"n": 4, "days": 14.0, "chunk": 2, "seed": 3, "outputs": (), "progress": False}


def damaged_stores(n: int, folder: Path) -> Counter[str]:
    """Damage one file of a finished folder `n` times and go on with it; what is read must be what was kept."""
    draw, told = random.Random(5), Counter[str]()
    kept, used = folder / "kept", folder / "used"
    whole = itp.simulate_population("adult_chronic", "1 g/kg", store=kept, **ASKED)
    names = sorted(str(path.relative_to(kept)) for path in kept.rglob("*") if path.is_file())
    assert sum(store.LEDGER in name for name in names) >= 3
    for _ in range(n):
        shutil.rmtree(used, ignore_errors=True)
        shutil.copytree(kept, used)
        file = used / draw.choice(names)
        data = file.read_bytes()
        file.write_bytes(draw.choice((bits, cut, pieces))(data, draw))
        try:
            found = itp.simulate_population("adult_chronic", "1 g/kg", store=used, **ASKED)
        except itp.ItpError as error:
            told["refused"] += 1
            assert str(used) in str(error)
        else:
            told["read"] += 1
            assert found.hits.tolist() == whole.hits.tolist()
    return told


def test_a_store_with_another_size_of_chunk_is_refused(tmp_path: Path) -> None:
    """It would count some patients twice, others never."""
    itp.simulate_population("adult_chronic", "1 g/kg", store=tmp_path / "kept", **ASKED)
    file = tmp_path / "kept" / store.LEDGER / store.REQUEST
    text = file.read_text(encoding="utf-8")
    assert text.count('"chunk": 2') == 1
    file.write_text(text.replace('"chunk": 2', '"chunk": 3'), encoding="utf-8")
    with pytest.raises(itp.StoreError, match="it holds 2 patients, not 3"):
        itp.simulate_population("adult_chronic", "1 g/kg", store=tmp_path / "kept", **ASKED)


def test_a_damaged_store_is_refused_or_gives_what_was_kept(tmp_path: Path) -> None:
    assert damaged_stores(30, tmp_path)["refused"] > 0


@pytest.mark.slow
def test_hundreds_of_damaged_stores(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    found = damaged_stores(600, tmp_path)
    record_property("files", sum(found.values()))
    record_property("refused", found["refused"])
