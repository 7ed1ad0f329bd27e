"""Server functions for any WSGI application (PEP 3333)."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING
from typing import Any

from werkzeug.datastructures import EnvironHeaders

from directives.cache.scope import RequestScope
from directives.cache.scope import current_scope
from directives.http import HttpRequest
from directives.http.lifetimes import with_lifetime
from directives.http.loop import iterate
from directives.http.loop import run
from directives.http.serving import Serving
from directives.http.wsgi_body import WsgiBody
from directives.request import current_request

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse
    from wsgiref.types import WSGIApplication
    from wsgiref.types import WSGIEnvironment

    from directives.runtime import Runtime

__all__ = ["DirectivesMiddleware"]

STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class Pages:
    """Gives the pages of an application their request, and says how long they may be kept.

    Args:
        app: The WSGI application.
        serving: Gives the endpoint.
    """

    def __init__(self, app: WSGIApplication, serving: Serving) -> None:
        self._app = app
        self._serving = serving

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        return self._page(environ, start_response, request_of(environ, WsgiBody(environ)))

    def _page(
        self, environ: WSGIEnvironment, start_response: StartResponse, request: HttpRequest
    ) -> Iterable[bytes]:
        scope = self._serving.page_scope(request)
        token, outside = current_request.set(request), current_scope.set(scope)
        try:
            return self._app(environ, partial(start_page, start_response, scope))
        finally:
            current_request.reset(token)
            current_scope.reset(outside)


class DirectivesMiddleware(Pages):
    """Answers calls of server functions and hands every other request to the application.

    A coroutine runs in the request's own thread, so thread-locals and context variables are those of
    the request; tasks that it starts and does not wait for are cancelled when it ends.

    Args:
        app: The WSGI application.
        runtime: Whose functions to serve; the process's own if left out.
    """

    def __init__(self, app: WSGIApplication, runtime: Runtime | None = None) -> None:
        if runtime is None:
            from directives.runtime import runtime as runtime_of_process

            runtime = runtime_of_process
        super().__init__(app, Serving(runtime))

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        endpoint = self._serving.endpoint()
        received = WsgiBody(environ)
        request = request_of(environ, received)
        if not endpoint.claims(request.method, request.path, request.query):
            return self._page(environ, start_response, request)
        status, headers, body = run(endpoint.handle(request))
        if status >= HTTPStatus.BAD_REQUEST:
            received.discard()
        start_response(STATUS_LINES[status], headers)
        return [body] if isinstance(body, bytes) else iterate(body)


def start_page(
    start_response: StartResponse,
    scope: RequestScope,
    status: str,
    headers: list[tuple[str, str]],
    *exc_info: Any,
) -> Any:
    """Begin the response of the application's own; ``scope`` has learnt what it is made of."""
    return start_response(status, with_lifetime(headers, scope), *exc_info)


def request_of(environ: WSGIEnvironment, body: WsgiBody) -> HttpRequest:
    """A WSGI request as the endpoint's value."""
    get = environ.get
    # In order rather than by name, which costs half as much again.
    return HttpRequest(
        environ["REQUEST_METHOD"],
        _decoded(get("PATH_INFO", "")),
        _decoded(get("QUERY_STRING", "")),
        get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}",
        get("HTTP_ACCEPT"),
        get("CONTENT_TYPE"),
        get("HTTP_ORIGIN"),
        get("HTTP_SEC_FETCH_SITE"),
        EnvironHeaders(environ),
        body.read,
        body.pieces,
        _decoded(get("SCRIPT_NAME", "")),
        get("HTTP_X_DIRECTIVES_TIMEOUT"),
        get("HTTP_IDEMPOTENCY_KEY"),
    )


def _decoded(text: str) -> str:
    """PEP 3333 hands over bytes as Latin-1; nearly always they are ASCII."""
    return text if text.isascii() else text.encode("latin-1", "replace").decode("utf-8", "surrogateescape")
