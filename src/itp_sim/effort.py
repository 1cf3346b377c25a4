"""What one call may take, in seconds and bytes, and the refusal of more before it starts."""

from itp_sim import checks
from itp_sim.errors import InputError

#: Bytes of numbers that one call may hold.
LARGEST = 4e9


def seconds_allowed(budget: object) -> float:
    """Return `budget`, the seconds that a call may take.

    Raises
    ------
    InputError
        If it is no number of seconds.
    """
    return checks.number("budget", budget, 0.0, 1e9, "s", open_low=True)


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
        most = f"{LARGEST / 1e9:g} GB"
        raise InputError(
            f"{what} would take about {size / 1e9:,.{0 if size >= 1e10 else 1}f} GB, more than {most}: {less}"
        )
