"""What every store has to do, as checks that its author can run."""

from __future__ import annotations

import math
from collections.abc import Callable
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from inspect import iscoroutinefunction
from typing import Any

from directives.cache.entry import CacheEntry
from directives.cache.entry import Found
from directives.cache.entry import TagMark
from directives.cache.entry import expired_now
from directives.cache.entry import stale_now
from directives.cache.handler import CacheHandler
from directives.cache.handler import HandlerStats
from directives.cache.handler import HasAsync
from directives.cache.handler import SharedCacheHandler
from directives.cache.handlers import METHODS
from directives.cache.life import PROFILES
from directives.cache.life import CacheLife
from directives.cache.value import CachedValue

KEY = b"key of a check"
ODD_KEYS = (
    b"\0",
    b"\0\0",
    b"a",
    b"A",
    b"a\0",
    b"\xff" * 64,
    b"\xff" * 63,
    b"k" * 63 + b"k",
    b"k" * 63 + b"l",
    b"\r\n",
    b"%s{}*",
)
ODD_TAGS = (
    "größe",
    "a,b",
    "a b",
    "*",
    "%",
    "\N{SNOWMAN}",
    "_path:/",
    "x" * 256,
    "Tag",
    "tag",
    "a:b",
    "{a}",
    "\x7f",
)
VALUES: tuple[Any, ...] = (
    None,
    7,
    "größe",
    b"\0\xff" * 500_000,
    {"left": [1, (2, 3)], 4: {5.0}},
    "x" * 100_000,
)


def check_handler(make: Callable[[], CacheHandler]) -> None:
    """See that a store keeps all that ``CacheHandler`` promises, and the protocols beyond it that it has.

    Takes about a second.

    Args:
        make: Makes the store. It is called for each check; the check clears the store, uses it and closes it.

    Raises:
        AssertionError: It breaks a promise; says which one.
    """
    from directives.testing.asynchronous import check_asynchronous
    from directives.testing.leases import LEASES

    handler = make()
    _check_methods(handler)
    handler.close()
    leases = LEASES if isinstance(handler, SharedCacheHandler) else ()
    asynchronous = (check_asynchronous,) if isinstance(handler, HasAsync) else ()
    checks: list[Callable[[Any], None]] = [*CHECKS, *asynchronous, *leases]
    for check in checks:
        handler = make()
        handler.clear()
        try:
            check(handler)
        except AssertionError:
            raise
        except Exception as error:
            raise AssertionError(
                f"a store raises only when it cannot answer; {type(handler).__qualname__} raised "
                f"{type(error).__name__}: {error}"
            ) from error
        finally:
            handler.clear()
            handler.close()
    _made_again(make)


def _check_methods(handler: object) -> None:
    name = type(handler).__qualname__
    lacking = ", ".join(each for each in METHODS if not callable(getattr(handler, each, None)))
    assert not lacking, f"{name} lacks a method of CacheHandler: {lacking}"
    awaited = ", ".join(each for each in METHODS if iscoroutinefunction(getattr(handler, each)))
    assert not awaited, (
        f"{name} has methods that have to be awaited: {awaited}; those are for its property asynchronous (HasAsync)"
    )


def _made_again(make: Callable[[], CacheHandler]) -> None:
    """What lives on when the process ends has to live on together; a store that begins anew each time is right, too."""
    first = make()
    first.clear()
    first.set(KEY, entry_of(first, 1, ["t"], age=1))
    first.mark_tags(["t"], expired_now(first.now()))
    first.close()
    second = make()
    try:
        assert _is_gone(second), (
            "a mark lives as long as the entries that it took: a store that keeps entries when the process ends keeps marks"
        )
    finally:
        second.clear()
        second.close()


def entry_of(
    handler: CacheHandler,
    value: Any = None,
    tags: Sequence[str] = (),
    age: float = 0.0,
    life: CacheLife = PROFILES["hours"],
) -> CacheEntry:
    """An entry whose computation began ``age`` seconds ago."""
    return CacheEntry(CachedValue.of(value), handler.now() - age, life, tuple(tags))


def found_in(handler: CacheHandler, key: bytes = KEY, soft_tags: Sequence[str] = ()) -> Found:
    """What the store finds; it has to find something."""
    found = handler.get(key, soft_tags)
    assert type(found) is Found, f"get() gives a Found for what was just set, not {found!r}"
    return found


def _absent(handler: CacheHandler) -> None:
    assert handler.get(KEY) is None, "get() of a key that was never set is None"
    handler.delete(KEY)
    handler.mark_tags([], expired_now(handler.now()))


def _round_trip(handler: CacheHandler) -> None:
    for life in (PROFILES["hours"], PROFILES["default"]):
        for value in VALUES:
            entry = entry_of(handler, value, ["b", "a"], life=life)
            handler.set(KEY, entry)
            again = found_in(handler).entry
            assert again.value.copy() == value, "a value comes back as it was set"
            assert type(again.value.copy()) is type(value), "a value comes back with its type"
            assert again.created == entry.created, (
                "an entry keeps the time when it was begun, to the last digit"
            )
            assert again.life == life, "an entry keeps its life, one without an end too"
            assert type(again.tags) is tuple, f"an entry's tags are a tuple, not {again.tags!r}"
            assert set(again.tags) == {"a", "b"}, "an entry keeps its tags"


def _replace(handler: CacheHandler) -> None:
    handler.set(KEY, entry_of(handler, 1, ["old"]))
    handler.set(KEY, entry_of(handler, 2, ["new"], age=1))
    found = found_in(handler)
    assert (found.entry.value.copy(), set(found.entry.tags)) == (2, {"new"}), (
        "what is set later replaces, tags too"
    )
    handler.mark_tags(["old"], expired_now(handler.now()))
    assert not found_in(handler).is_gone(handler.now()), "a tag that was replaced takes nothing away"
    handler.delete(KEY)
    assert handler.get(KEY) is None, "what is deleted is not found"


def _keys(handler: CacheHandler) -> None:
    for number, key in enumerate(ODD_KEYS):
        handler.set(key, entry_of(handler, number))
    for number, key in enumerate(ODD_KEYS):
        assert found_in(handler, key).entry.value.copy() == number, (
            f"keys are bytes of any kind, such as {key!r}"
        )


def _tags(handler: CacheHandler) -> None:
    for tag in ODD_TAGS:
        handler.set(tag.encode()[:64], entry_of(handler, tag, [tag, "common"], age=1))
    for tag in ODD_TAGS:
        assert not found_in(handler, tag.encode()[:64]).is_gone(handler.now()), (
            f"only its own tags reach it: {tag!r}"
        )
        handler.mark_tags([tag], expired_now(handler.now()))
        assert _is_gone(handler, tag.encode()[:64]), f"a mark on a tag is seen by the next get(): {tag!r}"
    many = [f"tag {number}" for number in range(128)]
    handler.set(KEY, entry_of(handler, 1, many, age=1))
    handler.mark_tags(many[-1:], expired_now(handler.now()))
    assert _is_gone(handler), "an entry may have 128 tags, and each of them counts"


def _is_gone(handler: CacheHandler, key: bytes = KEY, soft_tags: Sequence[str] = ()) -> bool:
    """Whether an entry must not be served; a store may also have dropped it."""
    found = handler.get(key, soft_tags)
    return found is None or found.is_gone(handler.now())


def _several_tags(handler: CacheHandler) -> None:
    keys = [b"one", b"two", b"three"]
    for key in keys:
        handler.set(key, entry_of(handler, 1, [key.decode()], age=1))
    handler.mark_tags(["one", "two"], expired_now(handler.now()))
    assert [_is_gone(handler, key) for key in keys] == [True, True, False], (
        "mark_tags() marks all tags, and no other"
    )


def _marks_merge(handler: CacheHandler) -> None:
    now = handler.now()
    handler.set(KEY, entry_of(handler, 1, ["t"], age=10))
    handler.mark_tags(["t"], stale_now(now, 1000))
    found = found_in(handler)
    assert found.is_stale(now), "a stale mark is found with the entry"
    assert not found.is_gone(now), "what is stale is not gone before it is due"
    assert found.is_gone(now + 1000), "what is stale is gone when it is due"
    handler.mark_tags(["t"], expired_now(now - 20))
    assert not _is_gone(handler), "an expiry before the entry began does not touch it"
    assert found_in(handler).is_stale(now), "a later mark does not undo an earlier one"
    handler.mark_tags(["t"], expired_now(now))
    handler.mark_tags(["t"], expired_now(now - 20))
    handler.mark_tags(["t"], stale_now(now, math.inf))
    assert _is_gone(handler), "marks merge as TagMark.merge says: what one took away no other brings back"


def _marks_outlive_entries(handler: CacheHandler) -> None:
    began = entry_of(handler, 1, ["t"], age=1)
    handler.mark_tags(["t"], expired_now(handler.now()))
    handler.set(KEY, began)
    assert _is_gone(handler), "a mark takes an entry that was begun before it and set after it"
    handler.delete(KEY)
    handler.set(KEY, began)
    assert _is_gone(handler), "deleting an entry does not delete the marks on its tags"
    newer = CacheEntry(began.value, handler.now() + 1, began.life, began.tags)
    handler.set(KEY, newer)
    assert not _is_gone(handler), "a mark does not take what was begun after it"


def _soft_tags(handler: CacheHandler) -> None:
    handler.set(KEY, entry_of(handler, 1, ["t"], age=1))
    handler.mark_tags(["_path:/blog"], expired_now(handler.now()))
    assert not _is_gone(handler), "a tag that an entry does not have takes nothing away"
    assert not _is_gone(handler, KEY, ["_path:/"]), "nor does another soft tag"
    assert _is_gone(handler, KEY, ["_path:/", "_path:/blog"]), (
        "get() gives the marks of the soft tags it is asked with"
    )


def _expiry(handler: CacheHandler) -> None:
    handler.set(KEY, entry_of(handler, 1, age=7_200))
    assert not _is_gone(handler), "an entry is not dropped before it expires, however long it is stale"
    handler.set(KEY, entry_of(handler, 1, age=100, life=CacheLife(1, 1, 99)))
    assert _is_gone(handler), "an entry that has expired is not served"


def _clear(handler: CacheHandler) -> None:
    handler.set(KEY, entry_of(handler, 1, ["t"], age=1))
    handler.mark_tags(["t"], expired_now(handler.now()))
    handler.clear()
    assert handler.get(KEY) is None, "clear() forgets entries"
    handler.set(KEY, entry_of(handler, 1, ["t"], age=1))
    assert not _is_gone(handler), "clear() forgets marks"


def _stats(handler: CacheHandler) -> None:
    before = handler.stats()
    assert type(before) is HandlerStats, "stats() gives a HandlerStats"
    assert before.entries == 0, "a store that was cleared has no entries"
    for number in range(5):
        handler.set(b"%d" % number, entry_of(handler, "x" * 1000))
    after = handler.stats()
    assert after.entries == 5, "stats() counts the entries"
    assert after.size >= 0, "a size is not negative"


def _close(handler: CacheHandler) -> None:
    handler.close()
    handler.close()
    assert handler.get(KEY) is None, "a store can be used again after close()"


def _clock(handler: CacheHandler) -> None:
    first, second = handler.now(), handler.now()
    assert type(first) is float, "now() gives a float"
    assert second >= first - 0.5, "now() does not go back"


def _mark_of(mark: object) -> None:
    assert type(mark) is TagMark, f"Found.marks holds TagMark, not {mark!r}"


def _marks_are_marks(handler: CacheHandler) -> None:
    handler.set(KEY, entry_of(handler, 1, ["t", "u"]))
    handler.mark_tags(["t"], expired_now(1.0))
    for mark in found_in(handler, KEY, ["s"]).marks:
        _mark_of(mark)


def _threads(handler: CacheHandler) -> None:
    def work(thread: int) -> None:
        for turn in range(25):
            key = b"key %d" % (turn % 5)
            handler.set(key, entry_of(handler, [turn % 5] * 100, [f"tag {thread}"]))
            found = handler.get(key)
            if found is not None:
                assert found.entry.value.copy() == [turn % 5] * 100, "threads do not get each other's entries"
            handler.mark_tags([f"tag {thread}", "common"], expired_now(handler.now() - 100))

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(work, thread) for thread in range(8)]:
            future.result()


CHECKS: tuple[Callable[[CacheHandler], None], ...] = (
    _clock,
    _absent,
    _round_trip,
    _replace,
    _expiry,
    _keys,
    _tags,
    _several_tags,
    _marks_merge,
    _marks_outlive_entries,
    _marks_are_marks,
    _soft_tags,
    _clear,
    _stats,
    _close,
    _threads,
)
