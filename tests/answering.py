"""A request being answered, without a server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from directives.cache.scope import RequestScope
from directives.cache.scope import reset_scope
from directives.cache.scope import set_scope
from directives.runtime import runtime


@contextmanager
def answering(request: Any) -> Iterator[None]:
    """A request being answered; over at the end of the block.

    Args:
        request: What is seen of it.
    """
    token = set_scope(scope_of(request))
    try:
        yield
    finally:
        reset_scope(token)


def scope_of(request: Any) -> RequestScope:
    """What a request is answered in."""
    scope = RequestScope(runtime.caches, "/")
    scope.request = request
    return scope
