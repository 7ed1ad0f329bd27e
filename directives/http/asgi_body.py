"""The body of an ASGI request, received to a limit, and the sign that its sender has gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from collections.abc import Awaitable
from collections.abc import Callable
from typing import Any

from directives.http.messages import BodyCutShort
from directives.http.messages import BodyTooLarge

MAX_DISCARDED = 8 << 20

Receive = Callable[[], Awaitable[Any]]


class AsgiBody:
    """What receives the body; it receives no more than it is allowed to, whatever was announced.

    Args:
        receive: The server's channel.
        announced: The header ``Content-Length``, if it came.
        waits: Whether the sender waits to be asked for it: ``Expect: 100-continue``.

    Attributes:
        ended: Whether all of it has been received: the next message tells that the caller has gone.
    """

    __slots__ = ("_announced", "_begun", "_receive", "_waits", "ended")

    def __init__(self, receive: Receive, announced: str | None, *, waits: bool = False) -> None:
        self._receive = receive
        self._announced = announced
        self._begun = False
        self._waits = waits
        self.ended = False

    async def read(self, limit: int) -> bytes:
        """All of it; raises ``BodyTooLarge`` or ``BodyCutShort``."""
        self._check_announced(limit)
        first = await self._next()
        if self.ended and len(first) <= limit:
            return first
        pieces = [first]
        size = len(first)
        while not self.ended and size <= limit:
            pieces.append(await self._next())
            size += len(pieces[-1])
        if size > limit:
            raise BodyTooLarge
        return b"".join(pieces)

    async def pieces(self, limit: int) -> AsyncIterator[bytes]:
        """The same, piece by piece; each is gone when the next one is asked for."""
        self._check_announced(limit)
        size = 0
        while not self.ended:
            piece = await self._next()
            size += len(piece)
            if size > limit:
                raise BodyTooLarge
            yield piece

    async def discard(self) -> None:
        """Read on after a refusal, within reason: a client that is still sending does not read its answer."""
        if self.ended or (self._waits and not self._begun):
            return
        try:
            async for _ in self.pieces(MAX_DISCARDED):
                pass
        except (BodyTooLarge, BodyCutShort):
            return

    async def gone(self) -> None:
        """Return when the caller has gone away; to be awaited once the body has ended."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _next(self) -> bytes:
        self._begun = True
        message = await self._receive()
        if message["type"] != "http.request":
            self.ended = True
            raise BodyCutShort
        self.ended = not message.get("more_body", False)
        piece: bytes = message.get("body", b"")
        return piece

    def _check_announced(self, limit: int) -> None:
        written = self._announced
        if written is None:
            return
        if not (written.isascii() and written.isdecimal()):
            raise BodyCutShort
        if len(written) > 18 or int(written) > limit:
            raise BodyTooLarge
