"""Computing one entry among several processes that share a store."""

from __future__ import annotations

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from directives.cache import leases
from directives.cache.caches import Caches
from directives.cache.function import CachedFunction
from directives.cache.handler import CacheHandler
from directives.errors import CacheTimeoutError
from tests.cache.caching import acall
from tests.cache.caching import cached
from tests.cache.caching import call
from tests.cache.caching import make_caches
from tests.cache.shared import PlainSharedHandler
from tests.cache.shared import SharedHandler


def process(handler: CacheHandler, **settings: Any) -> Caches:
    """What stands for one process: it shares the store with others and nothing else."""
    caches = make_caches(**settings)
    caches.clock.monotonic = time.monotonic  # type: ignore[method-assign]
    caches.use("default", handler)
    return caches


def in_each(functions: list[CachedFunction], threads: int) -> list[Any]:
    """The results of calling each function in some threads at a time."""
    with ThreadPoolExecutor(len(functions) * threads) as pool:
        futures = [pool.submit(call, function) for function in functions for _ in range(threads)]
        return [future.result() for future in futures]


def test_processes_that_miss_at_a_time_run_once() -> None:
    """Four processes of four threads each run the function once."""
    handler, ran = SharedHandler(), []

    def slow() -> int:
        ran.append(1)
        time.sleep(0.05)
        return 7

    assert in_each([cached(process(handler), slow) for _ in range(4)], 4) == [7] * 16
    assert len(ran) == 1
    assert handler.leases == {}


@pytest.mark.parametrize("waits", [True, False])
def test_loops_that_miss_at_a_time_run_once(waits: bool) -> None:
    """The same for coroutine functions, whether the store can wait on an event loop or not."""
    handler, ran = SharedHandler() if waits else PlainSharedHandler(), []

    async def slow() -> int:
        ran.append(1)
        await asyncio.sleep(0.05)
        return 7

    async def calls(function: CachedFunction) -> list[Any]:
        return await asyncio.gather(*(acall(function) for _ in range(4)))

    functions = [cached(process(handler), slow) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        results = [future.result() for future in [pool.submit(asyncio.run, calls(f)) for f in functions]]
    assert results == [[7] * 4] * 4
    assert len(ran) == 1
    assert handler.leases == {}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
@pytest.mark.filterwarnings(
    "ignore:This process:DeprecationWarning"
)  # a fork beside a thread is what is tested
def test_a_forked_child_extends_its_leases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if its parent was extending some at that moment, as an application that is loaded before its workers are forked."""
    monkeypatch.setattr(leases, "BEAT", 0.05)
    handler = SharedHandler()
    caches = process(handler)
    call(cached(caches, lambda: 1))

    def slow() -> bool:
        first = dict(handler.leases)
        patience = time.monotonic() + 20
        while handler.leases == first:  # it has another end when it is extended
            if time.monotonic() > patience:
                return False
            time.sleep(0.01)
        return True

    child = os.fork()
    if child == 0:
        os._exit(0 if call(cached(caches, slow)) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_process_that_died_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its lease runs out, and somebody else computes."""
    monkeypatch.setattr(leases, "LEASE", 0.1)
    handler = SharedHandler()
    stock = cached(process(handler), lambda: 7)
    key = repr((stock.id, ())).encode()
    assert handler.acquire(key, 0.1)
    began = time.monotonic()
    assert call(stock) == 7
    assert 0.05 < time.monotonic() - began < 5


@pytest.mark.slow
def test_a_lease_is_extended_while_the_function_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that takes longer than a lease keeps it."""
    monkeypatch.setattr(leases, "LEASE", 2.0)
    monkeypatch.setattr(leases, "BEAT", 0.1)
    handler, ran = SharedHandler(), []

    def slow() -> int:
        ran.append(1)
        time.sleep(3)
        return 7

    assert in_each([cached(process(handler), slow) for _ in range(2)], 1) == [7, 7]
    assert len(ran) == 1


def test_who_waits_for_another_process_has_the_same_limit() -> None:
    """Waiting for another process ends with the timeout error too."""
    handler = SharedHandler()
    stock = cached(process(handler, cache_fill_timeout=0.05), lambda: 7)
    assert handler.acquire(repr((stock.id, ())).encode(), 30)
    with pytest.raises(CacheTimeoutError):
        call(stock)


def test_a_refresh_is_left_to_the_process_that_is_at_it() -> None:
    """A stale entry is served, and the function does not run here while another process has the lease."""
    handler, ran = SharedHandler(), []
    stock = cached(process(handler), lambda: ran.append(1) or len(ran))
    assert call(stock) == 1
    key = repr((stock.id, ())).encode()
    token = handler.acquire(key, 30)
    entry = handler.get(key)
    assert entry is not None
    stale = type(entry.entry)(entry.entry.value, entry.entry.created - 1_000, entry.entry.life)
    handler.set(key, stale)
    assert call(stock) == 1
    while stock.store.flights.landed < 2:
        time.sleep(0.001)
    assert ran == [1]
    assert token is not None
    handler.release(key, token)
    assert call(stock) == 1
    while len(ran) < 2:
        time.sleep(0.001)


class Broken(SharedHandler):
    """A store whose leases fail."""

    def acquire(self, key: bytes, seconds: float, /) -> str | None:
        raise ConnectionError("the store is away")


class BrokenLater(SharedHandler):
    """A store that fails while somebody waits."""

    def acquire(self, key: bytes, seconds: float, /) -> str | None:
        return None

    def wait(self, key: bytes, seconds: float, /) -> None:
        raise ConnectionError("the store is away")


@pytest.mark.parametrize("broken", [Broken, BrokenLater])
def test_a_store_that_fails_holds_nobody_up(broken: type[SharedHandler]) -> None:
    """Without a lease the function runs, in threads and on a loop."""
    handler = broken()
    stock = cached(process(handler), lambda: 7)
    assert call(stock) == 7
    assert stock.store.failures >= 1

    async def slow() -> int:
        return 8

    class Aside(broken):  # type: ignore[misc, valid-type]
        @property
        def asynchronous(self) -> Any:
            return AsideLoop()

    class AsideLoop:
        async def get(self, key: bytes, soft_tags: Any = (), /) -> None:
            return None

        async def set(self, key: bytes, entry: Any, /) -> None:
            pass

        async def acquire(self, key: bytes, seconds: float, /) -> str | None:
            return handler.acquire(key, seconds)

        async def wait(self, key: bytes, seconds: float, /) -> None:
            handler.wait(key, seconds)

    assert asyncio.run(acall(cached(process(Aside()), slow))) == 8


def test_leases_are_given_back_after_an_error() -> None:
    """A function that raises lets the next process run."""
    handler = SharedHandler()
    stock = cached(process(handler), lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        call(stock)
    assert handler.leases == {}
