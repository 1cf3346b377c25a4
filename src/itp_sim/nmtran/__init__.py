"""Tables in the style of NM-TRAN: doses and counts of patients, read strictly and written without loss."""

from itp_sim.nmtran.read import read_nmtran
from itp_sim.nmtran.subjects import Observation, Records, Subject
from itp_sim.nmtran.write import to_nmtran

__all__ = ["Observation", "Records", "Subject", "read_nmtran", "to_nmtran"]
