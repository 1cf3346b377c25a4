/* The solver of one patient, as in solve/untreated.py and solve/twin.py: the same operations in the same order. */

const PLACE_P0 = PARAMETER_NAMES.indexOf("P0");
const PLACE_COUNT = OUTPUT_NAMES.indexOf("platelets");
const PLACE_IGG = OUTPUT_NAMES.indexOf("igg");

/* Untreated steady state `u` and the state `y` that belongs to it, for parameters `p`. */
function startOf(p) {
  let T = [0.0];
  let next = [0.0];
  const held = [0.0];
  let r = [0.0];
  tpo_first(p, T);
  for (let i = 0; i < METHOD_NEWTON; i++) {
    tpo_next(p, T, next);
    [T, next] = [next, T];
  }
  survival_first(p, T, held, r);
  for (let i = 0; i < METHOD_NEWTON; i++) {
    survival_next(held, r, next);
    [r, next] = [next, r];
  }
  const u = row(N_UNTREATED);
  const y = row(N_STATES);
  untreated(p, T, r, u);
  baseline(p, u, y);
  return { u, y };
}

const row = (width) => new Float64Array(width);
const rows = (n, width) => Array.from({ length: n }, () => row(width));

/* Room for one step, made once: increments, rates of change, factors, what is watched. */
const room = {
  K: rows(METHOD_STAGES, N_STATES),
  f: row(N_STATES),
  m: row(N_FACTORS),
  sum: row(N_STATES),
  d: rows(METHOD_DENSE.length, N_STATES),
  watched: rows(METHOD_STAGES, N_WATCHED),
  w: row(N_WATCHED),
  end: row(N_WATCHED),
  y: row(N_STATES),
  out: row(OUTPUT_NAMES.length),
};

/* Increments of one step, left in room.K, and the state at its end, left in `state`. */
function stages(y, c, rate, h, state) {
  const { K, f, m, sum } = room;
  const infusion = [rate];
  linearise(y, c, infusion, [1.0 / (METHOD_GAMMA * h)], f, m);
  substitute(f, m, c, K[0]);
  const over = 1.0 / h;
  for (let i = 1; i < METHOD_STAGES; i++) {
    if (i < METHOD_STATE.length) combine(METHOD_STATE[i], y, state);
    else for (let j = 0; j < N_STATES; j++) state[j] += K[i - 1][j];
    rhs(state, c, infusion, f);
    combine(
      METHOD_RIGHT[i].map((multiple) => multiple * over),
      null,
      sum,
    );
    for (let j = 0; j < N_STATES; j++) f[j] += sum[j];
    substitute(f, m, c, K[i]);
  }
  const last = K[METHOD_STAGES - 1];
  for (let j = 0; j < N_STATES; j++) state[j] += last[j];
}

/* Sum of `start`, if there is one, and of `multiples` of the first increments, from first to last, into `total`. */
function combine(multiples, start, total) {
  const { K } = room;
  const n = total.length;
  for (let j = 0; j < n; j++) total[j] = multiples[0] * K[0][j];
  if (start) for (let j = 0; j < n; j++) total[j] += start[j];
  for (let i = 1; i < multiples.length; i++) {
    const multiple = multiples[i];
    const increments = K[i];
    for (let j = 0; j < n; j++) total[j] += multiple * increments[j];
  }
}

/* Squared error of a step, in units of what is allowed; the shares of four states have one denominator. */
function squaredError(e, y, state, rtol) {
  const top = (j) => (j < N_STATES ? e[j] : 0.0);
  const bottom = (j) => (j < N_STATES ? Math.max(Math.abs(y[j]), Math.abs(state[j])) + METHOD_ABSOLUTE : 1.0);
  let total = 0.0;
  for (let j = 0; j < N_STATES; j += 4) {
    const [p, q, r, s] = [bottom(j), bottom(j + 1), bottom(j + 2), bottom(j + 3)];
    const [a, b, ab] = [top(j) * q, top(j + 1) * p, p * q];
    const [c, d, cd] = [top(j + 2) * s, top(j + 3) * r, r * s];
    const [first, second] = [ab * ab, cd * cd];
    total += ((a * a + b * b) * second + (c * c + d * d) * first) / (first * second);
  }
  const allowed = METHOD_ALLOWED * rtol;
  return total * (1.0 / (allowed * allowed));
}

/* Polynomial between two values in the share of the step; `d` is three combinations of this value's increments. */
function dense(start, end, [d1, d2, d3]) {
  return [start, end - start + d1, d2 - d1, d3 - d2, -d3];
}

/* Polynomial of one watched value, whose increments stand at place `k` of room.watched. */
function watchedPolynomial(start, end, k) {
  return dense(
    start,
    end,
    METHOD_DENSE.map((multiples) => {
      let total = multiples[0] * room.watched[0][k];
      for (let i = 1; i < multiples.length; i++) total += multiples[i] * room.watched[i][k];
      return total;
    }),
  );
}

/* Integrate one patient.

   p: parameters in the order of PARAMETER_NAMES; schedule: of breakpoints(); days: output days; levels: counts.
   Returns curves (output name -> array over days), the read-outs of the count in `track`, and the audit of the dose. */
function solve(p, schedule, days, levels, rtol) {
  const { u, y: first } = startOf(p);
  const c = row(N_CONSTANTS);
  constants(p, u, c);
  const w = row(N_WATCHED);
  watch(first, c, w);
  const track = newTrack(p[PLACE_P0], levels, w[0], w[1]);
  const run = { c, track, rows: rows(OUTPUT_NAMES.length, days.length), days, shown: 0, gap: 0.0, given: 0.0 };
  const { times, rates } = schedule;
  const limit = METHOD_STEPS * times.length;
  let y = first;
  let state = row(N_STATES);
  let t = 0.0;
  let h = METHOD_FIRST_STEP;
  let steps = 0;
  for (let place = 0; place < rates.length; place++) {
    const began = times[place];
    const end = times[place + 1];
    if (end - began >= METHOD_SHORTEST) {
      let last = false;
      let ok = false;
      while (!(last && ok)) {
        const left = end - t;
        last = h >= left;
        h = last ? left : h > 0.5 * left ? 0.5 * left : h;
        const reached = last ? end : t + h;
        stages(y, c, rates[place], h, state);
        const error = squaredError(room.K[METHOD_STAGES - 1], y, state, rtol);
        ok = error <= 1.0;
        steps += 1;
        if (ok) {
          accept(run, { y, state, t, h, reached, given: run.given + rates[place] * (reached - began) });
          [y, state] = [state, y];
          t = reached;
        }
        let grown = METHOD_SAFETY * power(Math.max(error, METHOD_NONE), METHOD_EXPONENT);
        grown = grown > METHOD_SHRINK ? grown : METHOD_SHRINK;
        h *= grown < METHOD_GROW ? grown : METHOD_GROW;
        if ((!ok && t + h <= t) || steps >= limit) throw new Error(METHOD_REASONS[ok ? 2 : 1]);
      }
    }
    run.given += rates[place] * (end - began);
    h = Math.max(h, METHOD_FIRST_STEP);
  }
  finishTrack(track, t);
  const curves = Object.fromEntries(OUTPUT_NAMES.map((name, k) => [name, run.rows[k]]));
  return { curves, track, delivered: run.given, imbalance: run.gap, steps };
}

/* Take in an accepted step: outputs, read-outs and the audit of mass. */
function accept(run, step) {
  const { w, end } = room;
  watch(step.y, run.c, w);
  watch(step.state, run.c, end);
  room.K.forEach((increments, i) => watch(increments, run.c, room.watched[i]));
  const count = watchedPolynomial(w[0], end[0], 0);
  const igg = watchedPolynomial(w[1], end[1], 1);
  show(run, step, count, igg);
  advance(run.track, { start: step.t, length: step.h, count, countEnd: end[0], igg, iggEnd: end[1] });
  run.gap = Math.max(run.gap, Math.abs(step.given - end[2]));
}

/* Write the outputs of the days that a step has passed. */
function show(run, step, count, igg) {
  const { d, y, out } = room;
  if (run.shown < run.days.length && run.days[run.shown] <= step.reached) {
    METHOD_DENSE.forEach((multiples, i) => combine(multiples, null, d[i]));
  }
  for (; run.shown < run.days.length && run.days[run.shown] <= step.reached; run.shown++) {
    const s = (run.days[run.shown] - step.t) * (1.0 / step.h);
    for (let j = 0; j < N_STATES; j++) {
      const start = step.y[j];
      /* The polynomial of `dense`, at s. */
      const c1 = step.state[j] - start + d[0][j];
      y[j] = start + s * (c1 + s * (d[1][j] - d[0][j] + s * (d[2][j] - d[1][j] + s * -d[2][j])));
    }
    observe(y, run.c, out);
    out[PLACE_COUNT] = value(count, s);
    out[PLACE_IGG] = value(igg, s);
    for (let k = 0; k < out.length; k++) run.rows[k][run.shown] = out[k];
  }
}
