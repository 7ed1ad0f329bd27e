"""The event loop that a thread keeps: quick to turn, and able to stand still while the thread runs plain code."""

from __future__ import annotations

import asyncio
import inspect
import selectors
import sys
import threading
from asyncio.tasks import _enter_task
from asyncio.tasks import _leave_task
from collections.abc import AsyncGenerator
from collections.abc import Callable
from collections.abc import Coroutine
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from contextvars import copy_context
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar
from typing import TypeVarTuple

if TYPE_CHECKING:
    from collections import deque

if sys.platform == "win32":
    from asyncio import ProactorEventLoop as BaseLoop
else:
    from asyncio import SelectorEventLoop as BaseLoop

MOST_SKIPPED = 4

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class Unhurried(selectors.DefaultSelector):
    """A selector that asks the system only now and then while there is other work to do.

    A loop looks for what has come in before each of its turns, even if it has something to run: for a coroutine that never
    waits, the only system call of a request.
    """

    skipped = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """See ``selectors.BaseSelector.select``."""
        if timeout is not None and timeout <= 0 and self.skipped < MOST_SKIPPED:
            self.skipped += 1
            return []
        self.skipped = 0
        return super().select(timeout)


class RequestLoop(BaseLoop):
    """The event loop of the thread that makes it."""

    if TYPE_CHECKING:
        # Of asyncio's own base class, alike from 3.11 on.
        _ready: deque[asyncio.Handle]
        _thread_id: int | None
        _asyncgen_firstiter_hook: Callable[[AsyncGenerator[Any, Any]], None]
        _asyncgen_finalizer_hook: Callable[[AsyncGenerator[Any, Any]], None]

    def __init__(self) -> None:
        if sys.platform == "win32":
            super().__init__()
        else:
            super().__init__(Unhurried())
        self._thread = threading.get_ident()
        self._makes_first = False
        self._first: tuple[Context, Callable[..., object], tuple[Any, ...]] | None = None

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is waiting to be run."""
        return not self._ready

    def first_task(self, coroutine: Coroutine[Any, Any, T], context: Context | None) -> asyncio.Task[T]:
        """A task of a loop that is at rest, which begins with ``first_step``.

        Args:
            coroutine: The coroutine.
            context: What it runs in; a copy of the current context if left out.
        """
        self._makes_first = True
        try:
            return asyncio.Task(coroutine, loop=self, context=context)
        finally:
            self._makes_first = False

    def call_soon(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """See ``asyncio.loop.call_soon``."""
        if self._makes_first:
            # The task asks for its first step. It has no use for a handle, which costs more than to run the step does.
            self._makes_first = False
            self._first = context or copy_context(), callback, args
            return None  # type: ignore[return-value]
        return super().call_soon(callback, *args, context=context)

    def first_step(self) -> None:
        """Run the first task to where it waits: all of a coroutine that never does, for half the price of a turn of the loop.

        What a turn does beside it, timers and sockets, is left to ``run_forever``, for what goes on.
        """
        assert self._first is not None, "there is a first task"
        (context, step, args), self._first = self._first, None
        hooks = sys.get_asyncgen_hooks()
        self._thread_id = self._thread
        asyncio._set_running_loop(self)
        sys.set_asyncgen_hooks(self._asyncgen_firstiter_hook, self._asyncgen_finalizer_hook)
        try:
            context.run(step, *args)
        finally:
            self._thread_id = None
            asyncio._set_running_loop(None)
            sys.set_asyncgen_hooks(*hooks)

    def call_soon_threadsafe(
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """See ``asyncio.loop.call_soon_threadsafe``.

        Its own thread, while it does not turn, would wait for ever for a coroutine; generators may be closed later.
        """
        stands_still = threading.get_ident() == self._thread and asyncio._get_running_loop() is not self
        if stands_still and any(map(inspect.iscoroutine, args)):
            raise RuntimeError("this loop stands still until what asks has ended")
        return super().call_soon_threadsafe(callback, *args, context=context)


def new_loop() -> asyncio.AbstractEventLoop:
    """An event loop of the kind that the program's policy makes, of our own kind if that is asyncio's own."""
    loop = asyncio.new_event_loop()
    if type(loop) is not BaseLoop:
        return loop
    loop.close()
    return RequestLoop()


@contextmanager
def no_loop() -> Iterator[None]:
    """Where what refuses to work on an event loop works, if one runs: Django's ORM, ``asyncio.run``, ``async_to_sync``."""
    loop = asyncio._get_running_loop()
    if loop is None:
        yield
        return
    task = asyncio.current_task(loop)
    if task is not None:
        _leave_task(loop, task)
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(loop)
        if task is not None:
            _enter_task(loop, task)
