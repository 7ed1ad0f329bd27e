"""Exactly once: what makes two requests one call, and the one reply to both.

The header is that of the IETF draft "The Idempotency-Key HTTP Header Field". A form has no headers: its key is in
the address of its action.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterable
from typing import TYPE_CHECKING

from directives.errors import DecodeError
from directives.http.forms import form_key
from directives.http.kept import Replies
from directives.http.kept import Ticket
from directives.http.messages import HttpRequest
from directives.http.messages import HttpResponse

if TYPE_CHECKING:
    from werkzeug.datastructures import FileStorage

    from directives.functions.sealer import Session
    from directives.http.multipart import Uploads

# A string of RFC 8941 without escapes, or the same without its quotes.
HEADER = re.compile(r'"([ !#-\[\]-~]{1,255})"|([!#-+\--\[\]-~]{1,255})')
FORM_KEY = re.compile(r"[\w-]{1,255}", re.ASCII)
CHUNK = 64 << 10

log = logging.getLogger("directives")


class Keyed:
    """A request that is to run once.

    Args:
        request: The request.
        key: Its key.
        is_form: Whether it is a form: one that is sent again with other fields is another call.
        notation: That of its reply.

    Attributes:
        request: The same request; what is read of its body is part of the ticket.
    """

    def __init__(self, request: HttpRequest, key: str, is_form: bool, notation: str) -> None:
        self._original = request
        self._key = key
        self._is_form = is_form
        self._notation = notation
        self._body = b""
        self.request = request._replace(read=self._read)

    async def _read(self, limit: int) -> bytes:
        self._body = await self._original.read(limit)
        return self._body

    def ticket(self, uploads: Uploads | None, session: Session | None) -> Ticket:
        """What tells whether another request is the same call; asked for when the body was read.

        Args:
            uploads: The parts of the body, if it has several.
            session: Gives what identifies the session of a request, if that is set.
        """
        request = self._original
        parts = _parts_of(uploads) if uploads is not None else (self._body,)
        place = (
            written.encode("utf-8", "surrogatepass")
            for written in (request.path, request.query, self._notation)
        )
        content = _digest((*place, *parts))
        caller = (self._key.encode(), *_caller(request, session))
        return Ticket(_digest((*caller, content) if self._is_form else caller), content)


def keyed(request: HttpRequest, is_form: bool, notation: str) -> Keyed | None:
    """The request as one that is to run once, if it has a key.

    Raises:
        DecodeError: What it has for a key is none.
    """
    header = request.idempotency_key
    if header is not None:
        written = HEADER.fullmatch(header)
        if written is None:
            raise DecodeError("the idempotency key is no short text")
        return Keyed(request, written[1] or written[2], False, notation)
    key = form_key(request.query) if is_form else None
    if key is None:
        return None
    if FORM_KEY.fullmatch(key) is None:
        raise DecodeError("the form's key is none that a page was given")
    return Keyed(request, key, True, notation)


async def once(
    replies: Replies, ticket: Ticket, answer: Callable[[], Awaitable[HttpResponse]]
) -> HttpResponse:
    """The reply to the first call of a ticket, which ``answer`` gives if this is the first.

    Raises:
        Refusal: The key was used for another call.
    """
    kept = await replies.claim(ticket)
    if kept is not None:
        log.info("answered a call that came again with the reply of the first")
        return kept
    response = None
    try:
        response = await answer()
        return response
    finally:
        await replies.settle(ticket, response if response is not None and _is_final(response) else None)


def _is_final(response: HttpResponse) -> bool:
    """Whether running the call again would be running it twice: a refusal or a failure may be tried again."""
    return response.status < 400 or ("X-Directives-Error", "expected") in response.headers


def _caller(request: HttpRequest, session: Session | None) -> Iterable[bytes]:
    """Who calls, as far as can be told: nobody is ever given what was another's answer."""
    yield (request.headers.get("authorization") or "").encode("utf-8", "surrogatepass")
    who = (request.headers.get("cookie") or "") if session is None else (session(request) or "")
    yield who.encode("utf-8", "surrogatepass")


def _parts_of(uploads: Uploads) -> Iterable[bytes]:
    """The parts of a body: their boundary is another each time."""
    for field in uploads.fields:
        yield b"field"
        yield field.name.encode("utf-8", "surrogatepass")
        yield (field.content_type or "").encode("utf-8", "surrogatepass")
        yield field.data
    for file in uploads.files:
        names = (file.name, file.filename, file.content_type)
        yield from (
            b"file",
            *((name or "").encode("utf-8", "surrogatepass") for name in names),
            _content(file),
        )


def _content(file: FileStorage) -> bytes:
    from blake3 import blake3

    hasher = blake3()
    file.stream.seek(0)
    while piece := file.stream.read(CHUNK):
        hasher.update(piece)
    file.stream.seek(0)
    return hasher.digest()


def _digest(parts: Iterable[bytes]) -> bytes:
    """A digest of parts that no other parts have, wherever they are cut."""
    from blake3 import blake3

    hasher = blake3()
    for part in parts:
        hasher.update(len(part).to_bytes(8, "big"))
        hasher.update(part)
    return hasher.digest()
