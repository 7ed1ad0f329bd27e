"""The store in a real server: what it promises to whoever has its address."""

from __future__ import annotations

import asyncio
import gc
import math
import multiprocessing
import os
import threading
import time
from pathlib import Path

import pytest

from directives.cache.entry import CacheEntry
from directives.cache.entry import TagMark
from directives.cache.entry import expired_now
from directives.cache.entry import stale_now
from directives.cache.handlers import open_handler
from directives.cache.handlers.redis import RedisHandler
from directives.cache.life import PROFILES
from directives.cache.life import CacheLife
from directives.cache.value import CachedValue
from directives.testing import check_handler
from tests.redis_server import RedisServer
from tests.redis_server import ask
from tests.redis_server import raw
from tests.redis_server import wait_for_cluster

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]

KEY = b"key"


def entry(
    store: RedisHandler, value: object = 1, tags: tuple[str, ...] = (), life: CacheLife = PROFILES["hours"]
) -> CacheEntry:
    """An entry that began just now."""
    return CacheEntry(CachedValue.of(value), store.now(), life, tags)


@pytest.mark.parametrize("options", ["", "&near=8MB"])
def test_it_keeps_the_promises_of_every_store(server: RedisServer, prefix: str, options: str):
    """The conformance kit passes, by the socket and by the port, with entries kept near and without."""
    address = server.unix if options else server.tcp
    check_handler(lambda: RedisHandler.open(f"{address}?prefix={prefix}&timeout=5{options}"))


def test_it_keeps_its_promises_on_a_cluster():
    """All keys of a store are on one server, and any server of the cluster tells on which."""
    with RedisServer(cluster=True) as server:
        ask(server, "CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        wait_for_cluster(server)
        check_handler(lambda: RedisHandler.open(f"{server.tcp}?timeout=5"))


def test_a_server_of_a_cluster_says_where_the_keys_are():
    """Threads and event loops both follow, all of a crowd too whose first contact it is."""
    with RedisServer(cluster=True) as asked, RedisServer(cluster=True) as owner:
        ask(owner, "CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        ask(asked, "CLUSTER", "MEET", "127.0.0.1", owner.port, owner.bus)
        wait_for_cluster(asked, owner)
        store = RedisHandler.open(f"{asked.tcp}?timeout=5")
        store.set(KEY, entry(store))
        assert store.get(KEY) is not None
        store.close()
        other = RedisHandler.open(f"{asked.tcp}?timeout=5")
        assert asyncio.run(other.asynchronous.get(KEY)) is not None
        assert ask(owner, "DBSIZE") == 1
        other.close()
        crowd = RedisHandler.open(f"{asked.tcp}?timeout=5")
        asyncio.run(set_together(crowd, 500))
        assert ask(owner, "DBSIZE") == 501


async def set_together(store: RedisHandler, count: int) -> None:
    """Set some entries in one tick of a loop."""
    handler = store.asynchronous
    await asyncio.gather(*(handler.set(b"%d" % number, entry(store, "x" * 500)) for number in range(count)))


def test_a_password_and_a_database():
    """Signed in by threads and by event loops; a wrong password is an error that does not show it."""
    with RedisServer("--requirepass", "hunter2") as server:
        address = server.tcp.replace("//", "//:hunter2@") + "/3?timeout=5"
        store = RedisHandler.open(address)
        store.set(KEY, entry(store))
        assert asyncio.run(store.asynchronous.get(KEY)) is not None
        assert store.get(KEY) is not None
        store.close()
        wrong = RedisHandler.open(address.replace("hunter2", "hunter3"))
        with pytest.raises(Exception, match="WRONGPASS|invalid") as caught:
            wrong.get(KEY)
        assert "hunter3" not in str(caught.value)


def test_nothing_stays_for_ever(server: RedisServer, store: RedisHandler, prefix: str):
    """Entries, marks, leases and bells all end; a mark ends later than the entries that it may concern."""
    store.set(KEY, entry(store, 1, ("a", "b"), PROFILES["default"]))
    store.set(b"short", entry(store, 1, ("c",), CacheLife(1, 1, 60)))
    store.mark_tags(["b", "d"], expired_now(store.now()))
    token = store.acquire(KEY, 30)
    store.acquire(b"other", 30)
    store.release(KEY, token)
    with raw(server) as client:
        left = {name.partition(b":")[2]: client.pttl(name) for name in client.keys(f"{{{prefix}}}:*")}
    day = 24 * 3600 * 1000
    assert len(left) == 9
    assert all(milliseconds > 0 for milliseconds in left.values())
    assert left[b"e:key"] > 29 * day
    assert left[b"e:short"] <= 60_000
    assert left[b"t:a"] > left[b"e:key"]
    assert min(left[b"t:b"], left[b"t:d"]) > 30 * day
    assert 60_000 < left[b"t:c"] <= day


@pytest.mark.parametrize("empty", ["FLUSHDB", "clear"])
def test_what_was_computed_while_the_store_was_emptied_is_not_kept(
    server: RedisServer, store: RedisHandler, prefix: str, empty: str
):
    """It was invalidated meanwhile, and the mark went with all the rest; what is begun afterwards is kept."""
    other = RedisHandler.open(f"{server.unix}?prefix={prefix}&timeout=2")
    token = store.acquire(KEY, 10)
    begun = entry(store, "old", ("tag",))
    other.mark_tags(["tag"], expired_now(other.now()))
    other.clear() if empty == "clear" else ask(server, empty)
    store.set(KEY, begun)
    assert other.get(KEY) is None
    store.release(KEY, token)
    token = store.acquire(KEY, 10)
    store.set(KEY, entry(store, "new", ("tag",)))
    store.release(KEY, token)
    assert other.get(KEY).entry.value.copy() == "new"
    other.close()


@pytest.mark.parametrize("lost", [b"a", b"b"])
def test_an_entry_whose_mark_was_given_up_is_not_found(
    server: RedisServer, store: RedisHandler, prefix: str, lost
):
    """Redis may drop a mark when it is full: what the mark took away does not come back with the tag's next entry."""
    store.set(KEY, entry(store, "old", ("a", "b")))
    store.mark_tags(["a", "b"], expired_now(store.now()))
    ask(server, "DEL", b"{%s}:t:%s" % (prefix.encode(), lost))
    assert store.get(KEY) is None
    store.set(b"another", entry(store, "new", ("a", "b")))
    assert store.get(KEY) is None
    assert store.get(b"another").entry.value.copy() == "new"


@pytest.mark.parametrize("damage", ["truncated", "foreign", "empty", "another's", "a list"])
def test_what_is_no_entry_is_not_found(server: RedisServer, store: RedisHandler, prefix: str, damage: str):
    """Nothing is raised, and except for a key of another kind it is counted and removed."""
    name = f"{{{prefix}}}:e:key"
    store.set(KEY, entry(store, "x" * 100))
    store.set(b"another", entry(store, 2))
    with raw(server) as client:
        written = {
            "truncated": client.get(name)[:-1],
            "foreign": b"\x80\x04]\x94.",
            "empty": b"",
            "another's": client.get(f"{{{prefix}}}:e:another"),
        }
        client.delete(name)
        if damage == "a list":
            client.rpush(name, "x")
        else:
            client.set(name, written[damage])
        assert store.get(KEY) is None
        assert asyncio.run(store.asynchronous.get(KEY)) is None
        if damage != "a list":
            assert not client.exists(name)
            assert store.stats().errors == 1
    store.set(KEY, entry(store, 3))
    assert store.get(KEY).entry.value.copy() == 3


def test_marks_merge_in_the_server_as_everywhere(store: RedisHandler):
    """Any two marks one after the other leave what TagMark.merge makes of them."""
    now = store.now()
    times = (-math.inf, now - 10, now + 10)
    marks = [
        TagMark(expired, stale, due)
        for expired in times
        for stale in times
        for due in (now - 5, now + 5, math.inf)
    ]
    for number, first in enumerate(marks):
        second = marks[(number * 11 + 4) % len(marks)]
        tag = f"tag {number}"
        store.set(b"%d" % number, entry(store, 1, (tag,)))
        store.mark_tags([tag], first)
        store.mark_tags([tag], second)
        found = store.get(b"%d" % number).marks
        assert (found or [TagMark()]) == [TagMark().merge(first, now).merge(second, now)]


def test_tags_of_an_entry_may_change(store: RedisHandler):
    """What was known of a key does not hide the marks on its new tags."""
    store.set(KEY, entry(store, 1, ("a",)))
    assert store.get(KEY) is not None
    store.set(KEY, entry(store, 2, ("b",)))
    store.mark_tags(["b"], stale_now(store.now(), 60))
    found = store.get(KEY)
    assert found.entry.value.copy() == 2
    assert found.is_stale(store.now())


def test_the_clock_is_the_servers(server: RedisServer, store: RedisHandler):
    """To within a trip."""
    store.get(KEY)
    before = time.time()
    assert before - 0.1 <= store.now() <= time.time() + 0.1


def test_a_fork_goes_on_with_connections_of_its_own(store: RedisHandler):
    """Parent and child both work on, each getting its own answers; the child's end disturbs nobody."""
    for number in range(20):
        store.set(b"%d" % number, entry(store, number))

    def work() -> None:
        for number in range(20):
            assert store.get(b"%d" % number).entry.value.copy() == number

    context = multiprocessing.get_context("fork")
    children = [context.Process(target=work) for _ in range(3)]
    for child in children:
        child.start()
    work()
    for child in children:
        child.join()
    work()
    assert [child.exitcode for child in children] == [0, 0, 0]


def test_event_loops_end_without_leaving_anything_open(store: RedisHandler):
    """Many loops one after the other, and several at once; their sockets are closed when they end."""
    store.set(KEY, entry(store))

    async def look() -> None:
        assert await store.asynchronous.get(KEY) is not None

    open_before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        asyncio.run(look())
    threads = [threading.Thread(target=asyncio.run, args=(look(),)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) <= open_before + 1


def test_a_cancelled_wait_holds_up_nobody(store: RedisHandler):
    """The connection that it waited with is closed, and others go on."""

    async def wait() -> None:
        asynchronous = store.asynchronous
        token = await asynchronous.acquire(KEY, 30)
        waiting = asyncio.create_task(asynchronous.wait(KEY, 30))
        await asyncio.sleep(0.05)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        others = [asyncio.create_task(asynchronous.wait(KEY, 30)) for _ in range(3)]
        await asyncio.sleep(0.05)
        await asynchronous.release(KEY, token)
        async with asyncio.timeout(5):
            await asyncio.gather(*others)

    asyncio.run(wait())


def test_threads_and_tasks_wake_together(store: RedisHandler):
    """All who wait for a lease go on within a moment of its release, not at its end."""
    token = store.acquire(KEY, 30)
    began = time.monotonic()
    threads = [threading.Thread(target=store.wait, args=(KEY, 30)) for _ in range(5)]
    threads.append(threading.Thread(target=lambda: asyncio.run(store.asynchronous.wait(KEY, 30))))
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    assert all(thread.is_alive() for thread in threads)
    store.release(KEY, token)
    for thread in threads:
        thread.join(10)
    assert time.monotonic() - began < 5


def test_a_lease_that_is_asked_for_twice_with_one_token_is_taken_once(
    server: RedisServer, store: RedisHandler
):
    """A script whose answer was lost is sent again: it does not lock out the one who sent it."""
    from directives.cache.handlers.redis.scripts import ACQUIRE

    asked = ("EVAL", ACQUIRE.source, 2, "beginning", "lease", "seal", 1000, "token", 1000)
    assert [ask(server, *asked), ask(server, *asked)] == [b"seal", b"seal"]
    assert ask(server, *asked[:-2], "another", 1000) is None


def test_a_store_whose_address_asks_for_it_signs(server: RedisServer, prefix: str) -> None:
    """Who shares a secret finds the entries, also while it is being replaced; nobody else's are found."""
    address = f"{server.unix}?prefix={prefix}&timeout=2"
    old, new = b"an old secret of the shop", b"a new secret of the shop"

    def find(*secrets: bytes) -> bool:
        store = open_handler(f"{address}&sign=true", Path("/nowhere"), lambda: secrets)
        try:
            return store.get(b"key") is not None
        finally:
            store.close()

    def write(written: str, secret: bytes) -> None:
        store = open_handler(written, Path("/nowhere"), lambda: (secret,))
        store.set(b"key", CacheEntry(CachedValue.of(1), store.now(), PROFILES["hours"]))
        store.close()

    write(f"{address}&sign=true", old)
    assert [find(old), find(new, old), find(new)] == [True, True, False]
    write(address, old)
    assert not find(old)


def test_decoded_entries_are_those_of_the_server(
    server: RedisServer, store: RedisHandler, prefix: str
) -> None:
    """What this process has decoded is used while the server holds it and no longer; a copy is the caller's own."""
    other = RedisHandler.open(f"{server.unix}?prefix={prefix}&timeout=2")

    def value() -> object:
        found = store.get(KEY)
        return None if found is None else found.entry.value.copy()

    for written in ([1], [2]):
        other.set(KEY, entry(other, written, tags=("stock",)))
        for _ in range(4):
            taken = value()
            assert taken == written
            taken.append("changed")
    other.mark_tags(["stock"], expired_now(other.now()))
    found = store.get(KEY)
    assert found is not None
    assert found.is_gone(store.now())
    other.delete(KEY)
    assert value() is None
    other.close()


def test_sizes_by_the_beginning_of_keys(store: RedisHandler) -> None:
    """What entries take, for those whose keys begin alike."""
    for key in (b"tea 1", b"tea 2", b"cup 1"):
        store.set(key, entry(store, "x" * 1_000))
    sizes = store.sizes(3)
    assert {owner: size.entries for owner, size in sizes.items()} == {b"tea": 2, b"cup": 1}
    assert 2_000 < sizes[b"tea"].size < 5_000


def test_a_result_that_is_none_is_removed(store: RedisHandler) -> None:
    """A well-made entry around nonsense is found out when it is asked for again."""
    store.set(KEY, CacheEntry(CachedValue.from_bytes(b"\xff\xff"), store.now(), PROFILES["hours"]))
    assert store.get(KEY) is not None
    assert [store.get(KEY), store.get(KEY)] == [None, None]
    assert store.stats().errors == 1
