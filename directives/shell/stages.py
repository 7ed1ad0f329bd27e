"""Where pages are rendered when they are built: each by itself, so that one that hangs holds nobody up."""

from __future__ import annotations

import asyncio
import inspect
import sys
import threading
from collections.abc import Callable
from collections.abc import Coroutine
from concurrent import futures
from contextlib import suppress
from contextvars import Context
from types import FrameType
from typing import TYPE_CHECKING
from typing import Any
from typing import Final
from typing import Protocol

from directives.cache.ahead import is_users
from directives.shell.render import render_asgi
from directives.shell.render import render_wsgi

if TYPE_CHECKING:
    from directives.shell.page import Shell
    from directives.shell.target import Target

PATIENCE: Final = 30.0  # seconds for an application's lifespan to start, and to end

Render = Callable[[Callable[[], "Shell"]], None]
Work = Callable[[Any], Any]


class Stage(Protocol):
    """Renders pages side by side."""

    def start(self, target: Target, work: Work) -> None:
        """Begin with a page.

        Args:
            target: The page.
            work: Given what renders it, does that and reports; awaited where that is awaited.
        """
        ...

    def stop(self, target: Target) -> FrameType | None:
        """Give a page up; where it was at, if that can be seen."""
        ...

    def close(self) -> None:
        """End."""
        ...


class WsgiStage:
    """Renders the pages of a WSGI application, each in a thread of its own.

    A thread that hangs is left behind; it does not keep the process from ending.

    Args:
        app: The application.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self._threads: dict[Target, threading.Thread] = {}

    def start(self, target: Target, work: Work) -> None:
        """See ``Stage.start``."""

        def run() -> None:
            Context().run(work, lambda: render_wsgi(self._app, target))

        thread = self._threads[target] = threading.Thread(target=run, name=f"prerender {target}", daemon=True)
        thread.start()

    def stop(self, target: Target) -> FrameType | None:
        """See ``Stage.stop``."""
        return sys._current_frames().get(self._threads[target].ident or 0)

    def close(self) -> None:
        """See ``Stage.close``."""


class AsgiStage:
    """Renders the pages of an ASGI application on one event loop, in a thread of its own.

    Args:
        app: The application; its lifespan is begun, and ended by ``close``.

    Raises:
        RuntimeError: Its lifespan fails to start.
    """

    def __init__(self, app: Any) -> None:
        self._app = app
        self._loop = asyncio.new_event_loop()
        self._tasks: dict[Target, asyncio.Task[Any]] = {}
        self._thread = threading.Thread(target=self._run, name="prerender", daemon=True)
        self._thread.start()
        self._lifespan = Lifespan(app)
        self._wait(self._lifespan.begin())

    def start(self, target: Target, work: Work) -> None:
        """See ``Stage.start``."""

        async def render() -> Shell:
            return await render_asgi(self._app, target, {"state": self._lifespan.state})

        def begin() -> None:
            self._tasks[target] = self._loop.create_task(work(render), context=Context())

        self._loop.call_soon_threadsafe(begin)

    def stop(self, target: Target) -> FrameType | None:
        """See ``Stage.stop``."""
        task = self._tasks.get(target)
        if task is None:
            return None
        frame = innermost(task)
        self._loop.call_soon_threadsafe(task.cancel)
        return frame

    def close(self) -> None:
        """See ``Stage.close``."""
        with suppress(TimeoutError, futures.TimeoutError):  # a page that hangs may hold the loop
            self._wait(self._lifespan.end())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(PATIENCE)

    def _run(self) -> None:
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def _wait(self, coroutine: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE)


class Lifespan:
    """The lifespan of an application (ASGI, "Lifespan Protocol"); one that knows of none has none.

    Args:
        app: The application.

    Attributes:
        state: What it has for each of its requests, once it has begun.
    """

    def __init__(self, app: Any) -> None:
        self.state: dict[str, Any] = {}
        self._app = app
        self._said: list[dict[str, Any]] = []
        self._ends: asyncio.Event | None = None
        self._task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Start the application.

        Raises:
            RuntimeError: It says that it cannot.
        """
        self._ends, told = asyncio.Event(), asyncio.Event()
        self._task = asyncio.ensure_future(self._run(self._ends, told))
        await told.wait()
        failed = [each for each in self._said if each["type"] == "lifespan.startup.failed"]
        if failed:
            raise RuntimeError(f"the application does not start: {failed[0].get('message', '')}")

    async def end(self) -> None:
        """Shut it down."""
        if self._ends is not None and self._task is not None:
            self._ends.set()
            await self._task

    async def _run(self, ends: asyncio.Event, told: asyncio.Event) -> None:
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if asked:
                await ends.wait()
                return {"type": "lifespan.shutdown"}
            asked = True
            return {"type": "lifespan.startup"}

        async def send(message: dict[str, Any]) -> None:
            self._said.append(message)
            told.set()

        with suppress(Exception):  # what knows no lifespan raises
            scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": self.state}
            await self._app(scope, receive, send)
        told.set()


def innermost(task: asyncio.Task[Any]) -> FrameType | None:
    """Where a task waits: the last coroutine of the application's among those that wait for each other."""
    waiting: Any = task.get_coro()
    frame = None
    while waiting is not None:
        found = getattr(waiting, "cr_frame", None)
        if found is not None and is_users(found):
            frame = found
        waiting = getattr(waiting, "cr_await", None)
    return frame


def stage_for(app: Any) -> Stage:
    """Where the pages of an application are rendered, WSGI or ASGI."""
    is_asgi = inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(type(app).__call__)
    return AsgiStage(app) if is_asgi else WsgiStage(app)
