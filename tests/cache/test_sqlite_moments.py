"""What is found again without asking SQLite, and that nothing is which has changed."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from directives.cache.entry import TagMark
from directives.cache.entry import expired_now
from directives.cache.handlers.sqlite import SqliteHandler
from directives.cache.handlers.sqlite import tables
from directives.cache.handlers.sqlite.access import Access
from directives.cache.handlers.sqlite.file import Connection
from directives.cache.handlers.sqlite.moments import COUNTER
from directives.cache.handlers.sqlite.moments import LOOK_EVERY
from directives.cache.handlers.sqlite.moments import Moment
from directives.cache.handlers.sqlite.moments import open_counter
from tests.cache.sqlite_stores import entry
from tests.cache.sqlite_stores import python
from tests.cache.sqlite_stores import sql
from tests.cache.sqlite_stores import store
from tests.cache.sqlite_stores import value_of

WRITER = """
import sys
from pathlib import Path
from directives.cache.entry import expired_now
from tests.cache.sqlite_stores import entry, store

with store(Path(sys.argv[1]), timeout=5.0) as handler:
    for number in range(int(sys.argv[2])):
        sys.stdin.readline()
        handler.set(b"k", entry(number))
        handler.mark_tags([f"tag {number}"], expired_now(1.0))
        print(number, flush=True)
"""
KILLED = """
import os, signal, sys, time
from pathlib import Path
from tests.cache.sqlite_stores import store
from directives.cache.handlers.sqlite import tables

def half(connection):
    connection.raw.execute("BEGIN IMMEDIATE")
    connection.raw.execute("DELETE FROM entries")
    tables.count(connection)
    print("counted", flush=True)
    time.sleep(600)

with store(Path(sys.argv[1])) as handler:
    handler._access.use(half)
"""
AT_ONCE = """
import sys
from pathlib import Path
from tests.cache.sqlite_stores import entry, store

with store(Path(sys.argv[1]), timeout=60.0) as handler:
    for number in range(int(sys.argv[2])):
        handler.set(b"k", entry(number))
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store's file with an entry that was found a few times."""
    with store(tmp_path / "cache.db") as handler:
        handler.set(b"k", entry("first"))
        know(handler)
    return tmp_path / "cache.db"


def know(handler: SqliteHandler) -> object:
    """Find an entry often enough that the next time nothing is read for it."""
    for _ in range(3):
        handler.get(b"k")
    return handler.get(b"k")


def test_what_has_not_changed_is_found_without_the_file(path: Path) -> None:
    """The very thing that was found is found again."""
    with store(path) as handler:
        assert know(handler) is handler.get(b"k")
        assert handler.get(b"k", ("other",)) == handler.get(b"k")


def test_every_change_by_another_is_seen_by_the_next_look(path: Path) -> None:
    """A new entry, a mark on a tag, one on a soft tag, a deletion, and the end of everything."""
    mark = expired_now(2000.0)
    with store(path) as handler, store(path) as other:
        know(handler)
        other.set(b"k", entry("second", tags=("stock",)))
        assert value_of(handler, b"k") == "second"
        know(handler)
        other.mark_tags(["stock"], mark)
        assert marks_of(handler) == [mark]
        know(handler)
        assert marks_of(handler, "page") == [mark]
        other.mark_tags(["page"], mark)
        assert marks_of(handler, "page") == [mark, mark]
        know(handler)
        other.delete(b"k")
        assert handler.get(b"k") is None
        other.set(b"k", entry("third"))
        know(handler)
        other.clear()
        assert handler.get(b"k") is None


def marks_of(handler: SqliteHandler, *soft_tags: str) -> list[TagMark]:
    found = handler.get(b"k", soft_tags)
    assert found is not None
    return list(found.marks)


def test_changes_are_told_by_another_object(path: Path) -> None:
    """The same one as long as nothing that is found has changed; leases change nothing."""
    with store(path) as handler, store(path) as other:
        before = handler.changes()
        assert other.acquire(b"k", 1.0) is not None
        assert handler.changes() is before
        other.mark_tags(["stock"], expired_now(1.0))
        assert handler.changes() is not before


def test_another_program_is_noticed_soon(path: Path) -> None:
    """It counts nothing: what it does is seen a tenth of a second later at the latest."""
    with store(path) as handler:
        know(handler)
        time.sleep(LOOK_EVERY)
        assert know(handler) is not None
        sql(path, "DELETE FROM entries")
        time.sleep(LOOK_EVERY)
        assert handler.get(b"k") is None


def test_a_moment_outlives_a_look_at_the_file(path: Path) -> None:
    """A store in which nothing happens is found as it was, however long ago that was looked at."""
    with store(path) as handler:
        know(handler)
        time.sleep(LOOK_EVERY)  # the first look of a connection knows of none before it
        found, changes = know(handler), handler.changes()
        time.sleep(LOOK_EVERY)
        assert handler.get(b"k") is found
        assert handler.changes() is changes


def test_a_writer_that_is_killed_before_it_commits(path: Path) -> None:
    """What it did not commit is not seen, what the next one commits is."""
    with store(path, timeout=5.0) as handler, python(KILLED, path) as writer:
        know(handler)
        assert writer.stdout is not None
        assert writer.stdout.readline() == "counted\n"
        assert value_of(handler, b"k") == "first"
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait()
        assert know(handler) == handler.get(b"k")
        before = handler.changes()
        assert handler.changes() is before
        with store(path) as other:
            other.set(b"k", entry("second"))
        assert value_of(handler, b"k") == "second"
        assert know(handler) is handler.get(b"k")


def test_a_write_that_fails_leaves_what_is_found(path: Path) -> None:
    """It is not committed, so nobody sees it; the next one is seen."""

    def fail(connection: Connection) -> None:
        connection.raw.execute("BEGIN IMMEDIATE")
        connection.raw.execute("DELETE FROM entries")
        tables.count(connection)
        raise ValueError("no")

    with store(path) as handler, store(path) as other:
        know(handler)
        with pytest.raises(ValueError, match="no"):
            Access(path, 1.0).use(fail)
        assert value_of(handler, b"k") == "first"
        other.set(b"k", entry("second"))
        assert value_of(handler, b"k") == "second"


@pytest.mark.parametrize("content", [b"", b"xyz", b"\xff" * 8], ids=["empty", "short", "nonsense"])
def test_a_counter_that_is_lost_is_made_again(path: Path, content: bytes) -> None:
    """With whatever is in it: who reads it sees the next change."""
    counter = Path(f"{path}{COUNTER}")
    counter.unlink()
    counter.write_bytes(content)
    with store(path) as handler, store(path) as other:
        assert know(handler) is not None
        other.set(b"k", entry("second"))
        assert value_of(handler, b"k") == "second"
        know(handler)
        counter.unlink()
        other.set(b"k", entry("third"))
        time.sleep(LOOK_EVERY)
        assert value_of(handler, b"k") == "third"
        know(handler)
        other.set(b"k", entry("fourth"))
        assert value_of(handler, b"k") == "fourth"


def test_a_counter_is_its_owners_alone(path: Path) -> None:
    """As the file is; all who open it see the same number."""
    counter = Path(f"{path}{COUNTER}")
    assert counter.stat().st_mode & 0o777 == 0o600
    one, other = open_counter(counter, 0o600), open_counter(counter, 0o600)
    one[0] = 7
    assert other[0] == 7


def test_the_next_read_sees_what_another_process_has_done(path: Path) -> None:
    """Each time, however soon."""
    with store(path) as handler, python(WRITER, path, 200) as writer:
        assert writer.stdout is not None
        assert writer.stdin is not None
        for number in range(200):
            know(handler)
            before = handler.changes()
            writer.stdin.write("\n")
            writer.stdin.flush()
            assert writer.stdout.readline() == f"{number}\n"
            assert value_of(handler, b"k") == number
            assert handler.changes() is not before


@pytest.mark.slow
def test_what_is_found_is_never_older_than_the_file(path: Path) -> None:
    """While three processes write at the same time, and when they are done."""
    count = 150
    with ExitStack() as stack:
        handler = stack.enter_context(store(path))
        writers = [stack.enter_context(python(AT_ONCE, path, count)) for _ in range(3)]
        while any(writer.poll() is None for writer in writers):
            committed = sql(path, "SELECT commits FROM state")[0][0]
            moment = handler.changes()
            assert isinstance(moment, Moment)
            assert moment.commits >= committed
            know(handler)
        assert [writer.returncode for writer in writers] == [0, 0, 0]
        assert value_of(handler, b"k") == count - 1
