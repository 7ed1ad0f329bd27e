"""A function of the user's, run: with one result, or item by item."""

from __future__ import annotations

from collections.abc import AsyncIterator
from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

STREAMS = frozenset({"generator", "async generator"})


async def result(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """The result of a call; a decorator may have made the function a plain one."""
    value = function(*args, **kwargs)
    return await value if hasattr(type(value), "__await__") else value


async def items(
    function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> AsyncIterator[Any]:
    """The items of a generator's call; closing this closes the generator."""
    source = function(*args, **kwargs)
    if not hasattr(type(source), "__aiter__"):
        for item in source:
            yield item
        return
    try:
        async for item in source:
            yield item
    finally:
        close = getattr(source, "aclose", None)
        if close is not None:
            await close()
