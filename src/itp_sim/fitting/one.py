"""The fit of one subject."""

import time
from collections.abc import Iterable
from os import PathLike

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from itp_sim import __version__, checks
from itp_sim.effort import refuse_if_too_long, seconds_allowed
from itp_sim.equations import Parameters
from itp_sim.errors import SolverError
from itp_sim.fitting import doubts
from itp_sim.fitting.asked import errors_of, judged_of, subject_of, weight_of
from itp_sim.fitting.climb import Top, climb, some
from itp_sim.fitting.cost import fit_seconds
from itp_sim.fitting.ensemble import ensemble
from itp_sim.fitting.measured import deviations, measured
from itp_sim.fitting.prior import JUDGED, Prior, parameters, read_prior, value_at
from itp_sim.fitting.profiles import Profile, deviance_limit, profiles
from itp_sim.fitting.result import Fit
from itp_sim.fitting.sampled import ENOUGH, Sample, sample
from itp_sim.fitting.target import Target
from itp_sim.fitting.verdicts import Verdict, verdict
from itp_sim.nmtran import Records, Subject
from itp_sim.patient import Patient
from itp_sim.streams import generator
from itp_sim.usual import DEFAULT_BUDGET, DEFAULT_POPULATION, HIGHEST_SEED, MOST_WORKERS

Floats = NDArray[np.float64]

#: Climbs: one from the population's median, the others from draws of the population.
STARTS = 5
#: Draws that a fit keeps.
KEPT = 2000
#: How draws of the posterior are made.
SAMPLERS = ("importance", "ensemble")
#: What is said of a parameter whose estimate the counts alone do not allow.
DISAGREE = "counts and population disagree"
#: Confidence beyond which an estimate is said to: one of 80 simulated patients of the population itself exceeds it, and
#: four that of a profile.
DISAGREED = 0.95


def fit(
    data: Records | Subject,
    population: str | PathLike[str] = DEFAULT_POPULATION,
    *,
    subject: str | int | None = None,
    weight_kg: float | None = None,
    parameters: Iterable[str] = JUDGED,
    count_cv: float | None = None,
    igg_cv: float | None = None,
    sampler: str = "importance",
    draws: int = KEPT,
    seed: int = 0,
    threads: int | None = None,
    budget: float = DEFAULT_BUDGET,
) -> Fit:
    """Fit one patient's counts, and IgG levels where they were measured.

    All parameters in which the population's patients differ are free, and the population is their prior: log-normal,
    or normal in the logit for shares, with its medians, spreads and correlations, within the range of each record.
    What a few counts can tell is judged (`parameters`); of the others, such as the clearance of IgG or the transit
    through the marrow, the fit only allows for what is not known. Weight and infusions are taken as given.

    The most probable patient is found from several starts. Draws of the posterior are those of the normal approximation
    there (Laplace), weighted by its error and refined until enough are effective; the plain approximation misses the
    long tails of FIND. Verdicts come from profile likelihoods.

    Parameters
    ----------
    data
        Records of :func:`itp_sim.read_nmtran` with one subject, or with several and a choice of `subject`; or one
        Subject. Counts before the first infusion are those of the untreated patient.
    population
        Name of a population (see :func:`populations`), or path of an own file: the prior.
    subject
        Id of the subject to fit; may be left out if there is one. :func:`fit_each` fits them all.
    weight_kg
        Body weight [kg], where the table has none.
    parameters
        Parameters to judge, by name as in the equations, printed symbol or common name. P0, EPS, FIND, IC50 and KREM by
        default, as far as the patients of the population differ in them.
    count_cv, igg_cv
        Coefficients of variation of a log-normal error of a count and of an IgG level, assumed in
        ``params/residual.toml`` if left out. A value below the floor that is given there counts as "below".
    sampler
        "importance" (draws of normal approximations with weights), or "ensemble" (emcee's walkers, all in one call of
        the engine; needs the extra `bayes`).
    draws
        Draws of the posterior that the fit keeps, 200 to 20,000.
    seed
        Names the random streams: the same data and seed, the same fit.
    threads
        Threads for the engine; by default one for each processor.
    budget
        Seconds that the fit may take.

    Returns
    -------
    Fit
        `summary()`, `predict()`, `plot()`; `patient` and `draws` can be simulated. `diagnostics` say: `starts`,
        `arrived` and `same_top` (climbs, those that came to an end, those that ended at the estimate), `effective`
        (independent draws), `converged` (400 of them or more; of the ensemble, chains that are long and agree, R-hat at
        most 1.05), `standardised` (mean square of the deviations of the measured values from the estimate in
        standard deviations: far above 1, the model or the assumed error does not fit), `disagree` (parameters whose
        estimate lies outside what the counts alone allow: they and the population contradict each other), of the
        ensemble also `autocorrelation` [steps] and `rhat` of the worst parameter.

    Raises
    ------
    InputError
        If the table has several subjects and none is chosen; if the subject has no weight, no count after an infusion
        or no infusion; if a number is out of range; if it would take too long, with an estimate.
    UnknownNameError
        If there is no such subject, population, parameter or sampler.
    MissingExtraError
        If the ensemble sampler is not installed.
    SolverError
        If the infusions cannot be simulated, or the seconds allowed are used up.

    Warns
    -----
    UserWarning
        If the draws have not converged, the counts lie much farther from the curve than the error says, counts and
        population disagree, or the weight is far below that of the population.
    """
    one = subject_of(data, subject)
    sampler = checks.name("sampler", sampler, SAMPLERS)
    draws = checks.whole("draws", draws, 200, 20_000)
    seed = checks.whole("seed", seed, 0, HIGHEST_SEED)
    threads = None if threads is None else checks.whole("threads", threads, 1, MOST_WORKERS)
    weight = weight_of(one, weight_kg)
    prior = read_prior(population, weight)
    judged = judged_of(prior, parameters)
    budget = seconds_allowed(budget)
    errors = errors_of(count_cv, igg_cv)
    target = Target(prior, measured(one, errors), threads, time.monotonic() + budget)
    refuse_if_too_long(
        f"a fit of subject {one.id!r} (infusions: {len(one.infusions)}) takes",
        fit_seconds([one], sampler),
        budget=budget,
        less="leave out early infusions and counts" + (", or `sampler`" if sampler == "ensemble" else ""),
    )
    tops = climb(target, _starts(prior, seed))
    best = int(np.argmax(tops.density))
    if not np.isfinite(tops.density[best]):
        raise SolverError(
            f"no patient of {prior.population} could have the infusions of subject {one.id!r}: check them"
        )
    top = some(tops, np.array([best]))
    if sampler == "ensemble":
        drawn, more = ensemble(target, top, seed)
    else:
        drawn, more = sample(target, tops, seed), {}
    found = profiles(target, top, drawn, names=judged)
    verdicts = {name: verdict(prior, profile, top=top, drawn=drawn) for name, profile in found.items()}
    table = _table(prior, verdicts, found, top=top)
    away = deviations(target.measured, top.curves[0])
    # A value below the floor lies off a curve above it alone.
    away = away[~target.measured.below | (away < 0.0)]
    said = {
        "sampler": sampler,
        "seed": seed,
        "starts": len(tops.density),
        "arrived": int(tops.arrived.sum()),
        "same_top": int((tops.density > tops.density[best] - 0.01).sum()),
        "log_density": float(tops.density[best]),
        "effective": drawn.effective,
        "converged": drawn.effective >= ENOUGH,
        "standardised": float(np.mean(away**2)) if len(away) else 0.0,
        "disagree": [str(name) for name in table.index[table["disagrees"]]],
        "itp_sim_version": __version__,
        **more,
    }
    doubts.warn_of_weight(one.id, weight, prior.population)
    doubts.warn(one.id, said)
    return Fit(
        subject=one,
        population=prior.population,
        patient=_patient(prior, top.scores),
        draws=_kept(prior, drawn, n=draws, seed=seed),
        judged=table.drop(columns="disagrees"),
        profiles=_profiles(prior, found),
        residual=errors,
        diagnostics=said,
    )


def _starts(prior: Prior, seed: int) -> Floats:
    """The median patient, and draws of the population."""
    spread = np.linalg.cholesky(np.linalg.inv(prior.precision))
    random = generator(seed, "starts of a fit").standard_normal((STARTS - 1, len(spread))) @ spread.T
    return np.concatenate([np.zeros((1, len(spread))), random])


# --- what was found -------------------------------------------------------------------------------------------------


def _patient(prior: Prior, scores: Floats) -> Patient:
    p = parameters(prior, scores)
    return Patient(Parameters(*(float(column[0]) for column in p)), prior.population)


def _kept(prior: Prior, drawn: Sample, *, n: int, seed: int) -> pd.DataFrame:
    """Draws without weights: evenly spaced over the weights, so that little chance is added."""
    start = generator(seed, "draws that are kept").uniform()
    rows = np.searchsorted(np.cumsum(drawn.weights), (np.arange(n) + start) / n, side="right")
    rows = generator(seed, "order of the draws").permutation(np.minimum(rows, len(drawn.weights) - 1))
    table = pd.DataFrame(dict(zip(Parameters._fields, parameters(prior, drawn.scores[rows]), strict=True)))
    table.index.name = "draw"
    table.attrs = {"population": prior.population}
    return table


def _table(prior: Prior, verdicts: dict[str, Verdict], found: dict[str, Profile], *, top: Top) -> pd.DataFrame:
    normal = np.sqrt(np.diag(np.linalg.inv(top.information[0] + prior.precision)))
    rows = {}
    for name, said in verdicts.items():
        low, high = found[name].ends
        ends = value_at(prior, name, np.array([low, high]))
        score = float(top.scores[0, prior.names.index(name)])
        disagrees = found[name].at(score) > deviance_limit(DISAGREED)
        rows[name] = {
            "disagrees": disagrees,
            "verdict": said.word,
            "why": f"{said.why}; {DISAGREE}" if disagrees else said.why,
            "left": said.left,
            "score": score,
            "normal_sd": float(normal[prior.names.index(name)]),
            "profile_low": float(ends[0]) if np.isfinite(low) else -np.inf,
            "profile_high": float(ends[1]) if np.isfinite(high) else np.inf,
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def _profiles(prior: Prior, found: dict[str, Profile]) -> pd.DataFrame:
    parts = [
        pd.DataFrame(
            {
                "parameter": name,
                "value": value_at(prior, name, one.scores),
                "score": one.scores,
                "deviance": one.deviance,
            }
        )
        for name, one in found.items()
    ]
    return pd.concat(parts, ignore_index=True)
