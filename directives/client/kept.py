"""Replies that a client may use again: in its memory, for as long as the server said."""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

import httpx

STALE_TIME = "x-directives-stale-time"
UPDATED = "x-directives-updated"
DIGITS = re.compile("[0-9]{1,10}")
KEPT_BYTES = 8 << 20
ENTRY_BYTES = 300  # what an entry takes beside its content


@dataclass(frozen=True, slots=True)
class Kept:
    """A reply.

    Attributes:
        body: As it came: each caller decodes a value of his own from it.
        ends: When it is not to be used any more.
    """

    body: bytes
    ends: float


@dataclass(frozen=True, slots=True)
class Asked:
    """When a call was sent.

    Attributes:
        time: By the clock.
        era: How often everything had been forgotten.
    """

    time: float
    era: int


class KeptReplies:
    """The replies that one user's client may use again; used by any number of threads.

    Args:
        limit: How many bytes they may take; those that were not used for longest make room.
        clock: Tells the time, in seconds.
    """

    def __init__(self, limit: int = KEPT_BYTES, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._replies: OrderedDict[bytes, Kept] = OrderedDict()
        self._size = 0
        self._era = 0

    def asked(self) -> Asked:
        """This moment, for ``keep``: a reply is as old as its call."""
        return Asked(self._clock(), self._era)

    def find(self, key: bytes) -> bytes | None:
        """The body of a reply that may be used again."""
        with self._lock:
            kept = self._replies.get(key)
            if kept is None:
                return None
            if kept.ends <= self._clock():
                self._drop(key)
                return None
            self._replies.move_to_end(key)
            return kept.body

    def keep(self, key: bytes, body: bytes, seconds: float, asked: Asked) -> None:
        """Keep a reply, unless everything was forgotten since it was asked for."""
        size = len(body) + ENTRY_BYTES
        with self._lock:
            if asked.era != self._era or size > self._limit:
                return
            if key in self._replies:
                self._drop(key)
            self._replies[key] = Kept(body, asked.time + seconds)
            self._size += size
            while self._size > self._limit:
                self._drop(next(iter(self._replies)))

    def forget(self) -> None:
        """Forget all replies, and those that are on their way."""
        with self._lock:
            self._replies.clear()
            self._size = 0
            self._era += 1

    def _drop(self, key: bytes) -> None:
        self._size -= len(self._replies.pop(key).body) + ENTRY_BYTES


def seconds_to_keep(response: httpx.Response) -> int:
    """For how many seconds a reply may be used again by the client that asked; 0 if not at all."""
    words = [word.strip().lower() for word in response.headers.get("cache-control", "").split(",")]
    stale = response.headers.get(STALE_TIME, "")
    if response.status_code != httpx.codes.OK or "private" not in words or "no-store" in words:
        return 0
    return int(stale) if DIGITS.fullmatch(stale) else 0


def key_of(*parts: bytes) -> bytes:
    """A digest of what makes two calls the same, wherever its parts are cut."""
    digest = sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()
