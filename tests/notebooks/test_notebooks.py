"""Every notebook runs, says what is stored in it, asks one question and ends by checking its answer."""

import ast
import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.scripts import loaded

import itp_sim

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
REFRESH = Path(__file__).with_name("refresh.py")
#: Seconds of processor time for one notebook, starting Python and the kernel included.
CPU_SECONDS = 30
IMPORTS = {"cycler", "itp_sim", "math", "matplotlib", "numpy", "pandas", "scipy", "xarray", "xml"}
NUMBER = re.compile(r"-?\d+(?:\.(\d+))?(?:e[-+]?\d+)?")
#: What only one machine or one run would write: addresses, absolute paths, dates, times.
PERSONAL = re.compile(r"0x[0-9a-f]{6,}|/(?:home|root|tmp|Users|usr)/|[A-Z]:\\|\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d")

refresh = loaded(REFRESH)

every_notebook = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def cells(path: Path, kind: str) -> list[dict[str, Any]]:
    return [cell for cell in read(path)["cells"] if cell["cell_type"] == kind]


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def code(path: Path) -> list[ast.Module]:
    return [ast.parse(source(cell)) for cell in cells(path, "code")]


def run_refresh(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the script in a process of its own, so that no warning of Jupyter's reaches the tests."""
    command = [sys.executable, str(REFRESH), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=280, check=False)


def said(output: dict[str, Any]) -> dict[str, str]:
    """Text of an output by its kind; a picture counts as drawn, of whatever size its layout has taken."""
    if output["output_type"] == "stream":
        return {output["name"]: "".join(output["text"])}
    return {
        mime: "a picture" if mime.startswith("image/") else re.sub(r"^<Figure size .*>$", "a picture", "".join(value))
        for mime, value in output.get("data", {}).items()
    }


def alike(stored: str, fresh: str) -> bool:
    """Whether two texts agree, but for blanks and for one unit in the last decimal that is printed."""
    if NUMBER.sub("#", stored).split() != NUMBER.sub("#", fresh).split():
        return False
    return all(
        abs(float(one[0]) - float(two[0])) <= (1.01 * 10.0 ** -len(one[1]) if one[1] else 0.0)
        for one, two in zip(NUMBER.finditer(stored), NUMBER.finditer(fresh), strict=True)
    )


def test_there_are_notebooks() -> None:
    assert len(NOTEBOOKS) >= 2


@every_notebook
def test_runs_and_says_what_is_stored(path: Path, tmp_path: Path) -> None:
    before = os.times()
    done = run_refresh(path, "--into", tmp_path)
    after = os.times()
    assert done.returncode == 0, done.stderr
    stored, fresh = cells(path, "code"), cells(tmp_path / path.name, "code")
    for old, new in zip(stored, fresh, strict=True):
        outputs = [said(output) for output in new["outputs"]]
        assert "stderr" not in {name for output in outputs for name in output}, (source(new), outputs)
        assert len(outputs) == len(old["outputs"]), f"refresh the notebook:\n{source(new)}"
        for one, two in zip(map(said, old["outputs"]), outputs, strict=True):
            assert one.keys() == two.keys(), f"refresh the notebook:\n{source(new)}"
            for mime, text in one.items():
                assert alike(text, two[mime]), f"refresh the notebook:\n{source(new)}\n{text}\n{two[mime]}"
    spent = sum(after[2:4]) - sum(before[2:4])
    assert spent < CPU_SECONDS


@every_notebook
def test_stored_in_normal_form(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert refresh.normalise(json.loads(text)) == text, f"run {REFRESH.relative_to(ROOT)}"


@every_notebook
def test_nothing_of_one_machine_or_one_run(path: Path) -> None:
    for cell in read(path)["cells"]:
        texts = [source(cell), *(text for output in cell.get("outputs", []) for text in said(output).values())]
        assert not [found for text in texts for found in PERSONAL.findall(text)]


@every_notebook
def test_opens_with_its_question_and_the_statement(path: Path) -> None:
    first = read(path)["cells"][0]
    assert first["cell_type"] == "markdown"
    assert source(first).startswith("# ") and "**Question.**" in source(first)
    assert itp_sim.RESEARCH_ONLY in source(first)


@every_notebook
def test_ends_with_assertions_alone(path: Path) -> None:
    last = read(path)["cells"][-1]
    assert last["cell_type"] == "code" and not last["outputs"]
    statements = [node for node in ast.walk(ast.parse(source(last))) if isinstance(node, ast.stmt)]
    assert all(isinstance(node, ast.Assert | ast.Assign | ast.For) for node in statements)
    checks = [node for node in statements if isinstance(node, ast.Assert)]
    assert len(checks) >= 3
    # An assertion that names nothing simulated, such as ``assert True``, checks nothing.
    assert all(any(isinstance(node, ast.Name) for node in ast.walk(check.test)) for check in checks)


@every_notebook
def test_every_figure_is_said_in_words(path: Path) -> None:
    figures = 0
    for cell in cells(path, "code"):
        for output in cell["outputs"]:
            if "image/png" in output.get("data", {}):
                figures += 1
                assert len(output["metadata"]["image/png"]["alt"]) > 80, source(cell)
    assert figures


@every_notebook
def test_public_names_only(path: Path) -> None:
    for tree in code(path):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                assert {name.name.split(".")[0] for name in node.names} <= IMPORTS
            if isinstance(node, ast.ImportFrom):
                assert node.module.split(".")[0] in IMPORTS - {"itp_sim"}
            if isinstance(node, ast.Attribute):
                assert not node.attr.startswith("_")
                if isinstance(node.value, ast.Name) and node.value.id == "itp":
                    assert node.attr in itp_sim.__all__


@every_notebook
def test_few_lines_in_a_cell(path: Path) -> None:
    assert max(len(cell["source"]) for cell in cells(path, "code")) <= 15


@pytest.mark.parametrize("path", [FOLDER / "README.md", *NOTEBOOKS], ids=lambda path: path.stem)
def test_links_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        text = "\n".join(source(cell) for cell in cells(path, "markdown"))
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in link]
    assert links
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_index_lists_every_notebook_in_order() -> None:
    rows = re.findall(r"^\| \[(.+?)\]\((.+?)\)", (FOLDER / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert rows == [(path.name, path.name) for path in NOTEBOOKS]


def test_neighbours_are_linked() -> None:
    for one, two in itertools.pairwise(NOTEBOOKS):
        forward, back = ("\n".join(source(cell) for cell in cells(path, "markdown")) for path in (one, two))
        assert f"({two.name})" in forward and f"({one.name})" in back


def test_the_switches_are_all_shown() -> None:
    tables = [
        text
        for cell in cells(FOLDER / "02_why_counts_rise_and_fall.ipynb", "code")
        for output in cell["outputs"]
        for text in said(output).values()
    ]
    assert any(all(name in table for name in itp_sim.MECHANISM_SWITCHES) for table in tables)


# --- the tools of these tests -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stored", "fresh", "same"),
    [
        ("peak 122.7", "peak 122.7", True),
        ("peak 122.7", "peak  122.8", True),
        ("-0.0", "0.0", True),
        ("peak 122.7", "peak 122.9", False),
        ("peak 122.7", "area 122.7", False),
        ("7 days", "8 days", False),
        ("1.0", "NaN", False),
        ("1.0", "-1.0", False),
        ("1.0", "1.0 2.0", False),
    ],
)
def test_alike(stored: str, fresh: str, *, same: bool) -> None:
    assert alike(stored, fresh) is same


def dirty(code: str) -> dict[str, Any]:
    """A notebook as an editor may leave it."""
    picture = {"image/png": "AAAA\n", "text/plain": "<Figure>"}
    return {
        "cells": [
            {
                "cell_type": "code",
                "execution_count": 41,
                "id": "0f3a",
                "metadata": {"execution": {"iopub.status.busy": "2024-05-01T10:00:00Z"}, "collapsed": True},
                "outputs": [
                    {"output_type": "display_data", "data": picture, "metadata": {"image/png": {"width": 3}}},
                    {
                        "output_type": "execute_result",
                        "data": {"text/plain": "1"},
                        "metadata": {},
                        "execution_count": 41,
                    },
                ],
                "source": code,
            },
            {"cell_type": "markdown", "id": "77", "metadata": {}, "source": "*Figure.* A line\nthat rises.\n\nMore."},
        ],
        "metadata": {
            "kernelspec": {"display_name": "mine", "name": "my-kernel"},
            "language_info": {"version": "3.11.7"},
        },
        "nbformat": 4,
        "nbformat_minor": 4,
    }


def test_normal_form() -> None:
    text = refresh.normalise(dirty("1 + 0\n"))
    normal = json.loads(text)
    assert refresh.normalise(normal) == text
    assert "2024" not in text and "mine" not in text and "3.11.7" not in text and text.endswith("}\n")
    first, second = normal["cells"]
    assert first["execution_count"] == 1 and first["outputs"][1]["execution_count"] == 1
    assert first["metadata"] == {} and first["source"] == ["1 + 0"]
    assert first["outputs"][0]["metadata"] == {"image/png": {"alt": "A line that rises."}}
    assert (first["id"], second["id"]) == ("cell-0", "cell-1")
    assert normal["metadata"]["kernelspec"]["name"] == "python3"
    assert (normal["nbformat"], normal["nbformat_minor"]) == (4, 5)


def test_a_failed_assertion_is_an_error_and_leaves_the_file(tmp_path: Path) -> None:
    path = tmp_path / "wrong.ipynb"
    path.write_text(json.dumps(dirty("assert 1 == 2, 'not so'")), encoding="utf-8")
    before = path.read_bytes()
    done = run_refresh(path)
    assert done.returncode != 0 and "not so" in done.stderr
    assert path.read_bytes() == before


def test_runs_on_this_interpreter_and_this_checkout(tmp_path: Path) -> None:
    path = tmp_path / "where.ipynb"
    lines = ["import sys, itp_sim", "print(sys.executable)", "print(itp_sim.__file__)"]
    path.write_text(json.dumps(dirty("\n".join(lines))), encoding="utf-8")
    done = run_refresh(path)
    assert done.returncode == 0, done.stderr
    (printed,) = read(path)["cells"][0]["outputs"]
    assert "".join(printed["text"]).split("\n") == [sys.executable, str(ROOT / "src" / "itp_sim" / "__init__.py")]


def test_controls_are_stored_as_words() -> None:
    notebook = dirty("1 + 0")
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "0f3a"}, "text/plain": "VBox(...)"}
    notebook["cells"][0]["outputs"] = [{"output_type": "display_data", "data": view, "metadata": {}}]
    text = refresh.normalise(notebook)
    assert "0f3a" not in text and "VBox" not in text and "run this cell" in text
