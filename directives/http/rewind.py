"""A request body that can be read twice: by the endpoint, and by a framework, in its hooks or in the function."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING
from typing import Protocol

from directives.http.wsgi_body import WsgiBody

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

IN_MEMORY = 64 << 10


class Readable(Protocol):
    """What a WSGI server hands over as ``wsgi.input``."""

    def read(self, size: int, /) -> bytes: ...


class Rewindable(io.RawIOBase):
    """Keeps what is read of a body, on the disk when it grows, so that it can be read from its beginning again.

    Args:
        source: The body as the server gives it.
        limit: The most bytes that are kept; what comes after them cannot be read.
    """

    def __init__(self, source: Readable, limit: int) -> None:
        self._source = source
        self._kept = SpooledTemporaryFile[bytes](IN_MEMORY)
        self._left = limit

    def readable(self) -> bool:
        """It can be."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read what was kept, then on in the body."""
        view = memoryview(buffer).cast("B")
        piece = self._kept.read(len(view))
        if not piece:
            piece = self._source.read(min(len(view), self._left)) if self._left else b""
            self._kept.write(piece)
            self._left -= len(piece)
        view[: len(piece)] = piece
        return len(piece)

    def rewind(self) -> None:
        """Begin again."""
        self._kept.seek(0)

    def close(self) -> None:
        """Give up what was kept."""
        self._kept.close()
        super().close()


class FormBody(WsgiBody):
    """The body of a form, which begins again once it was read: for the framework's own view of it, as ``request.form``.

    Args:
        environ: The request, whose body is ``Rewindable``.
    """

    __slots__ = ()

    async def read(self, limit: int) -> bytes:
        """See ``WsgiBody.read``."""
        body = await super().read(limit)
        self._environ["wsgi.input"].rewind()
        return body

    async def pieces(self, limit: int) -> AsyncIterator[bytes]:
        """See ``WsgiBody.pieces``."""
        async for piece in super().pieces(limit):
            yield piece
        self._environ["wsgi.input"].rewind()
