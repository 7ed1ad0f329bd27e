"""Stores that fail: the entry is lost, not the call."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from directives.cache.entry import CacheEntry
from directives.cache.entry import Found
from directives.cache.handlers.memory import MemoryHandler
from directives.cache.life import PROFILES
from directives.cache.value import CachedValue
from directives.errors import StoreError
from tests.cache.caching import TestClock
from tests.cache.caching import acall
from tests.cache.caching import cached
from tests.cache.caching import call
from tests.cache.caching import make_caches
from tests.cache.shared import AsyncSharedHandler
from tests.cache.shared import SharedHandler


class Away(MemoryHandler):
    """Raises at everything."""

    def get(self, *args: Any) -> Any:
        raise ConnectionError("the store is away")

    def set(self, *args: Any) -> Any:
        raise ConnectionError("the store is away")

    def now(self) -> Any:
        raise ConnectionError("the store is away")


class Full(MemoryHandler):
    """Has no room."""

    def set(self, *args: Any) -> Any:
        raise OSError(28, "No space left on device")


class Garbage(MemoryHandler):
    """Gives what is no entry."""

    def get(self, *args: Any) -> Any:
        return b"garbage"


class Hollow(MemoryHandler):
    """Gives an entry that is none."""

    def get(self, *args: Any) -> Any:
        return Found(None)  # type: ignore[arg-type]


class Nonsense(MemoryHandler):
    """Gives a well-made entry around bytes that are no result, as a store may that others write to."""

    def get(self, *args: Any) -> Any:
        return Found(CacheEntry(CachedValue.from_bytes(b"\xff\xff"), self.now(), PROFILES["default"]))


@pytest.mark.parametrize("handler", [Away, Full, Garbage, Hollow, Nonsense])
def test_the_call_answers(handler: type[MemoryHandler], caplog: pytest.LogCaptureFixture) -> None:
    """Each call runs the function; the failures are counted, and logged once a minute."""
    clock = TestClock()
    caches = make_caches(clock)
    caches.use("default", handler(1 << 20, clock))
    ran: list[int] = []
    stock = cached(caches, lambda: ran.append(1) or len(ran))
    assert [call(stock), call(stock)] == [1, 2]
    assert stock.store.failures >= 2
    assert len(caplog.records) == 1
    assert caplog.records[0].levelno == logging.WARNING
    assert "the store 'default' could not" in caplog.text
    clock.time += 61
    call(stock)
    assert len(caplog.records) == 2


def test_a_store_that_is_away_is_told_without_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    """What a store of ours says is enough; of an error in somebody else's code the log shows where it was raised."""

    class Refused(MemoryHandler):
        def get(self, *args: Any) -> Any:
            raise StoreError("the store at cache-1 does not answer")

    for handler, traced in (Refused, False), (Away, True):
        caches = make_caches()
        caches.use("default", handler(1 << 20, TestClock()))
        call(cached(caches, lambda: 1))
        assert (caplog.records[-1].exc_info is not None) == traced
    assert "does not answer" in caplog.text


def test_the_call_answers_on_a_loop(caplog: pytest.LogCaptureFixture) -> None:
    """The same for a store's asynchronous half."""

    class AsyncAway(AsyncSharedHandler):
        async def get(self, *args: Any) -> Any:
            raise ConnectionError("the store is away")

        async def set(self, *args: Any) -> Any:
            raise ConnectionError("the store is away")

        async def release(self, *args: Any) -> Any:
            raise ConnectionError("the store is away")

    class HalfAway(SharedHandler):
        @property
        def asynchronous(self) -> AsyncSharedHandler:
            return AsyncAway(self)

    async def seven() -> int:
        return 7

    caches = make_caches()
    caches.use("default", HalfAway())
    stock = cached(caches, seven)
    assert asyncio.run(acall(stock)) == 7
    assert stock.store.failures == 4
    assert len(caplog.records) == 1


def test_why_it_missed() -> None:
    """Misses are counted by reason."""
    clock = TestClock()
    caches = make_caches(clock)
    stock = cached(caches, lambda: 7)
    call(stock)
    clock.time += 1e9
    caches.profiles["default"]
    call(stock)
    assert stock.counters.misses == {"never seen": 1}
    assert stock.counters.stale == 1
