"""Calibration of the populations to the published results whose role is "calibrate": ``python -m calibration``."""
