"""The body of a WSGI request, read to a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from directives.http.messages import BodyCutShort
from directives.http.messages import BodyTooLarge

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from collections.abc import Callable
    from wsgiref.types import WSGIEnvironment


def body_reader(environ: WSGIEnvironment) -> Callable[[int], Awaitable[bytes]]:
    """What reads the body; it does not read more than it is allowed to, whatever was announced."""

    async def read(limit: int) -> bytes:
        written = environ.get("CONTENT_LENGTH")
        if not written:
            # Without a length only a server that ends the stream itself can be read safely.
            return _read_all(environ, limit) if environ.get("wsgi.input_terminated") else b""
        if not (written.isascii() and written.isdecimal()):
            raise BodyCutShort
        if len(written) > 18 or int(written) > limit:
            raise BodyTooLarge
        return _read_exactly(environ, int(written))

    return read


def _read_exactly(environ: WSGIEnvironment, size: int) -> bytes:
    stream = environ["wsgi.input"]
    body: bytes = stream.read(size)
    while len(body) < size:
        more = stream.read(size - len(body))
        if not more:
            raise BodyCutShort
        body += more
    return body


def _read_all(environ: WSGIEnvironment, limit: int) -> bytes:
    stream = environ["wsgi.input"]
    body = bytearray()
    while more := stream.read(limit + 1 - len(body)):
        body += more
        if len(body) > limit:
            raise BodyTooLarge
    return bytes(body)
