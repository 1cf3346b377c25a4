"""The blocks of params/README.md run as they stand: a population of one's own, and a trial."""

import re
from pathlib import Path

import pytest

import itp_sim as itp

PAGE = (Path(__file__).parents[2] / "params" / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, flags=re.DOTALL)


def test_a_population_of_its_blocks_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = blocks("python")
    parts = [block for block in blocks("toml") if not block.startswith("[trial]")]
    assert len(parts) == 4
    monkeypatch.chdir(tmp_path)
    Path("my_clinic.toml").write_text("\n".join(parts), encoding="utf-8")
    names: dict[str, object] = {}
    exec(compile(code, "params/README.md", "exec"), names)
    patient = names["patient"]
    assert isinstance(patient, itp.Patient)
    written = re.search(r"\[TL\].*?value += ([\d.]+)", PAGE, flags=re.DOTALL)
    assert written and patient.parameters.TL == float(written[1])
    people = itp.virtual_patients("my_clinic.toml", n=2000)
    assert people["CL"].corr(people["V1"]) > 0.2


def test_its_trial_is_run(tmp_path: Path) -> None:
    (block,) = (block for block in blocks("toml") if block.startswith("[trial]"))
    path = tmp_path / "my_trial.toml"
    path.write_text(block, encoding="utf-8")
    trial = itp.load_trial(path)
    assert [arm.title for arm in trial.arms.values()] == [f"{dose} g/kg" for dose in ("0.5", "1")]
    assert trial.title.endswith("0.5 or 1 g/kg")
    table = itp.run_trial(trial, n=50)
    assert table.index.tolist() == ["response_day_4"]
    assert 0 <= table["simulated"]["response_day_4"] <= 100
