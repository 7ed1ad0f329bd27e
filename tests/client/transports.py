"""A transport whose server is a function."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cbor2
import httpx

from directives.client.connections import Connections
from directives.client.transport import Transport
from directives.settings import Settings

ID = "a" * 40
CBOR = {"content-type": "application/cbor"}
STREAM = {"content-type": "application/cbor-seq"}
Handler = Callable[[httpx.Request], httpx.Response]


def transport(
    handler: Handler,
    *,
    url: str | None = "http://shop.example/base/",
    limit: int = 10_000,
    pauses: Sequence[float] = (0, 0),
) -> Transport:
    """A transport whose server is a function."""

    def open_client() -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(handler), trust_env=False)

    return Transport(lambda: Settings(Path.cwd(), url=url), Connections(open_client), limit, pauses=pauses)


def answer(content: Any, status: int = 200) -> Handler:
    """A server that always says the same."""
    body = content if isinstance(content, bytes) else cbor2.dumps(content)
    return lambda request: httpx.Response(status, headers=CBOR, content=body)


def called(transport: Transport, *args: Any, **kwargs: Any) -> Any:
    return asyncio.run(transport.call(ID, args, kwargs))


def streamed(transport: Transport) -> list[Any]:
    async def collect() -> list[Any]:
        return [item async for item in transport.stream(ID, (), {})]

    return asyncio.run(collect())
