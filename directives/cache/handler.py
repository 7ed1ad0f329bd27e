"""The protocol of stores: what a store does, and who owns what.

Ownership, for whoever writes one:

- A store keeps entries and the marks on tags. It judges neither: whether an entry is stale or gone is told from
  ``Found`` by the cache, the same way for every store.
- Keys are opaque bytes, at most 64 of them. Entries never change once set; a later ``set`` under the same key replaces.
- A store may forget an entry at any time (it is full, or it was long not asked for). It must never forget a mark
  on a tag while it holds an entry that is older than the mark.
- An entry may be dropped from its ``created + life.expire`` on, by the store's clock.
- A store that cannot answer raises, within its own time limit. The cache logs and counts that, and runs the function.
- All methods are called from any thread, many at a time, and after a fork.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from typing import Protocol
from typing import runtime_checkable

from directives.cache.entry import CacheEntry
from directives.cache.entry import Found
from directives.cache.entry import TagMark


@dataclass(frozen=True, slots=True)
class HandlerStats:
    """What a store holds.

    Attributes:
        entries: How many entries.
        size: How many bytes they take, by the store's own count.
        evictions: How many entries it gave up for want of room.
        errors: How many operations failed.
    """

    entries: int
    size: int
    evictions: int = 0
    errors: int = 0


@runtime_checkable
class CacheHandler(Protocol):
    """A store of cache entries. See Next.js, "cacheHandlers"."""

    def now(self) -> float:
        """The store's clock, in seconds since the epoch: the same for all processes that share the store."""
        ...

    def get(self, key: bytes, soft_tags: Sequence[str] = (), /) -> Found | None:
        """The entry under a key, if there is one, with the marks of its tags and of ``soft_tags``."""
        ...

    def set(self, key: bytes, entry: CacheEntry, /) -> None:
        """Keep an entry."""
        ...

    def mark_tags(self, tags: Sequence[str], mark: TagMark, /) -> None:
        """Merge a mark into those of some tags (``TagMark.merge``); all of them or none, seen by the next ``get``."""
        ...

    def delete(self, key: bytes, /) -> None:
        """Forget the entry under a key, if there is one."""
        ...

    def clear(self) -> None:
        """Forget everything: entries, marks and leases."""
        ...

    def stats(self) -> HandlerStats:
        """What the store holds."""
        ...

    def close(self) -> None:
        """Give back what it holds open; a later call of another method opens it again."""
        ...


@runtime_checkable
class SharedCacheHandler(CacheHandler, Protocol):
    """A store that several processes share, and that lets one of them at a time compute an entry."""

    def acquire(self, key: bytes, seconds: float, /) -> str | None:
        """Take the lease of a key: a token if nobody holds it, else ``None``.

        Args:
            key: The key of the entry to be computed.
            seconds: How long the lease holds at most, so that a process that dies in the middle is replaced.
        """
        ...

    def extend(self, key: bytes, token: str, seconds: float, /) -> bool:
        """Hold a lease for ``seconds`` from now; ``False`` if it is another's by now."""
        ...

    def release(self, key: bytes, token: str, /) -> None:
        """Give a lease back and wake those who wait for it; nothing happens if it is another's by now."""
        ...

    def wait(self, key: bytes, seconds: float, /) -> None:
        """Return when the lease of a key has been given back or run out, or after ``seconds``."""
        ...


@runtime_checkable
class TellsChanges(Protocol):
    """A store that says in a microsecond or so whether anything in it may have changed; looking something up takes longer."""

    def changes(self) -> object:
        """Another object, by identity, if anything has been changed since, by whomever; it is none of an earlier moment.

        What is looked up after this call stays right for as long as this gives the same object.
        """
        ...


class Size(NamedTuple):
    """How much of a store something takes.

    Attributes:
        entries: How many entries.
        size: How many bytes, by the store's own count.
    """

    entries: int
    size: int


@runtime_checkable
class TellsSizes(Protocol):
    """A store that says what takes how much of it; for statistics."""

    def sizes(self, length: int, /) -> Mapping[bytes, Size]:
        """What the entries take, by the first ``length`` bytes of their keys; keys of one function begin with the same."""
        ...


class Following(Protocol):
    """Somebody who listens to the marks of a store."""

    def marked(self) -> bool:
        """This process has just marked tags: whether it will be told of that, too."""
        ...

    def close(self) -> None:
        """Listen no more."""
        ...


@runtime_checkable
class TellsOfTags(Protocol):
    """A store that tells which tags were marked, by this process and by others; for pages that follow them."""

    def follow_tags(
        self, watched: Callable[[], Collection[str]], told: Callable[[Collection[str]], None], /
    ) -> Following:
        """Listen to marks.

        Args:
            watched: Gives the tags that matter.
            told: Called with tags that were marked, from a thread of the store's; rather once too often than never.
        """
        ...


class AsyncCacheHandler(Protocol):
    """The same operations for a function that runs on an event loop; ``SharedCacheHandler``'s may be left out."""

    async def get(self, key: bytes, soft_tags: Sequence[str] = (), /) -> Found | None:
        """See ``CacheHandler.get``."""
        ...

    async def set(self, key: bytes, entry: CacheEntry, /) -> None:
        """See ``CacheHandler.set``."""
        ...

    async def mark_tags(self, tags: Sequence[str], mark: TagMark, /) -> None:
        """See ``CacheHandler.mark_tags``."""
        ...

    async def acquire(self, key: bytes, seconds: float, /) -> str | None:
        """See ``SharedCacheHandler.acquire``."""
        ...

    async def extend(self, key: bytes, token: str, seconds: float, /) -> bool:
        """See ``SharedCacheHandler.extend``."""
        ...

    async def release(self, key: bytes, token: str, /) -> None:
        """See ``SharedCacheHandler.release``."""
        ...

    async def wait(self, key: bytes, seconds: float, /) -> None:
        """See ``SharedCacheHandler.wait``."""
        ...


@runtime_checkable
class HasAsync(Protocol):
    """A store whose operations take long enough to let an event loop go on meanwhile.

    A store without this is called on the loop itself: right for one that answers in microseconds.
    """

    @property
    def asynchronous(self) -> AsyncCacheHandler:
        """The same store for the running event loop."""
        ...
