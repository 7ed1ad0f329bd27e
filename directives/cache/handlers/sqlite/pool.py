"""The open connections of a process to a SQLite store: one for each thread that reads at the same time."""

from __future__ import annotations

import math
import os
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Final

from directives.cache.handlers.sqlite import tables
from directives.cache.handlers.sqlite.file import Connection
from directives.cache.handlers.sqlite.file import StoreFile
from directives.cache.handlers.sqlite.file import is_damage
from directives.cache.handlers.sqlite.moments import LOOK_EVERY
from directives.errors import StoreError

DRAIN: Final = 1.0
NEVER: Final = -math.inf
ANOTHER: Final = (-1, -1)


class Pool:
    """Connections that are lent to one thread at a time and kept open between.

    No connection lives through a fork: SQLite's locks would be wrong in the child. All are closed just before one,
    and nobody opens another until it is over.

    Args:
        file: The file of the store.
    """

    def __init__(self, file: StoreFile) -> None:
        self._file = file
        self._idle: deque[Connection] = deque()
        self._opening = threading.Lock()
        self._open: set[Connection] = set()
        self._database: tuple[int, int] | None = None
        self._forking = False
        self.writing = threading.Lock()
        weakref.finalize(self, _close_all, self._idle)
        _watch_forks(self)

    def borrow(self, now: float) -> Connection:
        """A connection for this thread alone; give it back.

        Args:
            now: The time, in seconds of the store's clock.

        Raises:
            StoreError: The file cannot be had.
            sqlite3.Error: The same.
            DamagedError: It was damaged; the next one is new.
        """
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return self._connect(now)
            if 0 <= now - connection.looked < LOOK_EVERY:
                return connection
            if self._file.is_current(connection):
                connection.looked = now
                return connection
            self._discard(connection)

    def give_back(self, connection: Connection) -> None:
        """Let others have a connection."""
        if connection.raw.in_transaction:
            connection.raw.rollback()
        if self._forking:
            self._discard(connection)
        else:
            self._idle.append(connection)

    def set_aside(self, connection: Connection) -> None:
        """Begin a new file instead of the damaged one behind a connection, which is given back afterwards."""
        connection.looked = NEVER
        with self._opening:
            self._file.set_aside(connection)

    def close(self) -> None:
        """Close the connections that nobody uses; what is asked for later is opened again."""
        while self._idle:
            try:
                self._discard(self._idle.pop())
            except IndexError:
                return

    def _connect(self, now: float) -> Connection:
        if not self._opening.acquire(timeout=self._file.timeout + DRAIN):
            raise StoreError(
                f"the store {self._file.path} cannot be opened: another thread has been at it too long"
            )
        try:
            connection = self._file.open(now)
            database = connection.identity[:2]
            if self._database not in (None, database):
                _begin_again(connection, now)
            self._database = database
            self._open.add(connection)
            return connection
        except Exception as error:
            if is_damage(error):
                self._database = ANOTHER
            raise
        finally:
            self._opening.release()

    def _discard(self, connection: Connection) -> None:
        connection.raw.close()
        self._open.discard(connection)

    def before_fork(self) -> None:
        """Close all connections, waiting for those in use, and let nobody open one."""
        self._opening.acquire()
        self._forking = True
        deadline = time.monotonic() + DRAIN
        while self._open and time.monotonic() < deadline:
            self.close()
            time.sleep(DRAIN / 10_000)

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._forking = False
        self._opening.release()

    def after_fork_in_child(self) -> None:
        """Go on, without what threads held that are not there any more."""
        self._forking = False
        self._opening = threading.Lock()
        self.writing = threading.Lock()
        self._open = set()


def _begin_again(connection: Connection, now: float) -> None:
    """Keep results out of a new file that were begun before it: their invalidations may have been in the old one."""
    connection.raw.execute("BEGIN IMMEDIATE")
    tables.raise_floor(connection.raw, now)
    tables.count(connection)
    connection.raw.execute("COMMIT")


def _close_all(connections: deque[Connection]) -> None:
    while connections:
        connections.pop().raw.close()


def _watch_forks(pool: Pool) -> None:
    """Tell a pool of forks for as long as it lives."""
    if not hasattr(os, "register_at_fork"):
        return
    reference = weakref.ref(pool)

    def tell(step: Callable[[Pool], None]) -> Callable[[], None]:
        def told() -> None:
            alive = reference()
            if alive is not None:
                step(alive)

        return told

    os.register_at_fork(
        before=tell(Pool.before_fork),
        after_in_parent=tell(Pool.after_fork_in_parent),
        after_in_child=tell(Pool.after_fork_in_child),
    )
