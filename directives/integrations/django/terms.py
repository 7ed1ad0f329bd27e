"""What a server function may give that is Django's own, in our terms, and our replies in Django's."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any
from typing import Final

from django.core.exceptions import BadRequest
from django.core.exceptions import PermissionDenied
from django.core.exceptions import SuspiciousOperation
from django.core.exceptions import ValidationError
from django.http import Http404
from django.http import HttpResponse as DjangoResponse
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase

from directives.functions import Around
from directives.functions import Plain
from directives.http.foreign import error_raised
from directives.http.foreign import response_given
from directives.http.messages import HttpResponse
from directives.integrations.django.requests import RequestHeaders
from directives.request import current

SET_COOKIE: Final = "Set-Cookie"


def translation(plain: Plain) -> Around:
    """What waits for what a function gives, and puts what is Django's own in our terms.

    Args:
        plain: Runs plain functions, as the rendering of a template that asks the database.
    """

    async def translated(outcome: Awaitable[Any]) -> Any:
        try:
            value = await outcome
        except (Http404, PermissionDenied, ValidationError, SuspiciousOperation, BadRequest) as error:
            raise of_error(error) or error from error
        if isinstance(value, HttpResponseBase):
            raise await of_response(value, plain)
        return value

    return translated


def of_error(error: Exception) -> Exception | None:
    """What stands for an error that Django answers with a status of its own."""
    if isinstance(error, Http404):
        return error_raised(404, str(error) or "not found")
    if isinstance(error, PermissionDenied):
        return error_raised(403, str(error) or "permission denied")
    if isinstance(error, ValidationError):
        return error_raised(422, " ".join(_told(error)))
    # What a SuspiciousOperation says is for the log.
    return error_raised(400, "bad request")


def _told(error: ValidationError) -> Iterator[str]:
    """The messages of an error, each of a field's with its name."""
    if not hasattr(error, "error_dict"):
        said: Any = error.messages
        yield from said
        return
    for field, messages in error.message_dict.items():
        prefix = "" if field == "__all__" else f"{field}: "
        yield from (f"{prefix}{message}" for message in messages)


async def of_response(response: Any, plain: Plain) -> Exception:
    """What stands for a response; the cookies it sets are set all the same."""
    if not getattr(response, "is_rendered", True):
        await plain(response.render)
    content = await _content(response, plain)
    given = response_given(HttpResponse(response.status_code, list(response.items()), content))
    headers = current("response").headers
    assert isinstance(headers, RequestHeaders), "a function that is served here has Django's request"
    headers.cookies.update(response.cookies)
    return given


async def _content(response: Any, plain: Plain) -> bytes:
    if not response.streaming:
        content: bytes = response.content
        return content
    if response.is_async:
        return b"".join([piece async for piece in response])
    joined: bytes = await plain(b"".join, response)
    return joined


def django_response(
    reply: HttpResponse,
    headers: RequestHeaders,
    iterated: Callable[[AsyncGenerator[bytes, None]], Iterator[bytes]] | None = None,
) -> Any:
    """A reply of the endpoint's as a response of Django's.

    Args:
        reply: The reply.
        headers: Those of the request; they know which cookies to set.
        iterated: Gives the pieces of a body that comes in pieces to a handler that cannot await them.
    """
    status, fields, body, *_ = reply
    # By the constructor: Django would work out a type of its own before it is told ours.
    named = dict(fields)
    sets_cookies = named.pop(SET_COOKIE, None) is not None
    if isinstance(body, bytes):
        response = DjangoResponse(body, status=status, headers=named)
    else:
        pieces = body if iterated is None else iterated(body)
        response = StreamingHttpResponse(pieces, status=status, headers=named)
    if sets_cookies:
        set_cookies(response, fields)
    if headers.cookies:
        response.cookies.update(headers.cookies)
    return response


def set_cookies(response: Any, fields: list[tuple[str, str]]) -> None:
    """Give a response the cookies among some headers: Django keeps them apart."""
    for name, value in fields:
        if name == SET_COOKIE:
            response.cookies.load(value)


def write_headers(response: Any, fields: list[tuple[str, str]]) -> None:
    """Give headers to a response that has some."""
    for name, value in fields:
        if name != SET_COOKIE:
            response.headers[name] = value
    set_cookies(response, fields)
