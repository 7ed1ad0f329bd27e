"""Django's request: as server functions see it, and as the endpoint's value."""

from __future__ import annotations

from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.http import HttpRequest as DjangoRequest
from django.http.request import RawPostDataException
from werkzeug.datastructures import EnvironHeaders

from directives.cookies import CookieChanges
from directives.errors import NoRequestError
from directives.http.media import MULTIPART
from directives.http.media import URLENCODED
from directives.http.messages import HttpRequest
from directives.http.rewind import FormBody
from directives.http.rewind import Rewindable
from directives.http.wsgi_body import WsgiBody
from directives.request import current

READ_BY_DJANGO = frozenset({MULTIPART, URLENCODED})


class RequestHeaders(EnvironHeaders):
    """The headers of a request, and what else is to be known of it.

    Args:
        request: Django's request.

    Attributes:
        request: The same.
        cookies: Those that the answer is to set.
    """

    def __init__(self, request: DjangoRequest) -> None:
        super().__init__(request.META)
        self.request = request
        self.cookies: SimpleCookie = SimpleCookie()


class PageRequest:
    """What a page of the application's own sees of its request; nothing is read before it is asked for.

    Args:
        request: Django's request.
    """

    __slots__ = ("_headers", "_request")

    def __init__(self, request: DjangoRequest) -> None:
        self._request = request
        self._headers: RequestHeaders | None = None

    @property
    def headers(self) -> RequestHeaders:
        """The headers."""
        if self._headers is None:
            self._headers = RequestHeaders(self._request)
        return self._headers

    @property
    def query(self) -> str:
        """The query string, without a question mark."""
        return query_of(self._request)

    @property
    def root(self) -> str:
        """The path that the application is mounted at."""
        return root_of(self._request)


def request() -> Any:
    """Django's request that is being answered: its ``user``, ``session``, ``COOKIES`` and ``META``.

    For server functions and for pages; as the source of an injected parameter too:
    ``Annotated[HttpRequest, Injected(request)]``. In an ``async def`` use what Django has for it: ``await
    request().auser()``, ``await request().session.aget("cart")``.

    Raises:
        NoRequestError: No request is being answered, or one that did not come through Django's middleware.
        CacheScopeError: A cached function is being computed, one that may not see the request.
    """
    headers = current("request").headers
    if not isinstance(headers, RequestHeaders):
        raise NoRequestError(
            "request() gives Django's request, and this one did not come through the middleware of "
            "directives.integrations.django"
        )
    return headers.request


class Hosts:
    """The host of a request, as Django tells it.

    Django looks at its settings for each request anew. It says itself what the answer depends on: these two headers and
    the settings, which only tests change.
    """

    def __init__(self) -> None:
        self._last: tuple[tuple[str | None, str | None], str] | None = None
        setting_changed.connect(self._forget)

    def of(self, request: DjangoRequest) -> str:
        """The host that a request was sent to.

        Raises:
            DisallowedHost: It is not in ``ALLOWED_HOSTS``.
        """
        get, last = request.META.get, self._last
        named = get("HTTP_HOST"), get("HTTP_X_FORWARDED_HOST")
        if last is not None and last[0] == named:
            return last[1]
        host: str = request.get_host()
        if named[0]:
            self._last = named, host
        return host

    def _forget(self, **_: object) -> None:
        self._last = None


def query_of(request: DjangoRequest) -> str:
    """The query string of a request; WSGI may leave it out."""
    query: str = request.META.get("QUERY_STRING", "")
    return query


def root_of(request: DjangoRequest) -> str:
    """The path that the project is mounted at."""
    path: str = request.path
    return path[: len(path) - len(request.path_info)]


def value_of(request: DjangoRequest, host: str, headers: RequestHeaders, body: WsgiBody) -> HttpRequest:
    """Django's request as the endpoint's value.

    Args:
        request: Django's request.
        host: The host that it was sent to.
        headers: Its headers.
        body: What reads its body.
    """
    get = request.META.get
    path: str = request.path_info
    # In order rather than by name, which costs half as much again.
    return HttpRequest(
        request.method or "",
        path,
        query_of(request),
        host,
        get("HTTP_ACCEPT"),
        get("CONTENT_TYPE"),
        get("HTTP_ORIGIN"),
        get("HTTP_SEC_FETCH_SITE"),
        headers,
        body.read,
        body.pieces,
        root_of(request),
        get("HTTP_X_DIRECTIVES_TIMEOUT"),
        get("HTTP_IDEMPOTENCY_KEY"),
        CookieChanges(),
    )


def make_readable_twice(request: DjangoRequest, limit: int) -> None:
    """Let the body of a form be read by other middlewares, as for its CSRF token, and by the endpoint after them.

    Args:
        request: Django's request.
        limit: The most bytes that are kept.
    """
    if request.content_type in READ_BY_DJANGO and not request._read_started:
        # Django has no public name for where a request's body comes from.
        setattr(request, "_stream", Rewindable(request._stream, limit + 1))  # noqa: B010 -- and has no annotation


def body_of(request: DjangoRequest) -> WsgiBody:
    """What reads the body of a request from its beginning.

    Raises:
        ImproperlyConfigured: Another middleware has used it up.
    """
    stream: Any = request
    kind = WsgiBody
    if type(request._stream) is Rewindable:
        stream, kind = request._stream, FormBody
        stream.rewind()
    elif request._read_started:
        stream = BytesIO(_whole_body(request))
    meta = request.META
    body = {
        "wsgi.input": stream,
        "wsgi.input_terminated": True,
        "CONTENT_LENGTH": meta.get("CONTENT_LENGTH"),
    }
    if "HTTP_EXPECT" in meta:
        body["HTTP_EXPECT"] = meta["HTTP_EXPECT"]
    return kind(body)


def _whole_body(request: DjangoRequest) -> bytes:
    try:
        body: bytes = request.body
    except RawPostDataException:
        raise ImproperlyConfigured(
            "a middleware before directives.integrations.django.middleware.DirectivesMiddleware reads request.POST, which "
            "leaves nothing for the server function: list DirectivesMiddleware before it"
        ) from None
    return body
