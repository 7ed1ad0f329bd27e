"""What a SQLite store reads and writes; the writing steps run inside a transaction of their caller."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

from directives.cache.entry import LONG_AGO
from directives.cache.entry import TagMark
from directives.cache.handlers.sqlite.file import ROW_SIZE
from directives.cache.handlers.sqlite.file import Connection
from directives.cache.handlers.sqlite.file import DamagedError

LOOK: Final = "SELECT entries.id, seal, used, turn, entries, generation, commits, floor FROM entries, state WHERE key = ?"
FIND: Final = LOOK.replace("floor", "floor, data", 1)
KEEP: Final = (
    "INSERT INTO entries (key, used, expires, seal, data) SELECT ?, turn, ?, ?, ? FROM state WHERE floor < ?"
)
SWEEP: Final = "DELETE FROM entries WHERE id IN (SELECT id FROM entries WHERE expires <= ? LIMIT 64)"
OLDEST: Final = "SELECT id, length(data) + length(key) FROM entries ORDER BY used, id LIMIT 64"
SIZES: Final = "SELECT substr(key, 1, ?) AS owner, count(*), sum(length(data) + length(key) + ?) FROM entries GROUP BY owner"
FORGET: Final = "DELETE FROM entries WHERE id = ? AND seal = ?"
NEXT_GENERATION: Final = "UPDATE state SET generation = generation + 1"
SELECT_MARK: Final = "SELECT expired, stale, due FROM marks WHERE tag = ?"
REPLACE_MARK: Final = "INSERT OR REPLACE INTO marks (tag, expired, stale, due) VALUES (?, ?, ?, ?)"
TAKE_LEASE: Final = (
    "INSERT INTO leases (key, token, until) VALUES (?, ?, ?) ON CONFLICT (key) "
    "DO UPDATE SET token = excluded.token, until = excluded.until WHERE leases.until <= ?"
)
# How many marks a connection remembers, and how many the store keeps before the older half makes way.
KNOWN_MARKS: Final = 4096
MAX_MARKS: Final = 100_000
COUNT_EVERY: Final = 1024


def tag_bytes(tag: str) -> bytes:
    """A tag as it is kept: whatever characters it has."""
    return tag.encode("utf-8", "surrogatepass")


def known_marks(connection: Connection, tags: tuple[str, ...], generation: int) -> list[TagMark] | None:
    """The marks of some tags, if a connection remembers them from that generation."""
    if not tags:
        return []
    return connection.together.get(tags) if connection.generation == generation else None


def look_up_marks(connection: Connection, tags: tuple[str, ...], generation: int) -> list[TagMark]:
    """The marks of some tags, remembered for the next time.

    Raises:
        DamagedError: A mark is none.
    """
    known, together = connection.marks, connection.together
    if connection.generation != generation or max(len(known), len(together)) > KNOWN_MARKS:
        known.clear()
        together.clear()
        connection.generation = generation
    for tag in tags:
        if tag not in known:
            known[tag] = _mark(connection.raw, tag)
    found = together[tags] = [mark for tag in tags if (mark := known[tag]) is not None]
    return found


def _mark(raw: sqlite3.Connection, tag: str) -> TagMark | None:
    row = raw.execute(SELECT_MARK, (tag_bytes(tag),)).fetchone()
    if row is None:
        return None
    if [type(value) for value in row] != [float] * 3:
        raise DamagedError("a mark on a tag is damaged")
    return TagMark(*row)


def generation(raw: sqlite3.Connection) -> int:
    """A number that changes with every mark."""
    return _number(raw, "SELECT generation FROM state")


def marked_at(raw: sqlite3.Connection, tags: Iterable[str]) -> dict[str, float]:
    """When each of some tags was marked last; long ago where it never was."""
    found = {tag: _mark(raw, tag) for tag in tags}
    return {tag: LONG_AGO if mark is None else max(mark.expired, mark.stale) for tag, mark in found.items()}


def merge_marks(raw: sqlite3.Connection, tags: Iterable[str], mark: TagMark, now: float) -> None:
    """Merge a mark into those of some tags."""
    for tag in tags:
        kept = _mark(raw, tag)
        merged = mark if kept is None else kept.merge(mark, now)
        times = (float(merged.expired), float(merged.stale), float(merged.due))
        raw.execute(REPLACE_MARK, (tag_bytes(tag), *times))
    raw.execute(NEXT_GENERATION)
    if _number(raw, "SELECT generation FROM state") % COUNT_EVERY == 0:
        _drop_old_marks(raw)


def _drop_old_marks(raw: sqlite3.Connection) -> None:
    """Give up the older half of too many marks, and every entry that may be older than one of them."""
    count = _number(raw, "SELECT count(*) FROM marks")
    if count > MAX_MARKS:
        middle = "SELECT max(expired, stale) AS time FROM marks ORDER BY time LIMIT 1 OFFSET ?"
        floor = raw.execute(middle, (count // 2,)).fetchone()[0]
        raw.execute("DELETE FROM marks WHERE max(expired, stale) <= ?", (floor,))
        raise_floor(raw, floor)


def raise_floor(raw: sqlite3.Connection, floor: float) -> None:
    """Neither find nor keep what began at that time or before: marks on it may have been forgotten."""
    raw.execute("UPDATE state SET floor = max(floor, ?)", (float(floor),))
    raw.execute(NEXT_GENERATION)


def commits(raw: sqlite3.Connection) -> int:
    """The number of the last commit that changed what is found."""
    return _number(raw, "SELECT commits FROM state")


def count(connection: Connection) -> None:
    """Tell everybody that what is found changes with the commit that follows."""
    number = commits(connection.raw) + 1
    connection.raw.execute("UPDATE state SET commits = ?", (number,))
    connection.counter[0] = number


def keep(
    raw: sqlite3.Connection, key: bytes, seal: bytes, data: bytes, *, created: float, expires: float | None
) -> None:
    """Keep an entry instead of the one under its key."""
    raw.execute("DELETE FROM entries WHERE key = ?", (key,))
    raw.execute(KEEP, (key, expires, seal, data, created))


def make_room(raw: sqlite3.Connection, limit: int, now: float) -> None:
    """Remove what has expired and, until the rest fits, what was not used for the longest time."""
    raw.execute(SWEEP, (now,))
    over = _number(raw, "SELECT size FROM state") - limit
    while over > 0:
        leaving = []
        for identifier, length in raw.execute(OLDEST).fetchall():
            leaving.append((identifier,))
            over -= length + ROW_SIZE
            if over <= 0:
                break
        if not leaving:
            raise DamagedError("the store is full of nothing")
        raw.executemany("DELETE FROM entries WHERE id = ?", leaving)
        raw.execute("UPDATE state SET evictions = evictions + ?", (len(leaving),))


def touch(raw: sqlite3.Connection, used: Iterable[int]) -> None:
    """Note that entries were used."""
    raw.executemany(
        "UPDATE entries SET used = (SELECT turn FROM state) WHERE id = ?", [(each,) for each in used]
    )


def clear(raw: sqlite3.Connection) -> None:
    """Remove everything."""
    for table in ("entries", "marks", "leases"):
        raw.execute(f"DELETE FROM {table}")
    raw.execute("UPDATE state SET floor = -9e999, generation = generation + 1")


def is_leased(raw: sqlite3.Connection, key: bytes, now: float) -> bool:
    """Whether somebody holds the lease of a key."""
    return raw.execute("SELECT 1 FROM leases WHERE key = ? AND until > ?", (key, now)).fetchone() is not None


def _number(raw: sqlite3.Connection, query: str) -> int:
    return int(raw.execute(query).fetchone()[0])
