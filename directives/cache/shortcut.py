"""The short way from a miss to its result, where nothing is out of the ordinary."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import Context
from sys import getsizeof
from typing import TYPE_CHECKING
from typing import Any

from directives.cache.copies import SHARED
from directives.cache.flight import Flight
from directives.cache.handlers.memory import BLOCK
from directives.cache.handlers.memory import ROUNDED
from directives.cache.handlers.memory import tags_size
from directives.cache.job import kept_value
from directives.cache.job import timeout
from directives.cache.kept import Kept
from directives.cache.scope import DEFAULT
from directives.cache.scope import FunctionScope
from directives.cache.scope import current_scope
from directives.cache.scope import set_scope

if TYPE_CHECKING:
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
        flights: The computations under way in that store.
        life: The life of what says nothing of it.
        lasts: How many seconds of that such a result is fresh.
        limit: How many seconds a computation may take.
        spreads: Whether results are refreshed so much earlier that not all are at once.
    """

    __slots__ = (
        "cached",
        "caches",
        "flights",
        "lasts",
        "life",
        "limit",
        "memory",
        "monotonic",
        "now",
        "spreads",
    )

    def __init__(self, cached: CachedFunction, memory: MemoryHandler) -> None:
        self.cached = cached
        self.memory = memory
        self.flights = cached.store.flights
        self.caches = caches = cached.caches
        # What the settings say stands until they change; to ask the caches each time would take a tenth of the time.
        self.life = caches.profiles[DEFAULT]
        self.lasts = float(self.life.revalidate)
        self.limit = caches.fill_timeout
        self.spreads = bool(caches.early_refresh)
        self.monotonic = caches.clock.monotonic
        self.now = caches.clock.now

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
        outer = current_scope()
        flight = self.board(key, outer)
        if flight is None:
            return None
        try:
            scope = FunctionScope(self.cached, outer, flight)
            began = self.now()
            value = Context().run(call_in, scope, function, arguments)
            kept = self.keep(key, flight, scope, began, value)
        except BaseException as error:
            self.fail(flight, error)
            raise
        self.flights.land(flight, kept)
        if outer is not None:
            outer.note(kept.life, kept.tags, kept.created)
        return kept

    def board(self, key: bytes, outer: Scope | None) -> Flight | None:
        """The computation of an entry, if it is this call's to do, and to do on the short way."""
        if outer is not None:
            outer.admit(self.cached)
            if outer.fresh:
                return None
        if self.caches.surroundings:
            return None
        flights, flight = self.flights, Flight(key, self.monotonic())
        if flights.enter(flight) is not flight:
            return None
        if key in self.memory.kept:
            # Somebody has computed it between this call's look and its turn.
            flights.land(flight)
            return None
        self.cached.counters.unseen += 1
        return flight

    def fail(self, flight: Flight, error: BaseException) -> None:
        """Tell whoever waits that there is no result."""
        self.cached.counters.errors += 1
        self.flights.land(flight, error=error if isinstance(error, Exception) else None)

    def keep(self, key: bytes, flight: Flight, scope: FunctionScope, began: float, value: Any) -> Kept:
        """Keep a result.

        Raises:
            CacheTimeoutError: It came too late.
            EncodeError: It cannot be kept.
        """
        cached = self.cached
        seconds = self.monotonic() - flight.started
        if flight.over or seconds > self.limit:
            raise timeout(cached, scope)
        counters = cached.counters
        counters.fills += 1
        counters.seconds += seconds
        shared: Any
        copied: CachedValue | None
        if type(value) in SHARED:
            shared, copied, size = value, None, getsizeof(value) + len(key)
        else:
            held = kept_value(cached, value)
            shared, copied, size = *held.parts(), held.size() + len(key)
        tags: tuple[str, ...] = ()
        life, created, deadline = self.life, began, flight.started + self.lasts
        if scope.inner is not None or scope.spans is not None or scope.labels is not None or self.spreads:
            life, created, tags = self.caches.spread(scope.life()), min(began, scope.since), scope.tags
            deadline = flight.started + (created - began) + life.revalidate
            size += tags_size(tags)
        kept = Kept(key, shared, copied, created, life, tags, (size + ROUNDED) // BLOCK, deadline)
        self.memory.add(key, kept)
        return kept


def call_in(scope: FunctionScope, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Call a function within a scope; the context is its own."""
    set_scope(scope)
    return function(*arguments)
