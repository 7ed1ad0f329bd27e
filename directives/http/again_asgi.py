"""The page of a form made anew under ASGI: the request as a GET, and the response held."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import MutableMapping
from typing import Any

from directives.functions.reference import page_query
from directives.http.again import HTML
from directives.http.again import OF_THE_FORM
from directives.http.again import cookie_again
from directives.http.asgi_request import AsgiScope
from directives.http.media import wanted
from directives.http.messages import HttpResponse

Message = MutableMapping[str, Any]
LEFT_OUT = frozenset(name.encode() for name in OF_THE_FORM) | {b"cookie"}


def scope_again(scope: AsgiScope, reply: HttpResponse) -> AsgiScope:
    """The request of a form as one of its page.

    Args:
        scope: The form's.
        reply: The endpoint's reply to it.
    """
    headers = [(name, value) for name, value in scope["headers"] if name not in LEFT_OUT]
    # HTTP/2 lets a browser cut the header into several (RFC 9113, 8.2.3).
    sent = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    if cookie := cookie_again(sent.decode("latin-1"), reply):
        headers.append((b"cookie", cookie.encode("latin-1")))
    accept = next((value for name, value in headers if name == b"accept"), b"").decode("latin-1")
    if wanted(accept or None) is not None:
        headers = [(name, value) for name, value in headers if name != b"accept"]
        headers.append((b"accept", HTML.encode()))
    query = page_query(scope["query_string"].decode("latin-1")).encode("latin-1")
    # Without the extensions of the server, by which a file would travel beside its messages.
    return {**scope, "method": "GET", "query_string": query, "headers": headers, "extensions": {}}


async def collected(
    answer: Callable[
        [Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
    ],
) -> HttpResponse:
    """The response of an application, all of it.

    Args:
        answer: Runs it with what it receives by and what it sends by.
    """
    messages: list[Message] = []
    to_receive: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if not to_receive:
            await asyncio.Event().wait()  # nobody leaves
        return to_receive.pop()

    async def send(message: Message) -> None:
        messages.append(message)

    await answer(receive, send)
    start, *pieces = messages
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
    return HttpResponse(start["status"], headers, b"".join(piece.get("body", b"") for piece in pieces))
