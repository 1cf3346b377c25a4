"""What extras hold, and the hint where one is missing: it works for a wheel as for a checkout."""

import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from itp_sim import extras

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def absent(name: str) -> list[str]:
    raise PackageNotFoundError(name)


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The package outside a checkout."""
    monkeypatch.setattr(extras, "__file__", str(tmp_path / "lib" / "itp_sim" / "extras.py"))
    return tmp_path


@pytest.mark.parametrize("asked", [absent, lambda _: ["old>=1; extra == 'scale'"]])
def test_a_checkout_knows_its_extras(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "requires", asked)
    found = extras.requirements()
    assert found.pop("") == tuple(PROJECT["dependencies"])
    assert found == {extra: tuple(lines) for extra, lines in PROJECT["optional-dependencies"].items()}


def test_the_metadata_of_a_wheel_are_read(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (installed / "pyproject.toml").write_text('[project]\nname = "another"\n', encoding="utf-8")
    written = [
        "numpy>=1.26",
        "zarr>=3.1; extra == 'scale'",
        'dask>=2; python_version > "3" and extra == "scale"',
        "ruff~=0.1; extra == 'dev'",
    ]
    monkeypatch.setattr(extras, "requires", lambda _: written)
    assert extras.requirements() == {"": ("numpy>=1.26",), "scale": ("zarr>=3.1", "dask>=2"), "dev": ("ruff~=0.1",)}
    assert extras.packages() == ("numpy", "zarr", "dask")
    said = str(extras.missing("scale", "curves need zarr", "do without"))
    assert said == 'curves need zarr: pip install "zarr>=3.1" "dask>=2" (the extra scale), or do without'


@pytest.mark.usefixtures("installed")
def test_without_any_metadata_the_checkout_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "requires", absent)
    assert extras.packages() == ()
    assert 'pip install ".[bayes]" in the checkout' in str(extras.missing("bayes", "a", "b"))


@pytest.mark.parametrize("extra", ["bayes", "files", "notebooks", "scale"])
def test_extras_that_are_asked_for_exist(extra: str) -> None:
    assert all(line.split(">=")[0] in str(extras.missing(extra, "a", "b")) for line in extras.requirements()[extra])
    assert extra in PROJECT["optional-dependencies"]
    assert set(extras.DEVELOPMENT) < set(PROJECT["optional-dependencies"])
