"""A figure with its words and its numbers, and how it is saved."""

import base64
import csv
import html
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path

import matplotlib as mpl
import pandas as pd
from matplotlib.figure import Figure

from itp_sim import checks
from itp_sim.cells import guarded
from itp_sim.figures.looks import DPI, LOOKS, worn
from itp_sim.writing import written_whole

#: File types and what each holds beside the picture.
FILE_TYPES = (".svg", ".pdf", ".png", ".csv")
ANIMATION = ".gif"


@dataclass(frozen=True, eq=False, kw_only=True)
class CaptionedFigure:
    """A drawn figure.

    Parameters
    ----------
    name, title
        What `draw` calls it, and its title.
    caption
        What is shown and how it was made; in a line of their own the numbers that decide it and the sources.
    alt_text
        What a reader would see, for those who cannot.
    data
        Every number that is drawn, one row a point: panel, x_label, y_label, series, x, y.
    figure
        The matplotlib figure.
    style
        Its look.
    animate
        What writes it as a GIF, for a figure that moves.
    """

    name: str
    title: str
    caption: str
    alt_text: str
    data: pd.DataFrame
    figure: Figure = field(repr=False)
    style: str
    animate: Callable[[Path], None] | None = field(default=None, repr=False)

    def save(self, path: str | PathLike[str], *, dpi: float = DPI) -> Path:
        """Save as the suffix says; the same figure gives the same bytes.

        Parameters
        ----------
        path
            File to write, ending in .svg, .pdf or .png, which hold the alternative text too; in .csv for the numbers;
            or in .gif if the figure moves. An older file stays until the new one is complete.
        dpi
            Dots per inch of a PNG, 50 to 1200.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        InputError
            If the suffix is none of these, `dpi` is out of range, or the folder does not exist.
        ItpError
            If the file cannot be written.
        """
        dpi = checks.number("dpi", dpi, 50.0, 1200.0)
        known = (*FILE_TYPES, ANIMATION) if self.animate else FILE_TYPES
        still = f"{self.name} does not move" if str(path).lower().endswith(ANIMATION) else ""
        target = checks.file_to_write("path", path, known, hint=still)
        with written_whole(target) as draft:
            self._write(draft, target.suffix.lower(), dpi)
        return target

    def _write(self, draft: Path, kind: str, dpi: float) -> None:
        if kind == ".csv":
            draft.write_text(as_csv(self.data), encoding="utf-8", newline="")
        elif kind == ANIMATION and self.animate is not None:
            self.animate(draft)
        else:
            draft.write_bytes(self._picture(kind, dpi))

    def _picture(self, kind: str, dpi: float = DPI) -> bytes:
        """Bytes of the picture; nothing in them changes from one time to the next."""
        said = {
            ".svg": {"Date": None, "Title": self.title},
            ".pdf": {"CreationDate": None, "Title": self.title, "Subject": self.alt_text},
            ".png": {"Title": self.title, "Description": self.alt_text},
        }[kind]
        out = io.BytesIO()
        with worn(LOOKS[self.style]), mpl.rc_context({"svg.hashsalt": f"itp_sim {self.name}"}):
            self.figure.savefig(out, format=kind[1:], dpi=dpi, metadata=said)
        return _described(out.getvalue(), self.alt_text) if kind == ".svg" else out.getvalue()

    def _repr_html_(self) -> str:
        """The figure in a notebook, with its caption."""
        picture = base64.b64encode(self._picture(".png", 110)).decode("ascii")
        alt, caption = html.escape(self.alt_text), caption_html(self.caption)
        return (
            f'<figure><img alt="{alt}" src="data:image/png;base64,{picture}" style="max-width:100%">'
            f"<figcaption>{caption}</figcaption></figure>"
        )


def caption_html(caption: str) -> str:
    """A caption as HTML; a line of its own stays one."""
    return html.escape(caption).replace("\n", "<br>")


def as_csv(data: pd.DataFrame) -> str:
    """The numbers as text: 9 digits; a name that a spreadsheet would take for a formula has an apostrophe before it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(data.columns)
    for row in data.itertuples(index=False):
        writer.writerow([_cell(value) for value in row])
    return out.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, str):
        return guarded(value)
    number = float(value)  # type: ignore[arg-type]
    return "" if number != number else f"{number:.9g}"


def _described(svg: bytes, alt_text: str) -> bytes:
    """An SVG that says in <desc> what is seen."""
    text = svg.decode("utf-8")
    head, mark, rest = text.partition("</title>")
    described = f"{head}{mark}\n <desc>{html.escape(alt_text, quote=False)}</desc>{rest}"
    return described.replace("<svg ", '<svg role="img" ', 1).encode("utf-8")
