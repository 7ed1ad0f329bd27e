"""From a key to its entry, in threads."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar

import pytest

from directives.cache.fill import get_or_fill
from directives.errors import CacheReentryError
from directives.errors import CacheTimeoutError
from directives.errors import EncodeError
from tests.cache.caching import TestClock
from tests.cache.caching import cached
from tests.cache.caching import call
from tests.cache.caching import make_caches


def test_a_second_call_is_served() -> None:
    """The function runs once for each key."""
    ran: list[str] = []
    stock = cached(make_caches(), lambda tea: ran.append(tea) or {"left": 1})
    assert [call(stock, "green"), call(stock, "green"), call(stock, "black")] == [{"left": 1}] * 3
    assert ran == ["green", "black"]
    assert (stock.counters.hits, stock.counters.fills, stock.counters.misses) == (1, 2, {"never seen": 2})


def test_misses_at_a_time_run_once() -> None:
    """Thirty-two threads that miss on one key run the function once."""
    ran: list[int] = []

    def slow() -> int:
        ran.append(1)
        time.sleep(0.05)
        return 7

    stock = cached(make_caches(), slow)
    gate = threading.Barrier(32)

    def one() -> int:
        gate.wait()
        result: int = call(stock)
        return result

    with ThreadPoolExecutor(32) as pool:
        assert {future.result() for future in [pool.submit(one) for _ in range(32)]} == {7}
    assert len(ran) == 1
    assert stock.counters.waited >= 1


def test_an_exception_reaches_all_and_is_not_kept() -> None:
    """Each waiter gets an exception of its own that says the same; the next call runs again."""
    ran: list[int] = []
    gate = threading.Event()

    def fails() -> None:
        ran.append(1)
        gate.wait()
        raise ValueError("no tea", len(ran))

    stock = cached(make_caches(), fails)

    def one() -> BaseException:
        with pytest.raises(ValueError, match="no tea") as caught:
            call(stock)
        return caught.value

    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(one) for _ in range(4)]
        time.sleep(0.05)
        gate.set()
        errors = [future.result() for future in futures]
    assert {error.args for error in errors} == {("no tea", 1)}
    assert one().args == ("no tea", 2)


def test_a_stale_entry_is_served_while_it_is_refreshed() -> None:
    """Past revalidate the old value comes once more at once, and the new one soon after; past expire it is a miss."""
    clock = TestClock()
    caches = make_caches(clock)
    ran: list[int] = []
    stock = cached(caches, lambda: ran.append(1) or len(ran))
    assert call(stock) == 1
    clock.time += 901
    assert call(stock) == 1
    until = time.monotonic() + 30
    while len(ran) < 2 and time.monotonic() < until:
        time.sleep(0.001)
    clock.time += 1
    until = time.monotonic() + 30
    while call(stock) == 1 and time.monotonic() < until:
        time.sleep(0.001)
    assert (call(stock), len(ran)) == (2, 2)
    assert stock.counters.stale >= 1


def test_reentry_is_an_error() -> None:
    """A function that calls itself with the same arguments says so instead of waiting for ever."""
    stock = cached(make_caches(), lambda: call(stock))
    with pytest.raises(CacheReentryError, match=r"shop\.<lambda> needs its own result"):
        call(stock)


def test_two_that_wait_for_each_other() -> None:
    """Two functions in two threads that need each other's results: one of them is told, and neither hangs."""
    caches = make_caches()
    gate = threading.Barrier(2, timeout=5)

    def first(deep: bool = False) -> int:
        if not deep:
            gate.wait()
        return 0 if deep else call(two, False) + 1

    def second(deep: bool = False) -> int:
        gate.wait()
        result: int = call(one, False)
        return result

    one, two = cached(caches, first), cached(caches, second)
    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(call, one, False), pool.submit(call, two, False)]
        errors = [future.exception(5) for future in futures]
    assert [type(error) for error in errors] == [CacheReentryError, CacheReentryError]


def test_the_limit() -> None:
    """A function that takes too long: the timeout error for whoever waits and for who called, and nothing is kept."""
    caches = make_caches(cache_fill_timeout=0.3)
    caches.clock.monotonic = time.monotonic  # type: ignore[method-assign]
    gate, ran = threading.Event(), []

    def slow() -> int:
        ran.append(1)
        gate.wait()
        return 7

    stock = cached(caches, slow)
    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(call, stock)
        while not ran:
            time.sleep(0.001)
        with pytest.raises(CacheTimeoutError, match=r"longer than the 0\.3 s"):
            call(stock)
        gate.set()
        assert isinstance(leader.exception(), CacheTimeoutError)
    assert call(stock) == 7
    assert len(ran) == 2


def test_the_context_is_clean() -> None:
    """What the caller's context variables hold is not seen by the function."""
    user: ContextVar[str] = ContextVar("user", default="nobody")
    stock = cached(make_caches(), lambda: user.get())
    user.set("karl")
    assert call(stock) == "nobody"


def test_a_result_that_cannot_be_kept() -> None:
    """It is an error that names the function, and says what can be."""
    stock = cached(make_caches(), lambda: object())
    with pytest.raises(
        EncodeError, match=r"shop\.<lambda> returned what cannot be kept: value: object cannot travel; re"
    ):
        call(stock)


def test_an_interrupted_leader_hands_over() -> None:
    """Who waits for a computation that was broken off computes by itself."""
    ran: list[int] = []
    gate = threading.Event()

    def interrupted() -> int:
        ran.append(1)
        gate.wait()
        if len(ran) == 1:
            raise KeyboardInterrupt
        return 7

    stock = cached(make_caches(), interrupted)
    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(call, stock)
        while not ran:
            time.sleep(0.001)
        waiter = pool.submit(call, stock)
        time.sleep(0.02)
        gate.set()
        assert isinstance(leader.exception(), KeyboardInterrupt)
        assert waiter.result(5) == 7


def test_no_cached_value_without_a_function() -> None:
    """The entry's time is when its computation began, so an invalidation meanwhile defeats it."""
    clock = TestClock()
    stock = cached(make_caches(clock), lambda: setattr(clock, "time", clock.time + 5) or 1)
    began = clock.time
    assert get_or_fill(stock, b"key", stock.function).created == began
