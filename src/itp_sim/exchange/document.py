"""Templates that are printed from the equations, filled and written whole."""

import re
from collections.abc import Mapping
from pathlib import Path

from itp_sim.errors import ItpError
from itp_sim.files import written_whole
from itp_sim.solve import engines

_PLACE = re.compile(r"\{\{([\w ]+)\}\}")


def write(text: str, file: Path) -> Path:
    """Write `text` whole or not at all; return the file.

    Raises
    ------
    ItpError
        If the file cannot be written.
    """
    with written_whole(file, what=f"the model {str(file)!r}") as draft:
        draft.write_text(text, encoding="utf-8", newline="\n")
    return file


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
