"""What a reader of a fit could miss: counts that the curve does not meet, draws that are few."""

import warnings
from collections.abc import Mapping
from typing import Any

#: Mean square of the deviations [squared standard deviations] above which a fit is said not to fit; assumed.
POOR = 3.0


def warn(subject: str, said: Mapping[str, Any]) -> None:
    """Warn of what the diagnostics of a fit give away.

    Parameters
    ----------
    subject
        Id of the subject.
    said
        Diagnostics of the fit.

    Warns
    -----
    UserWarning
        If the counts lie far from the curve, or the draws are too few, or the ensemble has not converged.
    """
    for doubt in _doubts(said):
        warnings.warn(f"subject {subject}: {doubt}", stacklevel=3)


def _doubts(said: Mapping[str, Any]) -> list[str]:
    found = []
    if said["standardised"] > POOR:
        found.append(
            f"the counts lie {said['standardised'] ** 0.5:.1f} times as far from the curve as the assumed error says: "
            "is TIME in hours and read as days (`time_unit`)? Else another error (`count_cv`), another treatment, or "
            "not this model"
        )
    if not said["converged"] and "rhat" in said:
        found.append(f"the ensemble has not converged, R-hat {said['rhat']:.2f}: intervals are rough")
    elif not said["converged"]:
        found.append(f"only {said['effective']:.0f} effective draws: intervals are rough; try sampler='ensemble'")
    return found
