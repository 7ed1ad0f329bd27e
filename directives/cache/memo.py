"""The memo of a request: what was computed once is not computed again while the request is answered."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any
from typing import ParamSpec
from typing import TypeVar
from typing import cast

from directives.cache.scope import Scope
from directives.cache.scope import current_scope

P = ParamSpec("P")
R = TypeVar("R")


def memo(function: Callable[P, R]) -> Callable[P, R]:
    """Have a function run once for the same arguments while one request is answered.

    Within a cached function it has a memo of its own: what the request has seen does not leak into a result that is
    shared by all. Outside of both the function just runs. Arguments are the same if they are equal and of one type, or,
    where they cannot be hashed, if they are one object. Results are shared, not copied; exceptions are not remembered.

    Args:
        function: The function; a coroutine function is awaited once, by all who call it at a time.

    See React's ``cache``.
    """
    if inspect.iscoroutinefunction(function):
        return cast("Callable[P, R]", _memo_of_coroutines(function))

    @wraps(function)
    def remembered(*args: P.args, **kwargs: P.kwargs) -> R:
        scope = current_scope()
        if scope is None:
            return function(*args, **kwargs)
        known, key = _memo_of(scope), _key(function, args, kwargs)
        if key not in known:
            # The arguments stay alive with the result, so that no other object gets their place in memory.
            known[key] = function(*args, **kwargs), args, kwargs
        return cast("R", known[key][0])

    return remembered


def _memo_of_coroutines(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    async def remembered(*args: Any, **kwargs: Any) -> Any:
        from asyncio import ensure_future
        from asyncio import shield

        scope = current_scope()
        if scope is None:
            return await function(*args, **kwargs)
        known, key = _memo_of(scope), _key(function, args, kwargs)
        if key not in known:
            known[key] = ensure_future(function(*args, **kwargs)), args, kwargs
        running = known[key][0]
        try:
            return await shield(running)
        except BaseException:
            if running.done() and (running.cancelled() or running.exception() is not None):
                known.pop(key, None)
            raise

    return remembered


def _memo_of(scope: Scope) -> dict[Any, Any]:
    memo = scope.memo
    if memo is None:
        memo = scope.memo = {}
    return memo


def _key(function: object, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    return (function, *map(_same, args), *((name, _same(value)) for name, value in sorted(kwargs.items())))


def _same(value: Any) -> tuple[type, Any]:
    try:
        hash(value)
    except TypeError:
        return type(value), id(value)
    return type(value), value
