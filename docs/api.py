"""Write docs/api.md from the docstrings of the public names: ``python docs/api.py``."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import itp_sim

PAGE = Path(__file__).with_name("api.md")
HEAD = """# Public names

Written by `python docs/api.py` from the docstrings. What is not listed here is private and may change at any time.

For research and education only. Not for choosing a dose or treating a patient.
"""


def page() -> str:
    """The page as it must be now."""
    names = sorted(itp_sim.__all__, key=str.casefold)
    index = "\n".join(f"- [`itp_sim.{name}`](#{_anchor(f'itp_sim.{name}')})" for name in names if name != "__version__")
    return "\n".join([HEAD, index, "", *(line for name in names for line in _entry(name))]).rstrip() + "\n"


def _entry(name: str) -> Iterator[str]:
    value = getattr(itp_sim, name)
    if isinstance(value, ModuleType):
        public = getattr(value, "__all__", None) or [n for n in vars(value) if _own(value, n)]
        yield from _documented(f"itp_sim.{name}", value)
        for one in sorted(public, key=str.casefold):
            yield from _documented(f"itp_sim.{name}.{one}", getattr(value, one), level="###")
    elif name != "__version__":
        yield from _documented(f"itp_sim.{name}", value)


def _documented(name: str, value: object, *, level: str = "##") -> Iterator[str]:
    said = inspect.getdoc(value) if callable(value) or isinstance(value, ModuleType) else f"A {type(value).__name__}."
    yield from (f"{level} {name}", "")
    if callable(value) and (signature := _signature(value)):
        yield from ("```python", f"{name.rsplit('.', 1)[1]}{signature}", "```", "")
    first, _, rest = (said or "").partition("\n\n")
    yield from (" ".join(first.split()), "")
    if rest:
        yield from ("```text", rest, "```", "")


def _signature(value: object) -> str:
    try:
        said = str(inspect.signature(value))  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return ""
    # Where a class is kept differs between releases of pandas and of Python.
    return re.sub(r"\bpandas\.core\.(?:frame|series)\.", "pandas.", said).replace("pathlib._local.", "pathlib.")


def _own(module: ModuleType, name: str) -> bool:
    value = vars(module)[name]
    return not name.startswith("_") and getattr(value, "__module__", None) == module.__name__


def _anchor(heading: str) -> str:
    return "".join(c for c in heading.lower() if c.isalnum() or c in "_- ").replace(" ", "-")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
