"""The benchmark measures the same thing in every engine, counts right, and prints its table."""

import re
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from benchmarks import __main__, problem, readme, texts, work
from benchmarks.claims import KERNEL, NUMBA, STRICT_NUMBA, claims
from benchmarks.engines import all_engines
from benchmarks.engines.engine import Engine
from benchmarks.engines.with_mrgsolve import doses
from benchmarks.figure import APART, spread
from benchmarks.measure import Cost, Growth, round_down
from benchmarks.printed import MRGSOLVE, load
from benchmarks.problem import ARMS, Floats, Runs
from benchmarks.public import Public

from itp_sim import equations as eq
from itp_sim.solve import kernel

PATIENTS = 3
ENGINES = [engine for engine in all_engines() if not engine.missing()]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("printed")
    texts.write(path)
    return path


@pytest.fixture(scope="session")
def model(folder: Path) -> ModuleType:
    return load(folder)


@pytest.fixture(scope="session")
def asked(model: ModuleType) -> list[Runs]:
    p = problem.table(PATIENTS)
    # Weights of their own, so that each patient has breakpoints of its own.
    p = p.copy()
    p[eq.Parameters._fields.index("WT")] = np.linspace(50.0, 110.0, PATIENTS)
    return [problem.runs(p, arm, model=model) for arm in ARMS]


@pytest.fixture(scope="session")
def true(asked: list[Runs]) -> list[Floats]:
    return [problem.truth(one) for one in asked]


# --- engines agree --------------------------------------------------------------------------------------------------


@pytest.mark.interop
@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.key)
def test_engine_agrees_with_the_reference(engine: Engine, folder: Path, asked: list[Runs], true: list[Floats]) -> None:
    if not kernel.available() and "kernel" in engine.name:
        pytest.skip("no compiled kernel")
    counts = engine.prepare(folder)
    for one, expected in zip(asked, true, strict=True):
        for part in range(PATIENTS) if "stacked" in engine.name else (slice(None),):
            who = slice(part, part + 1) if isinstance(part, int) else part
            some = one.part(*who.indices(PATIENTS)[:2])
            assert problem.error(counts(some, 1e-8), expected[who]) < problem.ACCURACY


def test_error_sees_a_shift_a_hole_and_a_missing_day(true: list[Floats]) -> None:
    counts = true[0]
    assert problem.error(counts, counts) == 0.0
    assert problem.error(counts * (1 + 3e-4), counts) == pytest.approx(3e-4)
    assert problem.error(counts[:, 1:], counts) == np.inf
    assert problem.error(np.where(counts == counts.max(), np.nan, counts), counts) == np.inf


def test_runs_are_read_as_they_were_saved(asked: list[Runs], tmp_path: Path) -> None:
    problem.save(tmp_path / "runs.npz", asked[1])
    again = problem.read(tmp_path / "runs.npz")
    assert again.schedules == asked[1].schedules
    assert len(set(again.schedules)) == PATIENTS
    for x, y in zip((*again[:4], again.times), (*asked[1][:4], asked[1].times), strict=True):
        np.testing.assert_array_equal(x, y)


# --- printed models are the equations -------------------------------------------------------------------------------


def point(asked: list[Runs]) -> tuple[eq.State, eq.Parameters, eq.Untreated]:
    """A state off the steady state, of the first patient."""
    one = asked[0]
    y = one.y[:, 0] * np.linspace(0.6, 1.7, len(one.y)) + np.linspace(0.1, 0.9, len(one.y))
    return eq.State(*y.tolist()), eq.Parameters(*one.p[:, 0].tolist()), eq.Untreated(*one.u[:, 0].tolist())


def test_printed_functions_are_the_equations(model: ModuleType, asked: list[Runs]) -> None:
    y, p, u = point(asked)
    c = asked[0].c[:, 0].tolist()
    f, count = [0.0] * len(y), [0.0]
    model.rhs(y, c, [7.0], f)
    model.count(y, c, count)
    assert f == pytest.approx(eq.rhs(y, p, u, 7.0), rel=1e-12)
    assert count[0] == pytest.approx(eq.outputs(y, p, u).platelets, rel=1e-12)


def test_printed_jacobian_is_the_slope_of_the_equations(model: ModuleType, asked: list[Runs]) -> None:
    y, p, u = point(asked)
    entries = [0.0] * len(model.ROWS)
    model.jacobian(y, asked[0].c[:, 0].tolist(), [7.0], entries)
    jacobian = np.zeros((len(y), len(y)))
    jacobian[model.ROWS, model.COLUMNS] = entries
    step = 1e-30  # a complex step has no rounding error

    def slope(i: int) -> list[float]:
        moved = y._replace(**{eq.State._fields[i]: y[i] + step * 1j})
        return [complex(rate).imag / step for rate in eq.rhs(moved, p, u, 7.0)]

    np.testing.assert_allclose(jacobian, np.transpose([slope(i) for i in range(len(y))]), rtol=1e-10, atol=1e-12)


def test_mrgsolve_file_takes_the_columns_of_its_data(folder: Path) -> None:
    text = (folder / MRGSOLVE).read_text(encoding="utf-8")
    given = re.findall(r"^(\w+) = ", text.split("$PARAM")[1].split("$CMT")[0], re.MULTILINE)
    assert given == [f"p_{name}" for name in (*eq.Parameters._fields, *eq.Untreated._fields)]
    assert "platelets" in text.split("$CAPTURE")[1].split()


def test_doses_for_mrgsolve_bring_what_is_infused(asked: list[Runs]) -> None:
    one = asked[1]
    table = doses(one)
    p = eq.Parameters(*one.p)
    for name in ("IVIG1", "ACT1"):
        rows = table[table[:, 4] == eq.State._fields.index(name) + 1]
        for i in range(PATIENTS):
            gram = rows[rows[:, 0] == i + 1, 2].sum() * p.V1[i] * p.WT[i]
            assert gram == pytest.approx(2.0 * p.WT[i], rel=1e-9)
    assert len(np.unique(table[:, 4])) == 2


# --- what is made of the measurements -------------------------------------------------------------------------------


def test_operations_are_counted_once_each() -> None:
    newton = next(program for program in work.programs() if program.name == "survival_next")
    # Newton's step on survival(r) - held: ten products and nine sums, as many for the slope, then the step itself.
    assert 30 <= work.operations(newton) <= 90
    counted = {program.name: work.operations(program) for program in work.programs()}
    assert counted["rhs"] < counted["linearise"]
    assert counted["rhs"] > 3 * work.power_operations()


@pytest.mark.skipif(not kernel.available(), reason="no compiled kernel")
def test_work_grows_with_the_steps(asked: list[Runs]) -> None:
    named = dict(zip(ARMS, asked, strict=True))
    loose, tight = work.work(named, 1e-4), work.work(named, 1e-8)
    assert tight.steps > 2 * loose.steps
    assert tight.total > 2 * loose.total


def test_slope_is_the_power() -> None:
    sizes = (1.0, 10.0, 100.0)
    assert Growth("x", sizes, tuple(3.0 * size**0.7 for size in sizes)).slope == pytest.approx(0.7)


def test_labels_move_apart_and_no_further() -> None:
    assert spread([0.1, 0.5, 0.9]) == pytest.approx([0.1, 0.5, 0.9])
    close = spread([0.1, 0.5, 0.5, 0.5, 0.9])
    assert close == pytest.approx([0.1, 0.5 - APART, 0.5, 0.5 + APART, 0.9])


def test_round_down_keeps_one_digit() -> None:
    assert [round_down(n) for n in (1, 9, 10, 47, 999, 10_001)] == [1, 9, 10, 40, 900, 10_000]


def test_claims_take_the_best_of_scipy_and_say_what_does_not_hold() -> None:
    def cost(group: str, seconds: float) -> Cost:
        return Cost(group, 10_000, (seconds, 2 * seconds), 1e-6)

    costs = {
        KERNEL: cost("itp_sim", 1.0),
        "SciPy odeint, as written": cost("SciPy", 250.0),
        "SciPy odeint": cost("SciPy", 200.0),
        "SciPy solve_ivp RK45": cost("SciPy", 160.0),
        "SciPy solve_ivp RK45, patients stacked": cost("SciPy", 20.0),
        NUMBA: cost("numba", 4.9),
        STRICT_NUMBA: cost("numba", 5.1),
    }
    public = Public(importing=0.1, first=2.0, warm=4e-3, warm_middle=5e-3)
    found = claims(costs, latency={KERNEL: 0.1e-3}, public=public, why_no_mrgsolve="no R")
    assert [one.holds for one in found] == [True, True, False, False, True, None, True, True, False, True]
    assert [one.measured.split()[0] for one in found[:5]] == ["250.0", "160.0", "20.0", "4.9", "5.1"]
    assert "no R" in found[5].measured


def test_readme_shows_the_kept_results() -> None:
    again = "run `python -m benchmarks.readme`"
    assert readme.block(readme.RESULTS.read_text(encoding="utf-8")) in readme.README.read_text(encoding="utf-8"), again


def test_readme_takes_the_fastest_of_each_kind() -> None:
    times = {
        "itp_sim kernel": "26",
        "itp_sim kernel, one lane": "60",
        "SciPy odeint, as written": "9,000",
        "SciPy odeint": "3,400",
        "SciPy RK45": "9,500",
    }
    chosen = readme.chosen([{"engine": name, "µs a run": us} for name, us in times.items()])
    assert [row["engine"] for row in chosen] == ["itp_sim kernel", "SciPy odeint", "SciPy odeint, as written"]


@pytest.mark.skipif(not kernel.available(), reason="no compiled kernel")
def test_command_prints_the_tables(capsys: pytest.CaptureFixture[str]) -> None:
    assert __main__.main(["--quick", "--engines", "itp_sim kernel,SciPy odeint,mrgsolve"]) == 0
    printed = capsys.readouterr().out
    for wanted in ("| itp_sim kernel ", "| SciPy odeint ", "log-log slope", "GFlop/s", "| aim "):
        assert wanted in printed
    assert "Left out: mrgsolve LSODA: " in printed or "| mrgsolve LSODA " in printed
