"""From a key to its entry, on an event loop."""

from __future__ import annotations

import asyncio
import logging
from contextlib import nullcontext
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING
from typing import Any
from typing import Final

from directives.cache.eager import begin
from directives.cache.job import GivenUp
from directives.cache.job import Job
from directives.cache.job import entered
from directives.cache.scope import FunctionScope
from directives.cache.scope import request_of
from directives.cache.scope import set_scope

if TYPE_CHECKING:
    from directives.cache.entry import CacheEntry
    from directives.cache.flight import Flight

TURN: Final = 64  # functions that wait for nothing, until the event loop has a turn to put their tasks away

log = logging.getLogger("directives.cache")


class AsyncFill(Job):
    """A call that is answered on an event loop; the function runs in a task of its own."""

    async def fetch(self) -> CacheEntry:
        """Compute the entry, or wait for whoever does."""
        while True:
            flight, leads = self.board()
            if leads:
                self.launch(flight)
                return await self.led(flight)
            entry = await self.wait(flight, leads=False)
            if entry is not None:
                self.cached.counters.waited += 1
                return entry

    async def led(self, flight: Flight) -> CacheEntry:
        """The entry of a computation that this call has begun, once that has ended."""
        if flight.over and not self.flights.landed % TURN:
            await asyncio.sleep(0)
        entry = await self.wait(flight, leads=True)
        if entry is None:
            # The function's own task was cancelled, by the function or with its loop.
            raise asyncio.CancelledError
        return entry

    def refresh(self) -> None:
        """Compute the entry anew in the background, unless somebody does already."""
        flight, leads = self.board()
        if not leads:
            return
        request, alone = request_of(self.scope), self.alone()
        if request is None or request.lasting:
            alone.launch(flight, quiet=True)
        else:
            self.cached.caches.background.submit(lambda: asyncio.run(alone.refresh_elsewhere(flight)))

    async def refresh_elsewhere(self, flight: Flight) -> None:
        """Compute the entry on a loop of its own, where the caller's ends with the request."""
        await asyncio.wait([self.launch(flight, quiet=True)])

    def launch(self, flight: Flight, *, quiet: bool = False) -> asyncio.Task[None]:
        """Start computing the entry; the flight keeps the task alive."""
        loop = asyncio.get_running_loop()
        leading, context = self.lead(flight, quiet=quiet), self.keeper.context()
        task = loop.create_task(leading, context=context) if quiet else begin(leading, loop, context)
        self.watch_over(flight, task, loop)
        return task

    def watch_over(self, flight: Flight, task: asyncio.Task[None], loop: asyncio.AbstractEventLoop) -> None:
        """See to it that a computation that has begun comes to an end."""
        if not flight.over:
            flight.abort = partial(call_in, loop, task.cancel)
            loop.call_soon(self.guard, loop, flight, task)  # after the task's first step

    def guard(self, loop: asyncio.AbstractEventLoop, flight: Flight, task: asyncio.Task[None]) -> None:
        """See to it that nobody waits too long for a task that has begun, or for one that was cancelled before."""
        if task.done():
            self.flights.land(flight)
        else:
            timer = loop.call_later(self.remaining(flight), self.overdue, flight)
            task.add_done_callback(lambda _: timer.cancel())

    async def lead(self, flight: Flight, *, quiet: bool) -> None:
        """Compute the entry, and tell everybody who waits for it what came of it."""
        try:
            # Somebody may have computed it between this call's look and its turn.
            entry = await self.found_fresh() if self.landed != self.flights.landed else None
            if entry is None:
                alone = self.keeper.leases is None
                entry = await (self.compute(flight) if alone else self.compute_alone(flight, quiet=quiet))
        except GivenUp:
            self.flights.land(flight)
        except Exception as error:
            self.flights.land(flight, error=error)
            if quiet:
                log.warning(
                    "%s could not be refreshed; its old result stays", self.cached.name, exc_info=True
                )
        except BaseException:  # the task was cancelled
            self.flights.land(flight)
            raise
        else:
            self.flights.land(flight, entry)

    async def found_fresh(self) -> CacheEntry | None:
        """The entry, if there is one by now that need not be computed anew."""
        entry, _, stale = await self.keeper.find_async(self.key, self.soft_tags)
        return None if stale else entry

    async def compute_alone(self, flight: Flight, *, quiet: bool) -> CacheEntry:
        """See ``Fill.compute_alone``."""
        leases = self.keeper.leases
        if leases is None:
            return await self.compute(flight)
        turn = 0
        while (token := await leases.take_async(self.key)) is None:
            if quiet:
                raise GivenUp
            if not await leases.wait_async(self.key, self.remaining(flight), turn):
                return await self.compute(flight)
            if (entry := await self.found_fresh()) is not None:
                return entry
            self.check_time(flight)
            turn += 1
        try:
            return await self.found_fresh() or await self.compute(flight)
        finally:
            await leases.give_back_async(self.key, token)

    async def compute(self, flight: Flight) -> CacheEntry:
        """Run the function and keep its result."""
        scope = FunctionScope(self.cached, self.scope, flight)
        set_scope(scope)
        began = self.keeper.now()
        try:
            replays = self.watch.replays
            if replays is None and not self.around:
                value = await self.run()
            else:
                recording = nullcontext() if replays is None else replays.recording(self.key, scope)
                with recording, entered(self.around):
                    value = await self.run()
            entry = self.finish(flight, scope, began, value)
        except BaseException:
            self.cached.counters.errors += 1
            raise
        if self.keeper.waits:
            await self.keeper.keep_async(self.key, entry)
        else:
            self.keeper.keep(self.key, entry)
        return entry

    async def wait(self, flight: Flight, *, leads: bool) -> CacheEntry | None:
        """Wait for a computation; ``None`` if it was given up."""
        if flight.over:
            return flight.outcome()
        loop = asyncio.get_running_loop()
        landed = loop.create_future()
        wake = partial(call_in, loop, partial(resolve, landed))
        if self.flights.join(flight, wake, self.scope):
            # The loop that computes may be another, and stuck; there the leader's own timer would not do.
            timer = None if leads else loop.call_later(self.remaining(flight), self.overdue, flight)
            try:
                await landed
            finally:
                if timer is not None:
                    timer.cancel()
                self.flights.leave(flight, wake, self.scope)
        return flight.outcome()


def call_in(loop: asyncio.AbstractEventLoop, function: Any) -> None:
    """Call a function in a loop's thread, from whatever thread this is."""
    if asyncio._get_running_loop() is loop:
        function()
        return
    with suppress(RuntimeError):  # the loop has been closed, and nobody waits there any more
        loop.call_soon_threadsafe(function)


def resolve(landed: asyncio.Future[None]) -> None:
    """Let a task that waits go on."""
    if not landed.done():
        landed.set_result(None)
