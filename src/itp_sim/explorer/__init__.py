"""The model to play with: sliders in a notebook, and one web page that opens from disk."""

from itp_sim.explorer.page import write_explorer
from itp_sim.explorer.widgets import explore

__all__ = ["explore", "write_explorer"]
