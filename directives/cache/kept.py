"""What is kept in memory, and the tables in which wrappers find it without making a key."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any
from typing import Final
from typing import TypeGuard

from directives.cache.entry import CacheEntry
from directives.cache.life import CacheLife
from directives.cache.value import CachedValue

PAST: Final = -math.inf
ASKED: Final = 2.0**-40  # of a hit: it was asked for, but is not to be counted


class Kept:
    """An entry in memory, all its parts in one object, and by what it is found.

    Attributes:
        shared: Its result, if that cannot change and is given out itself.
        copied: What gives copies of it, if it can.
        created: When its computation began.
        life: How long it lives.
        tags: Its labels.
        deadline: Until when it is fresh, in seconds of the monotonic clock; in the past once a tag of it was marked.
        hits: How many calls found it since an eviction looked; a float, which Python counts up faster than an int.
        key: Its key in the store; ``None`` once it is no longer kept.
        blocks: What it takes, in blocks of 64 bytes: a number so small is no object of its own.
        table: The table in which a function finds it by its arguments, if it does; only then it has what follows.
        place: Where it is found there.
        kind0: The exact type of the first of those arguments.
        kind1: That of the second.
        kinds: Those of the others.
    """

    __slots__ = (
        "blocks",
        "copied",
        "created",
        "deadline",
        "hits",
        "key",
        "kind0",
        "kind1",
        "kinds",
        "life",
        "place",
        "shared",
        "table",
        "tags",
    )

    kind0: type
    kind1: type
    kinds: tuple[type, ...]
    place: Hashable

    def __init__(
        self,
        key: bytes,
        shared: Any,
        copied: CachedValue | None,
        created: float,
        life: CacheLife,
        tags: tuple[str, ...],
        blocks: int,
        deadline: float,
    ) -> None:
        self.key: bytes | None = key
        self.shared = shared
        self.copied = copied
        self.created = created
        self.life = life
        self.tags = tags
        self.blocks = blocks
        self.deadline = deadline
        self.hits = 0.0
        self.table: Table | None = None

    @property
    def entry(self) -> CacheEntry:
        """The entry; if it is replaced meanwhile, at worst the new result with the age of the old one."""
        created, life, tags = self.created, self.life, self.tags
        return CacheEntry(self.copied or CachedValue(self.shared, None), created, life, tags)

    def hold(self, other: Kept) -> None:
        """Take another entry's place; its deadline is yet to be set.

        Nobody who reads waits for this. So the result comes first and its age last; and a result that cannot change stays
        for a thread that has just seen that there are no copies to be had.
        """
        self.deadline = PAST
        if other.copied is None:
            self.shared = other.shared
        self.copied = other.copied
        self.tags, self.life = other.tags, other.life
        self.created = other.created

    def copy(self) -> Any:
        """The result, as an object of the caller's own wherever that can be changed."""
        return self.shared if self.copied is None else self.copied.copy()

    def link(self, table: Table, values: tuple[Any, ...]) -> int | None:
        """Let the calls with some values find it in a table.

        Returns:
            How many dicts the table took for that; ``None`` if another entry is found there.
        """
        self.hits = ASKED
        self.expect(tuple(map(type, values)))
        place = values[0] if len(values) == 1 else values
        inner = table.add(place, self)
        if inner is not None:
            self.table, self.place = table, place
        return inner

    def unlink(self) -> int:
        """Be found by no values any more; gives how many dicts its table let go."""
        if self.table is None:
            return 0
        self.look()
        return self.table.remove(self.place)

    def expect(self, kinds: tuple[type, ...]) -> None:
        """Answer calls with values of these very types alone."""
        if kinds:
            self.kind0 = kinds[0]
            if len(kinds) > 1:
                self.kind1 = kinds[1]
                self.kinds = kinds[2:]

    def look(self) -> bool:
        """Whether it was asked for since the last look."""
        hits, self.hits = self.hits, 0.0
        if self.table is not None:
            self.table.gone += int(hits)
        return hits != 0.0


def never(count: int) -> Kept:
    """What stands for an entry where there is none: it answers no call with so many values."""
    kept = Kept.__new__(Kept)
    kept.deadline = PAST
    kept.expect((object,) * count)
    return kept


class Table:
    """The entries that a function finds by the values of a call.

    The place of an entry is the value if there is one, else a tuple of them. Pairs are looked up in a dict for each second
    value, by the first: a tuple would be made, hashed and compared at each call, which takes twice the time. The second value
    comes first because it is the one that more calls have in common, as a page or a language is.

    Attributes:
        entries: They, by place; those of pairs by the second value, then by the first.
        gone: The hits that are no longer counted there.
    """

    __slots__ = ("entries", "gone")

    def __init__(self) -> None:
        self.entries: dict[Any, Any] = {}
        self.gone = 0

    def hits(self) -> int:
        """How many calls have found an entry here."""
        found = list(self.entries.values())
        if found and type(found[0]) is dict:
            found = [kept for inner in found for kept in list(inner.values())]
        return self.gone + int(sum(kept.hits for kept in found))

    def add(self, place: Hashable, kept: Kept) -> int | None:
        """Put an entry in its place, if none is there; gives how many dicts were made for it, else ``None``."""
        entries, made = self.entries, 0
        if is_pair(place):
            place, outer = place
            made = int(outer not in entries)
            entries = entries.setdefault(outer, {})
        return made if entries.setdefault(place, kept) is kept else None

    def remove(self, place: Hashable) -> int:
        """Empty a place; gives how many dicts were let go with it.

        It may be empty: two stores, each with a lock of its own, meet here while one takes the other's place.
        """
        if not is_pair(place):
            self.entries.pop(place, None)
            return 0
        place, outer = place
        inner = self.entries.get(outer, {})
        inner.pop(place, None)
        return 0 if inner else int(self.entries.pop(outer, None) is not None)


def is_pair(place: Hashable) -> TypeGuard[tuple[Hashable, Hashable]]:
    """Whether a place is that of two values."""
    return type(place) is tuple and len(place) == 2
