"""Who does the work of a cohort: this process, processes of its own, or whatever has the map of concurrent.futures."""

import os
import signal
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from threading import Event, Thread
from threading import enumerate as enumerate_threads
from typing import Any, Protocol, TypeVar

from itp_sim import checks
from itp_sim.errors import SolverError
from itp_sim.usual import MOST_WORKERS

Result = TypeVar("Result")

#: What a script must do that starts workers.
GUARD = "in a script, call from below `if __name__ == '__main__':`, since every worker runs what stands outside"
#: Seconds that a worker has to send a result when its work is stopped.
SENT = 0.5


class Executor(Protocol):
    """Anything with the `map` of `concurrent.futures`."""

    def map(self, fn: Callable[..., Any], /, *iterables: Iterable[Any]) -> Iterable[Any]:
        """Results of `fn` in the order of its arguments."""


def number_of_processes(executor: object) -> int:
    """Processes of its own that `executor` asks for; 0 for none.

    Raises
    ------
    InputError
        If `executor` is nothing that can work.
    """
    if executor is None or hasattr(executor, "map"):
        return 0
    hint = "or something with the map of concurrent.futures, or None for this process"
    return checks.whole("executor", executor, 1, MOST_WORKERS, hint=hint)


@contextmanager
def mapped(
    executor: Executor | int | None, work: Callable[..., Result], *arguments: Iterable[Any]
) -> Iterator[Iterable[Result]]:
    """Yield the results of `work` in the order of its arguments.

    Parameters
    ----------
    executor
        None for this process; a number of processes, which end with the block, however it ends; or anything with `map`.
    work
        A function that can be pickled, unless it runs in this process.
    arguments
        One iterable for each argument of `work`.

    Raises
    ------
    SolverError
        If a worker could not be started, or was lost.
    """
    try:
        if executor is None:
            yield map(work, *arguments)
        elif isinstance(executor, int):
            with _processes(executor) as pool:
                yield _started(pool, partial(_watched, work), *arguments)
        else:
            with _closed(executor.map(work, *arguments)) as others:
                yield others
    except BrokenExecutor as error:
        raise SolverError(
            f"a worker ended before its work was done: {GUARD}; if it ran out of memory, ask for fewer processes or a "
            f"smaller `chunk` ({error})"
        ) from None  # which ends in the same words, after a page of the pool's own


@contextmanager
def _closed(results: Iterable[Result]) -> Iterator[Iterable[Result]]:
    """Results whose executor drops what is left undone when the block is left."""
    try:
        yield results
    finally:
        if isinstance(results, Generator):
            results.close()


@contextmanager
def _processes(number: int) -> Iterator[ProcessPoolExecutor]:
    """A pool whose processes end at once when the block is left by an error, or when this process dies."""
    context = get_context("spawn")  # a fork would copy the threads' locks
    alive, ours = context.Pipe(duplex=False)
    with alive, ours, ProcessPoolExecutor(number, context, initializer=_begin, initargs=(alive,)) as pool:
        try:
            yield pool
        except BaseException:
            ours.close()
            pool.shutdown(cancel_futures=True)
            raise


def _started(pool: ProcessPoolExecutor, work: Callable[..., Result], *arguments: Iterable[Any]) -> Iterator[Result]:
    """Begin the work; processes that are started now keep clear of Ctrl-C."""
    try:
        with _without_interrupts():
            return pool.map(work, *arguments)
    except BrokenExecutor:
        raise
    except RuntimeError as error:  # of Python in a worker that runs its parent's script: it starts none
        why = " ".join(str(error).strip().split("\n\n")[0].split())
        raise SolverError(f"a worker could not be started: {GUARD} ({why})") from None


def _begin(alive: Connection) -> None:
    """Set up a worker: Ctrl-C is its parent's to handle, and it ends with its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _Watch(alive).start()


class _Watch(Thread):
    """Ends its process when the other end of `alive` is closed.

    A worker that ends while it sends a result leaves its parent waiting for the rest. So it ends while it works, or
    when it has had the time to send.
    """

    def __init__(self, alive: Connection) -> None:
        super().__init__(daemon=True)
        self.alive = alive
        self.works = Event()

    def run(self) -> None:
        self.alive.poll(None)  # nothing is ever sent: this returns when the other end is closed
        self.works.wait(SENT)
        os._exit(1)


def _watched(work: Callable[..., Result], *arguments: Any) -> Result:
    """Work, and let the watch know of it."""
    watch = next(thread for thread in enumerate_threads() if isinstance(thread, _Watch))
    watch.works.set()
    try:
        return work(*arguments)
    finally:
        watch.works.clear()


@contextmanager
def _without_interrupts() -> Iterator[None]:
    """Hold Ctrl-C back for a moment; what is started meanwhile does not get it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
