"""Write the golden texts for mrgsolve and rxode2 anew: ``python tests/regression/refresh_exchange.py``.

Do this only when the equations, or what is said around them, were meant to change. A person reads the difference beside
``src/itp_sim/equations.py`` first; it is committed by itself, with the reason. The patient is made up of round numbers,
so that a new fit changes nothing here.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import itp_sim as itp
from itp_sim.exchange.case import Case, case
from itp_sim.exchange.for_r import mrgsolve, rxode2

FOLDER = Path(__file__).with_name("exchange")
#: Every number that is known today; a parameter that is new keeps its typical value.
ROUND = {
    "WT": 70.0, "P0": 10.0, "IGG0": 10.0, "CL": 0.003, "V1": 0.05, "Q": 0.015, "V2": 0.05, "fcrn_effect": 3.0,
    "KM": 15.0, "fcrn_block": 0.0, "KACT": 0.05, "KE0": 1.0, "IC50": 3.0, "GAMMA": 3.0,
    "blockade_effect": 1.0, "fcgr_block": 0.0, "FIND": 0.05, "HA": 1.5, "KREM": 0.01, "FSPL": 0.6,
    "spleen": 1.0, "PHI": 0.3, "PN": 250.0, "TL": 10.0, "JH": 7.0, "KH": 10.0, "EPS": 1.2, "MTT": 5.0,
    "GTPO": 3.0, "KTPO": 0.5, "FP": 0.6, "FM": 0.3, "tpo_feedback": 1.0,
}  # fmt: skip
REGIMEN = "70 g over 5 h on day 0 and 1"


def who() -> Case:
    """The made-up patient under the regimen."""
    return case(itp.typical_patient("adult_chronic").assign(**ROUND), REGIMEN)


def _undated(text: str) -> str:
    """`text` without the version, which changes nothing else."""
    return text.replace(f"itp_sim {itp.__version__}", "itp_sim")


TEXTS: Mapping[str, Callable[[], str]] = {
    "itp.mod": lambda: _undated(mrgsolve(who())),
    "itp.R": lambda: _undated(rxode2(who())),
}


def main() -> None:
    """Write the files, and say on stderr which have changed."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in TEXTS.items():
        file, new = FOLDER / name, text()
        if not file.exists() or file.read_text(encoding="utf-8") != new:
            file.write_text(new, encoding="utf-8", newline="\n")
            print(name, file=sys.stderr)


if __name__ == "__main__":
    main()
