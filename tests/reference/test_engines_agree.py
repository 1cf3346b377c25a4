"""Three engines, one answer: the compiled kernel and its NumPy twin bit by bit, both against the reference solver."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import qmc
from tests.scripts import loaded
from tests.unit.alike import bits, cohort, compiled

from itp_sim import equations as eq
from itp_sim import records
from itp_sim.errors import BudgetError, InputError, SolverError, UnknownNameError
from itp_sim.solve import (
    Problem,
    Schedule,
    direct,
    engines,
    generated,
    kernel,
    reference,
    solve,
    twin,
    untreated,
)

Floats = NDArray[np.float64]

ROOT = Path(__file__).parents[2]
DAYS = 42.0
GRID = np.linspace(0.0, DAYS, 169)
ALL = (*eq.Outputs._fields, *eq.State._fields)
LEVELS = (20.0, 30.0, 50.0, 100.0)
#: Largest difference of two engines in the corners of the declared ranges, relative; see `apart`. Five times what is
#: held for patients as drawn: in a corner a state may be a hundredth of what it was a day before.
BOX = 5e-6
#: Gram per kg and days of the regimens.
REGIMENS = {
    "none": (0.0, ()),
    "0.5": (0.5, (0.0,)),
    "1": (1.0, (0.0,)),
    "1 x 2": (1.0, (0.0, 1.0)),
    "0.4 x 5": (0.4, (0.0, 1.0, 2.0, 3.0, 4.0)),
    "2 at once": (2.0, (0.0,)),
    "again": (1.0, (0.0, 21.0)),
    "weekly": (0.4, (0.0, 7.0, 14.0, 21.0, 28.0, 35.0)),
}


def box(n: int) -> eq.Parameters:
    """Patients that fill the declared ranges of all parameters evenly, by a Sobol sequence."""
    ranges = [record.range for record in parameter_records()]
    points = qmc.Sobol(len(ranges), seed=np.random.default_rng(1)).random(n)
    return eq.Parameters(*(low + (high - low) * x for (low, high), x in zip(ranges, points.T, strict=True)))


def possible(n: int) -> eq.Parameters:
    """The first of them who could exist, as a table of patients asks it of its rows: about half of all.

    Where FP and FM sum to more than 1, thrombopoietin has two untreated levels, and Newton's method the choice.
    """
    p = box(4 * n)
    exists = (p.FP + p.FM <= 1) & (eq.untreated(p).KIMM >= 0)
    assert exists.sum() >= n
    return eq.Parameters(*(x[exists][:n] for x in p))


def parameter_records() -> list[Any]:
    table = records("adult_chronic")
    return [table[name] for name in eq.Parameters._fields]


def label_rates(weight: float, regimen: str) -> Schedule:
    """Infusions at rates that rise three times within the first two hours, as on a label."""
    gram_per_kg, days = REGIMENS[regimen]
    times, rates = [0.0], []
    for day in days:
        if day > times[-1]:
            times, rates = [*times, day], [*rates, 0.0]
        left = gram_per_kg * weight
        for ml_per_kg_h in (0.5, 1.0, 2.0):
            rate = 2.4 * ml_per_kg_h * weight
            times, rates, left = [*times, times[-1] + 1 / 36], [*rates, rate], left - rate / 36
        times, rates = [*times, times[-1] + left / (11.5 * weight)], [*rates, 11.5 * weight]
    return Schedule((*times, DAYS), (*rates, 0.0))


def problem(p: eq.Parameters, regimen: str = "1 x 2", rtol: float = 1e-6, **changes: object) -> Problem:
    schedules = tuple(label_rates(float(weight), regimen) for weight in p.WT)
    asked = Problem(p, schedules, GRID, np.tile(LEVELS, (len(schedules), 1)), ALL, rtol, 600.0)
    return asked._replace(**changes)


def part(p: Problem, who: slice) -> Problem:
    return p._replace(
        parameters=eq.Parameters(*(x[who] for x in p.parameters)), schedules=p.schedules[who], levels=p.levels[who]
    )


def widths() -> list[int]:
    library = kernel.find().library
    return [w for w in kernel.WIDTHS if library is not None and w <= library.itp_widest()]


def script() -> Any:
    """The build hook."""
    pytest.importorskip("hatchling")
    return loaded(ROOT / "hatch_build.py")


# --- the Jacobian -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("h", [1e-4, 0.1, 5.0])
def test_printed_jacobian_is_that_of_complex_steps_all_over_the_declared_ranges(h: float) -> None:
    p = np.array(box(256))
    random = np.random.default_rng(3)
    u, y = untreated.start(p)
    y = y * random.uniform(0.2, 5.0, y.shape) + random.uniform(0.0, 0.1, y.shape) * (y == 0)
    b, scale, rate = random.normal(size=y.shape), np.full((1, 256), 1 / h), np.full((1, 256), 300.0)
    solved = []
    for model in (generated, direct):
        c, f, m = (np.empty((k, 256)) for k in (model.CONSTANTS, model.STATES, model.FACTORS))
        model.constants(p, u, c)
        model.linearise(y, c, rate, scale, f, m)
        solved.append(np.empty_like(b))
        model.substitute(b, m, c, solved[-1])
    assert np.isfinite(solved).all()
    assert solved[0] == pytest.approx(solved[1], rel=1e-8, abs=1e-9 * np.abs(solved[1]).max())


# --- the kernel and its twin --------------------------------------------------------------------------------------


@compiled
@pytest.mark.parametrize(("regimen", "rtol"), [("1 x 2", 1e-4), ("0.4 x 5", 1e-6), ("none", 1e-6)])
def test_kernel_and_twin_give_the_same_bits(regimen: str, rtol: float) -> None:
    asked = problem(cohort(21), regimen, rtol)
    a, b = kernel.solve(asked), twin.solve(asked)
    assert bits(a) == bits(b)
    assert a.evaluations == b.evaluations


@compiled
def test_kernel_and_twin_give_the_same_bits_all_over_the_box() -> None:
    asked = problem(box(128), "again", 1e-5)
    assert bits(kernel.solve(asked)) == bits(twin.solve(asked))


@compiled
def test_kernel_and_twin_fail_alike() -> None:
    p = cohort(6)
    p = p._replace(EPS=np.where(np.arange(6) == 2, np.nan, p.EPS), KE0=np.where(np.arange(6) == 4, np.inf, p.KE0))
    a, b = kernel.solve(problem(p)), twin.solve(problem(p))
    assert [f.patient for f in a.failures] == [2, 4]
    assert a.failures == b.failures
    assert bits(a) == bits(b)


@compiled
def test_bits_depend_on_no_way_of_sharing_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = problem(cohort(67), "0.4 x 5")
    expected = bits(kernel.solve(asked, lanes=1))
    assert len(widths()) > 1
    for lanes in widths():
        assert bits(kernel.solve(asked, lanes=lanes)) == expected
    for chunk, threads in ((1, 2), (5, 3), (16, 2), (67, 1), (1000, 4)):
        monkeypatch.setattr(kernel, "CHUNK", chunk)
        assert bits(kernel.solve(asked, threads=threads)) == expected


@compiled
def test_bits_of_a_patient_depend_on_no_other() -> None:
    asked = problem(cohort(40))
    together = kernel.solve(asked)
    for who in (slice(0, 1), slice(7, 8), slice(39, 40), slice(10, 23), slice(None, None, -1)):
        some = kernel.solve(part(asked, who))
        for name in ALL:
            assert np.array_equal(some.values[name], together.values[name][who])
        for a, b in zip(some.readouts, together.readouts, strict=True):
            assert np.array_equal(a, b[who], equal_nan=True)


@compiled
def test_kernel_takes_only_lanes_that_exist() -> None:
    asked = problem(cohort(2))
    for lanes in (3, 16, -1):
        with pytest.raises(InputError, match="lanes"):
            kernel.solve(asked, lanes=lanes)


@compiled
def test_seconds_are_limited() -> None:
    with pytest.raises(BudgetError, match="time allowed was used up"):
        kernel.solve(problem(cohort(2), budget=1e-9))
    with pytest.raises(BudgetError, match="time allowed was used up"):
        kernel.solve(problem(cohort(1100), budget=0.004, rtol=1e-9), threads=2)


@compiled
def test_extremes_end_and_leave_the_others_alone() -> None:
    p = cohort(9)
    asked = problem(p, times=GRID[::24])
    good = kernel.solve(asked)
    bad = np.arange(9) % 3 == 1
    for name in eq.Parameters._fields:
        for value in (np.nan, np.inf, -1.0, 0.0, 1e300, 1e-300):
            spoiled = p._replace(**{name: np.where(bad, value, getattr(p, name))})
            s = kernel.solve(asked._replace(parameters=spoiled))
            failed = np.isin(np.arange(9), [f.patient for f in s.failures])
            assert not (failed & ~bad).any()
            for output, values in s.values.items():
                assert np.array_equal(np.isnan(values).any(axis=1), failed), (name, value, output)
                assert np.array_equal(values[~bad], good.values[output][~bad])


# --- against the reference ----------------------------------------------------------------------------------------


def engine() -> str:
    return "kernel" if kernel.available() else "twin"


def apart(found: Floats, expected: Floats) -> float:
    """Largest difference relative to the value, or to a hundredth of the patient's largest if that is more."""
    size = np.maximum(np.abs(expected), 1e-2 * np.abs(expected).max(axis=1, keepdims=True))
    return float((np.abs(found - expected) / np.maximum(size, 1e-3)).max())


@pytest.mark.parametrize("regimen", ["1", "0.4 x 5"])
def test_engines_agree_at_the_default_tolerance(regimen: str) -> None:
    p = cohort(20)
    expected = reference.solve(problem(p, regimen, 1e-12))
    found = solve(problem(p, regimen, 1e-7), engine=engine())
    for name in ALL:
        assert apart(found.values[name], expected.values[name]) <= 1e-6, name
    assert found.delivered == pytest.approx(expected.delivered, rel=1e-12)
    for name in ("peak", "igg_peak", "area"):
        assert getattr(found.readouts, name) == pytest.approx(getattr(expected.readouts, name), rel=1e-6)


@pytest.mark.parametrize("regimen", ["1", "1 x 2"])
def test_engines_agree_tightly(regimen: str) -> None:
    p = cohort(10)
    expected = reference.solve(problem(p, regimen, 1e-12))
    found = solve(problem(p, regimen, 1e-10), engine=engine())
    for name in ALL:
        assert apart(found.values[name], expected.values[name]) <= 1e-8, name
    for name in ("first_day", "last_day", "days_above", "return_day"):
        days, others = getattr(found.readouts, name), getattr(expected.readouts, name)
        assert np.array_equal(np.isnan(days), np.isnan(others))
        assert days == pytest.approx(others, abs=1e-6, nan_ok=True)
    # A flat top puts the day of the peak off by the root of the error.
    assert found.readouts.peak_day == pytest.approx(expected.readouts.peak_day, abs=1e-4)
    assert found.readouts.peak == pytest.approx(expected.readouts.peak, rel=1e-9)


def worst_counts(n: int, rtols: tuple[float, ...]) -> list[float]:
    """Largest relative error of the count on any output day, for each tolerance."""
    p = cohort(n, seed=8)
    expected = reference.solve(problem(p, "1 x 2", 1e-12, outputs=("platelets",))).values["platelets"]
    found = [solve(problem(p, "1 x 2", rtol, outputs=("platelets",)), engine=engine()) for rtol in rtols]
    return [float(np.abs(s.values["platelets"] / expected - 1).max()) for s in found]


def test_error_of_the_count_is_about_the_tolerance() -> None:
    rtols = (1e-4, 1e-6, 1e-8, 1e-10)
    errors = worst_counts(12, rtols)
    assert all(rtol / 300 < error < 3 * rtol for rtol, error in zip(rtols, errors, strict=True))


@pytest.mark.slow
def test_error_of_the_count_is_about_the_tolerance_in_two_hundred(
    record_property: Callable[[str, object], None],
) -> None:
    rtols = (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10)
    errors = worst_counts(200, rtols)
    record_property("count", f"200 patients, {len(rtols)} tolerances")
    record_property("worst", f"{max(error / rtol for rtol, error in zip(rtols, errors, strict=True)):.1f} rtol")
    assert all(error < 3 * rtol for rtol, error in zip(rtols, errors, strict=True))


# --- the whole box ------------------------------------------------------------------------------------------------


def check_box(n: int) -> None:
    p = box(n)
    outputs = (*eq.Outputs._fields, "IVIG1", "CE", "PLT10")
    for regimen in REGIMENS:
        s = solve(problem(p, regimen, 1e-6, outputs=outputs, times=GRID[::4]), engine=engine())
        assert s.failures == ()
        for name, values in s.values.items():
            assert np.isfinite(values).all(), (regimen, name)
            assert (values > -1e-6).all() or name in ("spleen_clearance", "liver_clearance"), (regimen, name)
        assert np.all(s.imbalance <= 1e-11 * np.maximum(s.delivered, 1.0))
        for readout in (s.readouts.peak, s.readouts.area, s.readouts.igg_peak, s.readouts.days_above):
            assert np.isfinite(readout).all()


def test_patients_all_over_the_declared_ranges_are_solved() -> None:
    check_box(1024 if kernel.available() else 64)


def check_against_reference(p: eq.Parameters) -> float:
    """Every patient under one of the regimens, in turn: the fast engine's default against the reference a hundredth."""
    worst = 0.0
    for turn, regimen in enumerate(REGIMENS):
        asked = problem(eq.Parameters(*(x[turn :: len(REGIMENS)] for x in p)), regimen, 1e-7, times=GRID[::8])
        found, expected = solve(asked, engine=engine()), reference.solve(asked._replace(rtol=1e-9))
        assert expected.failures == found.failures == ()
        for name in ALL:
            worst = max(worst, apart(found.values[name], expected.values[name]))
            assert worst <= BOX, (regimen, name)
        assert found.readouts.peak == pytest.approx(expected.readouts.peak, rel=1e-6)
        assert found.delivered == pytest.approx(expected.delivered, rel=1e-12)

    return worst


def test_engines_agree_all_over_the_declared_ranges() -> None:
    check_against_reference(possible(128))


@pytest.mark.slow
@compiled
def test_ten_thousand_patients_all_over_the_declared_ranges_are_solved(
    record_property: Callable[[str, object], None],
) -> None:
    check_box(2**14)
    record_property("count", f"{2**14:,} patients x {len(REGIMENS)} regimens")


@pytest.mark.slow
@compiled
def test_kernel_and_twin_give_the_same_bits_for_ten_thousand_all_over_the_declared_ranges(
    record_property: Callable[[str, object], None],
) -> None:
    record_property("count", f"10,000 patients x {len(REGIMENS)} regimens")
    p = eq.Parameters(*(x[:10_000] for x in box(2**14)))
    for regimen in REGIMENS:
        asked = problem(p, regimen, 1e-5, times=GRID[::8])
        a, b = kernel.solve(asked, threads=2), twin.solve(asked)
        assert a.failures == b.failures == ()
        assert not any(np.isnan(values).any() for values in a.values.values())
        assert bits(a) == bits(b), regimen


@pytest.mark.slow
def test_ten_thousand_patients_all_over_the_declared_ranges_agree_with_the_reference(
    record_property: Callable[[str, object], None],
) -> None:
    record_property("count", "10,000 patients")
    worst = check_against_reference(eq.Parameters(*(x[:10_000] for x in possible(2**14))))
    record_property("worst", f"{worst:.1e} of {BOX:g}")


# --- the door -----------------------------------------------------------------------------------------------------


def test_each_engine_can_be_asked_for() -> None:
    asked = problem(cohort(2))
    by_name = {name: solve(asked, engine=name) for name in ("twin", "reference", "auto", "Reference")}
    assert np.array_equal(by_name["reference"].values["tpo"], by_name["Reference"].values["tpo"])
    assert not np.array_equal(by_name["reference"].values["tpo"], by_name["twin"].values["tpo"])
    if kernel.available():
        assert bits(by_name["auto"]) == bits(by_name["twin"])


def test_unknown_engine_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'kernel'"):
        solve(problem(cohort(1)), engine="kernle")


def test_without_a_kernel_the_twin_or_the_reference_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "LIBRARY", tmp_path / "libkernel.so")
    absent = kernel.find.__wrapped__()
    assert absent.library is None
    assert "hatch_build.py" in absent.reason
    monkeypatch.setattr(kernel, "find", lambda: absent)
    assert (engines.choose(1), engines.choose(10_000)) == ("reference", "twin")
    with pytest.raises(SolverError, match=r"kernel cannot be used: .*hatch_build\.py"):
        solve(problem(cohort(1)), engine="kernel")


def test_a_file_that_is_no_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "LIBRARY", tmp_path / "libkernel.so")
    kernel.LIBRARY.write_bytes(b"nothing that runs")
    found = kernel.find.__wrapped__()
    assert found.library is None
    assert "libkernel.so" in found.reason


@compiled
def test_a_kernel_of_other_equations_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    header = tmp_path / "generated.h"
    header.write_text("/* other equations */", encoding="utf-8")
    monkeypatch.setattr(kernel, "SOURCES", (kernel.SOURCES[0], header))
    found = kernel.find.__wrapped__()
    assert found.library is None
    assert "other sources" in found.reason


def test_stale_functions_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = problem(cohort(3))
    expected = solve(asked, engine="twin")
    monkeypatch.setattr(engines, "up_to_date", lambda: False)
    monkeypatch.setattr(kernel, "available", lambda: False)
    assert (engines.choose(1), engines.choose(10_000)) == ("reference", "twin")
    monkeypatch.setattr(kernel, "available", lambda: True)
    with pytest.warns(UserWarning, match=r"'twin' solves them as they stand.*python hatch_build\.py"):
        assert engines.choose(10_000) == "twin"
    with pytest.raises(SolverError, match=r"compiled from other equations: run `python hatch_build\.py`"):
        solve(asked, engine="kernel")
    found = solve(asked, engine="twin")
    assert bits(found) != bits(expected)
    for name in ALL:
        assert apart(found.values[name], expected.values[name]) <= 1e-10, name


# --- the equations as they stand, in the twin ---------------------------------------------------------------------


@pytest.mark.parametrize(("regimen", "rtol"), [("1 x 2", 1e-4), ("0.4 x 5", 1e-7), ("none", 1e-6)])
def test_equations_as_they_stand_and_as_printed_agree(regimen: str, rtol: float) -> None:
    asked = problem(cohort(7), regimen, rtol)
    a, b = (twin.solve(asked, model=model) for model in (twin.PRINTED, twin.AS_THEY_STAND))
    assert a.evaluations == b.evaluations  # step by step
    for name in ALL:
        assert apart(a.values[name], b.values[name]) <= 1e-11, name
    for name, one, other in zip(a.readouts._fields, a.readouts, b.readouts, strict=True):
        if regimen != "none" or name not in ("peak_day", "return_day"):  # days of a peak that is rounding
            assert one == pytest.approx(other, rel=1e-8, abs=1e-8, nan_ok=True), name
    assert np.all(b.imbalance <= 1e-11 * np.maximum(b.delivered, 1.0))


def test_equations_as_they_stand_fail_alike_and_know_no_company() -> None:
    p = cohort(6)
    p = p._replace(EPS=np.where(np.arange(6) == 2, np.nan, p.EPS), KE0=np.where(np.arange(6) == 4, np.inf, p.KE0))
    asked = problem(p)
    together = twin.solve(asked, model=twin.AS_THEY_STAND)
    assert [f.patient for f in together.failures] == [2, 4]
    for i in (0, 5):
        alone = twin.solve(part(asked, slice(i, i + 1)), model=twin.AS_THEY_STAND)
        assert all(np.array_equal(alone.values[name][0], together.values[name][i]) for name in ALL)


# --- the build ----------------------------------------------------------------------------------------------------


def test_build_and_loader_agree_on_the_sources() -> None:
    hook = script()
    assert hook.digest() == kernel.digest()
    assert hook.LIBRARY == kernel.LIBRARY
    assert "linux" not in sys.platform or hook.platform_tag().startswith("linux_")


def test_without_a_compiler_the_build_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hook = script()
    monkeypatch.setattr(hook, "compilers", lambda: iter([(str(tmp_path / "no-such-compiler"),)]))
    assert "no C compiler" in hook.compile_kernel(tmp_path / "libkernel.so")
    assert not (tmp_path / "libkernel.so").exists()


@pytest.mark.parametrize(
    ("compiler", "found", "asked"), [(True, True, []), (False, True, ["ziglang"]), (False, False, [])]
)
def test_the_build_asks_for_a_compiler_only_where_it_helps(
    compiler: bool, found: bool, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = script()
    monkeypatch.setattr(hook, "working_compiler", lambda: ("cc",) if compiler else ())
    monkeypatch.setattr(hook, "to_be_had", lambda package: found)
    monkeypatch.delenv("ITP_SIM_PURE", raising=False)
    wheel = hook.CustomBuildHook(str(ROOT), {}, None, None, str(ROOT), "wheel")
    assert wheel.dependencies() == asked
    monkeypatch.setenv("ITP_SIM_PURE", "1")
    assert wheel.dependencies() == []


@pytest.mark.slow
@compiled
def test_a_fresh_kernel_gives_the_same_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = problem(cohort(30))
    expected = bits(kernel.solve(asked))
    hook = script()
    if not hook.working_compiler():
        pytest.skip("no C compiler")
    monkeypatch.setattr(kernel, "LIBRARY", tmp_path / "libkernel.so")
    assert hook.compile_kernel(kernel.LIBRARY) == ""
    found = kernel.find.__wrapped__()
    monkeypatch.setattr(kernel, "find", lambda: found)
    assert bits(kernel.solve(asked)) == expected


@pytest.mark.slow
@compiled
@pytest.mark.skipif(sys.platform != "linux", reason="needs the GCC sanitizers")
def test_extremes_touch_no_foreign_memory(tmp_path: Path) -> None:
    hook = script()
    if not hook.working_compiler():
        pytest.skip("no C compiler")
    library = tmp_path / "libkernel.so"
    flags = (
        "-O1",
        "-g",
        "-std=gnu11",
        "-ffp-contract=off",
        "-fsanitize=address,undefined",
        "-fno-sanitize-recover=all",
    )
    hook.loaded = lambda library: ""  # it loads only where the sanitizers are loaded first
    failure = hook.compile_kernel(library, flags)
    if failure:
        pytest.skip(failure)
    runtimes = [
        subprocess.run(
            [*hook.working_compiler(), f"-print-file-name={name}"], capture_output=True, text=True, check=True
        )
        for name in ("libasan.so", "libubsan.so")
    ]
    code = f"""
import pathlib, pytest, sys
from itp_sim.solve import kernel
kernel.LIBRARY = pathlib.Path({str(library)!r})
kernel.find.cache_clear()
assert kernel.available(), kernel.find().reason
chosen = "extremes_end or way_of_sharing or fail_alike"
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", {str(__file__)!r}, "-k", chosen]))
"""
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ
        | {
            "PYTHONPATH": str(ROOT / "src"),
            "ASAN_OPTIONS": "detect_leaks=0",
            "LD_PRELOAD": " ".join(runtime.stdout.strip() for runtime in runtimes),
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-3000:]
    assert "passed" in run.stdout
