"""What a store keeps: the entry, and the marks that invalidations leave on tags."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import repeat
from typing import Final
from typing import NamedTuple

from directives.cache.life import CacheLife
from directives.cache.value import CachedValue
from directives.errors import DecodeError

ENTRY_VERSION: Final = 1
# Version; created; stale, revalidate, expire; how many bytes the tags and the result take, which follow.
HEAD: Final = struct.Struct("<B4dIQ")
LONG_AGO: Final = -math.inf


# Tuples: one of each is made for every result that is kept or found, in half the time of a frozen dataclass.
class CacheEntry(NamedTuple):
    """One result of a cached function.

    Attributes:
        value: The result.
        created: When its computation began, in seconds of the store's clock. An invalidation that comes while it is
            computed is later than that, and so defeats it.
        life: How long it lives from then on.
        tags: Its labels, those of what it called included.
    """

    value: CachedValue
    created: float
    life: CacheLife
    tags: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """The entry for a store that keeps bytes.

        Raises:
            EncodeError: The result holds something that cannot be kept; names its path and type.
        """
        from directives.wire.trusted import dumps

        life, tags = self.life, dumps(list(self.tags))
        value = self.value.to_bytes()
        spans = life.stale, life.revalidate, life.expire
        return HEAD.pack(ENTRY_VERSION, self.created, *spans, len(tags), len(value)) + tags + value

    @classmethod
    def from_bytes(cls, data: bytes) -> CacheEntry:
        """The entry that ``to_bytes`` made.

        What sits in a shared store is not trusted: anything but such bytes is refused, and nothing in them names
        something to import or to call.

        Raises:
            DecodeError: These bytes are no entry of this version.
        """
        if len(data) < HEAD.size or data[0] != ENTRY_VERSION:
            raise DecodeError("the bytes are no cache entry of this version")
        _, created, stale, revalidate, expire, tags_length, value_length = HEAD.unpack_from(data)
        begin = HEAD.size + tags_length
        if not math.isfinite(created) or begin + value_length != len(data):
            raise DecodeError("the bytes are no cache entry")
        tags = _tags(data[HEAD.size : begin])
        return cls(CachedValue.from_bytes(data[begin:]), created, _life(stale, revalidate, expire), tags)


# The entries of one function mostly have the same life and tags.
@lru_cache(maxsize=256)
def _life(*spans: float) -> CacheLife:
    try:
        return CacheLife(*(int(span) if span.is_integer() else span for span in spans))
    except ValueError as error:
        raise DecodeError(f"the bytes are no cache entry: {error}") from None


@lru_cache(maxsize=256)
def _tags(data: bytes) -> tuple[str, ...]:
    from directives.wire.trusted import loads

    match loads(data):
        case [*tags] if all(type(tag) is str for tag in tags):
            return tuple(tags)
    raise DecodeError("the bytes are no cache entry: its tags are none")


@dataclass(frozen=True, slots=True)
class TagMark:
    """What invalidations have left on a tag; times are seconds of the store's clock.

    Attributes:
        expired: Entries that began at this time or before are gone.
        stale: Entries that began at this time or before are stale: served once more while computed anew.
        due: From this time on, those stale entries are gone too.
    """

    expired: float = LONG_AGO
    stale: float = LONG_AGO
    due: float = math.inf

    def merge(self, later: TagMark, now: float) -> TagMark:
        """Both marks in one: what either of them takes away stays away.

        Args:
            later: The mark to add.
            now: The time, in seconds of the store's clock.
        """
        expired = max(self.expired, later.expired, self.stale if self.due <= now else LONG_AGO)
        due = later.due if self.stale <= expired else min(self.due, later.due)
        return TagMark(expired, max(self.stale, later.stale), due)

    def takes(self, created: float, now: float) -> bool:
        """Whether an entry that began at ``created`` is gone."""
        return created <= self.expired or (created <= self.stale and self.due <= now)

    def dates(self, created: float) -> bool:
        """Whether an entry that began at ``created`` is stale, if it is not gone."""
        return created <= self.stale


class Found(NamedTuple):
    """What a store finds under a key.

    Attributes:
        entry: The entry.
        marks: The marks of its tags and of the soft tags it was asked with; those without a mark may be left out.
    """

    entry: CacheEntry
    marks: Sequence[TagMark] = ()

    def is_gone(self, now: float) -> bool:
        """Whether it must not be served any more."""
        entry, marks = self
        if now >= entry.created + entry.life.expire:
            return True
        return len(marks) > 0 and any(map(TagMark.takes, marks, repeat(entry.created), repeat(now)))

    def is_stale(self, now: float) -> bool:
        """Whether it is to be computed anew; meaningful while it is not gone."""
        entry, marks = self
        if now >= entry.created + entry.life.revalidate:
            return True
        return len(marks) > 0 and any(map(TagMark.dates, marks, repeat(entry.created)))


def expired_now(now: float) -> TagMark:
    """What ``update_tag`` leaves: everything up to now is gone."""
    return TagMark(expired=now)


def stale_now(now: float, expire: float) -> TagMark:
    """What ``revalidate_tag`` leaves: everything up to now is stale, and gone ``expire`` seconds from now."""
    return TagMark(stale=now, due=now + expire)
