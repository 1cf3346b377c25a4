"""What the package needs and what its extras add, as its metadata say, and the hint where an extra is missing."""

import re
from importlib.metadata import PackageNotFoundError, requires

from itp_sim.errors import MissingExtraError

#: Extras of a user; others are for work on the package itself.
EXTRAS = ("bayes", "files", "interop", "notebooks", "scale")
_NAME = re.compile(r"[\w.-]+")
_EXTRA = re.compile(r";.*\bextra == ['\"]([\w-]+)['\"]")


def requirements() -> dict[str, tuple[str, ...]]:
    """Requirements by extra, such as "zarr>=3.1"; those of the package itself under "".

    Returns
    -------
    dict
        As the installed package says; empty where it is not installed.
    """
    found: dict[str, tuple[str, ...]] = {}
    try:
        written = requires("itp_sim") or []
    except PackageNotFoundError:
        return {}
    for line in written:
        extra = _EXTRA.search(line)
        key = extra[1] if extra else ""
        found[key] = (*found.get(key, ()), line.split(";")[0].strip())
    return found


def packages() -> tuple[str, ...]:
    """Names of the packages that are needed, and of those that the extras of a user add."""
    found = requirements()
    wanted = (line for extra in ("", *EXTRAS) for line in found.get(extra, ()))
    return tuple(dict.fromkeys(match[0] for match in map(_NAME.match, wanted) if match))


def missing(extra: str, what: str, instead: str) -> MissingExtraError:
    """Return the error to raise where an extra is not installed.

    Parameters
    ----------
    extra
        Its name. What it adds is named package by package, which helps however itp_sim itself was installed.
    what
        What needs which package.
    instead
        What can be done without, as it follows "or".
    """
    lines = requirements().get(extra, ())
    named = " ".join(f'"{line}"' for line in lines) or f'".[{extra}]" in the checkout'
    return MissingExtraError(f"{what}: pip install {named} (the extra {extra}), or {instead}")
