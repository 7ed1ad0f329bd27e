"""A connection for an event loop: many commands are under way on it at once, and the reads of one tick are one."""

from __future__ import annotations

import asyncio
from asyncio import Future
from collections import deque
from collections.abc import Callable
from collections.abc import Sequence
from itertools import chain
from typing import Any
from typing import Final
from typing import NamedTuple
from typing import TypeAlias

from directives.cache.handlers.redis.command import Command
from directives.cache.handlers.redis.command import Reply
from directives.cache.handlers.redis.replies import LostError
from directives.cache.handlers.redis.replies import RefusedError

MOST_NAMES: Final = 512

Answer: TypeAlias = "Future[Reply]"
Read: TypeAlias = tuple[bytes, tuple[bytes, ...], Answer]
"""The names of the values that somebody asks for, the first and the others, and where they are told."""


class Sent(NamedTuple):
    """What the next reply is for: one answer, or all the reads that were joined and the names in them."""

    deadline: float
    answer: Answer | None = None
    names: tuple[Any, ...] = ()
    reads: Sequence[Read] = ()

    def settle(self, reply: Reply) -> None:
        """Hand the reply to who waits for it and still does."""
        if self.answer is not None:
            if not self.answer.done():
                self.answer.set_result(reply)
            return
        if isinstance(reply, RefusedError):
            for _, _, answer in self.reads:
                if not answer.done():
                    answer.set_result(reply)
            return
        values = dict(zip(self.names, reply, strict=False))
        # The others are mostly the same: the marks of the tags of one function's entries.
        shared = {others: [*map(values.get, others)] for others in {others for _, others, _ in self.reads}}
        for first, others, answer in self.reads:
            if not answer.done():
                answer.set_result((values.get(first), shared[others]))

    def fail(self, error: Exception) -> None:
        """No reply will come."""
        for answer in (self.answer, *[answer for _, _, answer in self.reads]):
            if answer is not None and not answer.done():
                answer.set_exception(error)


class Link(asyncio.Protocol):
    """One connection of one event loop.

    Args:
        loop: The loop.
        timeout: How long a reply may take, in seconds.

    Attributes:
        is_open: Whether commands can be sent.
        is_gathering: Whether some were given in this tick, and wait for its end.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, timeout: float) -> None:
        import hiredis  # an extra

        self.is_open = self.is_gathering = False
        self._loop = loop
        self._timeout = timeout
        self._parser = hiredis.Reader(replyError=RefusedError, protocolError=LostError)
        self._pack: Callable[..., bytes] = hiredis.pack_command
        self._transport: asyncio.Transport | None = None
        self._sent: deque[Sent] = deque()
        self._outgoing: list[bytes] = []
        self._reads: list[Read] = []
        self._asked = 0
        self._timer: asyncio.TimerHandle | None = None

    def call(self, command: Command) -> Answer:
        """Send a command at the end of this tick; the reply may be a ``RefusedError``.

        The future raises ``LostError`` if the connection goes first, and ``TimeoutError`` if the reply does not come in
        time, after which the connection is closed.
        """
        if self.is_open and not self.is_gathering:
            self.is_gathering = True
            self._loop.call_soon(self._flush)
        if self.is_gathering and command.read is not None:
            return self.join(*command.read)
        answer: Answer = Future(loop=self._loop)
        if self.is_open:
            self._send(command, Sent(self._deadline(command.block), answer))
        else:
            answer.set_exception(LostError("the connection is closed"))
        return answer

    def join(self, first: bytes, others: tuple[bytes, ...]) -> Answer:
        """Read values together with what others read in this tick; only while that ``is_gathering``."""
        answer: Answer = Future(loop=self._loop)  # not `create_future`, which is a call more for each hit
        self._reads.append((first, others, answer))
        self._asked += 1 + len(others)
        if self._asked >= MOST_NAMES:
            self._send_reads()
        return answer

    def close(self) -> None:
        """Close the connection at once."""
        self._fail(LostError("the connection has been closed"))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See ``asyncio.Protocol``."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.is_open = True

    def data_received(self, data: bytes) -> None:
        """See ``asyncio.Protocol``."""
        try:
            self._parser.feed(data)
            while self._sent and (reply := self._parser.gets()) is not False:
                self._sent.popleft().settle(reply)
        except LostError as error:
            self._fail(error)

    def connection_lost(self, exc: Exception | None) -> None:
        """See ``asyncio.Protocol``."""
        self._fail(LostError(str(exc or "the server closed the connection")))

    def _deadline(self, block: float = 0.0) -> float:
        return self._loop.time() + block + self._timeout

    def _send(self, command: Command, sent: Sent) -> None:
        self._outgoing.append(self._pack(command.parts))
        self._sent.append(sent)
        if self._timer is None:
            self._timer = self._loop.call_at(sent.deadline, self._check)

    def _flush(self) -> None:
        self.is_gathering = False
        if self._reads:
            self._send_reads()
        if self._outgoing and self._transport is not None:
            self._transport.write(b"".join(self._outgoing))
        self._outgoing.clear()

    def _send_reads(self) -> None:
        reads, self._reads, self._asked = self._reads, [], 0
        firsts = dict.fromkeys([first for first, _, _ in reads])
        others = chain.from_iterable({others for _, others, _ in reads})
        names = (*firsts, *dict.fromkeys(others))
        self._send(Command((b"MGET", *names)), Sent(self._deadline(), names=names, reads=reads))

    def _check(self) -> None:
        """Fail if the oldest command has waited too long; else look again when it would have."""
        self._timer = None
        if self._sent:
            deadline = self._sent[0].deadline
            if deadline <= self._loop.time():
                self._fail(TimeoutError("no answer in time"))
            else:
                self._timer = self._loop.call_at(deadline, self._check)

    def _fail(self, error: Exception) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
            self.is_open = self.is_gathering = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        abandoned = [*self._sent, Sent(0.0, reads=self._reads)]
        self._sent.clear()
        self._reads, self._asked = [], 0
        self._outgoing.clear()
        for sent in abandoned:
            sent.fail(error)
