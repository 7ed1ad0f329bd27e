"""What cached functions need of the process: its caches, and the classes that users registered as values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from directives.cache.scope import current_scope

if TYPE_CHECKING:
    from directives.cache.caches import Caches
    from directives.wire.classes import Types


def current_caches() -> Caches:
    """The caches of what runs just now, else those of the process."""
    scope = current_scope()
    if scope is not None:
        return scope.caches
    from directives.runtime import runtime

    return runtime.caches


def is_transformed() -> bool:
    """Whether the import hook is on, so that directives mean something."""
    from directives.runtime import runtime

    return runtime.role is not None


def registered_types() -> Types:
    """The classes that were registered as values."""
    from directives.runtime import runtime

    return runtime.functions.types
