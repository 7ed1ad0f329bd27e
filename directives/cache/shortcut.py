"""The short way from a miss to its result, where nothing is out of the ordinary."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from sys import getsizeof
from typing import TYPE_CHECKING
from typing import Any

from directives.cache.copies import SHARED
from directives.cache.handlers.memory import blocks_of
from directives.cache.job import kept_value
from directives.cache.job import timeout
from directives.cache.kept import Kept
from directives.cache.scope import DEFAULT
from directives.cache.scope import FunctionScope
from directives.cache.scope import current_scope

if TYPE_CHECKING:
    from directives.cache.flight import Flight
    from directives.cache.function import CachedFunction
    from directives.cache.handlers.memory import MemoryHandler
    from directives.cache.scope import Scope
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

    __slots__ = (
        "_cached",
        "_caches",
        "_flights",
        "_life",
        "_limit",
        "_monotonic",
        "_now",
        "_spreads",
        "memory",
    )

    def __init__(self, cached: CachedFunction, memory: MemoryHandler) -> None:
        self._cached = cached
        self._caches = caches = cached.caches
        self._flights = cached.store.flights
        self.memory = memory
        # What the settings say stands until they change; to ask the caches each time would take a tenth of the time.
        self._life = caches.profiles[DEFAULT]
        self._limit = caches.fill_timeout
        self._spreads = bool(caches.early_refresh)
        self._monotonic = caches.clock.monotonic
        self._now = caches.clock.now

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
        outer = current_scope.get()
        flight = self.board(key, outer)
        if flight is None:
            return None
        try:
            scope = FunctionScope(self._cached, outer, flight)
            began = self._now()
            value = Context().run(call_in, scope, function, arguments)
            kept = self.keep(key, flight, scope, began, value)
        except BaseException as error:
            self.fail(flight, error)
            raise
        self._flights.land(flight, kept)
        if outer is not None:
            outer.note(kept.life, kept.tags, kept.created)
        return kept

    def board(self, key: bytes, outer: Scope | None) -> Flight | None:
        """The computation of an entry, if it is this call's to do, and to do on the short way."""
        if outer is not None:
            outer.admit(self._cached)
            if outer.fresh:
                return None
        if self._caches.surroundings:
            return None
        flights = self._flights
        flight, leads = flights.board(key, self._monotonic())
        if not leads:
            return None
        if key in self.memory.kept:
            # Somebody has computed it between this call's look and its turn.
            flights.land(flight)
            return None
        self._cached.counters.unseen += 1
        return flight

    def fail(self, flight: Flight, error: BaseException) -> None:
        """Tell whoever waits that there is no result."""
        self._cached.counters.errors += 1
        self._flights.land(flight, error=error if isinstance(error, Exception) else None)

    def keep(self, key: bytes, flight: Flight, scope: FunctionScope, began: float, value: Any) -> Kept:
        """Keep a result.

        Raises:
            CacheTimeoutError: It came too late.
            EncodeError: It cannot be kept.
        """
        cached = self._cached
        seconds = self._monotonic() - flight.started
        if flight.over or seconds > self._limit:
            raise timeout(cached, scope)
        counters = cached.counters
        counters.fills += 1
        counters.seconds += seconds
        tags: tuple[str, ...] = ()
        life, created = self._life, began
        if scope.inner is not None or scope.spans is not None or scope.labels is not None:
            life, tags, created = scope.life(), scope.tags, min(began, scope.since)
        if self._spreads:
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
