"""Tables with one mistake each, of tests/data/table_mistakes.toml: an error at once that names row, column and fix."""

import time
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
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


def test_empty_rows_of_a_spreadsheet_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("ID,TIME,AMT,DUR,DV\n,,,,\n1,0,70,0.2,.\n1,1,.,.,35\n,,,,\n , ,,,\n", encoding="utf-8")
    (one,) = itp.read_nmtran(path)
    assert [seen.value for seen in one.observations] == [35.0]
    table = pd.read_csv(path, na_values=["."], skipinitialspace=True)
    assert itp.read_nmtran(table)["1"].observations == one.observations


def test_all_columns_of_text_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("ID,TIME,AMT,DUR,DV,SITE,DOCTOR\n1,0,70,0.2,.,Leeds,Grey\n", encoding="utf-8")
    with pytest.raises(itp.TableError, match=r"columns of text out by drop=\['SITE', 'DOCTOR'\]"):
        itp.read_nmtran(path)


def test_days_and_hours_that_are_said_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("ID,TIME,AMT,DUR,DV,WT\n1,0,20,2,.,20\n1,48,.,.,35,20\n", encoding="utf-8")
    assert itp.read_nmtran(path, time_unit="day")["1"].infusions[0].days == 2.0
    assert itp.read_nmtran(path, time_unit="h")["1"].infusions[0].hours == pytest.approx(2.0)


def test_one_count_below_the_floor_is_no_slip(tmp_path: Path) -> None:
    path = tmp_path / "counts.csv"
    path.write_text("ID,TIME,AMT,DUR,DV\n1,0,.,.,0.5\n1,0,70,0.2,.\n1,1,.,.,35\n", encoding="utf-8")
    assert [seen.value for seen in itp.read_nmtran(path)["1"].observations] == [0.5, 35.0]


@pytest.mark.parametrize(("unit", "per"), [("1e12/L", 1e-3), ("10^4/uL", 0.1), ("1/uL", 1e3), ("1e9/L", 1.0)])
def test_counts_are_read_in_the_unit_that_is_said(tmp_path: Path, unit: str, per: float) -> None:
    path = tmp_path / "counts.csv"
    path.write_text(f"ID,TIME,AMT,DUR,CMT,DV\n1,0,70,0.2,1,.\n1,1,.,.,2,{35 * per}\n1,1,.,.,1,12\n", encoding="utf-8")
    seen = itp.read_nmtran(path, count_unit=unit)["1"].observations
    assert [one.value for one in seen] == pytest.approx([35.0, 12.0])
