"""HTTP connections that live as long as the event loop they belong to."""

from __future__ import annotations

import asyncio
import atexit
import ssl
from collections.abc import AsyncGenerator
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from http.cookiejar import Cookie
from http.cookiejar import DefaultCookiePolicy
from urllib.request import Request
from weakref import WeakKeyDictionary

import httpx

CONNECT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Held:
    """A loop's client, and the generator that closes it when the loop shuts its generators down."""

    client: httpx.AsyncClient
    closer: AsyncGenerator[None, None]


class TakesNone(DefaultCookiePolicy):
    """A pool serves many users: the cookies of replies are kept by the user's session."""

    def set_ok(self, cookie: Cookie, request: Request) -> bool:
        """Whether to take a cookie."""
        return False


class Connections:
    """HTTP connections: one pool per event loop, closed when the loop ends. Any number of clients can share them.

    Args:
        open_client: Makes a pool; the place for certificates, proxies and limits of one's own. What identifies a user
            belongs into a ``directives.client.Client``.
    """

    def __init__(self, open_client: Callable[[], httpx.AsyncClient] | None = None) -> None:
        self._open_client = open_client or default_pool
        self._held: WeakKeyDictionary[asyncio.AbstractEventLoop, Held] = WeakKeyDictionary()
        atexit.register(self._close_idle)

    async def client(self) -> httpx.AsyncClient:
        """The pool of the running loop."""
        loop = asyncio.get_running_loop()
        held = self._held.get(loop)
        if held is None:
            self._forget_closed()
            client = self._open_client()
            client.cookies.jar.set_policy(TakesNone())
            held = self._held[loop] = Held(client, self._closer(loop, client))
            # From its first step on, the loop knows the generator and will close it.
            await anext(held.closer)
        return held.client

    async def _closer(
        self, loop: asyncio.AbstractEventLoop, client: httpx.AsyncClient
    ) -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            self._held.pop(loop, None)
            await client.aclose()

    def _forget_closed(self) -> None:
        """Drop pools whose loop was closed without a shutdown: they keep their loop alive."""
        for loop in [loop for loop in self._held if loop.is_closed()]:
            del self._held[loop]

    def _close_idle(self) -> None:
        for loop, held in list(self._held.items()):
            if not (loop.is_closed() or loop.is_running()):
                loop.run_until_complete(held.closer.aclose())


def default_pool() -> httpx.AsyncClient:
    """A pool with this project's defaults: a call may take as long as its function does."""
    return httpx.AsyncClient(timeout=httpx.Timeout(None, connect=CONNECT_SECONDS), verify=_ssl_context())


@cache
def _ssl_context() -> ssl.SSLContext:
    """Made once: reading the certificates takes tens of milliseconds."""
    return httpx.create_ssl_context()
