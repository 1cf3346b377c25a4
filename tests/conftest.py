"""What all tests share: no screen, the same examples in every run, and two processes for the whole suite."""

import os
import sys
from collections.abc import Iterator

import hypothesis
import pytest

# Before anything imports matplotlib, here and in the processes that tests start.
os.environ["MPLBACKEND"] = "Agg"

hypothesis.settings.register_profile("same", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("search", deadline=None, max_examples=1000)
# For mutation testing: that a law fails is enough there, and the smallest example takes minutes to find.
unshrunk = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
hypothesis.settings.register_profile("unshrunk", deadline=None, derandomize=True, phases=unshrunk)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Processes that share the whole suite; none for some of its files, which are done before others have started."""
    whole = config.args in (config.getini("testpaths"), [str(config.rootpath / "tests")])
    return min(os.cpu_count() or 1, 4) if whole and (os.cpu_count() or 1) > 1 else 0


@pytest.fixture(autouse=True, scope="module")
def _figures_do_not_pile_up() -> Iterator[None]:
    """Figures that a file's tests left open are closed after it: pyplot warns of too many, whoever opens the last."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
