"""What is asked of a fit, checked: whose counts, at which weight, which parameters, and with what error."""

from collections.abc import Iterable

from itp_sim import checks
from itp_sim.errors import InputError
from itp_sim.fitting.prior import JUDGED, Prior
from itp_sim.fitting.residual import WIDEST, Residual, residuals
from itp_sim.nmtran import Records, Subject
from itp_sim.parameters import parameter_name


def subject_of(data: object, chosen: str | int | None) -> Subject:
    """The one subject to be fitted.

    Raises
    ------
    InputError
        If `data` hold no subject, or several and none is chosen.
    """
    if isinstance(data, Subject):
        if chosen is not None and str(chosen) != data.id:
            raise InputError(f"subject is {checks.shown(chosen)}, but the one given is {data.id!r}: leave it out")
        return data
    if not isinstance(data, Records):
        raise InputError(f"data is {checks.shown(data)}: give Records, as read_nmtran() returns them, or one Subject")
    if chosen is not None:
        return data[chosen]
    if len(data) > 1:
        known = checks.listed([one.id for one in data], 10)
        raise InputError(
            f"{data.source} has {len(data)} subjects: choose one, as in subject={data.subjects[0].id!r} (of {known}), "
            "or fit them all by fit_each()"
        )
    return data.subjects[0]


def weight_of(subject: Subject, given: float | None) -> float:
    """Weight of a subject [kg].

    Raises
    ------
    InputError
        If it is out of range, or neither given nor in the table.
    """
    if given is not None:
        return checks.number("weight_kg", given, 0.5, 400.0, "kg")
    if subject.weight_kg is None:
        raise InputError(
            f"subject {subject.id!r} has no weight, and IgG spreads in volumes per kg: add a column WT, or give "
            "`weight_kg`"
        )
    return subject.weight_kg


def judged_of(prior: Prior, asked: Iterable[str]) -> tuple[str, ...]:
    """Names of the parameters to be judged, each once.

    Raises
    ------
    InputError
        If none is named, or one in which the patients of the population do not differ.
    """
    if asked is JUDGED:
        return tuple(name for name in JUDGED if name in prior.free)
    several = checks.several("parameters", asked, "['P0', 'EPS']")
    names = tuple(dict.fromkeys(parameter_name(name) for name in several))
    if not names:
        raise InputError("parameters is empty: name at least one, or leave it out")
    for name in names:
        if name not in prior.free:
            raise InputError(
                f"patients of {prior.population} do not differ in {name}, so it is not fitted: choose from "
                f"{checks.listed(prior.names)}, or give {name} a spread in a file of your own"
            )
    return names


def errors_of(count_cv: float | None, igg_cv: float | None) -> dict[str, Residual]:
    """Errors of the measured values by kind: those that are given, else those of ``params/residual.toml``.

    Raises
    ------
    InputError
        If one is out of range.
    """
    known = residuals()
    for kind, field, given in (("platelets", "count_cv", count_cv), ("igg", "igg_cv", igg_cv)):
        if given is not None:
            cv = checks.number(field, given, 0.01, WIDEST, hint="a coefficient of variation: 0.2 is 20%")
            known[kind] = known[kind]._replace(cv=cv, evidence="assumed", note="given by the user")
    return known
