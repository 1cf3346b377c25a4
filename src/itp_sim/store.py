"""A folder that keeps what is finished of a large cohort: a ledger of counts and, if asked for, the curves as Zarr.

A chunk of patients is finished when its file stands in the ledger. The file is put there in one move, after the
chunk's curves, so that a run which was killed goes on where it stopped, and gives the same bits.
"""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from os import PathLike, fsync
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import numpy as np
import xarray as xr

from itp_sim import checks
from itp_sim.errors import InputError, StoreError
from itp_sim.extras import missing
from itp_sim.summary import Summary

#: Version of the folder's layout.
LAYOUT = 2
LEDGER = "ledger"
REQUEST = "request.json"
#: The Zarr format with a fixed form for text; xarray and others read it.
ZARR_FORMAT = 2


@dataclass(frozen=True)
class Store:
    """A cohort's folder: where it is, how many patients a chunk has, and whether curves are kept."""

    path: Path
    chunk: int
    curves: bool

    def summary(self, first: int, patients: int | None = None) -> Summary | None:
        """Counts of a finished chunk; None if it is not finished.

        Raises
        ------
        StoreError
            If its file cannot be read, or holds another number of `patients`.
        """
        file = self._file(first)
        if not file.exists():
            return None
        try:
            with file.open("rb") as stream, np.load(stream) as found:
                told = json.loads(str(found["told"]))
                counts = {name: found[name] for name in found.files if name != "told"}
            told |= {"arms": tuple(told["arms"]), "rates": tuple(told["rates"])}
            kept = Summary(**told, **counts)
            if patients not in (None, kept.patients):
                raise ValueError(f"it holds {kept.patients} patients, not {patients}")
            return kept
        except Exception as error:  # damaged bytes make NumPy and the archive raise errors of a dozen kinds
            raise StoreError(f"{file} cannot be read ({error}): delete it, and its patients are done again") from None

    def keep(self, first: int, summary: Summary, run: xr.Dataset | None) -> None:
        """Keep a finished chunk: the curves first, if there are any, then its place in the ledger.

        Raises
        ------
        StoreError
            If the folder cannot be written; chunks that are finished stay as they are.
        """
        with _told(self.path, "finished patients are kept: mend this, and run again to go on"):
            if run is not None:
                region = slice(first, first + summary.patients)
                rest = [name for name, variable in run.variables.items() if "patient" not in variable.dims]
                run.drop_vars(rest).to_zarr(self.path, region={"patient": region}, zarr_format=ZARR_FORMAT)
            values = {field.name: getattr(summary, field.name) for field in fields(summary)}
            counts: dict[str, Any] = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
            told = {name: value for name, value in values.items() if name not in counts}
            with _whole(self._file(first)) as file:
                np.savez_compressed(file, told=np.array(json.dumps(told)), **counts)

    def _file(self, first: int) -> Path:
        return self.path / LEDGER / f"{first:012d}.npz"


def open_store(
    path: str | PathLike[str],
    *,
    request: Mapping[str, Any],
    example: xr.Dataset | None,
    patients: int,
    chunk: int,
) -> Store:
    """Make the folder of a cohort, or open the one that the same request made.

    Parameters
    ----------
    path
        The folder; the one above it must exist.
    request
        What the cohort depends on, as JSON knows it.
    example
        Result of one patient, whose labels and units the curves take; None keeps no curves.
    patients
        Number of patients.
    chunk
        Patients in a chunk; a folder that exists has its own.

    Raises
    ------
    InputError
        If `path` holds something else, or another request's cohort; or if the disk has no room for the curves.
    StoreError
        If it cannot be read or written.
    MissingExtraError
        If curves are asked for and zarr is not installed.
    """
    if not isinstance(path, str | PathLike) or not str(path):
        raise InputError(f"store is {checks.shown(path)}: give the path of a folder")
    folder = Path(path).absolute()
    if example is not None:
        _require_zarr()
    written = json.loads(json.dumps(request, default=float))
    with _told(folder, "give a folder that can be written"):
        if not folder.exists():
            _refuse_full_disk(folder, example, patients)
            _make(folder, {"layout": LAYOUT, "chunk": chunk, "request": written}, example, patients=patients)
        found = _found(folder)
    _refuse_other(folder, found["request"], written)
    return Store(folder, found["chunk"], example is not None)


def _require_zarr() -> None:
    try:
        import zarr  # noqa: F401
    except ImportError:
        what = "curves are kept by zarr, which is not installed"
        raise missing("scale", what, "give outputs=() to keep the counts alone") from None


def _make(folder: Path, head: Mapping[str, Any], example: xr.Dataset | None, *, patients: int) -> None:
    """Make the folder beside its place and move it there, so that it is never seen half made."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".itp-sim-") as draft:
        made = Path(draft) / folder.name
        if example is not None:
            _make_zarr(made, example, patients=patients, chunk=head["chunk"])
        # After the Zarr metadata were gathered, which then do not ask what the ledger is.
        (made / LEDGER).mkdir(parents=True)
        with _whole(made / LEDGER / REQUEST) as file:
            file.write(json.dumps(head, indent=1).encode())
        try:
            made.rename(folder)
        except OSError:
            if not (folder / LEDGER / REQUEST).exists():  # else another run was faster
                raise


def _make_zarr(folder: Path, example: xr.Dataset, *, patients: int, chunk: int) -> None:
    """Arrays of the whole cohort, made by lengthening those of one patient; what is not done yet reads NaN."""
    import zarr

    sizes = {"arm": 1, "patient": chunk}
    per_patient = {name: variable for name, variable in example.variables.items() if "patient" in variable.dims}
    cut = {
        name: {"chunks": tuple(sizes.get(str(dim), size) for dim, size in variable.sizes.items())}
        for name, variable in per_patient.items()
    }
    example.to_zarr(folder, mode="w-", encoding=cut, consolidated=False, zarr_format=ZARR_FORMAT)
    group: Any = zarr.open_group(folder, mode="r+")
    for name, variable in per_patient.items():
        shape = (patients if dim == "patient" else size for dim, size in variable.sizes.items())
        group[str(name)].resize(tuple(shape))
    group["patient"][:] = np.arange(patients)
    zarr.consolidate_metadata(group.store)


def _found(folder: Path) -> dict[str, Any]:
    """What the folder's maker wrote of it."""
    try:
        found = json.loads((folder / LEDGER / REQUEST).read_bytes())
    except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("layout") != LAYOUT or not _whole_head(found):
        raise InputError(f"{folder} exists and is no store that can be continued: give another path, or delete it")
    return found


def _whole_head(found: Mapping[str, Any]) -> bool:
    chunk = found.get("chunk")
    return isinstance(found.get("request"), dict) and isinstance(chunk, int) and chunk > 0


def _refuse_other(folder: Path, found: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Refuse the folder of another request; say the first thing that differs."""
    for key in dict.fromkeys([*asked, *found]):
        if found.get(key) != asked.get(key):
            was, now = checks.shown(found.get(key)), checks.shown(asked.get(key))
            raise InputError(
                f"{folder} was made with {key} {was}, not {now}: ask for the same, give another path, or delete it"
            )


def per_patient(run: xr.Dataset) -> int:
    """Bytes of all that a result of one patient says of that patient."""
    return sum(variable.nbytes for variable in run.variables.values() if "patient" in variable.dims)


def _refuse_full_disk(folder: Path, example: xr.Dataset | None, patients: int) -> None:
    needed = patients * per_patient(example) if example is not None else 0
    free = shutil.disk_usage(folder.parent).free
    if needed > free:
        raise InputError(
            f"the curves would take up to {needed / 1e9:.1f} GB and {folder.parent} has {free / 1e9:.1f} GB free: "
            "give fewer patients, times or outputs, or outputs=() to keep the counts alone"
        )


@contextmanager
def _whole(file: Path) -> Iterator[IO[bytes]]:
    """A file that is there whole or not at all."""
    draft = file.with_name(f".{uuid4().hex}")
    try:
        with draft.open("wb") as stream:
            yield stream
            stream.flush()
            fsync(stream.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _told(path: Path, way_out: str) -> Iterator[None]:
    """Say what the system refused, where, and what to do."""
    try:
        yield
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(f"{path} cannot be written: {error.strerror or error}; {way_out}") from error
