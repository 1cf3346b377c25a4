"""Draw the gallery again: the pictures, their page, and the block of README.md that shows them.

python docs/gallery/refresh.py
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import itp_sim
from itp_sim.figures import CaptionedFigure

HERE = Path(__file__).parent
FRONT = HERE.parents[1] / "README.md"
#: Marks around the block of README.md.
START, END = "<!-- gallery: made by docs/gallery/refresh.py -->\n", "<!-- end of the gallery -->"
#: Pictures beside each other, and dots per inch of each.
COLUMNS, DPI = 2, 90
NEW_LINE = "\n"


def block(titles: Mapping[str, str]) -> str:
    """Thumbnails with links to the page, each below its title, which is what can be read at their size."""
    cells = [
        f"[{title}](docs/gallery/README.md#{name})<br>[![{title}](docs/gallery/{name}.png)](docs/gallery/README.md#{name})"
        for name, title in titles.items()
    ]
    cells += [""] * (-len(cells) % COLUMNS)
    rows = [cells[i : i + COLUMNS] for i in range(0, len(cells), COLUMNS)]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(["|" + "  |" * COLUMNS, "|" + "---|" * COLUMNS, *lines, ""])


def page(figures: Iterable[CaptionedFigure]) -> str:
    """The page: each figure with its caption."""
    parts = [
        "# Teaching figures\n\n"
        f"{itp_sim.RESEARCH_ONLY}\n\n"
        "Made by `python docs/gallery/refresh.py`: `itp_sim.figures.draw(NAME)` as it is by default.\n"
    ]
    for figure in figures:
        picture = f"![{_plain(figure.alt_text)}]({figure.name}.png)"
        moving = f"\nIt moves in [{figure.name}.gif]({figure.name}.gif).\n" if figure.animate else ""
        parts.append(
            f'<a id="{figure.name}"></a>\n\n## {figure.title}\n\n`{figure.name}`\n\n{picture}\n\n'
            f"{_plain(figure.caption).replace(NEW_LINE, 2 * NEW_LINE)}\n{moving}"
        )
    return "\n".join(parts)


def _plain(text: str) -> str:
    """Text in which Markdown finds nothing to do."""
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>|#" else letter for letter in text)


def main() -> None:
    """Draw and write everything."""
    figures = [itp_sim.figures.draw(name) for name in itp_sim.figures.list()]
    for figure in figures:
        figure.save(HERE / f"{figure.name}.png", dpi=DPI)
        if figure.animate:
            figure.save(HERE / f"{figure.name}.gif")
    (HERE / "README.md").write_text(page(figures), encoding="utf-8")
    before, _, rest = FRONT.read_text(encoding="utf-8").partition(START)
    _, _, after = rest.partition(END)
    FRONT.write_text(before + START + block(itp_sim.figures.list()) + END + after, encoding="utf-8")


if __name__ == "__main__":
    main()
