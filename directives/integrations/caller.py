"""A client of server functions in the same process: every byte goes the way of a request, and none over a socket."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable
from collections.abc import Callable
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import httpx

from directives.asgi import DirectivesMiddleware
from directives.client.connections import Connections
from directives.client.session import Session
from directives.client.transport import Transport
from directives.functions import ServerFunction
from directives.functions import special_for
from directives.runtime import runtime

App = Callable[..., Any]
"""A WSGI or an ASGI application."""

URL = "http://test.server"


class Caller:
    """A client that calls server functions: encoded, checked, admitted and answered as over a network.

    Args:
        app: The WSGI or ASGI application that serves them; with none, they are served alone.
        cookies: What it has at the beginning; it keeps what responses set.
        headers: What it sends with each request.

    Attributes:
        cookies: The cookies that it has now.
    """

    def __init__(
        self,
        app: App | None = None,
        cookies: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        # A test means each of its calls.
        session = Session(headers, cookies, keep_bytes=0)
        self.cookies = session.cookies
        served = DirectivesMiddleware(_nothing) if app is None else app
        sent = _transport_for(served)
        special = special_for(runtime.functions.types, markup=False)
        self._transport = Transport(
            lambda: replace(runtime.settings, url=URL),
            Connections(lambda: httpx.AsyncClient(transport=sent)),
            special=special,
            pauses=(),
            session=lambda: session,
        )

    def call(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call a server function from a plain test; the items of a generator come as a list.

        Args:
            function: The server function.
            args: Its positional arguments.
            kwargs: Its keyword arguments.

        Raises:
            RemoteError: The call was refused, or the function failed: what a client is told of it.
            ExpectedError: The function raised one.
            Redirect: The function redirects.
            TypeError: It is no server function.
            RuntimeError: An event loop runs already, as in a test that is a coroutine.
        """
        if asyncio._get_running_loop() is not None:
            raise RuntimeError(
                "call() is for plain tests, and an event loop runs here: write `await client.acall(...)`"
            )
        return asyncio.run(self.acall(function, *args, **kwargs))

    async def acall(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """The same in a coroutine; see ``call``."""
        if not isinstance(function, ServerFunction):
            name = getattr(function, "__qualname__", type(function).__qualname__)
            raise TypeError(
                f"{name} is no server function: neither 'use server', with the import hook on, nor @use_server makes it one"
            )
        if inspect.isasyncgenfunction(function) or inspect.isgeneratorfunction(function):
            return [item async for item in self._transport.stream(function.id, args, kwargs)]
        return await self._transport.call(function.id, args, kwargs, function.bound())


def _transport_for(app: App) -> httpx.AsyncBaseTransport:
    takes_events = inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(type(app).__call__)
    return httpx.ASGITransport(app) if takes_events else _InThread(httpx.WSGITransport(app))


class _InThread(httpx.AsyncBaseTransport):
    """A WSGI application, called in a thread.

    Args:
        transport: Calls it.
    """

    def __init__(self, transport: httpx.WSGITransport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        again = httpx.Request(request.method, request.url, headers=request.headers, content=body)
        return await asyncio.to_thread(partial(self._answer, again))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        response = self._transport.handle_request(request)
        content = response.read()
        return httpx.Response(response.status_code, headers=response.headers, content=content)


async def _nothing(scope: Any, receive: Any, send: Callable[[Any], Awaitable[None]]) -> None:
    """An application that has no pages."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})
