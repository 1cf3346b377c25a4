"""Exceptions: one root, and children that also are the built-in a caller expects."""


class ItpError(Exception):
    """Anything that itp_sim refuses or fails to do."""


class InputError(ItpError, ValueError):
    """A value that cannot be used: says which, what was found, what is allowed and the way out."""


class UnknownNameError(InputError, KeyError):
    """A name that does not exist: says the nearest one that does."""

    def __str__(self) -> str:  # KeyError would print the message in quotes
        return str(self.args[0]) if self.args else ""


class ParameterFileError(InputError):
    """A file of numbers that breaks its format: says file, key and what is allowed."""


class TableError(InputError):
    """A table of doses and counts that breaks its format: says row, column and the way out.

    Parameters
    ----------
    message
        What is said.
    row
        Line of the file, or row of a data frame counted from 1; None for the table as a whole.
    column
        Name of the column; None for the row as a whole.
    """

    def __init__(self, message: str, *, row: int | None = None, column: str | None = None) -> None:
        super().__init__(message)
        self.row = row
        self.column = column


class SolverError(ItpError, RuntimeError):
    """An integration that did not finish or did not deliver its dose: says which patient, when and why."""


class BudgetError(SolverError, TimeoutError):
    """A run that was stopped at its limit of steps or seconds."""


class StoreError(ItpError, OSError):
    """A store of results that cannot be read or written: says where, why, and how to go on."""


class MissingExtraError(ItpError, ImportError):
    """A function that needs an optional package: says what to install."""
