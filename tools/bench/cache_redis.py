"""A hit in Redis, against redis-py's own GET of the same bytes: `python tools/bench/cache_redis.py`.

It starts a server of its own. What is compared takes turns in one run, so the ratios mean something where the
microseconds do not. An entry is 1 KB and has three tags. A hit is what the store finds, looked at and copied as the cache does;
the last ratio is that of whole calls of a function with `'use cache: remote'`, its key and its books included.
"""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from statistics import quantiles
from typing import Any
from typing import Final

from hooked import hooked
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from directives.cache.entry import CacheEntry
from directives.cache.entry import expired_now
from directives.cache.handlers.memory import MemoryHandler
from directives.cache.handlers.redis import RedisHandler
from directives.cache.life import PROFILES
from directives.cache.value import CachedValue
from directives.settings import Settings

ROUNDS: Final = 31
CALLS: Final = 300
# With few batches, whoever comes first pays for the caches of the processor that others have left.
BATCHES: Final = 10
TOGETHER: Final = 100
INVALIDATIONS: Final = 1_000
STEP: Final = 0.000_05
VALUE: Final = "x" * 1024
TAGS: Final = ("stock", "shoes", "page")
SOURCE: Final = """
from directives.cache import cache_life, cache_tag

async def stock(number):
    'use cache: remote'
    cache_life('hours')
    cache_tag('stock', 'shoes', 'page')
    return VALUE
"""
GOALS: Final = {
    "sync: hit / GET": 1.5,
    "asyncio: hit / GET": 1.0,
    "asyncio: 100 hits at once / 100 GETs": 0.2,
    "near: hit / hit in memory": 3.0,
    "near: invalidation, p99 (ms)": 10.0,
}


def main() -> int:
    with running_server() as address:
        store = RedisHandler.open(f"{address}?prefix=bench&timeout=5")
        for number in range(TOGETHER):
            store.set(key(number), entry(store.now()))
            store.get(key(number))
        measured = {
            **threads(address, store),
            **asyncio.run(loops(address, store, remote_function(address))),
            **near(address, store),
        }
        store.close()
    for name, goal in GOALS.items():
        print(f"{name:<40}{measured[name]:8.2f}   (goal: at most {goal})")
    return 0 if all(measured[name] <= goal for name, goal in GOALS.items()) else 1


@contextmanager
def running_server() -> Iterator[str]:
    """The address of a server that keeps nothing."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        sys.exit("cache_redis.py: there is no redis-server on this machine")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "redis.sock"
        command = [program, "--port", "0", "--unixsocket", str(path), "--dir", folder, "--save", ""]
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            while not path.exists():
                time.sleep(0.01)
            yield f"unix://{path}"
        finally:
            server.kill()
            server.wait()


def key(number: int) -> bytes:
    return b"key %d" % number


def entry(created: float) -> CacheEntry:
    return CacheEntry(CachedValue.of(VALUE), created, PROFILES["hours"], TAGS)


def hit(found: Any, now: float) -> None:
    """What the cache does with what a store finds."""
    assert not found.is_gone(now)
    assert not found.is_stale(now)
    found.entry.value.copy()


def ratios(ours: list[float], theirs: list[float], name: str) -> float:
    print(f"{name:<40}{median(ours):8.1f} us{median(theirs):10.1f} us")
    return median(mine / other for mine, other in zip(ours, theirs, strict=True))


def threads(address: str, store: RedisHandler) -> dict[str, float]:
    """On a thread."""
    ours, theirs = [], []
    with Redis.from_url(address) as client:
        client.set("plain", entry(store.now()).to_bytes())
        for _ in range(ROUNDS):
            theirs.append(per_call(lambda: client.get("plain")))
            ours.append(per_call(lambda: hit(store.get(key(0)), store.now())))
    name = "sync: hit / GET"
    return {name: ratios(ours, theirs, name)}


def remote_function(address: str) -> Callable[[int], Awaitable[Any]]:
    """A cached function, as the hook would load it."""
    settings = Settings(
        Path(), cache_handlers={"remote": f"{address}?prefix=calls&timeout=5"}, build_id="one"
    )
    stock: Callable[[int], Awaitable[Any]] = hooked(SOURCE, "bench", settings, VALUE=VALUE).stock
    return stock


async def loops(
    address: str, store: RedisHandler, stock: Callable[[int], Awaitable[Any]]
) -> dict[str, float]:
    """On an event loop, alone and a hundred at once."""
    alone: tuple[list[float], list[float]] = ([], [])
    together: tuple[list[float], list[float]] = ([], [])
    whole: list[float] = []
    asynchronous = store.asynchronous

    async def look(number: int = 0) -> None:
        hit(await asynchronous.get(key(number)), store.now())

    async with AsyncRedis.from_url(address) as client:

        async def all_of_ours() -> None:
            await asyncio.gather(*[look(number) for number in range(TOGETHER)])

        async def all_of_theirs() -> None:
            await asyncio.gather(*[client.get("plain") for _ in range(TOGETHER)])

        async def all_calls() -> None:
            await asyncio.gather(*[stock(number) for number in range(TOGETHER)])

        await all_calls()  # nothing is found yet
        for _ in range(ROUNDS):
            alone[0].append(await per_await(look))
            alone[1].append(await per_await(lambda: client.get("plain")))
            together[0].append(await per_await(all_of_ours, BATCHES))
            together[1].append(await per_await(all_of_theirs, BATCHES))
            whole.append(await per_await(all_calls, BATCHES))
    names = ("asyncio: hit / GET", "asyncio: 100 hits at once / 100 GETs")
    found = {names[0]: ratios(*alone, names[0]), names[1]: ratios(*together, names[1])}
    print(
        f"whole calls, 100 at once / 100 GETs: {ratios(whole, together[1], 'whole calls, 100 at once'):.2f}"
    )
    return found


def near(address: str, store: RedisHandler) -> dict[str, float]:
    """What is kept in this process, against the store in memory; and how soon it hears of changes."""
    close_by = RedisHandler.open(f"{address}?prefix=bench&timeout=5&near=64MB")
    memory = MemoryHandler(64 << 20)
    memory.set(key(0), entry(time.time()))
    while close_by.get(key(0)) is not close_by.get(key(0)):
        time.sleep(0.01)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        theirs.append(per_call(lambda: hit(memory.get(key(0)), memory.now())))
        ours.append(per_call(lambda: hit(close_by.get(key(0)), close_by.now())))
    delays = [1e3 * invalidation(store, close_by) for _ in range(INVALIDATIONS)]
    print(f"{'near: invalidation, median':<40}{1e3 * median(delays):8.1f} us")
    close_by.close()
    name = "near: hit / hit in memory"
    return {name: ratios(ours, theirs, name), "near: invalidation, p99 (ms)": quantiles(delays, n=100)[-1]}


def invalidation(store: RedisHandler, close_by: RedisHandler) -> float:
    """How long after a mark somebody else still finds the entry, in seconds."""
    store.set(key(0), entry(store.now()))
    while (found := close_by.get(key(0))) is None or found.is_gone(close_by.now()):
        time.sleep(STEP)
    store.mark_tags(TAGS[:1], expired_now(store.now()))
    marked = time.perf_counter()
    while (found := close_by.get(key(0))) is not None and not found.is_gone(close_by.now()):
        time.sleep(STEP)  # a loop that never rests would keep the listening thread from running
    return time.perf_counter() - marked


def per_call(work: Callable[[], Any], times: int = CALLS) -> float:
    """Microseconds of one call."""
    start = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - start) / times * 1e6


async def per_await(work: Callable[[], Awaitable[Any]], times: int = CALLS) -> float:
    """Microseconds of one awaited call."""
    start = time.perf_counter()
    for _ in range(times):
        await work()
    return (time.perf_counter() - start) / times * 1e6


if __name__ == "__main__":
    sys.exit(main())
