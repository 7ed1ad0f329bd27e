"""What a SQLite store does: ``SharedCacheHandler``, step by step."""

from __future__ import annotations

import logging
import math
import secrets
import sqlite3
import time
from collections.abc import Callable
from collections.abc import Collection
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from typing import Final
from typing import Self

from directives.cache.entry import CacheEntry
from directives.cache.entry import Found
from directives.cache.entry import TagMark
from directives.cache.handler import HandlerStats
from directives.cache.handler import Size
from directives.cache.handlers.address import Options
from directives.cache.handlers.decoded import Decoded
from directives.cache.handlers.decoded import DecodedEntry
from directives.cache.handlers.sqlite import tables
from directives.cache.handlers.sqlite.access import Access
from directives.cache.handlers.sqlite.asynchronous import AsyncSqliteHandler
from directives.cache.handlers.sqlite.file import ROW_SIZE
from directives.cache.handlers.sqlite.file import Connection
from directives.cache.handlers.sqlite.file import DamagedError
from directives.cache.handlers.sqlite.seals import Seals
from directives.cache.signing import signing_keys
from directives.errors import DecodeError

if TYPE_CHECKING:
    from directives.cache.handlers.sqlite.following import SqliteFollowing

DEFAULT_SIZE: Final = 256 << 20
DEFAULT_TIMEOUT: Final = 0.25
DEFAULT_NEAR: Final = 8 << 20
# Uses are written down in passing, with the next entry; where a process adds none, together and this often (seconds).
TOUCH_TOGETHER: Final = 64
TOUCH_EVERY: Final = 1.0
FIRST_WAIT: Final = 0.001
LONGEST_WAIT: Final = 0.05

log = logging.getLogger("directives.cache")


class SqliteHandler:
    """A store in one SQLite file, for all processes of a machine; it survives their end, however they end.

    Args:
        path: The file; made for its owner alone when it is first used.
        size: How many bytes the entries may take. Those not used for the longest time make way.
        timeout: How long to wait for other writers, in seconds, before a ``StoreError``.
        near: How many bytes of decoded entries to keep in memory. Each is used only while the file still holds the
            bytes that it was decoded from: SQLite is asked after each commit, whoever made it (``Moment``).
        sign_keys: Keys of 32 bytes; with them entries are signed, and what others wrote is not found.
    """

    def __init__(
        self,
        path: Path,
        *,
        size: int = DEFAULT_SIZE,
        timeout: float = DEFAULT_TIMEOUT,
        near: int = DEFAULT_NEAR,
        sign_keys: Sequence[bytes] = (),
    ) -> None:
        self._path = path
        self._size = size
        self._access = Access(path, timeout)
        self._decoded = Decoded(near)
        self._seals = Seals(sign_keys)
        self._touched: set[int] = set()
        self._touch_at = 0.0

    @classmethod
    def open(cls, address: str, root: Path, secret_keys: Callable[[], Sequence[bytes]] = tuple) -> Self:
        """The store of an address such as ``sqlite:///cache.db?size=256MB&timeout=250ms``.

        Args:
            address: Three slashes and a path from ``root``, or four and an absolute one.
            root: The project's folder.
            secret_keys: Gives what signatures are made with, if the address asks for them.

        Raises:
            SettingsError: There is no path, or an option is wrong.
        """
        from urllib.parse import unquote

        place, _, query = address.partition("?")
        options = Options(query, place)
        host, slash, path = place.removeprefix("sqlite://").partition("/")
        if host or not slash or not path:
            options.refuse("its address is sqlite:///path/of/the/file, with three slashes")
        size = options.size("size", DEFAULT_SIZE)
        timeout = options.seconds("timeout", DEFAULT_TIMEOUT)
        near = options.size("near", DEFAULT_NEAR)
        sign = options.flag("sign")
        options.finish()
        sign_keys = signing_keys(secret_keys()) if sign else ()
        return cls(root / unquote(path), size=size, timeout=timeout, near=near, sign_keys=sign_keys)

    def __repr__(self) -> str:
        return f"<SqliteHandler {self._path}>"

    def now(self) -> float:
        """The machine's clock, which its processes share."""
        return time.time()

    def get(self, key: bytes, soft_tags: Sequence[str] = (), /) -> Found | None:
        """See ``CacheHandler.get``. Reading waits for nobody and writes nothing; a damaged entry is not found.

        Raises:
            StoreError: The file cannot be read.
        """
        asked = tuple(soft_tags)
        moment = self._access.present()
        found = None if moment is None else self._decoded.found(key, moment, asked)
        return found or self._access.use(lambda connection: self._find(connection, key, asked))

    def set(self, key: bytes, entry: CacheEntry, /) -> None:
        """See ``CacheHandler.set``. An entry that is larger than the store is not kept, with a warning.

        Raises:
            EncodeError: The result holds something that cannot be kept.
            StoreError: The file cannot be written.
        """
        data = entry.to_bytes()
        if len(data) + len(key) + ROW_SIZE > self._size:
            log.warning("a result of %d bytes is too large for the store %s", len(data), self._path)
            self.delete(key)
            return
        seal = self._seals.make(key, data)
        gone = entry.created + entry.life.expire
        expires = None if gone == math.inf else gone
        used, self._touched = self._touched, set()

        def work(raw: sqlite3.Connection) -> None:
            tables.keep(raw, key, seal, data, created=entry.created, expires=expires)
            tables.touch(raw, used.copy())
            tables.make_room(raw, self._size, self.now())

        self._access.write(work)

    def changes(self) -> object:
        """See ``TellsChanges``.

        Raises:
            StoreError: The file cannot be read.
        """
        access = self._access
        return access.present() or access.use(
            lambda connection: access.moment(connection, tables.commits(connection.raw))
        )

    def mark_tags(self, tags: Sequence[str], mark: TagMark, /) -> None:
        """See ``CacheHandler.mark_tags``.

        Raises:
            StoreError: The file cannot be written.
        """
        self._access.write(lambda raw: tables.merge_marks(raw, tags, mark, self.now()))

    def delete(self, key: bytes, /) -> None:
        """See ``CacheHandler.delete``.

        Raises:
            StoreError: The file cannot be written.
        """
        self._access.write(lambda raw: raw.execute("DELETE FROM entries WHERE key = ?", (key,)))

    def clear(self) -> None:
        """See ``CacheHandler.clear``.

        Raises:
            StoreError: The file cannot be written.
        """
        self._access.write(tables.clear)

    def stats(self) -> HandlerStats:
        """See ``CacheHandler.stats``. Errors are those of this process.

        Raises:
            StoreError: The file cannot be read.
        """
        query = "SELECT entries, size, evictions FROM state"
        entries, size, evictions = self._access.read(lambda raw: raw.execute(query).fetchone())
        return HandlerStats(entries, size, evictions, self._access.errors)

    def sizes(self, length: int, /) -> dict[bytes, Size]:
        """See ``TellsSizes``.

        Raises:
            StoreError: The file cannot be read.
        """
        rows = self._access.read(lambda raw: raw.execute(tables.SIZES, (length, ROW_SIZE)).fetchall())
        return {owner: Size(entries, size) for owner, entries, size in rows}

    def follow_tags(
        self, watched: Callable[[], Collection[str]], told: Callable[[Collection[str]], None], /
    ) -> SqliteFollowing:
        """See ``TellsOfTags``: marks of other processes are seen within half a second."""
        from directives.cache.handlers.sqlite.following import SqliteFollowing

        read = self._access.read
        return SqliteFollowing(
            lambda: read(tables.generation),
            lambda tags: read(lambda raw: tables.marked_at(raw, tags)),
            watched,
            told,
        )

    def close(self) -> None:
        """See ``CacheHandler.close``. What another thread is using at this moment stays open."""
        self._access.close()
        self._decoded.clear()

    def acquire(self, key: bytes, seconds: float, /) -> str | None:
        """See ``SharedCacheHandler.acquire``.

        Raises:
            StoreError: The file cannot be written.
        """
        if self.is_leased(key):  # most of a crowd learn so without waiting for each other
            return None
        token = secrets.token_hex(8)

        def work(raw: sqlite3.Connection) -> bool:
            now = self.now()
            return raw.execute(tables.TAKE_LEASE, (key, token, now + seconds, now)).rowcount == 1

        return token if self._access.write(work, counts=False) else None

    def extend(self, key: bytes, token: str, seconds: float, /) -> bool:
        """See ``SharedCacheHandler.extend``.

        Raises:
            StoreError: The file cannot be written.
        """
        query = "UPDATE leases SET until = ? WHERE key = ? AND token = ?"
        return self._access.write(
            lambda raw: raw.execute(query, (self.now() + seconds, key, token)).rowcount == 1, counts=False
        )

    def release(self, key: bytes, token: str, /) -> None:
        """See ``SharedCacheHandler.release``.

        Raises:
            StoreError: The file cannot be written.
        """
        query = "DELETE FROM leases WHERE key = ? AND token = ?"
        self._access.write(lambda raw: raw.execute(query, (key, token)), counts=False)

    def wait(self, key: bytes, seconds: float, /) -> None:
        """See ``SharedCacheHandler.wait``. Looks again and again, less and less often.

        Raises:
            StoreError: The file cannot be read.
        """
        for pause in self.pauses(key, seconds):
            time.sleep(pause)

    def pauses(self, key: bytes, seconds: float) -> Iterator[float]:
        """How long to sleep before the next look, for as long as there is reason to wait for the lease of a key."""
        deadline = time.monotonic() + seconds
        pause = FIRST_WAIT
        while (left := deadline - time.monotonic()) > 0 and self.is_leased(key):
            yield min(pause, left)
            pause = min(pause * 1.5, LONGEST_WAIT)

    def is_leased(self, key: bytes) -> bool:
        """Whether somebody holds the lease of a key.

        Raises:
            StoreError: The file cannot be read.
        """
        return self._access.read(lambda raw: tables.is_leased(raw, key, self.now()))

    @property
    def asynchronous(self) -> AsyncSqliteHandler:
        """The same store for an event loop: what may wait does so in a thread."""
        return AsyncSqliteHandler(self)

    def _find(
        self, connection: Connection, key: bytes, soft_tags: tuple[str, ...], *, snapshot: bool = False
    ) -> Found | None:
        kept = self._decoded.find(key)
        row = connection.raw.execute(tables.LOOK if kept else tables.FIND, (key,)).fetchone()
        if row is None:
            return None
        data = None
        if kept is None:
            *row, data = row
        identifier, seal, used, turn, entries, generation, commits, floor = row
        if kept is None:
            entry = self._opened(key, seal, data)
        elif kept.seal == seal:
            entry = kept.entry if kept.live else self._enlivened(key, kept)
        else:  # it was replaced
            self._decoded.drop(key, kept)
            return self._find(connection, key, soft_tags, snapshot=snapshot)
        if entry is None:
            self._access.write_in_passing(
                connection, lambda raw: raw.execute(tables.FORGET, (identifier, seal))
            )
            return None
        tags = (*entry.tags, *soft_tags) if soft_tags else entry.tags
        marks = tables.known_marks(connection, tags, generation)
        if marks is None and not snapshot:
            connection.raw.execute("BEGIN")  # the entry and its marks as they are at one moment
            return self._find(connection, key, soft_tags, snapshot=True)
        if marks is None:
            marks = tables.look_up_marks(connection, tags, generation)
        try:
            if entry.created <= floor:
                return None
            found = Found(entry, marks)
            if turn - used > entries >> 1:
                self._touch(connection, identifier)
            if kept is not None and kept.live:
                kept.keep(found, self._access.moment(connection, commits), soft_tags)
            return found
        except TypeError as error:
            raise DamagedError("a row holds other types than were written") from error

    def _opened(self, key: bytes, seal: object, data: object) -> CacheEntry | None:
        """The entry in a row, unless the row was damaged, never was an entry or is not signed as it should be."""
        if type(data) is bytes and type(seal) is bytes and self._seals.hold(seal, key, data):
            try:
                entry = CacheEntry.from_bytes(data)
            except DecodeError:
                pass
            else:
                self._decoded.add(key, seal, entry, len(data))
                return entry
        self._count_damage()
        return None

    def _enlivened(self, key: bytes, kept: DecodedEntry) -> CacheEntry | None:
        """The entry with its result decoded for good, unless that is no result."""
        try:
            return self._decoded.enliven(key, kept)
        except DecodeError:
            self._decoded.drop(key, kept)
            self._count_damage()
            return None

    def _count_damage(self) -> None:
        self._access.count_error()
        log.warning(
            "an entry in the store %s that is damaged, or not signed as it should be, is removed", self._path
        )

    def _touch(self, connection: Connection, identifier: int) -> None:
        """Have it written down that an entry was used."""
        now = time.monotonic()
        used = self._touched
        used.add(identifier)
        if len(used) < TOUCH_TOGETHER and now - self._touch_at < TOUCH_EVERY:
            return
        self._touch_at = now
        self._touched = set()
        self._access.write_in_passing(connection, lambda raw: tables.touch(raw, used.copy()))
