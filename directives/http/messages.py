"""The two values that cross the edge of the endpoint."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from collections.abc import AsyncIterator
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Mapping
from typing import TYPE_CHECKING
from typing import Any
from typing import NamedTuple

if TYPE_CHECKING:
    from werkzeug.datastructures import Headers

    from directives.cookies import CookieChanges
    from directives.forms.submission import Submission


class HttpRequest(NamedTuple):
    """A request, as an adapter hands it to the endpoint.

    Attributes:
        method: The method, in capitals.
        path: The decoded path, below ``root``.
        query: The query string as it came, without a question mark.
        host: The host and port that the request was sent to.
        accept: The header ``Accept``, if it came.
        content_type: The header ``Content-Type``, if it came.
        origin: The header ``Origin``, if it came.
        site: The header ``Sec-Fetch-Site``, if it came.
        headers: All headers, for the user's code.
        read: Reads the body, given the most bytes it may have; raises ``BodyTooLarge`` or
            ``BodyCutShort``.
        pieces: The same piece by piece, for a body that is not held in memory.
        root: The path that the application is mounted at.
        timeout: The header ``X-Directives-Timeout``, if it came.
        idempotency_key: The header ``Idempotency-Key``, if it came.
        changes: Takes the cookies that the function sets.
    """

    method: str
    path: str
    query: str
    host: str
    accept: str | None
    content_type: str | None
    origin: str | None
    site: str | None
    headers: Headers
    read: Callable[[int], Awaitable[bytes]]
    pieces: Callable[[int], AsyncIterator[bytes]]
    root: str = ""
    timeout: str | None = None
    idempotency_key: str | None = None
    changes: CookieChanges | None = None

    def __repr__(self) -> str:
        # Headers hold cookies and tokens, queries hold sealed values: neither belongs into a log.
        return f"<HttpRequest {self.method} {self.path}>"


class HttpResponse(NamedTuple):
    """A response, as the endpoint hands it to an adapter.

    Attributes:
        status: The status code.
        headers: Names and values, in order.
        body: The whole body, or its pieces as they come; the adapter closes those.
        said: What the body says that matters to the endpoint: the content of an error, a redirect, the sealed state
            of a form.
        page: The form to make its page anew for, if that is to be the answer; the rest is for where it cannot be.
    """

    status: int
    headers: list[tuple[str, str]]
    body: bytes | AsyncGenerator[bytes, None]
    said: Mapping[str, Any] | None = None
    page: Submission | None = None


class BodyTooLarge(Exception):
    """The body has more bytes than it may."""


class BodyCutShort(Exception):
    """The body ended before its announced length."""
