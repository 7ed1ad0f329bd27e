"""What a store for event loops has to do besides, as checks that its author can run."""

from __future__ import annotations

import asyncio
import time

from directives.cache.entry import expired_now
from directives.cache.handler import CacheHandler
from directives.cache.handler import HasAsync
from directives.testing.handlers import KEY
from directives.testing.handlers import entry_of

LONG = 30.0
SLACK = 2.0


def check_asynchronous(handler: CacheHandler) -> None:
    """The asynchronous operations work on the same entries, in one event loop after another."""
    asyncio.run(_entries(handler))
    asyncio.run(_entries(handler))
    asyncio.run(_many(handler))
    asyncio.run(_leases(handler))


async def _entries(handler: CacheHandler) -> None:
    assert isinstance(handler, HasAsync)
    store = handler.asynchronous
    handler.delete(KEY)
    assert await store.get(KEY) is None, "asynchronous: get() of a key that is not there is None"
    await store.set(KEY, entry_of(handler, {"left": [1]}, ["t"], age=1))
    found = handler.get(KEY)
    assert found is not None, "asynchronous: what is set is seen by all"
    assert found.entry.value.copy() == {"left": [1]}, "asynchronous: a value comes back as it was set"
    handler.set(KEY, entry_of(handler, 2, ["t"], age=1))
    found = await store.get(KEY, ["_path:/"])
    assert found is not None, "asynchronous: get() sees what others set"
    assert found.entry.value.copy() == 2, "asynchronous: get() gives what was set last"
    await store.mark_tags(["t", "u"], expired_now(handler.now()))
    found = await store.get(KEY)
    assert found is None or found.is_gone(handler.now()), "asynchronous: a mark is seen by the next get()"
    found = handler.get(KEY)
    assert found is None or found.is_gone(handler.now()), "asynchronous: a mark is seen by all"
    handler.clear()


async def _many(handler: CacheHandler) -> None:
    assert isinstance(handler, HasAsync)
    store = handler.asynchronous
    keys = [b"key %d" % number for number in range(50)]
    await asyncio.gather(*(store.set(key, entry_of(handler, key)) for key in keys))
    found = await asyncio.gather(*(store.get(key) for key in keys))
    values = [each.entry.value.copy() for each in found if each is not None]
    assert values == keys, "asynchronous: many operations at a time each get their own answer"


async def _leases(handler: CacheHandler) -> None:
    assert isinstance(handler, HasAsync)
    store = handler.asynchronous
    if not hasattr(store, "acquire"):
        return
    token = await store.acquire(KEY, LONG)
    assert token, "asynchronous: acquire() of a free lease gives a token"
    assert await store.acquire(KEY, LONG) is None, "asynchronous: a lease has one holder at a time"
    assert await store.extend(KEY, token, LONG), "asynchronous: who holds a lease can extend it"
    assert not await store.extend(KEY, "a stranger's token", LONG), (
        "asynchronous: a stranger's token extends nothing"
    )
    waiting = asyncio.ensure_future(store.wait(KEY, LONG))
    await asyncio.sleep(0.05)
    assert not waiting.done(), "asynchronous: wait() waits for who holds the lease"
    began = time.monotonic()
    await store.release(KEY, token)
    await waiting
    assert time.monotonic() - began < SLACK, "asynchronous: wait() returns when the lease is given back"
    assert await store.acquire(KEY, LONG), "asynchronous: a lease that was given back can be taken"
