"""Results of private functions: kept for the length of one request, and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import Context
from contextvars import copy_context
from typing import TYPE_CHECKING

from directives.cache.clock import Clock
from directives.cache.entry import CacheEntry
from directives.cache.flight import Flights
from directives.cache.leases import Leases
from directives.cache.scope import RequestScope
from directives.cache.scope import Scope
from directives.cache.scope import request_of
from directives.cache.statistics import Reason
from directives.cache.store import Looked
from directives.errors import NoRequestError

if TYPE_CHECKING:
    from directives.cache.function import CachedFunction


class RequestStore:
    """The results of private functions in one request; it has the methods of ``Store``.

    Args:
        clock: The clock of the process.
    """

    def __init__(self, clock: Clock) -> None:
        self.flights = Flights()
        self.leases: Leases | None = None
        self.waits = False
        self._clock = clock
        self._entries: dict[bytes, CacheEntry] = {}

    def context(self) -> Context:
        """A private function sees the request, so it runs as its caller does."""
        return copy_context()

    def now(self) -> float:
        """The time."""
        return self._clock.now()

    def find(self, key: bytes, soft_tags: Sequence[str]) -> Looked:
        """Look for a result; within a request it stays what it was."""
        entry = self._entries.get(key)
        return entry, Reason.UNSEEN if entry is None else None, False

    async def find_async(self, key: bytes, soft_tags: Sequence[str]) -> Looked:
        """See ``find``."""
        return self.find(key, soft_tags)

    def keep(self, key: bytes, entry: CacheEntry) -> None:
        """Store a result."""
        self._entries[key] = entry

    async def keep_async(self, key: bytes, entry: CacheEntry) -> None:
        """See ``keep``."""
        self._entries[key] = entry


def request_store(cached: CachedFunction, scope: Scope | None) -> RequestStore:
    """The results of the request that a scope belongs to.

    Args:
        cached: The private function that is called.
        scope: The scope that it is called in.

    Raises:
        NoRequestError: It belongs to none, so there is no client whose result this would be.
    """
    request: RequestScope | None = request_of(scope)
    if request is None:
        raise NoRequestError(
            f"{cached.name} ('{cached.record.directive}') was called while no request is being answered: its result belongs "
            "to one client. Call it in a page or a server function of an application that is wrapped in DirectivesMiddleware"
        )
    request.postpone(f"{cached.name}() ('{cached.record.directive}')")
    request.private = True
    if request.results is None:
        request.results = RequestStore(cached.caches.clock)
    return request.results
