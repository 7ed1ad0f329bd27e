"""A function of the user's, run: with one result, or item by item."""

from __future__ import annotations

from collections.abc import AsyncIterator
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from directives.functions.awaited import Look
from directives.functions.awaited import awaits_nothing
from directives.functions.awaited import settled

STREAMS = frozenset({"generator", "async generator"})
PLAIN = frozenset({"function", "generator"})
"""The flavors that run without ever giving way to an event loop."""

END = object()


Plain = Callable[..., Awaitable[Any]]
"""Runs a plain function elsewhere than on the event loop, in a thread: ``await plain(function, *args, **kwargs)``."""

Around = Callable[[Awaitable[Any]], Awaitable[Any]]
"""Waits for what a function gives, and puts what is a framework's own, a response or an error, in our terms."""


def no_look() -> None:
    """Where nobody looks at what is copied."""


def as_it_is(outcome: Awaitable[Any]) -> Awaitable[Any]:
    """What is around a call where there is no framework."""
    return outcome


async def result(
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    plain: Plain | None = None,
    look: Callable[[], Look | None] = no_look,
    around: Around = as_it_is,
) -> Any:
    """The result of a call, what it promises waited for; a decorator may have made the function a plain one.

    Args:
        function: The function.
        args: Its positional arguments.
        kwargs: Its keyword arguments.
        plain: What runs it, if it is a plain function that is not simply called.
        look: Gives what looks at containers of the result that are copied.
        around: Waits for what the function gives.
    """
    if around is as_it_is and plain is None:
        # What follows in one coroutine rather than three: it is the way of nearly every call.
        value = function(*args, **kwargs)
        if hasattr(type(value), "__await__"):
            value = await value
    else:
        value = await around(_outcome(function, args, kwargs, plain))
    return value if awaits_nothing(value) else await settled(value, look)


async def _outcome(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], plain: Plain | None
) -> Any:
    value = function(*args, **kwargs) if plain is None else await plain(function, *args, **kwargs)
    return await value if hasattr(type(value), "__await__") else value


async def items(
    function: Callable[..., Any],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    *,
    plain: Plain | None = None,
    look: Callable[[], Look | None] = no_look,
    around: Around = as_it_is,
) -> AsyncIterator[Any]:
    """The items of a generator's call; closing this closes the generator. See ``result`` for the arguments."""
    source = await around(_outcome(function, args, kwargs, None))
    if not hasattr(type(source), "__aiter__"):
        async for item in at_once(source) if plain is None else one_by_one(source, plain):
            yield await settled(item, look)
        return
    try:
        async for item in source:
            yield await settled(item, look)
    finally:
        close = getattr(source, "aclose", None)
        if close is not None:
            await close()


async def at_once(source: Iterable[Any]) -> AsyncIterator[Any]:
    """The items of a plain generator."""
    for item in source:
        yield item


async def one_by_one(source: Iterator[Any], plain: Plain) -> AsyncIterator[Any]:
    """The same, each made by what runs plain functions."""
    while (item := await plain(next, source, END)) is not END:
        yield item
