# Runs itp.mod for many patients and writes their counts.
#
#   Rscript run.R MODEL_FOLDER DATA_FOLDER RTOL ATOL
#
# DATA_FOLDER holds patients.csv (ID and parameters), doses.csv (ID, time, amt, rate, cmt, evid) and days.csv (time).
# Writes counts.csv there: ID, time, count. Prints the CPU seconds of the simulation alone.

suppressPackageStartupMessages(library(mrgsolve))

arguments <- commandArgs(trailingOnly = TRUE)
data_folder <- arguments[2]
read <- function(name) as.data.frame(utils::read.csv(file.path(data_folder, name)))

model <- mread_cache("itp", project = arguments[1], soloc = tempdir(), quiet = TRUE)
model <- update(model, rtol = as.numeric(arguments[3]), atol = as.numeric(arguments[4]), maxsteps = 1e6)
patients <- read("patients.csv")
doses <- read("doses.csv")
days <- read("days.csv")$time
data <- merge(doses, patients, by = "ID")
data <- data[order(data$ID, data$time, data$cmt), ]

simulate <- function() mrgsim_d(model, data, tgrid = days, obsonly = TRUE, Req = "platelets", output = "df")
invisible(mrgsim_d(model, data[data$ID == data$ID[1], ], tgrid = days, obsonly = TRUE, Req = "platelets"))
before <- proc.time()
counts <- simulate()
taken <- proc.time() - before

names(counts)[names(counts) == "platelets"] <- "count"
utils::write.csv(counts[, c("ID", "time", "count")], file.path(data_folder, "counts.csv"), row.names = FALSE)
cat(sprintf("%.6f\n", taken[["user.self"]] + taken[["sys.self"]]))
