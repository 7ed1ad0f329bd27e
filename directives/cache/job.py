"""One call that has to do with a store: what the synchronous and the asynchronous way share."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import ExitStack
from contextlib import contextmanager
from contextvars import Context
from copy import copy
from typing import TYPE_CHECKING
from typing import Any
from typing import Final
from typing import Protocol
from typing import Self

from directives.cache.ahead import WAITED_AHEAD
from directives.cache.ahead import AheadScope
from directives.cache.entry import CacheEntry
from directives.cache.forgetful import Forgetful
from directives.cache.private import request_store
from directives.cache.scope import FunctionScope
from directives.cache.scope import current_scope
from directives.cache.scope import request_of
from directives.cache.statistics import Reason
from directives.cache.value import CachedValue
from directives.cache.values import as_shown
from directives.errors import CacheTimeoutError
from directives.errors import EncodeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from directives.cache.flight import Flight
    from directives.cache.flight import Flights
    from directives.cache.function import CachedFunction
    from directives.cache.leases import Leases
    from directives.cache.outcome import Outcome
    from directives.cache.scope import Scope
    from directives.cache.store import Looked

WHAT_CAN: Final = (
    "return plain values, a dataclass or a pydantic model, or give the class to directives.register_type"
)


class Keeper(Protocol):
    """What keeps results: a store, or a request."""

    flights: Flights
    leases: Leases | None
    waits: bool

    def context(self) -> Context:
        """The context that results are computed in."""
        ...

    def now(self) -> float:
        """The time by the keeper's clock."""
        ...

    def find(self, key: bytes, soft_tags: Sequence[str]) -> Looked:
        """Look for an entry."""
        ...

    async def find_async(self, key: bytes, soft_tags: Sequence[str]) -> Looked:
        """Look for an entry."""
        ...

    def keep(self, key: bytes, entry: CacheEntry) -> None:
        """Keep an entry."""
        ...

    async def keep_async(self, key: bytes, entry: CacheEntry) -> None:
        """Keep an entry."""
        ...


class GivenUp(Exception):
    """A refresh that another process is at already."""


class Job:
    """One call of a cached function that could not be answered at once.

    Args:
        cached: The function.
        key: The key that its ID, version, captured values and arguments make.
        run: Calls it with those arguments.
        later: Makes what calls it when the caller may have changed what it passed; ``run`` itself if left out.

    Raises:
        CacheScopeError: It has no place in what called it.
        NoRequestError: It is private, and no request is being answered.
    """

    # Outside of requests and other cached functions, that is all there is to it.
    scope: Scope | None = None
    soft_tags: tuple[str, ...] = ()
    around: tuple[AbstractContextManager[object], ...] = ()

    def __init__(
        self,
        cached: CachedFunction,
        key: bytes,
        run: Callable[[], Any],
        later: Callable[[], Callable[[], Any]] | None = None,
    ) -> None:
        scope = current_scope()
        if scope is not None:
            scope.admit(cached)
            self.scope = scope
            self.soft_tags = scope.soft_tags
        self.cached = cached
        self.key = key
        self.run = run
        self.later = later
        caches = cached.caches
        self.watch = caches.watch
        keeper: Keeper
        if cached.is_private:
            keeper = request_store(cached, scope)
        else:
            keeper = cached.store if scope is None or not scope.fresh else Forgetful(cached.store)
            if caches.surroundings:
                self.around = tuple(make() for make in caches.surroundings)
        self.keeper = keeper
        self.flights = flights = keeper.flights
        self.landed = flights.landed

    def alone(self) -> Self:
        """The same for nobody in particular."""
        job = copy(self)
        job.scope = None
        job.soft_tags = ()
        if self.later is not None:
            job.run = self.later()
        return job

    def serve(self, looked: Looked) -> CacheEntry | None:
        """Count what was found; the entry, if it may be served."""
        entry, reason, stale = looked
        if stale and self.scope is not None and self.scope.strict:
            entry, reason = None, Reason.EXPIRED
        cached, watch = self.cached, self.watch
        if entry is None:
            reason = reason or Reason.UNSEEN
            if watch.trace is not None:
                outcome = watch.trace.miss(cached, self.key, reason, self.keeper.now())
                reason = outcome.reason or reason
                self.tell(outcome)
            cached.counters.miss(reason)
            return None
        cached.counters.hits += 1
        cached.counters.stale += stale
        if watch.trace is not None:
            self.tell(watch.trace.hit(cached, self.key, entry, stale, self.keeper.now()))
        if watch.replays is not None:
            watch.replays.show(self.key)
        return entry

    def tell(self, outcome: Outcome) -> None:
        """Tell the request that is being answered how this call was."""
        request = request_of(self.scope)
        if request is not None:
            request.outcomes += (outcome,)

    def note(self, entry: CacheEntry) -> CacheEntry:
        """Tell the scope of the caller that an entry was used in it."""
        if self.scope is not None:
            if self.keeper.leases is None:
                self.scope.note(entry.life, entry.tags, entry.created)
            else:
                self.scope.note(entry.life, entry.tags)
        return entry

    def board(self) -> tuple[Flight, bool]:
        """The computation of the entry, and whether it is this call's to do."""
        return self.flights.board(self.key, self.cached.caches.clock.monotonic())

    def remaining(self, flight: Flight) -> float:
        """How many seconds a computation may still take."""
        caches = self.cached.caches
        return max(0.0, flight.started + caches.fill_timeout - caches.clock.monotonic())

    def finish(self, flight: Flight, scope: FunctionScope, began: float, value: Any) -> CacheEntry:
        """The entry of a result. See ``finish``."""
        entry = finish(self.cached, flight, scope, began, value)
        if self.watch.trace is not None:
            seconds = self.cached.caches.clock.monotonic() - flight.started
            self.watch.trace.fill(self.cached, self.key, entry, seconds)
        return entry

    def check_time(self, flight: Flight) -> None:
        """Raise if a computation has taken too long.

        Raises:
            CacheTimeoutError: It has.
        """
        if flight.over or not self.remaining(flight):
            raise timeout(self.cached, self.scope)

    def overdue(self, flight: Flight) -> None:
        """End a computation that takes too long, for all who wait for it."""
        if self.flights.land(flight, error=timeout(self.cached, self.scope)) and flight.abort is not None:
            flight.abort()


def finish(
    cached: CachedFunction, flight: Flight, scope: FunctionScope, began: float, value: Any
) -> CacheEntry:
    """The entry of a result.

    Args:
        cached: The function.
        flight: What others wait for.
        scope: What was learnt while it was computed.
        began: When that began, in seconds of the store's clock.
        value: The result.

    Raises:
        CacheTimeoutError: It came too late.
        EncodeError: It cannot be kept.
    """
    caches = cached.caches
    seconds = caches.clock.monotonic() - flight.started
    if flight.over or seconds > caches.fill_timeout:
        raise timeout(cached, scope)
    counters = cached.counters
    counters.fills += 1
    counters.seconds += seconds
    kept = kept_value(cached, value)
    return CacheEntry(kept, min(began, scope.since), caches.spread(scope.life()), scope.tags)


def kept_value(cached: CachedFunction, value: Any) -> CachedValue:
    """A result as it is kept; the elements of a markup library are kept as their markup.

    Raises:
        EncodeError: It cannot be kept.
    """
    try:
        return CachedValue.of(value)
    except EncodeError:
        try:
            return CachedValue.of(as_shown(value))
        except EncodeError as error:
            raise EncodeError(f"{cached.name} returned what cannot be kept: {error}; {WHAT_CAN}") from None


def timeout(cached: CachedFunction, scope: Scope | None) -> CacheTimeoutError:
    """What everybody is told who waited for a computation that took too long."""
    told = (
        f"{cached.name} took longer than the {cached.caches.fill_timeout:g} s of the setting cache_fill_timeout; its "
        "result is not kept"
    )
    ahead = isinstance(request_of(scope), AheadScope)
    return CacheTimeoutError(f"{told}. {WAITED_AHEAD}" if ahead else told)


@contextmanager
def entered(around: Sequence[AbstractContextManager[object]]) -> Iterator[None]:
    """What a computation is surrounded with, from the outside in."""
    with ExitStack() as stack:
        for manager in around:
            stack.enter_context(manager)
        yield
