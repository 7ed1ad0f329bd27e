"""Replies that are kept for a while, so that a call that comes twice runs once."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

from directives.http.messages import HttpResponse
from directives.http.refusals import Refusal

MAX_COUNT = 10_000
OVERHEAD = 1024  # what an entry takes besides its body, in bytes


@dataclass(frozen=True, slots=True)
class Ticket:
    """What tells whether two calls are one.

    Attributes:
        place: Where the reply is kept: a digest of the key and of who calls.
        content: A digest of the function, its arguments and the notation of the reply.
    """

    place: bytes
    content: bytes


class Replies(Protocol):
    """A store of replies.

    Whoever claims a ticket and gets nothing runs the call and has to ``settle`` the ticket, whatever happens.
    """

    async def claim(self, ticket: Ticket) -> HttpResponse | None:
        """The reply to the first call of a ticket, waited for if it runs just now; ``None`` if this is the first.

        Raises:
            Refusal: At its place is a call with other content.
        """
        ...

    async def settle(self, ticket: Ticket, reply: HttpResponse | None) -> None:
        """Keep the reply and let those who wait have it; with ``None`` one of them runs the call instead."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A reply in the store.

    Attributes:
        content: That of its ticket.
        reply: The reply; its body is whole.
        size: What it takes, in bytes.
        ends: When it is to be forgotten.
    """

    content: bytes
    reply: HttpResponse
    size: int
    ends: float


class RepliesInMemory:
    """The replies of one process, the oldest forgotten first; for any mix of threads and event loops.

    Args:
        seconds: For how long a reply is kept.
        max_size: The most that all of them may take, in bytes.
        max_count: The most replies.
        clock: The time, in seconds.
    """

    def __init__(
        self,
        seconds: float,
        max_size: int,
        max_count: int = MAX_COUNT,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._max_size = max_size
        self._max_count = max_count
        self._clock = clock
        self._kept: OrderedDict[bytes, Entry] = OrderedDict()
        self._running: dict[bytes, tuple[bytes, Future[None]]] = {}
        self._size = 0
        self._lock = Lock()

    async def claim(self, ticket: Ticket) -> HttpResponse | None:
        """The reply to the first call of a ticket; see ``Replies``."""
        while isinstance(found := self._look_up(ticket), Future):
            await asyncio.wrap_future(found)
        return found

    def _look_up(self, ticket: Ticket) -> HttpResponse | Future[None] | None:
        with self._lock:
            self._forget(self._clock())
            if (entry := self._kept.get(ticket.place)) is not None:
                _check(entry.content, ticket)
                return _copy(entry.reply)
            if (running := self._running.get(ticket.place)) is not None:
                _check(running[0], ticket)
                return running[1]
            # Marked as running, it cannot be cancelled by one of those who wait for it.
            done: Future[None] = Future()
            done.set_running_or_notify_cancel()
            self._running[ticket.place] = ticket.content, done
            return None

    async def settle(self, ticket: Ticket, reply: HttpResponse | None) -> None:
        """Keep the reply, or let somebody else run the call; see ``Replies``."""
        with self._lock:
            _, done = self._running.pop(ticket.place)
            now = self._clock()
            if reply is not None and isinstance(reply.body, bytes):
                size = len(reply.body) + len((reply.said or {}).get("state", "")) + OVERHEAD
                self._kept[ticket.place] = Entry(ticket.content, _copy(reply), size, now + self._seconds)
                self._size += size
            self._forget(now)
        done.set_result(None)

    def _forget(self, now: float) -> None:
        """Drop what is too old, then the oldest of what is too much."""
        while self._kept:
            oldest = next(iter(self._kept.values()))
            if oldest.ends > now and self._size <= self._max_size and len(self._kept) <= self._max_count:
                return
            self._kept.popitem(last=False)
            self._size -= oldest.size


def _check(content: bytes, ticket: Ticket) -> None:
    if content != ticket.content:
        raise Refusal("key-reused")


def _copy(reply: HttpResponse) -> HttpResponse:
    # A WSGI server may change the list of headers (PEP 3333).
    return reply._replace(headers=list(reply.headers))
