"""How long a request takes, roughly, and the refusal of one that takes too long before it starts."""

from collections.abc import Mapping
from types import MappingProxyType

from itp_sim.errors import InputError
from itp_sim.usual import DEFAULT_DAYS

#: CPU seconds that a run of up to six weeks takes with each engine, roughly; measured.
COST: Mapping[str, float] = MappingProxyType({"kernel": 5e-5, "twin": 1e-3, "reference": 3e-2})
#: Bytes of numbers that one call may hold.
LARGEST = 4e9


def run_seconds(runs: int, days: float, engine: str) -> float:
    """CPU seconds that so many runs of so many days take with this engine, roughly."""
    return runs * COST[engine] * max(days / DEFAULT_DAYS, 1.0)


def refuse_if_too_long(what: str, seconds: float, *, budget: float, less: str) -> None:
    """Refuse what would take more seconds than are allowed.

    Parameters
    ----------
    what
        What was asked for, with its verb: "a fit takes".
    seconds
        CPU seconds that it takes, roughly.
    budget
        Seconds that are allowed.
    less
        What to ask for instead.

    Raises
    ------
    InputError
        If it takes longer.
    """
    if seconds > budget:
        raise InputError(
            f"{what} about {seconds:,.{0 if seconds >= 10 else 1}f} s of processor time, more than budget={budget:g}: "
            f"{less}, or raise `budget`"
        )


def refuse_if_too_large(what: str, size: float, *, less: str) -> None:
    """Refuse what would hold too many bytes.

    Parameters
    ----------
    what
        What was asked for, without a verb.
    size
        Bytes, roughly.
    less
        What to ask for instead.

    Raises
    ------
    InputError
        If it is too large.
    """
    if size > LARGEST:
        raise InputError(f"{what} would take about {size / 1e9:.0f} GB, more than {LARGEST / 1e9:g}: {less}")
