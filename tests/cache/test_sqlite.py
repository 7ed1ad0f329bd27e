"""The SQLite store in one process: what it keeps, what makes way, and who waits."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import sqlite3
import stat
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from directives.cache.entry import TagMark
from directives.cache.entry import expired_now
from directives.cache.handler import HasAsync
from directives.cache.handler import SharedCacheHandler
from directives.cache.handlers.sqlite import SqliteHandler
from directives.cache.life import CacheLife
from directives.errors import StoreError
from directives.testing import check_handler
from tests.cache.sqlite_stores import entry
from tests.cache.sqlite_stores import sql
from tests.cache.sqlite_stores import store
from tests.cache.sqlite_stores import value_of


def test_the_conformance_kit(tmp_path: Path) -> None:
    """It keeps all promises of a store that processes share, on an event loop too."""
    check_handler(lambda: SqliteHandler(tmp_path / "cache.db", timeout=5.0))


def test_entries_survive_the_process(tmp_path: Path) -> None:
    """What one store kept, another finds in the same file: value, times and tags."""
    kept = entry({"left": [1, 2]}, tags=("stock", "\udc80größe\0"))
    with store(tmp_path / "new" / "cache.db") as first:
        first.set(b"\x00key", kept)
    with store(tmp_path / "new" / "cache.db") as second:
        found = second.get(b"\x00key")
    assert found is not None
    assert (found.entry.created, found.entry.life, found.entry.tags) == (kept.created, kept.life, kept.tags)
    assert found.entry.value.copy() == {"left": [1, 2]}
    assert isinstance(second, SharedCacheHandler)
    assert isinstance(second, HasAsync)


def test_only_the_owner_may_read(tmp_path: Path) -> None:
    """The folder, the file and what SQLite puts beside it are private."""
    with store(tmp_path / "made" / "cache.db") as handler:
        handler.set(b"k", entry())
        modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "made").iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "made").stat().st_mode) == 0o700


def test_a_file_that_a_group_shares(tmp_path: Path) -> None:
    """What was made for several users stays theirs, with all that lies beside it, after damage too."""
    path = tmp_path / "cache.db"
    path.touch()
    path.chmod(0o660)
    for _ in range(2):
        with store(path) as handler:
            handler.set(b"k", entry())
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in tmp_path.glob("cache.db*")}
        assert set(modes.values()) == {0o660}, modes
        path.write_bytes(b"damaged" * 1000)
        with store(path) as handler:
            assert handler.get(b"k") is None


def test_marks_are_seen_by_others_at_once(tmp_path: Path) -> None:
    """The very next look of another user of the file sees an invalidation, those of soft tags too."""
    with store(tmp_path / "cache.db") as here, store(tmp_path / "cache.db") as there:
        here.set(b"k", entry(tags=("stock", "price")))
        assert there.get(b"k", ["page"]).marks == []
        for number, tag in enumerate(["stock", "page", "stock"], 1):
            here.mark_tags([tag, "other"], expired_now(1000.0 + number))
            assert max(mark.expired for mark in there.get(b"k", ["page"]).marks) == 1000.0 + number
        assert there.get(b"k", ["page"]).is_gone(1001.0)


def test_marks_merge(tmp_path: Path) -> None:
    """A later mark brings nothing back that an earlier one took."""
    with store(tmp_path / "cache.db") as handler:
        handler.set(b"k", entry(tags=("stock",)))
        handler.mark_tags(["stock"], TagMark(expired=500))
        handler.mark_tags(["stock"], TagMark(stale=800, due=900))
        assert handler.get(b"k").marks == [TagMark(500, 800, 900)]


def test_a_full_store_gives_up_what_was_not_used(tmp_path: Path) -> None:
    """The bound holds, in the file too; what is asked for stays while older and newer entries go."""
    with store(tmp_path / "cache.db", size=200_000) as handler:
        handler.set(b"hot", entry("hot"))
        for number in range(1_000):
            handler.set(b"%d" % number, entry(b"x" * 900))
            assert value_of(handler, b"hot") == "hot"
        stats = handler.stats()
        assert stats.size <= 200_000
        assert stats.entries > 150
        assert stats.entries + stats.evictions == 1_001
        assert value_of(handler, b"999") == b"x" * 900
        assert value_of(handler, b"1") is None
    assert (tmp_path / "cache.db").stat().st_size < 400_000


def test_what_others_use_stays_too(tmp_path: Path) -> None:
    """A process that only reads still has its uses written down, without a write for each."""
    with store(tmp_path / "cache.db", size=200_000) as writer, store(tmp_path / "cache.db") as reader:
        writer.set(b"hot", entry("hot"))
        for number in range(500):
            writer.set(b"%d" % number, entry(b"x" * 900))
            if number % 50 == 0:
                reader._touch_at = -math.inf
            assert value_of(reader, b"hot") == "hot"


def test_a_result_that_never_fits_is_not_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is left out with a warning, and so is what it would have replaced."""
    with store(tmp_path / "cache.db", size=10_000) as handler:
        handler.set(b"k", entry())
        handler.set(b"k", entry(b"x" * 10_000))
        assert handler.get(b"k") is None
    assert "too large" in caplog.text


def test_expired_rows_are_removed(tmp_path: Path) -> None:
    """An entry whose life is over leaves the file when others come."""
    with store(tmp_path / "cache.db") as handler:
        handler.set(b"short", entry(life=CacheLife(1, 1, 1)))
        handler.set(b"other", entry())
        assert sql(tmp_path / "cache.db", "SELECT key FROM entries") == [(b"other",)]
        assert handler.stats().entries == 1


def test_sizes_by_the_beginning_of_keys(tmp_path: Path) -> None:
    """What entries take, for those whose keys begin alike; together that is all there is."""
    with store(tmp_path / "cache.db") as handler:
        for key in (b"tea 1", b"tea 2", b"cup 1"):
            handler.set(key, entry(key))
        sizes = handler.sizes(3)
        assert {owner: size.entries for owner, size in sizes.items()} == {b"tea": 2, b"cup": 1}
        assert sum(size.size for size in sizes.values()) == handler.stats().size


def test_delete_and_clear(tmp_path: Path) -> None:
    """Nothing is left: entries, marks and leases."""
    with store(tmp_path / "cache.db") as handler:
        for key in (b"a", b"b", b"c"):
            handler.set(key, entry(tags=("stock",)))
        handler.delete(b"a")
        assert handler.get(b"a") is None
        assert handler.acquire(b"b", 60)
        handler.clear()
        assert handler.get(b"b") is None
        assert handler.acquire(b"b", 60)
        assert (handler.stats().entries, handler.stats().size) == (0, 0)


def test_leases(tmp_path: Path) -> None:
    """One holder at a time, until it is given back or has run out."""
    with store(tmp_path / "cache.db") as here, store(tmp_path / "cache.db") as there:
        token = here.acquire(b"k", 60)
        assert token
        assert there.acquire(b"k", 60) is None
        assert there.acquire(b"another", 60)
        assert here.extend(b"k", token, 0.05)
        there.wait(b"k", 5)
        successor = there.acquire(b"k", 60)
        assert successor
        assert not here.extend(b"k", token, 60)
        here.release(b"k", token)
        assert here.acquire(b"k", 60) is None
        there.release(b"k", successor)
        assert here.acquire(b"k", 60)


def test_waiting_ends_when_the_lease_is_given_back(tmp_path: Path) -> None:
    """A waiter goes on soon after the release, and after its own limit at the latest."""
    with store(tmp_path / "cache.db") as handler:
        token = handler.acquire(b"k", 60)
        assert token
        start = time.monotonic()
        handler.wait(b"k", 0.1)
        assert 0.09 < time.monotonic() - start < 5
        timer = threading.Timer(0.1, handler.release, (b"k", token))
        timer.start()
        handler.wait(b"k", 60)
        timer.join()
        assert time.monotonic() - start < 10


def test_a_loop_goes_on_while_a_task_waits(tmp_path: Path) -> None:
    """On an event loop the same store suspends instead of blocking."""

    async def main() -> list[str]:
        shared = handler.asynchronous
        order: list[str] = []
        token = await shared.acquire(b"k", 60)
        assert token
        assert await shared.acquire(b"k", 60) is None

        async def waiter() -> None:
            await shared.wait(b"k", 60)
            order.append("woken")

        task = asyncio.create_task(waiter())
        await shared.set(b"k", entry("kept", tags=("stock",)))
        await shared.mark_tags(["stock"], expired_now(5.0))
        found = await shared.get(b"k")
        assert found is not None
        assert found.marks == [TagMark(expired=5.0)]
        assert await shared.extend(b"k", token, 60)
        order.append("released")
        await shared.release(b"k", token)
        await task
        return order

    with store(tmp_path / "cache.db") as handler:
        assert asyncio.run(main()) == ["released", "woken"]


def test_a_busy_file_is_given_up_in_time(tmp_path: Path) -> None:
    """While another writes for too long, writing raises within its limit and reading goes on."""
    with store(tmp_path / "cache.db", timeout=0.05) as handler:
        handler.set(b"k", entry())
        with closing(sqlite3.connect(tmp_path / "cache.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            start = time.monotonic()
            with pytest.raises(StoreError, match=r"cache\.db: database is locked"):
                handler.set(b"k", entry("new"))
            assert time.monotonic() - start < 2
            assert value_of(handler, b"k") == "value"
            assert handler.stats().errors == 1
        handler.set(b"k", entry("new"))
        assert value_of(handler, b"k") == "new"


def test_threads_share_a_store(tmp_path: Path) -> None:
    """Many threads at once read whole entries and lose no write."""
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(30):
                handler.set(b"%d" % number, entry([number, turn]))
                assert value_of(handler, b"%d" % number) == [number, turn]
                assert value_of(handler, b"%d" % (turn % 8)) in (None, *([turn % 8, i] for i in range(30)))
        except BaseException as error:
            errors.append(error)

    with store(tmp_path / "cache.db", timeout=5.0) as handler:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert errors == []
        assert handler.stats().entries == 8


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
@pytest.mark.filterwarnings(
    "ignore:This process:DeprecationWarning"
)  # a fork beside threads is what is tested
def test_a_store_goes_through_a_fork(tmp_path: Path) -> None:
    """Both sides go on with connections of their own, though threads were reading at that moment."""
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            assert value_of(handler, b"k") is not None

    with store(tmp_path / "cache.db") as handler:
        handler.set(b"k", entry())
        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        for number in range(5):
            child = os.fork()
            if child == 0:
                handler.set(b"child", entry(number))
                os._exit(0 if value_of(handler, b"k") == "value" else 1)
            assert os.waitpid(child, 0)[1] == 0
            assert value_of(handler, b"child") == number
        stop.set()
        for reader in readers:
            reader.join()


def test_nothing_secret_in_the_repr(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A store shows where it is; using it logs nothing."""
    caplog.set_level(logging.DEBUG)
    with store(tmp_path / "cache.db") as handler:
        handler.set(b"k", entry())
        assert repr(handler) == f"<SqliteHandler {tmp_path / 'cache.db'}>"
    assert caplog.records == []


def test_decoded_entries_are_those_of_the_file(tmp_path: Path) -> None:
    """What this process decoded is used only while nobody has replaced, removed or marked it; a copy is the caller's own."""
    with store(tmp_path / "cache.db") as here, store(tmp_path / "cache.db") as there:
        here.set(b"k", entry([1], tags=("stock",)))
        for _ in range(4):
            found = here.get(b"k")
            assert found is not None
            taken = found.entry.value.copy()
            assert taken == [1]
            taken.append("changed")
        there.set(b"k", entry([2]))
        assert [value_of(here, b"k") for _ in range(3)] == [[2]] * 3
        there.delete(b"k")
        assert here.get(b"k") is None


@pytest.mark.parametrize("near", [0, 20_000])
def test_decoded_entries_are_bounded(tmp_path: Path, near: int) -> None:
    """Beyond the bound the oldest make way, and a large one is not kept; all are still found."""
    with store(tmp_path / "cache.db", near=near) as handler:
        for number in range(50):
            handler.set(b"%d" % number, entry(["x" * 900, number]))
        handler.set(b"large", entry("y" * 10_000))
        for _ in range(3):
            assert [value_of(handler, b"%d" % number) for number in range(50)] == [
                ["x" * 900, number] for number in range(50)
            ]
            assert value_of(handler, b"large") == "y" * 10_000
        kept = handler._decoded._kept
        assert sum(each.size for each in kept.values()) == handler._decoded._size <= near
        assert bool(kept) is bool(near)
        assert b"large" not in kept
