"""Logarithm, exponential and power from ``+ - * /`` and integer steps alone: the same bits on every machine.

The library functions that NumPy calls differ between processors in the last bit. The C kernel holds the same operations
in the same order (``kernel.c``).
"""

import numpy as np

from itp_sim.solve.problem import Floats

#: Adding it rounds a double to a whole number, which then stands in its low bits.
ROUND = 6755399441055744.0  # 1.5 * 2**52
#: Bits of sqrt(1/2): a mantissa is brought between this and sqrt(2).
HALF_ROOT = 0x3FE6A09E667F3BCD
#: Smallest number with a full mantissa; below it a power counts as that of zero.
SMALLEST = 2.2250738585072014e-308
#: A power of two stays within this exponent, up and down, so that it has a full mantissa.
LIMIT = 1021.0

#: Minimax coefficients of log2(1 + f)/s in s**2, s = f/(2 + f); relative error 2e-17.
LOG = (
    2.8853900817779268,
    0.9617966939259898,
    0.5770780163454704,
    0.41219858585106456,
    0.3205985339264623,
    0.26233440174514827,
    0.22091186685788852,
    0.21367077946267188,
)
#: Minimax coefficients of (2**r - 1)/r for r between -1/2 and 1/2; error 2e-17.
EXP = (
    0.6931471805599453,
    0.24022650695910097,
    0.05550410866482166,
    0.009618129107606885,
    0.0013333558146396004,
    0.00015403530441741647,
    1.5252733853280778e-05,
    1.3215442584937203e-06,
    1.0178051728089911e-07,
    7.07258647985202e-09,
    4.456675463639861e-10,
)


def log2(x: Floats) -> Floats:
    """Logarithm to base 2 of positive numbers with a full mantissa, to 3 ulp; anything for others."""
    bits = x.view(np.int64)
    exponent = (bits - HALF_ROOT) >> 52
    f = (bits - (exponent << 52)).view(np.float64) - 1.0
    s = f / (f + 2.0)
    z = s * s
    w = z * z
    # Pairs of terms, and pairs of pairs: they do not wait for each other.
    low = (LOG[0] + LOG[1] * z) + w * (LOG[2] + LOG[3] * z)
    high = (LOG[4] + LOG[5] * z) + w * (LOG[6] + LOG[7] * z)
    return np.asarray(s * (low + (w * w) * high) + exponent.astype(np.float64))


def exp2(x: Floats) -> Floats:
    """Power of two, to 2 ulp, with `x` held between -1021 and 1021; NaN stays NaN."""
    x = np.minimum(np.maximum(x, -LIMIT), LIMIT)
    shifted = x + ROUND
    r = x - (shifted - ROUND)
    t = r * r
    w = t * t
    low = (EXP[0] + EXP[1] * r) + t * (EXP[2] + EXP[3] * r)
    high = (EXP[4] + EXP[5] * r) + t * (EXP[6] + EXP[7] * r)
    highest = (EXP[8] + EXP[9] * r) + t * EXP[10]
    y = 1.0 + r * ((low + w * high) + (w * w) * highest)
    # The whole part of x stands in the low bits of `shifted`; its power of two is made of these bits.
    return np.asarray(y * ((shifted.view(np.int64) + 1023) << 52).view(np.float64))


def power(x: Floats, y: Floats) -> Floats:
    """Power of a base; 0 for a base of zero and for one that rounding has put below it, NaN for infinity and NaN."""
    result = exp2(y * log2(x)) + (x - x)
    return np.where(x < SMALLEST, 0.0, result)
