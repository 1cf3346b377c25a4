"""What was published about harm of IVIG in the doses that are compared; the model simulates none of it."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from itp_sim.errors import ParameterFileError
from itp_sim.evidence import grounds, sources
from itp_sim.files import Stamp, params_dir, stamp
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.tables import Table, number, one_of, sections, text, whole

if TYPE_CHECKING:
    import pandas as pd

FILE = "safety.toml"
EVIDENCE = ("measured", "assumed")
#: What a share is of.
OF = ("patients", "infusions")


class Harm(NamedTuple):
    """One published share."""

    event: str
    percent: float
    of: str
    n: int | None  #: number of them; None: not said
    dose: str
    who: str
    product: str
    evidence: str
    source: str
    locator: str
    note: str


def adverse_events() -> "pd.DataFrame":
    """Return published shares with an adverse event after 1 or 2 g/kg, as printed.

    Groups of different trials: what is between two rows is product, premedication, rate, who was asked and how, before
    it is the dose. No row compares doses.

    Returns
    -------
    pandas.DataFrame
        One row a number: event, percent, of what and of how many (`n`, missing where not said), dose, who, product,
        citation, locator, note. `attrs` carry the research-only statement.

    Raises
    ------
    ParameterFileError
        If ``params/safety.toml`` breaks its format.
    """
    import pandas as pd

    path = params_dir() / FILE
    known = sources()
    rows = {
        key: {**one._asdict(), "citation": "; ".join(known[name].citation for name in one.source.split("; "))}
        for key, one in _read(path, stamp(path))
    }
    table = pd.DataFrame.from_dict(rows, orient="index").astype({"n": "Int64"})
    columns = ["event", "percent", "of", "n", "dose", "who", "product", "citation", "locator", "note"]
    table = table[columns].sort_values(["event", "percent"], kind="stable")
    table.attrs = {"notice": RESEARCH_ONLY}
    return table


@lru_cache(maxsize=4)
def _read(path: Path, _: Stamp) -> tuple[tuple[str, Harm], ...]:
    return read_harms(path)


def read_harms(path: Path) -> tuple[tuple[str, Harm], ...]:
    """Read a file of published shares by key; its first lines say the format.

    Raises
    ------
    ParameterFileError
        If it breaks the format.
    """
    needed = ("event", "percent", "of", "dose", "who", "product", "evidence")
    found = sections(path, required=needed, optional=("n", "source", "locator", "note"))
    if not found:
        raise ParameterFileError(f"{path} has no number: write a table for each")
    return tuple((key, _harm(table)) for key, table in found.items())


def _harm(given: Table) -> Harm:
    known = grounds(given, EVIDENCE, sources())
    return Harm(
        percent=given.read("percent", number, 0.0, 100.0, "%"),
        of=given.read("of", one_of, OF),
        n=given.get("n", whole, 1, 1_000_000),
        evidence=known.evidence,
        source="; ".join(known.source),
        locator=known.locator,
        note=known.note,
        **{name: given.read(name, text) for name in ("event", "dose", "who", "product")},
    )
