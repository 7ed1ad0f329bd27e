"""Single flight: of all who miss on one key at a time, threads and tasks of any loop alike, one computes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from collections.abc import Iterable
from copy import copy
from types import TracebackType
from typing import TYPE_CHECKING

from directives.cache.kept import Kept
from directives.cache.scope import FunctionScope
from directives.errors import CacheReentryError

if TYPE_CHECKING:
    from directives.cache.entry import CacheEntry
    from directives.cache.scope import Scope

Wake = Callable[[], None]


class Flight:
    """The computation of one entry, and who waits for it.

    Attributes:
        key: The entry's key.
        started: When it began, in seconds of the monotonic clock.
        over: Whether it has ended; if it has neither a result nor an error, it was given up.
        result: What came of it.
        error: What went wrong.
        abort: Stops it, if it can be stopped from outside.
        wakes: What wakes those who wait for it; ``None`` if nobody ever did.
        awaited: The flights that it waits for; ``None`` if it never did.
    """

    __slots__ = ("_traceback", "abort", "awaited", "error", "key", "over", "result", "started", "wakes")

    def __init__(self, key: bytes, started: float) -> None:
        self.key = key
        self.started = started
        self.over = False
        self.result: CacheEntry | Kept | None
        self.error: BaseException | None
        self.abort: Wake | None
        self.wakes: list[Wake] | None
        self.awaited: list[Flight] | None
        self._traceback: TracebackType | None
        # Most flights go well, and nobody waits for them: no lists for what most never have.
        self.result = self.error = self.abort = self.wakes = self.awaited = self._traceback = None

    def outcome(self) -> CacheEntry | None:
        """The entry; ``None`` if the flight was given up.

        Raises:
            BaseException: What went wrong.
        """
        if self.error is not None:
            raise told(self.error).with_traceback(self._traceback)
        result = self.result
        return result.entry if isinstance(result, Kept) else result

    def fail(self, error: BaseException) -> None:
        """Take what went wrong."""
        self.error = error
        self._traceback = error.__traceback__


class Flights:
    """The flights of one store.

    Attributes:
        landed: How many have ended: who looked for an entry before a number of them did has to look again.
    """

    def __init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Begin anew: the threads that would end what is under way do not exist in a forked child."""
        self.landed = 0
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._flights: dict[bytes, Flight] = {}

    def board(self, key: bytes, started: float) -> tuple[Flight, bool]:
        """The flight of a key, and whether the caller is the one to compute."""
        if self._process != os.getpid():
            self.renew()  # what lives for one request is not told of a fork
        mine = Flight(key, started)
        flight = self.enter(mine)
        return flight, flight is mine

    def enter(self, mine: Flight) -> Flight:
        """The flight of a key; another one's, if there is one already."""
        return self._flights.setdefault(mine.key, mine)

    def land(
        self, flight: Flight, result: CacheEntry | Kept | None = None, error: BaseException | None = None
    ) -> bool:
        """End a flight and wake who waits; ``False`` if it had ended before."""
        lock, flights = self._lock, self._flights
        lock.acquire()  # a `with` takes twice as long, and every miss comes by here
        try:
            if flight.over:
                return False
            flight.result = result
            if error is not None:
                flight.fail(error)
            flight.over = True
            if flights.get(flight.key) is flight:
                del flights[flight.key]
            self.landed += 1
        finally:
            lock.release()
        if flight.wakes is not None:
            for wake in flight.wakes:  # nobody joins what is over
                wake()
        return True

    def join(self, flight: Flight, wake: Wake, scope: Scope | None) -> bool:
        """Wait for a flight: ``wake`` is called when it ends. ``False`` if it has ended already.

        Raises:
            CacheReentryError: The flight itself waits for the caller.
        """
        above = flights_of(scope)
        with self._lock:
            if flight.over:
                return False
            if above and reaches(flight, above):
                raise CacheReentryError(
                    f"{reentered(scope, flight)} needs its own result to compute it: a call inside it has the same "
                    "arguments, directly or through other cached functions"
                )
            for each in above:
                if each.awaited is None:
                    each.awaited = []
                each.awaited.append(flight)
            if flight.wakes is None:
                flight.wakes = []
            flight.wakes.append(wake)
        return True

    def leave(self, flight: Flight, wake: Wake, scope: Scope | None) -> None:
        """Wait no longer; a flight that nobody waits for any more is stopped, if it can be."""
        above = flights_of(scope)
        if flight.over and not above:
            return
        with self._lock:
            for each in above:
                if each.awaited is not None:
                    each.awaited.remove(flight)
            if flight.over or flight.wakes is None or wake not in flight.wakes:
                return
            flight.wakes.remove(wake)
            abort = None if flight.wakes else flight.abort
        if abort is not None:
            abort()


def told(error: BaseException) -> BaseException:
    """An exception for one of several who are told of it: each raises his own, with his own traceback.

    One that cannot be copied is told to all as it is.
    """
    try:
        again = copy(error)
        if type(again) is not type(error) or again.args != error.args:
            return error
    except Exception:  # noqa: BLE001 -- whatever the copying of a foreign class raises
        return error
    again.__cause__, again.__context__ = error.__cause__, error.__context__
    again.__suppress_context__ = error.__suppress_context__
    return again


def flights_of(scope: Scope | None) -> list[Flight]:
    """The flights whose computations a scope is part of."""
    if scope is None:
        return []
    return [each.flight for each in scope.around() if isinstance(each, FunctionScope) and each.flight]


def reaches(flight: Flight, wanted: Iterable[Flight]) -> bool:
    """Whether a flight is one of some others, or waits for one of them, through however many between."""
    seen, left = set(wanted), [flight]
    waited_for: set[Flight] = set()
    while left:
        each = left.pop()
        if each in seen:
            return True
        if each not in waited_for:
            waited_for.add(each)
            left.extend(each.awaited or ())
    return False


def reentered(scope: Scope | None, flight: Flight) -> str:
    """The name of the function that waits for itself."""
    functions = [each for each in (scope.around() if scope else ()) if isinstance(each, FunctionScope)]
    own = [each.function.name for each in functions if each.flight is flight]
    return own[0] if own else functions[0].function.name
