"""What may come of a fitted patient: the draws of the posterior, simulated."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from itp_sim import __version__, checks
from itp_sim import equations as eq
from itp_sim.chances import COUNTS
from itp_sim.design import COHORT_RTOL, Arm, Design, design, regimens_by_name
from itp_sim.dosing import Infusion, breakpoints
from itp_sim.effort import refuse_if_too_large
from itp_sim.errors import InputError, SolverError
from itp_sim.fitting.residual import Residual
from itp_sim.nmtran import Subject
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.patient import Patient
from itp_sim.simulate import ROUNDING, simulate
from itp_sim.solve import Problem, SameDays, solve
from itp_sim.streams import generator
from itp_sim.usual import DEFAULT_BUDGET, LONGEST

Floats = NDArray[np.float64]

#: Days that are predicted, and draws that are simulated, unless told otherwise.
DAYS, DRAWS = 28.0, 400
#: Name of the arm of the infusions that were given.
GIVEN = "as given"
OUTPUTS = ("platelets", "igg")
#: Times that curves are held while bands are made of them.
COPIES = 3


class _Curves(NamedTuple):
    """Curves of the most probable patient and of the draws, in that order."""

    arms: list[str]
    days: Floats
    values: list[Floats]  #: one for each of OUTPUTS, shape (arms, 1 + draws, days)
    starts: Floats  #: start of each infusion, NaN where an arm has fewer [day], shape (arms, infusions)


class Known(Protocol):
    """What a prediction takes of an :class:`itp_sim.Fit`, which stands above it."""

    @property
    def subject(self) -> Subject:
        """Whose counts were fitted."""

    @property
    def population(self) -> str:
        """The prior."""

    @property
    def patient(self) -> Patient:
        """The most probable one."""

    @property
    def draws(self) -> pd.DataFrame:
        """Patients who could be this one."""

    @property
    def residual(self) -> Mapping[str, Residual]:
        """Errors of the measured values, by kind."""

    @property
    def diagnostics(self) -> Mapping[str, Any]:
        """How the fit went; `seed` named its random streams."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What is asked of a prediction; see `Fit.predict`."""

    days: float
    after: float | None
    times: Iterable[float] | None
    draws: int
    confidence: float


def predicted(known: Known, regimen: Mapping[str, Arm] | Arm | Iterable[Arm], ask: Ask) -> xr.Dataset:
    """Predict; see `Fit.predict`."""
    confidence = checks.number("confidence", ask.confidence, 0.5, 0.99)
    n = checks.whole(
        "draws", ask.draws, 50, len(known.draws), hint="a fit that keeps more draws is asked for by `draws`"
    )
    table = _patients(known, n)
    after = None if ask.after is None else checks.number("after", ask.after, 0.0, 36_500.0, "day")
    if regimen is None and after is not None:
        raise InputError("after says when a regimen starts: give one, as in predict(regimen('1 g/kg'), after=21)")
    if regimen is not None and after is None:
        run = simulate(
            table, regimen, days=ask.days, times=ask.times, outputs=OUTPUTS, rtol=COHORT_RTOL, progress=False
        )
        arms = [str(name) for name in run.arm.to_numpy()]
        curves = [run[name].to_numpy() for name in OUTPUTS]
        return _labelled(known, _Curves(arms, run.time.to_numpy(), curves, run.infusion_day.to_numpy()), confidence)
    return _labelled(known, _on_top(known, table, replace(ask, after=after), regimen=regimen), confidence)


def _patients(known: Known, n: int) -> pd.DataFrame:
    """The most probable patient, then draws spread evenly over those that the fit holds."""
    rows = np.linspace(0, len(known.draws) - 1, n).round().astype(int)
    first = pd.DataFrame([known.patient.parameters], columns=list(eq.Parameters._fields))
    table = pd.concat([first, known.draws.iloc[rows]], ignore_index=True)
    table.attrs = dict(known.draws.attrs)
    return table


def given(known: Known) -> tuple[Infusion, ...]:
    """The infusions of the subject, counted from the start of the first."""
    first = known.subject.infusions[0].start
    return tuple(Infusion(one.start - first, one.grams, one.pieces) for one in known.subject.infusions)


def _on_top(known: Known, table: pd.DataFrame, ask: Ask, *, regimen: Any) -> _Curves:
    """Arms, days, curves and starts of infusions of what was given, alone or with regimens after it."""
    after = ask.after
    start = 0.0 if after is None else after
    asked = design(
        {GIVEN: None},
        patients=len(table),
        days=start + checks.number("days", ask.days, 0.0, LONGEST, "day", open_low=True),
        times=ask.times,
        outputs=OUTPUTS,
        rtol=COHORT_RTOL,
        engine="auto",
        threads=None,
    )
    before = given(known)
    arms: dict[str, tuple[Infusion, ...]] = {GIVEN: before}
    if after is not None:
        # Infusions that were given later are left out: this is what may be, not what was.
        kept = tuple(one for one in before if one.start < after)
        weight = known.patient.parameters.WT
        arms = {
            name: kept + tuple(_shifted(one.infusions(weight) if one else (), after))
            for name, one in regimens_by_name(regimen).items()
        }
    refuse_if_too_large(
        f"{len(arms) * len(table):,} curves of {len(asked.grid):,} days",
        len(arms) * len(table) * len(asked.grid) * len(OUTPUTS) * 8.0 * COPIES,
        less="ask for fewer `draws`, days, `times` or regimens",
    )
    p = eq.Parameters(*table.to_numpy(dtype=float).T.copy())
    solved = [_followed(asked, p, infusions) for infusions in arms.values()]
    starts = np.full((len(arms), max([1, *map(len, arms.values())])), np.nan)
    for row, infusions in zip(starts, arms.values(), strict=True):
        row[: len(infusions)] = [one.start for one in infusions]
    return _Curves(list(arms), asked.grid, [np.stack(parts) for parts in zip(*solved, strict=True)], starts)


def _shifted(infusions: Sequence[Infusion], days: float) -> list[Infusion]:
    return [Infusion(one.start + days, one.grams, one.pieces) for one in infusions]


def _followed(asked: Design, p: eq.Parameters, infusions: tuple[Infusion, ...]) -> list[Floats]:
    """Outputs of patients under the same infusions, each of shape (patients, times)."""
    n = len(p.WT)
    times, rates = breakpoints(infusions, asked.days)
    schedules = SameDays(times, np.tile(rates, (n, 1)))
    problem = Problem(p, schedules, asked.grid, np.empty((n, 0)), asked.outputs, asked.rtol, DEFAULT_BUDGET)
    solution = solve(problem, engine=asked.engine)
    if solution.failures:
        first = solution.failures[0]
        raise SolverError(f"draw {first.patient} failed on day {first.day:g}: {first.reason}")
    return [solution.values[name] for name in OUTPUTS]


def _labelled(known: Known, curves: _Curves, confidence: float) -> xr.Dataset:
    """Bands of the draws, and the curve of the estimate."""
    counts, igg = (each[:, 1:] for each in curves.values)
    shares = np.array([(1 - confidence) / 2, 0.5, (1 + confidence) / 2])
    rng = generator(int(known.diagnostics["seed"]), "a count measured again")
    # One error a draw on every day and in every arm: bands are smooth, and arms differ by what is infused alone.
    again = counts * np.exp(known.residual["platelets"].sd * rng.standard_normal((counts.shape[1], 1)))

    def banded(values: Floats, unit: str, meaning: str) -> xr.Variable:
        bands = np.moveaxis(np.quantile(values, shares, axis=1), 0, 1)
        return xr.Variable(("arm", "quantile", "time"), bands, {"units": unit, "long_name": meaning})

    count = "platelet count"
    above = np.stack([(counts >= target * (1 - ROUNDING)).mean(axis=1) for target in COUNTS], axis=1)
    variables = {
        "platelets": banded(counts, "1e9/L", count),
        "measured": banded(again, "1e9/L", f"{count} as it is measured"),
        "igg": banded(igg, "g/L", "total plasma IgG"),
        "estimate": xr.Variable(
            ("arm", "time"),
            curves.values[0][:, 0],
            {"units": "1e9/L", "long_name": f"{count} of the most probable patient"},
        ),
        "infusion_day": xr.Variable(
            ("arm", "infusion"), curves.starts, {"units": "day", "long_name": "start of each infusion"}
        ),
        "chance": xr.Variable(
            ("arm", "level", "time"), above, {"units": "1", "long_name": "share of the draws at or above the count"}
        ),
    }
    coordinates = {
        "arm": xr.Variable(("arm",), np.asarray(curves.arms), {"long_name": "regimen"}),
        "quantile": xr.Variable(("quantile",), shares, {"long_name": "share of the draws below"}),
        "level": xr.Variable(("level",), np.array(COUNTS), {"units": "1e9/L", "long_name": "count to be reached"}),
        "time": xr.Variable(
            ("time",), curves.days, {"units": "day", "long_name": "days from the first infusion of the arm"}
        ),
    }
    said = {"subject": known.subject.id, "population": known.population, "draws": counts.shape[1]}
    said |= {"confidence": confidence, "itp_sim_version": __version__, "notice": RESEARCH_ONLY}
    return xr.Dataset(variables, coordinates, said)
