"""What went wrong, told to the caller as far as the caller may know, and to the log in full."""

from __future__ import annotations

import asyncio
import logging
import os
import traceback
from typing import Any

from directives.errors import AccessDenied
from directives.http import replies
from directives.http.media import Media
from directives.http.messages import HttpResponse
from directives.http.refusals import KINDS
from directives.http.refusals import Refusal
from directives.http.refusals import refusal_of

log = logging.getLogger("directives")


class Failures:
    """Makes error replies; one shape, whether debugging or not.

    Args:
        debug: Whether tracebacks are added.
    """

    def __init__(self, debug: bool) -> None:
        self._debug = debug

    def before(self, media: Media | None, error: BaseException) -> HttpResponse:
        """The reply to a call that was refused, or that failed before the function ran."""
        refusal = refusal_of(error)
        if refusal is None:
            return self.after(media, error)
        return replies.error(media, self._refused(refusal, error))

    def after(self, media: Media | None, error: BaseException, kind: str = "internal") -> HttpResponse:
        """The reply to a call that failed while it ran."""
        return replies.error(media, self.content(error, kind))

    def content(self, error: BaseException, kind: str = "internal") -> dict[str, Any]:
        """What a reply says of a failure; the log has the rest under the same digest."""
        if isinstance(error, asyncio.CancelledError) and _asked_to_stop():
            raise error
        if isinstance(error, AccessDenied) and (refusal := refusal_of(error)):
            return self._refused(refusal, error)
        digest = os.urandom(6).hex()
        log.error("%s [digest %s]", KINDS[kind][1], digest, exc_info=error)
        content: dict[str, Any] = {"kind": kind, "message": KINDS[kind][1], "digest": digest}
        return self._with_traceback(content, error)

    def _refused(self, refusal: Refusal, error: BaseException) -> dict[str, Any]:
        log.info("refused a call: %s", refusal.kind)
        content: dict[str, Any] = {"kind": refusal.kind, "message": KINDS[refusal.kind][1]}
        if refusal.problems:
            content["problems"] = [{"path": path, "reason": reason} for path, reason in refusal.problems]
        return self._with_traceback(content, error)

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
