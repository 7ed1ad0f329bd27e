"""The store in memory: entries of this process, bounded by the bytes they take."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections import deque
from collections.abc import Iterable
from collections.abc import Sequence
from sys import getsizeof
from typing import Any
from typing import Final

from directives.cache.clock import Clock
from directives.cache.clock import SystemClock
from directives.cache.entry import CacheEntry
from directives.cache.entry import Found
from directives.cache.entry import TagMark
from directives.cache.forked import renew_in_children
from directives.cache.handler import HandlerStats
from directives.cache.handler import Size
from directives.cache.kept import ASKED
from directives.cache.kept import PAST
from directives.cache.kept import Kept
from directives.cache.kept import Table

DEFAULT_SIZE: Final = 50 * 1024 * 1024
BLOCK: Final = 64
TAG: Final = 4 * BLOCK  # what a tag takes to lead to an entry
OVERHEAD: Final = 4 * BLOCK  # what an entry takes besides its key and its value, measured with tracemalloc
ROUNDED: Final = OVERHEAD + BLOCK - 1  # the same, so that what follows may round down
LINK: Final = BLOCK  # what it takes to be found by its arguments too
INNER: Final = 3  # blocks that a dict in a table takes besides
MANY_MARKS: Final = 10_000

log = logging.getLogger("directives.cache")


class MemoryHandler:
    """The store in memory.

    When it is full, the entries that were not asked for since the last look give way, the oldest first (second chance:
    being asked for sets a bit and takes no lock). What counts is what an entry takes: its result with everything in it,
    its key, its tags, and what the store itself needs for it.

    Args:
        max_size: How many bytes the entries may take together; 0 turns the store off.
        clock: Tells the time.

    See Next.js, "cacheMaxMemorySize".
    """

    def __init__(self, max_size: int = DEFAULT_SIZE, clock: Clock | None = None) -> None:
        self.max_size = max_size
        self.clock: Clock = clock or SystemClock()
        self.kept: dict[bytes, Kept] = {}
        self._queue: deque[Kept] = deque()
        self._by_tag: dict[str, set[Kept]] = {}
        self._marks: dict[str, TagMark] = {}
        self._blocks = 0
        self._most = max_size // BLOCK
        self._evictions = 0
        self._prune_at = MANY_MARKS
        self._lock = threading.Lock()
        renew_in_children(self)

    def now(self) -> float:
        """The time of day."""
        return self.clock.now()

    def get(self, key: bytes, soft_tags: Sequence[str] = (), /) -> Found | None:
        """The entry under a key; see ``CacheHandler.get``."""
        kept = self.kept.get(key)
        if kept is None:
            return None
        kept.hits = kept.hits or ASKED
        entry = kept.entry
        return Found(entry, self._marks_of((*entry.tags, *soft_tags)))

    def set(self, key: bytes, entry: CacheEntry, /) -> None:
        """Keep an entry, unless it is larger than the whole store."""
        value, created, life, tags = entry
        shared, copied = value.parts()
        clock = self.clock
        deadline = clock.monotonic() + (created + life.revalidate - clock.now())
        blocks = (value.size() + len(key) + tags_size(tags) + ROUNDED) // BLOCK
        self.add(key, Kept(key, shared, copied, created, life, tags, blocks, deadline))

    def add(self, key: bytes, kept: Kept) -> None:
        """Keep an entry that is ready to be kept; see ``set``."""
        blocks = kept.blocks
        if blocks > self._most:
            self._refuse(key, blocks)
            return
        lock, tags = self._lock, kept.tags
        lock.acquire()  # a `with` takes twice as long, and every miss comes by here
        try:
            if tags and self.is_marked(tags, kept.created):
                kept.deadline = PAST  # an invalidation came while it was computed
            known = self.kept.setdefault(key, kept)
            if known is kept:
                self._queue.append(kept)
                self._blocks += blocks
                if tags:
                    self._tag(kept)
            else:
                self._replace(known, kept)
            if self._blocks > self._most:
                self._evict()
        finally:
            lock.release()

    def _refuse(self, key: bytes, blocks: int) -> None:
        """Do not keep what is larger than the whole store; what it was to replace is out of date."""
        if self.max_size == 0:
            return
        self.delete(key)
        log.warning(
            "a result of %d bytes is not kept: the store in memory holds %d bytes (cache_max_memory_size)",
            blocks * BLOCK,
            self.max_size,
        )

    def _replace(self, kept: Kept, other: Kept) -> None:
        """Put a new entry in the place of an old one; what leads to it stays."""
        self._untag(kept)
        kept.hold(other)
        blocks = other.blocks
        if kept.table is not None:
            place: Any = kept.place
            blocks += _link_blocks(sum(map(getsizeof, place if type(place) is tuple else (place,))))
        self._blocks += blocks - kept.blocks
        kept.blocks = blocks
        self._tag(kept)
        # Last: whoever finds the new deadline finds the new entry.
        kept.deadline = other.deadline

    def link(self, kept: Kept, table: Table, values: tuple[Any, ...], size: int) -> None:
        """Let a function find an entry by the values of a call.

        Args:
            kept: The entry.
            table: The function's table.
            values: The values: few, short and plain.
            size: How many bytes they take.
        """
        with self._lock:
            if kept.key is not None and kept.table is None:
                inner = kept.link(table, values)
                if inner is not None:
                    blocks = _link_blocks(size)
                    self._blocks += blocks + INNER * inner
                    kept.blocks += blocks

    def mark_tags(self, tags: Sequence[str], mark: TagMark, /) -> None:
        """Merge a mark into those of some tags; the entries that have them are no longer found by their arguments."""
        now = self.clock.now()
        with self._lock:
            for tag in tags:
                self._marks[tag] = self._marks.get(tag, TagMark()).merge(mark, now)
            for tag in tags:
                for kept in self._by_tag.get(tag, ()):
                    kept.deadline = PAST
            if len(self._marks) > self._prune_at:
                self._prune_marks(now)

    def is_marked(self, tags: Iterable[str], created: float) -> bool:
        """Whether one of some tags makes an entry of that time stale or takes it away."""
        marks = self._marks
        if not marks:
            return False
        for tag in tags:
            mark = marks.get(tag)
            if mark is not None and (mark.dates(created) or mark.expired >= created):
                return True
        return False

    def _marks_of(self, tags: Iterable[str]) -> tuple[TagMark, ...]:
        marks = self._marks
        return tuple(marks[tag] for tag in tags if tag in marks) if marks else ()

    def _prune_marks(self, now: float) -> None:
        """Forget the marks that every entry here is later than, and every one being computed."""
        oldest = min((kept.created for kept in self.kept.values()), default=now)
        since = min(oldest, now - 3600.0)
        self._marks = {
            tag: mark for tag, mark in self._marks.items() if max(mark.expired, mark.stale) >= since
        }
        self._prune_at = max(MANY_MARKS, 2 * len(self._marks))

    def delete(self, key: bytes, /) -> None:
        """Forget the entry under a key, if there is one."""
        with self._lock:
            kept = self.kept.get(key)
            if kept is not None:
                self._drop(kept)
                if len(self._queue) > 2 * len(self.kept) + 64:
                    self._queue = deque(kept for kept in self._queue if kept.key is not None)

    def _evict(self) -> None:
        """Make room: who was asked for goes round once more."""
        while self._blocks > self._most:
            kept = self._queue.popleft()
            if kept.key is None:
                continue
            if kept.look():
                self._queue.append(kept)
            else:
                self._drop(kept)
                self._evictions += 1

    def _drop(self, kept: Kept) -> None:
        assert kept.key is not None
        kept.deadline = PAST
        del self.kept[kept.key]
        kept.key = None
        self._blocks -= kept.blocks + INNER * kept.unlink()
        self._untag(kept)

    def _tag(self, kept: Kept) -> None:
        for tag in kept.tags:
            self._by_tag.setdefault(tag, set()).add(kept)

    def _untag(self, kept: Kept) -> None:
        for tag in kept.tags:
            others = self._by_tag.get(tag)
            if others is not None:
                others.discard(kept)
                if not others:
                    del self._by_tag[tag]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            for kept in list(self.kept.values()):
                self._drop(kept)
            self._queue.clear()
            self._marks.clear()

    def stats(self) -> HandlerStats:
        """What the store holds."""
        return HandlerStats(len(self.kept), self._blocks * BLOCK, self._evictions)

    def sizes(self, length: int, /) -> dict[bytes, Size]:
        """See ``TellsSizes``."""
        entries: Counter[bytes] = Counter()
        blocks: Counter[bytes] = Counter()
        for key, kept in list(self.kept.items()):
            entries[key[:length]] += 1
            blocks[key[:length]] += kept.blocks
        return {owner: Size(count, blocks[owner] * BLOCK) for owner, count in entries.items()}

    def close(self) -> None:
        """Forget everything: there is nothing else to give back."""
        self.clear()

    def renew(self) -> None:
        """Take a new lock: in a forked child, the thread that held the old one does not exist."""
        self._lock = threading.Lock()


def tags_size(tags: tuple[str, ...]) -> int:
    """The bytes that it takes to be found by tags."""
    return TAG * len(tags) + sum(map(len, tags)) if tags else 0


def _link_blocks(size: int) -> int:
    """What it takes to be found by values of so many bytes too."""
    return -(-(LINK + size) // BLOCK)
