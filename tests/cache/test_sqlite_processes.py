"""The SQLite store between processes: one computes for all, and nobody's sudden end harms the others."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from directives.cache.entry import expired_now
from directives.cache.handlers.sqlite import SqliteHandler
from tests.cache.sqlite_stores import entry
from tests.cache.sqlite_stores import python
from tests.cache.sqlite_stores import sql
from tests.cache.sqlite_stores import store
from tests.cache.sqlite_stores import value_of

CROWD = """
import sys, threading, time
from pathlib import Path
from tests.cache.sqlite_stores import entry, store

path, runs = Path(sys.argv[1]), Path(sys.argv[2])

def call():
    while handler.get(b"k") is None:
        token = handler.acquire(b"k", 10)
        if token is None:
            handler.wait(b"k", 10)
            continue
        if handler.get(b"k") is None:
            with runs.open("a") as file:
                file.write("run\\n")
            time.sleep(0.2)
            handler.set(b"k", entry("computed"))
        handler.release(b"k", token)
    assert handler.get(b"k").entry.value.copy() == "computed"
    answers.append(1)

answers = []
with store(path, timeout=5.0) as handler:
    threads = [threading.Thread(target=call) for _ in range(25)]
    print("ready", flush=True)
    sys.stdin.readline()
    for thread in threads: thread.start()
    for thread in threads: thread.join()
print(len(answers))
"""
WRITER = """
import itertools, sys
from pathlib import Path
from tests.cache.sqlite_stores import entry, store
from directives.cache.entry import expired_now

with store(Path(sys.argv[1]), size=300_000, timeout=5.0) as handler:
    print("ready", flush=True)
    for number in itertools.count():
        handler.set(b"%d" % (number % 500), entry([number % 500] * 300, tags=("stock",)))
        handler.mark_tags([f"tag {number % 50}"], expired_now(float(number)))
        handler.get(b"%d" % (number * 7 % 500))
"""
LEADER = """
import sys, time
from pathlib import Path
from tests.cache.sqlite_stores import store

with store(Path(sys.argv[1])) as handler:
    print(handler.acquire(b"k", float(sys.argv[2])), flush=True)
    time.sleep(600)
"""


def test_a_leader_that_was_killed_is_replaced(tmp_path: Path) -> None:
    """Whoever waits takes over when the lease of the dead has run out, not before and not much later."""
    with store(tmp_path / "cache.db") as handler:
        leader = python(LEADER, tmp_path / "cache.db", 0.5)
        assert leader.stdout is not None
        assert leader.stdout.readline().strip() not in ("", "None")
        leader.kill()
        leader.communicate()
        start = time.monotonic()
        assert handler.acquire(b"k", 10) is None
        handler.wait(b"k", 10)
        assert time.monotonic() - start < 5
        assert handler.acquire(b"k", 10)


def test_another_process_sees_an_invalidation_at_once(tmp_path: Path) -> None:
    """The next look after the other process returned from marking sees the mark."""
    marker = """
import sys
from pathlib import Path
from directives.cache.entry import expired_now
from tests.cache.sqlite_stores import store

with store(Path(sys.argv[1])) as handler:
    handler.mark_tags(["stock"], expired_now(2000.0))
"""
    with store(tmp_path / "cache.db") as handler:
        handler.set(b"k", entry(tags=("stock",)))
        found = handler.get(b"k")
        assert found is not None
        assert found.marks == []
        with python(marker, tmp_path / "cache.db") as process:
            assert process.wait() == 0
        found = handler.get(b"k")
        assert found is not None
        assert found.marks == [expired_now(2000.0)]


@pytest.mark.slow
def test_a_crowd_of_processes_computes_once(tmp_path: Path) -> None:
    """8 processes with 25 threads each miss on one key at once: one of them runs, all get the result."""
    crowd = [python(CROWD, tmp_path / "cache.db", tmp_path / "runs") for _ in range(8)]
    for process in crowd:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    assert [process.communicate("\n")[0].strip() for process in crowd] == ["25"] * 8
    assert (tmp_path / "runs").read_text() == "run\n"


@pytest.mark.slow
def test_killed_writers_leave_a_sound_file(tmp_path: Path) -> None:
    """Writers are killed at any point, again and again: what is read is whole, and the file stays the same."""
    path = tmp_path / "cache.db"
    with store(path, timeout=5.0) as handler:
        handler.set(b"first", entry("first"))
        identity = path.stat().st_ino
        for seed in range(10):
            writers = [python(WRITER, path) for _ in range(2)]
            for writer in writers:
                assert writer.stdout is not None
                assert writer.stdout.readline() == "ready\n"
            time.sleep(random.Random(seed).random() * 0.1)
            for writer in writers:
                os.kill(writer.pid, signal.SIGKILL)
            for number in range(500):
                assert value_of(handler, b"%d" % number) in (None, [number] * 300)
            handler.mark_tags(["stock"], expired_now(float(seed)))
            for writer in writers:
                writer.communicate()
        assert handler.stats().errors == 0
        assert path.stat().st_ino == identity
        assert sql(path, "PRAGMA integrity_check") == [("ok",)]
        ((entries, size),) = sql(path, "SELECT count(*), sum(length(data) + length(key) + 160) FROM entries")
        assert (handler.stats().entries, handler.stats().size) == (entries, size)
        assert isinstance(handler, SqliteHandler)
