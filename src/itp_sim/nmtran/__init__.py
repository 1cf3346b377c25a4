"""Tables in the style of NM-TRAN: doses and counts of patients, read strictly and written without loss."""

from itp_sim.nmtran.subjects import Observation, Records, Subject

__all__ = ["Observation", "Records", "Subject"]
