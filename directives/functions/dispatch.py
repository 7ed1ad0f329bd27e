"""Dispatch: from the ID and arguments of a call to a result that is about to be computed."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from directives.errors import StaleManifestError
from directives.errors import UnknownFunctionError
from directives.functions.reference import ServerFunction
from directives.functions.registry import Registry
from directives.functions.validation import Format
from directives.functions.values import resolve

STREAMS = frozenset({"generator", "async generator"})

log = logging.getLogger("directives")


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it came in; everything in it is hostile.

    Attributes:
        function_id: The ID of the function.
        args: Positional arguments.
        kwargs: Keyword arguments.
        bound: The sealed captured values, if the caller sent any.
        references: Whether there are references to server functions among the arguments.
        form: How the arguments came.
    """

    function_id: str
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] | None = None
    bound: str | None = None
    references: bool = False
    form: Format = Format.CBOR


@dataclass(frozen=True, slots=True)
class Started:
    """A call that was accepted; nothing of the function has run yet.

    Attributes:
        result: What to await for the result, unless the function answers item by item.
        items: Its items, if it does.
    """

    result: Coroutine[Any, Any, Any] | None = None
    items: AsyncIterator[Any] | None = None


def dispatch(registry: Registry, call: Call) -> Started:
    """Accept a call: find its function, open what it captured, see that the arguments fit.

    Raises:
        UnknownFunctionError: No server function has the ID.
        SealError: The captured values were not made here for this function.
        OutdatedPageError: The function captures more now than when the page was made.
        ArgumentsError: The arguments do not fit the parameters.
    """
    try:
        registered = registry.find(call.function_id)
    except StaleManifestError as error:
        log.error("%s", error)
        raise UnknownFunctionError("no server function has this ID") from error
    args, kwargs = call.args, call.kwargs or {}
    if call.references:
        args = resolve(registry, args, "args")
        kwargs = resolve(registry, kwargs, "kwargs")
    args, kwargs = registered.validate(args, kwargs, call.form)
    function = registered.reference(call.bound)
    if registered.record.flavor in STREAMS:
        return Started(items=items(function, args, kwargs))
    return Started(result=result(function, args, kwargs))


async def result(function: ServerFunction[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of a call; a decorator may have made the function a plain one."""
    value = function(*args, **kwargs)
    return await value if hasattr(type(value), "__await__") else value


async def items(
    function: ServerFunction[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
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
