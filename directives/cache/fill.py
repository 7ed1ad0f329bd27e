"""From a key to its entry: found, waited for, or computed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING
from typing import Any

from directives.cache.job import GivenUp
from directives.cache.job import Job
from directives.cache.job import entered
from directives.cache.scope import FunctionScope
from directives.cache.scope import set_scope

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from directives.cache.entry import CacheEntry
    from directives.cache.fill_async import AsyncFill
    from directives.cache.flight import Flight
    from directives.cache.function import CachedFunction

log = logging.getLogger("directives.cache")


def get_or_fill(
    cached: CachedFunction,
    key: bytes,
    run: Callable[[], Any],
    later: Callable[[], Callable[[], Any]] | None = None,
) -> CacheEntry:
    """The entry of a key.

    A stale one is given once more while it is computed anew in the background. If there is none, the function runs,
    once however many ask: in a context of its own, with nothing of the caller's in it unless the function is private.

    Args:
        cached: The function.
        key: The key that its ID, version, captured values and arguments make.
        run: Calls it with those arguments.
        later: Makes what calls it in the background, when the caller may have changed what it passed; ``run`` itself
            if left out.

    Raises:
        CacheScopeError: The function has no place in the cached function that calls it.
        CacheReentryError: Its result is needed to compute its result.
        CacheTimeoutError: It took longer than ``cache_fill_timeout``.
        EncodeError: Its result cannot be kept.
        Exception: Whatever it raises.
    """
    fill = Fill(cached, key, run, later)
    looked = fill.keeper.find(key, fill.soft_tags)
    entry = fill.serve(looked)
    if entry is None:
        entry = fill.fetch()
    elif looked[2]:
        fill.refresh()
    return fill.note(entry)


async def aget_or_fill(
    cached: CachedFunction,
    key: bytes,
    run: Callable[[], Awaitable[Any]],
    later: Callable[[], Callable[[], Awaitable[Any]]] | None = None,
) -> CacheEntry:
    """The same for a coroutine function; computing and waiting let the event loop go on.

    See ``get_or_fill``. Cancelling a caller stops the function only if nobody else waits for it.
    """
    fill = async_fill()(cached, key, run, later)
    keeper = fill.keeper
    # A coroutine for nothing costs as much as a look into memory.
    looked = (
        await keeper.find_async(key, fill.soft_tags) if keeper.waits else keeper.find(key, fill.soft_tags)
    )
    entry = fill.serve(looked)
    if entry is None:
        entry = await fill.fetch()
    elif looked[2]:
        fill.refresh()
    return fill.note(entry)


@cache
def async_fill() -> type[AsyncFill]:
    """Imported when first needed, for asyncio is large, and once."""
    from directives.cache.fill_async import AsyncFill

    return AsyncFill


class Fill(Job):
    """A call that is answered in the thread that makes it."""

    def fetch(self) -> CacheEntry:
        """Compute the entry, or wait for whoever does."""
        while True:
            flight, leads = self.board()
            if leads:
                return self.lead(flight)
            entry = self.wait(flight)
            if entry is not None:
                self.cached.counters.waited += 1
                return entry

    def refresh(self) -> None:
        """Compute the entry anew in the background, unless somebody does already."""
        flight, leads = self.board()
        if leads:
            alone = self.alone()
            self.cached.caches.background.submit(lambda: alone.lead_quietly(flight))

    def lead_quietly(self, flight: Flight) -> None:
        """Compute the entry for nobody in particular."""
        try:
            self.lead(flight, quiet=True)
        except GivenUp:
            return
        except Exception:
            log.warning("%s could not be refreshed; its old result stays", self.cached.name, exc_info=True)

    def lead(self, flight: Flight, *, quiet: bool = False) -> CacheEntry:
        """Compute the entry, and tell everybody who waits for it what came of it."""
        try:
            # Somebody may have computed it between this call's look and its turn.
            entry = self.found_fresh() if self.landed != self.flights.landed else None
            if entry is None:
                alone = self.keeper.leases is None
                entry = self.compute(flight) if alone else self.compute_alone(flight, quiet=quiet)
        except Exception as error:
            self.flights.land(flight, error=error)
            raise
        except BaseException:
            self.flights.land(flight)
            raise
        self.flights.land(flight, entry)
        return entry

    def found_fresh(self) -> CacheEntry | None:
        """The entry, if there is one by now that need not be computed anew."""
        entry, _, stale = self.keeper.find(self.key, self.soft_tags)
        return None if stale else entry

    def compute_alone(self, flight: Flight, *, quiet: bool) -> CacheEntry:
        """Compute the entry, or wait for another process that does.

        Raises:
            GivenUp: Another process does, and nobody here waits for it.
        """
        leases = self.keeper.leases
        if leases is None:
            return self.compute(flight)
        while (token := leases.take(self.key)) is None:
            if quiet:
                raise GivenUp
            if not leases.wait(self.key, self.remaining(flight)):
                return self.compute(flight)
            if (entry := self.found_fresh()) is not None:
                return entry
            self.check_time(flight)
        try:
            return self.found_fresh() or self.compute(flight)
        finally:
            leases.give_back(self.key, token)

    def compute(self, flight: Flight) -> CacheEntry:
        """Run the function and keep its result."""
        scope = FunctionScope(self.cached, self.scope, flight)
        began = self.keeper.now()
        try:
            replays = self.watch.replays
            if replays is None:
                value = self.keeper.context().run(run_in, scope, self.run, self.around)
            else:
                with replays.recording(self.key, scope):
                    value = self.keeper.context().run(run_in, scope, self.run, self.around)
            entry = self.finish(flight, scope, began, value)
        except BaseException:
            self.cached.counters.errors += 1
            raise
        self.keeper.keep(self.key, entry)
        return entry

    def wait(self, flight: Flight) -> CacheEntry | None:
        """Wait for a computation; ``None`` if it was given up."""
        gate = threading.Lock()
        gate.acquire()
        if self.flights.join(flight, gate.release, self.scope):
            try:
                if not gate.acquire(timeout=self.remaining(flight)):
                    self.overdue(flight)
            finally:
                self.flights.leave(flight, gate.release, self.scope)
        return flight.outcome()


def run_in(
    scope: FunctionScope, run: Callable[[], Any], around: Sequence[AbstractContextManager[object]]
) -> Any:
    """Run a function within a scope and its surroundings; the context is its own."""
    set_scope(scope)
    if not around:
        return run()
    with entered(around):
        return run()
