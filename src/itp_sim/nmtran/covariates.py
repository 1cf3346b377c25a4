"""What is true of a subject: weight, height, sex, and other numbers."""

from collections.abc import Callable

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


def reader(column: str) -> Callable[[Row], float | None]:
    """The reader of a covariate."""

    def read(row: Row) -> float | None:
        if isinstance(row.cells.get(column), str) and row.has(column):
            text = row.label(column) or ""
            if text.strip()[:1].isalpha() and text.strip().casefold() not in {"na", "nan", "nd", "null", "none"}:
                raise row.fault(
                    column,
                    f"is {checks.shown(text)}: covariates are numbers; leave the column out by drop=[{column!r}]",
                )
        return row.number(column, *ANY)

    return read
