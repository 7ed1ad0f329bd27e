"""Calls that take too long, and calls whose caller goes away."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from directives.client.connections import Connections
from directives.client.transport import Transport
from directives.deadlines import deadline
from directives.deadlines import remaining
from directives.http import Endpoint
from tests.answering import scope_of
from tests.http.calling import CBOR
from tests.http.calling import JSON
from tests.http.calling import Server
from tests.http.calling import content
from tests.http.calling import error
from tests.http.calling import request

ended: list[str] = []


async def wait(seconds: float) -> str:
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        ended.append("cancelled")
        raise
    return "done"


async def blocks() -> str:
    time.sleep(0.3)
    ended.append("blocks")
    return "done"


async def left() -> float | None:
    return remaining()


async def shorter() -> None:
    with deadline(0.01):
        from directives.deadlines import enforced
        from directives.deadlines import moment

        async with enforced(moment()):
            await asyncio.sleep(10)


async def stubborn() -> str:
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        raise ValueError("hunter2") from None
    return "done"


async def slow_items() -> AsyncIterator[int]:
    try:
        yield 1
        await asyncio.sleep(10)
        yield 2
    finally:
        ended.append("closed")


async def time_left_in_items() -> AsyncIterator[bool]:
    yield remaining() is not None


@pytest.fixture
def server() -> Server:
    ended.clear()
    functions = (wait, blocks, left, shorter, stubborn, slow_items, time_left_in_items)
    return Server({function.__name__: function for function in functions})


def pieces(body: Any) -> list[Any]:
    async def collect() -> list[Any]:
        return [json.loads(piece) async for piece in body]

    return asyncio.run(collect())


def test_a_call_past_its_deadline_is_cancelled(server: Server) -> None:
    """504 of its own kind; the coroutine is cancelled where it waits."""
    assert error(server.call("wait", 10, x_directives_timeout="20")) == (504, "deadline")
    assert ended == ["cancelled"]


def test_a_call_within_its_deadline_is_answered(server: Server) -> None:
    """A deadline that does not pass changes nothing; the function sees what is left of it."""
    assert content(server.call("wait", 0, x_directives_timeout="60000")) == {"ok": "done"}
    assert 59 < content(server.call("left", x_directives_timeout="60000"))["ok"] <= 60
    assert content(server.call("left")) == {"ok": None}


def test_a_deadline_that_has_passed_runs_nothing(server: Server) -> None:
    """504 at once."""
    assert error(server.call("blocks", x_directives_timeout="0")) == (504, "deadline")
    assert (server.calls, ended) == ([], [])


def test_a_function_that_never_waits_is_too_late(server: Server) -> None:
    """It cannot be interrupted; its result is not given."""
    assert error(server.call("blocks", x_directives_timeout="200")) == (504, "deadline")
    assert ended == ["blocks"]


def test_what_a_cancelled_function_raises_instead_is_too_late(server: Server) -> None:
    """The deadline is what the caller is told."""
    assert error(server.call("stubborn", x_directives_timeout="20")) == (504, "deadline")


def test_a_deadline_of_the_function_s_own_calls_is_no_failure_of_its_own(server: Server) -> None:
    """504, as of a gateway (RFC 9110, 15.6.5), and not masked."""
    assert error(server.call("shorter")) == (504, "deadline")


@pytest.mark.parametrize("timeout", ["", "-1", "1.5", "10S", "1e3", "٣", "123456789", " 1", "0x1"])
def test_a_deadline_that_cannot_be_read_is_malformed(server: Server, timeout: str) -> None:
    """Rather than no deadline at all; nothing runs."""
    assert error(server.call("left", x_directives_timeout=timeout)) == (400, "malformed")
    assert server.calls == []


def test_the_setting_bounds_every_call(server: Server) -> None:
    """Whatever the caller allows, or with no word of it."""
    server.settings = replace(server.settings, call_timeout=0.2)
    assert error(server.call("wait", 10)) == (504, "deadline")
    assert error(server.call("wait", 10, x_directives_timeout="60000")) == (504, "deadline")
    assert content(server.call("wait", 0)) == {"ok": "done"}


def test_a_stream_ends_at_its_deadline(server: Server) -> None:
    """With the error as its last item, and the generator closed."""
    body = server.call("slow_items", media=JSON, x_directives_timeout="300").body
    first, last = pieces(body)
    assert (first, last["error"]["kind"]) == ({"ok": 1}, "deadline")
    assert ended == ["closed"]


def test_a_stream_knows_its_deadline(server: Server) -> None:
    """In whatever context its items are made."""
    assert pieces(server.call("time_left_in_items", media=JSON, x_directives_timeout="60000").body) == [
        {"ok": True}
    ]


def test_calls_of_other_servers_have_what_is_left(server: Server) -> None:
    """A server function's own calls end with the call that it answers, and tell the next server so."""
    seen: list[int] = []

    def next_server(request: httpx.Request) -> httpx.Response:
        seen.append(int(request.headers["x-directives-timeout"]))
        return httpx.Response(200, headers={"content-type": CBOR}, content=b"\xa1\x62ok\x01")

    settings = replace(server.settings, url="http://next.example")
    client = Transport(
        lambda: settings, Connections(lambda: httpx.AsyncClient(transport=httpx.MockTransport(next_server)))
    )
    server.functions["relay"] = lambda: client.call("a" * 40, (), {})
    assert content(server.call("relay", x_directives_timeout="60000")) == {"ok": 1}
    assert 59_000 < seen[0] <= 60_000


def test_a_form_has_the_deadline_of_the_setting(server: Server) -> None:
    """A browser cannot send one."""
    server.settings = replace(server.settings, call_timeout=0.01)
    server.functions["submit"] = lambda form: wait(10)
    assert server.submit("_directives=submit").status == 504


def test_cancelling_the_answer_cancels_the_function(server: Server) -> None:
    """An adapter that learns that the caller is gone cancels the task in which the endpoint answers."""

    async def main() -> None:
        endpoint = Endpoint(server.settings, server.dispatch, scope_of)
        call = request("/_directives/wait", b'{"args":[10]}', content_type=JSON)
        for each in (call, call._replace(timeout="60000")):
            task = asyncio.ensure_future(endpoint.handle(each))
            await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    assert ended == ["cancelled", "cancelled"]
