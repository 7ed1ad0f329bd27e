"""The store itself: for threads, and for event loops."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING
from typing import TypeVar

from directives.cache.entry import CacheEntry
from directives.cache.entry import Found
from directives.cache.entry import TagMark
from directives.cache.forked import renew_in_children
from directives.cache.handler import HandlerStats
from directives.cache.handler import Size
from directives.cache.handlers.address import wrong
from directives.cache.handlers.redis.address import RedisAddress
from directives.cache.handlers.redis.breaker import Breaker
from directives.cache.handlers.redis.clock import ServerClock
from directives.cache.handlers.redis.command import Command
from directives.cache.handlers.redis.command import Reply
from directives.cache.handlers.redis.command import Talk
from directives.cache.handlers.redis.layout import Layout
from directives.cache.handlers.redis.near import Near
from directives.cache.handlers.redis.operations import Operations
from directives.cache.handlers.redis.place import Place
from directives.cache.handlers.redis.replies import LostError
from directives.cache.signing import signing_keys

if TYPE_CHECKING:
    from directives.cache.handlers.redis.following import RedisFollowing

T = TypeVar("T")


class Process:
    """What one process holds open; a fork leaves it behind."""

    def __init__(self, address: RedisAddress, layout: Layout, clock: ServerClock) -> None:
        from directives.cache.handlers.redis.links import Links
        from directives.cache.handlers.redis.pool import Pool
        from directives.cache.handlers.redis.tracking import Tracker

        near = Near(address.near)

        def moved() -> None:
            near.stop()
            clock.distrust()

        self.place = place = Place(address.nodes, moved)
        self.breaker = Breaker(str(address.nodes[0]), address.timeout)
        self.pool = Pool(address, place, self.breaker, clock)
        self.links = Links(address, place, self.breaker, clock)
        self.tracker = Tracker(address, place, layout, near)
        self.operations = Operations(layout, clock, near if address.near else None, listen=self.tracker.start)

    def close(self) -> None:
        """Give back what is held open."""
        self.tracker.stop()
        self.pool.close()
        self.links.close()


class RedisHandler:
    """A store in Redis or Valkey, shared by all who have its address.

    See ``CacheHandler`` and ``SharedCacheHandler`` for what its methods do, and the page "Redis and Valkey" of the
    documentation for what it promises. Every operation raises ``StoreError`` if the server does not answer in time.

    Args:
        address: Where it is.
        sign_keys: Keys of 32 bytes; with them entries are signed, and what others wrote is not found.
    """

    def __init__(self, address: RedisAddress, sign_keys: Sequence[bytes] = ()) -> None:
        self._address = address
        self._layout = Layout(address.prefix, sign_keys)
        self._clock = ServerClock()
        self._process: Process | None = None
        self._asynchronous = AsyncRedisHandler(self.process)
        renew_in_children(self)

    @classmethod
    def open(cls, address: str, secret_keys: Callable[[], Sequence[bytes]] = tuple) -> RedisHandler:
        """The store at an address such as ``redis://cache-1:6379/0?near=64MB``; connects when it is first used.

        Args:
            address: The address.
            secret_keys: Gives what signatures are made with, if the address asks for them.

        Raises:
            SettingsError: It is no such address, or redis-py is not installed.
        """
        if find_spec("redis") is None or find_spec("hiredis") is None:
            raise wrong("a Redis store needs redis-py with hiredis; pip install 'directives[redis]'")
        parsed = RedisAddress.parse(address)
        return cls(parsed, signing_keys(secret_keys()) if parsed.sign else ())

    def __repr__(self) -> str:
        return f"<RedisHandler {', '.join(map(str, self._address.nodes))} prefix={self._address.prefix!r}>"

    @property
    def asynchronous(self) -> AsyncRedisHandler:
        """See ``HasAsync``."""
        return self._asynchronous

    def process(self) -> Process:
        """What this process holds open."""
        process = self._process
        if process is None:
            process = self._process = Process(self._address, self._layout, self._clock)
        return process

    def renew(self) -> None:
        """In a child: what its parent holds open stays the parent's."""
        self._process = None

    def now(self) -> float:
        """See ``CacheHandler``: the server's clock, to within half a trip."""
        return self._clock.now()

    def get(self, key: bytes, soft_tags: Sequence[str] = (), /) -> Found | None:
        """See ``CacheHandler``."""
        process = self.process()
        return _carry(process.operations.get(key, soft_tags), process.pool.call)

    def set(self, key: bytes, entry: CacheEntry, /) -> None:
        """See ``CacheHandler``."""
        process = self.process()
        _carry(process.operations.set(key, entry), process.pool.call)

    def mark_tags(self, tags: Sequence[str], mark: TagMark, /) -> None:
        """See ``CacheHandler``."""
        process = self.process()
        _carry(process.operations.mark_tags(tags, mark), process.pool.call)

    def delete(self, key: bytes, /) -> None:
        """See ``CacheHandler``."""
        process = self.process()
        _carry(process.operations.delete(key), process.pool.call)

    def clear(self) -> None:
        """See ``CacheHandler``."""
        process = self.process()
        _carry(process.operations.clear(), process.pool.call)

    def stats(self) -> HandlerStats:
        """See ``CacheHandler``; the size is estimated from some entries, evictions are those of the whole server."""
        process = self.process()
        return _carry(process.operations.stats(process.breaker.failures), process.pool.call)

    def sizes(self, length: int, /) -> dict[bytes, Size]:
        """See ``TellsSizes``; sizes are estimated from some entries."""
        process = self.process()
        return _carry(process.operations.sizes(length), process.pool.call)

    def follow_tags(
        self, watched: Callable[[], Collection[str]], told: Callable[[Collection[str]], None], /
    ) -> RedisFollowing:
        """See ``TellsOfTags``: on a connection of its own, at once."""
        from directives.cache.handlers.redis.following import RedisFollowing

        return RedisFollowing(self._address, self.process().place, self._layout, watched, told)

    def close(self) -> None:
        """See ``CacheHandler``."""
        process, self._process = self._process, None
        if process is not None:
            process.close()

    def acquire(self, key: bytes, seconds: float, /) -> str | None:
        """See ``SharedCacheHandler``."""
        process = self.process()
        return _carry(process.operations.acquire(key, seconds), process.pool.call)

    def extend(self, key: bytes, token: str, seconds: float, /) -> bool:
        """See ``SharedCacheHandler``."""
        process = self.process()
        return _carry(process.operations.extend(key, token, seconds), process.pool.call)

    def release(self, key: bytes, token: str, /) -> None:
        """See ``SharedCacheHandler``."""
        process = self.process()
        _carry(process.operations.release(key, token), process.pool.call)

    def wait(self, key: bytes, seconds: float, /) -> None:
        """See ``SharedCacheHandler``."""
        process = self.process()
        _carry(process.operations.wait(key, seconds), process.pool.call)


class AsyncRedisHandler:
    """The same store for event loops: see ``AsyncCacheHandler``.

    Args:
        process: Gives what this process holds open.
    """

    def __init__(self, process: Callable[[], Process]) -> None:
        self._process = process

    async def get(self, key: bytes, soft_tags: Sequence[str] = (), /) -> Found | None:
        """See ``AsyncCacheHandler``; the reads of one tick of the loop are one."""
        process = self._process()
        operations, links = process.operations, process.links
        last = operations.last(key)
        if last is None or (answer := links.begin(operations.again(key, last, soft_tags))) is None:
            return await _carry_on_loop(operations.get(key, soft_tags), process)
        # Most hits find what they found before: they take the shortest way there is.
        try:
            reply = await answer
        except (LostError, OSError):
            reply = None
        if type(reply) is not tuple:
            reply = await links.call(operations.again(key, last, soft_tags), answer)
        found = operations.unchanged(key, last, *reply)
        return found or await _carry_on_loop(operations.changed(key, soft_tags, last, *reply), process)

    async def set(self, key: bytes, entry: CacheEntry, /) -> None:
        """See ``AsyncCacheHandler``."""
        process = self._process()
        await _carry_on_loop(process.operations.set(key, entry), process)

    async def mark_tags(self, tags: Sequence[str], mark: TagMark, /) -> None:
        """See ``AsyncCacheHandler``."""
        process = self._process()
        await _carry_on_loop(process.operations.mark_tags(tags, mark), process)

    async def acquire(self, key: bytes, seconds: float, /) -> str | None:
        """See ``AsyncCacheHandler``."""
        process = self._process()
        return await _carry_on_loop(process.operations.acquire(key, seconds), process)

    async def extend(self, key: bytes, token: str, seconds: float, /) -> bool:
        """See ``AsyncCacheHandler``."""
        process = self._process()
        return await _carry_on_loop(process.operations.extend(key, token, seconds), process)

    async def release(self, key: bytes, token: str, /) -> None:
        """See ``AsyncCacheHandler``."""
        process = self._process()
        await _carry_on_loop(process.operations.release(key, token), process)

    async def wait(self, key: bytes, seconds: float, /) -> None:
        """See ``AsyncCacheHandler``."""
        process = self._process()
        await _carry_on_loop(process.operations.wait(key, seconds), process)


def _carry(talk: Talk[T], call: Callable[[Command], Reply]) -> T:
    """Carry a conversation to its end."""
    try:
        command = next(talk)
        while True:
            command = talk.send(call(command))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]


async def _carry_on_loop(talk: Talk[T], process: Process) -> T:
    """Carry a conversation to its end without holding up the loop."""
    call = process.links.call
    try:
        command = next(talk)
        while True:
            command = talk.send(await call(command))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
