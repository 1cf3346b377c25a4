"""One patient under one regimen for users of R: a model file for mrgsolve, a script for rxode2."""

from collections.abc import Iterable
from os import PathLike
from pathlib import Path

from itp_sim import checks
from itp_sim.design import Arm
from itp_sim.exchange import about
from itp_sim.exchange.case import Case, case, doses
from itp_sim.exchange.document import filled, write
from itp_sim.patient_table import Patients

#: Said at the head of both.
_NOT_RUN = "Not validated: itp_sim has never run this file in R; its text was compared with the equations."
#: Packaged texts of the equations.
MRGSOLVE, RXODE2 = "model.mod", "model.R"


def to_mrgsolve(patient: Patients, regimen: Arm, path: str | PathLike[str]) -> Path:
    """Write one patient under one regimen as a model file for mrgsolve; its head shows how to run it in R.

    Doses are infusions into the compartments IVIG1 and ACT1, in g/L. Not validated: this project has
    never run it in R.

    Parameters
    ----------
    patient
        A patient, or a table with one row, as `simulate` takes them.
    regimen
        A regimen, its text, or None for no treatment.
    path
        File to write, ending in ``.mod``; an older file stays until the new one is complete.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        If patient, regimen or path cannot be used.
    ItpError
        If the file cannot be written, or the equations were edited and the exported model not yet renewed.
    """
    file = checks.file_to_write("path", path, (".mod",))
    return write(mrgsolve(case(patient, regimen), file.stem), file)


def to_rxode2(patient: Patients, regimen: Arm, path: str | PathLike[str]) -> Path:
    """Write one patient under one regimen as an R script that solves it with rxode2.

    Not validated: this project has never run it in R.

    Parameters
    ----------
    patient, regimen
        As in :func:`to_mrgsolve`.
    path
        File to write, ending in ``.R``; an older file stays until the new one is complete.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError, ItpError
        As :func:`to_mrgsolve`.
    """
    file = checks.file_to_write("path", path, (".R",))
    return write(rxode2(case(patient, regimen)), file)


def mrgsolve(who: Case, name: str = "itp") -> str:
    """Text of the model file, called `name`."""
    numbers = [str(compartment) for *_, compartment in doses(who)]
    table = _doses(who, numbers, "ID = 1, evid = 1,") if numbers else []
    given = "mrgsim_d(model, doses" if numbers else "mrgsim(model"
    run = [
        "In R:",
        "library(mrgsolve)",
        f'model <- mread("{name}")',
        *table,
        f"run <- {given}, end = 42, delta = 0.125)",
    ]
    return filled(MRGSOLVE, _values(who) | {"about": "\n".join([about.title(who), *about.told(who), _NOT_RUN, *run])})


def rxode2(who: Case) -> str:
    """Text of the script."""
    places = {
        "about": "\n".join(f"# {line}" for line in [about.title(who), *about.told(who), _NOT_RUN]),
        "doses": "\n".join(_doses(who, [f'"{list(who.start._fields)[c - 1]}"' for *_, c in doses(who)])),
    }
    return filled(RXODE2, _values(who) | places)


def _values(who: Case) -> dict[str, str]:
    return {f"value {name}": repr(value) for name, value in who.given.items()}


def _doses(who: Case, compartments: list[str], more: str = "") -> list[str]:
    """Lines of R that make a table of the doses."""
    day, amount, rate, _ = zip(*doses(who), strict=True) if doses(who) else ((),) * 4
    columns = {"time": map(repr, day), "amt": map(repr, amount), "rate": map(repr, rate), "cmt": compartments}
    rows = ",\n".join(f"  {name} = {_vector(values)}" for name, values in columns.items())
    return ["doses <- data.frame(", *([f"  {more}"] if more else []), rows, ")"]


def _vector(values: Iterable[str]) -> str:
    return f"c({', '.join(values)})".replace("c()", "numeric(0)")
