"""What is true of a subject: weight, height, sex, and other numbers."""

from collections.abc import Callable, Sequence

from itp_sim import checks
from itp_sim.nmtran.cells import ANY, Row
from itp_sim.nmtran.subjects import HEIGHT


def weight(row: Row) -> float | None:
    """Body weight [kg], None if it is missing."""
    slip = ""
    given = row.number("WT", *ANY)
    if given is not None and 500.0 <= given <= 400_000.0:
        slip = f"if it is in grams, write {given / 1000.0:g}"
    return row.number("WT", 0.5, 400.0, "kg", hint=slip)


def height(row: Row) -> float | None:
    """Height [cm], None if it is missing."""
    given = row.number("HT", *ANY)
    metres = given is not None and 0.25 <= given <= 2.5
    return row.number(
        "HT", *HEIGHT, "cm", hint=f"if it is in metres, write {100.0 * (given or 0.0):g}" if metres else ""
    )


def sex(row: Row) -> str | None:
    """F or M, None if it is missing."""
    given = row.label("SEX")
    if given is None:
        return None
    found = {"f": "F", "female": "F", "m": "M", "male": "M"}.get(given.strip().casefold())
    if found is None:
        raise row.fault("SEX", f"is {checks.shown(given)}: write F or M; studies number them differently")
    return found


def reader(column: str, others: Sequence[str]) -> Callable[[Row], float | None]:
    """The reader of a covariate, which is one of `others`."""

    def read(row: Row) -> float | None:
        if _words(row, column):
            texts = [name for name in others if _words(row, name)]
            what = "the column" if len(texts) == 1 else "columns of text"
            raise row.fault(
                column,
                f"is {checks.shown(row.label(column))}: covariates are numbers; leave {what} out by drop={texts!r}",
            )
        return row.number(column, *ANY)

    return read


def _words(row: Row, column: str) -> bool:
    """Whether a cell holds words, but for those that stand for what is missing."""
    cell = row.cells.get(column)
    text = cell.strip() if isinstance(cell, str) else ""
    return text[:1].isalpha() and text.casefold() not in {"na", "nan", "nd", "null", "none"}
