"""The lines of Python in README.md run as they stand, in order; only the numbers of patients are smaller here."""

import re
from pathlib import Path

import pytest

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
FEWER = {"n=1000,": "n=60,", "n=600)": "n=60)", "n=1_000_000, executor=4": "n=60"}
#: What a machine must have for the block that names it.
ELSEWHERE = ("dask.distributed", "mpi4py")


def blocks() -> list[str]:
    """Blocks of Python that need no cluster."""
    found = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    return [block for block in found if not any(name in block for name in ELSEWHERE)]


def test_the_lines_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("zarr")
    import xarray
    from matplotlib import pyplot as plt

    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {"xarray": xarray, "__name__": "__main__"}
    assert len(blocks()) >= 4
    for block in blocks():
        text = block
        for many, few in FEWER.items():
            text = text.replace(many, few)
        exec(compile(text, "README.md", "exec"), names)
        plt.close("all")
    assert all(many in README for many in FEWER)
    assert {path.name for path in tmp_path.iterdir()} >= {"counts.png", "dose.png", "slide.svg", "cohort.zarr"}
