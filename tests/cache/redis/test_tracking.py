"""Near entries of several processes, kept honest by the server."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Callable
from collections.abc import Iterator

import pytest

from directives.cache.entry import CacheEntry
from directives.cache.entry import expired_now
from directives.cache.handlers.redis import RedisHandler
from directives.cache.life import PROFILES
from directives.cache.value import CachedValue
from directives.errors import StoreError
from tests.redis_server import RedisServer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]

KEY = b"key"


@pytest.fixture
def near(server: RedisServer, prefix: str) -> Iterator[RedisHandler]:
    """A store that keeps entries near."""
    handler = RedisHandler.open(f"{server.unix}?prefix={prefix}&timeout=2&near=1MB")
    handler.clear()
    yield handler
    handler.close()


def fill(store: RedisHandler, value: object, *tags: str) -> None:
    """Set the one entry."""
    store.set(KEY, CacheEntry(CachedValue.of(value), store.now(), PROFILES["hours"], tags))


def value(store: RedisHandler) -> object:
    """What is found."""
    found = store.get(KEY)
    return None if found is None or found.is_gone(store.now()) else found.entry.value.copy()


def soon(condition: Callable[[], bool]) -> bool:
    """Whether something becomes true within some seconds."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.001)
    return False


def is_near(store: RedisHandler) -> bool:
    """Whether a look costs no trip: the same object comes back."""
    found = store.get(KEY)
    return found is not None and store.get(KEY) is found


def test_a_near_entry_costs_no_trip(store: RedisHandler, near: RedisHandler):
    """For threads and for event loops alike."""
    fill(store, 1, "tag")
    assert soon(lambda: is_near(near))
    assert asyncio.run(near.asynchronous.get(KEY)) is near.get(KEY)


def test_what_another_process_changes_is_seen(store: RedisHandler, near: RedisHandler):
    """An entry that is replaced, a tag that is marked, an entry that is deleted, a store that is cleared."""
    fill(store, 1, "tag")
    assert soon(lambda: is_near(near))
    fill(store, 2, "tag")
    assert soon(lambda: value(near) == 2)
    assert soon(lambda: is_near(near))
    store.mark_tags(["tag"], expired_now(store.now()))
    assert soon(lambda: value(near) is None)
    fill(store, 3)
    assert soon(lambda: value(near) == 3 and is_near(near))
    store.delete(KEY)
    assert soon(lambda: value(near) is None)
    fill(store, 4)
    assert soon(lambda: value(near) == 4 and is_near(near))
    store.clear()
    assert soon(lambda: value(near) is None)


def test_what_this_process_changes_is_seen_at_once(near: RedisHandler):
    """Without waiting for the server to tell."""
    for number in range(50):
        fill(near, number, "tag")
        assert value(near) == number
        assert value(near) == number
        near.mark_tags(["tag"], expired_now(near.now()))
        assert value(near) is None


def test_a_mark_on_a_soft_tag_is_seen(store: RedisHandler, near: RedisHandler):
    """Also if it had none when the entry was read."""
    fill(store, 1)
    assert soon(lambda: near.get(KEY, ["path"]) is near.get(KEY, ["path"]))
    store.mark_tags(["path"], expired_now(store.now()))
    assert soon(lambda: near.get(KEY, ["path"]).is_gone(near.now()))
    assert not near.get(KEY).is_gone(near.now())


def test_nothing_is_served_near_when_nobody_tells_of_changes():
    """The server goes: what was near goes with it, and comes back with it."""
    with RedisServer() as server:
        near = RedisHandler.open(f"{server.unix}?near=1MB")
        fill(near, 1)
        assert soon(lambda: is_near(near))
        server.stop()
        assert soon(lambda: fails(near))
        server.start()
        assert soon(lambda: not fails(near))
        fill(near, 2)
        assert soon(lambda: is_near(near) and value(near) == 2)
        near.close()


def fails(store: RedisHandler) -> bool:
    """Whether a look raises."""
    try:
        store.get(KEY)
    except StoreError:
        return True
    return False


def test_a_fork_listens_for_itself(store: RedisHandler, near: RedisHandler):
    """A child does not go on with near entries that nobody keeps honest there."""
    fill(store, 1)
    assert soon(lambda: is_near(near))
    context = multiprocessing.get_context("fork")
    ready, go = context.Event(), context.Event()

    def child() -> None:
        assert soon(lambda: is_near(near))
        ready.set()
        go.wait(10)
        assert soon(lambda: value(near) == 2)

    process = context.Process(target=child)
    process.start()
    assert ready.wait(10)
    fill(store, 2)
    go.set()
    process.join(20)
    assert process.exitcode == 0
