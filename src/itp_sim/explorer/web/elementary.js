/* Logarithm, exponential and power, as in solve/elementary.py: the same operations in the same order, the same bits. */

const pair = new Float64Array(1);
/* High and low half of the double above; every machine with a browser keeps the low half first. */
const bits = new Int32Array(pair.buffer);

function log2(x) {
  pair[0] = x;
  const [rootHigh, rootLow] = ELEMENTARY_HALF_ROOT;
  const borrow = bits[0] >>> 0 < rootLow ? 1 : 0;
  const exponent = (bits[1] - rootHigh - borrow) >> 20;
  bits[1] -= exponent << 20;
  const L = ELEMENTARY_LOG;
  const f = pair[0] - 1.0;
  const s = f / (f + 2.0);
  const z = s * s;
  const w = z * z;
  const odd = w * (L[1] + w * (L[3] + w * L[5]));
  const even = z * (L[0] + w * (L[2] + w * (L[4] + w * L[6])));
  const half = 0.5 * f * f;
  return (f - (half - s * (half + (odd + even)))) * ELEMENTARY_LOG2E + exponent;
}

function exp2(given) {
  const E = ELEMENTARY_EXP;
  const x = Math.min(Math.max(given, -ELEMENTARY_LIMIT), ELEMENTARY_LIMIT);
  const shifted = x + ELEMENTARY_ROUND;
  const r = (x - (shifted - ELEMENTARY_ROUND)) * ELEMENTARY_LN2;
  const t = r * r;
  const u = r - t * (E[0] + t * (E[1] + t * (E[2] + t * (E[3] + t * E[4]))));
  const y = 1.0 + (r + (r * u) / (2.0 - u));
  /* The whole part of x stands in the low half of `shifted`; its power of two is made of these bits. */
  pair[0] = shifted;
  const whole = bits[0];
  bits[0] = 0;
  bits[1] = (whole + 1023) << 20;
  return y * pair[0];
}

function power(x, y) {
  const result = exp2(y * log2(x)) + (x - x);
  return x < ELEMENTARY_SMALLEST ? 0.0 : result;
}
