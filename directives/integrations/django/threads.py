"""Where plain code and the database run: always in the thread that has the request's connections.

Django's ORM refuses to work in a thread where an event loop runs, and what it has for ``async def`` goes to the thread
that asgiref calls sensitive. Under ASGI that is one of the request's own, chosen by Django's handler. Under WSGI it would
be a thread of the process, with another connection than the request's; ``async_to_sync`` would bring it back, and starts
a thread and a loop for each call, which costs several times the request. So here it is the request's thread itself, whose
loop stands still meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator
from collections.abc import Awaitable
from collections.abc import Callable
from concurrent.futures import Executor
from concurrent.futures import Future
from contextlib import aclosing
from typing import Any
from typing import TypeVar

from asgiref.sync import AsyncToSync
from asgiref.sync import SyncToAsync
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


class _Entered(threading.local):
    context: ThreadSensitiveContext | None = None


_entered = _Entered()


async def kept_here(answer: Awaitable[HttpResponse]) -> HttpResponse:
    """An answer whose thread-sensitive code runs in this thread, in the pieces of its body too."""
    if _has_loop_above():
        # What that waits for would have precedence over a context that was entered before.
        async with ThreadSensitiveContext(executor=InPlace()):
            return _in_pieces(await answer)
    context = _entered.context
    if context is None:
        context = _entered.context = await ThreadSensitiveContext(executor=InPlace()).__aenter__()  # type: ignore[no-untyped-call]
    else:
        # Entering one for each request costs a twentieth of it. It ends with the task, whose variables are a copy.
        SyncToAsync.thread_sensitive_context.set(context)
    return _in_pieces(await answer)


def _has_loop_above() -> bool:
    """Whether this is the plain code of a loop in another thread, as that of a request under ASGI is."""
    # It never was, if there is none of the first; to be told so by the second costs a fortieth of a call.
    if not hasattr(SyncToAsync.threadlocal, "main_event_loop"):
        return False
    return getattr(AsyncToSync.executors, "current", None) is not None


def _in_pieces(reply: HttpResponse) -> HttpResponse:
    if isinstance(reply.body, bytes):
        return reply
    return reply._replace(body=_pieces_here(reply.body))


async def _pieces_here(pieces: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with ThreadSensitiveContext(executor=InPlace()), aclosing(pieces):
        async for piece in pieces:
            yield piece
