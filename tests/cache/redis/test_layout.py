"""The bytes of the store: what somebody else wrote, or what was damaged, is not found."""

from __future__ import annotations

import math
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from directives.cache.entry import CacheEntry
from directives.cache.entry import TagMark
from directives.cache.handlers.redis.layout import NO_TIMES
from directives.cache.handlers.redis.layout import Layout
from directives.cache.handlers.redis.layout import new_seal
from directives.cache.handlers.redis.layout import pack_mark
from directives.cache.handlers.redis.layout import read_marks
from directives.cache.life import PROFILES
from directives.cache.value import CachedValue

KEY = b"key\x00"
ENTRY = CacheEntry(CachedValue.of({"left": [1, 2]}), 100.0, PROFILES["default"], ("stock", "größe"))


def written(layout: Layout, key: bytes = KEY, entry: CacheEntry = ENTRY) -> bytes:
    """An entry as a script writes it."""
    head, tail = layout.envelope(key, entry)
    return head + b"12345678" * len(entry.tags) + tail


def test_an_entry_is_found_as_it_was_written():
    """With the seals of its tags, also when it is opened by what is known of it."""
    layout = Layout("shop")
    first = layout.open(KEY, written(layout))
    assert first is not None
    again = layout.open(KEY, written(layout), first.known)
    assert again is not None
    assert again.known is first.known
    for sealed in (first, again):
        assert (sealed.entry.created, sealed.entry.life, sealed.entry.tags) == (
            100.0,
            PROFILES["default"],
            ENTRY.tags,
        )
        assert sealed.entry.value.copy() == {"left": [1, 2]}
        assert sealed.known.seals == b"12345678" * 2


@given(st.data())
def test_a_changed_byte_hides_an_entry(data: st.DataObject):
    """Whichever it is, except in a seal, which fits no mark then; also if the entry was known."""
    layout = Layout("shop")
    whole = written(layout)
    known = layout.open(KEY, whole).known
    place = data.draw(st.integers(0, len(whole) - 1))
    change = data.draw(st.integers(1, 255))
    damaged = bytearray(whole)
    damaged[place] ^= change
    for remembered in (None, known):
        sealed = layout.open(KEY, bytes(damaged), remembered)
        assert sealed is None or sealed.known.seals != known.seals


@given(
    st.binary(max_size=200) | st.binary(max_size=80).map(lambda tail: written(Layout("shop"))[:-10] + tail)
)
def test_foreign_bytes_are_no_entry(data: bytes):
    """Whatever somebody writes under a key, nothing is raised."""
    assert Layout("shop").open(KEY, data) is None or data == written(Layout("shop"))


def test_a_truncated_entry_is_none():
    """At whichever byte."""
    layout = Layout("shop")
    whole = written(layout)
    assert all(layout.open(KEY, whole[:length]) is None for length in range(len(whole)))


def test_an_entry_under_another_key_is_none():
    """Nobody answers a question with the answer to another one."""
    layout = Layout("shop")
    assert layout.open(b"other", written(layout)) is None


def test_signed_entries_are_found_by_who_has_the_key():
    """Unsigned ones, and those signed with another key, are not found, nor are signed ones without the key."""
    key, other = os.urandom(32), os.urandom(32)
    signed = written(Layout("shop", (key,)))
    for keys in ((key,), (other, key)):
        assert Layout("shop", keys).open(KEY, signed) is not None
    assert Layout("shop", (other,)).open(KEY, signed) is None
    assert Layout("shop").open(KEY, signed) is None
    assert Layout("shop", (key,)).open(KEY, written(Layout("shop"))) is None


def test_a_well_formed_envelope_of_garbage_is_none():
    """The checksum is right, and what it covers is no entry."""
    layout = Layout("shop")

    class Garbage:
        tags = ()

        def to_bytes(self) -> bytes:
            return b"\xff" * 40

    assert layout.open(KEY, written(layout, entry=Garbage())) is None


def test_names_of_keys_are_on_one_server_of_a_cluster():
    """All hold the prefix in braces; different kinds never meet."""
    layout = Layout("shop")
    names = {layout.entry(b"x"), layout.mark("x"), layout.lease(b"x"), layout.bell(b"x")}
    assert len(names) == 4
    assert all(name.startswith(b"{shop}:") for name in names)
    assert layout.mark("\ud800") != layout.mark("?")


def test_marks_come_back():
    """Those that say nothing are left out."""
    mark = TagMark(expired=1.5, stale=2.5, due=math.inf)
    assert read_marks([None, new_seal() + NO_TIMES, new_seal() + pack_mark(mark)]) == [mark]


@pytest.mark.parametrize(
    "data", [b"", b"x", b"12345678" + b"x" * 23, b"12345678" + pack_mark(TagMark(math.nan))]
)
def test_a_damaged_mark_is_no_mark(data: bytes):
    """What it said cannot be told, and so nothing that it concerns is served."""
    assert read_marks([data]) is None
