"""The store in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from collections.abc import Sequence

from directives.cache.clock import Clock
from directives.cache.clock import SystemClock
from directives.cache.entry import CacheEntry
from directives.cache.entry import Found
from directives.cache.entry import TagMark
from directives.cache.handler import HandlerStats


class MemoryHandler:
    """A store in the memory of this process.

    Args:
        max_size: The most bytes that its entries may take; 0 turns it off.
        clock: Tells the time.
    """

    def __init__(self, max_size: int, clock: Clock | None = None) -> None:
        self._max_size = max_size
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._entries: dict[bytes, CacheEntry] = {}
        self._marks: dict[str, TagMark] = {}

    def now(self) -> float:
        """See ``CacheHandler.now``."""
        return self._clock.now()

    def get(self, key: bytes, soft_tags: Sequence[str] = (), /) -> Found | None:
        """See ``CacheHandler.get``."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        tags = (*entry.tags, *soft_tags)
        return Found(entry, self._marks_of(tags) if self._marks and tags else ())

    def _marks_of(self, tags: Iterable[str]) -> list[TagMark]:
        with self._lock:
            return [mark for tag in tags if (mark := self._marks.get(tag)) is not None]

    def set(self, key: bytes, entry: CacheEntry, /) -> None:
        """See ``CacheHandler.set``."""
        if self._max_size:
            self._entries[key] = entry

    def mark_tags(self, tags: Sequence[str], mark: TagMark, /) -> None:
        """See ``CacheHandler.mark_tags``."""
        now = self.now()
        with self._lock:
            for tag in tags:
                self._marks[tag] = self._marks.get(tag, TagMark()).merge(mark, now)

    def delete(self, key: bytes, /) -> None:
        """See ``CacheHandler.delete``."""
        self._entries.pop(key, None)

    def clear(self) -> None:
        """See ``CacheHandler.clear``."""
        with self._lock:
            self._entries.clear()
            self._marks.clear()

    def stats(self) -> HandlerStats:
        """See ``CacheHandler.stats``."""
        return HandlerStats(len(self._entries), 0)

    def close(self) -> None:
        """See ``CacheHandler.close``."""
