"""The event loop of calls that are not awaited: one for all threads of a program, in a thread of its own."""

from __future__ import annotations

import asyncio
import atexit
import threading
from collections.abc import Coroutine
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from typing import TypeVar

from directives.functions.waiting import Run

T = TypeVar("T")


class BackgroundLoop:
    """An event loop in a thread of its own, begun when it is first needed, and again in a forked child.

    Its calls share their connections, whichever threads they come from.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        atexit.register(self.close)

    def run(self, coroutine: Coroutine[Any, Any, T], /) -> T:
        """Run a coroutine to its end, with the caller's context variables; interrupting this cancels it."""
        future = asyncio.run_coroutine_threadsafe(coroutine, self._running())
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        """End the loop; what runs on it is cancelled, and its connections are closed."""
        with self._lock:
            thread, loop, over = self._thread, self._loop, self._over
            self._thread = None
        if thread is not None and thread.is_alive() and loop is not None and over is not None:
            loop.call_soon_threadsafe(over.set)
            thread.join()

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            # In a forked child the parent's thread is not alive.
            if self._thread is None or not self._thread.is_alive():
                started = threading.Event()
                self._thread = threading.Thread(
                    target=self._serve, args=(started,), name="directives-client", daemon=True
                )
                self._thread.start()
                started.wait()
            assert self._loop is not None, "set by the thread"
            return self._loop

    def _serve(self, started: threading.Event) -> None:
        async def until_over() -> None:
            over = asyncio.Event()
            self._loop, self._over = asyncio.get_running_loop(), over
            started.set()
            await over.wait()

        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            runner.run(until_over())


@cache
def _background() -> BackgroundLoop:
    return BackgroundLoop()


@contextmanager
def beside() -> Iterator[Run]:
    """What runs the coroutines of a call that is not awaited; see ``directives.functions.waiting``."""
    yield _background().run
