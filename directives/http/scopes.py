"""The answers to requests that a server hands in: to a call, and to a page of the application's own."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from typing import Any

from directives.cache.scope import RequestScope

if TYPE_CHECKING:
    from directives.cache.caches import Caches
    from directives.http.serving import Serving
    from directives.request import CurrentRequest


class ServedScope(RequestScope):
    """The answer to a request that a server hands in.

    Args:
        serving: What serves it.
        path: Its path.
    """

    def __init__(self, serving: Serving, path: str) -> None:
        # Without `super()`, as below: each request makes one.
        self._serving = serving
        self.path = path

    @property
    def caches(self) -> Caches:
        """See ``Scope``."""
        return self._serving.runtime.caches

    @property
    def lasting(self) -> bool:
        """See ``RequestScope``."""
        return self._serving.on_loop


class PageScope(ServedScope):
    """What learns which cached results a page is made of, and lets it see its request.

    Args:
        serving: Whose page it is.
        path: Its path.
        source: The request, as its server or framework has it.
    """

    def __init__(self, serving: Serving, path: str, source: Any) -> None:
        self._serving = serving
        self.path = path
        self._source = source
        # Each page is asked for these, and what is an object's own is found sooner than what is its class's.
        self.inner, self.parts, self.private = None, (), False

    @cached_property
    def request(self) -> CurrentRequest:
        """See ``RequestScope``; many a page does not look at it."""
        return self._serving.seen(self._source)

    @cached_property
    def fresh(self) -> bool:
        """See ``Scope``; what is made for drafts is this visitor's alone."""
        if not self._serving.is_draft(self.request.headers.get("cookie")):
            return False
        self.private = True
        return True
