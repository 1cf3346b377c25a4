"""What all tests share: no screen, the same examples in every run, and two processes for the whole suite."""

import os

import hypothesis
import pytest

# Before anything imports matplotlib, here and in the processes that tests start.
os.environ["MPLBACKEND"] = "Agg"

hypothesis.settings.register_profile("same", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.register_profile("search", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Processes that share the whole suite; none for some of its files, which are done before others have started."""
    whole = config.args in (config.getini("testpaths"), [str(config.rootpath / "tests")])
    return min(os.cpu_count() or 1, 4) if whole and (os.cpu_count() or 1) > 1 else 0
