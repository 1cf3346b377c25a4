"""Pages: every link in Markdown leads to a file and a place in it, and every page can be reached from the first."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Pages from which all others are reached.
FIRST = ("README.md", "docs/README.md")
#: Folders that hold no page of the project.
ELSEWHERE = re.compile(r"\.|build|dist|node_modules|site")


def pages() -> list[Path]:
    """Pages of the project, without those that its user has written: all that git knows, where it is a checkout."""
    if (ROOT / ".git").exists():
        known = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True)
        return sorted(ROOT / name for name in known.stdout.splitlines())
    every = ROOT.rglob("*.md")
    return sorted(path for path in every if not any(map(ELSEWHERE.match, path.relative_to(ROOT).parts[:-1])))


PAGES = pages()


def text(path: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def links(page: str) -> list[str]:
    """Targets of links and pictures, without those on the web; a picture may stand in a link."""
    found = re.findall(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)", re.sub(r"`[^`\n]*`", "", page))
    return [link for link in found if not re.match(r"[a-z]+:", link)]


def anchors(page: str) -> set[str]:
    """Places in a page that a link can name: headings as GitHub and MkDocs name them, and ids that are written out."""
    found: set[str] = set(re.findall(r"<a id=\"([^\"]+)\">", page))
    for heading in re.findall(r"^#{1,6} (.+)$", page, flags=re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        name = re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", words).strip())
        found.add(name if name not in found else f"{name}-1")
    return found


def target(page: Path, link: str) -> tuple[Path, str]:
    """File and place that a link of a page leads to."""
    file, _, place = link.partition("#")
    return (page.parent / file.replace("%20", " ")).resolve() if file else page, place


def broken(page: Path, written: str) -> list[str]:
    """Links that lead to no file of the project, or to no such place in a page."""
    wrong = []
    for link in links(written):
        file, place = target(page, link)
        there = file.is_file() and file.is_relative_to(ROOT)
        if not there or (place and place not in anchors(text(file))):
            wrong.append(link)
    return wrong


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    assert broken(page, text(page)) == []


@pytest.mark.parametrize(
    "link",
    ["[a](docs/no_such_page.md)", "[a](docs/)", "![a](docs/gallery/none.png)", "[a](#no-such-heading)",
     "[a](docs/gallery/README.md#no_such_figure)", "[![a](docs/none.png)](docs/README.md)", "[a](../elsewhere.md)"],
)  # fmt: skip
def test_each_broken_link_is_seen(link: str) -> None:
    assert len(broken(ROOT / "README.md", f"See {link}.")) == 1


def test_whole_links_are_no_fault() -> None:
    said = "[a](docs/gallery/README.md#dose_comparison) [b](#run-it) [c](https://example.org) `[d](none.md)`"
    assert broken(ROOT / "README.md", said) == []


def test_every_page_is_reached_from_the_first() -> None:
    seen: set[Path] = set()
    left = [ROOT / name for name in FIRST]
    while left:
        page = left.pop()
        if page not in seen:
            seen.add(page)
            left += [file for file, _ in (target(page, link) for link in links(text(page))) if file.suffix == ".md"]
    assert [str(page.relative_to(ROOT)) for page in PAGES if page not in seen] == []
    front = ROOT / FIRST[0]
    assert ROOT / FIRST[1] in {target(front, link)[0] for link in links(text(front))}
