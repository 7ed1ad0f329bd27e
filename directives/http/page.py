"""The answer to a page of the application's own."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from typing import Any

from directives.cache.scope import RequestScope

if TYPE_CHECKING:
    from collections.abc import Callable

    from directives.http.serving import Serving
    from directives.request import CurrentRequest


class PageScope(RequestScope):
    """What learns which cached results a page is made of, and lets it see its request.

    Args:
        serving: Whose page it is.
        path: Its path.
        seen: Makes of its request what a page sees of it.
        source: The request, as its server or framework has it.
    """

    def __init__(
        self, serving: Serving, path: str, seen: Callable[[Any], CurrentRequest], source: Any
    ) -> None:
        # Without `super()`: each page makes one.
        self.caches = serving.runtime.caches
        self.lasting = serving.on_loop
        self.path = path
        self._serving = serving
        self._seen = seen
        self._source = source
        # Each page is asked for these, and what is an object's own is found sooner than what is its class's.
        self.inner, self.parts, self.private = None, (), False

    @cached_property
    def request(self) -> CurrentRequest:
        """See ``RequestScope``; many a page does not look at it."""
        return self._seen(self._source)

    @cached_property
    def fresh(self) -> bool:
        """See ``Scope``; what is made for drafts is this visitor's alone."""
        if not self._serving.is_draft(self.request.headers.get("cookie")):
            return False
        self.private = True
        return True
