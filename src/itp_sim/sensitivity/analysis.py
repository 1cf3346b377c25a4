"""Which parameter decides a read-out of the platelet count."""

import time
from collections.abc import Iterable, Mapping
from functools import partial
from types import MappingProxyType

import xarray as xr

from itp_sim import checks
from itp_sim.design import COHORT_RTOL, Arm
from itp_sim.dosing import Regimen
from itp_sim.effort import seconds_allowed
from itp_sim.errors import InputError
from itp_sim.patient import Patient
from itp_sim.response import DEFINITIONS, check_length
from itp_sim.sensitivity.local import local, runs
from itp_sim.sensitivity.question import Question, designed, refuse_if_too_much
from itp_sim.sensitivity.readouts import levels, read_outs
from itp_sim.sensitivity.sobol import MOST, sobol
from itp_sim.sensitivity.varied import OVER, changeable, varied, warn_if_cut
from itp_sim.usual import DEFAULT_BUDGET, DEFAULT_DAYS, DEFAULT_DEFINITION, HIGHEST_SEED, LONGEST

METHODS = ("sobol", "local")
#: Outputs of each method, unless told otherwise. A response is 0 or 1 in one patient: it has no elasticity.
OUTPUTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"sobol": ("peak", "days_above_50", "response"), "local": ("peak", "peak_day", "days_above_50")}
)
#: Points of each sample, unless told otherwise, and fewest; powers of two.
N, FEWEST = 8192, 64
#: Tolerance of the integration for differences.
FINE_RTOL = 1e-10


def sensitivity(
    patient: Patient,
    arm: Arm,
    *,
    outputs: Iterable[str] | None = None,
    parameters: Iterable[str] | None = None,
    method: str = "sobol",
    over: str | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
    n: int | None = None,
    seed: int | None = None,
    days: float = DEFAULT_DAYS,
    definition: str = DEFAULT_DEFINITION,
    engine: str = "auto",
    threads: int | None = None,
    budget: float = DEFAULT_BUDGET,
    progress: bool = True,
) -> xr.Dataset:
    """Say which parameter decides what is read off the platelet count.

    By default the question is why patients differ: parameters vary as they do between patients, and Sobol indices
    share out the variance of each output. ``method="local"`` asks what would change in this one patient.

    Parameters
    ----------
    patient
        Around whom parameters vary: his values are the medians, but where a record cuts its distribution: an untreated
        count of 28 in adults, who have 3 to 30, has a median of 20. What does not vary stays his.
    arm
        One regimen, or its text; None for no treatment.
    outputs
        "peak", "peak_day", "area", "return_day", "igg_peak", "response", and for any count "days_above_50" and
        "day_50". By default peak, days above 50 and response; locally peak, peak_day and days_above_50.
    parameters
        Names of those that vary. By default those that differ between patients; locally all of which a relative
        change is possible.
    method
        "sobol": first-order and total indices, with 95% bootstrap intervals; "local": elasticities by central
        differences, relative change per relative change; a share changes by its odds ``f/(1 - f)``, on the logit scale.
    over
        With "sobol", what parameters vary over: "patients" (default), the distribution between patients, truncated as
        virtual patients are; "ranges", evenly between the ends of each record (`truncate`, else `range`), on the
        logarithm unless it is a share or may be 0.
    ranges
        Other ends for ``over="ranges"``, by name, as in ``{"EPS": (0.5, 2)}``.
    n
        With "sobol", points of each sample: a power of two, 8192 by default. It takes n times the number of parameters
        and two runs.
    seed
        With "sobol", names the points and the bootstrap; 0 by default.
    days
        Length of the run [day].
    definition
        Definition of response, as in :func:`itp_sim.response`.
    engine, threads, budget
        As in :func:`itp_sim.simulate`. Neither engine's blocks nor threads change a bit.
    progress
        Show on stderr how many runs are done, if that is a terminal and takes long.

    Returns
    -------
    xarray.Dataset
        Over (parameter, output), all without a unit. "sobol": `first` and `total` with `first_low`, `first_high`,
        `total_low`, `total_high`; `mean` and `sd` of each output; `low` and `high` of each parameter. "local":
        `elasticity`, `step_error`, and `at`, the patient's own outputs. `value` is the patient's own parameter; further
        coordinates hold units and meanings, `attrs` what rebuilds the analysis.

    Raises
    ------
    InputError
        If anything asked for cannot be used. Also if an output is not within the run in some draws (a day that is never
        reached), is the same in all of them, or is 0 in the patient of whom a relative change is asked.
    SolverError
        If a run fails, or the seconds allowed are used up.

    Warns
    -----
    UserWarning
        If an interval is wider than 0.05 to either side, with the `n` that would do; a value of the patient's own is
        more than a tenth off the median, since its record cuts the distribution; or an elasticity is that of an output
        which is not smooth there.

    Notes
    -----
    Sobol indices take parameters for independent; those that the population's file correlates are refused. The indices
    say what decides in the model with these spreads. How far the spreads are known is in the records.
    """
    method = checks.name("method", method, METHODS)
    definition = checks.name("definition", definition, DEFINITIONS)
    wanted = read_outs(OUTPUTS[method] if outputs is None else outputs, definition)
    if any(one.name == "response" for one in wanted):
        check_length(checks.number("days", days, 0.0, LONGEST, "day", open_low=True), definition)
    budget = seconds_allowed(budget)
    design = partial(designed, _one_arm(arm), days=days, levels=levels(wanted), engine=engine, threads=threads)
    question = partial(Question, patient=_one_patient(patient), wanted=wanted, deadline=time.monotonic() + budget)
    given = {"over": over, "ranges": ranges, "n": n, "seed": seed}
    if method == "local":
        for name in (name for name, value in given.items() if value is not None):
            raise InputError(f"`{name}` is for method='sobol': leave it out")
        names = changeable(patient, parameters)
        found = local(question(names=names, design=design(runs(len(names)), rtol=FINE_RTOL)))
    else:
        ways = varied(patient, parameters, over=OVER[0] if over is None else over, ranges=ranges)
        n, seed = _points(n), checks.whole("seed", 0 if seed is None else seed, 0, HIGHEST_SEED)
        asked = design(n * (len(ways) + 2), rtol=COHORT_RTOL)
        refuse_if_too_much(asked, n=n, inputs=len(ways), outputs=len(wanted), budget=budget)
        warn_if_cut(patient, ways)
        names = tuple(way.name for way in ways)
        found = sobol(question(names=names, design=asked), ways, n=n, seed=seed, shown=progress)
    return found.assign_attrs(definition=definition)


def _one_patient(patient: object) -> Patient:
    if not isinstance(patient, Patient):
        raise InputError(f"patient is {checks.shown(patient)}: give one made by typical_patient()")
    return patient


def _one_arm(arm: object) -> Arm:
    if arm is None or isinstance(arm, str | Regimen):
        return arm
    raise InputError(f"arm is {checks.shown(arm)}: give one regimen, its text such as '1 g/kg', or None")


def _points(n: object) -> int:
    """Points of each sample: a power of two."""
    if n is None:
        return N
    given = checks.whole("n", n, FEWEST, MOST, hint="a power of two, as Sobol points need it")
    below = 1 << (given.bit_length() - 1)
    if given != below:
        raise InputError(f"n is {given}: Sobol points need a power of two, such as {below} or {2 * below}")
    return given
