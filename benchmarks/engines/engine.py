"""What an engine is to the benchmark."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from benchmarks.problem import Floats, Runs

#: Counts of the patients of `Runs` at a relative tolerance, shape (patients, times). One that works in another process
#: has `seconds`, the CPU time of its last call.
Counts = Callable[[Runs, float], Floats]


class Engine(NamedTuple):
    """A way to solve the model."""

    name: str
    group: str  #: whose work it is
    prepare: Callable[[Path], Counts]  #: import and compile, given the folder with the printed model
    tolerances: tuple[float, float]  #: loosest and tightest that are tried
    equations: str  #: the form in which it is given the right-hand side
    needs: tuple[str, ...] = ()  #: modules that have to be there
    absent: Callable[[], str] | None = None  #: says what is missing, if that is no Python module
    together: int = 1  #: patients that are solved side by side; with fewer the cost of each is not typical

    @property
    def key(self) -> str:
        """Name that no other engine has."""
        return f"{self.group} {self.name}"

    def missing(self) -> str:
        """How to install what is missing, or nothing."""
        if self.absent is not None:
            return self.absent()
        absent = [name for name in self.needs if find_spec(name) is None]
        return f"{', '.join(absent)} not installed: pip install -e '.[bench]'" if absent else ""
