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
  const low = L[0] + L[1] * z + w * (L[2] + L[3] * z);
  const high = L[4] + L[5] * z + w * (L[6] + L[7] * z);
  return s * (low + w * w * high) + exponent;
}

function exp2(given) {
  const E = ELEMENTARY_EXP;
  const x = Math.min(Math.max(given, -ELEMENTARY_LIMIT), ELEMENTARY_LIMIT);
  const shifted = x + ELEMENTARY_ROUND;
  const r = x - (shifted - ELEMENTARY_ROUND);
  const t = r * r;
  const w = t * t;
  const low = E[0] + E[1] * r + t * (E[2] + E[3] * r);
  const high = E[4] + E[5] * r + t * (E[6] + E[7] * r);
  const highest = E[8] + E[9] * r + t * E[10];
  const y = 1.0 + r * (low + w * high + w * w * highest);
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
