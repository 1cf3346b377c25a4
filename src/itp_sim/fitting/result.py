"""A fitted patient: the estimate, how sure it is, and what may come."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from itp_sim import checks
from itp_sim.design import Arm
from itp_sim.equations import Parameters, labels
from itp_sim.fitting.future import DAYS, DRAWS, Ask, predicted
from itp_sim.fitting.prior import read_prior, value_at
from itp_sim.fitting.profiles import CONFIDENCE
from itp_sim.fitting.residual import Residual
from itp_sim.nmtran import Subject
from itp_sim.notice import RESEARCH_ONLY
from itp_sim.patient import Patient

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Fit:
    """What the counts of one patient and the population together say of that patient.

    Parameters
    ----------
    subject
        Whose counts were fitted.
    population
        Name, or path of an own file, of the population that is the prior.
    patient
        The most probable patient (MAP), to be simulated as any other.
    draws
        Patients who could be this one, drawn from the posterior, one row each: a table that `simulate` takes.
    judged
        One row a parameter that was judged: verdict and why, variance of the posterior over that between patients
        (`left`), score of the estimate and its standard deviation in the normal approximation, and ends of the profile
        likelihood, infinite where it has none.
    profiles
        Profile likelihoods, one row a place: parameter, value, score and deviance (twice the log likelihood lost).
    residual
        Errors of the measured values, by kind.
    diagnostics
        How the fit went: see :func:`itp_sim.fit`.
    """

    subject: Subject
    population: str
    patient: Patient
    draws: pd.DataFrame
    judged: pd.DataFrame
    profiles: pd.DataFrame
    residual: Mapping[str, Residual]
    diagnostics: Mapping[str, Any]

    def summary(self, confidence: float = CONFIDENCE) -> pd.DataFrame:
        """Say of each parameter what it is and whether the counts could tell.

        Parameters
        ----------
        confidence
            Of the intervals, 0.5 to 0.99.

        Returns
        -------
        pandas.DataFrame
            One row a parameter: `estimate` (of the most probable patient), `low` and `high` (ends of the posterior's
            interval), `prior`, `prior_low` and `prior_high` (median and interval of the population), `shrinkage`
            (variance of the posterior over that between patients: 0, the counts decide; 1 or above, the population),
            `verdict` ("informed", "prior-driven" or "confounded with X") and `why`, unit and meaning. The verdict
            rests on the profile likelihood, which `plots.profile` draws.

        Raises
        ------
        InputError
            If the confidence is out of range.

        Notes
        -----
        Shrinkage is that of one patient. Savic and Karlsson 2009 (AAPS J 11:558, doi:10.1208/s12248-009-9133-0) define
        it over many, by the spread of their estimates; were everything normal, its square form, one less the variance
        of the estimates over that between patients, would be the mean of the shrinkages told here.
        """
        confidence = checks.number("confidence", confidence, 0.5, 0.99)
        shares = np.array([(1 - confidence) / 2, 0.5, (1 + confidence) / 2])
        prior = read_prior(self.population, self.patient.parameters.WT)
        declared = labels(Parameters)
        rows = {}
        for name, row in self.judged.iterrows():
            one = str(name)
            low, _, high = np.quantile(self.draws[one], shares).tolist()
            prior_low, median, prior_high = value_at(prior, one, ndtri(shares)).tolist()
            rows[one] = {
                "estimate": getattr(self.patient.parameters, one),
                "low": low,
                "high": high,
                "prior": median,
                "prior_low": prior_low,
                "prior_high": prior_high,
                "shrinkage": row["left"],
                "verdict": row["verdict"],
                "why": row["why"],
                "unit": declared[one].unit or "1",
                "meaning": declared[one].meaning,
            }
        table = pd.DataFrame.from_dict(rows, orient="index")
        table.index.name = "parameter"
        table.attrs = {"confidence": confidence, "subject": self.subject.id, "population": self.population}
        table.attrs["notice"] = RESEARCH_ONLY
        return table

    def predict(
        self,
        regimen: Mapping[str, Arm] | Arm | Iterable[Arm] = None,
        days: float = DAYS,
        *,
        after: float | None = None,
        times: Iterable[float] | None = None,
        draws: int = DRAWS,
        confidence: float = CONFIDENCE,
    ) -> "xr.Dataset":
        """Predict the patient's counts under the infusions that were given, or under other regimens.

        Parameters
        ----------
        regimen
            A regimen or several, as `simulate` takes them; its text "none" is no treatment. None, the default, are
            the infusions that were given.
        days
            Length of the prediction [day], 28 by default.
        after
            Day from the first infusion that was given on which the regimen starts, on top of what was given and
            infused before; the run then begins with that first infusion and ends `days` after `after`. Without it the
            regimen stands alone, in the untreated patient.
        times
            Output days, as `simulate` takes them; four a day by default.
        draws
            Draws of the posterior that are simulated, 50 up to those that the fit holds.
        confidence
            Share of the draws between the ends of the bands, 0.5 to 0.99.

        Returns
        -------
        xarray.Dataset
            `platelets` and `igg` over (arm, quantile, time): the curve itself; `measured`, the same of a count that is
            measured with the residual error; `estimate` over (arm, time), the curve of the most probable patient;
            `chance` over (arm, level, time), the share of the draws at or above 30, 50, 80 and 100. The quantiles are
            the lower end, the median and the upper end. Bands hold what is not known of this patient, in a model and a
            population that are taken as true.

        Raises
        ------
        InputError
            If anything asked for cannot be used.
        """
        ask = Ask(days=days, after=after, times=times, draws=draws, confidence=confidence)
        return predicted(self, regimen, ask)

    def plot(self, **options: Any) -> Any:
        """Draw the counts, the fitted curve and its band.

        Parameters
        ----------
        **options
            As of `plots.fit`.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        InputError
            If an option cannot be used.
        """
        from itp_sim import plots

        return plots.fit(self, **options)

    def __repr__(self) -> str:
        words = [f"{name} {row['verdict']}" for name, row in self.judged.iterrows()]
        n = len(self.subject.observations)
        return f"<Fit of subject {self.subject.id!r} ({n} values, {self.population}): {', '.join(words)}>"
