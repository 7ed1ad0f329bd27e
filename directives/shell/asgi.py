"""Shells for ASGI: answered before the application is touched."""

from __future__ import annotations

from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import MutableMapping
from typing import TYPE_CHECKING
from typing import Any
from typing import Final

from directives.shell.render import render_asgi
from directives.shell.shells import Shells

if TYPE_CHECKING:
    from directives.runtime import Runtime
    from directives.shell.page import Shell
    from directives.shell.render import AsgiApplication
    from directives.shell.target import Target

AsgiScope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

READING: Final = frozenset({"GET", "HEAD"})


class AsgiShells:
    """See ``directives.shell.wsgi.WsgiShells``.

    Args:
        app: The application, which renders them anew.
        runtime: The runtime.
    """

    def __init__(self, app: AsgiApplication, runtime: Runtime) -> None:
        self._app = app
        self._shells = Shells(runtime)

    async def answers(self, scope: AsgiScope, send: Send, path: str) -> bool:
        """Answer a request, unless it is the application's to answer.

        Args:
            scope: The request; nobody's draft.
            send: Sends the response.
            path: The request's path below where the application is mounted.
        """
        target = self._shells.at(path, lambda: header(scope, b"host"))
        # A query, or a place below another path, makes another page.
        if (
            target is None
            or scope["method"] not in READING
            or scope["query_string"]
            or scope.get("root_path")
        ):
            return False
        near = await self._shells.find_async(target, self._render)
        if near is None:
            return False
        now = self._shells.monotonic()
        condition = header(scope, b"if-none-match")
        if condition is not None and near.is_known(condition):
            await respond(send, 304, near.unchanged(now), b"")
            return True
        await respond(send, 200, near.headers(now), b"" if scope["method"] == "HEAD" else near.shell.body)
        return True

    async def _render(self, target: Target) -> Shell:
        return await render_asgi(self._app, target)


def header(scope: AsgiScope, name: bytes) -> str | None:
    """The value of a request's header; the name in small letters."""
    return next((value.decode("latin-1") for each, value in scope["headers"] if each == name), None)


async def respond(send: Send, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    """Send a whole response."""
    fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": body})
