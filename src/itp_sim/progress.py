"""Progress of long work on stderr, with an estimate of the time left; silent where stderr is not a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress(total: int, unit: str, *, shown: bool) -> Iterator[Callable[[int], object]]:
    """Yield a function that is told how many more of `total` are done.

    Parameters
    ----------
    total
        Number of things to do.
    unit
        What they are called, in the plural.
    shown
        Whether to show it on a terminal, after a second.
    """
    if not shown:
        yield lambda done: None
        return
    from tqdm import tqdm  # only long work needs it

    with tqdm(total=total, unit=f" {unit}", unit_scale=True, disable=None, leave=False, delay=1) as bar:
        yield bar.update
