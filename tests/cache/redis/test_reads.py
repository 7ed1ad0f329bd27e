"""How reads travel: in one trip, and together with whatever else is read in the same tick of a loop."""

from __future__ import annotations

import asyncio

import pytest
from redis import Redis

from directives.cache.entry import CacheEntry
from directives.cache.entry import TagMark
from directives.cache.entry import expired_now
from directives.cache.handlers.redis import RedisHandler
from directives.cache.life import PROFILES
from directives.cache.value import CachedValue
from tests.redis_server import RedisServer

pytestmark = pytest.mark.slow

KEY = b"key"


def entry(store: RedisHandler, value: object, tags: tuple[str, ...]) -> CacheEntry:
    """An entry that began just now."""
    return CacheEntry(CachedValue.of(value), store.now(), PROFILES["hours"], tags)


def commands(server: RedisServer) -> int:
    """How many MGETs the server has done."""
    with Redis.from_url(server.unix) as client:
        return client.info("commandstats").get("cmdstat_mget", {"calls": 0})["calls"]


def keys_looked_up(server: RedisServer) -> int:
    """How many keys the server was asked for."""
    with Redis.from_url(server.unix) as client:
        stats = client.info("stats")
        return int(stats["keyspace_hits"]) + int(stats["keyspace_misses"])


def test_one_trip_is_enough_when_the_tags_are_known(server: RedisServer, store: RedisHandler):
    """The first look asks for the tags' marks afterwards, the next ones together with the entry."""
    store.set(KEY, entry(store, 1, ("a", "b", "c")))
    trips = []
    for _ in range(3):
        before = commands(server)
        assert store.get(KEY) is not None
        trips.append(commands(server) - before)
    assert trips == [2, 1, 1]


def test_the_reads_of_one_tick_are_one(server: RedisServer, store: RedisHandler):
    """A hundred tasks that look at once cost the server one command, and each gets its own entry."""

    async def look() -> tuple[list[object], int]:
        asynchronous = store.asynchronous
        for number in range(100):
            await asynchronous.set(b"%d" % number, entry(store, number, ("a",)))
            await asynchronous.get(b"%d" % number)
        before = commands(server)
        found = await asyncio.gather(*[asynchronous.get(b"%d" % number) for number in range(100)])
        return [each.entry.value.copy() for each in found], commands(server) - before

    assert asyncio.run(look()) == (list(range(100)), 1)


def test_joined_reads_ask_for_a_mark_once(server: RedisServer, store: RedisHandler):
    """Entries of one function have the same tags; each reader gets what it asked for, whatever else was asked."""
    mark = expired_now(1.0)
    for number in range(40):
        store.set(b"%d" % number, entry(store, number, ("all", f"every {number % 4}")))
        store.get(b"%d" % number)
    store.mark_tags(["every 3", "page"], mark)

    async def look() -> list[tuple[object, list[TagMark]]]:
        get = store.asynchronous.get
        await get(KEY)
        asked = [get(b"%d" % number, ("page",) * (number == 4)) for number in range(40)]
        found = await asyncio.gather(*asked, get(b"missing"))
        assert found.pop() is None
        return [(each.entry.value.copy(), list(each.marks)) for each in found if each is not None]

    expected = [(number, [mark] * (number % 4 == 3 or number == 4)) for number in range(40)]
    for _ in range(3):  # read, decoded, and found as it was found before
        before = keys_looked_up(server)
        assert asyncio.run(look()) == expected
        assert keys_looked_up(server) - before == 1 + (40 + 5 + 1 + 1)


def test_a_tick_may_ask_for_any_number(server: RedisServer, store: RedisHandler):
    """Very many reads travel as several commands, none of which holds up the server for long; each gets its own."""

    async def look(count: int) -> list[object]:
        get = store.asynchronous.get
        found = await asyncio.gather(*[get(b"%d" % number) for number in range(count)])
        return [each.entry.value.copy() for each in found if each is not None]

    for number in range(600):
        store.set(b"%d" % number, entry(store, number, ("all", f"one {number}")))
    for _ in range(3):
        before = commands(server)
        assert asyncio.run(look(600)) == list(range(600))
        assert 3 <= commands(server) - before <= 10


def test_a_page_sees_the_mark_of_its_path(store: RedisHandler):
    """What was read before is found again within any page, with the mark of that page's path and no other."""
    store.set(KEY, entry(store, 1, ("a",)))
    mark = expired_now(1.0)
    store.mark_tags(["_path:/marked"], mark)

    async def marks(*soft_tags: str) -> list[TagMark]:
        found = await store.asynchronous.get(KEY, soft_tags)
        assert found is not None
        in_thread = store.get(KEY, soft_tags)
        assert in_thread is not None
        assert list(in_thread.marks) == list(found.marks)
        return list(found.marks)

    async def look() -> None:
        for _ in range(4):  # read, read with its mark, decoded, and found as it was found before
            assert await marks("_path:/marked") == [mark]
            assert await marks("_path:/other") == []
            assert await marks() == []
        store.mark_tags(["a"], mark)
        for _ in range(2):
            assert await marks("_path:/other") == [mark]
            assert await marks("_path:/marked") == [mark, mark]

    asyncio.run(look())
