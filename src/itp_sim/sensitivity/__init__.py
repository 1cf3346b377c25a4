"""Which parameter decides: local elasticities, and Sobol indices over patients or ranges."""

from itp_sim.sensitivity.analysis import sensitivity

__all__ = ["sensitivity"]
