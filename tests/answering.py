"""A request being answered, without a server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from directives.cache.scope import RequestScope
from directives.cache.scope import current_scope
from directives.runtime import runtime


@contextmanager
def answering(request: Any) -> Iterator[None]:
    """A request being answered; over at the end of the block.

    Args:
        request: What is seen of it.
    """
    scope = RequestScope(runtime.caches, "/")
    scope.request = request
    token = current_scope.set(scope)
    try:
        yield
    finally:
        current_scope.reset(token)
