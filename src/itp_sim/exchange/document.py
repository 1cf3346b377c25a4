"""Templates that are printed from the equations, filled, and the model that is made of them."""

import re
from collections.abc import Mapping
from pathlib import Path

from itp_sim.errors import ItpError
from itp_sim.solve import engines
from itp_sim.writing import write_text

_PLACE = re.compile(r"\{\{([\w ]+)\}\}")


def write(text: str, file: Path) -> Path:
    """Write the text of a model whole or not at all; return the file.

    Raises
    ------
    ItpError
        If the file cannot be written.
    """
    return write_text(text, file, what=f"the model {str(file)!r}")


def filled(template: str, places: Mapping[str, str]) -> str:
    """Text of a packaged template without its first line, which says that it is generated, and with `places` filled.

    Raises
    ------
    ItpError
        If the equations were edited and what is printed from them not yet renewed.
    """
    if not engines.up_to_date():
        raise ItpError(f"the equations were edited, and the export would still say the old ones: {engines.RENEW} first")
    whole = (Path(__file__).parent / template).read_text(encoding="utf-8")
    return _PLACE.sub(lambda found: places[found[1]], whole.split("\n", 1)[1])
