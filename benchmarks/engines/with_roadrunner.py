"""libRoadRunner on the same equations: CVODE, the infusion rate set between the pieces of a run."""

from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.engines.engine import Counts, Engine
from benchmarks.engines.with_scipy import pieces, seen
from benchmarks.printed import ANTIMONY, load
from benchmarks.problem import SIZE, Floats, Runs
from itp_sim.equations import State


def engines() -> list[Engine]:
    """CVODE as libRoadRunner calls it, with the method for stiff and the one for other systems."""
    needs = ("roadrunner", "antimony")
    kinds = {"CVODE, BDF": True, "CVODE, Adams": False}
    given = "printed Antimony, compiled by libRoadRunner, one patient"
    return [
        Engine(name, "libRoadRunner", partial(cvode, stiff=kind), (1e-2, 1e-10), given, needs)
        for name, kind in kinds.items()
    ]


def cvode(folder: Path, *, stiff: bool) -> Counts:
    """The printed rate rules, compiled by libRoadRunner."""
    import antimony
    import roadrunner

    if antimony.loadAntimonyString((folder / ANTIMONY).read_text(encoding="utf-8")) < 0:
        raise RuntimeError(antimony.getLastError())
    machine = roadrunner.RoadRunner(antimony.getSBMLString())
    model = load(folder)
    names = list(machine.model.getGlobalParameterIds())
    places = [names.index(name) for name in State._fields]
    constants = [names.index(f"c{i}") for i in range(model.CONSTANTS)]
    infusion = names.index("infusion")
    machine.timeCourseSelections = list(State._fields)
    integrator = machine.integrator
    integrator.setValue("stiff", stiff)
    integrator.setValue("maximum_num_steps", 100_000)

    def counts(asked: Runs, rtol: float) -> Floats:
        integrator.setValue("relative_tolerance", rtol)
        integrator.setValue("absolute_tolerance", rtol * SIZE)
        states = np.empty((len(asked.schedules), len(asked.y), len(asked.times)))
        values = machine.model.setGlobalParameterValues
        for i in range(len(asked.schedules)):
            machine.reset()
            values(constants, asked.c[:, i])
            values(places, asked.y[:, i])
            states[i, :, 0] = asked.y[:, i]
            done = 1
            for start, end, rate, days in pieces(asked, i):
                values([infusion], [rate])
                grid = np.concatenate([[start], days if len(days) and days[-1] == end else [*days, end]])
                found = machine.simulate(times=grid)
                states[i, :, done : done + len(days)] = found[1 : 1 + len(days)].T
                done += len(days)
        return seen(model, states, asked)

    return counts
