"""What is kept in memory, and the tables in which wrappers find it without making a key."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import TYPE_CHECKING
from typing import Any
from typing import Final

if TYPE_CHECKING:
    from directives.cache.entry import CacheEntry

PAST: Final = -math.inf
ASKED: Final = -1.0


class Kept:
    """An entry in memory, and by what it is found.

    Attributes:
        entry: The entry.
        shared: Its result, if that cannot change and is given out itself.
        copied: What gives copies of it, if it can.
        deadline: Until when it is fresh, in seconds of the monotonic clock; in the past once a tag of it was marked.
        hits: How many calls found it by their arguments; a float, which Python counts up faster than an int.
        seen: How many of those an eviction has seen; any other number says that it was asked for since.
        key: Its key in the store; ``None`` once it is no longer kept.
        blocks: What it takes, in blocks of 64 bytes: a number so small is no object of its own.
        table: The table in which a function finds it by its arguments, if it does.
        place: Its key there.
        kind0: The exact type of the first of those arguments.
        kind1: That of the second.
        kinds: Those of the others.
    """

    __slots__ = (
        "blocks",
        "copied",
        "deadline",
        "entry",
        "hits",
        "key",
        "kind0",
        "kind1",
        "kinds",
        "place",
        "seen",
        "shared",
        "table",
    )

    def __init__(self, key: bytes, entry: CacheEntry, blocks: int) -> None:
        self.key: bytes | None = key
        self.blocks = blocks
        self.hits = self.seen = 0.0
        self.table: Table | None = None
        self.place: Hashable = None
        self.kind0: type = object
        self.kind1: type = object
        self.kinds: tuple[type, ...] = ()
        self.hold(entry)

    def link(self, table: Table, place: Hashable, values: tuple[Any, ...]) -> None:
        """Let the calls with some values find it in a table."""
        self.hits, self.seen = 0.0, ASKED
        self.table, self.place = table, place
        self.expect(tuple(map(type, values)))
        table.entries[place] = self

    def expect(self, kinds: tuple[type, ...]) -> None:
        """Answer calls with values of these very types alone."""
        if kinds:
            self.kind0 = kinds[0]
            if len(kinds) > 1:
                self.kind1 = kinds[1]
                self.kinds = kinds[2:]

    def hold(self, entry: CacheEntry) -> None:
        """Take an entry, or another one in its place; its deadline is yet to be set."""
        self.deadline = PAST
        value = entry.value
        self.entry = entry
        self.shared: Any = value.live if value.copier is None else None
        self.copied = None if value.copier is None else value


def never(count: int) -> Kept:
    """What stands for an entry where there is none: it answers no call with so many values."""
    kept = Kept.__new__(Kept)
    kept.deadline = PAST
    kept.expect((object,) * count)
    return kept


class Table:
    """The entries that a function finds by the values of a call.

    Attributes:
        entries: They, by those values: the value if it is one, else a tuple.
        gone: The hits of those that are no longer there.
    """

    __slots__ = ("entries", "gone")

    def __init__(self) -> None:
        self.entries: dict[Any, Kept] = {}
        self.gone = 0

    def hits(self) -> int:
        """How many calls have found an entry here."""
        return self.gone + int(sum(kept.hits for kept in list(self.entries.values())))


def place_of(values: tuple[Any, ...]) -> Hashable:
    """What the values of a call are found by."""
    return values[0] if len(values) == 1 else values
