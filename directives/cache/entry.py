"""What a store keeps: the entry, and the marks that invalidations leave on tags."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field
from typing import Final

from directives.cache.life import CacheLife
from directives.cache.value import CachedValue
from directives.errors import DecodeError

ENTRY_VERSION: Final = 1
LONG_AGO: Final = -math.inf


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """One result of a cached function.

    Attributes:
        value: The result.
        created: When its computation began, in seconds of the store's clock. An invalidation that comes while it is
            computed is later than that, and so defeats it.
        life: How long it lives from then on.
        tags: Its labels, those of what it called included.
    """

    value: CachedValue = field(repr=False)
    created: float
    life: CacheLife
    tags: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """The entry for a store that keeps bytes.

        Raises:
            EncodeError: The result holds something that cannot be kept; names its path and type.
        """
        from directives.wire.trusted import dumps

        life = self.life
        head = (ENTRY_VERSION, self.created, life.stale, life.revalidate, life.expire, list(self.tags))
        return dumps([*head, self.value.to_bytes()])

    @classmethod
    def from_bytes(cls, data: bytes) -> CacheEntry:
        """The entry that ``to_bytes`` made.

        What sits in a shared store is not trusted: anything but such bytes is refused, and nothing in them names
        something to import or to call.

        Raises:
            DecodeError: These bytes are no entry of this version.
        """
        from directives.wire.trusted import loads

        match loads(data):
            case [1, float(created), stale, revalidate, expire, list(tags), bytes(value)] if {str}.issuperset(
                map(type, tags)
            ):
                try:
                    life = CacheLife(stale, revalidate, expire)
                except (TypeError, ValueError) as error:
                    raise DecodeError(f"the bytes are no cache entry: {error}") from None
                return cls(CachedValue.from_bytes(value), created, life, tuple(tags))
        raise DecodeError("the bytes are no cache entry of this version")


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


@dataclass(frozen=True, slots=True)
class Found:
    """What a store finds under a key.

    Attributes:
        entry: The entry.
        marks: The marks of its tags and of the soft tags it was asked with; those without a mark may be left out.
    """

    entry: CacheEntry
    marks: Sequence[TagMark] = ()

    def is_gone(self, now: float) -> bool:
        """Whether it must not be served any more."""
        created = self.entry.created
        return now >= created + self.entry.life.expire or any(mark.takes(created, now) for mark in self.marks)

    def is_stale(self, now: float) -> bool:
        """Whether it is to be computed anew; meaningful while it is not gone."""
        created = self.entry.created
        return now >= created + self.entry.life.revalidate or any(mark.dates(created) for mark in self.marks)


def expired_now(now: float) -> TagMark:
    """What ``update_tag`` leaves: everything up to now is gone."""
    return TagMark(expired=now)


def stale_now(now: float, expire: float) -> TagMark:
    """What ``revalidate_tag`` leaves: everything up to now is stale, and gone ``expire`` seconds from now."""
    return TagMark(stale=now, due=now + expire)
