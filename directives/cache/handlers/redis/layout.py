"""What the store writes into Redis: the names of its keys, and the bytes under them.

An entry is an envelope: a magic number, the seals of its tags, a checksum, and the entry itself. The seal of a tag
is a random number that is made together with the tag's mark. If Redis gives up a mark for want of room, the next mark
of that tag has another seal, and the entries that were sealed with the lost one are no longer found: a lost mark costs
entries, but never lets an invalidated one come back.
"""

from __future__ import annotations

import hmac
import math
import os
import struct
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from functools import lru_cache
from typing import Final
from typing import NamedTuple

from blake3 import blake3

from directives.cache.entry import LONG_AGO
from directives.cache.entry import CacheEntry
from directives.cache.entry import TagMark
from directives.cache.life import CacheLife
from directives.cache.value import CachedValue

MAGIC: Final = b"dce1"
SEAL: Final = 8
CHECKSUM: Final = 16
HEAD: Final = struct.Struct(">4sH")
TIMES: Final = struct.Struct(">ddd")
NO_TIMES: Final = TIMES.pack(LONG_AGO, LONG_AGO, math.inf)
MARK: Final = SEAL + TIMES.size


class Known(NamedTuple):
    """What was read of an entry the last time: where seals and checksum are still the same, so is all the rest."""

    head: bytes
    created: float
    life: CacheLife
    tags: tuple[str, ...]
    start: int

    @property
    def seals(self) -> bytes:
        """The seals that its tags had when it was set."""
        return self.head[HEAD.size : -CHECKSUM]


class Sealed(NamedTuple):
    """An entry as it was found."""

    entry: CacheEntry
    known: Known


class Layout:
    """The names and bytes of one store.

    All names hold ``{prefix}``, so that a cluster keeps them on one server, where a script reaches them all.

    Args:
        prefix: What tells this store's keys from others'.
        sign_keys: With keys, checksums are signatures: entries that somebody else wrote are not found. The first one
            signs, any of them may have.

    Attributes:
        marks_of: Gives the names of the marks of tags; the entries of one function mostly have the same.
    """

    def __init__(self, prefix: str, sign_keys: Sequence[bytes] = ()) -> None:
        self.root = b"{%s}:" % prefix.encode()
        self.entries = self.root + b"e:"
        self.marks = self.root + b"t:"
        self.beginning = self.root + b"beginning"
        self._leases = self.root + b"l:"
        self._bells = self.root + b"b:"
        self._sign_keys: Sequence[bytes | None] = sign_keys or (None,)
        self.marks_of: Callable[[tuple[str, ...]], tuple[bytes, ...]] = lru_cache(256)(self._marks_of)

    def entry(self, key: bytes) -> bytes:
        """The name of an entry."""
        return self.entries + key

    def mark(self, tag: str) -> bytes:
        """The name of a tag's mark."""
        return self.marks + tag.encode("utf-8", "surrogatepass")

    def _marks_of(self, tags: tuple[str, ...]) -> tuple[bytes, ...]:
        return tuple(map(self.mark, tags))

    def lease(self, key: bytes) -> bytes:
        """The name of a lease."""
        return self._leases + key

    def bell(self, token: bytes) -> bytes:
        """The name of the list that those who wait for a lease wait on."""
        return self._bells + token

    def envelope(self, key: bytes, entry: CacheEntry) -> tuple[bytes, bytes]:
        """The bytes before and after an entry's seals.

        Raises:
            EncodeError: The result holds something that cannot be kept.
        """
        body = entry.to_bytes()
        return HEAD.pack(MAGIC, len(entry.tags)), _checksum(self._sign_keys[0], key, body) + body

    def open(self, key: bytes, data: bytes, known: Known | None = None) -> Sealed | None:
        """The entry that somebody wrote under a key; ``None`` if these bytes are none of this version.

        Args:
            key: The key.
            data: The bytes.
            known: What they were the last time.
        """
        if known is not None and data.startswith(known.head):
            if not self._is_whole(key, data, len(known.head)):
                return None
            value = CachedValue.from_bytes(data[known.start :])
            return Sealed(CacheEntry(value, known.created, known.life, known.tags), known)
        try:
            magic, count = HEAD.unpack_from(data)
            start = HEAD.size + SEAL * count + CHECKSUM
            if magic != MAGIC or not self._is_whole(key, data, start):
                return None
            entry = CacheEntry.from_bytes(data[start:])
        except (ArithmeticError, LookupError, TypeError, ValueError, struct.error):
            return None
        if len(entry.tags) != count:
            return None
        value_start = len(data) - len(entry.value.to_bytes())
        return Sealed(entry, Known(data[:start], entry.created, entry.life, entry.tags, value_start))

    def _is_whole(self, key: bytes, data: bytes, start: int) -> bool:
        found, body = data[start - CHECKSUM : start], data[start:]
        return any(hmac.compare_digest(found, _checksum(sign, key, body)) for sign in self._sign_keys)


def _checksum(sign_key: bytes | None, key: bytes, body: bytes) -> bytes:
    hasher = blake3() if sign_key is None else blake3(key=sign_key)
    return hasher.update(b"%d:%s" % (len(key), key)).update(body).digest(CHECKSUM)


def new_seal() -> bytes:
    """A seal that no mark had before, or a name for a store's beginning."""
    return os.urandom(SEAL)


def pack_mark(mark: TagMark) -> bytes:
    """The times of a mark."""
    return TIMES.pack(mark.expired, mark.stale, mark.due)


def seals_of(marks: Iterable[bytes | None]) -> bytes:
    """The seals that some marks have now."""
    return b"".join([mark[:SEAL] if mark is not None and len(mark) == MARK else b"" for mark in marks])


def read_marks(written: Sequence[bytes | None]) -> list[TagMark] | None:
    """The marks that take or date something; ``None`` if one of them is damaged, and nobody can tell what it was."""
    marks = []
    for data in written:
        if data is None or data[SEAL:] == NO_TIMES:
            continue
        if len(data) != MARK:
            return None
        times = TIMES.unpack(data[SEAL:])
        if any(map(math.isnan, times)):
            return None
        marks.append(TagMark(*times))
    return marks
