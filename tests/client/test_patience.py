"""How long a call waits, and when it is sent again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from directives.client.connections import Connections
from directives.client.transport import Transport
from directives.deadlines import deadline
from directives.errors import DeadlineExceeded
from directives.errors import RemoteError
from directives.settings import Settings
from tests.client.transports import ID
from tests.client.transports import answer
from tests.client.transports import called
from tests.client.transports import streamed
from tests.client.transports import transport


def test_a_deadline_travels_with_the_call() -> None:
    """The server is told what is left; without a deadline it is told nothing."""
    seen: list[str | None] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("x-directives-timeout"))
        return answer({"ok": None})(request)

    client = transport(handler)
    called(client)
    with deadline(60):
        called(client)
    assert seen[0] is None
    assert 59_000 < int(seen[1] or 0) <= 60_000


def test_a_deadline_that_has_passed_sends_nothing() -> None:
    """The call fails before the server hears of it."""
    sent: list[httpx.Request] = []
    client = transport(lambda request: sent.append(request) or httpx.Response(500))  # type: ignore[func-returns-value]
    with deadline(0):
        for use in (called, streamed):
            with pytest.raises(DeadlineExceeded):
                use(client)
    assert sent == []


def test_a_call_that_the_server_gave_up_is_past_its_deadline() -> None:
    """The server's 504 is the same exception as the client's own."""
    with pytest.raises(TimeoutError, match="late") as caught:
        called(transport(answer({"error": {"kind": "deadline", "message": "late"}}, 504)))
    assert type(caught.value) is DeadlineExceeded
    assert caught.value.status == 504


async def hung_up(use: Callable[[Transport], Awaitable[Any]]) -> bool:
    """Whether a server that never answers sees its client hang up."""
    gone = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            pass
        gone.set()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await use(Transport(lambda: Settings(Path.cwd(), url=f"http://127.0.0.1:{port}"), Connections()))
        await asyncio.wait_for(gone.wait(), 5)
    return gone.is_set()


def test_a_call_past_its_deadline_closes_the_connection() -> None:
    """The client gives up by itself: the server may never answer."""

    async def use(client: Transport) -> None:
        with deadline(0.3), pytest.raises(DeadlineExceeded):
            await client.call(ID, (), {})

    assert asyncio.run(hung_up(use))


def test_cancelling_a_call_closes_the_connection() -> None:
    """So that the server can tell."""

    async def use(client: Transport) -> None:
        task = asyncio.ensure_future(client.call(ID, (), {}))
        await asyncio.sleep(0.3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert asyncio.run(hung_up(use))


def test_the_setting_bounds_every_call() -> None:
    """A client waits no longer than ``call_timeout``."""
    settings = Settings(Path.cwd(), url="http://shop.example", call_timeout=0.02)

    async def handler(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(10)
        return httpx.Response(500)

    client = Transport(
        lambda: settings, Connections(lambda: httpx.AsyncClient(transport=httpx.MockTransport(handler)))
    )
    for use in (called, streamed):
        with pytest.raises(DeadlineExceeded):
            use(client)


def test_a_call_that_did_not_arrive_is_sent_again_as_the_same_call() -> None:
    """With the key of the first try, by which a server knows it; another call has another."""
    seen: list[str] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["idempotency-key"])
        if len(seen) < 3:
            raise httpx.ConnectError("refused")
        return answer({"ok": 1})(request)

    client = transport(handler, pauses=(0, 0))
    assert called(client) == 1
    first, again, third = seen
    assert first == again == third
    assert called(client) == 1
    assert len(first) == 34
    assert seen[3] != first


def test_a_call_is_sent_three_times_at_most() -> None:
    """Then the error is that of the last."""
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        raise httpx.ConnectError("refused")

    with pytest.raises(RemoteError, match="cannot reach"):
        called(transport(handler))
    assert len(seen) == 3


def test_a_call_that_was_answered_is_not_sent_again() -> None:
    """Whatever the answer."""
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer({"error": {"kind": "internal", "message": "no"}}, 500)(request)

    with pytest.raises(RemoteError, match="no"):
        called(transport(handler))
    assert len(seen) == 1


def test_nothing_is_sent_after_the_deadline() -> None:
    """A pause is cut short by it."""
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        raise httpx.ConnectError("refused")

    with deadline(0.3), pytest.raises(DeadlineExceeded):
        called(transport(handler, pauses=(0, 10)))
    assert len(seen) == 2


def test_a_stream_has_no_key_and_is_not_sent_again() -> None:
    """Its items cannot be given a second time."""
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        raise httpx.ConnectError("refused")

    with pytest.raises(RemoteError):
        streamed(transport(handler))
    (request,) = seen
    assert "idempotency-key" not in request.headers
