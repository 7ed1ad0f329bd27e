"""Many processes that miss at once compute once; one that dies in the middle is replaced."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from directives.cache.entry import CacheEntry
from directives.cache.handlers.redis import RedisHandler
from directives.cache.life import PROFILES
from directives.cache.value import CachedValue
from tests.redis_server import RedisServer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]

KEY = b"key"
PROCESSES = 8
THREADS = 25
FORK = multiprocessing.get_context("fork")


def computed(server: RedisServer, name: str) -> int:
    """Count one computation more in the server; how many there have been."""
    from redis import Redis

    with Redis.from_url(server.unix) as client:
        return int(client.incr(name))


def find_or_compute(store: RedisHandler, server: RedisServer, name: str, lease: float = 10) -> object:
    """What a cache does with leases."""
    while (found := store.get(KEY)) is None:
        token = store.acquire(KEY, lease)
        if token is None:
            store.wait(KEY, lease)
            continue
        if (found := store.get(KEY)) is None:
            time.sleep(0.2)
            store.set(KEY, CacheEntry(CachedValue.of(computed(server, name)), store.now(), PROFILES["hours"]))
        store.release(KEY, token)
    return found.entry.value.copy()


def test_two_hundred_threads_of_eight_processes_compute_once(
    server: RedisServer, store: RedisHandler, prefix: str
):
    """All of them get the one result, soon after it is there."""

    def work() -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            found = [pool.submit(find_or_compute, store, server, prefix) for _ in range(THREADS)]
            assert {each.result() for each in found} == {1}

    workers = [FORK.Process(target=work) for _ in range(PROCESSES)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert [worker.exitcode for worker in workers] == [0] * PROCESSES
    assert computed(server, prefix) == 2


def test_a_process_that_is_killed_is_replaced_within_its_lease(
    server: RedisServer, store: RedisHandler, prefix: str
):
    """Those who wait do not wait for it longer than that."""
    lease = 0.5
    holds = FORK.Event()

    def hold() -> None:
        assert store.acquire(KEY, lease) is not None
        holds.set()
        time.sleep(60)

    holder = FORK.Process(target=hold)
    holder.start()
    assert holds.wait(10)
    began = time.monotonic()
    os.kill(holder.pid, signal.SIGKILL)
    holder.join()
    assert find_or_compute(store, server, prefix, lease) == 1
    assert time.monotonic() - began < lease + 2
