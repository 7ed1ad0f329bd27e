"""The two values that cross the edge of the endpoint."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from collections.abc import Awaitable
from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import NamedTuple

if TYPE_CHECKING:
    from werkzeug.datastructures import Headers


class HttpRequest(NamedTuple):
    """A request, as an adapter hands it to the endpoint.

    Attributes:
        method: The method, in capitals.
        path: The decoded path, below ``root``.
        query: The query string as it came, without a question mark.
        headers: The headers.
        host: The host and port that the request was sent to.
        read: Reads the body, given the most bytes it may have; raises ``BodyTooLarge`` or
            ``BodyCutShort``.
        root: The path that the application is mounted at.
    """

    method: str
    path: str
    query: str
    headers: Headers
    host: str
    read: Callable[[int], Awaitable[bytes]]
    root: str = ""


class HttpResponse(NamedTuple):
    """A response, as the endpoint hands it to an adapter.

    Attributes:
        status: The status code.
        headers: Names and values, in order.
        body: The whole body, or its pieces as they come; the adapter closes those.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes | AsyncGenerator[bytes, None]


class BodyTooLarge(Exception):
    """The body has more bytes than it may."""


class BodyCutShort(Exception):
    """The body ended before its announced length."""
