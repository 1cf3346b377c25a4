"""What the shell says is in the words that were typed: options, not arguments of functions; paths from where one is."""

import argparse
import json
import shutil
import warnings
from pathlib import Path

import pytest

from itp_sim import checks, cli
from itp_sim.cli.parser import parser
from itp_sim.cli.typed import ARGUMENTS, as_typed

ROOT = Path(__file__).parents[2]
#: A call of each command that has options with a number, to which one that cannot be is added.
CALLS = {
    "compare": ["compare", "1 g/kg", "--n", "5"],
    "trial": ["trial", "godeau1999"],
    "validate": ["validate"],
    "sensitivity": ["sensitivity", "1 g/kg"],
    "figure": ["figure", "responders", "--json"],
    "fit": ["fit", "patient07.csv"],
    "export": ["export", "sbml", "--out", "itp.xml"],
}


def numbered() -> list[tuple[str, str]]:
    """Every option of every command that takes a number."""
    top, _ = parser()
    (commands,) = (action for action in top._actions if isinstance(action, argparse._SubParsersAction))
    return [
        (name, action.option_strings[0])
        for name, command in commands.choices.items()
        for action in command._actions
        if action.option_strings and action.type not in (None, Path)
    ]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(ROOT / "docs" / "examples" / "patient07.csv", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("command", "option"), numbered())
def test_a_number_that_cannot_be_names_its_option(
    command: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*CALLS[command], option, "-1"]) == 2
    assert f" {option} " in capsys.readouterr().err


def test_commands_with_numbers_are_all_called() -> None:
    assert {command for command, _ in numbered()} == set(CALLS)
    assert len(numbered()) > 25


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["compare", "1 g/kg", "--n", "5", "--days", "3"], "simulate with --days 14 or more"),
        (["compare", "1 g/kg", "--weight", "500"], "--weight is 500 kg: give a number from 2 to 300 kg; if this is in"),
        (["compare", "1 g/kg", "--platelets", "20:3", "--n", "5"], "--platelets leaves nobody between 20 and 3"),
        (["compare", "1 g/kg", "--definition", "nope"], "no --definition 'nope': choose from iwg"),
        (["compare", "1 g/kg", "--n", "20000", "--days", "5000", "--out", "a.svg"], "fewer patients or days\n"),
        (["sensitivity", "1 g/kg", "--n", "64", "--method", "local"], "--n is for --method sobol: leave it out"),
        (["sensitivity", "1 g/kg", "--over", "x"], "no --over 'x'"),
        (["sensitivity", "1 g/kg", "--parameter", "HA"], "or let it vary by --over ranges"),
        (["figure", "dose_comparison", "--out", "x.foo"], "--out is 'x.foo': give a file that ends in"),
        (["figure", "dose_comparison", "--json", "--n", "50"], "--n would change nothing in figure 'dose_comparison'"),
        (
            ["figure", "fcrn", "--json", "--dose", "1 g/kg", "--dose", "1 g/kg"],
            "two arms are '1 g/kg': give each once\n",
        ),
        (["explore", "--out", "nodir/x.html"], "--out is 'nodir/x.html': the folder 'nodir' does not exist"),
        (["fit", "patient07.csv", "--time-unit", "week"], "no --time-unit 'week': choose from day, h"),
        (["fit", "patient07.csv", "--count-cv", "5"], "--count-cv is 5: give a number from 0.01 to 2"),
        (["fit", "table.xlsx"], "save the table as CSV (UTF-8, commas)\n"),
        (["compare", "1 g/kg", "--population", "mine.toml"], "no file mine.toml: give the path of a TOML file"),
        (
            ["compare", "1 g/kg", "--n", "5", "--store", "patient07.csv"],
            "itp-sim: patient07.csv exists and is no store",
        ),
    ],
)
def test_a_mistake_is_told_as_it_was_typed(asked: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(asked) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert told in said.err


def test_a_column_that_is_not_known_can_be_read_or_dropped(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = (here / "patient07.csv").read_text(encoding="utf-8").splitlines()
    data = [line for line in lines if not line.startswith("#")]
    more = [f"{data[0]},CREA", *(f"{line},70" for line in data[1:])]
    (here / "more.csv").write_text("\n".join(more), encoding="utf-8")
    typed = ["fit", "more.csv", "--draws", "200", "--json"]
    assert cli.main([*typed, "--drop", "CREA"]) == 0
    dropped = capsys.readouterr().out
    assert cli.main([*typed, "--covariate", "CREA"]) == 0
    assert capsys.readouterr().out == dropped
    (here / "slip.csv").write_text("\n".join(more).replace("CREA", "DVX"), encoding="utf-8")
    assert cli.main(["fit", "slip.csv"]) == 2
    assert "Write that, --covariate DVX if it is another number, or --drop DVX" in capsys.readouterr().err


@pytest.mark.filterwarnings("default:subject 7:UserWarning")
def test_counts_far_from_the_curve_ask_for_the_unit_of_time(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["fit", "patient07.csv", "--time-unit", "h", "--draws", "200"]) == 0
    told = capsys.readouterr().err
    assert "is TIME in hours and read as days (--time-unit)? Else another error (--count-cv)" in told


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("weight_kg lowest is 0 kg", "--weight lowest is 0 kg"),
        ("raise `days`", "raise --days"),
        ("try sampler='ensemble'", "try sampler='ensemble'"),  # no option of this command
        ("days above 50 are", "days above 50 are"),
        ("the value of days is", "the value of days is"),
        ("mine was made with days 7, not 8", "mine was made with --days 7, not 8"),
        ("leave it out, or give budget=3: slow; try n=64.5, then n=[1]", "leave it out; try --n 64.5, then n=[1]"),
    ],
)
def test_only_what_names_an_argument_is_replaced(message: str, told: str) -> None:
    assert as_typed(message, ("--days", "--weight", "--n", "-h")) == told


@pytest.mark.parametrize(
    "value",
    [
        "me or a_b=3",
        "x or foo()",
        "days=3",
        "`days` or so",
        "it's days=3 or y()",
        "a, as in {b}; or c=1",
        "x y or foo() " * 9,
    ],
)
def test_a_value_is_quoted_as_it_was_given(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    shown = checks.shown(value)
    for words in ((), (value,)):  # it may come from a file, too
        told = as_typed(
            f"no days {shown}: give {shown} or days=[{shown}], raise `days`, or use f()", ("--days",), words
        )
        alone = value if value == "days=3" else shown  # the shell takes it without quotes
        assert told == f"no --days {shown}: give {shown} or --days {alone}, raise --days"
    assert cli.main(["compare", "1 g/kg", "--definition", value]) == 2
    assert f"no --definition {shown}: choose from iwg, at_least_50, " in capsys.readouterr().err


def test_a_path_stays_as_it_was_typed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in ("or n=3/mine.toml", str(here / "days=3 or f()" / "mine.toml")):
        for typed in (["--population", path], [f"--population={path}"]):
            assert cli.main(["compare", "1 g/kg", "--n", "5", *typed]) == 2
            assert f"no file {path}: give the path of a TOML file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "asked",
    [
        ["fit", "patient07.csv", "--draws", "200"],
        ["sensitivity", "1 g/kg", "--method", "local", "--parameter", "IC50", "--days", "7"],
    ],
)
def test_a_path_is_whole_in_json_and_short_in_text(
    asked: list[str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = here / "mine.toml"
    mine.write_text(
        '[population]\nkey = "mine"\ntitle = "t"\ndescription = "d"\nbased_on = "adult_chronic"\n', encoding="utf-8"
    )
    asked = [*asked, "--population", str(mine)]
    assert cli.main(asked) == 0
    said = capsys.readouterr().out
    assert " mine.toml" in said
    assert str(here) not in said
    assert cli.main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["population"] == str(mine)


@pytest.mark.filterwarnings("default::RuntimeWarning")
def test_a_fault_of_the_program_is_told_whole(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], here: Path
) -> None:
    fault = f"days is x or foo() at {here}/a, `days`"

    def failing(*_: object, **__: object) -> None:
        warnings.warn(fault, RuntimeWarning, stacklevel=1)
        raise ValueError(fault)

    monkeypatch.setattr("itp_sim.patient.typical_patient", failing)
    assert cli.main(["compare", "1 g/kg"]) == 1
    said = capsys.readouterr().err
    assert f"note: {fault}\n" in said
    assert f"itp-sim: unexpected ValueError: {fault}; this is a fault of the program: see where with --debug\n" in said


def test_no_treatment_is_called_as_it_is_typed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["compare", "1 g/kg on day 50"]) == 2
    assert "raise --days, or give 'none' for no treatment\n" in capsys.readouterr().err
    assert cli.main(["compare", "none"]) == 0


def test_options_with_another_name_exist() -> None:
    _, commands = parser()
    assert {option for option, _ in ARGUMENTS} <= {option for options in commands.values() for option in options}


def test_paths_are_shortened_only_below_the_working_folder(here: Path) -> None:
    assert as_typed(f"{here}/a/b.toml, [x] of {here.parent}/c", ()) == f"a/b.toml, [x] of {here.parent}/c"
    assert as_typed(f"/mnt{here}/a and {here}x/a", ()) == f"/mnt{here}/a and {here}x/a"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (["fit", "bolus.csv"], "give RATE or DUR, or --product for the rates of a label"),
        (["compare", "1 g/kg", "--n", "5", "--platelets", "3-20"], "'3-20' is no count: a range is written 3:20"),
        (["compare", "1 g/kg", "--n", "5", "--platelets", "3 to 20"], "a range is written 3:20"),
        (["export", "sbml", "--regimen", "1 g/kg"], "a regimen is written without an option, just '1 g/kg'"),
        (["compare", "--dose", "1 g/kg"], "a regimen is written without an option, just '1 g/kg'"),
        (["figure", "dose_comparison", "--regimens", "1 g/kg"], "write --dose '1 g/kg'"),
        (["--n", "100", "compare", "1 g/kg"], "options follow the command: write itp-sim compare ..."),
        (["trial", "godeau"], "did you mean 'godeau1999' or 'godeau2002'?"),
    ],
)
def test_slips_at_the_shell_are_answered_in_its_words(
    asked: list[str], told: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "bolus.csv").write_text("ID,TIME,AMT,DV,WT\n1,0,70,.,70\n1,1,.,35,70\n", encoding="utf-8")
    assert cli.main(asked) == 2
    said = capsys.readouterr().err
    assert told in said
    assert "argument" not in said and "read_nmtran" not in said
