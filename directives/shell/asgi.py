"""Shells for ASGI: answered before the application is touched."""

from __future__ import annotations

from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import MutableMapping
from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING
from typing import Any

from directives.shell.inside import Headers
from directives.shell.inside import decoded
from directives.shell.markup import headers_of
from directives.shell.markup import in_place
from directives.shell.markup import is_fetched
from directives.shell.markup import placed
from directives.shell.markup import script_of
from directives.shell.markup import split
from directives.shell.render import render_asgi
from directives.shell.shells import READING
from directives.shell.shells import Shells
from directives.shell.stream import contents

if TYPE_CHECKING:
    from directives.http.scopes import PageScope
    from directives.runtime import Runtime
    from directives.shell.page import Shell
    from directives.shell.parts import Deferred
    from directives.shell.parts import Part
    from directives.shell.render import AsgiApplication
    from directives.shell.target import Target

AsgiScope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class AsgiShells(Shells[AsgiScope]):
    """See ``directives.shell.wsgi.WsgiShells``.

    Args:
        app: The application, which renders them anew.
        runtime: The runtime.
        visit: Makes what the deferred parts of a page are called in; gets the request, and its path.
    """

    def __init__(
        self, app: AsgiApplication, runtime: Runtime, visit: Callable[[AsgiScope, str], PageScope]
    ) -> None:
        super().__init__(runtime)
        self._app = app
        self._shared: AsgiScope = {}
        self._visit = visit

    def begin(self, lifespan: AsgiScope, app: AsgiApplication) -> None:
        """Take what pages are rendered with when nobody's request is at hand.

        Args:
            lifespan: The scope of the application's lifespan: what is in there, each of its requests has too.
            app: What is asked for the pages.
        """
        self._app = app
        self._shared = {name: value for name, value in lifespan.items() if name != "type"}

    def host_of(self, request: AsgiScope) -> str | None:
        """See ``Shells``."""
        return header(request, b"host")

    def fits(self, request: AsgiScope) -> bool:
        """See ``Shells``."""
        elsewhere = request["query_string"] or request.get("root_path")
        return not elsewhere and request["method"] in READING

    async def answers(self, target: Target, scope: AsgiScope, send: Send) -> bool:
        """Answer a request, unless it is the application's to answer.

        Args:
            target: The page that it asks for.
            scope: The request; nobody's draft.
            send: Sends the response.
        """
        near = await self.find_async(target, self._render)
        if near is None or (near.shell.parts and header(scope, b"sec-fetch-dest") == "empty"):
            return False  # what a script asks for is put together as a whole
        now = self.monotonic()
        condition = header(scope, b"if-none-match")
        if condition is not None and near.is_known(condition):
            await respond(send, 304, near.unchanged(now), b"")
            return True
        shell = near.shell
        if shell.parts and scope["method"] == "GET":
            await begin(send, 200, near.headers(now))
            await stream(send, shell.body, shell.parts, shell.end, self._visit(scope, target.path))
        else:
            await respond(send, 200, near.headers(now), b"" if scope["method"] == "HEAD" else shell.body)
        return True

    async def _render(self, target: Target) -> Shell:
        return await render_asgi(self._app, target, self._shared)


def header(scope: AsgiScope, name: bytes) -> str | None:
    """The value of a request's header; the name in small letters."""
    return next((value.decode("latin-1") for each, value in scope["headers"] if each == name), None)


async def respond(send: Send, status: int, headers: Headers, body: bytes) -> None:
    """Send a whole response."""
    await begin(send, status, headers)
    await send({"type": "http.response.body", "body": body})


async def begin(send: Send, status: int, headers: Headers) -> None:
    """Send the beginning of a response."""
    fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": fields})


async def stream(
    send: Send,
    shown: bytes,
    parts: Sequence[Deferred | Part],
    end: bytes,
    page: PageScope,
) -> None:
    """Send a page with its deferred parts: what can be shown, then each part as it is ready.

    Args:
        send: Sends it.
        shown: What is sent at once.
        parts: The parts.
        end: What follows them.
        page: What learns which cached results they use.
    """
    await send({"type": "http.response.body", "body": shown, "more_body": True})
    async with aclosing(contents(parts, page)) as pieces:
        async for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": end})


class Holding:
    """Sends the response of a page with deferred parts: held back until it is known where they belong.

    Args:
        send: Sends it.
        page: What learns what it is made of.
        start: The message that the response begins with.
    """

    def __init__(self, send: Send, page: PageScope, start: Message) -> None:
        self._send = send
        self._page = page
        self._start = start
        self._written: list[bytes] = []

    async def take(self, message: Message) -> None:
        """Take a message with a piece of the body; the last one lets the response go.

        Raises:
            DeferredError: The page has no place for its parts.
        """
        self._written.append(message.get("body", b""))
        if message.get("more_body"):
            return
        body, page = b"".join(self._written), self._page
        parts = placed(page.parts or (), body)
        page.parts = None
        if not parts:
            await self._send(self._start)
            await self._send({"type": "http.response.body", "body": body})
            return
        if is_fetched(page.request):
            filled = [content async for content in contents(parts, page)]
            whole = in_place(body, filled)
            await respond(
                self._send, self._start["status"], headers_of(decoded(self._start["headers"])), whole
            )
            return
        shown, end = split(body, script_of(page.caches.settings))
        await begin(self._send, self._start["status"], headers_of(decoded(self._start["headers"])))
        await stream(self._send, shown, parts, end, page)
