"""The caches that a call without a scope means: those of the process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from directives.cache.scope import current_scope

if TYPE_CHECKING:
    from directives.cache.caches import Caches


def current_caches() -> Caches:
    """The caches of what runs just now, else those of the process."""
    scope = current_scope.get()
    if scope is not None:
        return scope.caches
    from directives.runtime import runtime

    return runtime.caches
