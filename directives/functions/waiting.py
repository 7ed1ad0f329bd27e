"""``place_order.sync(...)``: a server function called where nothing can be awaited."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from collections.abc import AsyncIterable
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Coroutine
from collections.abc import Generator
from collections.abc import Iterator
from contextlib import AbstractContextManager
from contextlib import contextmanager
from functools import wraps
from inspect import isasyncgen
from inspect import isawaitable
from inspect import iscoroutine
from typing import TYPE_CHECKING
from typing import Any
from typing import ParamSpec
from typing import Protocol
from typing import TypeVar
from typing import overload

from directives.errors import RunningLoopError

if TYPE_CHECKING:
    from directives.functions.reference import ServerFunction

P = ParamSpec("P")
T = TypeVar("T")

END: Any = object()


class Run(Protocol):
    """Runs a coroutine to its end, on a loop that is not the caller's."""

    def __call__(self, coroutine: Coroutine[Any, Any, T], /) -> T: ...


End = Callable[[], Coroutine[Any, Any, None]]
Runner = Callable[[End | None], AbstractContextManager[Run]]
"""Opens what runs the coroutines of one call, and what ends the call, if it does not end by itself."""


@contextmanager
def own_loop(end: End | None = None) -> Iterator[Run]:
    """An event loop of the call's own, in this thread: thread-locals and context variables are the caller's."""
    import asyncio

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        try:
            yield runner.run
        finally:
            if end is not None:
                runner.run(end())


class Waited:
    """The attribute ``sync`` of a server function: the same function, with its result instead of a promise of it."""

    @overload
    def __get__(self, instance: ServerFunction[P, Coroutine[Any, Any, T]], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(
        self, instance: ServerFunction[P, AsyncIterable[T]], owner: type
    ) -> Callable[P, Generator[T, None, None]]: ...
    @overload
    def __get__(self, instance: ServerFunction[P, T], owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, instance: None, owner: type) -> Waited: ...

    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else waited(instance, instance._runner)


def waited(function: ServerFunction[P, Any], runner: Runner) -> Callable[P, Any]:
    """A function that waits for what another one gives, and gives the items of a stream as they come."""

    @wraps(function)
    def sync(*args: P.args, **kwargs: P.kwargs) -> Any:
        result = function(*args, **kwargs)
        if isasyncgen(result):
            _refuse_on_a_loop(function)
            return _items(result, runner)
        if not isawaitable(result):
            return result
        try:
            _refuse_on_a_loop(function)
        except RunningLoopError:
            if iscoroutine(result):
                result.close()
            raise
        with runner(None) as run:
            return run(_result(result))

    return sync


def _refuse_on_a_loop(function: ServerFunction[..., Any]) -> None:
    from asyncio import _get_running_loop

    if _get_running_loop() is None:
        return
    name = function.__name__
    raise RunningLoopError(
        f"{name}.sync() was called while an event loop runs in this thread, which would stand still meanwhile: write "
        f"`await {name}(...)`, or `await asyncio.to_thread({name}.sync, ...)` around code that cannot await"
    )


async def _result(result: Awaitable[T]) -> T:
    return await result


def _items(source: AsyncGenerator[T, Any], runner: Runner) -> Generator[T, None, None]:
    """The items of a stream, each awaited when it is asked for; closing this closes the stream."""
    with runner(source.aclose) as run:
        while (item := run(_next(source))) is not END:
            yield item


async def _next(source: AsyncGenerator[T, Any]) -> T:
    return await anext(source, END)
