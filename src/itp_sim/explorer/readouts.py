"""The printed read-outs of the explorer: those of the shell but for the vials, which the page does not work out."""

import xarray as xr

from itp_sim import printed as shell
from itp_sim.printed import cell
from itp_sim.response import response

__all__ = ["ROWS", "cell", "printed"]

#: Rows as a browser shows them.
ROWS = tuple(row._replace(unit=row.unit.replace("10^9", "10⁹")) for row in shell.ROWS if row.column != "vials")


def printed(run: xr.Dataset) -> list[tuple[str, ...]]:
    """Return the read-outs of a run as text: for each of `ROWS` one cell an arm."""
    table = response(run)
    return [tuple(cell(value, row.digits) for value in table[row.column]) for row in ROWS]
