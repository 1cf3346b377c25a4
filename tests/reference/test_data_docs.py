"""docs/data.md says what the code does: its columns are those that are read, its lines run, its example is read."""

import re
import shutil
from pathlib import Path

import pytest

import itp_sim as itp
from itp_sim.nmtran.columns import COLUMNS, UNSUPPORTED
from itp_sim.nmtran.rows import MAX_BYTES, MAX_ROWS
from itp_sim.nmtran.units import (
    COUNTS,
    FASTEST,
    LEAST_COUNT,
    LONGEST_INFUSION,
    LONGEST_UNSAID,
    MOST,
    MOST_PER_KG,
    like_hours,
)

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "data.md").read_text(encoding="utf-8")
EXAMPLE = DOCS / "examples" / "patient07.csv"


def test_the_columns_are_those_that_are_read() -> None:
    listed = re.findall(r"^\| ([A-Z0-9]+) \| (.*) \|$", TEXT, flags=re.MULTILINE)
    assert dict(listed) == dict(COLUMNS)
    assert len(listed) == len(COLUMNS)


def test_limits_and_what_is_refused_are_as_said() -> None:
    words = " ".join(TEXT.split())
    assert f"at most {MOST_PER_KG:g} g/kg ({MOST:g} g where the weight is not known)" in words
    assert f"at most {LONGEST_INFUSION:g} days, at no more than {FASTEST / 1000:g} kg a day" in words
    assert f"up to {MAX_BYTES / 1e6:g} MB and {MAX_ROWS:,} rows" in words
    assert all(name in words for name in UNSUPPORTED if name in {"CENS", "LIMIT", "L2", "CALL", "PCMT"})


def test_times_like_hours_are_as_said() -> None:
    words = " ".join(TEXT.split())
    assert "times of a subject that are all multiples of 24, three or more of them after 0;" in words
    assert like_hours([0, 24, 48, 72])
    assert like_hours([240, 24, 480])
    assert not like_hours([0, 24, 48])
    assert not like_hours([0, 24, 24, 240])
    assert not like_hours([0, 24, 48, 72, 73])
    (others,) = re.findall(r"Other times in hours, such as ([\d, ]+), are read as days in silence", words)
    assert not like_hours(float(time) for time in others.split(", "))


def test_its_lines_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow")
    from matplotlib import pyplot as plt

    (tmp_path / "docs" / "examples").mkdir(parents=True)
    shutil.copy(EXAMPLE, tmp_path / "docs" / "examples")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        exec(compile(block, "data.md", "exec"), names)
    plt.close("all")
    assert {path.name for path in tmp_path.iterdir()} >= {"cohort.csv", "run.nc", "run.parquet"}


def test_the_rows_on_the_page_are_read_and_the_file_is_where_it_says(tmp_path: Path) -> None:
    (block,) = re.findall(r"```csv\n(.*?)```", TEXT, flags=re.DOTALL)
    (tmp_path / "rows.csv").write_text(block, encoding="utf-8")
    (shown,), (whole,) = itp.read_nmtran(tmp_path / "rows.csv"), itp.read_nmtran(EXAMPLE)
    assert shown.infusions == whole.infusions
    assert shown.weight_kg == whole.weight_kg
    assert set(shown.observations) < set(whole.observations)
    assert (DOCS.parent / re.findall(r'read_nmtran\("(.*?)"\)', TEXT)[0]).samefile(EXAMPLE)


def test_slips_of_unit_are_as_said() -> None:
    words = " ".join(TEXT.split())
    assert f"an infusion of more than {LONGEST_UNSAID:g} day," in words
    assert f"every count is below {LEAST_COUNT:g}:" in words
    assert all(f'"{unit}"' in words for unit in COUNTS)


def test_the_example_is_labelled_and_read() -> None:
    assert "Synthetic, not a person" in EXAMPLE.read_text(encoding="utf-8").splitlines()[0]
    (subject,) = itp.read_nmtran(EXAMPLE)
    assert subject.id == "7"
    assert [given.grams for given in subject.infusions] == [80.0]
    assert len(subject.observations) >= 8
    assert {seen.kind for seen in subject.observations} == {"platelets", "igg"}
