"""Bad input, row by row of tests/data/bad_input.toml: a typed error at once, in one line that shows the way out."""

import itertools
import re
import shlex
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import itp_sim as itp
from itp_sim import cli, errors
from itp_sim.cli.parser import parser
from itp_sim.design import Level
from itp_sim.dosing import Dose, RateStep, Regimen
from itp_sim.parameters import params_dir

ROWS = tomllib.loads((Path(__file__).parents[1] / "data" / "bad_input.toml").read_text(encoding="utf-8"))
#: Seconds in which bad input is refused.
AT_ONCE = 0.05
#: Words by which a message shows a way out, or says what is allowed.
WAY_OUT = re.compile(
    r"\b(give|write|choose|use|ask|raise|simulate|delete|name|see|save|put|did you mean|lower|say|split|at most|only"
    r"|leave|must|declare|reading stopped|file of records|one word too many|does not exist)\b"
)


def names() -> dict[str, Any]:
    """What a call of the table may use."""
    patient = itp.typical_patient()
    return {
        "itp": itp,
        "np": np,
        "pd": pd,
        "itertools": itertools,
        "nan": float("nan"),
        "inf": float("inf"),
        "huge": 10**400,
        "endless": itertools.count(),
        "patient": patient,
        "two": itp.regimen("1 g/kg daily x 2"),
        "table": itp.virtual_patients(n=3),
        "run": itp.simulate(patient, "1 g/kg", days=14),
        "short": itp.simulate([patient, patient], "1 g/kg", days=3),
        "many": itp.simulate([patient] * 20, "1 g/kg", days=3),
        "subject": itp.read_nmtran(itp.to_nmtran(itp.simulate(patient, "1 g/kg", days=3, times=[0, 3])))["1"],
        "elasticities": itp.sensitivity(patient, "1 g/kg", method="local", outputs="peak", parameters="IC50"),
        "Level": Level,
        "Dose": Dose,
        "Regimen": Regimen,
        "RateStep": RateStep,
    }


@pytest.fixture(scope="module")
def known() -> dict[str, Any]:
    return names()


def refused(call: Callable[[], object]) -> tuple[Exception, float]:
    """The error of a call and the CPU-seconds it took: the best of three."""
    took = []
    for _ in range(3):
        start = time.process_time()
        try:
            given = call()
        except Exception as error:
            took.append(time.process_time() - start)
            found = error
            if took[-1] < AT_ONCE:
                break
        else:
            pytest.fail(f"no error, but {given!r:.200}")
    return found, min(took)


def check(row: dict[str, Any], error: Exception, seconds: float) -> None:
    message = str(error)
    assert type(error) is getattr(errors, row.get("error", "InputError")), repr(error)
    assert isinstance(error, itp.ItpError)
    for words in row["words"]:
        assert words in message
    assert "\n" not in message
    assert WAY_OUT.search(message), message
    assert len(message) < 700
    assert seconds < AT_ONCE


@pytest.mark.parametrize("row", ROWS["call"], ids=lambda row: row["python"])
def test_calls(row: dict[str, Any], known: dict[str, Any]) -> None:
    code = compile(row["python"], "bad_input.toml", "eval")
    check(row, *refused(lambda: eval(code, known)))


@pytest.mark.parametrize("row", ROWS["file"], ids=lambda row: row.get("new", row.get("bytes")))
def test_files(row: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    if "bytes" in row:
        path.write_bytes(bytes.fromhex(row["bytes"]))
    else:
        text = (params_dir() / "adult_chronic.toml").read_text(encoding="utf-8").replace('"adult_chronic"', '"mine"')
        assert row["old"] in text
        path.write_text(text.replace(row["old"], row["new"], 1), encoding="utf-8")
    error, seconds = refused(lambda: itp.typical_patient(path))
    assert str(path) in str(error)
    check({"error": "ParameterFileError"} | row, error, seconds)


@pytest.mark.parametrize("row", ROWS["shell"], ids=lambda row: row["line"])
def test_shell(
    row: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = shlex.split(row["line"])
    assert cli.main(arguments) == row.get("code", 2)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("itp-sim: ")
    assert printed.err.count("\n") == 1
    top, commands = parser()
    error, seconds = refused(lambda: cli._run(arguments, top, commands))
    error.args = (cli._said(arguments, commands, str(error)),)
    assert printed.err == f"itp-sim: {error}\n"
    check(row, error, seconds)
    assert list(tmp_path.iterdir()) == []


def test_the_table_is_long_and_no_row_stands_twice() -> None:
    keys = [
        row.get("python") or row.get("line") or (row.get("old"), row.get("new"), row.get("bytes")) for row in all_rows()
    ]
    assert len(keys) >= 100
    assert len(set(keys)) == len(keys)


def test_every_row_names_words_and_nothing_unknown() -> None:
    assert set(ROWS) == {"call", "file", "shell"}
    for row in all_rows():
        assert row["words"]
        assert set(row) <= {"python", "old", "new", "bytes", "line", "words", "error", "code"}


def all_rows() -> list[dict[str, Any]]:
    return [row for rows in ROWS.values() for row in rows]
