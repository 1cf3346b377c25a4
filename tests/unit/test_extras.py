"""What extras hold, and the hint where one is missing: it works for a wheel as for a checkout."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from itp_sim import extras

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def absent(name: str) -> list[str]:
    raise PackageNotFoundError(name)


def of_checkout(_: str) -> list[str]:
    """What an installation of this checkout says of itself."""
    optional = PROJECT["optional-dependencies"].items()
    more = [f"{line}; extra == '{extra}'" for extra, lines in optional for line in lines]
    return [*PROJECT["dependencies"], *more]


def test_all_extras_of_a_user_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "requires", of_checkout)
    found = extras.requirements()
    assert found.pop("") == tuple(PROJECT["dependencies"])
    assert found == {extra: tuple(lines) for extra, lines in PROJECT["optional-dependencies"].items()}
    assert {"numpy", "zarr", "pyarrow", "emcee", "ipywidgets", "python-libsbml"} <= set(extras.packages())
    assert not {"pytest", "ruff", "jax", "itp_sim"} & set(extras.packages())


def test_metadata_are_read_however_they_are_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_without_any_metadata_the_checkout_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "requires", absent)
    assert extras.packages() == ()
    assert 'pip install ".[bayes]" in the checkout' in str(extras.missing("bayes", "a", "b"))


def test_extras_that_are_asked_for_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "requires", of_checkout)
    text = "".join(path.read_text(encoding="utf-8") for path in Path(extras.__file__).parent.rglob("*.py"))
    asked = set(re.findall(r"raise missing\(\s*\"(\w+)\"", text))
    assert len(asked) > 3
    assert asked <= set(extras.EXTRAS) <= set(PROJECT["optional-dependencies"])
    for extra in extras.EXTRAS:
        said = str(extras.missing(extra, "a", "b"))
        assert all(f'"{line}"' in said for line in PROJECT["optional-dependencies"][extra])
