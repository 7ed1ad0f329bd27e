"""Results computed before anybody asks for them: the calls that the setting ``cache_warm`` declares."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import AsyncIterable
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING
from typing import Any

from directives.errors import CacheScopeError
from directives.errors import SettingsError

if TYPE_CHECKING:
    from directives.settings import Settings

SETTING = "cache_warm"


@dataclass(frozen=True, slots=True)
class Call:
    """A call to be made ahead.

    Attributes:
        name: The function, as ``package.module:function``.
        args: Positional arguments.
        kwargs: Keyword arguments.
    """

    name: str
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        named = (f"{name}={value!r}" for name, value in (self.kwargs or {}).items())
        return f"{self.name}({', '.join([*map(repr, self.args), *named])})"

    def make(self) -> None:
        """Have the result computed and kept, unless it is there; decorators around the cached function are left out.

        Raises:
            SettingsError: There is no such function, or it is none that is cached.
            CacheScopeError: Its results are not kept where other processes find them.
            Exception: Whatever the function raises.
        """
        result = _cached(self.name)(*self.args, **(self.kwargs or {}))
        if isinstance(result, Awaitable):
            asyncio.run(_wait(result))
        elif isinstance(result, AsyncIterable):
            asyncio.run(_drain(result))
        elif isinstance(result, Iterator):
            deque(result, maxlen=0)


def declared(settings: Settings) -> list[Call]:
    """The calls that the settings declare, in their order."""
    return [
        Call(name, (), given) if isinstance(given, Mapping) else Call(name, given)
        for name, calls in settings.cache_warm.items()
        for given in calls
    ]


def _cached(name: str) -> Callable[..., Any]:
    """The cached function of a name, without what the user's decorators put around it; its module is imported."""
    from importlib import import_module

    from directives.cache.handlers.memory import MemoryHandler
    from directives.cache.wrapper import calls_of

    module, _, attribute = name.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise SettingsError(SETTING, f"{SETTING}: {name} cannot be imported: {error}") from error
    function: Callable[..., Any] = inspect.unwrap(found, stop=_is_cached)
    calls = calls_of(function) if isinstance(function, FunctionType) else None
    if calls is None:
        raise SettingsError(SETTING, f"{SETTING}: {name} is no cached function")
    if calls.cached.is_private or isinstance(calls.cached.handler, MemoryHandler):
        raise CacheScopeError(
            f"{name} ('{calls.cached.record.directive}') keeps its results where no other process finds them: only what is "
            "kept in a shared store, as by 'use cache: remote', can be computed ahead"
        )
    return function


def _is_cached(function: Any) -> bool:
    from directives.cache.wrapper import calls_of

    return isinstance(function, FunctionType) and calls_of(function) is not None


async def _wait(result: Awaitable[object]) -> None:
    await result


async def _drain(items: AsyncIterable[object]) -> None:
    async for _ in items:
        pass
