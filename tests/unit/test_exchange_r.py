"""The texts for mrgsolve and rxode2 say what the equations say, and are the ones that were read by a person."""

import ast
import ctypes
import re
import shutil
import subprocess
from itertools import zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.scripts import loaded

import itp_sim as itp
from itp_sim import equations as eq
from itp_sim.errors import InputError
from itp_sim.exchange.case import Case, case, doses
from itp_sim.exchange.for_r import mrgsolve, rxode2

golden = loaded(Path(__file__).parents[1] / "regression" / "refresh_exchange.py")

BUSY = itp.typical_patient("adult_chronic", weight_kg=70, platelets=12).assign(
    blockade_effect=0.9, fcrn_block=0.3, fcgr_block=0.2, KREM=0.02, spleen=0.6, tpo_feedback=0.8
)
WHO = case(BUSY, "1 g/kg daily x 2")
#: A state off the steady state.
STATE = eq.State(*(1.3 * x + 0.1 * i for i, x in enumerate(WHO.start, start=1)))

TOKEN = re.compile(r"\d+\.?\d*(?:e[-+]?\d+)?|\w+|\S")


# --- the golden files -----------------------------------------------------------------------------------------------


def tokens(text: str) -> list[str]:
    return TOKEN.findall(text)


def alike(one: str, two: str) -> bool:
    """Whether two tokens agree, numbers but for rounding."""
    if one == two:
        return True
    try:
        return float(one) == pytest.approx(float(two), rel=1e-12)
    except ValueError:
        return False


@pytest.mark.parametrize("name", golden.TEXTS)
def test_text_is_the_golden_one_token_by_token(name: str) -> None:
    kept = (golden.FOLDER / name).read_text(encoding="utf-8")
    pairs = list(zip_longest(tokens(kept), tokens(golden.TEXTS[name]()), fillvalue=""))
    assert len(pairs) > 1000
    different = [(i, one, two) for i, (one, two) in enumerate(pairs) if not alike(one, two)]
    assert different[:3] == [], "a person reads the new text, then: python tests/regression/refresh_exchange.py"


def test_tokens_tell_a_sign_a_name_and_a_digit() -> None:
    assert tokens("a+1.5e-3*b_1;") == ["a", "+", "1.5e-3", "*", "b_1", ";"]
    assert not alike("+", "-") and not alike("MK1", "MK2") and not alike("1.0", "1.0001")
    assert alike("0.1", "0.1000000000000000055")


# --- mrgsolve -------------------------------------------------------------------------------------------------------


def blocks(text: str) -> dict[str, str]:
    """Blocks of a model file without comments, as mrgsolve sees them."""
    bare = re.sub(r"//.*", "", text)
    return dict(re.findall(r"^\$(\w+)\n(.*?)(?=^\$|\Z)", bare, re.MULTILINE | re.DOTALL))


def as_cpp(text: str) -> str:
    """The blocks of the model file as C++ functions that share the variables which mrgsolve would declare."""
    block = blocks(text)
    states, shown = block["CMT"].split(), block["CAPTURE"].split()
    given = re.sub(r" *\n", ";\n", block["PARAM"]).replace("p_", "static double p_")
    declared = [*states, *(f"dxdt_{s}" for s in states), *(f"{s}_0" for s in states)]
    take = "".join(f"{name} = y[{i}];" for i, name in enumerate(states))
    give = "".join(f"start[{i}] = {name}_0; f[{i}] = dxdt_{name};" for i, name in enumerate(states))
    give += "".join(f"out[{i}] = {name};" for i, name in enumerate(shown))
    return (
        "#include <cmath>\nusing namespace std;\ntypedef double localdouble;\n"
        f"{block['GLOBAL']}\n{given}\nstatic double {', '.join(declared)};\n"
        f"static void main_block() {{ {block['MAIN']} }}\nstatic void ode_block() {{ {block['ODE']} }}\n"
        f"static void table_block() {{ {block['TABLE']} }}\n"
        'extern "C" void run(const double *y, double *start, double *f, double *out) '
        f"{{ {take} main_block(); ode_block(); table_block(); {give} }}\n"
    )


@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler")
def test_mrgsolve_file_says_what_the_equations_say(tmp_path: Path) -> None:
    (tmp_path / "model.cpp").write_text(as_cpp(mrgsolve(WHO)), encoding="utf-8")
    built = tmp_path / "model.so"
    command = [
        "g++",
        "-Wall",
        "-Wno-unused-variable",
        "-Werror",
        "-shared",
        "-fPIC",
        tmp_path / "model.cpp",
        "-o",
        built,
    ]
    subprocess.run(list(map(str, command)), check=True, timeout=60)
    library = ctypes.CDLL(str(built))
    state, start, f = (np.array(STATE, dtype=float) for _ in range(3))
    out = np.empty(len(eq.Outputs._fields))
    library.run(*(ctypes.c_void_p(x.ctypes.data) for x in (state, start, f, out)))
    assert start == pytest.approx(np.array(WHO.start), rel=1e-12)
    assert f == pytest.approx(np.array(eq.rhs(STATE, WHO.parameters, WHO.untreated, 0.0)), rel=1e-12)
    assert blocks(mrgsolve(WHO))["CAPTURE"].split() == list(eq.Outputs._fields)
    assert out == pytest.approx(np.array(eq.outputs(STATE, WHO.parameters, WHO.untreated)), rel=1e-12)


# --- rxode2 ---------------------------------------------------------------------------------------------------------


def solved(text: str) -> dict[str, float]:
    """What the lines of the script's model assign, its names of states being those of `STATE`."""
    given = re.search(r"^parameters <- c\(\n(.*?)^\)", text, re.MULTILINE | re.DOTALL)
    model = re.search(r"^model <- rxode2\(\{\n(.*?)^\}\)", text, re.MULTILINE | re.DOTALL)
    known = STATE._asdict()
    lines = [line.split("#")[0].rstrip(" ,") for line in given[1].splitlines()]
    lines += [line.split("#")[0].rstrip(" ;") for line in model[1].splitlines()]
    for line in filter(None, map(str.strip, lines)):
        left, right = line.split(" = ", 1)
        # R binds a power more tightly than a sign before it, as Python does.
        known[left] = evaluated(ast.parse(right.replace("^", "**"), mode="eval").body, known)
    return known


def evaluated(node: ast.expr, known: dict[str, float]) -> float:
    match node:
        case ast.Constant(value=value):
            return float(value)
        case ast.Name(id=name):
            return known[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -evaluated(operand, known)
        case ast.BinOp(left=left, op=op, right=right):
            a, b = evaluated(left, known), evaluated(right, known)
            return {ast.Add: a + b, ast.Sub: a - b, ast.Mult: a * b}.get(type(op)) or (
                a**b if isinstance(op, ast.Pow) else a / b if isinstance(op, ast.Div) else 0.0
            )
    raise AssertionError(ast.dump(node))


def test_rxode2_script_says_what_the_equations_say() -> None:
    found = solved(rxode2(WHO))
    p, u = WHO.parameters, WHO.untreated
    for left, expected in (
        ("{}(0)", WHO.start),
        ("d/dt({})", eq.rhs(STATE, p, u, 0.0)),
        ("{}", eq.outputs(STATE, p, u)),
        ("{}", p),
        ("{}", u),
    ):
        for name, number in expected._asdict().items():
            assert found[left.format(name)] == pytest.approx(number, rel=1e-12), name


# --- doses, and what is around them -----------------------------------------------------------------------------------


def columns(text: str) -> dict[str, list[str]]:
    """The table of doses as R would make it."""
    table = re.search(r"^doses <- data\.frame\(\n(.*?)^\)", text, re.MULTILINE | re.DOTALL)
    return {name: row.split(", ") for name, row in re.findall(r"^  (\w+) = c\((.*?)\),?$", table[1], re.MULTILINE)}


@pytest.mark.parametrize("write", [mrgsolve, rxode2])
def test_doses_bring_what_is_infused(write: Any) -> None:
    found = columns(write(WHO))
    days, amounts, rates = (np.array(found[name], dtype=float) for name in ("time", "amt", "rate"))
    assert len(set(map(len, found.values()))) == 1
    assert (rates > 0).all() and (days >= 0).all()
    p = WHO.parameters
    for compartment in set(found["cmt"]):
        rows = np.array(found["cmt"]) == compartment
        assert amounts[rows].sum() * p.V1 * p.WT == pytest.approx(2.0 * p.WT, rel=1e-9)
        assert (days[rows] + amounts[rows] / rates[rows]).max() == pytest.approx(WHO.schedule.times[-1])
    names = ["IVIG1", "ACT1"]
    given = {"mrgsolve": [str(eq.State._fields.index(n) + 1) for n in names], "rxode2": [f'"{n}"' for n in names]}
    assert set(found["cmt"]) == set(given[write.__name__])


def test_no_treatment_needs_no_table() -> None:
    none: Case = case(BUSY, None)
    assert doses(none) == []
    assert "run <- mrgsim(model, end" in mrgsolve(none) and "data.frame" not in mrgsolve(none)
    assert "  time = numeric(0)," in rxode2(none)


@pytest.mark.parametrize(("write", "name"), [(itp.to_mrgsolve, "itp.mod"), (itp.to_rxode2, "itp.R")])
def test_files_are_written_and_say_what_they_are(write: Any, name: str, tmp_path: Path) -> None:
    path = write(BUSY, "1 g/kg", tmp_path / name)
    text = path.read_text(encoding="utf-8")
    assert itp.RESEARCH_ONLY in text and "{{" not in text
    assert text.count("(") == text.count(")") and text.count("{") == text.count("}")
    with pytest.raises(InputError, match=f"give a file that ends in {re.escape(path.suffix)}"):
        write(BUSY, "1 g/kg", tmp_path / "itp.txt")
    with pytest.raises(InputError, match=r"folder .* does not exist"):
        write(BUSY, "1 g/kg", tmp_path / "no" / name)
    with pytest.raises(InputError, match=r"path is 7: name a file"):
        write(BUSY, "1 g/kg", 7)


def test_mrgsolve_is_told_the_name_of_its_file(tmp_path: Path) -> None:
    assert 'mread("clinic")' in itp.to_mrgsolve(BUSY, "1 g/kg", tmp_path / "clinic.mod").read_text(encoding="utf-8")
