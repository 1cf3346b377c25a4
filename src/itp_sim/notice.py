"""What the project must not be used for, in one place; every result, figure and command shows it from here."""

RESEARCH_ONLY = "For research and education only. Not for choosing a dose or treating a patient."
