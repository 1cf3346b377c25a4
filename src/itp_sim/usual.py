"""What holds where nobody says otherwise, and the longest that may be asked for."""

#: Population of a patient, or of a table of patients that names none.
DEFAULT_POPULATION = "adult_chronic"
#: Definition of response: the field's consensus.
DEFAULT_DEFINITION = "iwg"
#: Length of a run [day]: six weeks, in which the count is back after either dose.
DEFAULT_DAYS = 42.0
#: Longest run, a hundred years, and longest study with counts [day].
LONGEST, LONGEST_STUDY = 36_525.0, 3650.0
#: Highest count that may be asked for or stand in a file [1e9/L]: a higher one is a slip of unit.
HIGHEST_COUNT = 2000.0
#: Virtual patients in each arm of one trial, and of each of many: the standard error of a rate is 0.7 and 1.1 points.
TRIAL_PATIENTS, VALIDATION_PATIENTS = 5000, 2000
#: Virtual patients in a figure of many, enough for the shares that it names in per cent, and what names them.
FIGURE_PATIENTS, FIGURE_SEED = 1000, 1
#: Highest number that names virtual patients.
HIGHEST_SEED = 2**63 - 1
#: Seconds allowed to a run, or to a chunk of a cohort.
DEFAULT_BUDGET = 3600.0
#: Most threads, and most processes, of one call.
MOST_WORKERS = 1024
