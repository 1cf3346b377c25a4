"""What varies, and how: the parameters of an analysis with the values that each may take."""

import math
import warnings
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import NamedTuple

import numpy as np

from itp_sim import checks
from itp_sim.distribution import quantile
from itp_sim.equations import Parameters
from itp_sim.errors import InputError
from itp_sim.parameters import correlations, parameter_name, records
from itp_sim.patient import Patient
from itp_sim.population import with_medians
from itp_sim.records import SHARES, Record
from itp_sim.solve.problem import Floats

#: Over what Sobol indices may be taken.
OVER = ("patients", "ranges")
#: Share by which the median of what is drawn may differ from the patient's own value without a word; assumed.
OFF = 0.10


class Varied(NamedTuple):
    """A parameter that varies between two ends."""

    record: Record  #: its value is the median
    low: float
    high: float
    over: str

    @property
    def name(self) -> str:
        """Name in the equations."""
        return self.record.name

    def at(self, u: Floats) -> Floats:
        """Values below which shares `u` of the values lie."""
        if self.over == "patients":
            return quantile(self.record, (self.low, self.high), u)
        if self.low > 0 and self.name not in SHARES:
            return np.asarray(self.low * np.exp(u * math.log(self.high / self.low)))
        return self.low + u * (self.high - self.low)


def changeable(patient: Patient, names: Iterable[str] | None) -> tuple[str, ...]:
    """Parameters that a relative change is possible of, in the order of the equations; all of them by default.

    Raises
    ------
    InputError
        If one that is named is 0, or a share that is 1.
    """
    values = patient.parameters._asdict()
    chosen = _chosen(names)
    possible = [name for name, value in values.items() if 0 < value < (1.0 if name in SHARES else math.inf)]
    for name in chosen or ():
        if name not in possible:
            raise InputError(
                f"{name} is {values[name]:g} in this patient, of which no relative change is possible: leave it out, "
                f"or give a patient with another value, as by patient.assign({name}=...)"
            )
    return chosen or tuple(possible)


def varied(
    patient: Patient, names: Iterable[str] | None, *, over: str, ranges: Mapping[str, tuple[float, float]] | None
) -> tuple[Varied, ...]:
    """Parameters that vary around a patient, in the order of the equations; by default those that differ in patients.

    Parameters
    ----------
    patient
        Whose values are the medians.
    names
        Names of parameters.
    over
        "patients": as the patients of his population differ; "ranges": evenly between the ends of each record.
    ranges
        Other ends, by name.

    Raises
    ------
    InputError
        If a parameter cannot vary so, or two of them are correlated.
    """
    over = checks.name("over", over, OVER)
    found, values = records(patient.population), patient.parameters._asdict()
    chosen = _chosen(names)
    wanted = chosen or tuple(name for name, record in found.items() if record.omega > 0)
    if over == "ranges":
        own = _ranges(ranges, wanted, found)
        return tuple(Varied(found[name], *own.get(name, found[name].limits), over) for name in wanted)
    if ranges is not None:
        raise InputError("`ranges` is for over='ranges': give that too, or leave it out")
    fixed = [name for name in wanted if not 0 < values[name] < (1.0 if name in SHARES else math.inf)]
    for name in wanted:
        if found[name].omega == 0 or (chosen and name in fixed):
            why = "all patients are alike in" if found[name].omega == 0 else "nothing varies around the patient's own"
            raise InputError(f"{why} {name} = {values[name]:g}: leave it out, or let it vary by over='ranges'")
    wanted = tuple(name for name in wanted if name not in fixed)
    if not wanted:
        raise InputError(f"no parameter of {patient.population} varies around this patient: give over='ranges'")
    _refuse_correlated(patient, wanted)
    around = with_medians(found, {name: values[name] for name in wanted})
    return tuple(Varied(around[name], *around[name].limits, over) for name in wanted)


def warn_if_cut(patient: Patient, ways: Iterable[Varied]) -> None:
    """Warn where the ends of a record cut so much off that the patient's own value is far from the median.

    What was left at the record's value is not told: it varies as in the population, of whoever is asked.

    Warns
    -----
    UserWarning
        If the median of a parameter is more than a tenth off.
    """
    found, own = records(patient.population), patient.parameters._asdict()
    for way in ways:
        value, median = own[way.name], float(way.at(np.array([0.5]))[0])
        if way.over == "patients" and value != found[way.name].value and abs(median / value - 1) > OFF:
            warnings.warn(
                f"{way.name} is {value:g} in this patient and {median:.3g} in the median of those who are drawn around "
                f"him, since patients of {patient.population} have {way.low:g} to {way.high:g}: the indices are of "
                f"such patients. Give a patient nearer to the middle, or over='ranges' with `ranges` of your own",
                stacklevel=3,
            )


def _chosen(names: Iterable[str] | None) -> tuple[str, ...]:
    """Parameters by name, in the order of the equations; none if nobody chose."""
    if names is None:
        return ()
    several = [names] if isinstance(names, str) else names
    try:
        given = {parameter_name(name) for name in islice(several, 10 * len(Parameters._fields))}
    except TypeError:
        raise InputError(f"parameters is {checks.shown(names)}: give names, as in ['IC50', 'EPS']") from None
    if not given:
        raise InputError("parameters is empty: name at least one, or leave it out")
    return tuple(name for name in Parameters._fields if name in given)


def _ranges(given: object, wanted: tuple[str, ...], found: Mapping[str, Record]) -> dict[str, tuple[float, float]]:
    """Ends of one's own by parameter, checked."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise InputError(f"ranges is {checks.shown(given)}: give ends by name, as in {{'EPS': (0.5, 2)}}")
    own = {}
    for key, two in given.items():
        record = found[parameter_name(key)]
        if record.name not in wanted:
            raise InputError(f"ranges names {record.name}, which does not vary: name it in `parameters` too")
        if not isinstance(two, tuple | list) or len(two) != 2:
            raise InputError(f"the range of {record.name} is {checks.shown(two)}: give (lowest, highest)")
        low, high = (checks.number(f"the range of {record.name}", end, *record.range, record.unit) for end in two)
        if not low < high:
            raise InputError(f"the range of {record.name} is {low:g} to {high:g}: give a lower and a higher end")
        own[record.name] = (low, high)
    return own


def _refuse_correlated(patient: Patient, wanted: tuple[str, ...]) -> None:
    for one in correlations(patient.population):
        if set(one.between) <= set(wanted):
            first, second = one.between
            raise InputError(
                f"{first} and {second} go together in patients (correlation {one.value:g}), and Sobol indices are "
                f"defined for what varies independently: leave one out of `parameters`, or give over='ranges'"
            )
