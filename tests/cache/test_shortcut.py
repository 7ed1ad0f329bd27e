"""The short way of a miss: what it shares with the long one where a call turns out not to be alone."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from concurrent.futures import Future
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest

from directives.cache.flight import Flight
from directives.errors import EncodeError
from directives.runtime import runtime
from tests.loading import Load

SOURCE = """
    import asyncio, threading
    runs, gate = [], threading.Event()
    def stock(answer):
        'use cache'
        runs.append(answer)
        gate.wait()
        if isinstance(answer, str) and len(runs) == 1:
            raise {'ValueError': ValueError, 'KeyboardInterrupt': KeyboardInterrupt}[answer]('no tea')
        return bytearray(answer) if isinstance(answer, int) else answer
    async def quick(error):
        'use cache'
        runs.append(error)
        raise {'ValueError': ValueError, 'CancelledError': asyncio.CancelledError}[error]('no tea')
    async def slow():
        'use cache'
        runs.append(len(runs))
        await asyncio.sleep(10 if len(runs) == 1 else 0)
        return [7]
    def alone():
        'use cache'
        return object()
"""


def under_way() -> list[Flight]:
    """What is being computed for the store in memory."""
    return list(runtime.caches.store("default").flights._flights.values())


def wait_for_waiters() -> None:
    """Until somebody waits for what is being computed."""
    until = time.monotonic() + 30
    while not any(flight.wakes for flight in under_way()):
        assert time.monotonic() < until
        time.sleep(0.001)


def leader_and_waiter(module: ModuleType, answer: Any) -> list[Future[Any]]:
    """Two calls: the second waits for the first before that goes on."""
    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(module.stock, answer)]
        while not module.runs:
            time.sleep(0.001)
        calls.append(pool.submit(module.stock, answer))
        wait_for_waiters()
        module.gate.set()
    return calls


@pytest.mark.parametrize("size", [10, 100_000])
def test_who_waits_gets_a_copy_of_his_own(load: Load, size: int) -> None:
    """From one run, also where the result is larger than the store and so is not kept."""
    runtime.configure(cache_max_memory_size=50_000)
    module = load(SOURCE)
    first, second = (call.result() for call in leader_and_waiter(module, size))
    assert first == second == bytearray(size)
    assert first is not second
    assert module.runs == [size]
    assert under_way() == []


def test_an_exception_reaches_who_waits(load: Load) -> None:
    """It is told to both, and the next call runs again."""
    module = load(SOURCE)
    errors = [call.exception() for call in leader_and_waiter(module, "ValueError")]
    assert [type(error) for error in errors] == [ValueError] * 2
    assert errors[0] is not errors[1]
    assert module.stock("ValueError") == "ValueError"


def test_an_interrupted_leader_hands_over(load: Load) -> None:
    """Who waits for a computation that was broken off computes by himself."""
    leader, waiter = leader_and_waiter(load(SOURCE), "KeyboardInterrupt")
    assert isinstance(leader.exception(), KeyboardInterrupt)
    assert waiter.result() == "KeyboardInterrupt"


@pytest.mark.parametrize(
    ("name", "error"), [("ValueError", ValueError), ("CancelledError", asyncio.CancelledError)]
)
def test_a_coroutine_that_fails_at_once(load: Load, name: str, error: type[BaseException]) -> None:
    """Before it waits for anything: whoever called it is told, and nothing is left under way."""
    module = load(SOURCE)

    async def main() -> list[Any]:
        return await asyncio.gather(*(module.quick(name) for _ in range(2)), return_exceptions=True)

    assert [type(each) for each in asyncio.run(main())] == [error] * 2
    assert module.runs == [name] * 2
    assert under_way() == []


def test_a_coroutine_that_nobody_waits_for_is_cancelled(load: Load) -> None:
    """The next call runs it again, and gets its own copy."""
    module = load(SOURCE)

    async def main() -> Any:
        call = asyncio.ensure_future(module.slow())
        while not module.runs:
            await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        return await asyncio.gather(module.slow(), module.slow())

    first, second = asyncio.run(main())
    assert first == second == [7]
    assert first is not second
    assert module.runs == [0, 1]


def test_what_cannot_be_kept(load: Load) -> None:
    """It is an error that names the function, and is counted as one."""
    module = load(SOURCE)
    with pytest.raises(EncodeError, match=r"alone returned what cannot be kept"):
        module.alone()
    (counts,) = (each for each in runtime.caches.statistics() if each.name.endswith(".alone"))
    assert (counts.misses, counts.fills, counts.errors) == ({"never seen": 1}, 1, 1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_child_does_not_wait_for_its_parent(load: Load) -> None:
    """Neither for what a thread of the parent computes, nor for a lock that one held when the child was forked."""
    module = load(SOURCE)
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(module.stock, 3)
        while not module.runs:
            time.sleep(0.001)
        lock = runtime.caches.store("default").flights._lock
        lock.acquire()
        child = os.fork()
        if child == 0:  # pragma: no cover -- in the child
            computed = False
            try:
                signal.alarm(20)
                module.gate = threading.Event()
                module.gate.set()
                computed = module.stock(4) + module.stock(3) == bytearray(7) and module.runs == [3, 4, 3]
            finally:
                os._exit(0 if computed else 1)
        lock.release()
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        module.gate.set()
        assert ended == 0
        assert call.result() == bytearray(3)
