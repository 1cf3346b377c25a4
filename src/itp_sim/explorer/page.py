"""The explorer as one web page that needs no server and no network."""

import base64
import hashlib
import html
import json
from os import PathLike
from pathlib import Path

from itp_sim import checks
from itp_sim.errors import ItpError
from itp_sim.explorer.page_data import page_data
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.solve import engines
from itp_sim.usual import DEFAULT_POPULATION
from itp_sim.writing import write_text

FOLDER = Path(__file__).parent / "web"
#: The model on the page, without anything of a browser.
MODEL = ("generated.js", "elementary.js", "dosing.js", "follow.js", "solver.js", "run.js")
#: What the browser shows.
VIEW = ("draw.js", "panels.js", "link.js", "save.js", "helpers.js", "controls.js", "results.js", "app.js")


def write_explorer(
    path: str | PathLike[str] = "explorer.html", *, population: str | PathLike[str] = DEFAULT_POPULATION
) -> Path:
    """Write the explorer: one web page, opened from disk, that simulates by itself and asks no network for anything.

    Parameters
    ----------
    path
        File to write, ending in ``.html``; an older file stays until the new one is complete.
    population
        Population whose typical patient is shown.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        If the name does not end in ``.html`` or its folder does not exist.
    UnknownNameError
        If there is no such population.
    ItpError
        If the file cannot be written, or the equations were edited and the page's functions not yet renewed.
    """
    target = checks.file_to_write("path", path, (".html", ".htm"))
    return write_text(page(population), target, what=f"the explorer {str(target)!r}")


def page(population: str | PathLike[str] = DEFAULT_POPULATION) -> str:
    """Return the text of the page; the same for the same package, byte for byte.

    Raises
    ------
    UnknownNameError
        If there is no such population.
    ItpError
        If the equations were edited and the page's functions not yet renewed.
    """
    if not engines.up_to_date():
        raise ItpError(f"the equations were edited, and the page would still solve the old ones: {engines.RENEW} first")
    code = script(population, (*MODEL, *VIEW))
    style = _read("style.css")
    filled = {
        "POLICY": f"default-src 'none'; script-src {_hash(code)}; style-src {_hash(style)}; base-uri 'none'; "
        "form-action 'none'",
        "NOTICE": html.escape(RESEARCH_ONLY),
    }
    text = _read("explorer.html")
    for name, value in filled.items():
        text = text.replace(f"{{{{{name}}}}}", value)
    # Last, so that nothing within them is taken for a place to fill.
    before, between, after = text.split("{{STYLE}}")[0], *text.split("{{STYLE}}")[1].split("{{SCRIPT}}")
    return f"{before}{style}{between}{code}{after}"


def script(population: str | PathLike[str], names: tuple[str, ...] = MODEL) -> str:
    """Return the page's JavaScript from some of its files, with the data that it works on.

    Raises
    ------
    UnknownNameError
        If there is no such population.
    """
    data = json.dumps(page_data(population), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    # A text in the data must not end the script.
    parts = [f"const DATA = {data.replace('<', chr(92) + 'u003c')};", *map(_read, names)]
    return "\n".join(['"use strict";', "{", *parts, "}", ""])


def _hash(text: str) -> str:
    """The text as a content security policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")
