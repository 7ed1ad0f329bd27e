"""Reading and writing the file of a SQLite store, whatever happens to the file meanwhile."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final
from typing import TypeVar

from directives.cache.handlers.sqlite import tables
from directives.cache.handlers.sqlite.file import Connection
from directives.cache.handlers.sqlite.file import DamagedError
from directives.cache.handlers.sqlite.file import StoreFile
from directives.cache.handlers.sqlite.file import is_damage
from directives.cache.handlers.sqlite.moments import Moment
from directives.cache.handlers.sqlite.pool import Pool
from directives.errors import StoreError

T = TypeVar("T")

# A file may be replaced while it is written to, and then again.
ATTEMPTS: Final = 3


class Access:
    """Does things to the file of a store, one writer at a time.

    Args:
        path: The file.
        timeout: How long to wait for other writers, in seconds.

    Attributes:
        errors: How many operations failed.
    """

    def __init__(self, path: Path, timeout: float) -> None:
        self.errors = 0
        self._path = path
        self._timeout = timeout
        self._file = StoreFile(path, timeout)
        self._pool = Pool(self._file)
        self._counting = threading.Lock()
        self._moment: Moment | None = None

    def use(self, work: Callable[[Connection], T]) -> T:
        """Do something with a connection; once more with a new file if this one is damaged or was replaced.

        Raises:
            StoreError: The file cannot be used.
        """
        for _ in range(ATTEMPTS):
            connection = None
            try:
                connection = self._pool.borrow(time.time())
                return work(connection)
            except (sqlite3.Error, OSError, DamagedError) as error:
                self._failed(connection, error)
            finally:
                if connection is not None:
                    self._pool.give_back(connection)
        raise StoreError(f"the store {self._path} is damaged again and again")

    def present(self) -> Moment | None:
        """The moment that was read last, if it lasts; looking again takes much longer."""
        moment = self._moment
        if moment is None or not moment.lasts():
            return None
        return moment if moment.is_recent() else self.use(partial(self._renewed, moment))

    def moment(self, connection: Connection, commits: int) -> Moment:
        """The moment of what a connection has just read together with the number of the last commit."""
        moment, counter = self._moment, connection.counter
        if moment is None or moment.commits != commits or moment.counter is not counter:
            moment = self._moment = Moment(commits, counter, connection.looked)
        return moment

    def _renewed(self, moment: Moment, connection: Connection) -> Moment | None:
        """A moment that may have ended by what counts nothing, if it has not (SQLite, "PRAGMA data_version")."""
        version = connection.raw.execute("PRAGMA data_version").fetchone()[0]
        if version == connection.version and moment.counter is connection.counter:
            moment.looked = connection.looked
            return moment
        connection.version = version
        self._moment = None
        return None

    def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Read something. See ``use``."""
        return self.use(lambda connection: work(connection.raw))

    def write(self, work: Callable[[sqlite3.Connection], T], *, counts: bool = True) -> T:
        """Do something in a transaction. See ``use``.

        Args:
            work: What is done.
            counts: Whether it changes what is found.

        Raises:
            StoreError: The file cannot be used, or others have been writing for too long.
        """

        def transaction(connection: Connection) -> T:
            connection.raw.execute("BEGIN IMMEDIATE")
            result = work(connection.raw)
            if counts:
                tables.count(connection)
            connection.raw.execute("COMMIT")
            if not self._file.is_current(connection):
                raise DamagedError("the file was replaced while it was written to")
            return result

        # Threads wait here, where they are woken, and not in SQLite, which looks again and again.
        writing = self._pool.writing
        if not writing.acquire(timeout=self._timeout):
            self.count_error()
            raise StoreError(f"the store {self._path} is written to by other threads for too long")
        try:
            return self.use(transaction)
        finally:
            writing.release()

    def write_in_passing(self, connection: Connection, work: Callable[[sqlite3.Connection], object]) -> None:
        """Do something that can as well be left out and changes nothing that is found, if nobody else is writing."""
        writing = self._pool.writing
        if not writing.acquire(blocking=False):
            return
        raw = connection.raw
        try:
            if raw.in_transaction:
                raw.execute("COMMIT")
            raw.execute("PRAGMA busy_timeout = 0")
            raw.execute("BEGIN IMMEDIATE")
            work(raw)
            raw.execute("COMMIT")
        except sqlite3.OperationalError:
            pass  # somebody is
        finally:
            raw.execute(f"PRAGMA busy_timeout = {int(self._timeout * 1000)}")
            writing.release()

    def close(self) -> None:
        """Close what nobody is using; it is opened again when it is needed."""
        self._moment = None
        self._pool.close()

    def count_error(self) -> None:
        """Count an operation that failed."""
        with self._counting:
            self.errors += 1

    def _failed(self, connection: Connection | None, error: Exception) -> None:
        """See that a new file is begun if this one is damaged, else raise."""
        self.count_error()
        if isinstance(error, StoreError):
            raise error
        if not is_damage(error):
            raise StoreError(f"the store {self._path}: {error}") from error
        if connection is not None:
            self._pool.set_aside(connection)
