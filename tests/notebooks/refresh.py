"""Execute the notebooks and write them in one normal form: ``python tests/notebooks/refresh.py [NOTEBOOK ...]``.

Without names, every notebook in ``notebooks/`` is executed, in place. ``--into FOLDER`` writes elsewhere. The code of
this checkout is used, and the interpreter that runs this script. A notebook that fails is left as it was.
"""

import argparse
import json
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
#: Seconds a cell may take before it is given up.
TIMEOUT = 120
#: A view of controls: it names a model of one run, and shows nothing without a kernel.
CONTROLS = "application/vnd.jupyter.widget-view+json"

Notebook = dict[str, Any]


def execute(notebook: Notebook) -> Notebook:
    """Return the notebook with fresh outputs; raises nbclient's CellExecutionError where a cell fails."""
    # Built here, the font cache is not announced on the standard error of a notebook.
    import matplotlib.font_manager  # noqa: F401
    import nbformat
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

    node = nbformat.reads(normalise(notebook), as_version=4)
    nbformat.validate(node)
    with tempfile.TemporaryDirectory() as folder:
        kernel = AsyncKernelManager(
            kernel_name="python3",
            # No folder of kernels is searched, so this is the running interpreter whatever the user has installed.
            kernel_spec_manager=KernelSpecManager(kernel_dirs=[]),
            transport="tcp" if os.name == "nt" else "ipc",
            connection_file=str(Path(folder, "kernel.json")),
        )
        surroundings = os.environ | {
            "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")])),
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "IPYTHONDIR": folder,
        }
        client = NotebookClient(node, km=kernel, timeout=TIMEOUT, record_timing=False, coalesce_streams=True)
        client.execute(cwd=folder, env=surroundings, cleanup_kc=True)
    done: Notebook = json.loads(nbformat.writes(node))
    return done


def normalise(notebook: Notebook) -> str:
    """Text of the notebook in normal form: nothing that differs between two runs or two machines."""
    cells = notebook["cells"]
    below = [*cells[1:], {"cell_type": "none"}]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    number = {id(cell): n for n, cell in enumerate(code, start=1)}
    normal = []
    for n, (cell, following) in enumerate(zip(cells, below, strict=True)):
        kept = {"cell_type": cell["cell_type"], "id": f"cell-{n}", "metadata": {}, "source": lines(cell["source"])}
        if cell["cell_type"] == "code":
            kept["execution_count"] = number[id(cell)]
            kept["outputs"] = [_output(given, number[id(cell)], caption(following)) for given in cell["outputs"]]
        normal.append(kept)
    whole = {"cells": normal, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def caption(cell: Notebook) -> str:
    """First paragraph of a text cell that starts with ``*Figure.*``, in plain text; else nothing."""
    if cell["cell_type"] != "markdown":
        return ""
    first = "".join(cell["source"]).split("\n\n")[0]
    return re.sub(r"\s+", " ", first.removeprefix("*Figure.*")).strip() if first.startswith("*Figure.*") else ""


def lines(text: str | Sequence[str]) -> list[str]:
    """Text as the lines that the format stores."""
    return "".join(text).strip("\n").splitlines(keepends=True)


def _output(given: Notebook, number: int, alt: str) -> Notebook:
    """One output; a picture carries the caption below its cell as alternative text."""
    kind = given["output_type"]
    if kind == "stream":
        return {"output_type": kind, "name": given["name"], "text": lines(given["text"])}
    if kind == "error":
        return given
    shown = {"text/plain": "Controls: run this cell to use them."} if CONTROLS in given["data"] else given["data"]
    data = {
        mime: "".join(value).strip() if mime.startswith("image/") else lines(value) for mime, value in shown.items()
    }
    metadata = {mime: {"alt": alt} for mime in data if mime.startswith("image/")}
    kept = {"output_type": kind, "data": data, "metadata": metadata}
    return kept | {"execution_count": number} if kind == "execute_result" else kept


def main() -> None:
    """Refresh the notebooks that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: all in notebooks/")
    parser.add_argument("--into", type=Path, help="folder to write to; default: in place")
    asked = parser.parse_args()
    for path in asked.notebooks or sorted(NOTEBOOKS.glob("*.ipynb")):
        text = normalise(execute(json.loads(path.read_text(encoding="utf-8"))))
        target = asked.into / path.name if asked.into else path
        target.write_text(text, encoding="utf-8", newline="\n")
        print(target, file=sys.stderr)


if __name__ == "__main__":
    main()
