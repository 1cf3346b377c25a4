"""``itp-sim figure``."""

import argparse
from typing import Any

from itp_sim import checks
from itp_sim.cli.output import print_json, print_note
from itp_sim.errors import InputError
from itp_sim.notice import RESEARCH_ONLY


def figure(options: argparse.Namespace) -> None:
    """Draw one teaching figure, all of them, or list them."""
    from itp_sim import figures

    if options.list:
        _list(options)
        return
    if (options.name is None) == (options.all is None):
        raise InputError("name a figure, or give --all FOLDER; `itp-sim figure --list` shows the names")
    wanted = _wanted(options)
    if options.all is not None:
        from itp_sim.figures.gallery import drawn_all, gallery

        if options.out is not None:
            raise InputError("--out is for one figure: leave it out, or leave out --all")
        page = gallery(options.all, drawn_all(wanted), notice=not options.no_notice)
        if options.json:
            print_json({"folder": str(options.all), "page": str(page), "notice": RESEARCH_ONLY})
            return
        print(f"{page}: open it in a browser; it needs no network")
        print(RESEARCH_ONLY)
        return
    from itp_sim.figures.catalogue import FIGURES

    options.name = checks.name("figure", options.name, FIGURES)
    if options.out is None and not options.json:
        raise InputError(f"name a file with --out, such as --out {options.name}.svg")
    drawn = figures.draw(options.name, **wanted)
    saved = None if options.out is None else str(drawn.save(options.out))
    if options.json:
        texts = {"name": drawn.name, "title": drawn.title, "caption": drawn.caption, "alt_text": drawn.alt_text}
        print_json({**texts, "file": saved, "style": drawn.style, "notice": RESEARCH_ONLY})
        return
    print(f"{saved}: {drawn.title}\n\n{drawn.caption}\n\n{RESEARCH_ONLY}")


def _list(options: argparse.Namespace) -> None:
    """Print names and titles."""
    from itp_sim import figures

    if options.name is not None or options.out is not None or options.all is not None:
        print_note("--list shows the names and draws nothing")
    found = figures.list()
    if options.json:
        print_json({"figures": found, "notice": RESEARCH_ONLY})
        return
    widest = max(map(len, found))
    for name, title in found.items():
        print(f"{name:<{widest}}  {title}")
    print(f"\n{RESEARCH_ONLY}")


def _wanted(options: argparse.Namespace) -> dict[str, Any]:
    """Options as `figures.draw` takes them."""
    return {
        "arms": options.dose or None,
        "weight_kg": options.weight,
        "platelets": options.platelets,
        "population": options.population,
        "n": options.n,
        "seed": options.seed,
        "days": options.days,
        "style": options.style,
        "notice": not options.no_notice,
    }
