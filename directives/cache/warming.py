"""Results computed before anybody asks for them: the calls that ``warm`` and the setting ``cache_warm`` declare."""

from __future__ import annotations

import inspect
from collections import deque
from collections.abc import AsyncIterable
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING
from typing import Any
from typing import ParamSpec

from directives.cache.process import is_transformed
from directives.cache.wrapper import calls_of
from directives.errors import CacheScopeError
from directives.errors import SettingsError
from directives.errors import StoreError

if TYPE_CHECKING:
    from directives.cache.function import CachedFunction
    from directives.settings import Settings

P = ParamSpec("P")

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
            StoreError: The store did not keep the result.
            Exception: Whatever the function raises.
        """
        import asyncio

        from directives.cache.explain import why
        from directives.cache.outcome import Answer

        function, kwargs = _cached(self.name), self.kwargs or {}
        result = function(*self.args, **kwargs)
        if isinstance(result, Awaitable):
            asyncio.run(_wait(result))
        elif isinstance(result, AsyncIterable):
            asyncio.run(_drain(result))
        elif isinstance(result, Iterator):
            deque(result, maxlen=0)
        outcome = why(function, *self.args, **kwargs)
        if outcome.answer is Answer.MISS:
            raise StoreError(f"the result was computed, but is not in its store: {outcome}")


def warm(function: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> None:
    """Declare a call of a cached function that ``directives warm`` makes before traffic comes; nothing is computed now.

    To be written beside the function, at the top of its module. ``function.warm(...)`` says the same where the import hook is
    on; this says it to type checkers too, and nothing where the hook is off.

    Args:
        function: A function at the top of a module.
        args: The call's positional arguments.
        kwargs: Its keyword arguments.

    Raises:
        TypeError: The function is none that is cached, or the arguments are not its.
    """
    wrapper = inspect.unwrap(function, stop=_is_cached)
    calls = calls_of(wrapper) if isinstance(wrapper, FunctionType) else None
    if calls is None:
        if is_transformed():
            raise TypeError(f"warm() takes a cached function, not {function!r}")
        return
    record = calls.cached.record
    if record.module == "__main__" or "." in record.qualname:
        raise TypeError(
            f"{record.full_name} cannot be found from outside: warm() takes a function at the top of a module"
        )
    inspect.signature(wrapper).bind(*args, **kwargs)
    calls.cached.to_warm.append(Call(f"{record.module}:{record.qualname}", args, kwargs))


def declared_in_code(cached: Iterable[CachedFunction]) -> list[Call]:
    """The calls that ``warm`` has declared, each once."""
    return list({str(call): call for each in cached for call in each.to_warm}.values())


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
    return isinstance(function, FunctionType) and calls_of(function) is not None


async def _wait(result: Awaitable[object]) -> None:
    await result


async def _drain(items: AsyncIterable[object]) -> None:
    async for _ in items:
        pass
