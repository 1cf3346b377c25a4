"""Local elasticities of any function: relative change of an output per relative change of an input."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

Floats = NDArray[np.float64]
#: Rows of inputs, shape (rows, inputs), to rows of outputs, shape (rows, outputs).
Function = Callable[[Floats], Floats]

#: Step of the logarithm of an input, or of the odds of a share.
STEP = 1e-3


class Elasticities(NamedTuple):
    """Elasticities, how far two lengths of the step disagree, and the outputs themselves."""

    elasticity: Floats  #: shape (inputs, outputs)
    error: Floats  #: shape (inputs, outputs)
    at: Floats  #: outputs at the values, shape (outputs,)


def points(values: Floats, shares: Sequence[bool]) -> Floats:
    """The values, and for each input the values with this one a step up, down, two steps up and two down.

    Parameters
    ----------
    values
        Inputs above 0, shares below 1, shape (inputs,).
    shares
        Whether each input is a share: the relative change is then that of its odds, ``f/(1 - f)``, so that a step never
        leaves 0 to 1 and a share means the same as what is left of it, but for the sign.

    Returns
    -------
    numpy.ndarray
        Shape (1 + 4 inputs, inputs).
    """
    rows = np.tile(values, (1 + 4 * len(values), 1))
    for i, (value, share) in enumerate(zip(values.tolist(), shares, strict=True)):
        steps = STEP * np.array([1.0, -1.0, 2.0, -2.0])
        moved = expit(logit(value) + steps) if share else value * np.exp(steps)
        rows[1 + 4 * i : 5 + 4 * i, i] = moved
    return rows


def elasticities(outputs: Floats) -> Elasticities:
    """Elasticities from the outputs at `points`, by central differences of two lengths, extrapolated.

    Parameters
    ----------
    outputs
        Shape (1 + 4 inputs, outputs); the first row has no zero.
    """
    at = outputs[0]
    up, down, up_two, down_two = outputs[1:].reshape(-1, 4, len(at)).swapaxes(0, 1) / at
    near, far = (up - down) / (2 * STEP), (up_two - down_two) / (4 * STEP)
    return Elasticities((4 * near - far) / 3, np.abs(near - far) / 3, at)
