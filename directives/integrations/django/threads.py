"""Where plain code and the database run: always in the thread that has the request's connections.

Django's ORM refuses to work in a thread where an event loop runs, and what it has for ``async def`` goes to the thread
that asgiref calls sensitive. Under ASGI that is one of the request's own, chosen by Django's handler. Under WSGI it would
be a thread of the process, with another connection than the request's; ``async_to_sync`` would bring it back, and starts
a thread and a loop for each call, which costs several times the request. So here it is the request's thread itself, whose
loop stands still meanwhile.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from collections.abc import Awaitable
from collections.abc import Callable
from concurrent.futures import Executor
from concurrent.futures import Future
from contextlib import aclosing
from typing import Any
from typing import TypeVar

from asgiref.sync import ThreadSensitiveContext
from asgiref.sync import sync_to_async

from directives.http.messages import HttpResponse
from directives.http.request_loop import no_loop

T = TypeVar("T")


class InPlace(Executor):
    """Runs what it is given at once, in the thread that gives it."""

    def submit(self, function: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """See ``concurrent.futures.Executor.submit``."""
        future: Future[T] = Future()
        try:
            with no_loop():
                future.set_result(function(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 -- the future raises it
            future.set_exception(error)
        return future


async def here(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run a plain function under WSGI."""
    with no_loop():
        return function(*args, **kwargs)


async def in_sensitive_thread(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Run a plain function under ASGI."""
    result: T = await sync_to_async(function, thread_sensitive=True)(*args, **kwargs)
    return result


async def kept_here(answer: Awaitable[HttpResponse]) -> HttpResponse:
    """An answer whose thread-sensitive code runs in this thread, in the pieces of its body too."""
    async with ThreadSensitiveContext(executor=InPlace()):
        reply = await answer
    if isinstance(reply.body, bytes):
        return reply
    return reply._replace(body=_pieces_here(reply.body))


async def _pieces_here(pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with ThreadSensitiveContext(executor=InPlace()), aclosing(pieces):
        async for piece in pieces:
            yield piece
