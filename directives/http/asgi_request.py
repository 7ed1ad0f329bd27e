"""An ASGI request, as the endpoint and as pages see it."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any
from typing import Final

from werkzeug.datastructures import Headers
from werkzeug.datastructures.mixins import ImmutableHeadersMixin

from directives.cookies import CookieChanges
from directives.http.asgi_body import AsgiBody
from directives.http.asgi_body import Receive
from directives.http.messages import HttpRequest

AsgiScope = MutableMapping[str, Any]

TOLD: Final = frozenset(
    {
        b"accept",
        b"content-length",
        b"content-type",
        b"expect",
        b"host",
        b"idempotency-key",
        b"origin",
        b"sec-fetch-site",
        b"x-directives-timeout",
    }
)
"""The headers that the endpoint itself reads."""


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
        cookies = cookies_of(self.scope)
        self._list = [
            (name.decode("latin-1").title(), value.decode("latin-1"))
            for name, value in self.scope["headers"]
            if name != b"cookie"
        ]
        if cookies is not None:
            self._list.append(("Cookie", cookies))
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

    @property
    def root(self) -> str:
        """The path that the application is mounted at."""
        root: str = self._scope.get("root_path", "")
        return root


def path_of(scope: AsgiScope) -> str:
    """The path below the one that the application is mounted at."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path[len(root) :] if root and path.startswith(f"{root}/") else path


def cookies_of(scope: AsgiScope) -> str | None:
    """The value of the header ``Cookie``, of which HTTP/2 may make several; to be one again (RFC 9113, 8.2.3)."""
    found = [value for name, value in scope["headers"] if name == b"cookie"]
    return b"; ".join(found).decode("latin-1") if found else None


def query_of(scope: AsgiScope) -> str:
    """The query string, without a question mark."""
    query: bytes = scope["query_string"]
    return query.decode("ascii") if query.isascii() else query.decode("utf-8", "surrogateescape")


def request_of(scope: AsgiScope, path: str, receive: Receive) -> tuple[HttpRequest, AsgiBody]:
    """An ASGI request as the endpoint's value, and what receives its body.

    Args:
        scope: The request.
        path: Its path below the one that the application is mounted at.
        receive: The server's channel.
    """
    # Of headers that come twice the first counts.
    headers = reversed(list(scope["headers"]))
    sent = {name: value.decode("latin-1") for name, value in headers if name in TOLD}
    get = sent.get
    body = AsgiBody(receive, get(b"content-length"), waits=b"expect" in sent)
    # In order rather than by name, which costs half as much again.
    request = HttpRequest(
        scope["method"],
        path,
        query_of(scope),
        get(b"host") or ":".join(map(str, scope.get("server") or ("", ""))),
        get(b"accept"),
        get(b"content-type"),
        get(b"origin"),
        get(b"sec-fetch-site"),
        ScopeHeaders(scope),
        body.read,
        body.pieces,
        scope.get("root_path", ""),
        get(b"x-directives-timeout"),
        get(b"idempotency-key"),
        CookieChanges(),
    )
    return request, body
