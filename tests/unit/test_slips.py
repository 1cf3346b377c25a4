"""Did you mean: a name with a slip of one letter, in another case or with other separators leads to the name."""

import re
from collections.abc import Callable, Iterator

import pytest

import itp_sim as itp
from itp_sim import checks, cli
from itp_sim.catalogue import products
from itp_sim.cli.parser import parser
from itp_sim.equations import Outputs, Parameters
from itp_sim.parameters import parameter_name, populations
from itp_sim.response import DEFINITIONS
from itp_sim.solve import ENGINES
from itp_sim.trials.read import trials

SHELL = parser()


def command(name: str) -> None:
    cli._run([name], *SHELL)


def figure(name: str) -> None:
    itp.figures.draw(name)


def output(name: str) -> None:
    itp.simulate(itp.typical_patient(), None, days=1, outputs=[name])


def engine(name: str) -> None:
    itp.simulate(itp.typical_patient(), None, days=1, engine=name)


def definition(name: str) -> None:
    checks.name("definition", name, DEFINITIONS)


#: What is named, and who is asked.
LISTS: dict[str, tuple[tuple[str, ...], Callable[[str], object]]] = {
    "population": (populations(), itp.typical_patient),
    "product": (tuple(products().index), itp.product),
    "parameter": (Parameters._fields, parameter_name),
    "trial": (trials(), itp.load_trial),
    "command": (tuple(SHELL[1]), command),
    "figure": (tuple(itp.figures.list()), figure),
    "output": (Outputs._fields, output),
    "engine": (ENGINES, engine),
    "definition": (tuple(DEFINITIONS), definition),
}


def slips(name: str) -> Iterator[str]:
    """A letter left out, doubled, changed, or exchanged with the next one."""
    for i, letter in enumerate(name):
        yield name[:i] + name[i + 1 :]
        yield name[:i] + letter + name[i:]
        yield name[:i] + ("x" if letter != "x" else "z") + name[i + 1 :]
        if i + 1 < len(name) and name[i + 1] != letter:
            yield name[:i] + name[i + 1] + letter + name[i + 2 :]


def answered(ask: Callable[[str], object], slip: str, name: str) -> str:
    """What was answered to a slip: the name, another one, or nothing useful."""
    try:
        given = ask(slip)
    except itp.UnknownNameError as error:
        said = str(error)
        found = re.search(r"did you mean '(.*?)'\?", said)
        # A slip may be one letter from two names.
        return "named" if found and (found[1] == name or checks._one_slip(slip, found[1])) else said
    return "named" if getattr(given, "name", None) == name else "taken for another name"


#: Shorter names have neighbours at one letter, such as V1 and V2.
SHORTEST = 5


@pytest.mark.parametrize("kind", LISTS)
def test_every_slip_of_one_letter(kind: str, record_property: Callable[[str, object], None]) -> None:
    names, ask = LISTS[kind]
    wrong, tried = {}, 0
    for name in names:
        if len(name) < SHORTEST:
            continue
        for slip in dict.fromkeys(slips(name)):
            if checks._fold(slip) in {checks._fold(n) for n in names}:
                continue  # another name, or the same but for a separator
            tried += 1
            found = answered(ask, slip, name)
            if found != "named":
                wrong[slip, name] = found
    record_property("slips", tried)
    assert wrong == {}


@pytest.mark.parametrize("kind", LISTS)
def test_case_and_separators_do_not_matter(kind: str) -> None:
    names, _ = LISTS[kind]
    for name in names:
        for other in (name.upper(), name.lower(), name.title(), name.replace("_", " "), name.replace("_", "-")):
            assert checks.name(kind, other, names) == name
