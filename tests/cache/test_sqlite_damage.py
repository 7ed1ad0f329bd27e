"""The SQLite store and files that are damaged, foreign, gone, or written by somebody hostile."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from directives.cache.entry import CacheEntry
from directives.cache.entry import expired_now
from directives.cache.handler import CacheHandler
from directives.cache.handlers import open_handler
from directives.cache.handlers.sqlite import SqliteHandler
from directives.cache.handlers.sqlite.seals import Seals
from directives.cache.life import PROFILES
from directives.cache.value import CachedValue
from directives.errors import SettingsError
from directives.errors import StoreError
from tests.cache.sqlite_stores import entry
from tests.cache.sqlite_stores import sql
from tests.cache.sqlite_stores import store
from tests.cache.sqlite_stores import value_of


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with fifty entries, and nobody who has it open."""
    with store(tmp_path / "cache.db") as handler:
        for number in range(50):
            handler.set(b"%d" % number, entry(b"x" * 900, tags=("stock",)))
    return tmp_path / "cache.db"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entries SET data = substr(data, 1, 500) WHERE key = ?",
        "UPDATE entries SET data = data || x'00' WHERE key = ?",
        "UPDATE entries SET data = (SELECT data FROM entries WHERE id = 2), seal = (SELECT seal FROM entries "
        "WHERE id = 2) WHERE key = ?",
        "UPDATE entries SET data = 'text' WHERE key = ?",
        "UPDATE entries SET data = 7 WHERE key = ?",
        "UPDATE entries SET seal = 7 WHERE key = ?",
        "UPDATE entries SET seal = x'' WHERE key = ?",
    ],
)
def test_a_damaged_entry_is_a_miss(path: Path, change: str) -> None:
    """Cut, lengthened, another's or of another type: not found, counted, removed; the others stay."""
    sql(path, change, b"7")
    with store(path) as handler:
        assert handler.get(b"7") is None
        assert handler.stats().errors == 1
        assert value_of(handler, b"8") == b"x" * 900
    assert sql(path, "SELECT count(*) FROM entries WHERE key = ?", b"7") == [(0,)]
    assert not Path(f"{path}.damaged").exists()


@pytest.mark.parametrize("data", [b"", b"\xf6", b"\x81\x01", b"\xff" * 40, b"\xd8\x1b\x82\x67special\x80"])
def test_bytes_that_are_no_entry_are_a_miss(path: Path, data: bytes) -> None:
    """Somebody who can write to the file gets nothing decoded but entries."""
    sql(path, "UPDATE entries SET data = ?, seal = ? WHERE key = ?", data, Seals().make(b"7", data), b"7")
    with store(path) as handler:
        assert handler.get(b"7") is None
        assert handler.stats().errors == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE state SET generation = 'many'",
        "UPDATE state SET floor = 'low'",
        "DELETE FROM state",
        "DROP TABLE entries",
        "UPDATE entries SET used = 'long ago'",
        "UPDATE marks SET expired = 'never'",
    ],
)
def test_a_store_of_nonsense_is_begun_anew(path: Path, change: str, caplog: pytest.LogCaptureFixture) -> None:
    """What this program never writes is damage."""
    with store(path) as handler:
        handler.mark_tags(["stock"], expired_now(1.0))
    sql(path, change)
    with store(path) as handler:
        assert handler.get(b"7") is None
        handler.set(b"7", entry("new", created=handler.now() + 1))
        assert value_of(handler, b"7") == "new"
    assert "cache.db was damaged" in caplog.text


def test_a_result_that_is_none_is_a_miss(tmp_path: Path) -> None:
    """A well-made entry around nonsense is removed when its result is looked at."""
    with store(tmp_path / "cache.db") as handler:
        handler.set(b"k", CacheEntry(CachedValue.from_bytes(b"\xff\xff"), 1000.0, PROFILES["default"]))
        assert handler.get(b"k") is not None
        assert [handler.get(b"k"), handler.get(b"k")] == [None, None]
        assert (handler.stats().entries, handler.stats().errors) == (0, 1)


def overwrite(path: Path, offset: int, data: bytes) -> None:
    """Damage a file."""
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


@pytest.mark.parametrize(
    ("offset", "length"), [(0, 100), (16, 40), (100, 200), (4096, 4096), (0, 1 << 16), (8192, 1 << 15)]
)
def test_a_damaged_file_is_set_aside(
    path: Path, offset: int, length: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever is overwritten: nothing is raised, nothing wrong is found, and entries are kept again."""
    overwrite(path, offset, b"\xa5" * length)
    with store(path) as handler:
        for number in range(50):
            assert value_of(handler, b"%d" % number) in (None, b"x" * 900)
        for number in range(50):
            handler.set(b"%d" % number, entry("new", created=handler.now() + 1))
        handler.mark_tags(["stock"], expired_now(5.0))
        assert {value_of(handler, b"%d" % number) for number in range(50)} == {"new"}
    assert Path(f"{path}.damaged").exists()
    assert "cache.db was damaged; it is now" in caplog.text
    assert sql(path, "PRAGMA integrity_check") == [("ok",)]


@pytest.mark.parametrize("length", [0, 1, 50, 5000, 20_000])
def test_a_file_that_was_cut(path: Path, length: int) -> None:
    """A file with nothing in it is a new store (one byte is nothing to SQLite too), a short one is damaged."""
    os.truncate(path, length)
    with store(path) as handler:
        for number in range(50):
            assert value_of(handler, b"%d" % number) in (None, b"x" * 900)
            handler.set(b"%d" % number, entry("new", created=handler.now() + 1))
        assert {value_of(handler, b"%d" % number) for number in range(50)} == {"new"}
    assert Path(f"{path}.damaged").exists() is (length > 1)


def test_all_users_move_to_the_new_file(path: Path) -> None:
    """One finds the damage; the other, which had the file open all the time, sees and marks the new one's entries."""
    with store(path) as here, store(path) as there:
        assert value_of(there, b"7") is not None
        here.close()
        os.rename(path, f"{path}.damaged")  # as the other process would
        here.set(b"new", entry("new", created=here.now() + 1, tags=("stock",)))
        there.mark_tags(["stock"], expired_now(here.now() + 2))
        found = here.get(b"new")
        assert found is not None
        assert found.is_gone(here.now() + 2)


def test_what_was_begun_before_the_loss_is_not_kept(path: Path) -> None:
    """Its invalidation may have been lost with the damaged file."""
    with store(path) as handler:
        began = handler.now()
        assert value_of(handler, b"7") is not None
        handler.close()
        overwrite(path, 0, b"\xa5" * 4096)
        assert handler.get(b"7") is None
        handler.set(b"7", entry("old", created=began))
        assert handler.get(b"7") is None
        handler.set(b"7", entry("new", created=handler.now() + 1))
        assert value_of(handler, b"7") == "new"


def test_a_deleted_file_is_made_again(path: Path) -> None:
    """Who deletes the file empties the store, while it is open too."""
    with store(path) as handler:
        assert value_of(handler, b"7") is not None
        for file in path.parent.iterdir():
            file.unlink()
        path.parent.rmdir()
        handler.set(b"8", entry("new", created=handler.now() + 1))
        assert (handler.get(b"7"), value_of(handler, b"8")) == (None, "new")


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    """A wrong path costs the entries, not somebody's data."""
    sql(tmp_path / "shop.db", "CREATE TABLE orders (id INTEGER)")
    before = (tmp_path / "shop.db").read_bytes()
    with store(tmp_path / "shop.db") as handler:
        for operation in (lambda: handler.get(b"k"), lambda: handler.set(b"k", entry()), handler.clear):
            with pytest.raises(StoreError, match="is a database of another program"):
                operation()
    assert (tmp_path / "shop.db").read_bytes() == before


def test_an_earlier_versions_file_is_set_aside(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """After an update the store begins anew, and says so; a program before the update then keeps nothing."""
    sql(path, "PRAGMA user_version = 1")
    with store(path) as handler:
        assert handler.get(b"7") is None
        handler.set(b"7", entry("new", created=handler.now() + 1))
        assert value_of(handler, b"7") == "new"
    assert "was made by an earlier version of directives; it is now" in caplog.text
    assert Path(f"{path}.old").exists()


def test_a_later_versions_file_is_left_alone(path: Path) -> None:
    """A program before an update says why it keeps nothing."""
    sql(path, "PRAGMA user_version = 99")
    with store(path) as handler, pytest.raises(StoreError, match=r"format 99, this program knows 2"):
        handler.get(b"k")


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """An error of the file system is one of the store."""
    (tmp_path / "file").write_text("in the way")
    with store(tmp_path / "file" / "cache.db") as handler, pytest.raises(StoreError, match="cache.db"):
        handler.get(b"k")


def test_concurrent_repairs_end_in_one_file(path: Path) -> None:
    """Two that find the damage at once set it aside once; the new file stays."""
    overwrite(path, 0, b"\xa5" * 4096)
    with store(path) as here, store(path) as there:
        assert (here.get(b"7"), there.get(b"7")) == (None, None)
        there.set(b"7", entry("new", created=there.now() + 1))
        assert value_of(here, b"7") == "new"


def test_it_repairs_itself_at_the_first_use(tmp_path: Path) -> None:
    """A file of garbage from the start is no reason to raise."""
    (tmp_path / "cache.db").write_bytes(b"garbage" * 10_000)
    with store(tmp_path / "cache.db") as handler:
        handler.mark_tags(["stock"], expired_now(1.0))
        assert isinstance(handler, SqliteHandler)
        assert handler.stats().entries == 0


def test_a_store_whose_address_asks_for_it_signs(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Who shares a secret finds the entries, also while it is being replaced; what others wrote is a miss, and goes."""
    old, new = b"an old secret of the shop", b"a new secret of the shop"

    def opened(*secrets: bytes, sign: str = "?sign=true") -> CacheHandler:
        return open_handler(f"sqlite:///shop.db{sign}", tmp_path, lambda: secrets)

    def write(handler: CacheHandler, key: bytes = b"key") -> None:
        handler.set(key, CacheEntry(CachedValue.of(1), handler.now(), PROFILES["hours"]))
        handler.close()

    def find(*secrets: bytes) -> bool:
        handler = opened(*secrets)
        found = handler.get(b"key") is not None
        handler.close()
        return found

    write(opened(old))
    assert [find(old), find(new, old)] == [True, True]
    assert not find(new)
    assert "not signed as it should be" in caplog.text
    write(opened(sign=""))
    assert not find(old)
    write(opened(old))
    write(opened(old), b"another key")
    sql(
        tmp_path / "shop.db",
        "UPDATE entries SET data = x.data, seal = x.seal FROM entries AS x WHERE x.key = ?",
        b"another key",
    )
    assert not find(old)


def test_an_unsigned_store_asks_for_no_secret(tmp_path: Path) -> None:
    """Making one would write a file."""

    def secrets() -> tuple[bytes, ...]:
        raise AssertionError

    open_handler("sqlite:///shop.db", tmp_path, secrets).close()
    with pytest.raises(SettingsError, match="sign is true or false"):
        open_handler("sqlite:///shop.db?sign=yes", tmp_path, secrets)
