"""A server that is away, slow or restarting costs a moment, and the store comes back by itself."""

from __future__ import annotations

import asyncio
import os
import signal
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

pytestmark = pytest.mark.slow

KEY = b"key"
TIMEOUT = 0.25

Get = Callable[[], object]


@pytest.fixture
def own_server() -> Iterator[RedisServer]:
    """A server that this test may do harm to."""
    with RedisServer() as running:
        yield running


@pytest.fixture
def store(own_server: RedisServer) -> Iterator[RedisHandler]:
    """A store with one entry."""
    handler = RedisHandler.open(f"{own_server.tcp}?timeout={TIMEOUT}")
    fill(handler)
    yield handler
    handler.close()


@pytest.fixture(params=["threads", "loops"])
def get(request: pytest.FixtureRequest, store: RedisHandler) -> Iterator[Get]:
    """Looks for the entry: on a thread, or on an event loop that is kept."""
    if request.param == "threads":
        yield lambda: store.get(KEY)
        return
    with asyncio.Runner() as runner:
        yield lambda: runner.run(store.asynchronous.get(KEY))


def fill(store: RedisHandler) -> None:
    """Set the one entry."""
    store.set(KEY, CacheEntry(CachedValue.of(1), store.now(), PROFILES["hours"], ("tag",)))


def took(get: Get) -> float:
    """How long it takes to learn that the store fails."""
    began = time.monotonic()
    with pytest.raises(StoreError, match="127.0.0.1"):
        get()
    return time.monotonic() - began


def comes_back(get: Get) -> bool:
    """Whether the entry is found again, before long."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            return get() is not None
        except StoreError:
            time.sleep(0.02)
    return False


def test_a_server_that_is_away(own_server: RedisServer, get: Get, store: RedisHandler):
    """Each call learns it at once; when the server is back, so is the store."""
    assert get() is not None
    own_server.stop()
    assert max(took(get) for _ in range(20)) < TIMEOUT
    own_server.start()
    time.sleep(2 * TIMEOUT)
    store.close()
    fill(store)
    assert comes_back(get)


def test_a_server_that_hangs(own_server: RedisServer, get: Get):
    """One call waits for the time limit, those after it do not wait; when the server goes on, so does the store."""
    assert get() is not None
    os.kill(own_server.pid, signal.SIGSTOP)
    try:
        assert TIMEOUT * 0.9 <= took(get) < TIMEOUT + 1
        assert max(took(get) for _ in range(20)) < TIMEOUT / 2
    finally:
        os.kill(own_server.pid, signal.SIGCONT)
    assert comes_back(get)


def test_a_server_that_restarts_between_two_calls(own_server: RedisServer, get: Get):
    """Nobody notices, except that entries are gone: connections that were idle are made anew."""
    assert get() is not None
    own_server.stop()
    own_server.start()
    assert get() is None


def test_a_process_that_only_marks_tags_comes_back_too(own_server: RedisServer, store: RedisHandler):
    """The server that is back knows no script: that is an answer, after which the script is sent."""
    store.mark_tags(["tag"], expired_now(store.now()))
    own_server.stop()
    with pytest.raises(StoreError):
        store.mark_tags(["tag"], expired_now(store.now()))
    own_server.start()

    def mark() -> bool:
        store.mark_tags(["tag"], expired_now(store.now()))
        return True

    assert comes_back(mark)


def test_a_hundred_tasks_wait_for_a_hanging_server_together(own_server: RedisServer, store: RedisHandler):
    """They all learn it after one time limit, not one after the other."""

    async def look() -> tuple[float, set[type]]:
        await store.asynchronous.get(KEY)
        os.kill(own_server.pid, signal.SIGSTOP)
        began = time.monotonic()
        outcomes = await asyncio.gather(
            *[store.asynchronous.get(KEY) for _ in range(100)], return_exceptions=True
        )
        return time.monotonic() - began, set(map(type, outcomes))

    try:
        seconds, outcomes = asyncio.run(look())
    finally:
        os.kill(own_server.pid, signal.SIGCONT)
    assert outcomes == {StoreError}
    assert seconds < TIMEOUT + 1


def test_the_next_server_of_the_address_takes_over(own_server: RedisServer):
    """When the first does not answer."""
    address = f"redis://127.0.0.1:1,127.0.0.1:{own_server.port}?timeout={TIMEOUT}"
    store = RedisHandler.open(address)
    assert comes_back(lambda: store.get(KEY) or True)
    store.close()


def test_a_server_that_refuses_the_password_is_away(own_server: RedisServer):
    """The error says why, and the next call is not held up."""
    store = RedisHandler.open(f"{own_server.tcp.replace('//', '//:wrong@')}?timeout={TIMEOUT}")
    with pytest.raises(StoreError, match="AUTH"):
        store.get(KEY)
    with pytest.raises(StoreError, match="is tried again in") as caught:
        store.get(KEY)
    assert "wrong" not in str(caught.value)


def test_a_full_server_keeps_answering(own_server: RedisServer, store: RedisHandler):
    """What it has no room for is an error; what it has is found all the same."""
    from redis import Redis

    with Redis.from_url(own_server.unix) as client:
        client.config_set("maxmemory", 1)
    with pytest.raises(StoreError, match="memory"):
        fill(store)
    assert store.get(KEY) is not None
