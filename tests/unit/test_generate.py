"""What is printed from the equations is what the equations say, and the committed files are what is printed."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from itp_sim import equations as eq
from itp_sim import typical_patient
from itp_sim.generate import __main__ as command
from itp_sim.generate.files import generated
from itp_sim.generate.linear import eliminate, substitute
from itp_sim.generate.model import Program, programs
from itp_sim.generate.text import NUMPY, body
from itp_sim.generate.trace import Derivatives, Graph, Level, is_number
from itp_sim.solve import generated as g
from itp_sim.solve.elementary import exp2, log2, power
from itp_sim.solve.untreated import start

Floats = NDArray[np.float64]

N = 40
PARAMETERS = len(eq.Parameters._fields)
TYPICAL = typical_patient("adult_chronic", weight_kg=70, platelets=12).parameters
#: Every mechanism at work, none at the end of its range, nor a quarter further on.
ADULT = TYPICAL._replace(blockade_effect=0.79, KREM=0.02, spleen=0.79, FP=0.5, FM=0.3, tpo_feedback=0.79)


def people(n: int = N, seed: int = 4) -> Floats:
    """Parameter rows, shape (parameters, n)."""
    spread = np.random.default_rng(seed).uniform(0.75, 1.25, (PARAMETERS, n))
    return np.array(ADULT)[:, None] * spread


def points(seed: int = 5) -> tuple[Floats, Floats, Floats]:
    """Parameters, untreated steady states and treated states that have nothing to do with a steady state."""
    p = people()
    u, y = start(p)
    random = np.random.default_rng(seed)
    y *= random.uniform(0.3, 3.0, y.shape)
    y[:8] += random.uniform(0.1, 20.0, (8, N))
    return p, u, y


def one(p: Floats, u: Floats, y: Floats, i: int) -> tuple[eq.Parameters, eq.Untreated, eq.State]:
    """The equations' own records of patient `i`."""
    return eq.Parameters(*p[:, i]), eq.Untreated(*u[:, i]), eq.State(*y[:, i])


def constants(p: Floats, u: Floats) -> Floats:
    c = np.empty((g.CONSTANTS, p.shape[1]))
    g.constants(p, u, c)
    return c


# --- the committed files ------------------------------------------------------------------------------------------


def test_committed_files_are_what_is_printed() -> None:
    for path, text in generated().items():
        assert path.read_text(encoding="utf-8") == text, "run `python -m itp_sim.generate`"


def test_first_line_says_generated_and_how() -> None:
    for path in generated():
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert "Generated" in first
        assert "python -m itp_sim.generate" in first


def test_command_writes_what_has_changed_and_check_only_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "generated.h"
    monkeypatch.setattr(command, "generated", lambda: {file: "new\n"})
    assert command.main(["--check"]) == 1
    assert not file.exists()
    assert "out of date" in capsys.readouterr().out
    assert command.main([]) == 0
    assert file.read_bytes() == b"new\n"
    assert command.main(["--check"]) == 0


# --- the same numbers as the equations ----------------------------------------------------------------------------


def test_rates_of_change() -> None:
    p, u, y = points()
    f, rate = np.empty((g.STATES, N)), np.random.default_rng(6).uniform(0, 900, (1, N))
    g.rhs(y, constants(p, u), rate, f)
    for i in range(N):
        who, steady, state = one(p, u, y, i)
        assert f[:, i] == pytest.approx(eq.rhs(state, who, steady, rate[0, i]), rel=1e-12, abs=1e-12)


def test_outputs() -> None:
    p, u, y = points()
    out = np.empty((g.OUTPUTS, N))
    g.observe(y, constants(p, u), out)
    for i in range(N):
        who, steady, state = one(p, u, y, i)
        assert out[:, i] == pytest.approx(eq.outputs(state, who, steady), rel=1e-12)


def test_what_is_watched() -> None:
    p, u, y = points()
    w = np.empty((g.WATCHED, N))
    g.watch(y, constants(p, u), w)
    who, s = eq.Parameters(*p), eq.State(*y)
    seen = eq.outputs(s, who, eq.Untreated(*u))
    body = (s.IVIG1 * who.V1 + s.IVIG2 * who.V2) * who.WT + s.OUT
    assert w == pytest.approx(np.array([seen.platelets, seen.igg, body]), rel=1e-13)


def test_untreated_patient() -> None:
    p = people(200)
    u, y = start(p)
    for i in range(200):
        who = eq.Parameters(*p[:, i])
        steady = eq.untreated(who)
        assert u[:, i] == pytest.approx(steady, rel=1e-11)
        assert y[:, i] == pytest.approx(eq.baseline(who, steady), rel=1e-11)


def test_untreated_patient_has_the_same_bits_in_any_company() -> None:
    p = people(33)
    u, y = start(p)
    for i in (0, 7, 32):
        alone_u, alone_y = start(p[:, i : i + 1])
        assert np.array_equal(alone_u[:, 0], u[:, i])
        assert np.array_equal(alone_y[:, 0], y[:, i])


# --- the factorised step matrix -----------------------------------------------------------------------------------


def jacobian(p: eq.Parameters, u: eq.Untreated, y: eq.State) -> Floats:
    """Derivatives of the equations by complex steps: exact to rounding."""
    step = 1e-30
    columns = []
    for j in range(len(y)):
        moved = eq.State(*(x + step * 1j * (i == j) for i, x in enumerate(y)))
        columns.append([complex(rate).imag / step for rate in eq.rhs(moved, p, u, 50.0)])
    return np.array(columns).T


@pytest.mark.parametrize("h", [1e-6, 0.03, 2.0, 1e4])
def test_factors_solve_the_step_matrix(h: float) -> None:
    p, u, y = points()
    c, scale = constants(p, u), np.full((1, N), 1 / h)
    f, again, m = np.empty((g.STATES, N)), np.empty((g.STATES, N)), np.empty((g.FACTORS, N))
    rate = np.full((1, N), 50.0)
    g.linearise(y, c, rate, scale, f, m)
    g.rhs(y, c, rate, again)
    assert np.array_equal(f, again)
    b = np.random.default_rng(7).normal(size=(g.STATES, N))
    x = np.empty_like(b)
    g.substitute(b, m, c, x)
    for i in range(N):
        who, steady, state = one(p, u, y, i)
        matrix = np.eye(g.STATES) / h - jacobian(who, steady, state)
        expected = np.linalg.solve(matrix, b[:, i])
        assert x[:, i] == pytest.approx(expected, rel=1e-9, abs=1e-9 * np.abs(expected).max())


def test_no_blocking_igg_gives_finite_factors() -> None:
    p = people()
    u, y = start(p)
    c, f, m = constants(p, u), np.empty((g.STATES, N)), np.empty((g.FACTORS, N))
    assert np.all(y[eq.State._fields.index("CE")] == 0)
    g.linearise(y, c, np.zeros((1, N)), np.ones((1, N)), f, m)
    assert np.isfinite(m).all()


def test_elimination_is_sparse() -> None:
    """A dense factorisation of this size takes six thousand multiplications, a solve seven hundred."""
    printed = {p.name: "\n".join(body(p, NUMPY)) for p in programs()}
    assert printed["substitute"].count("*") < 120
    assert printed["linearise"].count("*") < 300


@given(st.integers(2, 6), st.randoms(use_true_random=False))
def test_elimination_solves_any_system_with_a_strong_diagonal(n: int, random: Any) -> None:
    graph = Graph()
    unknowns = [graph.symbol(f"x{i}", Level.STEP) for i in range(n)]
    dense = np.array([[random.uniform(-1, 1) * (random.random() < 0.5) for _ in range(n)] for _ in range(n)])
    dense += np.diag([n + random.random() for _ in range(n)])
    matrix = {
        x: {z: graph.node(dense[i, j]) for j, z in enumerate(unknowns) if dense[i, j]} for i, x in enumerate(unknowns)
    }
    b = np.array([random.uniform(-1, 1) for _ in range(n)])
    solved = substitute(eliminate(graph, matrix), {x: graph.node(b[i]) for i, x in enumerate(unknowns)})
    assert [solved[x].value for x in unknowns] == pytest.approx(np.linalg.solve(dense, b).tolist(), abs=1e-12)


# --- traced numbers -----------------------------------------------------------------------------------------------

OPERATIONS = ("add", "sub", "mul", "div", "neg", "square", "cube", "power")
recipes = st.lists(
    st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=25
)


def cooked(recipe: list[tuple[str, int, int]], values: list[Any]) -> Any:
    """Combine `values` by a recipe, whatever they are; every intermediate result stays positive."""
    made = list(values)
    for name, i, j in recipe:
        a, b = made[i % len(made)], made[j % len(made)]
        made.append(
            {
                "add": lambda a, b: a + b,
                "sub": lambda a, b: (a - b) * (a - b) + 0.5,
                "mul": lambda a, b: a * b / (1 + a + b),
                "div": lambda a, b: a / b / (1 + a / b),
                "neg": lambda a, b: 1 - -a,
                "square": lambda a, b: (a / (1 + a)) ** 2,
                "cube": lambda a, b: (a / (1 + a)) ** 3 + 0 * b,
                "power": lambda a, b: (a / (1 + a)) ** (b / (1 + b)),
            }[name](a, b)
        )
    return made[-1]


def fixed_exponents(recipe: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """The same with a parameter (the fourth or fifth value) for every exponent."""
    return [(name, i, 3 + j % 2 if name == "power" else j) for name, i, j in recipe]


def run(program: Program, inputs: dict[str, list[float]]) -> dict[str, Floats]:
    """Run the printed NumPy text of `program`."""
    rows = {name: np.array(value)[:, None] for name, value in inputs.items()}
    rows |= {name: np.empty((len(nodes), 1)) for name, nodes in program.outputs.items()}
    lines = [line.strip() for line in body(program, NUMPY)]
    exec("\n".join(lines), {"power": power} | rows)
    return {name: rows[name][:, 0] for name in program.outputs}


@given(recipes)
def test_printed_text_computes_what_was_traced(recipe: list[tuple[str, int, int]]) -> None:
    values = {"y": [0.7, 1.9, 0.2], "p": [0.4, 2.5]}
    graph = Graph()
    y = tuple(graph.symbol(f"y{i}", Level.STEP) for i in range(3))
    p = tuple(graph.symbol(f"p{i}", Level.PATIENT) for i in range(2))
    recipe = fixed_exponents(recipe)
    expected = cooked(recipe, [*values["y"], *values["p"]])
    node = graph.node(cooked(recipe, [*y, *p]))
    found = run(Program("f", "", {"y": y, "p": p}, {"out": (node, node, graph.node(node + 1))}), values)["out"]
    assert found == pytest.approx([expected, expected, expected + 1], rel=1e-10)


@given(recipes)
def test_derivative_is_the_slope(recipe: list[tuple[str, int, int]]) -> None:
    values = [0.7, 1.9, 0.2, 0.4, 2.5]
    graph = Graph()
    y = tuple(graph.symbol(f"y{i}", Level.STEP) for i in range(3))
    p = tuple(graph.symbol(f"p{i}", Level.PATIENT) for i in range(2))
    recipe = fixed_exponents(recipe)
    slope = Derivatives(graph, y[0]).of(graph.node(cooked(recipe, [*y, *p])))
    found = run(Program("f", "", {"y": y, "p": p}, {"out": (slope,)}), {"y": values[:3], "p": values[3:]})["out"][0]
    expected = cooked(recipe, [complex(values[0], 1e-30), *values[1:]])
    assert found == pytest.approx(complex(expected).imag / 1e-30, rel=1e-8, abs=1e-10)


def test_nought_one_and_signs_leave_no_operation() -> None:
    graph = Graph()
    x = graph.symbol("x", Level.STEP)
    for same in (x + 0, 0 + x, x - 0, x * 1, 1 * x, x / 1, x**1, -1 * -x, 0 * x + x, 1 / (1 / x)):
        assert same is x
    assert is_number(x - x, 0)
    assert is_number(0 * x, 0)
    assert is_number(x**0, 1)
    assert (x + 2) is (2 + x)


def test_multiples_of_one_number_are_taken_together() -> None:
    graph = Graph()
    x, z = graph.symbol("x", Level.STEP), graph.symbol("z", Level.STEP)
    a, b = graph.symbol("a", Level.PATIENT), graph.symbol("b", Level.PATIENT)
    assert x * a + b * x is x * (a + b)
    assert (x * a + z * b).op == (x * z + x * a).op == "add"
    assert 1 - (1 - x) is x
    assert 3 - (1 - x) is x + 2


def test_only_arithmetic_can_be_traced() -> None:
    x = Graph().symbol("x", Level.STEP)
    with pytest.raises(TypeError, match="only arithmetic"):
        x + "1"
    with pytest.raises(TypeError, match="exponent"):
        Derivatives(x.graph, x).of(x.graph.pow(x.graph.node(2), x))


# --- own exponential, logarithm and power -------------------------------------------------------------------------

positive = st.floats(1e-300, 1e300)


@given(positive)
def test_logarithm(x: float) -> None:
    assert log2(np.array([x]))[0] == pytest.approx(math.log2(x), rel=6e-16, abs=1e-16)


@given(st.floats(-1000, 1000))
def test_exponential(x: float) -> None:
    assert exp2(np.array([x]))[0] == pytest.approx(2.0**x, rel=4e-16)


@given(st.floats(1e-20, 1e6), st.floats(-8, 8))
def test_power(x: float, y: float) -> None:
    assert power(np.array([x]), np.array([y]))[0] == pytest.approx(x**y, rel=1e-13)


def test_power_at_the_borders() -> None:
    base = np.array([0.0, -0.0, -1e-9, 5e-324, 1.0, 2.0, np.nan, np.inf, 2.0, 10.0, 1e-3])
    with np.errstate(invalid="ignore"):
        found = power(base, np.array([1.9, 1.9, 1.5, 2.0, 7.0, 0.0, 2.0, 2.0, np.nan, 1e4, 1e4]))
    assert found[:6].tolist() == [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    assert np.isnan(found[6:9]).all()
    assert found[9] > 1e300
    assert 0 <= found[10] < 1e-300
