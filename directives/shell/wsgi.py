"""Shells for WSGI: answered before the application is touched."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Generator
from collections.abc import Iterable
from collections.abc import Sequence
from typing import TYPE_CHECKING
from typing import NamedTuple

from directives.http.loop import iterate
from directives.shell.markup import headers_of
from directives.shell.markup import in_place
from directives.shell.markup import is_fetched
from directives.shell.markup import placed
from directives.shell.markup import script_of
from directives.shell.markup import split
from directives.shell.render import render_wsgi
from directives.shell.shells import READING
from directives.shell.shells import Shells
from directives.shell.stream import contents

if TYPE_CHECKING:
    from wsgiref.types import StartResponse
    from wsgiref.types import WSGIApplication
    from wsgiref.types import WSGIEnvironment

    from directives.http.scopes import PageScope
    from directives.runtime import Runtime
    from directives.settings import Settings
    from directives.shell.page import Shell
    from directives.shell.parts import Deferred
    from directives.shell.parts import Part
    from directives.shell.stream import Around
    from directives.shell.target import Target


class Visit(NamedTuple):
    """What the deferred parts of a page are called in.

    Attributes:
        page: What learns which cached results are used.
        around: Makes what each part is surrounded with.
    """

    page: PageScope
    around: Around


class WsgiShells(Shells["WSGIEnvironment"]):
    """Answers requests of pages that were rendered ahead.

    Args:
        app: The application, which renders them anew.
        runtime: The runtime.
        visit: Makes what the deferred parts of a page are called in; gets the request, and its path, decoded.
    """

    def __init__(
        self, app: WSGIApplication, runtime: Runtime, visit: Callable[[WSGIEnvironment, str], Visit]
    ) -> None:
        super().__init__(runtime)
        self._app = app
        self._visit = visit

    def host_of(self, request: WSGIEnvironment) -> str | None:
        """See ``Shells``."""
        return request.get("HTTP_HOST")

    def fits(self, request: WSGIEnvironment) -> bool:
        """See ``Shells``."""
        elsewhere = request.get("QUERY_STRING") or request.get("SCRIPT_NAME")
        return not elsewhere and request["REQUEST_METHOD"] in READING

    def answer(
        self, target: Target, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes] | None:
        """The response to a request; ``None`` if it is the application's to answer.

        Args:
            target: The page that it asks for.
            environ: The request; nobody's draft.
            start_response: Begins the response.
        """
        get = environ.get
        near = self.find(target, self._render)
        if near is None or (near.shell.parts and get("HTTP_SEC_FETCH_DEST") == "empty"):
            return None  # what a script asks for is put together as a whole
        now = self.monotonic()
        condition = get("HTTP_IF_NONE_MATCH")
        if condition is not None and near.is_known(condition):
            start_response("304 Not Modified", near.unchanged(now))
            return []
        start_response("200 OK", near.headers(now))
        shell = near.shell
        if environ["REQUEST_METHOD"] == "HEAD":
            return []
        if shell.parts:
            return streamed(shell.body, shell.parts, shell.end, self._visit(environ, target.path))
        return [shell.body]

    def _render(self, target: Target) -> Shell:
        return render_wsgi(self._app, target)


def streamed(
    shown: bytes, parts: Sequence[Deferred | Part], end: bytes, visit: Visit
) -> Generator[bytes, None, None]:
    """A page with its deferred parts: what can be shown, then each part as it is ready.

    Args:
        shown: What is sent at once.
        parts: The parts.
        end: What follows them.
        visit: What they are called in.
    """
    yield shown
    yield from iterate(contents(parts, *visit))
    yield end


class Held:
    """A page with deferred parts, held back until it is known where they belong.

    Args:
        status: What the application begins its response with.
        headers: The same.

    Attributes:
        written: What it writes before it gives its body.
    """

    def __init__(self, status: str, headers: list[tuple[str, str]]) -> None:
        self.status = status
        self.headers = headers
        self.written: list[bytes] = []

    def answer(
        self, pieces: Iterable[bytes], start_response: StartResponse, visit: Visit, settings: Settings
    ) -> Iterable[bytes]:
        """The response: as the application made it, but that its parts come when they are ready.

        Args:
            pieces: The body that the application gave.
            start_response: Begins the response.
            visit: What the parts are called in.
            settings: The settings in force.

        Raises:
            DeferredError: The page has no place for them.
        """
        try:
            body = b"".join([*self.written, *pieces])
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
        parts = placed(visit.page.parts or (), body)
        visit.page.parts = None
        if not parts:
            start_response(self.status, self.headers)
            return [body]
        if is_fetched(visit.page.request):
            body = in_place(body, iterate(contents(parts, *visit)))
            start_response(self.status, [*headers_of(self.headers), ("Content-Length", str(len(body)))])
            return [body]
        shown, end = split(body, script_of(settings))
        start_response(self.status, headers_of(self.headers))
        return streamed(shown, parts, end, visit)
