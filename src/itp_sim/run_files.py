"""Results as files for other programs: netCDF for all of a run, CSV and Parquet for its curves."""

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import xarray as xr

from itp_sim import checks, results
from itp_sim.cells import guarded_cell
from itp_sim.errors import InputError
from itp_sim.extras import missing
from itp_sim.writing import written_whole

if TYPE_CHECKING:
    import pandas as pd

FILE_TYPES = (".csv", ".nc", ".parquet")
#: Dimensions of the curves, in the order of the table's columns.
_OVER = ("arm", "patient", "time")


def save_run(run: xr.Dataset, path: str | PathLike[str]) -> Path:
    """Write a run to a file, as its suffix says.

    Parameters
    ----------
    run
        Result of `simulate`, or a selection from it by arm, patient or time.
    path
        ``.nc``: all of the run, as netCDF, which `xarray.open_dataset` reads back equal. ``.csv`` and ``.parquet``: one
        row for each arm, patient and output day, and one column for each curve; all digits are kept. Parquet also
        keeps units and what the run says of itself, in `DataFrame.attrs`.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    InputError
        If it is no run, has no curves, or the suffix is another.
    MissingExtraError
        If pyarrow is not installed, for Parquet.
    ItpError
        If the file cannot be written.
    """
    whole = results.whole(run)
    file = checks.file_to_write("path", path, FILE_TYPES)
    kind = file.suffix.casefold()
    if kind == ".parquet":
        _require_pyarrow()
    table = None if kind == ".nc" else curves(whole)
    with written_whole(file) as draft:
        if table is None:
            run.to_netcdf(draft, engine="scipy")  # which is always there
        elif kind == ".parquet":
            table.to_parquet(draft, engine="pyarrow", index=False)
        else:
            table.map(guarded_cell).to_csv(draft, index=False, lineterminator="\n", encoding="utf-8")
    return file


def curves(run: xr.Dataset) -> "pd.DataFrame":
    """The curves of a run as a table with a row for each arm, patient and output day.

    Raises
    ------
    InputError
        If the run has no curves.
    """
    over_time = [name for name, values in run.data_vars.items() if values.dims and set(values.dims) == set(_OVER)]
    if not over_time:
        raise InputError("the run has no curves to put into a table: simulate with `outputs`, select days as a list")
    table = run[over_time].to_dataframe(dim_order=list(_OVER)).reset_index()
    table.attrs = {**run.attrs, "units": {str(name): run[name].attrs["units"] for name in over_time}}
    return table


def _require_pyarrow() -> None:
    try:
        import pyarrow as pa  # noqa: F401
    except ImportError:
        raise missing("files", "Parquet is written by pyarrow, which is not installed", "give a .csv") from None
