"""The body of a WSGI request, read to a limit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from directives.http.messages import BodyCutShort
from directives.http.messages import BodyTooLarge

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

PIECE = 64 << 10
MAX_DISCARDED = 8 << 20


class WsgiBody:
    """What reads the body; it does not read more than it is allowed to, whatever was announced.

    Args:
        environ: The request.
    """

    __slots__ = ("_environ", "_taken")

    def __init__(self, environ: WSGIEnvironment) -> None:
        self._environ = environ
        self._taken = 0

    async def read(self, limit: int) -> bytes:
        """All of it; raises ``BodyTooLarge`` or ``BodyCutShort``."""
        size = self._announced(limit)
        if size is None:
            return b"".join([piece async for piece in self.pieces(limit)])
        body: bytes = self._take(size)
        while len(body) < size:
            body += self._more(size - len(body))
        return body

    async def pieces(self, limit: int) -> AsyncIterator[bytes]:
        """The same, piece by piece; each is gone when the next one is asked for."""
        size = self._announced(limit)
        if size is None:
            while piece := self._take(min(PIECE, limit + 1 - self._taken)):
                if self._taken > limit:
                    raise BodyTooLarge
                yield piece
            return
        while self._taken < size:
            yield self._more(min(PIECE, size - self._taken))

    def discard(self) -> None:
        """Read on after a refusal, within reason: a client that is still sending does not read its answer."""
        if self._environ.get("CONTENT_LENGTH") and "HTTP_EXPECT" not in self._environ:
            try:
                size = self._announced(MAX_DISCARDED) or 0
                while self._taken < size:
                    self._more(min(PIECE, size - self._taken))
            except (BodyTooLarge, BodyCutShort, OSError):
                return

    def _announced(self, limit: int) -> int | None:
        """The length; ``None`` if the server itself ends the stream."""
        written = self._environ.get("CONTENT_LENGTH")
        if not written:
            # Without a length only a server that ends the stream itself can be read safely.
            return None if self._environ.get("wsgi.input_terminated") else 0
        if not (written.isascii() and written.isdecimal()):
            raise BodyCutShort
        if len(written) > 18 or (size := int(written)) > limit:
            raise BodyTooLarge
        return size

    def _take(self, size: int) -> bytes:
        piece: bytes = self._environ["wsgi.input"].read(size)
        self._taken += len(piece)
        return piece

    def _more(self, size: int) -> bytes:
        piece = self._take(size)
        if not piece:
            raise BodyCutShort
        return piece
