"""The folder with the printed model, for the engines that run it; :mod:`benchmarks.texts` fills it."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

PYTHON, ANTIMONY, MRGSOLVE = "printed_model.py", "model.ant", "itp.mod"


def load(folder: Path) -> ModuleType:
    """Import the Python functions that were printed into `folder`, a fresh copy each time."""
    spec = spec_from_file_location("printed_model", folder / PYTHON)
    if spec is None or spec.loader is None:
        raise ImportError(f"{folder / PYTHON} cannot be imported")
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # a compiler that keeps its results looks the module up
    spec.loader.exec_module(module)
    return module
