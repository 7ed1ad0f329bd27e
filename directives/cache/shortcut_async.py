"""The short way from a miss to its result, on an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING
from typing import Any

from directives.cache.eager import begin
from directives.cache.fill_async import TURN
from directives.cache.fill_async import AsyncFill
from directives.cache.kept import Kept
from directives.cache.scope import FunctionScope
from directives.cache.scope import current_scope
from directives.cache.scope import set_scope

if TYPE_CHECKING:
    from directives.cache.flight import Flight
    from directives.cache.scope import Scope
    from directives.cache.shortcut import Shortcut
    from directives.cache.value import CachedValue


def begin_short(
    shortcut: Shortcut, key: bytes, function: Callable[..., Any], arguments: tuple[Any, ...]
) -> Kept | Awaitable[CachedValue] | None:
    """The result of a call that memory has none for, or what is to be awaited for it; see ``Shortcut.fill``.

    The coroutine function runs in a task of its own.
    """
    loop, outer = asyncio.get_running_loop(), current_scope()
    flight = shortcut.board(key, outer)
    if flight is None:
        return None
    task = begin(lead(shortcut, key, flight, outer, function, arguments), loop, Context())
    kept = flight.result
    if isinstance(kept, Kept) and shortcut.flights.landed % TURN:
        if outer is not None:
            outer.note(kept.life, kept.tags, kept.created)
        return kept
    fill = AsyncFill(shortcut.cached, key, function)
    fill.watch_over(flight, task, loop)
    return end(fill, flight)


async def lead(
    shortcut: Shortcut,
    key: bytes,
    flight: Flight,
    outer: Scope | None,
    function: Callable[..., Awaitable[Any]],
    arguments: tuple[Any, ...],
) -> None:
    """Compute the entry, and tell everybody who waits for it what came of it."""
    try:
        scope = FunctionScope(shortcut.cached, outer, flight)
        set_scope(scope)
        began = shortcut.now()
        kept = shortcut.keep(key, flight, scope, began, await function(*arguments))
    except BaseException as error:
        shortcut.fail(flight, error)
        if not isinstance(error, Exception):  # the task was cancelled
            raise
    else:
        shortcut.flights.land(flight, kept)


async def end(fill: AsyncFill, flight: Flight) -> CachedValue:
    """The result of a computation that has begun, once it has ended."""
    return fill.note(await fill.led(flight)).value
