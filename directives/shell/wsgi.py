"""Shells for WSGI: answered before the application is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING
from typing import Final

from directives.shell.render import render_wsgi
from directives.shell.shells import Shells

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse
    from wsgiref.types import WSGIApplication
    from wsgiref.types import WSGIEnvironment

    from directives.runtime import Runtime
    from directives.shell.page import Shell
    from directives.shell.target import Target

READING: Final = frozenset({"GET", "HEAD"})


class WsgiShells:
    """Answers requests of pages that were rendered ahead.

    Args:
        app: The application, which renders them anew.
        runtime: The runtime.
    """

    def __init__(self, app: WSGIApplication, runtime: Runtime) -> None:
        self._app = app
        self._shells = Shells(runtime)

    def answer(
        self, environ: WSGIEnvironment, start_response: StartResponse, path: str
    ) -> Iterable[bytes] | None:
        """The response to a request; ``None`` if it is the application's to answer.

        Args:
            environ: The request; nobody's draft.
            start_response: Begins the response.
            path: The request's path, decoded.
        """
        get = environ.get
        target = self._shells.at(path, lambda: get("HTTP_HOST"))
        # A query, or a place below another path, makes another page.
        if (
            target is None
            or environ["REQUEST_METHOD"] not in READING
            or get("QUERY_STRING")
            or get("SCRIPT_NAME")
        ):
            return None
        near = self._shells.find(target, self._render)
        if near is None:
            return None
        now = self._shells.monotonic()
        condition = get("HTTP_IF_NONE_MATCH")
        if condition is not None and near.is_known(condition):
            start_response("304 Not Modified", near.unchanged(now))
            return []
        start_response("200 OK", near.headers(now))
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [near.shell.body]

    def _render(self, target: Target) -> Shell:
        return render_wsgi(self._app, target)
