"""The short way from a miss to its result, where nothing is out of the ordinary."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from sys import getsizeof
from typing import TYPE_CHECKING
from typing import Any

from directives.cache.copies import SHARED
from directives.cache.handlers.memory import blocks_of
from directives.cache.job import count
from directives.cache.job import kept_value
from directives.cache.kept import Kept
from directives.cache.scope import DEFAULT
from directives.cache.scope import FunctionScope
from directives.cache.scope import current_scope

if TYPE_CHECKING:
    from directives.cache.flight import Flight
    from directives.cache.function import CachedFunction
    from directives.cache.handlers.memory import MemoryHandler
    from directives.cache.value import CachedValue


class Shortcut:
    """Computes the results of a function that its store in memory does not have, in a small part of what a miss may take.

    Most misses are alike: nobody else asks for the entry, and nothing surrounds the function. Where it is otherwise the
    short way ends before it has begun, and ``get_or_fill`` goes the long one.

    Args:
        cached: The function.
        memory: Its store.

    Attributes:
        memory: Its store.
    """

    __slots__ = ("_cached", "_caches", "_flights", "_life", "memory")

    def __init__(self, cached: CachedFunction, memory: MemoryHandler) -> None:
        self._cached = cached
        self.memory = memory
        self._caches = caches = cached.caches
        self._flights = cached.store.flights
        self._life = caches.profiles[DEFAULT]

    def fill(self, key: bytes, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Kept | None:
        """The result of a call that memory has none for; ``None`` where that takes the long way.

        Args:
            key: The key of the call.
            function: What to call.
            arguments: What with.

        Raises:
            CacheScopeError: The function has no place in the cached function that calls it.
            CacheTimeoutError: It took longer than ``cache_fill_timeout``.
            EncodeError: Its result cannot be kept.
            Exception: Whatever it raises.
        """
        cached, caches, flights, outer = self._cached, self._caches, self._flights, current_scope.get()
        if outer is not None:
            outer.admit(cached)
            if outer.fresh:
                return None
        if caches.surroundings:
            return None
        flight, leads = flights.board(key, caches.clock.monotonic())
        if not leads:
            return None
        try:
            # Somebody may have computed it between this call's look and its turn.
            if key in self.memory.kept:
                kept = None
            else:
                scope = FunctionScope(cached, outer, flight)
                began = caches.clock.now()
                cached.counters.unseen += 1
                value = Context().run(call_in, scope, function, arguments)
                kept = self.keep(key, flight, scope, began, value)
        except BaseException as error:
            cached.counters.errors += 1
            flights.land(flight, error=error if isinstance(error, Exception) else None)
            raise
        flights.land(flight, kept)
        if kept is not None and outer is not None:
            outer.note(kept.life, kept.tags, kept.created)
        return kept

    def keep(self, key: bytes, flight: Flight, scope: FunctionScope, began: float, value: Any) -> Kept:
        """Keep a result.

        Raises:
            CacheTimeoutError: It came too late.
            EncodeError: It cannot be kept.
        """
        cached = self._cached
        count(cached, flight, scope)
        tags: tuple[str, ...] = ()
        life, created = self._life, began
        if scope.inner is not None or scope.spans is not None or scope.labels is not None:
            life, tags, created = scope.life(), scope.tags, min(began, scope.since)
        if self._caches.early_refresh:
            life = self._caches.spread(life)
        shared: Any
        copied: CachedValue | None
        if type(value) in SHARED:
            shared, copied, size = value, None, getsizeof(value)
        else:
            held = kept_value(cached, value)
            shared, copied, size = *held.parts(), held.size()
        deadline = flight.started + (created - began) + life.revalidate
        kept = Kept(key, shared, copied, created, life, tags, blocks_of(key, size, tags), deadline)
        self.memory.add(key, kept)
        return kept


def call_in(scope: FunctionScope, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Call a function within a scope; the context is its own."""
    current_scope.set(scope)
    return function(*arguments)
