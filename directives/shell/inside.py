"""What a page says at the place where its shell will be served.

What the middlewares around that place add, a header or a change of the body, they add to the shell too whenever it is served: so
the shell is what is inside of them, though the whole application is asked, and judged.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from contextvars import ContextVar
from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from collections.abc import MutableMapping
    from wsgiref.types import WSGIApplication

    AsgiApplication = Callable[[MutableMapping[str, Any], Any, Any], Awaitable[None]]

Headers = list[tuple[str, str]]


class Inside:
    """What is said there of the page that is being rendered.

    Attributes:
        headers: The response's headers; ``None`` while none came that way.
        body: Its body, in pieces.
    """

    __slots__ = ("body", "headers")

    def __init__(self) -> None:
        self.headers: Headers | None = None
        self.body: list[bytes] = []

    def begin(self, headers: Headers) -> None:
        """A response begins there."""
        self.headers, self.body = headers, []


rendering: ContextVar[Inside | None] = ContextVar("rendering", default=None)


def noted(app: WSGIApplication, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """The answer of a WSGI application to whoever renders a page, which is noted."""
    inside = rendering.get() or Inside()

    def begin(status: str, headers: Headers, *exc_info: Any) -> Callable[[bytes], object]:
        inside.begin([*headers])
        write = start_response(status, headers, *exc_info)

        def written(piece: bytes) -> None:
            inside.body.append(piece)
            write(piece)

        return written

    pieces: Iterable[bytes] = app(environ, begin)
    try:
        body = [*pieces]
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
    inside.body += body
    return body


async def noted_async(app: AsgiApplication, scope: Any, receive: Any, send: Any) -> None:
    """See ``noted``, of an ASGI application."""
    inside = rendering.get() or Inside()

    async def note(message: Any) -> None:
        if message["type"] == "http.response.start":
            inside.begin(decoded(message.get("headers", ())))
        elif message["type"] == "http.response.body":
            inside.body.append(message.get("body", b""))
        await send(message)

    await app(scope, receive, note)


def decoded(fields: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Headers of ASGI as texts."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in fields]
