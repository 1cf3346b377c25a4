/* What is infused, and when: as in dosing/products.py, dosing/infusions.py and prescription.py. */

const MINUTES_PER_DAY = 1440.0;

/* Correctly rounded sum, as math.fsum in Python. */
function fsum(values) {
  const partials = [];
  for (let x of values) {
    let kept = 0;
    for (let y of partials) {
      if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x];
      const high = x + y;
      const low = y - (high - x);
      if (low) partials[kept++] = low;
      x = high;
    }
    partials.length = kept;
    partials.push(x);
  }
  let n = partials.length;
  if (!n) return 0.0;
  let high = partials[--n];
  let low = 0.0;
  while (n && !low) {
    const x = high;
    const y = partials[--n];
    high = x + y;
    low = y - (high - x);
  }
  if (n && low * partials[n - 1] > 0) {
    const twice = low * 2.0;
    const x = high + twice;
    if (twice === x - high) high = x;
  }
  return high;
}

/* Pieces of an infusion at the label's rates: pairs of duration [day] and rate [g/day]. */
function ramp(steps, grams, weight) {
  const pieces = [];
  let left = grams;
  for (const [mgPerKgMin, minutes] of steps) {
    const rate = (mgPerKgMin * weight * MINUTES_PER_DAY) / 1000.0;
    const held = minutes === null ? Infinity : minutes / MINUTES_PER_DAY;
    const needed = left / rate;
    if (needed > held + DATA.shortest) {
      pieces.push([held, rate]);
      left -= held * rate;
    } else {
      pieces.push([needed, rate]);
      left = 0.0;
    }
  }
  return pieces.filter(([duration]) => duration > 0.0);
}

/* Infusions of a course of `n` doses, one every so many days, for a patient of one kg. */
function infusionsOf({ dose, n, every }, steps) {
  const infusions = [];
  for (let i = 0; i < n && dose > 0; i++) {
    const pieces = ramp(steps, dose, 1.0);
    infusions.push({ start: i * every, pieces, hours: 24.0 * fsum(pieces.map(([days]) => days)) });
  }
  return infusions;
}

/* The schedule of a patient of `weight` kg, up to the day `end`: that of one kg, multiplied. */
function scheduleOf(infusions, weight, end) {
  const { times, rates } = breakpoints(infusions, end);
  return { times, rates: rates.map((rate) => weight * rate) };
}

/* Times at which the total rate of infusion changes, and the rate between them, up to the day `end`. */
function breakpoints(infusions, end) {
  const given = infusions.map((infusion) => partsOf(infusion, end));
  const edges = new Set([0.0, end, ...given.flat().flatMap(([a, b]) => [a, b])]);
  const place = merged([...edges].sort((a, b) => a - b));
  const times = [...new Set(place.values())].sort((a, b) => a - b);
  const index = new Map(times.map((t, i) => [t, i]));
  const running = times.slice(1).map(() => []);
  for (const parts of given) {
    for (const [a, b, grams] of moved(parts, place)) {
      for (let i = index.get(a); i < index.get(b); i++) running[i].push(grams / (b - a));
    }
  }
  return { times, rates: running.map(fsum) };
}

/* Start, end [day] and grams of each piece that begins before `end`. */
function partsOf(infusion, end) {
  const parts = [];
  let passed = 0.0;
  for (const [duration, rate] of infusion.pieces) {
    const a = infusion.start + passed;
    passed += duration;
    const b = infusion.start + passed;
    const share = b <= end ? 1.0 : (end - a) / (b - a);
    if (a < end) parts.push([a, Math.min(b, end), share * (duration * rate)]);
  }
  return parts;
}

/* The breakpoint that each of the ascending `times` belongs to; the last one stays where it is. */
function merged(times) {
  const place = new Map();
  let kept = times[0];
  for (const t of times) {
    if (t - kept >= DATA.shortest) kept = t;
    place.set(t, kept);
  }
  const last = times[times.length - 1];
  for (const [t, at] of place) if (at === kept) place.set(t, last);
  return place;
}

/* The parts of one infusion on breakpoints; a part that vanishes leaves its grams to its neighbour. */
function moved(parts, place) {
  const done = [];
  let waiting = 0.0;
  for (const [start, end, grams] of parts) {
    const a = place.get(start);
    const b = place.get(end);
    if (a < b) {
      done.push([a, b, grams + waiting]);
      waiting = 0.0;
    } else if (done.length) {
      done[done.length - 1][2] += grams;
    } else {
      waiting += grams;
    }
  }
  return done;
}
