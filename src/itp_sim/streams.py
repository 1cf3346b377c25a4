"""Random streams by name: numbers depend on a seed and a name and on nothing that was drawn before."""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray


def generator(seed: int, name: str) -> np.random.Generator:
    """Return the generator of a name, at its start.

    Parameters
    ----------
    seed
        0 to 2**64 - 1.
    name
        What is drawn; other names, like other seeds, give streams that have nothing to do with each other.
    """
    return np.random.Generator(np.random.Philox(key=_key(seed, name)))


def words(seed: int, name: str, *, first: int, n: int) -> NDArray[np.uint64]:
    """Return the four random words of 64 bits at each of the places `first` to ``first + n - 1``, shape (4 n,).

    Parameters
    ----------
    seed, name
        As in `generator`.
    first, n
        Counters of Philox: what is at a place does not depend on where one starts.
    """
    counter = np.array([first, 0, 0, 0], dtype=np.uint64)
    return np.random.Philox(key=_key(seed, name), counter=counter).random_raw(4 * n)


def _key(seed: int, name: str) -> NDArray[np.uint64]:
    digest = blake2b(name.encode(), digest_size=8).digest()
    # As unsigned words from the start: a list of whole numbers beyond 2**63 would be rounded on its way.
    return np.array([seed, int.from_bytes(digest, "little")], dtype=np.uint64)
