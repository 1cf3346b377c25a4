"""Subjects and simulated cohorts written as a table in the style of NM-TRAN."""

from collections.abc import Iterable
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import xarray as xr

from itp_sim import checks
from itp_sim.cells import guarded_cell
from itp_sim.errors import InputError
from itp_sim.nmtran.columns import TEXTS
from itp_sim.nmtran.simulated import subjects
from itp_sim.nmtran.subjects import Records
from itp_sim.writing import written_whole

if TYPE_CHECKING:
    import pandas as pd


def to_nmtran(
    run_or_records: xr.Dataset | Records,
    path: str | PathLike[str] | None = None,
    *,
    times: Iterable[float] | None = None,
    outputs: Iterable[str] = ("platelets",),
) -> "pd.DataFrame":
    """Write doses and observations as a table, which :func:`read_nmtran` reads back to the last digit.

    A run gives one subject for each patient in each arm, numbered from 1, with columns ARM and PATIENT; its values are
    those of the model, without noise of measurement. An infusion whose rate changes has one dose record for each rate,
    with one number in INFUSION; RATE and DUR say the same twice. At equal TIME observations stand before doses.

    Parameters
    ----------
    run_or_records
        Result of `simulate`, or a selection from it by arm, patient or time; or what `read_nmtran` returned.
    path
        CSV file to be written as well; missing values are points.
    times
        Output days of the run at which there is an observation; all by default.
    outputs
        What is observed of a run: "platelets", "igg" or both.

    Returns
    -------
    pandas.DataFrame
        TIME, DUR [day], AMT [g], RATE [g/day], DV [1e9/L or g/L], WT [kg], HT [cm]; missing values are NaN.

    Raises
    ------
    InputError
        If the run lacks what is asked for, or an infusion cannot be written so that it is read again.
    ItpError
        If the file cannot be written.
    """
    if isinstance(run_or_records, Records):
        if times is not None:
            raise InputError("times chooses from a run, and records have days of their own: leave it out")
        records = run_or_records
    elif isinstance(run_or_records, xr.Dataset):
        records = subjects(run_or_records, times=times, outputs=outputs)
    else:
        raise InputError(
            f"{checks.shown(run_or_records)} is neither a result of simulate() nor of read_nmtran(): give one"
        )
    table = records.to_dataframe()
    if path is not None:
        _write(table, path)
    return table


def _write(table: "pd.DataFrame", path: str | PathLike[str]) -> None:
    if not isinstance(path, str | PathLike) or not str(path):
        raise InputError(f"path is {checks.shown(path)}: give the path of a CSV file")
    texts = [name for name in TEXTS if name in table and table[name].dtype.kind not in "iuf"]
    safe = table.assign(**{name: table[name].map(guarded_cell) for name in texts})
    with written_whole(Path(path)) as draft:
        safe.to_csv(draft, index=False, na_rep=".", lineterminator="\n", encoding="utf-8")
