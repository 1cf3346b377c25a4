"""Tables with one mistake each, of tests/data/table_mistakes.toml: an error at once that names row, column and fix."""

import time
import tomllib
from pathlib import Path
from typing import Any

import pytest

import itp_sim as itp
from itp_sim.nmtran.columns import COLUMNS

MISTAKES = tomllib.loads((Path(__file__).parents[1] / "data" / "table_mistakes.toml").read_text(encoding="utf-8"))[
    "mistake"
]
#: Seconds in which a mistake is refused.
AT_ONCE = 0.05


def refused(table: object, **said: Any) -> tuple[itp.TableError, float]:
    """The error and the CPU-seconds it took: the best of three."""
    took = []
    for _ in range(3):
        start = time.process_time()
        with pytest.raises(itp.TableError) as caught:
            itp.read_nmtran(table, **said)
        took.append(time.process_time() - start)
    return caught.value, min(took)


@pytest.mark.parametrize("mistake", MISTAKES, ids=[one["name"].replace(" ", "_") for one in MISTAKES])
def test_a_mistake_is_named_with_row_column_and_fix(mistake: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text(mistake["table"], encoding="utf-8", newline="")
    error, seconds = refused(path)
    message = str(error)
    for words in mistake["words"]:
        assert words in message
    assert "\n" not in message
    assert message.startswith("counts.csv")
    if mistake["row"]:
        assert error.row == mistake["row"]
        assert mistake["row"] == 1 or f"counts.csv, line {mistake['row']}" in message
    else:
        assert error.row is None
    if mistake["column"]:
        assert error.column == mistake["column"]
        assert mistake["column"] in message
    assert seconds < AT_ONCE


def test_there_are_many_and_no_two_are_alike() -> None:
    assert len(MISTAKES) >= 40
    assert len({one["name"] for one in MISTAKES}) == len(MISTAKES)
    assert len({one["table"] for one in MISTAKES}) == len(MISTAKES)
    named = {one["column"] for one in MISTAKES if one["row"]}
    assert set(COLUMNS) - {"ARM", "PATIENT"} <= named  # every column that can be wrong is
