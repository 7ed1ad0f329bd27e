"""A stub's call against a bare httpx request of the same bytes: `python tools/bench/bench_client.py`.

Nothing goes over a socket: both end in the same transport, which answers at once. What is left is what the client itself
costs, which takes turns in one run so that the ratio means something where the microseconds do not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import thread_time
from typing import Any
from typing import Final

import cbor2
import httpx

from directives.client.connections import Connections
from directives.client.session import Session
from directives.client.transport import Transport
from directives.settings import Settings

ROUNDS: Final = 21
CALLS: Final = 100
URL: Final = "http://shop.test"
ID: Final = "a" * 40
ARGUMENTS: Final = {"n": 1, "text": "x" * 100}
REPLY: Final = cbor2.dumps({"ok": [ARGUMENTS] * 3})
CBOR: Final = {"content-type": "application/cbor"}
PRIVATE: Final = {"cache-control": "private", "x-directives-stale-time": "300"}


class AtOnce(httpx.AsyncBaseTransport):
    """Answers every request with the same reply."""

    def __init__(self, **headers: str) -> None:
        self._headers = {**CBOR, **headers}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=self._headers, content=REPLY)


def transport(session: Session, headers: dict[str, str]) -> Transport:
    settings = Settings(Path.cwd(), url=URL)
    connections = Connections(lambda: httpx.AsyncClient(transport=AtOnce(**headers), trust_env=False))
    return Transport(lambda: settings, connections, session=lambda: session)


async def main() -> None:
    bare = httpx.AsyncClient(transport=AtOnce(), trust_env=False)
    stub, signed_in, kept = (
        transport(Session(), {}),
        transport(Session({"authorization": "token"}, {"session": "cookie"}), {}),
        transport(Session(), PRIVATE),
    )

    async def post() -> Any:
        content = cbor2.dumps({"args": [ARGUMENTS], "kwargs": {}})
        reply = await bare.post(f"{URL}/_directives/{ID}", content=content, headers=CBOR)
        return cbor2.loads(reply.content)["ok"]

    ways: dict[str, Callable[[], Awaitable[Any]]] = {
        "httpx and cbor2": post,
        "a stub's call": lambda: stub.call(ID, [ARGUMENTS], {}),
        "with cookies": lambda: signed_in.call(ID, [ARGUMENTS], {}),
        "a kept reply": lambda: kept.call(ID, [ARGUMENTS], {}),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for way in ways.values():
        assert await way() == [ARGUMENTS] * 3
    for _ in range(ROUNDS):
        for name, way in ways.items():
            times[name].append(await per_call(way))
    for name, measured in times.items():
        pairs = zip(measured, times["httpx and cbor2"], strict=True)
        ratio = median(mine / peer for mine, peer in pairs)
        print(f"{name:<16}{median(measured):8.1f} us {ratio:8.2f}x")
    await bare.aclose()


async def per_call(way: Callable[[], Awaitable[Any]]) -> float:
    began = thread_time()
    for _ in range(CALLS):
        await way()
    return (thread_time() - began) / CALLS * 1e6


if __name__ == "__main__":
    asyncio.run(main())
