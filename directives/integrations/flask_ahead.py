"""Flask's session while a page is rendered ahead: whether the page has looked into it, or only a library has in passing."""

from __future__ import annotations

import sys
from functools import cache
from types import FrameType
from typing import Any
from typing import Final

from flask.globals import request_ctx

from directives.cache.ahead import is_users

RENDERING: Final = "directives.shell.render"
TOUCHED: Final = "_directives_touched"


def watch_session() -> None:
    """Have the session of the request say that it was accessed only where the application's own code has done so.

    An extension that looks into each session after each response, as Flask-Login does for its cookie, makes no page one
    visitor's; what the application's code reads, directly or through an extension, does.
    """
    session: Any = request_ctx.session
    if session is not None:
        kind: Any = type(session)
        session.__class__ = _watched(kind)


@cache
def _watched(kind: Any) -> Any:
    """A class of sessions in which ``accessed`` is set by the application's code alone."""

    def accessed(self: Any) -> bool:
        return bool(vars(self).get(TOUCHED))

    def access(self: Any, value: bool) -> None:
        if value and _by_application(sys._getframe(1)):
            vars(self)[TOUCHED] = True

    return type(kind.__name__, (kind,), {"accessed": property(accessed, access)})


def _by_application(frame: FrameType | None) -> bool:
    """Whether code of the application's is among the callers, up to what asked for the page."""
    while frame is not None and frame.f_globals.get("__name__") != RENDERING:
        if is_users(frame):
            return True
        frame = frame.f_back
    return False
