"""The endpoints of a trial as the model has them, and nothing else: what a calibration asks for many times."""

from itp_sim.trials.design import Trial
from itp_sim.trials.endpoints import sample, value
from itp_sim.trials.run import Overrides, courses
from itp_sim.usual import VALIDATION_PATIENTS


def simulated(
    trial: Trial,
    *,
    n: int = VALIDATION_PATIENTS,
    seed: int = 1,
    overrides: Overrides | None = None,
    threads: int | None = None,
) -> dict[str, float]:
    """Return the simulated value of every endpoint of a trial.

    The same arguments give the same values. Other `overrides` with the same `seed` move the same virtual patients, with
    the same noise in their counts (common random numbers).

    Parameters
    ----------
    trial
        From `load_trial`.
    n, seed, overrides, threads
        As in :func:`itp_sim.trials.run.courses`.

    Returns
    -------
    dict
        Value by key of the endpoint, in its unit; NaN if nobody is in the group that it is about, inf for the median of
        a time that is not reached by half of them.

    Raises
    ------
    InputError, SolverError
        As :func:`itp_sim.trials.run.courses`.
    """
    measured = courses(trial, n=n, seed=seed, overrides=overrides, threads=threads)
    return {key: value(one, trial, sample(one, trial, measured)) for key, one in trial.endpoints.items()}
