"""An ASGI request, as the endpoint and as pages see it."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.datastructures.mixins import ImmutableHeadersMixin

from directives.http.asgi_body import AsgiBody
from directives.http.asgi_body import Receive
from directives.http.messages import HttpRequest

AsgiScope = MutableMapping[str, Any]


class ScopeHeaders(ImmutableHeadersMixin, Headers):  # type: ignore[misc]  # as werkzeug's own ones
    """The headers of an ASGI request, read when they are asked for.

    Args:
        scope: The request.

    Attributes:
        scope: The request.
    """

    def __init__(self, scope: AsgiScope) -> None:
        self.scope = scope

    def __getattr__(self, name: str) -> Any:
        if name != "_list":
            raise AttributeError(name)
        self._list = [
            (name.decode("latin-1").title(), value.decode("latin-1")) for name, value in self.scope["headers"]
        ]
        return self._list


class PageRequest:
    """What a page of the application's own sees of its request; nothing is read before it is asked for.

    Args:
        scope: The request.
    """

    __slots__ = ("_headers", "_scope")
    _headers: ScopeHeaders

    def __init__(self, scope: AsgiScope) -> None:
        self._scope = scope

    @property
    def headers(self) -> ScopeHeaders:
        """The headers."""
        try:
            return self._headers
        except AttributeError:
            self._headers = ScopeHeaders(self._scope)
            return self._headers

    @property
    def query(self) -> str:
        """The query string, without a question mark."""
        return query_of(self._scope)


def path_of(scope: AsgiScope) -> str:
    """The path below the one that the application is mounted at."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path[len(root) :] if root and path.startswith(f"{root}/") else path


def query_of(scope: AsgiScope) -> str:
    """The query string, without a question mark."""
    query: bytes = scope["query_string"]
    return query.decode("ascii") if query.isascii() else query.decode("utf-8", "surrogateescape")


def request_of(scope: AsgiScope, receive: Receive) -> tuple[HttpRequest, AsgiBody]:
    """An ASGI request as the endpoint's value, and what receives its body."""
    # Of headers that come twice the first counts.
    sent: dict[bytes, bytes] = dict(reversed(list(scope["headers"])))

    def first(name: bytes) -> str | None:
        value = sent.get(name)
        return None if value is None else value.decode("latin-1")

    body = AsgiBody(receive, first(b"content-length"), waits=b"expect" in sent)
    request = HttpRequest(
        method=scope["method"],
        path=path_of(scope),
        query=query_of(scope),
        host=first(b"host") or ":".join(map(str, scope.get("server") or ("", ""))),
        accept=first(b"accept"),
        content_type=first(b"content-type"),
        origin=first(b"origin"),
        site=first(b"sec-fetch-site"),
        headers=ScopeHeaders(scope),
        read=body.read,
        pieces=body.pieces,
        root=scope.get("root_path", ""),
        timeout=first(b"x-directives-timeout"),
        idempotency_key=first(b"idempotency-key"),
    )
    return request, body
