"""All figures in one folder, with a page that shows them with their captions."""

import html
from collections.abc import Iterable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from itp_sim import checks
from itp_sim.errors import InputError, ItpError
from itp_sim.figures.captioned import ANIMATION, CaptionedFigure, caption_html
from itp_sim.figures.words import words
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.web_page import web_page
from itp_sim.writing import write_text

#: File types of the pictures.
KINDS = ("svg", "png", "pdf")

#: Looks of the page, and the greatest width of its text [em].
_LOOKS = """main { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(26em, 100%), 1fr)); gap: 2em; }
figure { margin: 0; }
img { width: 100%; height: auto; border: 1px solid #bbb; }
h2 { font-size: 1.1em; }
figcaption { font-size: 0.85em; }"""
_WIDE = 76


def gallery(
    folder: str | PathLike[str], drawn: Iterable[CaptionedFigure], *, kind: str = "svg", notice: bool = True
) -> Path:
    """Save figures into a folder: each as a picture and as CSV, one that moves as GIF too, and ``index.html``.

    Parameters
    ----------
    folder
        Where to save; made if it does not exist.
    drawn
        The figures; an iterator is drawn one by one.
    kind
        File type of the pictures: "svg", "png" or "pdf".
    notice
        Print the research-and-education statement on the page.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    InputError
        If the folder is a file.
    ItpError
        If a file cannot be written.
    """
    kind = checks.name("kind of picture", kind, KINDS)
    home = Path(folder)
    try:
        home.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise InputError(f"{str(home)!r} is a file: give a folder") from None
    except OSError as error:
        raise ItpError(f"{str(home)!r} cannot be made: {error.strerror or error}; name another") from error
    said = words("gallery")
    heading, statement = said("title"), RESEARCH_ONLY if notice else ""
    parts = [f"<h1>{html.escape(heading)}</h1>\n<p>{html.escape(statement)}</p>\n<main>"]
    for figure in drawn:
        picture = figure.save(home / f"{figure.name}.{kind}")
        files = {said("picture"): picture.name, said("numbers"): figure.save(home / f"{figure.name}.csv").name}
        if figure.animate is not None:
            files[said("moving")] = figure.save(home / f"{figure.name}{ANIMATION}").name
        parts.append(_entry(figure, picture.name, files))
    parts.append("</main>")
    return write_text(web_page(heading, "\n".join(parts), looks=_LOOKS, wide=_WIDE), home / "index.html")


def drawn_all(options: Mapping[str, Any]) -> Iterable[CaptionedFigure]:
    """Every figure, drawn when its turn comes.

    Those that cannot show the regimens asked for show their own, and options that change nothing in one are left out.

    Raises
    ------
    InputError, UnknownNameError
        As :func:`itp_sim.figures.draw`.
    """
    from itp_sim.figures import draw
    from itp_sim.figures.asked import MOST
    from itp_sim.figures.catalogue import FIGURES

    if options.get("n") is not None:  # before the first is drawn
        checks.whole("n", options["n"], max(entry.fewest for entry in FIGURES.values()), MOST)
    for name, entry in FIGURES.items():
        fewest, most = entry.regimens_allowed
        fits = options.get("arms") is None or fewest <= len(options["arms"]) <= most
        passed_over = (*entry.unused, *(() if fits else ("arms",)))
        yield draw(name, **{key: value for key, value in options.items() if key not in passed_over})


def _entry(figure: CaptionedFigure, picture: str, files: Mapping[str, str]) -> str:
    """One figure on the page."""
    alt, title = html.escape(figure.alt_text), html.escape(figure.title)
    links = ", ".join(f'<a href="{html.escape(name)}">{html.escape(label)}</a>' for label, name in files.items())
    return (
        f'<figure id="{html.escape(figure.name)}">\n<h2>{title}</h2>\n<img src="{html.escape(picture)}" alt="{alt}">\n'
        f"<figcaption>{caption_html(figure.caption)} {links}</figcaption>\n</figure>"
    )
