"""What went wrong, told to the caller as far as the caller may know, and to the log in full."""

from __future__ import annotations

import asyncio
import logging
import os
import traceback
from collections.abc import Callable
from typing import Any

from directives.errors import AccessDenied
from directives.errors import DeadlineExceeded
from directives.errors import EncodeError
from directives.errors import ExpectedError
from directives.functions import status_of
from directives.functions import taken_apart
from directives.http import replies
from directives.http.media import CBOR
from directives.http.media import Media
from directives.http.messages import HttpResponse
from directives.http.refusals import KINDS
from directives.http.refusals import Refusal
from directives.http.refusals import refusal_of
from directives.http.replies import words
from directives.observing import fields
from directives.wire.lowering import Look
from directives.wire.lowering import Special

log = logging.getLogger("directives")


class Failures:
    """Makes error replies; one shape, whether debugging or not.

    Args:
        debug: Whether tracebacks are added.
        special: How a server function travels in the fields of an expected error.
        look: Gives what looks at each part of such an error, if anything has to.
        name: The name of the function that the current request calls, if there is one.
    """

    def __init__(
        self,
        debug: bool,
        special: Special | None = None,
        look: Callable[[], Look | None] = lambda: None,
        name: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._debug = debug
        self._special = special
        self._look = look
        self._name = name

    def before(self, media: Media | None, error: BaseException) -> HttpResponse:
        """The reply to a call that was refused, or that failed before the function ran."""
        refusal = refusal_of(error)
        if refusal is None:
            return self.after(media, error)
        content = self._refused(refusal, error)
        return replies.error(media, content, self._encoded(media, content), KINDS[refusal.kind][0])

    def after(self, media: Media | None, error: BaseException, kind: str = "internal") -> HttpResponse:
        """The reply to a call that failed while it ran."""
        content, body = self.told(media, error, kind)
        status = KINDS[content["kind"]][0]
        if isinstance(error, ExpectedError) and content["kind"] == "expected":
            status = status_of(error)
        return replies.error(media, content, body, status)

    def told(
        self, media: Media | None, error: BaseException, kind: str = "internal"
    ) -> tuple[dict[str, Any], bytes]:
        """What a reply says of a failure, and the same written down; the log has the rest under the same digest."""
        if isinstance(error, ExpectedError):
            try:
                content = self._expected(error)
                return content, self._encoded(media, content)
            except Exception as unfit:  # noqa: BLE001 -- what cannot be told is masked
                error, kind = unfit, "unserializable-result" if isinstance(unfit, EncodeError) else kind
        content = self._content(error, kind)
        return content, self._encoded(media, content)

    def _encoded(self, media: Media | None, content: dict[str, Any]) -> bytes:
        # What cannot be told to a program is not told to a person either.
        body = (media or CBOR).encode({"error": content}, special=self._special, look=self._look())
        return words(content) if media is None else body

    def _expected(self, error: ExpectedError) -> dict[str, Any]:
        name, message, data = taken_apart(error)
        log.info("a call ended with an expected error: %s", name, extra=self._fields("expected", type=name))
        # A text may hold half a surrogate pair, which none on the wire can.
        message = message.encode("utf-8", "backslashreplace").decode()
        content = {"kind": "expected", "message": message, "type": name, "data": data}
        return self._with_traceback(content, error)

    def _content(self, error: BaseException, kind: str) -> dict[str, Any]:
        if isinstance(error, asyncio.CancelledError) and _asked_to_stop():
            raise error
        if isinstance(error, AccessDenied | DeadlineExceeded) and (refusal := refusal_of(error)):
            return self._refused(refusal, error)
        digest = os.urandom(6).hex()
        fields = self._fields(kind, digest=digest)
        log.error("%s [digest %s]", KINDS[kind][1], digest, exc_info=error, extra=fields)
        content: dict[str, Any] = {"kind": kind, "message": KINDS[kind][1], "digest": digest}
        return self._with_traceback(content, error)

    def _refused(self, refusal: Refusal, error: BaseException) -> dict[str, Any]:
        log.info("refused a call: %s", refusal.kind, extra=self._fields(refusal.kind))
        content: dict[str, Any] = {"kind": refusal.kind, "message": refusal.message}
        if refusal.problems:
            content["problems"] = [{"path": path, "reason": reason} for path, reason in refusal.problems]
        return self._with_traceback(content, error)

    def _fields(self, kind: str, **more: str) -> dict[str, str]:
        """What a record of the log holds besides its message; see ``fields``."""
        if (function := self._name()) is not None:
            more["function"] = function
        return fields(kind=kind, **more)

    def _with_traceback(self, content: dict[str, Any], error: BaseException) -> dict[str, Any]:
        if self._debug:
            written = "".join(traceback.format_exception(error))
            # A message may hold what no text on the wire can.
            content["traceback"] = written.encode("utf-8", "backslashreplace").decode()
        return content


def _asked_to_stop() -> bool:
    """Whether it is the request that was cancelled, rather than something within the function."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
