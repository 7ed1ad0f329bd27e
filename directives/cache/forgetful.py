"""Where nothing is kept: what is computed for a draft is for whoever looks at it now."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import Context
from typing import TYPE_CHECKING

from directives.cache.flight import Flights
from directives.cache.store import UNSEEN
from directives.cache.store import Looked

if TYPE_CHECKING:
    from directives.cache.entry import CacheEntry
    from directives.cache.leases import Leases
    from directives.cache.store import Store


class Forgetful:
    """In the place of a store, for one call: finds nothing and keeps nothing.

    Args:
        store: The store.
    """

    def __init__(self, store: Store) -> None:
        self.flights = Flights()
        self.leases: Leases | None = None
        self.waits = False
        self._store = store

    def context(self) -> Context:
        """The context that results are computed in: as clean as ever."""
        return self._store.context()

    def now(self) -> float:
        """The time by the store's clock."""
        return self._store.now()

    def find(self, key: bytes, soft_tags: Sequence[str]) -> Looked:
        """Nothing."""
        return UNSEEN

    async def find_async(self, key: bytes, soft_tags: Sequence[str]) -> Looked:
        """Nothing."""
        return UNSEEN

    def keep(self, key: bytes, entry: CacheEntry) -> None:
        """Do nothing."""

    async def keep_async(self, key: bytes, entry: CacheEntry) -> None:
        """Do nothing."""
