/* A setting of the page as two simulated arms with their read-outs, as simulate.py and response.py give them. */

/* Parameters of the patient in `setting`, in the order of PARAMETER_NAMES. */
function parametersOf(setting) {
  const p = { ...DATA.parameters };
  for (const [name, control] of Object.entries(DATA.controls)) p[control.parameter] = setting[name];
  for (const name of setting.off) Object.assign(p, DATA.switches[name]);
  return PARAMETER_NAMES.map((name) => p[name]);
}

/* Why a patient with parameters `p` cannot be, or nothing. */
function impossible(p) {
  const [platelets, megakaryocytes] = ["FP", "FM"].map((name) => p[PARAMETER_NAMES.indexOf(name)]);
  return platelets + megakaryocytes <= 1 && startOf(p).u[2] >= 0 ? "" : DATA.impossible;
}

function outputDays(length) {
  return Array.from({ length: length * DATA.per_day + 1 }, (_, i) => i / DATA.per_day);
}

/* Simulate one arm: `course` in the patient of `setting`. */
function simulateArm(setting, course) {
  const p = parametersOf(setting);
  const { steps } = DATA.products.find(({ name }) => name === setting.product);
  const infusions = infusionsOf(course, steps);
  const levels = DATA.levels.map(([count, multiple]) => Math.max(count, p[PLACE_P0] * multiple) * (1 - DATA.rounding));
  const days = outputDays(setting.days);
  const solved = solve(p, scheduleOf(infusions, setting.weight, setting.days), days, levels, DATA.rtol);
  return { ...solved, days, infusions, readouts: readoutsOf(solved.track, infusions, { ...setting, dose: course.dose }) };
}

/* The columns of response(). */
function readoutsOf(track, infusions, setting) {
  const [peak, peakDay, area, returnDay, iggPeak] = track.single;
  const still = peak - track.untreated <= Math.max(DATA.least_rise, DATA.rtol) * track.untreated;
  const read = {
    untreated: track.untreated,
    peak,
    peak_day: still ? 0.0 : peakDay,
    area,
    return_day: still ? NaN : returnDay,
    igg_peak: iggPeak,
    response: grade(track, setting.days),
    grams: infusions.reduce((sum) => sum + setting.dose * setting.weight, 0.0),
    hours: infusions.reduce((sum, { hours }) => sum + hours, 0.0),
  };
  for (const threshold of DATA.thresholds) {
    const k = levelPlace(threshold, 0.0);
    read[`day_${threshold}`] = track.first[k];
    read[`days_above_${threshold}`] = track.total[k];
  }
  return read;
}

function levelPlace(count, multiple) {
  return DATA.levels.findIndex(([c, m]) => c === count && m === multiple);
}

/* Response class; a tolerance of a millionth of a day, as in response.py. */
function grade(track, days) {
  const { grades, otherwise, days: needed } = DATA.definition;
  for (const { name, level, by_day: by, confirmed_after: after } of grades) {
    const k = levelPlace(...level);
    const inTime = track.first[k] <= (by ?? Infinity) + 1e-6;
    if (inTime && track.last[k] - track.first[k] >= after - 1e-6) return name;
  }
  return days >= needed ? otherwise : DATA.too_short;
}

/* A number as Python prints it with so many digits: a tie goes to the even digit; a dash for what is not there. */
function printed(x, digits) {
  if (typeof x === "string") return x;
  if (Number.isNaN(x)) return "-";
  let text = x.toFixed(digits);
  const halves = x * 2 ** (digits + 1);
  if (Number.isInteger(halves) && halves % 2 !== 0) {
    /* toFixed goes away from zero; from an odd last digit that is right. */
    const step = 10 ** -digits;
    if (Number(text.at(-1)) % 2) text = (x - (Math.sign(x) * step) / 2).toFixed(digits);
  }
  return Number(text) === 0 ? (0).toFixed(digits) : text;
}
