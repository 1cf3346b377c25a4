"""Docstrings: what they name exists, and the public face is documented whole; three positional arguments at most."""

import ast
import builtins
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import itp_sim
from itp_sim import figures, plots

SOURCE = Path(itp_sim.__file__).parent
#: Headings of numpydoc that are used here, in their order.
HEADINGS = ("Summary", "Parameters", "Returns", "Raises", "Warns", "Notes")
MOST_POSITIONAL = 3
#: Public functions that refuse nothing.
RAISE_NOTHING = {"figures.list", "plots.reservoir"}
#: Arguments that no user writes: they catch misspelt names.
CAUGHT = {"unknown"}


def sections(doc: str) -> dict[str, str]:
    """Sections of a docstring by heading, in their order; what comes before them is "Summary"."""
    parts = re.split(r"^([A-Z]\w+)\n-+$", inspect.cleandoc(doc), flags=re.MULTILINE)
    return {"Summary": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def entries(section: str) -> list[tuple[list[str], str]]:
    """Names of a section that share a description, with the description."""
    found = re.findall(r"^(\S.*)\n((?:[ \t].*\n|\n)*)", section.strip("\n") + "\n", flags=re.MULTILINE)
    return [([name.strip().lstrip("*") for name in head.split(",")], said.strip()) for head, said in found]


def names(section: str) -> list[str]:
    return [name for together, _ in entries(section) for name in together]


def arguments(node: ast.FunctionDef | ast.ClassDef) -> list[str]:
    """Names of what a function takes, without `self`; of a class, those of ``__init__``, else its annotated fields."""
    if isinstance(node, ast.ClassDef):
        for inner in node.body:
            if isinstance(inner, ast.FunctionDef) and inner.name == "__init__":
                return arguments(inner)
        fields = [one.target for one in node.body if isinstance(one, ast.AnnAssign)]
        return [field.id for field in fields if isinstance(field, ast.Name)]
    given = node.args
    several = [*given.posonlyargs, *given.args, *filter(None, [given.vararg]), *given.kwonlyargs]
    several += filter(None, [given.kwarg])
    return [one.arg for one in several if one.arg not in {"self", "cls"}]


def returns(node: ast.FunctionDef | ast.ClassDef) -> bool:
    given = node.returns if isinstance(node, ast.FunctionDef) else None
    return given is not None and ast.unparse(given) not in {"None", "NoReturn"}


def is_error(name: str) -> bool:
    found = getattr(itp_sim, name, None) or getattr(builtins, name, None)
    return isinstance(found, type) and issubclass(found, BaseException)


def faults(node: ast.FunctionDef | ast.ClassDef) -> list[str]:
    """What a docstring says that is not so, or leaves out where it begins a list."""
    found = sections(ast.get_docstring(node) or "")
    wrong = [f"no section {name}" for name in found if name not in HEADINGS]
    if [*found] != sorted(found, key=[*HEADINGS, *found].index):
        wrong.append("the sections are not in the order of numpydoc")
    if "Parameters" in found:
        taken = [name for name in arguments(node) if name not in CAUGHT]
        if sorted(names(found["Parameters"])) != sorted(taken):
            wrong.append(f"documents {names(found['Parameters'])}, takes {taken}")
        else:
            firsts = [together[0] for together, _ in entries(found["Parameters"])]
            wrong += ["the parameters are in another order"] * (firsts != sorted(firsts, key=taken.index))
    raised = [name for heading in ("Raises", "Warns") for name in names(found.get(heading, ""))]
    wrong += [f"no error {name}" for name in raised if not is_error(name)]
    listed = [one for heading in ("Parameters", "Raises", "Warns") for one in entries(found.get(heading, ""))]
    wrong += [f"says nothing of {' and '.join(together)}" for together, said in listed if not said]
    if "Returns" in found and not returns(node):
        wrong.append("returns nothing")
    return wrong


def documented() -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                yield f"{path.relative_to(SOURCE)}: {node.name}", node


def public() -> dict[str, Any]:
    """Public functions, classes that are no errors, and their public methods, by the name that a user writes."""
    found: dict[str, Any] = {}
    homes: list[tuple[str, ModuleType]] = [("itp_sim", itp_sim), ("plots", plots), ("figures", figures)]
    for prefix, home in homes:
        for name in home.__all__:
            value = getattr(home, name)
            if callable(value) and not (isinstance(value, type) and issubclass(value, BaseException)):
                found[f"{prefix}.{name}"] = value
    for name, value in [*found.items()]:
        if isinstance(value, type):
            methods = {key: one for key, one in vars(value).items() if inspect.isfunction(one) and key[0] != "_"}
            found |= {f"{name}.{key}": one for key, one in methods.items()}
    return found


PUBLIC = public()


def written(value: Any) -> list[inspect.Parameter]:
    """What a user may write."""
    return [one for one in inspect.signature(value).parameters.values() if one.name not in {"self", *CAUGHT}]


def test_docstrings_name_what_exists() -> None:
    wrong = {where: found for where, node in documented() if (found := faults(node))}
    assert wrong == {}


@pytest.mark.parametrize(
    "code",
    [
        'def f(a, b):\n "A.\n\nParameters\n----------\na\n    First.\n"',
        'def f(a, b):\n "A.\n\nParameters\n----------\nb\n    Second.\na\n    First.\n"',
        'def f(a):\n "A.\n\nParameters\n----------\na\n    First.\nc\n    Gone.\n"',
        'def f(a):\n "A.\n\nParameters\n----------\na\n"',
        'def f(a):\n "A.\n\nParameter\n---------\na\n    First.\n"',
        'def f(a):\n "A.\n\nRaises\n------\nWrongError\n    Always.\n"',
        'def f(a):\n "A.\n\nRaises\n------\nInputError\n    Always.\n\nParameters\n----------\na\n    First.\n"',
        'def f(a) -> None:\n "A.\n\nReturns\n-------\nint\n    Never.\n"',
        'def f(a):\n "A.\n\nParameters\n----------\na\n    First.\n\nReturns\n-------\nint\n    Never.\n"',
        'class C:\n "A.\n\nParameters\n----------\na\n    First.\n"\n a: int\n b: int',
    ],
)
def test_each_fault_is_seen(code: str) -> None:
    (node,) = ast.parse(code.replace('"', '"""')).body
    assert isinstance(node, ast.FunctionDef | ast.ClassDef)
    assert len(faults(node)) == 1


@pytest.mark.parametrize("name", PUBLIC)
def test_public_face_is_documented(name: str) -> None:
    value = PUBLIC[name]
    found = sections(inspect.getdoc(value) or "")
    assert found["Summary"].strip()
    assert {one.name for one in written(value)} == set(names(found.get("Parameters", "")))
    assert isinstance(value, type) or "Returns" in found
    assert isinstance(value, type) or ("Raises" in found) != (name in RAISE_NOTHING)


@pytest.mark.parametrize("name", PUBLIC)
def test_public_face_takes_few_positional_arguments(name: str) -> None:
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    assert sum(one.kind in by_place for one in written(PUBLIC[name])) <= MOST_POSITIONAL
