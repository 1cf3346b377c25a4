"""A page of headings, paragraphs, lists, tables and images, as Markdown or as HTML."""

import re
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from itp_sim.web_page import web_page


class Heading(NamedTuple):
    """A heading; level 1 is the page's."""

    level: int
    text: str


class Paragraph(NamedTuple):
    """A paragraph."""

    text: str


class Items(NamedTuple):
    """A list."""

    texts: Sequence[str]


class Grid(NamedTuple):
    """A table."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


class Image(NamedTuple):
    """An image beside the page, and what it shows in words."""

    file: str
    alt: str


Block = Heading | Paragraph | Items | Grid | Image

#: Looks of an HTML page, and the greatest width of its text [em].
_LOOKS = """table { border-collapse: collapse; font-size: 14px; }
th, td { border-bottom: 1px solid #bbb; padding: 3px 8px; text-align: left; vertical-align: top; }
img { max-width: 100%; }"""
_WIDE = 72


def markdown(blocks: Sequence[Block]) -> str:
    """Return a page as Markdown; text is shown as it is, whatever signs it holds."""
    parts = []
    for block in blocks:
        match block:
            case Heading(level, text):
                parts.append(f"{'#' * level} {_plain(text)}")
            case Paragraph(text):
                parts.append(_plain(text))
            case Items(texts):
                parts.append("\n".join(f"- {_plain(text)}" for text in texts))
            case Grid(header, rows):
                lines = [header, ["---"] * len(header), *([_plain(cell) for cell in row] for row in rows)]
                parts.append("\n".join(f"| {' | '.join(line)} |" for line in lines))
            case Image(file, alt):
                parts.append(f"![{_plain(alt)}]({file.replace(' ', '%20')})")
    return "\n\n".join(parts) + "\n"


def html(blocks: Sequence[Block]) -> str:
    """Return a page as HTML, all text escaped."""
    parts = []
    for block in blocks:
        match block:
            case Heading(level, text):
                parts.append(f"<h{level}>{escape(text)}</h{level}>")
            case Paragraph(text):
                parts.append(f"<p>{escape(text)}</p>")
            case Items(texts):
                parts.append("<ul>\n" + "\n".join(f"<li>{escape(text)}</li>" for text in texts) + "\n</ul>")
            case Grid(header, rows):
                lines = [_line("th", header), *(_line("td", row) for row in rows)]
                parts.append("<table>\n" + "\n".join(lines) + "\n</table>")
            case Image(file, alt):
                parts.append(f'<p><img src="{escape(file)}" alt="{escape(alt)}"></p>')
    title = next((block.text for block in blocks if isinstance(block, Heading)), "")
    return web_page(title, "\n".join(parts), looks=_LOOKS, wide=_WIDE)


def _line(tag: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"


def _plain(text: str) -> str:
    """One line of text with the signs that Markdown would read escaped."""
    return re.sub(r"([\\`*_|<>\[\]])", r"\\\1", " ".join(text.split()))
