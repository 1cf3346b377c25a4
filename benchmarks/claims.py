"""What the project aims at, and whether it was reached in this run."""

from typing import NamedTuple

from benchmarks.measure import Cost
from benchmarks.public import Public

KERNEL, MRGSOLVE = "itp_sim kernel", "mrgsolve LSODA"
NUMBA, STRICT_NUMBA = "numba DOPRI5, fastmath", "numba DOPRI5, strict"
WRITTEN, STACKED = "as written", "stacked"
#: Patients in each arm for which the ratios are claimed.
PATIENTS = 10_000


class Claim(NamedTuple):
    """An aim and what was measured."""

    aim: str
    measured: str
    holds: bool | None  #: None if it could not be measured

    @property
    def verdict(self) -> str:
        """Yes, no, or not measured."""
        return {True: "holds", False: "does not hold", None: "not measured"}[self.holds]


def claims(costs: dict[str, Cost], *, latency: dict[str, float], public: Public, why_no_mrgsolve: str) -> list[Claim]:
    """Every aim, with what was measured."""
    explicit = "numba's scalar explicit solver"
    found = [
        *_against_scipy(costs),
        _against(f"{explicit}, whose arithmetic may be reordered (fastmath)", costs, NUMBA, least=5.0),
        _against(f"{explicit} in strict arithmetic, as the kernel's is", costs, STRICT_NUMBA, least=5.0),
    ]
    if MRGSOLVE in costs:
        found.append(_against("mrgsolve", costs, MRGSOLVE, least=10.0))
    else:
        found.append(Claim("at least 10 times as fast as mrgsolve", f"not here: {why_no_mrgsolve}", None))
    one = latency.get(KERNEL)
    if one is not None:
        found.append(Claim("engine, one patient: 0.3 ms or less", f"{1e3 * one:.3f} ms", one <= 0.3e-3))
    return [
        *found,
        Claim(
            "`simulate`, one warm patient: 5 ms or less",
            f"{1e3 * public.warm:.2f} ms (median {1e3 * public.warm_middle:.2f}), two regimens",
            public.warm <= 5e-3,
        ),
        Claim("fresh process to labelled result: 1.5 CPU-s or less", f"{public.first:.2f} CPU-s", public.first <= 1.5),
        Claim("import: 0.35 CPU-s or less", f"{public.importing:.3f} CPU-s", public.importing <= 0.35),
    ]


def kind(key: str, group: str) -> str:
    """Engines that do the same with different methods: `group`, told apart by what SciPy is given."""
    return " ".join([group, *(mark for mark in (WRITTEN, STACKED) if mark in key)])


def _against_scipy(costs: dict[str, Cost]) -> list[Claim]:
    """As SciPy is used, patient by patient; then with the ways to make it faster that were tried."""
    kinds = {
        f"SciPy {WRITTEN}": "SciPy's best method on the equations as they stand in equations.py",
        "SciPy": "SciPy's best method on the equations printed as straight-line Python",
        f"SciPy {STACKED}": "SciPy's best method on patients stacked into one system",
        "SciPy + numba": "SciPy's odeint on a right-hand side compiled by numba",
    }
    found = []
    for wanted, what in kinds.items():
        same = [key for key, cost in costs.items() if kind(key, cost.group) == wanted]
        if same:
            found.append(_against(what, costs, min(same, key=lambda key: costs[key].best), least=150.0))
    return found


def _against(what: str, costs: dict[str, Cost], other: str, *, least: float) -> Claim:
    aim = f"at least {least:g} times as fast as {what}"
    if KERNEL not in costs or other not in costs:
        return Claim(aim, f"not here: {KERNEL} or {other} was left out", None)
    kernel, it = costs[KERNEL], costs[other]
    ratio = it.best / kernel.best
    note = "" if it.patients >= PATIENTS else f", itself timed on {it.patients:,} x 2"
    middle = it.middle / kernel.middle
    measured = f"{ratio:.1f} times ({other}{note}; of the medians {middle:.1f})"
    return Claim(aim, measured, ratio >= least if kernel.patients >= PATIENTS else None)
