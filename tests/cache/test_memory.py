from __future__ import annotations

import gc
import logging
import threading
import tracemalloc
from typing import Any

import pytest

from directives.cache.entry import CacheEntry
from directives.cache.entry import expired_now
from directives.cache.entry import stale_now
from directives.cache.handlers.memory import MemoryHandler
from directives.cache.kept import Table
from directives.cache.life import PROFILES
from directives.cache.life import CacheLife
from directives.cache.value import CachedValue
from directives.runtime import runtime
from directives.testing import check_handler
from tests.cache.caching import TestClock
from tests.loading import Load


def entry(
    value: Any, created: float = 1_000_000.0, tags: tuple[str, ...] = (), life: CacheLife | None = None
) -> CacheEntry:
    return CacheEntry(CachedValue.of(value), created, life or PROFILES["default"], tags)


def test_it_is_a_store_as_the_protocol_wants_it() -> None:
    """The kit for stores finds nothing."""
    check_handler(lambda: MemoryHandler(50 << 20))


def test_it_is_bounded_in_bytes() -> None:
    """However much is set, what is held stays below the bound, and what was asked for since stays longest."""
    store = MemoryHandler(100_000)
    for number in range(1000):
        store.set(b"key %d" % number, entry("x" * 500))
        assert store.get(b"key 0") is not None
        assert store.stats().size <= 100_000
    stats = store.stats()
    assert 50 < stats.entries < 200
    assert stats.evictions == 1000 - stats.entries
    assert store.get(b"key 1") is None
    assert store.get(b"key 999") is not None


def test_an_item_too_large_is_skipped(caplog: pytest.LogCaptureFixture) -> None:
    """With a warning; what was under its key before is gone, and everything else stays."""
    store = MemoryHandler(10_000)
    store.set(b"a", entry(1))
    store.set(b"b", entry(2))
    with caplog.at_level(logging.WARNING, "directives.cache"):
        store.set(b"b", entry("x" * 20_000))
    assert "is not kept" in caplog.text
    assert (store.get(b"a") is not None, store.get(b"b")) == (True, None)


def test_size_zero_turns_it_off() -> None:
    """Nothing is kept, and nobody is warned."""
    store = MemoryHandler(0)
    store.set(b"a", entry(1))
    assert store.get(b"a") is None
    assert store.stats().entries == 0


def test_replacing_counts_once() -> None:
    """The size is that of what is there."""
    store = MemoryHandler(1 << 20)
    store.set(b"a", entry(1))
    small = store.stats()
    store.set(b"a", entry("x" * 10_000))
    assert store.stats().size > small.size + 9_000
    store.set(b"a", entry(1))
    assert store.stats() == small
    store.delete(b"a")
    assert (store.stats().entries, store.stats().size) == (0, 0)


def test_entries_that_come_and_go_leave_nothing_behind() -> None:
    """Deleting does not wait for an eviction to let go."""
    store = MemoryHandler(50 << 20)
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(2000):
            store.set(b"%d" % number, entry("x" * 1000, tags=(f"tag {number}",)))
            store.delete(b"%d" % number)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < 200_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("calls", "parameters", "most"),
    [(1, "n", 500), (2, "n", 500), (2, "n, page=1", 600), (2, "page=1, *, n", 800)],
)
def test_what_it_counts_is_what_it_takes(load: Load, calls: int, parameters: str, most: int) -> None:
    """For small entries, asked for again or not, within a third of what is allocated; the least of them 500 bytes."""
    f = load(f"def f({parameters}):\n    'use cache'\n    return n").f
    handler = runtime.caches.store("default").handler
    f(n=-1)
    before = handler.stats().size
    gc.collect()
    tracemalloc.start()
    try:
        for number in range(3000 * calls):
            f(n=number // calls + 1000)
        gc.collect()
        allocated = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert allocated / 3000 < most
    assert handler.stats().size - before == pytest.approx(allocated, rel=0.34)


def make_kept(clock: TestClock, tags: tuple[str, ...] = ()) -> tuple[MemoryHandler, Table]:
    store, table = MemoryHandler(1 << 20, clock), Table()
    store.set(b"a", entry(1, tags=tags, life=CacheLife(30, 10, 20)))
    store.link(store.kept[b"a"], table, ("x", 1), 80)
    return store, table


def test_a_linked_entry_is_fresh_until_it_has_to_be_computed_anew() -> None:
    """The deadline is when it becomes stale, by the monotonic clock."""
    clock = TestClock()
    _, table = make_kept(clock)
    assert table.entries[1]["x"].deadline == clock.monotonic() + 10


@pytest.mark.parametrize("mark", [expired_now(1_000_000.0), stale_now(1_000_000.0, 100)])
def test_a_mark_on_a_tag_reaches_what_is_found_by_arguments(mark: Any) -> None:
    """Before the next call; an entry begun before the mark and set after it is not fresh either."""
    clock = TestClock()
    store, table = make_kept(clock, ("stock",))
    store.mark_tags(["stock"], mark)
    kept = table.entries[1]["x"]
    assert kept.deadline < clock.monotonic()
    store.set(b"a", entry(2, tags=("stock",)))
    assert kept.deadline < clock.monotonic()
    store.set(b"a", entry(3, created=1_000_001.0, tags=("stock",)))
    assert (kept.shared, kept.deadline > clock.monotonic()) == (3, True)


def test_what_is_gone_is_not_found_by_arguments() -> None:
    """Deleting and clearing empty the tables; what was counted there stays counted."""
    store, table = make_kept(TestClock())
    table.entries[1]["x"].hits += 3
    store.delete(b"a")
    assert (table.entries, table.hits()) == ({}, 3)
    store, table = make_kept(TestClock())
    store.clear()
    assert table.entries == {}


def test_what_is_found_by_two_arguments() -> None:
    """By each pair its own entry, whatever it shares with others; what leads to none of them goes, with what it took."""
    store, table = MemoryHandler(1 << 20), Table()
    pairs = [(first, second) for second in ("en", "fr") for first in range(3)]
    for number in range(6):
        store.set(b"%d" % number, entry(number))
    bare = store.stats().size
    for number, pair in enumerate(pairs):
        store.link(store.kept[b"%d" % number], table, pair, 0)
    assert [table.entries[second][first].shared for first, second in pairs] == list(range(6))
    one, other = store.kept[b"1"], store.kept[b"2"]
    one.hits, other.hits = 2.0, 3.0
    assert (table.hits(), store.stats().size > bare) == (5, True)
    for number in range(3):
        store.delete(b"%d" % number)
    assert (list(table.entries), table.hits()) == (["fr"], 5)
    for number in range(3, 6):
        store.delete(b"%d" % number)
    assert (table.entries, store.stats().size) == ({}, 0)


def test_a_place_that_is_taken_stays_with_its_entry() -> None:
    """``True`` equals ``1``, and so do the places of two calls: the second one is found by its key alone."""
    store, table = MemoryHandler(1 << 20), Table()
    for key, pair in (b"a", (1, "x")), (b"b", (True, "x")):
        store.set(key, entry(key.decode()))
        store.link(store.kept[key], table, pair, 0)
    assert (table.entries["x"][True].shared, store.kept[b"b"].table) == ("a", None)
    store.delete(b"b")
    assert table.entries["x"][1].shared == "a"


def test_eviction_reaches_the_tables(load: Load) -> None:
    """A function whose entries were evicted runs again, and holds no more than the store does."""
    runtime.configure(cache_max_memory_size=50_000)
    module = load("runs = []\ndef f(n):\n    'use cache'\n    runs.append(n)\n    return 'x' * 100")
    for number in range(1_000):
        module.f(number // 2)
    entries = module.f.__globals__["table_"]
    assert 0 < len(entries) <= runtime.caches.store("default").handler.stats().entries < 150
    module.f(0)
    assert module.runs[-1] == 0


def test_a_store_that_is_turned_off_runs_each_time(load: Load) -> None:
    """And one that is put in its place is used at once, with nothing of the old one left."""
    module = load("runs = []\ndef f(n):\n    'use cache'\n    runs.append(n)\n    return n")
    module.f(1), module.f(1)
    runtime.configure(cache_max_memory_size=0)
    module.f(1), module.f(1)
    assert module.runs == [1, 1, 1]
    runtime.caches.use("default", MemoryHandler(1 << 20))
    module.f(1), module.f(1)
    assert module.runs == [1, 1, 1, 1]
    runtime.caches.use("default", MemoryHandler(1 << 20))
    module.f(1)
    assert module.runs == [1, 1, 1, 1, 1]


@pytest.mark.parametrize("more", [(), ("x",), ("x", 1)])
def test_many_threads_at_once(more: tuple[Any, ...]) -> None:
    """Setting, linking, marking and evicting together: nothing raises and the count of bytes stays right."""
    store, table = MemoryHandler(60_000), Table()
    faults: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            for step in range(400):
                number = (step * 7 + seed * 13) % 100
                store.set(b"%d" % number, entry(number, tags=(f"t{number % 3}",)))
                kept = store.kept.get(b"%d" % number)
                if kept is not None:
                    store.link(kept, table, (number, *more), 28)
                if step % 50 == 0:
                    store.mark_tags([f"t{seed % 3}"], expired_now(1_000_000.0))
                if step % 9 == 0:
                    store.delete(b"%d" % number)
                store.get(b"%d" % number)
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    store.clear()
    assert (store.stats().size, store.stats().entries, table.entries) == (0, 0, {})


def test_sizes_by_the_beginning_of_keys() -> None:
    """What entries take, for those whose keys begin alike; together that is all there is."""
    store = MemoryHandler(1 << 20)
    for key in (b"tea 1", b"tea 2", b"cup 1"):
        store.set(key, entry(key))
    sizes = store.sizes(3)
    assert {owner: size.entries for owner, size in sizes.items()} == {b"tea": 2, b"cup": 1}
    assert sum(size.size for size in sizes.values()) == store.stats().size
