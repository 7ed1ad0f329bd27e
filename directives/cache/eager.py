"""Tasks that begin at once: a coroutine that waits for nothing is over without a turn of the event loop."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from contextvars import Context
from typing import Any
from typing import TypeVar

T = TypeVar("T")


def begin(
    coroutine: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop, context: Context
) -> asyncio.Task[T]:
    """A task for a coroutine, whose first step is made before this returns.

    Args:
        coroutine: The coroutine.
        loop: The running event loop.
        context: What its context variables are.

    See "asyncio.eager_task_factory", of Python 3.12.
    """
    if loop.get_task_factory() is not None:
        return loop.create_task(coroutine, context=context)
    if sys.version_info >= (3, 12):
        return asyncio.Task(coroutine, loop=loop, context=context, eager_start=True)
    begun = Begun(coroutine)
    task = asyncio.Task(begun, loop=loop, context=context)
    around = asyncio.current_task(loop)
    # What whoever brings tasks of his own has to tell asyncio: see "Extending", "Task lifetime support".
    if around is not None:
        asyncio.tasks._leave_task(loop, around)
    asyncio.tasks._enter_task(loop, task)
    try:
        begun.awaited = context.run(coroutine.send, None)
    except BaseException as came:  # noqa: BLE001 -- its end is one, too
        begun.came = came
    finally:
        asyncio.tasks._leave_task(loop, task)
        if around is not None:
            asyncio.tasks._enter_task(loop, around)
    return task


class Begun(Coroutine[Any, Any, T]):
    """A coroutine whose first step is made before its task comes to it, and is told to the task when that asks.

    Args:
        coroutine: The coroutine.

    Attributes:
        awaited: What it waits for since that step.
        came: What it raised instead.
    """

    __slots__ = ("_coroutine", "_told", "awaited", "came")

    def __init__(self, coroutine: Coroutine[Any, Any, T]) -> None:
        self._coroutine = coroutine
        self.awaited: Any = None
        self.came: BaseException | None = None
        self._told = False

    def send(self, value: Any, /) -> Any:
        """Go on."""
        return self._coroutine.send(value) if self._told else self._tell()

    def throw(self, *error: Any) -> Any:
        """Go on with an exception."""
        if not self._told:
            # The task was cancelled before it could know what it waits for: that is what is cancelled.
            cancel = getattr(self.awaited, "cancel", None)
            if self.came is not None or (cancel is not None and cancel()):
                return self._tell()
        self._told = True
        return self._coroutine.throw(*error)

    def close(self) -> None:
        """End it."""
        self._coroutine.close()

    def __await__(self) -> Any:
        return self

    def _tell(self) -> Any:
        self._told = True
        if self.came is not None:
            raise self.came
        return self.awaited
