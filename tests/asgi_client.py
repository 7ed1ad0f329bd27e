"""An ASGI application as a server runs it, with its lifespan, called in process."""

from __future__ import annotations

import asyncio
from typing import Any
from typing import Self

import httpx


class AsgiClient:
    """Calls an application in the event loop in which its lifespan runs; a context manager.

    Args:
        app: The application.
        headers: What every request carries.

    Attributes:
        failure: What the application said when it could not start.
    """

    def __init__(self, app: Any, **headers: str) -> None:
        self.failure = ""
        self._app = app
        self._state: dict[str, Any] = {}
        self._headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner()
        self._runner.run(self._start())
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._runner.run(self._stop())
        self._runner.close()

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self._runner.run(self._client.get(path, **options))

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self._runner.run(self._client.post(path, **options))

    async def _start(self) -> None:
        self._said: asyncio.Queue[Any] = asyncio.Queue()
        self._told: asyncio.Queue[Any] = asyncio.Queue()
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": self._state}
        self._lifespan = asyncio.ensure_future(self._app(scope, self._said.get, self._told.put))
        await self._said.put({"type": "lifespan.startup"})
        self.failure = (await self._told.get()).get("message", "")
        if self.failure:
            await asyncio.wait([self._lifespan])
        transport = httpx.ASGITransport(self._request)
        self._client = httpx.AsyncClient(
            transport=transport, base_url="http://localhost", headers=self._headers
        )

    async def _stop(self) -> None:
        await self._client.aclose()
        if self.failure:
            # It has ended with what it has said.
            assert self.failure in str(self._lifespan.exception())
            return
        await self._said.put({"type": "lifespan.shutdown"})
        await self._lifespan

    async def _request(self, scope: Any, receive: Any, send: Any) -> None:
        await self._app({**scope, "state": dict(self._state)}, receive, send)
