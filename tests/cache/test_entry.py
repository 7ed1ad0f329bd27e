"""Entries and the marks on tags."""

from __future__ import annotations

import math

import pytest

from directives.cache.entry import CacheEntry
from directives.cache.entry import Found
from directives.cache.entry import TagMark
from directives.cache.entry import expired_now
from directives.cache.entry import stale_now
from directives.cache.life import PROFILES
from directives.cache.life import CacheLife
from directives.cache.value import CachedValue
from directives.errors import DecodeError


def entry(created: float = 100.0, life: CacheLife = PROFILES["hours"]) -> CacheEntry:
    """An entry."""
    return CacheEntry(CachedValue.of({"left": [1, 2]}), created, life, ("stock", "größe"))


def test_an_entry_survives_as_bytes() -> None:
    """All of it comes back, a life without an end included."""
    again = CacheEntry.from_bytes(entry(life=PROFILES["default"]).to_bytes())
    assert (again.created, again.life, again.tags) == (100.0, PROFILES["default"], ("stock", "größe"))
    assert again.value.copy() == {"left": [1, 2]}


@pytest.mark.parametrize("cut", [0, 1, 10, -1])
def test_damaged_bytes_are_no_entry(cut: int) -> None:
    """A part of an entry is refused, whatever part it is."""
    with pytest.raises(DecodeError):
        CacheEntry.from_bytes(entry().to_bytes()[:cut])


def test_life_of_an_entry() -> None:
    """Fresh, then stale from revalidate on, then gone from expire on."""
    found = Found(entry())
    assert [found.is_stale(100 + age) for age in (0, 3_599, 3_600)] == [False, False, True]
    assert [found.is_gone(100 + age) for age in (0, 86_399, 86_400)] == [False, False, True]


def test_update_takes_what_began_before() -> None:
    """What began at the time of the mark or before is gone; what began later stays."""
    mark = expired_now(100)
    assert [Found(entry(created), [mark]).is_gone(101) for created in (99.0, 100.0, 100.5)] == [
        True,
        True,
        False,
    ]


def test_revalidate_dates_and_then_takes() -> None:
    """Stale at once, gone when the profile's expire has passed."""
    found = Found(entry(99.0), [stale_now(100, 60)])
    assert (found.is_stale(101), found.is_gone(159), found.is_gone(160)) == (True, False, True)
    assert not Found(entry(101.0), [stale_now(100, 60)]).is_stale(102)


def test_a_later_revalidate_brings_nothing_back() -> None:
    """Whatever one mark takes stays away when another comes, in any order."""
    mark = expired_now(100).merge(stale_now(200, 60), 200)
    assert mark.takes(100, 200)
    assert not mark.takes(150, 200)
    assert mark.takes(150, 260)
    mark = stale_now(100, 60).merge(stale_now(150, 600), 150)
    assert mark.takes(90, 160)
    mark = stale_now(100, 60).merge(stale_now(300, 600), 300)
    assert mark.takes(90, 300)
    assert not mark.takes(200, 300)
    assert mark.takes(200, 900)
    assert stale_now(100, math.inf).merge(expired_now(200), 200) == TagMark(200, 100, math.inf)
