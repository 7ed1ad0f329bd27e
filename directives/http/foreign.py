"""What a server function may give that is a framework's own: a response, an error with a status."""

from __future__ import annotations

from functools import cache

from directives.errors import STATUSES_WITH_HEADERS
from directives.errors import AccessDenied
from directives.errors import ExpectedError
from directives.errors import SignInRequired
from directives.http.messages import HttpResponse
from directives.request import Redirect


class ForeignResponse(Exception):
    """A response of a framework's own: sent as it is to a plain form, and no value for a program.

    Args:
        response: The response.
    """

    def __init__(self, response: HttpResponse) -> None:
        super().__init__(
            f"the server function gave a response with status {response.status}, which is no value"
        )
        self.response = response


def response_given(response: HttpResponse) -> Exception:
    """What to raise for a framework's response: a redirect is one to programs too.

    Args:
        response: The response.
    """
    location = next((value for name, value in response.headers if name.lower() == "location"), None)
    if location is not None and 300 <= response.status < 400:
        return Redirect(location)
    return ForeignResponse(response)


def error_raised(status: int, message: str) -> Exception | None:
    """What to raise for a framework's error; ``None`` if nobody but the log is to be told.

    Args:
        status: Its HTTP status.
        message: What it says to whoever caused it.
    """
    if status == 401:
        return SignInRequired(message)
    if status == 403:
        return AccessDenied(message)
    if 400 <= status < 500 and status not in STATUSES_WITH_HEADERS:
        return http_error(status)(message)
    return None


@cache
def http_error(status: int) -> type[ExpectedError]:
    """The class of expected errors with a status; callers know it as ``http.404``."""

    class HttpError(ExpectedError, status=status, type=f"http.{status}"):
        description: str

    return HttpError
