"""The SQLite store for functions that run on an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from directives.cache.entry import CacheEntry
from directives.cache.entry import Found
from directives.cache.entry import TagMark

if TYPE_CHECKING:
    from directives.cache.handlers.sqlite.handler import SqliteHandler


class AsyncSqliteHandler:
    """See ``AsyncCacheHandler``. Reading takes microseconds and is done at once; writing may have to wait its turn.

    Args:
        handler: The store.
    """

    def __init__(self, handler: SqliteHandler) -> None:
        self._handler = handler

    async def get(self, key: bytes, soft_tags: Sequence[str] = (), /) -> Found | None:
        """See ``CacheHandler.get``."""
        return self._handler.get(key, soft_tags)

    async def set(self, key: bytes, entry: CacheEntry, /) -> None:
        """See ``CacheHandler.set``."""
        await asyncio.to_thread(self._handler.set, key, entry)

    async def mark_tags(self, tags: Sequence[str], mark: TagMark, /) -> None:
        """See ``CacheHandler.mark_tags``."""
        await asyncio.to_thread(self._handler.mark_tags, tags, mark)

    async def acquire(self, key: bytes, seconds: float, /) -> str | None:
        """See ``SharedCacheHandler.acquire``."""
        return await asyncio.to_thread(self._handler.acquire, key, seconds)

    async def extend(self, key: bytes, token: str, seconds: float, /) -> bool:
        """See ``SharedCacheHandler.extend``."""
        return await asyncio.to_thread(self._handler.extend, key, token, seconds)

    async def release(self, key: bytes, token: str, /) -> None:
        """See ``SharedCacheHandler.release``."""
        await asyncio.to_thread(self._handler.release, key, token)

    async def wait(self, key: bytes, seconds: float, /) -> None:
        """See ``SharedCacheHandler.wait``."""
        for pause in self._handler.pauses(key, seconds):
            await asyncio.sleep(pause)
