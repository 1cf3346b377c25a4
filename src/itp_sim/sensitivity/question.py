"""What is asked of the model: read-outs of a patient under a regimen, as a function of some of his parameters."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from itp_sim.design import Arm, Design, Level, design
from itp_sim.effort import refuse_if_too_large, refuse_if_too_long
from itp_sim.equations import Parameters
from itp_sim.errors import InputError
from itp_sim.patient import Patient, possible
from itp_sim.readings import readings
from itp_sim.sensitivity.readouts import ReadOut
from itp_sim.simulate import solve_arms
from itp_sim.solve import run_seconds
from itp_sim.solve.problem import Floats

#: Times the tolerance of the integration, up to which outputs are called alike.
ALIKE = 10.0
#: Times that read-outs are held while indices are estimated from them.
COPIES = 10


@dataclass(frozen=True, kw_only=True)
class Question:
    """Read-outs as a function of named parameters, the others as in the patient."""

    patient: Patient
    names: tuple[str, ...]
    design: Design
    wanted: tuple[ReadOut, ...]
    deadline: float

    def answer(self, values: Floats) -> Floats:
        """Read-outs of shape (rows, outputs) for values of the named parameters, shape (rows, parameters).

        A row depends on its own values alone, whatever the engine's blocks and threads.

        Raises
        ------
        InputError
            If some of them make no patient.
        SolverError
            If an integration fails, or the seconds allowed are used up.
        """
        rows = len(values)
        columns = {name: np.full(rows, value) for name, value in self.patient.parameters._asdict().items()}
        columns |= {name: np.ascontiguousarray(values[:, i]) for i, name in enumerate(self.names)}
        p = Parameters(**columns)
        wrong = ~np.broadcast_to(possible(p), rows)
        if wrong.any():
            raise InputError(_impossible(self.names, float(wrong.mean())))
        left = max(self.deadline - time.monotonic(), 1e-3)
        found = readings(solve_arms(self.design, p, range(rows), budget=left))
        return np.column_stack([one.read(found) for one in self.wanted])


def _impossible(names: Sequence[str], share: float) -> str:
    together = [pair for pair in (("P0", "EPS"), ("FP", "FM")) if set(pair) & set(names)]
    which = " or ".join(f"{one} with {two}" for one, two in together) or ", ".join(names)
    return (
        f"{100 * share:.3g}% of the combinations make no patient: production is too low for the untreated count, or FP "
        f"and FM sum to more than 1. Look at {which}: leave one out of `parameters`, or give narrower ends, as in "
        f"over='ranges', ranges={{{(together[0] if together else names)[0]!r}: (lowest, highest)}}"
    )


def designed(
    arm: Arm, runs: int, *, days: float, levels: tuple[Level, ...], rtol: float, engine: str, threads: int | None
) -> Design:
    """A run of which nothing but the read-outs is kept, for so many patients.

    Raises
    ------
    InputError
        If anything asked for cannot be used.
    """
    return design(
        [arm],
        patients=runs,
        days=days,
        times=(0.0,),
        outputs=(),
        levels=levels,
        rtol=rtol,
        engine=engine,
        threads=threads,
    )


def refuse_if_too_much(design: Design, *, n: int, inputs: int, outputs: int, budget: float) -> None:
    """Refuse what would take too long or too much memory, with an estimate.

    Raises
    ------
    InputError
        If it would.
    """
    runs = n * (inputs + 2)
    asked, less = f"n={n} for {inputs} parameters", "ask for a smaller n, or fewer `parameters`"
    seconds = run_seconds(runs, design.days, design.engine)
    refuse_if_too_long(f"{asked} is {runs:,} runs,", seconds, budget=budget, less=less)
    refuse_if_too_large(f"{asked} and {outputs} outputs", runs * outputs * 8.0 * COPIES, less=f"{less} or outputs")
