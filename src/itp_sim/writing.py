"""How a file is written: whole, or not at all."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from itp_sim.errors import ItpError


@contextmanager
def written_whole(path: Path, *, what: str = "") -> Iterator[Path]:
    """Give a draft beside `path`, which takes its place when it is complete; until then an older file stays.

    Parameters
    ----------
    path
        The file to write; its folder exists.
    what
        How the file is called in an error; by default by its own name.

    Raises
    ------
    ItpError
        If the file cannot be written.
    """
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".itp-sim-") as folder:
            draft = Path(folder) / path.name
            yield draft
            draft.replace(path)
    except OSError as error:
        said = what or repr(str(path))
        raise ItpError(f"{said} cannot be written: {error.strerror or error}; name another") from error


def write_text(text: str, path: Path, *, what: str = "") -> Path:
    """Write text whole or not at all, as UTF-8 with the newlines that it has, and return the path.

    Parameters
    ----------
    text
        What the file is to hold.
    path, what
        As in :func:`written_whole`.

    Raises
    ------
    ItpError
        If the file cannot be written.
    """
    with written_whole(path, what=what) as draft:
        draft.write_text(text, encoding="utf-8", newline="\n")
    return path
