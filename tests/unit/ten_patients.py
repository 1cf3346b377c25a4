"""Ten virtual patients, quickly: as a cohort chunk by chunk, and simulated all at once."""

from functools import cache
from pathlib import Path

import itp_sim as itp
from itp_sim import store
from itp_sim.summary import Summary, summarise

ARMS = {"half": itp.regimen("0.5 g/kg"), "one": itp.regimen("1 g/kg")}
#: Ten patients, quickly.
ASKED = {"population": "adult_chronic", "arms": ARMS, "n": 10, "days": 7.0, "definition": "at_least_50", "seed": 4}


def simulated(**changes) -> Summary:
    return itp.simulate_population(**(ASKED | {"progress": False} | changes))


@cache
def whole() -> Summary:
    people = itp.virtual_patients(n=10, seed=4)
    return summarise(itp.simulate(people, ARMS, days=7, rtol=1e-5), definition="at_least_50")


def ledger(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / store.LEDGER).iterdir())
