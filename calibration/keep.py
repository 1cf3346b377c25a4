"""Writes fitted values into the files of params/, where each stands in its record."""

import re
from collections.abc import Mapping

from itp_sim.files import params_dir
from itp_sim.records import SHARES


def keep(population: str, best: Mapping[str, float]) -> None:
    """Replace value, cv or logit_sd of each fitted record by its fitted number, and nothing else in the file."""
    path = params_dir() / f"{population}.toml"
    text = path.read_text(encoding="utf-8")
    for key, value in best.items():
        name, _, of = key.partition(" ")
        line = "value" if not of else "logit_sd" if name in SHARES else "cv"
        pattern = re.compile(rf"(^\[{name}\]\n(?:(?!\[).*\n)*?{line}\s*= )\S+", re.MULTILINE)
        text, times = pattern.subn(rf"\g<1>{value:.4g}", text)
        if times != 1:
            raise ValueError(f"{path.name} has {times} places for {key}")
    path.write_text(text, encoding="utf-8")
