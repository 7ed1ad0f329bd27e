"""From a key to its entry, on event loops."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

import pytest

from directives.cache.scope import RequestScope
from directives.cache.scope import set_scope
from directives.errors import CacheReentryError
from directives.errors import CacheTimeoutError
from tests.cache.caching import TestClock
from tests.cache.caching import acall
from tests.cache.caching import cached
from tests.cache.caching import make_caches


async def until(condition: Callable[[], object]) -> None:
    """Wait for something that is to happen soon."""
    for _ in range(5_000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it did not happen")


def test_a_thousand_misses_run_once() -> None:
    """Thirty-two threads, each with a loop and tasks: a thousand misses on one key run the function once."""
    ran: list[int] = []

    async def slow() -> dict[str, int]:
        ran.append(1)
        await asyncio.sleep(0.1)
        return {"left": 7}

    stock = cached(make_caches(), slow)

    async def tasks() -> list[Any]:
        return await asyncio.gather(*(acall(stock) for _ in range(32)))

    with ThreadPoolExecutor(32) as pool:
        results = [future.result() for future in [pool.submit(asyncio.run, tasks()) for _ in range(32)]]
    assert results == [[{"left": 7}] * 32] * 32
    assert len(ran) == 1


def test_an_exception_reaches_all_and_is_not_kept() -> None:
    """Each waiter gets one of his own; the next call runs again."""
    ran: list[int] = []

    async def fails() -> None:
        ran.append(1)
        await asyncio.sleep(0.01)
        raise ValueError("no tea", len(ran))

    stock = cached(make_caches(), fails)

    async def main() -> None:
        first = await asyncio.gather(*(acall(stock) for _ in range(3)), return_exceptions=True)
        assert [error.args for error in first if isinstance(error, ValueError)] == [("no tea", 1)] * 3
        assert len(set(map(id, first))) == 3
        with pytest.raises(ValueError, match="no tea"):
            await acall(stock)

    asyncio.run(main())
    assert len(ran) == 2


def test_a_cancelled_leader_hands_over() -> None:
    """The function goes on for those who still wait, and runs once."""
    ran: list[int] = []
    gate = asyncio.Event()

    async def slow() -> int:
        ran.append(1)
        await gate.wait()
        return 7

    stock = cached(make_caches(), slow)

    async def main() -> None:
        leader = asyncio.ensure_future(acall(stock))
        await until(lambda: ran)
        others = [asyncio.ensure_future(acall(stock)) for _ in range(3)]
        await asyncio.sleep(0.01)
        leader.cancel()
        others[0].cancel()
        await asyncio.sleep(0)
        gate.set()
        assert await asyncio.gather(*others[1:]) == [7, 7]
        assert leader.cancelled()
        assert others[0].cancelled()

    asyncio.run(main())
    assert len(ran) == 1


def test_a_computation_that_nobody_waits_for_is_cancelled() -> None:
    """When the last who waits is cancelled, so is the function; the next call runs it again."""
    events: list[str] = []

    async def slow() -> int:
        try:
            events.append("began")
            await asyncio.sleep(10 if len(events) == 1 else 0)
        except asyncio.CancelledError:
            events.append("cancelled")
            raise
        return 7

    stock = cached(make_caches(), slow)

    async def main() -> None:
        calls = [asyncio.ensure_future(acall(stock)) for _ in range(2)]
        await until(lambda: events)
        for each in calls:
            each.cancel()
        await until(lambda: len(events) == 2)
        assert await acall(stock) == 7

    asyncio.run(main())
    assert events == ["began", "cancelled", "began"]


def test_a_loop_that_ends_hands_over() -> None:
    """Where the leader's loop ends in the middle, a waiter of another loop computes."""
    ran: list[int] = []

    async def slow() -> int:
        ran.append(1)
        await asyncio.sleep(10 if len(ran) == 1 else 0)
        return 7

    stock = cached(make_caches(), slow)

    async def leaves() -> None:
        abandoned = asyncio.ensure_future(acall(stock))
        await until(lambda: ran)
        await asyncio.sleep(0.05)
        assert not abandoned.done()

    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(asyncio.run, leaves())
        while not ran:
            time.sleep(0.001)
        assert pool.submit(asyncio.run, acall(stock)).result(5) == 7
        leader.result()


def test_a_function_that_cancels_itself() -> None:
    """Whoever called it is cancelled, and who waits tries for himself: nobody hangs."""

    async def cancels() -> None:
        await asyncio.sleep(0)
        raise asyncio.CancelledError

    stock = cached(make_caches(), cancels)

    async def main() -> list[Any]:
        return await asyncio.gather(*(acall(stock) for _ in range(3)), return_exceptions=True)

    assert [type(error) for error in asyncio.run(main())] == [asyncio.CancelledError] * 3


def test_a_stale_entry_is_refreshed_once() -> None:
    """Many who find it stale are served at once, and one task computes it anew."""
    clock = TestClock()
    ran: list[int] = []

    async def count() -> int:
        ran.append(1)
        await asyncio.sleep(0.01)
        return len(ran)

    stock = cached(make_caches(clock), count)

    async def main() -> None:
        assert await acall(stock) == 1
        clock.time += 901
        assert await asyncio.gather(*(acall(stock) for _ in range(20))) == [1] * 20
        await until(lambda: stock.counters.fills == 2)
        assert await acall(stock) == 2

    asyncio.run(main())
    assert len(ran) == 2


def test_a_refresh_outlives_a_loop_that_ends_with_the_request() -> None:
    """Where the request's loop ends with it, as under WSGI, the refresh runs on a loop of its own."""
    clock = TestClock()
    caches = make_caches(clock)
    loops: list[Any] = []

    async def count() -> int:
        loops.append(asyncio.get_running_loop())
        await asyncio.sleep(0.01)
        return len(loops)

    stock = cached(caches, count)

    class Passing(RequestScope):
        @property
        def lasting(self) -> bool:
            return False

    async def request() -> Any:
        set_scope(Passing(caches, "/"))
        return await acall(stock)

    assert asyncio.run(request()) == 1
    clock.time += 901
    assert asyncio.run(request()) == 1
    for _ in range(2_000):
        if stock.counters.fills == 2:
            break
        time.sleep(0.001)
    assert len(set(map(id, loops))) == 2
    assert asyncio.run(request()) == 2


def test_a_refresh_that_fails_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The old result stays, and the log tells why."""
    clock = TestClock()
    ran: list[int] = []

    async def fails_later() -> int:
        ran.append(1)
        if len(ran) > 1:
            raise ConnectionError("the database is away")
        return 7

    stock = cached(make_caches(clock), fails_later)

    async def main() -> None:
        await acall(stock)
        clock.time += 901
        assert await acall(stock) == 7
        await until(lambda: caplog.records)
        assert await acall(stock) == 7

    asyncio.run(main())
    assert "shop.fails_later could not be refreshed; its old result stays" in caplog.text
    assert "the database is away" in caplog.text


def test_reentry_is_an_error() -> None:
    """A coroutine that awaits itself says so instead of waiting for ever; so does a task that it awaits."""

    async def again() -> Any:
        return await acall(stock)

    async def in_a_task() -> Any:
        return await asyncio.create_task(acall(other))

    caches = make_caches()
    stock, other = cached(caches, again), cached(caches, in_a_task)
    for function in (stock, other):
        with pytest.raises(CacheReentryError):
            asyncio.run(acall(function))


def test_the_limit() -> None:
    """A coroutine that takes too long is cancelled; all who wait are told, on other loops too; nothing is kept."""
    caches = make_caches(cache_fill_timeout=0.3)
    caches.clock.monotonic = time.monotonic  # type: ignore[method-assign]
    ran: list[int] = []

    async def slow() -> int:
        ran.append(1)
        await asyncio.sleep(10 if len(ran) == 1 else 0)
        return 7

    stock = cached(caches, slow)

    async def main() -> list[Any]:
        return await asyncio.gather(*(acall(stock) for _ in range(3)), return_exceptions=True)

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(asyncio.run, main()) for _ in range(2)]
        errors = [error for future in futures for error in future.result()]
    assert {type(error) for error in errors} <= {CacheTimeoutError, int}
    assert sum(type(error) is CacheTimeoutError for error in errors) >= 3
    assert asyncio.run(acall(stock)) == 7


def test_the_context_is_clean() -> None:
    """What the caller's context variables hold is not seen by the function."""
    user: ContextVar[str] = ContextVar("user", default="nobody")

    async def who() -> str:
        return user.get()

    stock = cached(make_caches(), who)

    async def main() -> None:
        user.set("karl")
        assert await acall(stock) == "nobody"
        assert user.get() == "karl"

    asyncio.run(main())
