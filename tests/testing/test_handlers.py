"""The checks of stores: a right one passes, and each kind of wrong one is told what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from directives.cache.entry import CacheEntry
from directives.cache.entry import Found
from directives.cache.entry import TagMark
from directives.cache.handlers.memory import MemoryHandler
from directives.cache.life import PROFILES
from directives.testing import check_handler
from tests.cache.shared import AsyncSharedHandler
from tests.cache.shared import SharedHandler


def test_stores_that_are_right() -> None:
    """The store in memory passes, and one with leases and for event loops."""
    check_handler(lambda: MemoryHandler(50 << 20))
    check_handler(SharedHandler)


class Forgets(SharedHandler):
    """Keeps nothing."""

    def set(self, key: bytes, entry: CacheEntry, /) -> None:
        pass


class Truncates(SharedHandler):
    """Looks at the beginning of a key only."""

    def get(self, key: bytes, soft_tags: Any = (), /) -> Found | None:
        return super().get(key[:16], soft_tags)

    def set(self, key: bytes, entry: CacheEntry, /) -> None:
        super().set(key[:16], entry)

    def delete(self, key: bytes, /) -> None:
        super().delete(key[:16])


class Judges(SharedHandler):
    """Drops what is stale."""

    def get(self, key: bytes, soft_tags: Any = (), /) -> Found | None:
        found = super().get(key, soft_tags)
        return None if found is not None and found.is_stale(self.now()) else found


class ForgetsMarks(SharedHandler):
    """Forgets the marks with the entry."""

    def delete(self, key: bytes, /) -> None:
        super().delete(key)
        self.marks.clear()


class LastMarkOnly(SharedHandler):
    """Keeps the last mark on a tag, not all of them together."""

    def mark_tags(self, tags: Any, mark: TagMark, /) -> None:
        for tag in tags:
            self.marks[tag] = mark


class NoSoftTags(SharedHandler):
    """Does not look at soft tags."""

    def get(self, key: bytes, soft_tags: Any = (), /) -> Found | None:
        return super().get(key)


class OneLife(SharedHandler):
    """Gives each entry the same life."""

    def set(self, key: bytes, entry: CacheEntry, /) -> None:
        super().set(key, CacheEntry(entry.value, entry.created, PROFILES["days"], entry.tags))


class RoundsTime(SharedHandler):
    """Keeps whole seconds."""

    def set(self, key: bytes, entry: CacheEntry, /) -> None:
        super().set(key, CacheEntry(entry.value, float(int(entry.created)) + 0.5, entry.life, entry.tags))


class OwnClock(SharedHandler):
    """Counts time in something else."""

    def now(self) -> float:
        return 0


class RaisesForNothing(SharedHandler):
    """Raises for what is not there."""

    def get(self, key: bytes, soft_tags: Any = (), /) -> Found | None:
        found = super().get(key, soft_tags)
        if found is None:
            raise KeyError(key)
        return found


class ListOfTags(SharedHandler):
    """Gives tags as another type than they came."""

    def get(self, key: bytes, soft_tags: Any = (), /) -> Found | None:
        found = super().get(key, soft_tags)
        return found and found._replace(entry=found.entry._replace(tags=list(found.entry.tags)))  # type: ignore[arg-type]


class AnybodyReleases(SharedHandler):
    """Releases a lease for whoever asks."""

    def release(self, key: bytes, token: str, /) -> None:
        with self.changed:
            self.leases.pop(key, None)
            self.changed.notify_all()


class NobodyInherits(SharedHandler):
    """Never takes a lease from a holder that has died."""

    def acquire(self, key: bytes, seconds: float, /) -> str | None:
        return super().acquire(key, 1e9)


class NeverWaits(SharedHandler):
    """Returns from wait() at once."""

    def wait(self, key: bytes, seconds: float, /) -> None:
        pass


class Aside(SharedHandler):
    """Has other entries for event loops."""

    @property
    def asynchronous(self) -> AsyncSharedHandler:
        return AsyncSharedHandler(SharedHandler())


@pytest.mark.parametrize(
    ("handler", "says"),
    [
        (Forgets, "gives a Found for what was just set"),
        (Truncates, "keys are bytes|threads|Found"),
        (Judges, "not dropped before|stale"),
        (ForgetsMarks, "does not delete the marks"),
        (LastMarkOnly, "does not undo an earlier one"),
        (NoSoftTags, "soft tags it is asked with"),
        (OneLife, "keeps its life"),
        (RoundsTime, "to the last digit"),
        (OwnClock, "now\\(\\) gives a float"),
        (
            RaisesForNothing,
            "raises only when it cannot answer; RaisesForNothing raised KeyError: b'key of a check'",
        ),
        (ListOfTags, "an entry's tags are a tuple"),
        (AnybodyReleases, "stranger's token releases nothing"),
        (NobodyInherits, "its holder may have died"),
        (NeverWaits, "waits for who holds the lease"),
        (Aside, "what is set is seen by all"),
    ],
)
def test_stores_that_are_wrong(handler: type[SharedHandler], says: str) -> None:
    """The promise that is broken is named."""
    with pytest.raises(AssertionError, match=says):
        check_handler(handler)


def test_methods_that_are_none() -> None:
    """What is no store at all is told what it lacks, and one for event loops alone where its methods belong."""

    class Awaited(SharedHandler):
        async def get(self, key: bytes, soft_tags: Any = (), /) -> Found | None:  # type: ignore[override]
            return super().get(key, soft_tags)

    with pytest.raises(AssertionError, match="object lacks a method of CacheHandler: now, get, set, "):
        check_handler(object)  # type: ignore[arg-type]
    with pytest.raises(
        AssertionError, match="have to be awaited: get; those are for its property asynchronous"
    ):
        check_handler(Awaited)  # type: ignore[arg-type]


def test_marks_that_end_with_the_process() -> None:
    """Entries that live on without the marks that took them would be served again."""
    disk: dict[bytes, CacheEntry] = {}

    class ForgetsMarksAtTheEnd(SharedHandler):
        def __init__(self) -> None:
            super().__init__()
            self.entries = disk

    with pytest.raises(AssertionError, match="a mark lives as long as the entries"):
        check_handler(ForgetsMarksAtTheEnd)
