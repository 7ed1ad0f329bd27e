"""The page of a form made anew under WSGI: the request as a GET, and the response held."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING
from typing import Any

from directives.functions.reference import page_query
from directives.http.again import HTML
from directives.http.again import OF_THE_FORM
from directives.http.again import cookie_again
from directives.http.media import wanted
from directives.http.messages import HttpResponse

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import WSGIApplication
    from wsgiref.types import WSGIEnvironment

LEFT_OUT = frozenset(f"HTTP_{name.upper().replace('-', '_')}" for name in OF_THE_FORM) | {
    "CONTENT_TYPE",
    "CONTENT_LENGTH",
    "HTTP_COOKIE",
    "werkzeug.request",
}


def environ_again(environ: WSGIEnvironment, reply: HttpResponse) -> WSGIEnvironment:
    """The request of a form as one of its page.

    Args:
        environ: The form's.
        reply: The endpoint's reply to it.
    """
    again = {name: value for name, value in environ.items() if name not in LEFT_OUT}
    again["REQUEST_METHOD"] = "GET"
    again["QUERY_STRING"] = page_query(environ.get("QUERY_STRING", ""))
    if cookie := cookie_again(environ.get("HTTP_COOKIE"), reply):
        again["HTTP_COOKIE"] = cookie
    again["wsgi.input"] = BytesIO()
    if wanted(environ.get("HTTP_ACCEPT")) is not None:
        again["HTTP_ACCEPT"] = HTML
    return again


def collected(app: WSGIApplication, environ: WSGIEnvironment) -> HttpResponse:
    """The response of an application, all of it."""
    begun: list[tuple[str, list[tuple[str, str]]]] = []
    pieces: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], object]:
        begun.append((status, headers))
        return pieces.append

    body: Iterable[bytes] = app(environ, start_response)
    try:
        pieces.extend(body)
    finally:
        close = getattr(body, "close", None)
        if close is not None:
            close()
    status, headers = begun[-1]
    return HttpResponse(int(status[:3]), list(headers), b"".join(pieces))
