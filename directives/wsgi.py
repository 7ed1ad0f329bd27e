"""Server functions for any WSGI application (PEP 3333)."""

from __future__ import annotations

from contextlib import AbstractContextManager
from contextlib import nullcontext
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING
from typing import Any

from werkzeug.datastructures import EnvironHeaders

from directives.cache.ahead import AheadScope
from directives.cache.scope import current_scope
from directives.cache.scope import reset_scope
from directives.cache.scope import set_scope
from directives.cookies import CookieChanges
from directives.errors import SettingsError
from directives.http import HttpRequest
from directives.http.again import answer
from directives.http.again import shown
from directives.http.again_wsgi import collected
from directives.http.again_wsgi import environ_again
from directives.http.lifetimes import with_lifetime
from directives.http.loop import iterate
from directives.http.loop import run
from directives.http.nesting import TWICE
from directives.http.nesting import see_interface
from directives.http.nesting import wrapped
from directives.http.scopes import PageScope
from directives.http.serving import Serving
from directives.http.wsgi_body import WsgiBody
from directives.shell.inside import noted
from directives.shell.markup import is_html
from directives.shell.wsgi import Held
from directives.shell.wsgi import Visit
from directives.shell.wsgi import WsgiShells

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Iterable
    from wsgiref.types import StartResponse
    from wsgiref.types import WSGIApplication
    from wsgiref.types import WSGIEnvironment

    from directives.runtime import Runtime

__all__ = ["DirectivesMiddleware"]

STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class PageRequest:
    """What a page of the application's own sees of its request; nothing is read before it is asked for.

    Args:
        environ: The request.
    """

    __slots__ = ("_environ", "_headers")
    _headers: EnvironHeaders

    def __init__(self, environ: WSGIEnvironment) -> None:
        self._environ = environ

    @property
    def headers(self) -> EnvironHeaders:
        """The headers."""
        try:
            return self._headers
        except AttributeError:
            self._headers = EnvironHeaders(self._environ)
            return self._headers

    @property
    def query(self) -> str:
        """The query string, without a question mark."""
        return _decoded(self._environ.get("QUERY_STRING", ""))

    @property
    def root(self) -> str:
        """The path that the application is mounted at."""
        return _decoded(self._environ.get("SCRIPT_NAME", ""))


class Pages:
    """Gives the pages of an application their request, and says how long they may be kept.

    Args:
        app: The WSGI application.
        serving: Gives the endpoint.
        around: Makes what deferred parts of a page are surrounded with: the framework's own context of their request.
    """

    def __init__(
        self,
        app: WSGIApplication,
        serving: Serving,
        around: Callable[[WSGIEnvironment], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self._app = app
        self._serving = serving
        self._around = around
        self._shells = WsgiShells(app, serving.runtime, self._visit_of)
        self._begun = False

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if not self._begun:
            self._begun = True
            from multiprocessing import parent_process

            # Granian says of none of its workers that there are others.
            several = bool(environ.get("wsgi.multiprocess")) or parent_process() is not None
            self._serving.begin(several=several)
        if type(current_scope()) is AheadScope:
            return noted(self._app, environ, start_response)
        path = environ.get("PATH_INFO", "")
        if not path.isascii():
            path = _decoded(path)
        target = self._shells.target(environ, path)
        if target is not None and not self._is_draft(environ):
            shell = self._shells.answer(target, environ, start_response)
            if shell is not None:
                return shell
        return self._page(environ, start_response, path)

    def _is_draft(self, environ: WSGIEnvironment) -> bool:
        return self._serving.is_draft(environ.get("HTTP_COOKIE"))

    def _visit_of(self, environ: WSGIEnvironment, path: str) -> Visit:
        page = PageScope(self._serving, path, environ)
        return Visit(page, partial(self._around, environ))

    def _page(self, environ: WSGIEnvironment, start_response: StartResponse, path: str) -> Iterable[bytes]:
        page = PageScope(self._serving, path, environ)
        held: Held | None = None

        def start_page(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
            """Begin the response; the page has learnt what it is made of, and what is deferred."""
            nonlocal held
            if page.private or page.inner is not None:
                headers = with_lifetime(headers, page)
            if page.parts and environ["REQUEST_METHOD"] != "HEAD" and is_html(headers):
                held = Held(status, headers)
                return held.written.append
            page.parts = None
            return start_response(status, headers, *exc_info)

        outside = set_scope(page)
        try:
            app = self._app  # called as a method, it would be looked for in the class first
            pieces = app(environ, start_page)
            if held is None:
                return pieces
            visit = Visit(page, partial(self._around, environ))
            return held.answer(pieces, start_response, visit, self._serving.settings)
        finally:
            reset_scope(outside)


class DirectivesMiddleware(Pages):
    """Answers calls of server functions and hands every other request to the application.

    A coroutine runs in the request's own thread, so thread-locals and context variables are those of
    the request; tasks that it starts and does not wait for are cancelled when it ends.

    Args:
        app: The WSGI application.
        runtime: Whose functions to serve; the process's own if left out.

    Raises:
        SettingsError: Another one, or the Flask extension, is around the application already, or it is none of WSGI.
    """

    def __init__(self, app: WSGIApplication, runtime: Runtime | None = None) -> None:
        if runtime is None:
            from directives.runtime import runtime as runtime_of_process

            runtime = runtime_of_process
        see_interface(app, "environ", "start_response", other="directives.asgi.DirectivesMiddleware")
        if any(isinstance(each, Pages) for each in wrapped(app)):
            raise SettingsError("endpoint", TWICE)
        super().__init__(app, Serving(runtime, PageRequest))

    @property
    def app(self) -> WSGIApplication:
        """The application inside."""
        return self._app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        path, query = _decoded(environ.get("PATH_INFO", "")), environ.get("QUERY_STRING", "")
        endpoint = self._serving.endpoint()
        if not endpoint.claims(environ["REQUEST_METHOD"], path, query):
            return super().__call__(environ, start_response)
        received = WsgiBody(environ)
        reply = run(endpoint.handle(request_of(environ, received)))
        if reply.status >= HTTPStatus.BAD_REQUEST:
            received.discard()
        if reply.page is not None:
            with shown(reply.page) as page:
                made = collected(partial(self._page, path=path), environ_again(environ, reply))
            reply = answer(reply, made, page)
        status, headers, body, *_ = reply
        start_response(STATUS_LINES[status], headers)
        return [body] if isinstance(body, bytes) else iterate(body)


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
        CookieChanges(),
    )


def _decoded(text: str) -> str:
    """PEP 3333 hands over bytes as Latin-1; nearly always they are ASCII."""
    return text if text.isascii() else text.encode("latin-1", "replace").decode("utf-8", "surrogateescape")
