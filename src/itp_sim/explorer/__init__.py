"""The model to play with: sliders in a notebook, and one web page that opens from disk."""

from itp_sim.explorer.page import write_explorer

__all__ = ["write_explorer"]
