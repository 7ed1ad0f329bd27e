"""A cached function: what the cache knows of one."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING
from typing import Any

from directives.cache.keys import prefix_of
from directives.cache.scope import DEFAULT
from directives.cache.scope import PRIVATE
from directives.cache.statistics import Counters

if TYPE_CHECKING:
    from directives.cache.caches import Caches
    from directives.cache.handler import CacheHandler
    from directives.cache.handlers.memory import MemoryHandler
    from directives.cache.shortcut import Shortcut
    from directives.cache.store import Store
    from directives.cache.warming import Call
    from directives.compiler.model import FunctionRecord


class CachedFunction:
    """A cached function.

    Args:
        caches: The caches of the process.
        record: What the compiler knows of the function.
        function: The user's function.

    Attributes:
        id: The function's ID.
        kind: The name of its store, or ``"private"``.
        is_private: Whether its results are one client's alone, and kept nowhere on the server.
        name: Its module and qualified name, for messages.
        counters: What has happened to it so far.
        to_warm: The calls that are to be made before anybody asks.
    """

    def __init__(self, caches: Caches, record: FunctionRecord, function: Callable[..., Any]) -> None:
        self.caches = caches
        self.record = record
        self.function = function
        self.id = record.id
        self.kind = record.directive.partition(": ")[2] or DEFAULT
        self.is_private = self.kind == PRIVATE
        self.name = record.full_name
        self.counters = Counters()
        self.to_warm: list[Call] = []

    def __repr__(self) -> str:
        return f"<CachedFunction {self.name}>"

    @cached_property
    def store(self) -> Store:
        """Where its results are kept, by the settings in force; a private function has no store."""
        return self.caches.store(self.kind)

    @property
    def handler(self) -> CacheHandler:
        """The store's handler."""
        return self.store.handler

    @cached_property
    def version(self) -> str:
        """What its results depend on besides function and arguments: the build, or its code."""
        return self.caches.version_of(self.record, self.function.__code__)

    @cached_property
    def key_prefix(self) -> bytes:
        """What all its keys begin with."""
        return prefix_of(self.id, self.version)

    @cached_property
    def memory(self) -> MemoryHandler | None:
        """The handler, if it is the one in memory and no call is to be logged: then hits need not ask it."""
        from directives.cache.handlers.memory import MemoryHandler

        if self.is_private or self.caches.is_debugged:
            return None
        handler = self.handler
        return handler if type(handler) is MemoryHandler else None

    @cached_property
    def shortcut(self) -> Shortcut | None:
        """The short way to a result that is not there, if there is one."""
        from directives.cache.shortcut import Shortcut

        return None if self.memory is None else Shortcut(self, self.memory)

    def forget(self) -> None:
        """Take notice that the settings, or its store, have changed."""
        for name in ("store", "version", "key_prefix", "memory", "shortcut"):
            vars(self).pop(name, None)
