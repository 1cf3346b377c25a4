"""Tests that run once for each mutant, in forks: ``python -m tests.full.mutants CHILDREN FILE ... < NAMES``.

pytest collects the files once. A first fork runs them as the code stands, and hears which mutated functions each test
calls and how long it takes. Then every mutant has a fork of its own, which runs the tests that call its function, the
fastest first, then the others, up to the first failure. No cache of one test reaches the next mutant.
"""

import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence

import pytest
from mutmut.mutation import trampoline

#: Left out: what reads the text of the source, which is rewritten here, or names a mutant, or measures time.
LEFT_OUT = " and ".join(
    f"not {word}" for word in ("plain_arithmetic", "import_only_typing", "cost_little", "source_is_used", "__mutmut_")
)
#: Variable that says which mutant is in force, as mutmut reads it; with this word it names each function called.
SWITCH, LISTEN = "MUTANT_UNDER_TEST", "stats"
#: A fork that runs longer than this many times the clean run [and seconds], or takes this much memory, has failed.
SLOWER, SECONDS, BYTES = 5.0, 20.0, 3 << 30

Heard = dict[str, tuple[float, list[str]]]


class Forks:
    """Plugin of pytest that runs the collected tests for each mutant."""

    def __init__(self, names: Sequence[str], children: int, tell: Callable[[str, str], None]) -> None:
        self.names, self.children, self.tell = names, children, tell

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Take the place of pytest's own loop over the tests."""
        if session.testsfailed:
            raise session.Interrupted("the tests cannot be collected")
        heard = listen(session)
        limit = SECONDS + SLOWER * sum(seconds for seconds, _ in heard.values())
        running: dict[int, str] = {}
        for name in self.names:
            if len(running) == self.children:
                self._wait(running)
            function = name.partition("__mutmut_")[0]
            items = sorted(session.items, key=lambda item: _rank(heard[item.nodeid], function))
            running[_fork(lambda name=name, items=items: _mutant(session, name, items, limit))] = name
        while running:
            self._wait(running)
        return True

    def _wait(self, running: dict[int, str]) -> None:
        process, status = os.wait()
        self.tell(running.pop(process), "survived" if status == 0 else "killed")


def listen(session: pytest.Session) -> Heard:
    """Seconds and called functions of each test, run once as the code stands."""
    read, write = os.pipe()

    def clean() -> int:
        os.environ[SWITCH] = LISTEN
        heard: Heard = {}
        called: set[str] = set()
        trampoline.record_trampoline_hit = lambda name, **_: called.add(name)  # type: ignore[assignment]
        for item, after in _pairs(session.items):
            called.clear()
            start = time.process_time()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            heard[item.nodeid] = time.process_time() - start, sorted(called)
        with os.fdopen(write, "w") as pipe:
            json.dump(heard, pipe)
        return int(session.testsfailed > 0)

    child = _fork(clean)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    if os.waitpid(child, 0)[1] != 0:
        raise session.Interrupted("the tests fail without any mutant")
    return json.loads(text)


def _rank(heard: tuple[float, list[str]], function: str) -> tuple[bool, float]:
    seconds, called = heard
    return function not in called, seconds


def _mutant(session: pytest.Session, name: str, items: Sequence[pytest.Item], limit: float) -> int:
    """Run the tests up to the first failure, with one mutant in force."""
    os.environ[SWITCH] = name
    resource.setrlimit(resource.RLIMIT_CPU, (int(limit), int(limit) + 5))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    signal.alarm(int(10 * limit))
    session.config.pluginmanager.unregister(name="terminalreporter")
    for item, after in _pairs(items):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        if session.testsfailed:
            return 1
    return 0


def _pairs(items: Sequence[pytest.Item]) -> Iterable[tuple[pytest.Item, pytest.Item | None]]:
    return zip(items, [*items[1:], None], strict=True)


def _fork(work: Callable[[], int]) -> int:
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        code = work()
    finally:
        os._exit(code)


def main(words: Sequence[str]) -> int:
    """Read names of mutants, write a line of name and status for each."""
    names, out = sys.stdin.read().split(), os.fdopen(os.dup(1), "w", encoding="utf-8")

    def tell(name: str, status: str) -> None:
        print(name, status, file=out, flush=True)

    os.dup2(2, 1)  # what pytest says is no result
    said = ["-q", "-n0", "-p", "no:cacheprovider", "-p", "no:random_order", "--tb=short", "-k", LEFT_OUT]
    return int(pytest.main([*said, *words[1:]], plugins=[Forks(names, int(words[0]), tell)]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
