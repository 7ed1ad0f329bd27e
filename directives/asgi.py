"""Server functions for any ASGI application (ASGI 3, "HTTP & WebSocket")."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import MutableMapping
from contextlib import aclosing
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.datastructures.mixins import ImmutableHeadersMixin

from directives.cache.scope import RequestScope
from directives.cache.scope import current_scope
from directives.http import HttpRequest
from directives.http.asgi_body import AsgiBody
from directives.http.lifetimes import with_lifetime
from directives.http.serving import Serving
from directives.request import current_request

if TYPE_CHECKING:
    from directives.runtime import Runtime

__all__ = ["DirectivesMiddleware"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

UNHURRIED = 0.05
"""How long a call takes, in seconds, before it is worth while to listen whether its caller is still there."""


class DirectivesMiddleware:
    """Answers calls of server functions and hands every other request to the application.

    A coroutine runs on the server's own loop, in the task of its request; a plain function runs in a thread. When the
    caller goes away, what still runs for it is cancelled.

    Args:
        app: The ASGI application.
        runtime: Whose functions to serve; the process's own if left out.
    """

    def __init__(self, app: Application, runtime: Runtime | None = None) -> None:
        if runtime is None:
            from directives.runtime import runtime as runtime_of_process

            runtime = runtime_of_process
        self._app = app
        self._serving = Serving(runtime, on_loop=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        endpoint = self._serving.endpoint()
        headers = ScopeHeaders(scope["headers"])
        body = AsgiBody(receive, headers.first(b"content-length"))
        request = request_of(scope, headers, body)
        if not endpoint.claims(request.method, request.path, request.query):
            page = self._serving.page_scope(request)
            token, outside = current_request.set(request), current_scope.set(page)
            try:
                await self._app(scope, receive, partial(send_page, send, page))
            finally:
                current_request.reset(token)
                current_scope.reset(outside)
            return
        with Attention(body):
            status, fields, content = await endpoint.handle(request)
            written = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in fields]
            await send({"type": "http.response.start", "status": status, "headers": written})
            if not isinstance(content, bytes):
                content = await send_pieces(content, send)
            await send({"type": "http.response.body", "body": content})


async def send_page(send: Send, page: RequestScope, message: Message) -> None:
    """Send a message of the application's own; ``page`` has learnt what the response is made of."""
    if message["type"] == "http.response.start":
        written = [
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in message.get("headers", ())
        ]
        told = with_lifetime(written, page)
        if told is not written:
            headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in told]
            message = {**message, "headers": headers}
    await send(message)


async def send_pieces(pieces: AsyncGenerator[bytes, None], send: Send) -> bytes:
    """Send a body as it comes, all but its end; the server's ``send`` holds it back if the caller reads slowly."""
    async with aclosing(pieces):
        async for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    return b""


class Attention:
    """Cancels the task of a request when its caller goes away.

    Args:
        body: The request's body.
    """

    def __init__(self, body: AsgiBody) -> None:
        self._body = body
        self._gone = False

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        self._listening: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(UNHURRIED, self._listen)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self._timer.cancel()
        if self._listening is not None:
            self._listening.cancel()
        if not self._gone or self._task is None:
            return False
        self._task.uncancel()
        return kind is asyncio.CancelledError

    def _listen(self) -> None:
        if self._body.ended:
            self._listening = self._loop.create_task(self._wait())
        else:
            self._timer = self._loop.call_later(UNHURRIED, self._listen)

    async def _wait(self) -> None:
        await self._body.gone()
        self._gone = True
        if self._task is not None:
            self._task.cancel()


class ScopeHeaders(ImmutableHeadersMixin, Headers):  # type: ignore[misc]  # as werkzeug's own ones
    """The headers of an ASGI request, read when they are asked for.

    Args:
        pairs: As the scope holds them.
    """

    def __init__(self, pairs: list[tuple[bytes, bytes]]) -> None:
        self._pairs = pairs

    def __getattr__(self, name: str) -> Any:
        if name != "_list":
            raise AttributeError(name)
        self._list = [
            (name.decode("latin-1").title(), value.decode("latin-1")) for name, value in self._pairs
        ]
        return self._list

    def first(self, name: bytes) -> str | None:
        """The value of a header, by its name in small letters, without a look at the others."""
        for known, value in self._pairs:
            if known == name:
                return value.decode("latin-1")
        return None


def request_of(scope: Scope, headers: ScopeHeaders, body: AsgiBody) -> HttpRequest:
    """An ASGI request as the endpoint's value."""
    root = scope.get("root_path", "")
    path = scope["path"]
    first = headers.first
    return HttpRequest(
        method=scope["method"],
        path=path[len(root) :] if root and path.startswith(f"{root}/") else path,
        query=scope["query_string"].decode("utf-8", "surrogateescape"),
        host=first(b"host") or ":".join(map(str, scope.get("server") or ("", ""))),
        accept=first(b"accept"),
        content_type=first(b"content-type"),
        origin=first(b"origin"),
        site=first(b"sec-fetch-site"),
        headers=headers,
        read=body.read,
        pieces=body.pieces,
        root=root,
        timeout=first(b"x-directives-timeout"),
        idempotency_key=first(b"idempotency-key"),
    )
