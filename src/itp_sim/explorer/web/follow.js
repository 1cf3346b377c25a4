/* What is read off the count while it is solved, as in solve/follow.py, for one patient. */

/* Polynomial of degree four at `s`. */
function value(c, s) {
  return c[0] + s * (c[1] + s * (c[2] + s * (c[3] + s * c[4])));
}

function slope(c, s) {
  return c[1] + s * (2.0 * c[2] + s * (3.0 * c[3] + s * (4.0 * c[4])));
}

/* Read-outs so far: peak, peak day, area, return day, peak of IgG; first day, last day and days above each level. */
function newTrack(untreated, levels, count, igg) {
  const over = levels.map((level) => count >= level);
  return {
    untreated,
    levels,
    over,
    single: [count, 0.0, 0.0, NaN, igg],
    first: over.map((is) => (is ? 0.0 : NaN)),
    last: levels.map(() => NaN),
    total: levels.map(() => 0.0),
    since: levels.map(() => 0.0),
  };
}

/* Close what is still above a level at the end of the run. */
function finishTrack(track, day) {
  track.levels.forEach((_, k) => {
    if (!track.over[k]) return;
    track.last[k] = day;
    track.total[k] += day - track.since[k];
  });
}

/* Take one accepted step into the read-outs. */
function advance(track, step) {
  const c = step.count;
  track.single[2] +=
    step.length * (c[0] - track.untreated + (c[1] * 0.5 + (c[2] / 3.0 + (c[3] * 0.25 + c[4] * 0.2))));
  iggPeak(track, step);
  if (clearlyMonotone(c)) {
    takePiece(track, step, 0.0, 1.0, step.countEnd);
    return;
  }
  const turning = derivative(c);
  for (let i = 0; i < FOLLOW_PARTS; i++) {
    let a = i / FOLLOW_PARTS;
    const b = (i + 1) / FOLLOW_PARTS;
    if (slope(c, a) * slope(c, b) < 0) {
      const r = root(turning, a, b);
      takePiece(track, step, a, r, value(c, r));
      a = r;
    }
    takePiece(track, step, a, b, i === FOLLOW_PARTS - 1 ? step.countEnd : value(c, b));
  }
}

/* Whether a polynomial cannot turn between 0 and 1: the Bernstein coefficients of its slope have one sign. */
function clearlyMonotone(c) {
  const b = [
    c[1],
    c[1] + c[2] * (2.0 / 3.0),
    c[1] + (c[2] * (4.0 / 3.0) + c[3]),
    c[1] + (c[2] * 2.0 + (c[3] * 3.0 + c[4] * 4.0)),
  ];
  return b.every((x) => x >= 0) || b.every((x) => x <= 0);
}

function iggPeak(track, step) {
  const c = step.igg;
  let top = step.iggEnd;
  if (c[1] > 0 && slope(c, 1.0) < 0) top = Math.max(top, value(c, root(derivative(c), 0.0, 1.0)));
  track.single[4] = Math.max(track.single[4], top);
}

/* Take the piece from share `a` to `b`, which only rises or only falls to the count `end`. */
function takePiece(track, step, a, b, end) {
  const single = track.single;
  if (end > single[0]) {
    single[0] = end;
    single[1] = step.start + step.length * b;
    single[3] = NaN;
  }
  track.levels.forEach((level, k) => {
    if (end >= level !== track.over[k]) cross(track, k, crossingDay(step, level, a, b));
  });
  const rise = single[0] - track.untreated;
  const level = track.untreated + CURVE_RETURN_SHARE * rise;
  if (Number.isNaN(single[3]) && rise > FOLLOW_NO_RISE * track.untreated && end < level) {
    single[3] = crossingDay(step, level, a, b);
  }
}

function cross(track, k, day) {
  if (Number.isNaN(track.first[k])) track.first[k] = day;
  if (track.over[k]) {
    track.last[k] = day;
    track.total[k] += day - track.since[k];
  }
  track.since[k] = day;
  track.over[k] = !track.over[k];
}

function crossingDay(step, level, a, b) {
  const c = step.count.slice();
  c[0] -= level;
  return step.start + step.length * root(c, a, b);
}

function derivative(c) {
  return [c[1], 2.0 * c[2], 3.0 * c[3], 4.0 * c[4], 0.0 * c[4]];
}

/* Root of a polynomial between `a` and `b`, where it changes sign: Newton's method, kept inside its bracket. */
function root(c, a, b) {
  let low = a;
  let high = b;
  const left = value(c, a);
  const right = value(c, b);
  const rising = right > left;
  let x = a + (b - a) * (left / (left - right));
  if (!(x >= a && x <= b)) x = 0.5 * (a + b);
  for (let i = 0; i < FOLLOW_SEARCHES; i++) {
    const y = value(c, x);
    if (y < 0 === rising) low = x;
    else high = x;
    let next = x - y / slope(c, x);
    if (!(next >= low && next <= high)) next = 0.5 * (low + high);
    const close = Math.abs(next - x) <= FOLLOW_CLOSE;
    x = next;
    if (close) break;
  }
  return x;
}
