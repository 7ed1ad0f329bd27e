"""What goes wrong between a call and its reply, as errors that name the server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from directives.errors import DecodeError
from directives.errors import RemoteError

UNREACHABLE = "unreachable"
INTERRUPTED = "interrupted"
PROTOCOL = "protocol"


@contextmanager
def explained(url: httpx.URL) -> Iterator[None]:
    """Turn what can go wrong on the way into one kind of error that names the server."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        reason = str(error) or "no answer"
        message = (
            f"cannot reach the server at {shown(url)}: {reason}; is it running, and is DIRECTIVES_URL right?"
        )
        raise RemoteError(message, kind=UNREACHABLE, status=0) from error
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        message = f"the server at {shown(url)} broke off before its reply was complete: {reason}"
        raise RemoteError(message, kind=INTERRUPTED, status=0) from error
    except DecodeError as error:
        message = f"the reply of the server at {shown(url)} cannot be read: {error}"
        raise RemoteError(message, kind=PROTOCOL, status=0) from error


def foreign(response: httpx.Response, found: str) -> RemoteError:
    """The error of a reply that no endpoint of this project has sent."""
    message = (
        f"{shown(response.request.url)} answered {response.status_code} with {found}: no endpoint of directives "
        "is there; compare DIRECTIVES_URL and the setting `endpoint` on both sides"
    )
    return RemoteError(message, kind=PROTOCOL, status=response.status_code)


def shown(url: httpx.URL) -> str:
    """A server's address without the name and password that may be in it."""
    return str(url.copy_with(userinfo=b"", path="/", query=None, fragment=None)).rstrip("/")
