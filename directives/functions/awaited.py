"""Awaitables among values: waited for before the values travel."""

from __future__ import annotations

from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

Look = Callable[[Any], None]

SCALARS = frozenset({type(None), bool, int, float, str, bytes})
CONTAINERS = frozenset({list, tuple, dict, set, frozenset})
MAX_DEPTH = 64  # what is deeper does not travel


async def settled(value: Any, look: Callable[[], Look | None] = lambda: None) -> Any:
    """A value with every awaitable in it, at any depth of its containers, replaced by what it gives.

    They are waited for at the same time, each once. The first one that fails ends the others, and its error is raised.

    Args:
        value: The value; it is not changed, and given back as it is if there is nothing to wait for.
        look: Gives what looks at each container that is replaced by a copy: a copy is no longer the same object.
    """
    found = awaitables_in(value)
    if not found:
        return value
    results = await _all(found, look)
    return _replaced(value, results, look(), MAX_DEPTH)


def awaits_nothing(value: Any) -> bool:
    """Whether there is plainly nothing to wait for: told at once of scalars and of flat containers of them."""
    kind = type(value)
    if kind is dict:
        return SCALARS.issuperset(map(type, value.values()))
    return kind in SCALARS or (kind in CONTAINERS and SCALARS.issuperset(map(type, value)))


def awaitables_in(value: Any) -> list[Awaitable[Any]]:
    """Every awaitable in a value and its containers, each once; told by its type, never by its content."""
    if type(value) in SCALARS:
        return []
    found: dict[int, Awaitable[Any]] = {}
    seen: set[int] = set()
    pending = [value]
    while pending:
        part = pending.pop()
        kind = type(part)
        if kind in CONTAINERS:
            if id(part) not in seen:
                seen.add(id(part))
                pending += _compound(part.values() if kind is dict else part)
        elif hasattr(kind, "__await__"):
            found[id(part)] = part
    return list(found.values())


def _compound(parts: Iterable[Any]) -> Iterable[Any]:
    if SCALARS.issuperset(map(type, parts)):
        return ()
    return [part for part in parts if type(part) not in SCALARS]


async def _all(found: list[Awaitable[Any]], look: Callable[[], Look | None]) -> Mapping[int, Any]:
    """What each awaitable gives, by the awaitable's identity."""

    async def wait(awaitable: Awaitable[Any]) -> Any:
        return await settled(await awaitable, look)

    if len(found) == 1:
        return {id(found[0]): await wait(found[0])}
    import asyncio

    try:
        async with asyncio.TaskGroup() as group:
            tasks = {id(awaitable): group.create_task(wait(awaitable)) for awaitable in found}
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
    return {identity: task.result() for identity, task in tasks.items()}


def _replaced(value: Any, results: Mapping[int, Any], look: Look | None, depth: int) -> Any:
    if id(value) in results:
        return results[id(value)]
    kind = type(value)
    if kind not in CONTAINERS or depth == 0:
        return value
    before = list(value.values() if kind is dict else value)
    after = [_replaced(part, results, look, depth - 1) for part in before]
    if all(old is new for old, new in zip(before, after, strict=True)):
        return value
    if look is not None:
        look(value)
    return dict(zip(value, after, strict=True)) if kind is dict else kind(after)
