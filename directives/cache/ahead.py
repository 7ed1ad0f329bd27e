"""A page that is rendered ahead of any request: what it is made of, and what has to wait for a request."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from types import FrameType
from typing import TYPE_CHECKING
from typing import Final

from directives.cache.scope import RequestScope

if TYPE_CHECKING:
    from directives.cache.life import CacheLife

# The cause that Next.js names, "Filling a cache during prerender timed out", with the words that Python has for it.
WAITED_AHEAD: Final = (
    "Filling a cache during prerender timed out, likely because request-specific arguments such as params, "
    "search_params(), cookies() or dynamic data were used inside 'use cache'."
)
OURS: Final = "directives."
USERS: Final = "directives.demo."


class Postponed(BaseException):
    """Ends the rendering of a page ahead of any request.

    As ``asyncio.CancelledError`` it is no ``Exception``: neither a view nor a framework takes it for an error of its own.
    """


class AheadScope(RequestScope):
    """The rendering of a page for whoever will ask for it: there is no request to see.

    Who serves pages asks for exactly this type: each page asks, and ``isinstance`` of what is none takes much longer.

    Args:
        caches: The caches of the process.
        path: The path of the page.

    Attributes:
        since: When the oldest of what has tags, and was found in the memory of this process, began.
        cause: What needed a request first, and where, if anything did.
    """

    since = math.inf
    cause: tuple[str, str] | None = None

    @property
    def strict(self) -> bool:
        """See ``Scope``."""
        return True

    def note(self, life: CacheLife, tags: Iterable[str], since: float = math.inf) -> None:
        """See ``Scope.note``."""
        super().note(life, tags)
        if tags and since < self.since:
            self.since = since

    def postpone(self, what: str) -> None:
        """End the rendering.

        Raises:
            Postponed: Always.
        """
        if self.cause is None:
            from directives.cache.callsite import underline

            self.cause = what, underline(users_frame(sys._getframe(1)))
        raise Postponed(what)


def users_frame(frame: FrameType) -> FrameType:
    """The nearest frame around one that is neither this package's own nor a library's."""
    each: FrameType | None = frame
    while each is not None:
        if is_users(each):
            return each
        each = each.f_back
    return frame


def is_users(frame: FrameType) -> bool:
    """Whether the code of a frame is that of an application: a module, or a template."""
    from sysconfig import get_path

    name = frame.f_globals.get("__name__", OURS)
    libraries = tuple({get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")})
    is_ours = name.startswith(OURS) and not name.startswith(USERS)
    return not is_ours and not frame.f_code.co_filename.startswith(("<frozen ", *libraries))
