"""Entries that a process keeps near: never one that has changed, never more than they may take."""

from __future__ import annotations

from directives.cache.entry import CacheEntry
from directives.cache.entry import Found
from directives.cache.handlers.redis.near import OVERHEAD
from directives.cache.handlers.redis.near import REMEMBERED
from directives.cache.handlers.redis.near import Kept
from directives.cache.handlers.redis.near import Near
from directives.cache.life import PROFILES
from directives.cache.value import CachedValue


def kept(*names: bytes, soft_tags: tuple[str, ...] = (), length: int = 0) -> Kept:
    """An entry that was read from some names."""
    entry = CacheEntry(CachedValue.of(names), 1.0, PROFILES["hours"])
    return Kept(Found(entry), soft_tags, names, length)


def near(most: int = 1 << 20) -> Near:
    """A table that is told of changes."""
    table = Near(most)
    table.start()
    return table


def test_what_was_read_is_found_again():
    """Asked for with the same soft tags."""
    table = near()
    entry = kept(b"entry", b"mark", soft_tags=("path",))
    table.put(b"key", entry, table.ticket())
    assert table.get(b"key", ("path",)) is entry.found
    assert table.get(b"key", ()) is None
    assert table.get(b"another", ("path",)) is None


def test_a_change_of_any_name_takes_the_entry_away():
    """The entry itself, or the mark of one of its tags; others stay."""
    for changed in (b"one", b"tag"):
        table = near()
        table.put(b"1", kept(b"one", b"tag"), table.ticket())
        table.put(b"2", kept(b"two"), table.ticket())
        table.drop([changed])
        assert table.get(b"1", ()) is None
        assert table.get(b"2", ()) is not None


def test_a_change_during_a_read_makes_its_result_worthless():
    """Whichever of its names it was, and also if the change was told before the tags were known."""
    table = near()
    ticket = table.ticket()
    table.drop([b"tag"])
    table.put(b"1", kept(b"one", b"tag"), ticket)
    table.put(b"2", kept(b"two"), ticket)
    assert table.get(b"1", ()) is None
    assert table.get(b"2", ()) is not None
    table.put(b"1", kept(b"one", b"tag"), table.ticket())
    assert table.get(b"1", ()) is not None


def test_a_read_that_took_too_long_is_not_kept():
    """More has changed since it began than is remembered."""
    table = near()
    ticket = table.ticket()
    table.drop([b"%d" % number for number in range(REMEMBERED + 1)])
    table.put(b"1", kept(b"one"), ticket)
    assert table.get(b"1", ()) is None


def test_nothing_is_kept_while_nobody_tells_of_changes():
    """Nor what was read before somebody did."""
    table = Near(1 << 20)
    ticket = table.ticket()
    table.put(b"key", kept(b"entry"), ticket)
    table.start()
    table.put(b"key", kept(b"entry"), ticket)
    assert table.get(b"key", ()) is None
    table.put(b"key", kept(b"entry"), table.ticket())
    assert table.get(b"key", ()) is not None
    table.stop()
    assert table.get(b"key", ()) is None


def test_it_is_bounded_and_gives_up_what_nobody_asks_for():
    """What was asked for since it was last passed over stays; what is too large is not taken."""
    table = near(10 * (OVERHEAD + 100))
    for number in range(10):
        table.put(b"%d" % number, kept(b"%d" % number, length=100), table.ticket())
    assert table.get(b"0", ()) is not None
    table.put(b"new", kept(b"new", length=100), table.ticket())
    present = [number for number in range(10) if table.get(b"%d" % number, ()) is not None]
    assert present == [0, 2, 3, 4, 5, 6, 7, 8, 9]
    table.put(b"large", kept(b"large", length=11 * (OVERHEAD + 100)), table.ticket())
    assert table.get(b"large", ()) is None
    assert table.get(b"new", ()) is not None


def test_an_entry_that_is_read_again_replaces_the_old_one():
    """Its names are those of the new one."""
    table = near()
    table.put(b"key", kept(b"entry", b"old"), table.ticket())
    newer = kept(b"entry", b"new")
    table.put(b"key", newer, table.ticket())
    table.drop([b"old"])
    assert table.get(b"key", ()) is newer.found
    table.drop([b"new"])
    assert table.get(b"key", ()) is None
