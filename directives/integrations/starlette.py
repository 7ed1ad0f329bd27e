"""Server functions in a Starlette or FastAPI application, inside the middlewares of its own.

```python
app = Starlette(routes=[...], middleware=[Middleware(SessionMiddleware, secret_key=...), Middleware(Directives)])
```
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from functools import partial
from typing import TYPE_CHECKING
from typing import Any
from typing import Final

from starlette.exceptions import HTTPException
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.responses import Response

from directives.asgi import Application
from directives.asgi import DirectivesMiddleware
from directives.asgi import Message
from directives.asgi import Receive
from directives.asgi import Scope
from directives.asgi import Send
from directives.errors import NoRequestError
from directives.errors import SettingsError
from directives.http.asgi_request import ScopeHeaders
from directives.http.foreign import error_raised
from directives.http.foreign import response_given
from directives.http.messages import HttpResponse
from directives.http.nesting import wrapped
from directives.request import Redirect
from directives.request import current

if TYPE_CHECKING:
    from directives.http import Endpoint
    from directives.runtime import Runtime

__all__ = ["Directives", "ServerFunctions", "request"]

COOKIES: Final = "directives.cookies"
GIVING: Final = (SessionMiddleware, AuthenticationMiddleware)
"""What gives a request something that server functions want to see."""


def request() -> Request:
    """Starlette's request that is being answered: its ``session``, ``user``, ``state`` and ``app``.

    For server functions and for pages; as the source of an injected parameter too:
    ``Annotated[Request, Injected(request)]``. The body of a call is read already.

    Raises:
        NoRequestError: No request is being answered, or one that did not come over ASGI.
        CacheScopeError: A cached function is being computed, one that may not see the request.
    """
    headers = current("request").headers
    if not isinstance(headers, ScopeHeaders):
        raise NoRequestError("request() gives Starlette's request, and this one did not come over ASGI")
    return Request(headers.scope)


class Directives(DirectivesMiddleware):
    """Answers calls of server functions inside the application's own middlewares.

    Write it behind the others: last in ``middleware=[...]``, or in the first call of ``add_middleware``, which puts each
    one around those before. Then the functions have ``request().session`` and ``request().user``.

    Of what Starlette itself gives, a redirect is one, ``HTTPException(401)`` and ``(403)`` deny the call, other errors
    below 500 reach the caller as an expected error of type ``http.404``, and another response is sent to a plain form as
    it is.

    Args:
        app: The application inside; Starlette passes it.
        runtime: Whose functions to serve; the process's own if left out.
    """

    def __init__(self, app: Application, runtime: Runtime | None = None) -> None:
        super().__init__(app, runtime, around=translated)

    def fault(self, app: Application) -> str | None:
        """See ``DirectivesMiddleware.fault``.

        Args:
            app: The ASGI application.
        """
        inside = next((each for each in wrapped(app) if isinstance(each, GIVING)), None)
        if inside is not None:
            return (
                f"{type(inside).__name__} is inside of Directives, so server functions see nothing of it; write Directives "
                "last in middleware=[...], or call add_middleware(Directives) before the others"
            )
        return super().fault(app)

    def whole(self, scope: Scope) -> Application:
        """See ``DirectivesMiddleware.whole``; the pages need the middlewares around this, too.

        Args:
            scope: The scope of the lifespan.
        """
        app: Application = scope.get("app", self._app)
        return app

    async def _answer(
        self, endpoint: Endpoint, scope: Scope, path: str, receive: Receive, send: Send
    ) -> None:
        await super()._answer(endpoint, scope, path, receive, partial(send_with_cookies, scope, send))


class ServerFunctions(Directives):
    """Answers the calls of programs, as an application to mount: ``Mount("/_directives", ServerFunctions())``.

    For applications that want no middleware around their pages. Forms that pages post to themselves are the pages' then.

    Args:
        runtime: Whose functions to serve; the process's own if left out.
    """

    def __init__(self, runtime: Runtime | None = None) -> None:
        super().__init__(PlainTextResponse("Not Found", 404), runtime)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises:
            SettingsError: It is mounted at another path than the setting ``endpoint`` says.
        """
        root, path = scope.get("root_path", ""), self._serving.settings.endpoint
        if not root.endswith(path):
            raise SettingsError(
                "endpoint",
                f"ServerFunctions is mounted at {root or '/'!r}, and clients call {path}: mount it there, or set endpoint",
            )
        await super().__call__({**scope, "root_path": root.removesuffix(path)}, receive, send)


async def translated(outcome: Awaitable[Any]) -> Any:
    """What a function gives, with what is Starlette's own in our terms."""
    try:
        value = await outcome
    except HTTPException as error:
        told = error_raised(error.status_code, str(error.detail))
        if told is None:
            raise
        raise told from error
    if isinstance(value, Response):
        raise await of_response(value)
    return value


async def of_response(response: Response) -> Exception:
    """What stands for a response; the cookies it sets are set all the same."""
    scope = request().scope
    sent = await sent_by(response, scope)
    given = response_given(sent)
    if isinstance(given, Redirect):
        cookies = [(name, value) for name, value in sent.headers if name == "set-cookie"]
        scope.setdefault(COOKIES, []).extend(cookies)
    return given


async def sent_by(response: Response, scope: Scope) -> HttpResponse:
    """What a response sends, were it a stream or a file; its background task runs."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    async def nobody_leaves() -> Message:
        await asyncio.Event().wait()
        raise AssertionError("nobody sets that event")

    # Without the extensions of the server, by which a file would travel beside its messages.
    await response({**scope, "extensions": {}}, nobody_leaves, keep)
    start, *pieces = messages
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
    return HttpResponse(start["status"], headers, b"".join(piece.get("body", b"") for piece in pieces))


def send_with_cookies(scope: Scope, send: Send, message: Message) -> Awaitable[None]:
    """Send a message of a reply, with the cookies of the redirect that the function gave."""
    cookies = scope.get(COOKIES)
    if cookies and message["type"] == "http.response.start":
        written = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in cookies]
        message = {**message, "headers": [*message["headers"], *written]}
    return send(message)
