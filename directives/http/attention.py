"""Attention to a caller who may go away while it waits."""

from __future__ import annotations

import asyncio
from types import TracebackType

from directives.http.asgi_body import AsgiBody

UNHURRIED = 0.05
"""How long a call takes, in seconds, before it is worth while to listen whether its caller is still there."""


class Attention:
    """Cancels the task of a request when its caller goes away.

    Args:
        body: The request's body.
    """

    __slots__ = ("_body", "_gone", "_listening", "_loop", "_task", "_timer")

    def __init__(self, body: AsgiBody) -> None:
        self._body = body
        self._gone = False

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        self._listening: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._timer = self._loop.call_later(UNHURRIED, self._listen)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        self._timer.cancel()
        if self._listening is not None:
            self._listening.cancel()
        if not self._gone or self._task is None:
            return False
        self._task.uncancel()
        return kind is asyncio.CancelledError

    def _listen(self) -> None:
        if self._body.ended:
            self._listening = self._loop.create_task(self._wait())
        else:
            self._timer = self._loop.call_later(UNHURRIED, self._listen)

    async def _wait(self) -> None:
        await self._body.gone()
        self._gone = True
        if self._task is not None:
            self._task.cancel()
