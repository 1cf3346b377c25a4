"""Scripts of the checkout that belong to no package, as modules."""

import importlib.util
from pathlib import Path
from typing import Any


def loaded(path: Path) -> Any:
    """The script at `path`, run as a module that is imported; each call runs it again."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
