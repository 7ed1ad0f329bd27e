"""The entries of a shared store that this process keeps as well, as long as the store tells of every change."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections import deque
from collections.abc import Iterable
from typing import Final

from directives.cache.entry import Found

OVERHEAD: Final = 1_000  # of an entry's objects and its place in the tables, measured
REMEMBERED: Final = 4_096


class Kept:
    """An entry with the marks of its tags, and the names in the store that it was read from."""

    __slots__ = ("asked", "found", "names", "size", "soft_tags")

    def __init__(
        self, found: Found, soft_tags: tuple[str, ...], names: tuple[bytes, ...], length: int
    ) -> None:
        self.found = found
        self.soft_tags = soft_tags
        self.names = names
        self.size = OVERHEAD + length
        self.asked = False


class Near:
    """A bounded table of entries; empty, and refusing more, while nobody tells what changes.

    Args:
        most: How many bytes it may take.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._size = 0
        self._lock = threading.Lock()
        self._is_told = False
        self._table: OrderedDict[bytes, Kept] = OrderedDict()
        self._keys_by_name: dict[bytes, set[bytes]] = {}
        self._changes = 0
        self._changed: dict[bytes, int] = {}
        self._order: deque[tuple[bytes, int]] = deque()
        self._forgotten = 0

    def get(self, key: bytes, soft_tags: tuple[str, ...]) -> Found | None:
        """The entry under a key, if it is here."""
        kept = self._table.get(key)
        if kept is None or kept.soft_tags != soft_tags:
            return None
        kept.asked = True
        return kept.found

    def ticket(self) -> int:
        """The moment before a read: what changes from then on makes its result worthless here."""
        return self._changes

    def put(self, key: bytes, kept: Kept, ticket: int) -> None:
        """Keep what was read, unless some of it has changed since the ticket."""
        with self._lock:
            if not self._is_told or ticket < self._forgotten or kept.size > self._most:
                return
            if any(self._changed.get(name, 0) > ticket for name in kept.names):
                return
            self._remove(key)
            self._table[key] = kept
            self._size += kept.size
            for name in kept.names:
                self._keys_by_name.setdefault(name, set()).add(key)
            while self._size > self._most:
                self._evict()

    def drop(self, names: Iterable[bytes]) -> None:
        """These names in the store have changed."""
        with self._lock:
            for name in names:
                self._changes += 1
                self._changed[name] = self._changes
                self._order.append((name, self._changes))
                for key in list(self._keys_by_name.get(name, ())):
                    self._remove(key)
            while len(self._order) > REMEMBERED:
                name, self._forgotten = self._order.popleft()
                if self._changed[name] == self._forgotten:
                    del self._changed[name]

    def start(self) -> None:
        """From now on every change is told."""
        with self._lock:
            self._empty()
            self._is_told = True

    def stop(self) -> None:
        """Changes are not told any more."""
        with self._lock:
            self._is_told = False
            self._empty()

    def empty(self) -> None:
        """Everything has changed."""
        with self._lock:
            self._empty()

    def _empty(self) -> None:
        self._table.clear()
        self._keys_by_name.clear()
        self._changed.clear()
        self._order.clear()
        self._size = 0
        self._changes += 1
        self._forgotten = self._changes

    def _remove(self, key: bytes) -> None:
        kept = self._table.pop(key, None)
        if kept is None:
            return
        self._size -= kept.size
        for name in kept.names:
            keys = self._keys_by_name[name]
            keys.discard(key)
            if not keys:
                del self._keys_by_name[name]

    def _evict(self) -> None:
        """Give up the oldest entry that nobody asked for since it was last passed over."""
        while True:
            key, kept = next(iter(self._table.items()))
            if not kept.asked:
                self._remove(key)
                return
            kept.asked = False
            self._table.move_to_end(key)
