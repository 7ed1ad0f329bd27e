"""What the endpoint gives to read: the browser's runtime, modules for it, and what else a page loads."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from collections.abc import Mapping
from functools import cached_property

from directives.http.messages import HttpRequest
from directives.http.messages import HttpResponse

NOSNIFF = ("X-Content-Type-Options", "nosniff")
READING = frozenset({"GET", "HEAD"})
REVALIDATED = "no-cache"
# RFC 8246: for a name that holds a hash of its content.
IMMUTABLE = "public, max-age=31536000, immutable"
WORTH_PACKING = 512

Resource = Callable[[HttpRequest, str], HttpResponse | None]
"""Answers a GET; gets the request and what its path has behind the resource's own name, without the slash.

``None`` means that there is nothing there. What it answers to HEAD loses its body afterwards.
"""


class Resources:
    """What a path below the endpoint's gives to read, by its first segment: looked up exactly.

    Args:
        prefix: The path of the endpoint, with its last slash.
        table: The resources by name.
    """

    def __init__(self, prefix: str, table: Mapping[str, Resource]) -> None:
        self._prefix = prefix
        self._table = table

    def holds(self, path: str) -> bool:
        """Whether a path is one of a resource, or of something below one.

        Args:
            path: The path of a request that the endpoint claims.
        """
        return self._split(path)[0] in self._table

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The response to a request that ``holds`` is true of."""
        if request.method not in READING:
            return refused(405, "method-not-allowed", "This is read with GET.", ("Allow", "GET, HEAD"))
        name, rest = self._split(request.path)
        response = self._table[name](request, rest)
        if response is None:
            response = refused(404, "not-found", "There is nothing at this address.")
        # RFC 9110, 9.3.2: the headers of a GET, and no content.
        return response._replace(body=b"") if request.method == "HEAD" else response

    def _split(self, path: str) -> tuple[str, str]:
        name, _, rest = path[len(self._prefix) :].partition("/")
        return name, rest


class Document:
    """A text that a browser keeps, and asks again whether it has changed.

    Args:
        media_type: Its media type.
        content: The text.
        immutable: Whether its address holds a hash of it, so that nobody has to ask.
    """

    def __init__(self, media_type: str, content: bytes, *, immutable: bool = False) -> None:
        self._media_type = media_type
        self._content = content
        self._kept = IMMUTABLE if immutable else REVALIDATED

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The response to a GET of it: all of it, packed where the browser unpacks, or that nothing has changed."""
        packed = _unpacks(request) and len(self._content) >= WORTH_PACKING
        headers = [
            ("Cache-Control", self._kept),
            ("ETag", self.etag),
            ("Vary", "Accept-Encoding"),
            NOSNIFF,
        ]
        if _knows(request, self.etag):
            return HttpResponse(304, headers, b"")
        body = self._packed if packed else self._content
        headers += [("Content-Type", self._media_type), ("Content-Length", str(len(body)))]
        if packed:
            headers.append(("Content-Encoding", "gzip"))
        return HttpResponse(200, headers, body)

    @cached_property
    def etag(self) -> str:
        """What names this content, packed or not (RFC 9110, 8.8.1: weak)."""
        from blake3 import blake3

        return f'W/"{blake3(self._content).hexdigest(length=12)}"'

    @cached_property
    def _packed(self) -> bytes:
        return gzip.compress(self._content, 9, mtime=0)


def _unpacks(request: HttpRequest) -> bool:
    from werkzeug.http import parse_accept_header

    return parse_accept_header(request.headers.get("accept-encoding"))["gzip"] > 0


def _knows(request: HttpRequest, etag: str) -> bool:
    from werkzeug.http import parse_etags

    return parse_etags(request.headers.get("if-none-match")).contains_raw(etag)


def refused(status: int, kind: str, words: str, *more: tuple[str, str]) -> HttpResponse:
    """A response that says, for a person, why there is nothing else."""
    body = f"{words}\n".encode()
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        NOSNIFF,
        ("X-Directives-Error", kind),
    ]
    return HttpResponse(status, [*headers, *more], body)
