"""Coroutines in the request's own thread, on an event loop that the thread keeps.

Thread-locals, context variables and database sessions are those of the request. Making a loop for
each request would cost four times as much. Tasks that a coroutine starts and does not wait for are
cancelled when it ends, with a warning in the log: nothing would drive them, or worse, another
request would.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import AsyncGenerator
from collections.abc import Callable
from collections.abc import Coroutine
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from contextvars import Context
from contextvars import copy_context
from typing import Any
from typing import TypeVar

from directives.http.request_loop import RequestLoop
from directives.http.request_loop import new_loop

T = TypeVar("T")

GRACE = 1.0
END = object()

log = logging.getLogger("directives")


class ThreadLoop:
    """The event loop that a thread keeps; closed when the thread ends."""

    def __init__(self) -> None:
        self.process = os.getpid()
        self._loop = new_loop()
        self._tasks: list[asyncio.Task[Any]] = []
        # It must not know ``self``: in a reference cycle the loop could be finalized first.
        self._loop.set_task_factory(_recording(self._tasks))

    @property
    def is_busy(self) -> bool:
        """Whether a coroutine is being run, even if the loop stands still for it."""
        return self._loop.is_running()

    def run(self, coroutine: Coroutine[Any, Any, T], context: Context | None = None) -> T:
        """Run a coroutine to its end; its tasks may go on in the next one until ``settle``."""
        loop = self._loop
        at_rest = loop if isinstance(loop, RequestLoop) and loop.is_at_rest else None
        if at_rest is None:
            task = asyncio.Task(coroutine, loop=loop, context=context)
        else:
            task = at_rest.first_task(coroutine, context)
        try:
            if at_rest is not None:
                at_rest.first_step()
            if not task.done():
                loop.run_until_complete(task)
        except BaseException:
            if task.done() and not task.cancelled():
                task.exception()  # what is raised here needs no warning that nobody looked at it
            self._tasks.append(task)
            raise
        return task.result()

    def settle(self) -> None:
        """Cancel the tasks that are left over, and warn of them."""
        if not self._tasks:
            return
        left = [task for task in self._tasks if not task.done()]
        self._tasks.clear()
        if not left:
            return
        names = ", ".join(getattr(task.get_coro(), "__qualname__", "a task") for task in left)
        log.warning("cancelled what a server function started and did not wait for: %s", names)
        for task in left:
            task.cancel()
        self.run(_wait(left))
        self._tasks.clear()

    def __del__(self) -> None:
        # In a forked child the loop's selector is still the parent's.
        if self.process == os.getpid():
            self._loop.close()


def _recording(tasks: list[asyncio.Task[Any]]) -> Any:
    """A task factory that keeps a list of what it makes."""

    def make(loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        task = asyncio.Task(coroutine, loop=loop, **options)
        tasks.append(task)
        return task

    return make


async def _wait(tasks: list[asyncio.Task[Any]]) -> None:
    await asyncio.wait(tasks, timeout=GRACE)


class _Kept(threading.local):
    loop: ThreadLoop | None = None


_kept = _Kept()


def _after_fork() -> None:
    """A forked child has no use for the loop of the thread that it was forked from."""
    _kept.loop = None


os.register_at_fork(after_in_child=_after_fork)


def thread_loop() -> ThreadLoop:
    """The loop of this thread, made when it is first needed."""
    loop = _kept.loop
    if loop is None:
        loop = _kept.loop = ThreadLoop()
    return loop


def free_loop() -> ThreadLoop | None:
    """The loop of this thread; ``None`` if one is running here already."""
    loop = thread_loop()
    return None if asyncio._get_running_loop() is not None or loop.is_busy else loop


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in this thread, or beside it if this thread is running a loop already."""
    loop = free_loop()
    if loop is not None:
        return _run_on(loop, coroutine, None)
    context = copy_context()
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(lambda: _run_on(thread_loop(), coroutine, context)).result()


def _run_on(loop: ThreadLoop, coroutine: Coroutine[Any, Any, T], context: Context | None) -> T:
    try:
        return loop.run(coroutine, context)
    finally:
        loop.settle()


def iterate(source: AsyncGenerator[T, None]) -> Iterator[T]:
    """The items of an asynchronous generator, each made when it is asked for; closing this closes it."""
    context = copy_context()
    with ExitStack() as stack:
        step: Callable[[Callable[[], T]], T] = _call
        if free_loop() is None:
            beside = stack.enter_context(ThreadPoolExecutor(1))
            step = lambda work: beside.submit(work).result()  # noqa: E731
        stack.callback(step, lambda: _close(source, context))
        while (item := step(lambda: thread_loop().run(_next(source), context))) is not END:
            yield item


def _call(work: Callable[[], T]) -> T:
    return work()


async def _next(source: AsyncGenerator[T, None]) -> Any:
    return await anext(source, END)


def _close(source: AsyncGenerator[Any, None], context: Context) -> Any:
    loop = thread_loop()
    try:
        loop.run(source.aclose(), context)
    finally:
        loop.settle()
