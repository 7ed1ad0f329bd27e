"""A store that several processes could share, kept in this one: with leases, and for event loops."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence

from directives.cache.entry import CacheEntry
from directives.cache.entry import Found
from directives.cache.entry import TagMark
from directives.cache.handler import HandlerStats


class PlainSharedHandler:
    """Keeps bytes, as such a store does."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.entries: dict[bytes, bytes] = {}
        self.marks: dict[str, TagMark] = {}
        self.leases: dict[bytes, tuple[str, float]] = {}
        self.tokens = 0

    def now(self) -> float:
        return time.time()

    def get(self, key: bytes, soft_tags: Sequence[str] = (), /) -> Found | None:
        with self.changed:
            data = self.entries.get(key)
            if data is None:
                return None
            entry = CacheEntry.from_bytes(data)
            return Found(entry, [self.marks[tag] for tag in (*entry.tags, *soft_tags) if tag in self.marks])

    def set(self, key: bytes, entry: CacheEntry, /) -> None:
        with self.changed:
            self.entries[key] = entry.to_bytes()

    def mark_tags(self, tags: Sequence[str], mark: TagMark, /) -> None:
        with self.changed:
            for tag in tags:
                self.marks[tag] = self.marks.get(tag, TagMark()).merge(mark, self.now())

    def delete(self, key: bytes, /) -> None:
        with self.changed:
            self.entries.pop(key, None)

    def clear(self) -> None:
        with self.changed:
            self.entries.clear()
            self.marks.clear()
            self.leases.clear()
            self.changed.notify_all()

    def stats(self) -> HandlerStats:
        return HandlerStats(len(self.entries), sum(map(len, self.entries.values())))

    def close(self) -> None:
        """Nothing is held open."""

    def _holds(self, key: bytes, token: str) -> bool:
        held = self.leases.get(key)
        return held is not None and held[0] == token and held[1] > time.monotonic()

    def acquire(self, key: bytes, seconds: float, /) -> str | None:
        with self.changed:
            held = self.leases.get(key)
            if held is not None and held[1] > time.monotonic():
                return None
            self.tokens += 1
            token = str(self.tokens)
            self.leases[key] = token, time.monotonic() + seconds
            return token

    def extend(self, key: bytes, token: str, seconds: float, /) -> bool:
        with self.changed:
            if not self._holds(key, token):
                return False
            self.leases[key] = token, time.monotonic() + seconds
            return True

    def release(self, key: bytes, token: str, /) -> None:
        with self.changed:
            if self._holds(key, token):
                del self.leases[key]
                self.changed.notify_all()

    def wait(self, key: bytes, seconds: float, /) -> None:
        until = time.monotonic() + seconds
        with self.changed:
            while (held := self.leases.get(key)) is not None:
                left = min(until, held[1]) - time.monotonic()
                if left <= 0:
                    return
                self.changed.wait(left)


class SharedHandler(PlainSharedHandler):
    """The same, that lets an event loop go on meanwhile."""

    @property
    def asynchronous(self) -> AsyncSharedHandler:
        return AsyncSharedHandler(self)


class AsyncSharedHandler:
    """The same for an event loop."""

    def __init__(self, handler: PlainSharedHandler) -> None:
        self.handler = handler

    async def get(self, key: bytes, soft_tags: Sequence[str] = (), /) -> Found | None:
        await asyncio.sleep(0)
        return self.handler.get(key, soft_tags)

    async def set(self, key: bytes, entry: CacheEntry, /) -> None:
        await asyncio.sleep(0)
        self.handler.set(key, entry)

    async def mark_tags(self, tags: Sequence[str], mark: TagMark, /) -> None:
        self.handler.mark_tags(tags, mark)

    async def acquire(self, key: bytes, seconds: float, /) -> str | None:
        await asyncio.sleep(0)
        return self.handler.acquire(key, seconds)

    async def extend(self, key: bytes, token: str, seconds: float, /) -> bool:
        return self.handler.extend(key, token, seconds)

    async def release(self, key: bytes, token: str, /) -> None:
        self.handler.release(key, token)

    async def wait(self, key: bytes, seconds: float, /) -> None:
        await asyncio.to_thread(self.handler.wait, key, seconds)
