"""Trial files: what they say is what is read, and every slip is answered with file, key, value and a way out."""

import random
import re
import tomllib
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any

import pytest

import itp_sim as itp
from itp_sim.files import MAX_BYTES, params_dir
from itp_sim.trials import defaults, excluded, load_trial, trials
from itp_sim.trials.defaults import read_defaults
from itp_sim.trials.design import KINDS, Among, Criterion, Endpoint
from itp_sim.trials.read import files

DATA = Path(__file__).parents[1] / "data"
MADE_UP = DATA / "trials" / "made_up.toml"
TEXT = MADE_UP.read_text(encoding="utf-8")
ROWS = tomllib.loads((DATA / "bad_trials.toml").read_text(encoding="utf-8"))["row"]


def written(folder: Path, *changes: tuple[str, str], name: str = "made_up.toml") -> Path:
    text = TEXT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_what_a_file_says_is_what_is_read() -> None:
    trial = load_trial(MADE_UP)
    assert (trial.key, trial.role, list(trial.sources)) == ("made_up", "calibrate", ["OURS"])
    assert dict(trial.populations) == {"adult_chronic": 1.0}
    assert (trial.entry.platelets, dict(trial.entry.typical)) == ((None, 20.0), {"P0": 10.0})
    assert trial.measurement.visits == (0, 0.5, 1, 2, 3, 4, 5, 6, 7, 10, 14, 21, 28)
    usual = defaults()
    assert (trial.measurement.cv, trial.measurement.floor) == (usual.cv, usual.floor)
    low, high, none = trial.arms.values()
    assert (low.regimen.text, low.n, none.regimen) == ("0.5 g/kg", 20, None)
    assert high.regimen.product.name == "Privigen"
    assert dict(high.assign) == {"TL": 9.5}
    assert low.later[0].unless == Criterion(at_least=80, strict=True, multiple=2)
    assert (low.later[0].days, low.later[0].once_met) == ((4.0,), False)
    one = trial.endpoints["confirmed"]
    assert (one.arms, one.by, one.confirm_after, one.role) == (("low", "high"), 7.0, 7.0, "validate")
    assert trial.endpoints["later_response"].among == Among(endpoint="response", met=False)
    assert trial.endpoints["time_to_responders"].among == Among()
    assert trial.endpoints["igg_change"].unit == "%"
    assert trial.endpoints["count"].until == 28
    assert {one.kind for one in trial.endpoints.values()} == set(KINDS)


def test_the_readme_tells_the_format_that_is_read(tmp_path: Path) -> None:
    readme = (params_dir() / "README.md").read_text(encoding="utf-8")
    (block,) = (text for text in re.findall(r"```toml\n(.*?)```", readme, re.DOTALL) if text.startswith("[trial]"))
    path = tmp_path / "my_trial.toml"
    path.write_text(block, encoding="utf-8")
    trial = load_trial(path)
    assert not trial.entry.assign  # whoever copies it has every mechanism
    path.write_text(block[: block.index("[sources.OWN2025]")], encoding="utf-8")
    with pytest.raises(itp.ParameterFileError, match=r"or add a table \[sources.OWN2025\]"):
        load_trial(path)
    assert trial.arms["low"].later[0].regimen.text == "1.5 g/kg"
    section = readme[readme.index("### Endpoints") :]
    rows = {
        word: re.findall(r"`(\w+)`", row[3])
        for row in re.finditer(r"\| (`.*?`) \|(.*?)\|(.*?)\|\n", section)
        for word in re.findall(r"`(\w+)`", row[1])
    }
    criterion = {"at_least", "strict", "multiple"}  # one word in the table
    for name, kind in KINDS.items():
        assert {*kind.needs, *kind.may} - criterion <= set(rows[name]), name


def test_a_trial_cannot_be_changed() -> None:
    trial = load_trial(MADE_UP)
    with pytest.raises(FrozenInstanceError):
        trial.key = "other"
    with pytest.raises(TypeError):
        trial.arms["new"] = trial.arms["low"]


def test_a_mixture_and_daily_decisions() -> None:
    trial = load_trial(DATA / "trials" / "until_50.toml")
    assert dict(trial.populations) == {"adult_chronic": 30.0, "child_newly_diagnosed": 10.0}
    assert trial.entry.platelets == (None, 20.0)
    assert trial.measurement.cv == 0.2
    assert trial.arms["all"].later[0].once_met


def test_an_own_population_is_looked_for_beside_the_trial(tmp_path: Path) -> None:
    text = (params_dir() / "adult_chronic.toml").read_text(encoding="utf-8")
    (tmp_path / "clinic.toml").write_text(text.replace('"adult_chronic"', '"clinic"', 1), encoding="utf-8")
    path = written(tmp_path, ('population  = "adult_chronic"', 'population = "clinic.toml"'))
    assert list(load_trial(path).populations) == [str(tmp_path / "clinic.toml")]


def test_names_of_packaged_trials() -> None:
    assert load_trial("Godeau 1999") == load_trial("godeau1999")
    with pytest.raises(itp.UnknownNameError, match="no trial 'godeua1999': did you mean 'godeau1999'"):
        load_trial("godeua1999")
    with pytest.raises(itp.UnknownNameError, match="trial is 5, not a name"):
        load_trial(5)
    with pytest.raises(itp.ParameterFileError, match=r"no file nowhere\.toml"):
        load_trial("nowhere.toml")


@pytest.mark.parametrize("name", trials())
def test_every_packaged_trial_can_be_read(name: str) -> None:
    trial = load_trial(name)
    assert trial.key == name
    assert not any(source.unverified for source in trial.sources.values())


def test_defaults_have_a_margin_for_every_kind_and_a_reason() -> None:
    usual = defaults()
    assert set(usual.margins) == set(KINDS)
    assert usual.note and usual.margins_note
    assert usual.margins["peak_day"].around(10.0) == (6.0, 14.0)
    assert usual.margins["peak_day"].around(1.0) == (0.0, 2.0)
    assert usual.margins["response"].around(80.0) == (65.0, 95.0)


def test_defaults_that_lack_a_margin_are_refused(tmp_path: Path) -> None:
    text = (params_dir() / "trials" / "measurement.toml").read_text(encoding="utf-8")
    path = tmp_path / "measurement.toml"
    path.write_text(text.replace("days_above = { relative = 0.30 }", ""), encoding="utf-8")
    with pytest.raises(itp.ParameterFileError, match="margins lacks days_above"):
        read_defaults(path)
    path.write_text(text.replace("{ relative = 0.30 }", "{ relative = -1 }"), encoding="utf-8")
    with pytest.raises(itp.ParameterFileError, match="duration relative is -1"):
        read_defaults(path)


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        ('"gibberish"', "evidence: no entry 'gibberish'"),
        ('"measured"', "is measured and has no source"),
        ('"measured"\nsource = "ROBAK2009"', "is measured and has no locator"),
        ('"measured"\nsource = "NO_SUCH"\nlocator = "p. 1"', "source: no entry 'NO_SUCH'"),
    ],
)
def test_noise_needs_grounds(tmp_path: Path, evidence: str, words: str) -> None:
    text = (params_dir() / "trials" / "measurement.toml").read_text(encoding="utf-8")
    path = tmp_path / "measurement.toml"
    path.write_text(text.replace('evidence = "assumed"', f"evidence = {evidence}"), encoding="utf-8")
    with pytest.raises(itp.ParameterFileError, match=words):
        read_defaults(path)


def test_left_out_records_say_why(tmp_path: Path) -> None:
    assert excluded(tmp_path) == {}
    path = tmp_path / "excluded.toml"
    path.write_text('[A1]\nsource = "ROBAK2009"\nrole = "context"\nreason = "no dose"\n', encoding="utf-8")
    assert excluded(tmp_path)["A1"].reason == "no dose"
    for content, words in (
        ('source = "ROBAK2009"\nrole = "context"', "lacks reason"),
        ('source = "NO_SUCH"\nrole = "context"\nreason = "no dose"', "source: no entry 'NO_SUCH'"),
        ('source = "ROBAK2009"\nrole = "contxt"\nreason = "no dose"', "role: no entry 'contxt'"),
    ):
        path.write_text(f"[A1]\n{content}\n", encoding="utf-8")
        with pytest.raises(itp.ParameterFileError, match=rf"excluded\.toml, \[A1\] {words}"):
            excluded(tmp_path)


def test_files_that_are_no_trials_are_passed_over(tmp_path: Path) -> None:
    for name in ("b.toml", "a.toml", "measurement.toml", "excluded.toml", "a.md"):
        (tmp_path / name).touch()
    assert [path.name for path in files(tmp_path)] == ["a.toml", "b.toml"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['old']} -> {row['new']}"[:70])
def test_slips(row: dict[str, Any], tmp_path: Path) -> None:
    path = written(
        tmp_path, (row["old"], row["new"].replace("\\n", "\n")), *([tuple(row["also"])] if "also" in row else [])
    )
    with pytest.raises(itp.ParameterFileError) as found:
        load_trial(path)
    message = str(found.value)
    assert str(path) in message
    for words in row["words"]:
        assert words in message
    assert "\n" not in message
    assert len(message) < 900


def test_the_table_of_slips_is_long_and_every_key_of_an_endpoint_is_in_it() -> None:
    assert len(ROWS) >= 80
    assert len({(row["old"], row["new"]) for row in ROWS}) == len(ROWS)
    said = " ".join(row["old"] + row["new"] for row in ROWS)
    own = {"criterion", "locator", "note", "title"}
    assert [one.name for one in fields(Endpoint) if one.name not in own and one.name not in said] == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "lacks trial"),
        (b"trial = 3", "lacks entry"),
        (b"[trial", "is not valid TOML"),
        (b"\xff\xfe[", "UTF-16"),
        (b"#" * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_files_that_are_no_trial_files(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "made_up.toml"
    path.write_bytes(content)
    with pytest.raises(itp.ParameterFileError, match=words):
        load_trial(path)


def test_random_damage_ends_in_a_typed_error(tmp_path: Path) -> None:
    chance = random.Random(1)
    path = tmp_path / "made_up.toml"
    refused = 0
    for _ in range(150):
        text = list(TEXT)
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(text))
            text[at : at + chance.choice([0, 1, 1, 5])] = chance.choice(
                ["", "=", '"', "[", "{", "9", "nan", "\n", "true"]
            )
        path.write_text("".join(text), encoding="utf-8")
        try:
            load_trial(path)
        except itp.ParameterFileError as error:
            refused += 1
            assert str(path) in str(error)
    assert refused > 75
