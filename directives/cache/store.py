"""A store as the cache uses it: what a handler fails at costs the entry, never the call."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextvars import Context
from typing import Any
from typing import Final

from directives.cache.clock import Clock
from directives.cache.entry import CacheEntry
from directives.cache.entry import Found
from directives.cache.flight import Flights
from directives.cache.forked import renew_in_children
from directives.cache.handler import AsyncCacheHandler
from directives.cache.handler import CacheHandler
from directives.cache.handler import HasAsync
from directives.cache.handler import SharedCacheHandler
from directives.cache.leases import Leases
from directives.cache.statistics import Reason
from directives.errors import StoreError

SILENCE = 60.0  # seconds between two messages about one store that fails

log = logging.getLogger("directives.cache")

Looked = tuple[CacheEntry | None, Reason | None, bool]
"""The entry to serve, or why there is none, and whether it is to be computed anew."""

UNSEEN: Final[Looked] = (None, Reason.UNSEEN, False)


class Store:
    """A handler under the name that directives use for it.

    Args:
        name: That name.
        handler: The handler.
        clock: The clock of the process.

    Attributes:
        flights: The computations under way in this process.
        waits: Whether it lets an event loop go on while it works.
        leases: What keeps them to one among all processes, if the handler is shared by several.
        failures: How many operations have failed.
    """

    def __init__(self, name: str, handler: CacheHandler, clock: Clock) -> None:
        self.name = name
        self.handler = handler
        self.flights = Flights()
        renew_in_children(self.flights)
        self.waits = isinstance(handler, HasAsync)
        self.failures = 0
        self._clock = clock
        self._quiet_until = 0.0
        self.leases: Leases | None = None
        if isinstance(handler, SharedCacheHandler):
            self.leases = Leases(handler, self.asynchronous, self._failed)

    def asynchronous(self) -> AsyncCacheHandler | None:
        """The handler for the running event loop, if it has one."""
        handler: Any = self.handler
        return handler.asynchronous if self.waits else None

    def context(self) -> Context:
        """The context that results are computed in: nothing of whoever happens to call first."""
        return Context()

    def now(self) -> float:
        """The time by the store's clock."""
        try:
            return self.handler.now()
        except Exception as error:  # noqa: BLE001 -- a handler may raise anything
            self._failed("tell the time", error)
            return self._clock.now()

    def find(self, key: bytes, soft_tags: Sequence[str]) -> Looked:
        """Look for an entry that may be served."""
        try:
            found = self.handler.get(key, soft_tags)
            return UNSEEN if found is None else self._judge(found)
        except Exception as error:  # noqa: BLE001 -- as above
            return self._not_found(error)

    async def find_async(self, key: bytes, soft_tags: Sequence[str]) -> Looked:
        """See ``find``."""
        asynchronous = self.asynchronous()
        if asynchronous is None:
            return self.find(key, soft_tags)
        try:
            found = await asynchronous.get(key, soft_tags)
            return UNSEEN if found is None else self._judge(found)
        except Exception as error:  # noqa: BLE001 -- as above
            return self._not_found(error)

    def keep(self, key: bytes, entry: CacheEntry) -> None:
        """Store an entry, if the handler can."""
        try:
            self.handler.set(key, entry)
        except Exception as error:  # noqa: BLE001 -- as above
            self._failed("keep an entry", error)

    async def keep_async(self, key: bytes, entry: CacheEntry) -> None:
        """See ``keep``."""
        asynchronous = self.asynchronous()
        if asynchronous is None:
            self.keep(key, entry)
            return
        try:
            await asynchronous.set(key, entry)
        except Exception as error:  # noqa: BLE001 -- as above
            self._failed("keep an entry", error)

    def discard(self, key: bytes, error: Exception) -> None:
        """Forget an entry whose result cannot be read."""
        self._failed("give back what was kept", error)
        try:
            self.handler.delete(key)
        except Exception as failure:  # noqa: BLE001 -- as above
            self._failed("forget an entry", failure)

    def _judge(self, found: object) -> Looked:
        if type(found) is not Found or type(found.entry) is not CacheEntry:
            raise TypeError(f"get() gave {type(found).__qualname__}, which is neither Found nor None")
        now, entry = self.handler.now(), found.entry
        # Most of what is found is fresh, and nothing has marked its tags.
        if not found.marks and now < entry.created + entry.life.revalidate:
            entry.value.open()
            return entry, None, False
        if found.is_gone(now):
            by_age = now >= entry.created + entry.life.expire
            return None, Reason.EXPIRED if by_age else Reason.TAG, False
        # A store that nobody signs may hold a well-made entry around nonsense, which is found out before it is served.
        entry.value.open()
        return entry, None, found.is_stale(now)

    def _not_found(self, error: Exception) -> Looked:
        self._failed("look for an entry", error)
        return None, Reason.FAILED, False

    def _failed(self, what: str, error: Exception) -> None:
        self.failures += 1
        now = self._clock.monotonic()
        if now >= self._quiet_until:
            self._quiet_until = now + SILENCE
            log.warning(
                "the store %r could not %s: %s; its cached functions run meanwhile (failure %d, further ones are logged "
                "once a minute)",
                self.name,
                what,
                error,
                self.failures,
                # What a store of ours says is enough; where in the code of somebody else's it failed is not known from that.
                exc_info=None if isinstance(error, StoreError) else error,
            )
