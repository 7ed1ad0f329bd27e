"""The event loop of calls that are not awaited: one for all threads of a program, in a thread of its own."""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Coroutine
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import AbstractContextManager
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from typing import TypeVar

from directives.functions.waiting import End
from directives.functions.waiting import Run

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Running:
    """A loop that runs.

    Attributes:
        loop: The loop.
        over: Ends it.
        thread: The thread that it runs in.
    """

    loop: asyncio.AbstractEventLoop
    over: asyncio.Event
    thread: threading.Thread


class BackgroundLoop:
    """An event loop in a thread of its own, begun when it is first needed, and again in a forked child.

    Its calls share their connections, whichever threads they come from.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: Running | None = None
        self._ends: dict[object, End] = {}
        atexit.register(self.close)

    def run(self, coroutine: Coroutine[Any, Any, T], /) -> T:
        """Run a coroutine to its end, with the caller's context variables; interrupting this cancels it."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._running().loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    @contextmanager
    def call(self, end: End | None = None) -> Iterator[Run]:
        """What runs the coroutines of one call; see ``directives.functions.waiting.Runner``."""
        if end is None:
            yield self.run
            return
        self._running()
        mark = object()
        self._ends[mark] = end
        try:
            yield self.run
        finally:
            if self._ends.pop(mark, None) is not None:
                self._finish(end)

    def _finish(self, end: End) -> None:
        running = self._running()
        ended = asyncio.run_coroutine_threadsafe(end(), running.loop)
        # Whichever thread collects garbage closes a forgotten stream, and this one must not wait for itself.
        if threading.current_thread() is not running.thread:
            ended.result()

    def close(self) -> None:
        """End the loop; what runs on it is cancelled, and its connections are closed."""
        kept = self._kept
        if kept is None or not kept.thread.is_alive():
            return
        # A loop closes what is left open in no order: a stream before the reply that it reads from.
        for mark in list(self._ends):
            if (end := self._ends.pop(mark, None)) is not None:
                self._finish(end)
        kept.loop.call_soon_threadsafe(kept.over.set)
        kept.thread.join()

    def _running(self) -> Running:
        with self._lock:
            kept = self._kept
            # In a forked child the parent's thread is not alive.
            if kept is None or not kept.thread.is_alive():
                self._ends.clear()
                begun: Future[Running] = Future()
                threading.Thread(target=_serve, args=(begun,), name="directives-client", daemon=True).start()
                kept = self._kept = begun.result()
            return kept


def _serve(begun: Future[Running]) -> None:
    async def until_over() -> None:
        over = asyncio.Event()
        begun.set_result(Running(asyncio.get_running_loop(), over, threading.current_thread()))
        await over.wait()

    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(until_over())


@cache
def _background() -> BackgroundLoop:
    return BackgroundLoop()


def beside(end: End | None = None) -> AbstractContextManager[Run]:
    """What runs the coroutines of a call that is not awaited; see ``directives.functions.waiting.Runner``."""
    return _background().call(end)
