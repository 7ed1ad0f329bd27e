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
from directives.cache.handlers.redis.address import Node
from directives.cache.life import PROFILES
from directives.cache.value import CachedValue
from directives.errors import StoreError
from tests.redis_server import RedisServer
from tests.redis_server import ask
from tests.redis_server import wait_for_cluster

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


def test_nothing_is_near_that_another_server_told_of(server: RedisServer):
    """Once the store is at another server, as when a cluster says so, that one is asked, and then tells of changes."""
    address = f"redis://127.0.0.1:{server.port}?timeout=2"
    with RedisServer() as another:
        near, other = RedisHandler.open(f"{address}&near=1MB"), RedisHandler.open(f"{another.tcp}?timeout=2")
        fill(near, 1)
        assert soon(lambda: is_near(near))
        near.process().place.move(Node(port=another.port))
        assert value(near) is None
        fill(other, 2, "tag")
        assert soon(lambda: is_near(near))
        other.mark_tags(["tag"], expired_now(other.now()))
        assert soon(lambda: value(near) is None)
        near.close()
        other.close()


def test_whoever_follows_tags_finds_the_server_of_a_cluster():
    """Though nothing was looked up before, which would have told where the keys are."""
    with RedisServer(cluster=True) as asked, RedisServer(cluster=True) as owner:
        ask(owner, "CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        ask(asked, "CLUSTER", "MEET", "127.0.0.1", owner.port, owner.bus)
        wait_for_cluster(asked, owner)
        store, other = RedisHandler.open(f"{asked.tcp}?timeout=2"), RedisHandler.open(owner.tcp)
        heard: list[str] = []
        following = store.follow_tags(lambda: ["tag"], heard.extend)
        other.mark_tags(["tag"], expired_now(other.now()))
        assert soon(lambda: "tag" in heard)
        following.close()
        store.close()
        other.close()


def test_a_server_that_does_not_tell_is_named_once(
    server: RedisServer, prefix: str, caplog: pytest.LogCaptureFixture
):
    """A user who may not follow changes: entries are found, none is kept near, and the log says why."""
    ask(
        server,
        "ACL",
        "SETUSER",
        "reader",
        "on",
        ">secret",
        "~*",
        "resetchannels",
        "+@all",
        "-client|tracking",
    )
    address = server.tcp.replace("//", "//reader:secret@")
    near = RedisHandler.open(f"{address}?timeout=2&near=1MB&prefix={prefix}")
    fill(near, 1)
    assert soon(lambda: near.get(KEY) is not None and "does not tell of changes" in caplog.text)
    time.sleep(1.2)
    assert not is_near(near)
    assert caplog.text.count("does not tell of changes") == 1
    assert "secret" not in caplog.text
    near.close()


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
