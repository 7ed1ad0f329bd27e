"""Entries that this process has decoded, for as long as a store holds the very same bytes under their keys."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from directives.cache.entry import CacheEntry
from directives.cache.entry import Found
from directives.cache.value import CachedValue

MOST_FOUND: Final = 64


@dataclass(slots=True)
class DecodedEntry:
    """A decoded entry.

    Attributes:
        seal: That of the bytes it was decoded from.
        entry: The entry.
        size: How many bytes it takes here.
        live: Whether its value is held as an object, not as bytes.
        found: What the store found under its key, by the soft tags that were asked with, and when that was so.
    """

    seal: bytes
    entry: CacheEntry
    size: int
    live: bool = False
    found: tuple[object, dict[tuple[str, ...], Found]] | None = None

    def keep(self, found: Found, moment: object, soft_tags: tuple[str, ...]) -> None:
        """Remember what the store found."""
        known = self.found
        # The soft tags are those of pages: visitors may think of any number of paths.
        if known is None or known[0] is not moment or len(known[1]) >= MOST_FOUND:
            self.found = moment, {soft_tags: found}
        else:
            known[1][soft_tags] = found


class Decoded:
    """Decoded entries, the oldest of which make way.

    Args:
        limit: How many bytes they may take; 0 for none.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[bytes, DecodedEntry] = OrderedDict()

    def find(self, key: bytes) -> DecodedEntry | None:
        """What was decoded for a key; to be used if its seal is the one in the store."""
        return self._kept.get(key)

    def found(self, key: bytes, moment: object, soft_tags: tuple[str, ...]) -> Found | None:
        """What the store found under a key, if it was asked at this very moment."""
        kept = self._kept.get(key)
        known = None if kept is None else kept.found
        return known[1].get(soft_tags) if known is not None and known[0] is moment else None

    def add(self, key: bytes, seal: bytes, entry: CacheEntry, size: int) -> None:
        """Remember an entry that was just decoded; its value stays bytes until it is asked for again."""
        self._put(key, DecodedEntry(seal, entry, size))

    def enliven(self, key: bytes, kept: DecodedEntry) -> CacheEntry:
        """The entry with its value as an object, from which copies are made faster than from bytes."""
        value = CachedValue.of(kept.entry.value.copy())
        entry = kept.entry._replace(value=value)
        self._put(key, DecodedEntry(kept.seal, entry, value.size(), live=True))
        return entry

    def drop(self, key: bytes, kept: DecodedEntry) -> None:
        """Forget an entry that is another by now."""
        with self._lock:
            if self._kept.get(key) is kept:
                del self._kept[key]
                self._size -= kept.size

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
            self._size = 0

    def _put(self, key: bytes, kept: DecodedEntry) -> None:
        with self._lock:
            before = self._kept.pop(key, None)
            self._size -= 0 if before is None else before.size
            if kept.size <= self._limit >> 3:  # one large result does not drive all others out
                self._kept[key] = kept
                self._size += kept.size
            while self._size > self._limit:
                self._size -= self._kept.popitem(last=False)[1].size
