"""Cohorts chunk by chunk: the same counts whoever works, what is too much, stops and progress, the shell."""

import json
import math
import os
import pickle
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest
from tests.unit.alike import same
from tests.unit.ten_patients import ARMS, ledger, simulated, whole

import itp_sim as itp
from itp_sim import cli, cohort, design, store, workers
from itp_sim.errors import InputError, SolverError
from itp_sim.progress import progress
from itp_sim.solve import Failure
from itp_sim.summary import summarise


class Shuffled:
    """An executor that works in any order and answers in the order of the arguments."""

    def map(self, work, *arguments):
        tasks = list(zip(*arguments, strict=True))
        order = random.Random(1).sample(range(len(tasks)), len(tasks))
        done = {i: work(*tasks[i]) for i in order}
        return [done[i] for i in range(len(tasks))]


class Pickling:
    """An executor that sends work and answers as another process would."""

    def map(self, work, *arguments):
        def sent(x):
            return pickle.loads(pickle.dumps(x))

        return (sent(sent(work)(*task)) for task in zip(*arguments, strict=True))


# --- the same counts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chunk", [1, 3, 7, 10, 1000, None])
def test_counts_do_not_depend_on_the_chunks(chunk):
    assert same(simulated(chunk=chunk), whole())


@pytest.mark.parametrize("executor", [Shuffled(), Pickling()], ids=["shuffled", "pickling"])
def test_counts_do_not_depend_on_who_works_in_which_order(executor):
    assert same(simulated(chunk=3, executor=executor), whole())


def test_counts_do_not_depend_on_threads():
    with ThreadPoolExecutor(3) as threads:
        assert same(simulated(chunk=2, executor=threads), whole())


def test_counts_do_not_depend_on_processes():
    assert same(simulated(chunk=3, executor=2), whole())


@pytest.mark.parametrize("sampling", ["stratified", "sobol"])
def test_evenly_spread_cohorts_may_be_cut_too(sampling):
    people = itp.virtual_patients(n=10, seed=4, sampling=sampling)
    expected = summarise(itp.simulate(people, ARMS, days=7, rtol=1e-5), definition="at_least_50")
    assert same(simulated(chunk=3, sampling=sampling), expected)


def test_options_reach_the_patients():
    options = {"platelets": (5, 15), "weight_kg": (60, 90), "typical": {"EPS": 1.3}, "spread": {"EPS": 0.3}}
    people = itp.virtual_patients(n=10, seed=4, **options)
    expected = summarise(itp.simulate(people, ARMS, days=7, rtol=1e-5), definition="at_least_50")
    assert same(simulated(**options), expected)


@pytest.mark.parametrize(
    "arms", ["1 g/kg", ["0.5 g/kg", None], iter(["0.5 g/kg", "1 g/kg"])], ids=["one", "list", "iterator"]
)
def test_arms_are_given_as_to_simulate(arms):
    found = simulated(n=2, chunk=1, arms=arms)
    assert len(found.arms) == (1 if arms == "1 g/kg" else 2)


def test_the_table_is_that_of_all_patients_at_once():
    found, expected = itp.compare(simulated(chunk=4)), itp.compare(whole())
    assert found.equals(expected)
    assert found.attrs == expected.attrs


def test_one_engine_solves_all_chunks(monkeypatch):
    """Which engine is the fastest may hang on the number of patients: it is that of the whole cohort."""
    used = []
    monkeypatch.setattr(design, "choose", lambda n: "twin" if n == 10 else "reference")
    usual = cohort.solve_arms
    monkeypatch.setattr(
        cohort, "solve_arms", lambda asked, *a, **k: used.append((asked.engine, asked.threads)) or usual(asked, *a, **k)
    )
    simulated(chunk=5)
    assert set(used) == {("twin", None)}
    simulated(chunk=10, engine="reference", executor=Shuffled())
    assert used[-1] == ("reference", 1)
    simulated(chunk=10, threads=2, executor=Shuffled())
    assert used[-1] == ("twin", 2)


def test_regimens_survive_the_way_to_a_worker():
    given = itp.regimen("1 g/kg daily x 2 then 20 g over 3 h on day 21", product="Privigen")
    assert pickle.loads(pickle.dumps(given)) == given


@pytest.mark.parametrize(("name", "other"), [("__version__", "0.0.1"), ("digest", lambda: "edited")])
def test_a_worker_with_other_numbers_is_refused(name, other, monkeypatch):
    class Elsewhere:
        def map(self, work, *arguments):
            monkeypatch.setattr(cohort, name, other)
            return map(work, *arguments)

    with pytest.raises(InputError, match="another version of itp_sim, other equations, or other numbers of adult"):
        simulated(executor=Elsewhere())


def test_a_store_made_with_other_equations_is_refused(tmp_path, monkeypatch):
    simulated(chunk=10, store=tmp_path / "counts", outputs=())
    monkeypatch.setattr(cohort, "digest", lambda: "edited")
    with pytest.raises(InputError, match="was made with numbers"):
        simulated(chunk=10, store=tmp_path / "counts", outputs=())


# --- too much, and bad input ----------------------------------------------------------------------------------------


def test_a_chunk_that_takes_too_much_memory_is_refused():
    with pytest.raises(InputError, match=r"a chunk of 5,000,000 patients would take .* GB.*smaller `chunk`"):
        simulated(n=10**9, chunk=5_000_000)


def test_processes_share_the_memory_allowed():
    assert cohort._chunk(None, 10**7, size=10_000, processes=1) == 10_000
    many = cohort._chunk(None, 10**7, size=10_000, processes=50)
    assert many * 10_000 * cohort.COPIES * 50 <= cohort.LARGEST
    with pytest.raises(InputError, match="patients in each of 50 processes would take about .* GB"):
        cohort._chunk(10_000, 10**7, size=10_000, processes=50)


def test_a_chunk_is_a_twentieth_within_limits():
    chunks = {n: cohort._chunk(None, n, size=1000, processes=1) for n in (1, 100, 40_000, 80_000, 10**8)}
    assert chunks == {1: 1, 100: 100, 40_000: 2500, 80_000: 4000, 10**8: 10_000}


def test_curves_that_the_disk_has_no_room_for_are_refused(tmp_path, monkeypatch):
    pytest.importorskip("zarr")
    monkeypatch.setattr(store.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 5000}))
    with pytest.raises(InputError, match=r"curves would take up to .* GB and .* has 0.0 GB free: .*outputs=\(\)"):
        simulated(store=tmp_path / "kept")
    assert not list(tmp_path.iterdir())


BAD = [
    ({"n": 0}, "n is 0"),
    ({"n": 10**10}, "n is 10000000000"),
    ({"n": math.nan}, "n is nan"),
    ({"n": None}, "n is None"),
    ({"chunk": 0}, "chunk is 0"),
    ({"chunk": 99, "n": 10**8}, "chunk is 99: give a whole number from 100 to"),
    ({"chunk": 2.5}, "chunk is 2.5"),
    ({"chunk": "7"}, "chunk is '7'"),
    ({"executor": 0}, "executor is 0"),
    ({"executor": -1}, "executor is -1"),
    ({"executor": True}, "executor is True"),
    ({"executor": "dask"}, "executor is 'dask'"),
    ({"executor": 10**6}, "executor is 1000000"),
    ({"store": ""}, "store is ''"),
    ({"store": 5}, "store is 5"),
    ({"outputs": ["platelets"]}, "give store=PATH too"),
    ({"times": [1, 2]}, "give store=PATH too"),
    ({"store": "kept", "outputs": ["platlets"]}, "did you mean 'platelets'"),
    ({"store": "kept", "times": [3, 2]}, "times has 2 after 3"),
    ({"store": "kept", "times": [30]}, "a day in times is 30"),
    ({"days": 0}, "days is 0"),
    ({"days": "7"}, "days is '7'"),
    ({"days": 3.0}, "the run ends on day 3"),
    ({"budget": -1}, "budget is -1"),
    ({"definition": "iwgg"}, "did you mean 'iwg'"),
    ({"definition": "iwg"}, "the run ends on day 7"),
    ({"arms": {}}, "no arm was given"),
    ({"arms": 5}, "arms is 5"),
    ({"arms": ["1 g"]}, None),
    ({"arms": {"a": "1 gg/kg"}}, "1 gg/kg"),
    ({"arms": {5: "1 g/kg"}}, "an arm is named 5"),
    ({"population": "adults"}, "no population 'adults'"),
    ({"population": 5}, "population is 5"),
    ({"seed": -1}, "seed is -1"),
    ({"platelets": 12}, "platelets is 12"),
    ({"sampling": "lhs"}, "no sampling 'lhs'"),
    ({"sampling": "sobol", "n": 10**9}, None),
    ({"typical": 5}, "typical is 5"),
    ({"spread": 5}, "spread is 5"),
    ({"rtol": 0.1}, "rtol is 0.1"),
    ({"engine": "fast"}, "no engine 'fast'"),
    ({"threads": 0}, "threads is 0"),
]


@pytest.mark.parametrize(("asked", "told"), [b for b in BAD if b[1]], ids=lambda x: str(x)[:40])
def test_bad_input_is_refused_at_once(asked, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    started = time.perf_counter()
    with pytest.raises(InputError) as caught:
        simulated(**({"n": 10**6} | asked))
    assert time.perf_counter() - started < 0.5
    assert told in str(caught.value)
    assert not list(tmp_path.iterdir())


# --- stopped --------------------------------------------------------------------------------------------------------


class Interrupting:
    """An executor during whose work Ctrl-C is pressed."""

    def map(self, work, *arguments):
        for done, task in enumerate(zip(*arguments, strict=True)):
            if done == 2:
                raise KeyboardInterrupt
            yield work(*task)


def test_ctrl_c_hands_back_what_is_done():
    with pytest.raises(KeyboardInterrupt) as caught:
        simulated(chunk=2, executor=Interrupting())
    assert isinstance(caught.value, itp.Interrupted)
    assert str(caught.value) == "interrupted after 4 of 10 patients"
    assert same(caught.value.summary, simulated(n=4))


def test_ctrl_c_leaves_what_is_done_in_the_store(tmp_path):
    with pytest.raises(itp.Interrupted, match=r"after 4 of 10 patients; they are kept in .*kept: run again to go on"):
        simulated(chunk=2, executor=Interrupting(), store=tmp_path / "kept", outputs=())
    assert len(ledger(tmp_path / "kept")) == 3
    assert same(simulated(store=tmp_path / "kept", outputs=()), whole())


def test_a_script_without_its_guard_is_told_what_lacks(tmp_path):
    script = tmp_path / "script.py"
    call = 'print(itp.simulate_population("adult_chronic", "1 g/kg", n=4, chunk=2, executor=1).patients)'
    script.write_text(f"import itp_sim as itp\n{call}\n", encoding="utf-8")
    said = run_script(script)
    assert (said.returncode, said.stdout) == (1, "")
    told = [line for line in said.stderr.splitlines() if line.startswith("itp_sim.errors.SolverError: ")]
    assert said.stderr.count("Traceback") == len(told) == 2
    assert all("in a script, call from below `if __name__ == '__main__':`, since" in line for line in told)
    assert "a worker could not be started" in told[0]
    assert "a worker ended before its work was done" in told[-1] == said.stderr.strip().splitlines()[-1]
    script.write_text(f"import itp_sim as itp\nif __name__ == '__main__':\n    {call}\n", encoding="utf-8")
    again = run_script(script)
    assert (again.stdout, again.stderr, again.returncode) == ("4\n", "", 0)


def run_script(script):
    surroundings = os.environ | {"PYTHONPATH": str(Path(itp.__file__).parents[1])}
    command = [sys.executable, str(script)]
    return subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=120, check=False)


def test_counts_alone_need_no_store():
    assert same(simulated(outputs=()), simulated())
    assert same(simulated(outputs=[]), simulated())
    with pytest.raises(InputError, match="that a store keeps: give store=PATH too"):
        simulated(outputs=["igg"])
    with pytest.raises(InputError, match="that a store keeps: give store=PATH too"):
        simulated(outputs=(), times=[1])
    with pytest.raises(InputError, match="outputs is 3: give a list"):
        simulated(outputs=3)


def test_a_lost_worker_is_said_as_such():
    class Lost:
        def map(self, work, *arguments):
            raise BrokenProcessPool("abruptly")
            yield

    with pytest.raises(SolverError, match=r"a worker ended before its work was done.*smaller `chunk` \(abruptly\)"):
        simulated(executor=Lost())


def napping(seconds):
    time.sleep(seconds)
    return os.getpid()


def test_processes_end_with_the_block_and_keep_clear_of_ctrl_c():
    pids = []

    def interrupted():
        with workers.mapped(2, napping, [0.5, 0.5, -1, 60, 60]) as results:
            pids.extend([next(results), next(results)])
            with pytest.raises(ValueError, match="non-negative"):
                next(results)
            for pid in set(pids):
                os.kill(pid, signal.SIGINT)  # as a terminal sends it to the whole group
            time.sleep(0.2)
            for pid in set(pids):
                os.kill(pid, 0)
            pids.append(time.perf_counter())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert time.perf_counter() - pids.pop() < 2
    assert os.getpid() not in pids
    for pid in set(pids):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


# --- progress -------------------------------------------------------------------------------------------------------


def test_progress_is_silent_where_nobody_looks(capsys):
    with progress(10, "patients", shown=True) as advance:
        advance(5)
    with progress(10, "patients", shown=False) as advance:
        advance(5)
    out, err = capsys.readouterr()
    assert out == err == ""


def test_progress_tells_a_terminal_how_long(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with progress(10, "patients", shown=True) as advance:
        advance(1)
        assert capsys.readouterr().err == ""  # short work shows nothing
        time.sleep(1.1)
        advance(4)
    out, err = capsys.readouterr()
    assert out == ""
    assert "5.00/10.0" in err
    assert " patients/s]" in err


def test_progress_counts_what_was_kept(tmp_path, monkeypatch):
    told = []

    class Bar:
        def __enter__(self):
            return told.append

        def __exit__(self, *_):
            return None

    simulated(store=tmp_path / "kept", outputs=(), chunk=4)
    monkeypatch.setattr(cohort, "reported", lambda total, unit, shown: told.append((total, unit, shown)) or Bar())
    simulated(store=tmp_path / "kept", outputs=(), progress=True)
    assert told == [(10, "patients", True), 4, 4, 2]


def test_import_loads_no_progress_bar():
    code = "import sys, itp_sim; print(*sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(Path(itp.__file__).parents[1])}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert not {"tqdm", "zarr", "dask"} & set(run.stdout.split())


def test_large_runs_in_memory_tell_their_progress_too(monkeypatch):
    told = []

    class Bar:
        def __enter__(self):
            return told.append

        def __exit__(self, *_):
            return None

    module = sys.modules["itp_sim.simulate"]
    monkeypatch.setattr(module, "reported", lambda total, unit, shown: told.append((total, unit, shown)) or Bar())
    monkeypatch.setattr(module, "BLOCK", dict.fromkeys(module.BLOCK, 10))
    people = itp.virtual_patients(n=25)
    in_blocks = itp.simulate(people, ARMS, days=1)
    assert told == [(50, "curves", True), 10, 10, 5, 10, 10, 5]
    itp.simulate(people.iloc[:20], ARMS, days=1)
    itp.simulate(people, ARMS, days=1, progress=False)
    assert [shown for shown in told if isinstance(shown, tuple)][1:] == [(40, "curves", False), (50, "curves", False)]
    monkeypatch.undo()
    assert in_blocks.identical(itp.simulate(people, ARMS, days=1))


def test_blocks_share_the_seconds_and_keep_the_numbers_of_patients(monkeypatch):
    module = sys.modules["itp_sim.simulate"]
    monkeypatch.setattr(module, "BLOCK", dict.fromkeys(module.BLOCK, 10))
    usual, budgets = module.solve, []

    def failing(problem, **options):
        budgets.append(problem.budget)
        solution = usual(problem, **options)
        if len(budgets) == 3:
            return solution._replace(failures=(Failure(4, 0.5, "for a test"),))
        return solution

    monkeypatch.setattr(module, "solve", failing)
    with pytest.raises(SolverError, match=r"1 of 25 patients failed; patient 24 on day 0.5: for a test"):
        itp.simulate(itp.virtual_patients(n=25), ARMS, days=1, budget=100)
    assert 100 > budgets[0] > budgets[1] > budgets[2] > 0

    def slow(problem, **options):
        if len(budgets) == 5:
            raise itp.BudgetError("the time was used up")
        budgets.append(problem.budget)
        return usual(problem, **options)

    monkeypatch.setattr(module, "solve", slow)
    with pytest.raises(itp.BudgetError, match="after 20 of 25 patients, the time was used up"):
        itp.simulate(itp.virtual_patients(n=25), ARMS, days=1)


# --- at the shell ---------------------------------------------------------------------------------------------------

SHELL = ["compare", "0.5 g/kg", "1 g/kg", "--days", "7", "--definition", "at_least_50", "--seed", "4", "--json"]


def test_the_shell_counts_many_patients_without_holding_their_curves(monkeypatch, capsys, tmp_path):
    figure = ["--out", str(tmp_path / "a.png")]
    assert cli.main([*SHELL, "--n", "25", "--platelets", "5:20", *figure]) == 0
    held = capsys.readouterr()
    monkeypatch.setattr(design, "COHORT_OUTPUTS", None)  # curves would fail
    with pytest.raises(TypeError):
        itp.simulate(itp.virtual_patients(n=25), ARMS)
    assert cli.main([*SHELL, "--n", "25", "--platelets", "5:20"]) == 0
    assert capsys.readouterr() == held
    assert json.loads(held.out)["arms"]["1 g/kg"]["at least 50 by day 7"]["value"] > 0


def test_the_shell_says_whom_it_drew(capsys, monkeypatch):
    people = itp.virtual_patients(n=50, seed=4, platelets=(5, 20))
    low, middle, high = people["P0"].quantile([0.05, 0.5, 0.95])
    typed = [*SHELL, "--n", "50", "--platelets", "5:20"]
    assert cli.main(typed) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["untreated"], found["untreated_of"]) == ({"median": middle, "low": low, "high": high}, 50)
    shown = [word for word in typed if word != "--json"]
    line = f"untreated counts: median {middle:.0f}, 5-95% {low:.0f} to {high:.0f} x 10^9/L"
    assert cli.main(shown) == 0
    assert f"\n{line}\n\n% of patients" in capsys.readouterr().out
    monkeypatch.setattr(sys.modules["itp_sim.cli.compare"], "MOST_LOOKED_AT", 40)
    assert cli.main(typed) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["n"], found["untreated_of"], found["untreated"]["median"]) == (50, 40, people["P0"][:40].median())
    assert cli.main(shown) == 0
    assert " x 10^9/L (of the first 40)\n" in capsys.readouterr().out


def test_the_shell_gives_all_patients_one_count(capsys):
    arms = {text: text for text in SHELL[1:3]}
    alike = {"typical": {"P0": 12}, "spread": {"P0": 0}}
    summary = itp.simulate_population("adult_chronic", arms, n=30, seed=4, days=7, definition="at_least_50", **alike)
    for count in ("12", "12:12"):
        assert cli.main([*SHELL, "--n", "30", "--platelets", count]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["untreated"] == {"median": 12, "low": 12, "high": 12}
        assert found["arms"]["1 g/kg"]["median peak"]["value"] == itp.compare(summary)["value"]["median peak", "1 g/kg"]
    assert cli.main([*SHELL[:-1], "--n", "30", "--platelets", "12"]) == 0
    assert "\nuntreated count: 12 x 10^9/L in all\n" in capsys.readouterr().out


def test_the_shell_shares_the_work_and_keeps_it(tmp_path, capsys):
    assert cli.main([*SHELL, "--n", "10"]) == 0
    held = capsys.readouterr()
    folder = tmp_path / "kept"
    assert cli.main([*SHELL, "--n", "10", "--workers", "2", "--store", str(folder)]) == 0
    assert capsys.readouterr() == held
    assert ledger(folder) == ["000000000000.npz", "request.json"]
    assert cli.main([*SHELL, "--n", "11", "--store", str(folder)]) == 2
    assert "was made with patients 10, not 11" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["--workers", "2"], "--workers and --store are for virtual patients: say with --n how many"),
        (["--store", "kept"], "--workers and --store are for virtual patients: say with --n how many"),
        (
            ["--n", "20001", "--out", "a.svg"],
            "--n is 20001: give a whole number from 1 to 20000; more are counted without",
        ),
        (["--n", "0", "--out", "a.svg"], "--n is 0: give a whole number from 1 to 20000; more are counted without"),
        (["--n", "0"], "--n is 0: give a whole number from 1 to 1000000000\n"),
        (["--n", "5", "--workers", "2", "--out", "a.svg"], "counted without their curves"),
        (["--n", "5", "--workers", "0"], "--workers is 0: give a whole number from 1 to 1024"),
        (["--n", "3", "--platelets", "151"], "--platelets is 151 1e9/L: give a number from 1 to 150 1e9/L"),
        (["--n", str(10**12)], "--n is 1000000000000: give a whole number from 1 to 1000000000\n"),
    ],
)
def test_the_shell_refuses(asked, told, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main([*SHELL, *asked]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert told in said.err
    assert said.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_ctrl_c_at_the_shell_says_what_is_kept(tmp_path, capsys, monkeypatch):
    usual = cohort.mapped

    def interrupting(_, *work):
        return usual(Interrupting(), *work)

    monkeypatch.setattr(cohort, "mapped", interrupting)
    monkeypatch.setattr(cohort, "CHUNK", (2, 2))
    assert cli.main([*SHELL, "--n", "10", "--store", str(tmp_path / "kept")]) == 130
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        f"itp-sim: interrupted after 4 of 10 patients; they are kept in {tmp_path / 'kept'}: run again to go on\n"
    )
