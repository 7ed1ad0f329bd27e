"""Server functions for any ASGI application (ASGI 3, "HTTP & WebSocket" and "Lifespan")."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import MutableMapping
from contextlib import aclosing
from functools import partial
from multiprocessing import parent_process
from typing import TYPE_CHECKING
from typing import Any

from directives.cache.ahead import AheadScope
from directives.cache.scope import current_scope
from directives.cache.scope import reset_scope
from directives.cache.scope import set_scope
from directives.errors import SettingsError
from directives.functions import Around
from directives.functions import as_it_is
from directives.http import Endpoint
from directives.http.again import answer
from directives.http.again import shown
from directives.http.again_asgi import collected
from directives.http.again_asgi import scope_again
from directives.http.asgi_request import PageRequest
from directives.http.asgi_request import cookies_of
from directives.http.asgi_request import path_of
from directives.http.asgi_request import query_of
from directives.http.asgi_request import request_of
from directives.http.attention import Attention
from directives.http.lifetimes import with_lifetime
from directives.http.nesting import TWICE
from directives.http.nesting import see_interface
from directives.http.nesting import within
from directives.http.scopes import PageScope
from directives.http.serving import Serving
from directives.shell.asgi import AsgiShells
from directives.shell.asgi import Holding
from directives.shell.inside import decoded
from directives.shell.inside import noted_async
from directives.shell.markup import is_html

if TYPE_CHECKING:
    from directives.runtime import Runtime

__all__ = ["DirectivesMiddleware"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SERVED = "directives"
BAD_REQUEST = 400


class DirectivesMiddleware:
    """Answers calls of server functions and hands every other request to the application.

    A coroutine runs on the server's own loop, in the task of its request; a plain function runs in a thread. When the
    caller goes away, what still runs for it is cancelled. Middlewares around this one are around the functions too.

    A mistake in how it is set up fails the server's start; where the server runs no lifespan, each request.

    Args:
        app: The ASGI application.
        runtime: Whose functions to serve; the process's own if left out.
        around: Waits for what a function gives, and puts what is a framework's own in our terms.

    Raises:
        SettingsError: The application is none of ASGI.
    """

    def __init__(
        self, app: Application, runtime: Runtime | None = None, *, around: Around = as_it_is
    ) -> None:
        if runtime is None:
            from directives.runtime import runtime as runtime_of_process

            runtime = runtime_of_process
        see_interface(app, "scope", "receive", "send", other="directives.wsgi.DirectivesMiddleware")
        self._app = app
        self._serving = Serving(runtime, PageRequest, on_loop=True, around=around)
        self._shells = AsgiShells(app, runtime, self._page_scope)
        self._fault = self.fault(app)

    @property
    def app(self) -> Application:
        """The application inside."""
        return self._app

    def fault(self, app: Application) -> str | None:
        """What is wrong with the place that this has around an application, and what to do about it.

        Args:
            app: The ASGI application.
        """
        return TWICE if any(isinstance(each, DirectivesMiddleware) for each in within(app)) else None

    def whole(self, scope: Scope) -> Application:
        """What is asked for a page that is rendered anew: the application inside, or one around this if that is known.

        Args:
            scope: The scope of the lifespan.
        """
        return self._app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._beside(scope, receive, send)
            return
        if self._fault is not None:
            raise SettingsError("endpoint", self._fault)
        endpoint = self._serving.endpoint()
        method, path = scope["method"], path_of(scope)
        # Only a POST can be a form's.
        if endpoint.claims(method, path, query_of(scope) if method == "POST" else ""):
            await self._answer(endpoint, scope, path, receive, send)
            return
        if type(current_scope()) is AheadScope:
            await noted_async(self._app, scope, receive, send)
            return
        target = self._shells.target(scope, path)
        if target is None or self._is_draft(scope) or not await self._shells.answers(target, scope, send):
            await self._page(scope, path, receive, send)

    def _is_draft(self, scope: Scope) -> bool:
        return self._serving.is_draft(cookies_of(scope))

    def _page_scope(self, scope: Scope, path: str) -> PageScope:
        return PageScope(self._serving, path, scope)

    async def _page(self, scope: Scope, path: str, receive: Receive, send: Send) -> None:
        page = self._page_scope(scope, path)
        holding: Holding | None = None

        def send_page(message: Message) -> Awaitable[None]:
            """Send a message; the page has learnt what it is made of, and what is deferred."""
            nonlocal holding
            if holding is not None:
                return holding.take(message)
            if message["type"] == "http.response.start":
                if page.private or page.inner is not None:
                    headers = with_lifetime(decoded(message.get("headers", ())), page)
                    message = {**message, "headers": encoded(headers)}
                if page.parts and scope["method"] != "HEAD" and is_html(decoded(message.get("headers", ()))):
                    holding = Holding(send, page, message)
                    return _later()
                page.parts = None
            return send(message)

        outside = set_scope(page)
        try:
            await self._app(scope, receive, send_page)
        finally:
            reset_scope(outside)

    async def _answer(
        self, endpoint: Endpoint, scope: Scope, path: str, receive: Receive, send: Send
    ) -> None:
        request, body = request_of(scope, path, receive)
        with Attention(body):
            reply = await endpoint.handle(request)
            if reply.status >= BAD_REQUEST:
                await body.discard()
            if reply.page is not None:
                with shown(reply.page) as page:
                    made = await collected(partial(self._page, scope_again(scope, reply), path))
                reply = answer(reply, made, page)
            status, fields, content, *_ = reply
            await send({"type": "http.response.start", "status": status, "headers": encoded(fields)})
            if not isinstance(content, bytes):
                content = await send_pieces(content, send)
            await send({"type": "http.response.body", "body": content})

    async def _beside(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            fault = TWICE if SERVED in scope else self._fault
            if fault is not None:
                await receive()
                await send({"type": "lifespan.startup.failed", "message": fault})
                # As an application of Starlette's does: its test client waits for the end that follows a failure.
                raise SettingsError("endpoint", fault)
            self._serving.begin(several=parent_process() is not None)
            self._shells.begin(scope, self.whole(scope))
            scope = {**scope, SERVED: True}
        await self._app(scope, receive, send)


async def _later() -> None:
    """The beginning of a page with deferred parts is sent when they have their places."""


def encoded(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Headers as ASGI has them."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


async def send_pieces(pieces: AsyncGenerator[bytes, None], send: Send) -> bytes:
    """Send a body as it comes, all but its end; the server's ``send`` holds it back if the caller reads slowly."""
    async with aclosing(pieces):
        async for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    return b""
