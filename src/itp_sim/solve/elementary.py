"""Logarithm, exponential and power from ``+ - * /`` and integer steps alone: the same bits on every machine.

The library functions that NumPy calls differ between processors in the last bit. The C kernel holds the same operations
in the same order (``kernel.c``).
"""

import numpy as np

from itp_sim.solve.problem import Floats

#: Adding it rounds a double to a whole number, which then stands in its low bits.
ROUND = 6755399441055744.0  # 1.5 * 2**52
LOG2E, LN2 = 1.4426950408889634, 0.6931471805599453
#: Bits of sqrt(1/2): a mantissa is brought between this and sqrt(2).
HALF_ROOT = 0x3FE6A09E667F3BCD
#: Smallest number with a full mantissa; below it a power counts as that of zero.
SMALLEST = 2.2250738585072014e-308
#: A power of two stays within this exponent, up and down, so that it has a full mantissa.
LIMIT = 1021.0

# Minimax coefficients of (log(1 + f) - 2 s)/s in s**2, s = f/(2 + f) (Sun's fdlibm, e_log.c).
LOG = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)
# Coefficients of u = r - r**2 P(r**2), by which exp(r) is 1 + r + r u/(2 - u) (fdlibm, e_exp.c).
EXP = (
    1.66666666666666019037e-01,
    -2.77777777770155933842e-03,
    6.61375632143793436117e-05,
    -1.65339022054652515390e-06,
    4.13813679705723846039e-08,
)


def log2(x: Floats) -> Floats:
    """Logarithm to base 2 of positive numbers with a full mantissa, to 2 ulp; anything for others."""
    bits = x.view(np.int64)
    exponent = (bits - HALF_ROOT) >> 52
    f = (bits - (exponent << 52)).view(np.float64) - 1.0
    s = f / (f + 2.0)
    z = s * s
    w = z * z
    odd = w * (LOG[1] + w * (LOG[3] + w * LOG[5]))
    even = z * (LOG[0] + w * (LOG[2] + w * (LOG[4] + w * LOG[6])))
    half = 0.5 * f * f
    return np.asarray((f - (half - s * (half + (odd + even)))) * LOG2E + exponent.astype(np.float64))


def exp2(x: Floats) -> Floats:
    """Power of two, to 2 ulp, with `x` held between -1021 and 1021; NaN stays NaN."""
    x = np.minimum(np.maximum(x, -LIMIT), LIMIT)
    shifted = x + ROUND
    r = (x - (shifted - ROUND)) * LN2
    t = r * r
    u = r - t * (EXP[0] + t * (EXP[1] + t * (EXP[2] + t * (EXP[3] + t * EXP[4]))))
    y = 1.0 + (r + r * u / (2.0 - u))
    # The whole part of x stands in the low bits of `shifted`; its power of two is made of these bits.
    return np.asarray(y * ((shifted.view(np.int64) + 1023) << 52).view(np.float64))


def power(x: Floats, y: Floats) -> Floats:
    """Power of a base; 0 for a base of zero and for one that rounding has put below it, NaN for infinity and NaN."""
    result = exp2(y * log2(x)) + (x - x)
    return np.where(x < SMALLEST, 0.0, result)
