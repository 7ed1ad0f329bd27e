"""The file of a SQLite store: made, opened, recognized, and set aside when it is damaged."""

from __future__ import annotations

import logging
import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from dataclasses import field
from pathlib import Path
from typing import Final

from directives.cache.entry import TagMark
from directives.cache.handlers.sqlite.moments import COUNTER
from directives.cache.handlers.sqlite.moments import make_file
from directives.cache.handlers.sqlite.moments import open_counter
from directives.errors import StoreError

APPLICATION_ID: Final = 0x64697263
SCHEMA_VERSION: Final = 2
# What a row and its index entries take besides the key and the data; measured.
ROW_SIZE: Final = 160
# `used` and `turn` count insertions: an entry's last use is told in entries that came since, so that nothing is
# written for reads while nothing else is. `commits` begins anywhere, so that no two files count alike.
SCHEMA: Final = f"""
CREATE TABLE state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    entries INTEGER NOT NULL, size INTEGER NOT NULL, turn INTEGER NOT NULL, evictions INTEGER NOT NULL,
    generation INTEGER NOT NULL, commits INTEGER NOT NULL, floor REAL NOT NULL
);
INSERT INTO state VALUES (1, 0, 0, 0, 0, 0, random() >> 2, -9e999);
CREATE TABLE entries (
    id INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, used INTEGER NOT NULL, expires REAL,
    seal BLOB NOT NULL, data BLOB NOT NULL
);
CREATE INDEX entries_by_use ON entries (used);
CREATE INDEX entries_by_expiry ON entries (expires) WHERE expires IS NOT NULL;
CREATE TRIGGER entry_comes AFTER INSERT ON entries BEGIN
    UPDATE state SET entries = entries + 1, turn = turn + 1,
        size = size + length(new.data) + length(new.key) + {ROW_SIZE};
END;
CREATE TRIGGER entry_goes AFTER DELETE ON entries BEGIN
    UPDATE state SET entries = entries - 1,
        size = size - length(old.data) - length(old.key) - {ROW_SIZE};
END;
CREATE TABLE marks (
    tag BLOB PRIMARY KEY, expired REAL NOT NULL, stale REAL NOT NULL, due REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE leases (key BLOB PRIMARY KEY, token BLOB NOT NULL, until REAL NOT NULL) WITHOUT ROWID;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
"""
STATE: Final = "SELECT entries, size, turn, evictions, generation, commits, floor FROM state"
NAMES: Final = frozenset(
    {
        b"state",
        b"entries",
        b"entries_by_use",
        b"entries_by_expiry",
        b"entry_comes",
        b"entry_goes",
        b"marks",
        b"leases",
    }
)
# Primary result codes: the file is malformed; it is no database at all.
DAMAGE: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
SUFFIXES: Final = ("", "-wal", "-shm", COUNTER)
OWNER_ALONE: Final = 0o600
RETRY_LOCK: Final = 0.001

Identity = tuple[int, int, int]

log = logging.getLogger("directives.cache")


class DamagedError(Exception):
    """The file holds what this program never writes, or is not the store's any more."""


class OutdatedError(DamagedError):
    """An earlier version of this program made the file."""


@dataclass(slots=True, eq=False)
class Connection:
    """An open file, in the hands of one thread at a time.

    Attributes:
        raw: SQLite's own connection.
        identity: Which file it is, and which counter beside it, whatever is found under the path by now.
        counter: The counter of the file's commits; see ``Moment``.
        looked: When that identity was last compared, in seconds of the store's clock.
        version: What SQLite called the state of the file when that was last asked; others' commits change it.
        generation: Which invalidation ``marks`` knows of.
        marks: Marks that were looked up; ``None`` where a tag has none.
        together: The same for the tags of entries, as they are asked for.
    """

    raw: sqlite3.Connection
    identity: Identity
    counter: memoryview[int]
    looked: float
    version: int = -1
    generation: int = -1
    marks: dict[str, TagMark | None] = field(default_factory=dict)
    together: dict[tuple[str, ...], list[TagMark]] = field(default_factory=dict)


def is_damage(error: Exception) -> bool:
    """Whether an error says that the file is damaged."""
    if isinstance(error, sqlite3.DatabaseError):
        code = getattr(error, "sqlite_errorcode", None)
        return code is not None and code & 0xFF in DAMAGE
    return isinstance(error, DamagedError)


class StoreFile:
    """The file behind a path, shared with other processes.

    Args:
        path: Where it is; made with its folder where it is missing, for the owner alone. What is made beside it, or
            instead of it when it is damaged, is for whoever it is for.
        timeout: How long to wait for another process, in seconds.
    """

    def __init__(self, path: Path, timeout: float) -> None:
        self.path = path
        self.timeout = timeout
        self._counter = Path(f"{path}{COUNTER}")
        self._opened: tuple[Identity, memoryview[int]] | None = None

    def open(self, now: float) -> Connection:
        """A new connection to the file that is under the path now.

        Raises:
            StoreError: It belongs to another program or to a later version of this one, or is held too long.
            sqlite3.Error: It cannot be opened.
            DamagedError: It is damaged, or of an earlier version; it was set aside, and the next one opened is new.
        """
        with self._locked():
            # Closing a file that exists would drop the locks that SQLite has on it in this process.
            make_file(self.path, OWNER_ALONE)
            identity, counter = self._open_counter()
            raw = sqlite3.connect(
                self.path, timeout=self.timeout, isolation_level=None, check_same_thread=False
            )
            try:
                self._recognize(raw)
            except Exception as error:
                raw.close()
                if isinstance(error, OutdatedError):
                    self._move_away("was made by an earlier version of directives", "old")
                elif is_damage(error):
                    self._move_away()
                raise
            return Connection(raw, identity, counter, now)

    def is_current(self, connection: Connection) -> bool:
        """Whether a connection's file is still the one under the path."""
        try:
            return self._identity() == connection.identity
        except OSError:
            return False

    def set_aside(self, connection: Connection) -> None:
        """Move a damaged file out of the way, unless another process has done so."""
        with self._locked():
            if self.is_current(connection):
                self._move_away()

    def _identity(self) -> Identity:
        status = os.stat(self.path)
        return status.st_dev, status.st_ino, os.stat(self._counter).st_ino

    def _open_counter(self) -> tuple[Identity, memoryview[int]]:
        """Which file it is, and its counter: one for all connections to the same."""
        opened = self._opened
        if opened is None or not self._counter.exists() or opened[0] != self._identity():
            counter = open_counter(self._counter, self._mode())
            opened = self._opened = self._identity(), counter
        return opened

    def _mode(self) -> int:
        """Who may open the file. SQLite lets the same open what it puts beside it."""
        return stat.S_IMODE(os.stat(self.path).st_mode)

    def _recognize(self, raw: sqlite3.Connection) -> None:
        raw.text_factory = bytes
        application = _number(raw, "PRAGMA application_id")
        if application == 0 and _number(raw, "SELECT count(*) FROM sqlite_master") == 0:
            if raw.execute("PRAGMA journal_mode = WAL").fetchone() != (b"wal",):
                raise StoreError(
                    f"the store {self.path} is on a file system that cannot share it (no WAL there)"
                )
            raw.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT")
        elif application != APPLICATION_ID:
            raise StoreError(
                f"{self.path} is a database of another program: give the store a file of its own"
            )
        elif (version := _number(raw, "PRAGMA user_version")) > SCHEMA_VERSION:
            raise StoreError(
                f"the store {self.path} was made by a later version of directives (it has format {version}, this "
                f"program knows {SCHEMA_VERSION}): update this one too, or give it a file of its own"
            )
        elif version < SCHEMA_VERSION:
            raise OutdatedError(f"the file has format {version}")
        raw.execute("PRAGMA synchronous = NORMAL")
        raw.execute("PRAGMA journal_size_limit = 16777216")
        names = {name for (name,) in raw.execute("SELECT name FROM sqlite_master")}
        if not names >= NAMES:
            raise DamagedError("the file lacks a table")
        state = raw.execute(STATE).fetchone()
        if state is None or [type(value) for value in state] != [int] * 6 + [float]:
            raise DamagedError("the row of the store's state is damaged")

    def _move_away(self, why: str = "was damaged", ending: str = "damaged") -> None:
        # The database first: SQLite ignores a write-ahead log beside an empty database, not beside a full one.
        target, mode = f"{self.path}.{ending}", self._mode()
        for suffix in SUFFIXES:
            try:
                os.replace(f"{self.path}{suffix}", f"{target}{suffix}")
            except FileNotFoundError:
                continue
        make_file(self.path, mode)
        log.warning("the cache store %s %s; it is now %s, and a new one is begun", self.path, why, target)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone among all processes in making, opening and moving the file; ends with the process at the latest."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            import fcntl
        except ImportError:  # no such locks on Windows, where an open file cannot be moved either
            yield
            return
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            deadline = time.monotonic() + self.timeout
            while True:
                try:
                    fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > deadline:
                        raise StoreError(f"the store {self.path} is held by another process") from None
                    time.sleep(RETRY_LOCK)
            yield
        finally:
            os.close(folder)


def _number(raw: sqlite3.Connection, query: str) -> int:
    return int(raw.execute(query).fetchone()[0])
