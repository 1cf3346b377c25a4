"""What holds where nobody says otherwise, and the longest that may be asked for."""

#: Population of a patient, or of a table of patients that names none.
DEFAULT_POPULATION = "adult_chronic"
#: Definition of response: the field's consensus.
DEFAULT_DEFINITION = "iwg"
#: Length of a run [day]: six weeks, in which the count is back after either dose.
DEFAULT_DAYS = 42.0
#: Longest run, a hundred years, and longest study with counts [day].
LONGEST, LONGEST_STUDY = 36_525.0, 3650.0
