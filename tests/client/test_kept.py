"""Replies that a client may use again: how long, how many, and when they are forgotten."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import cbor2
import httpx
import pytest

from directives.client.connections import Connections
from directives.client.kept import ENTRY_BYTES
from directives.client.kept import KeptReplies
from directives.client.kept import key_of
from directives.client.session import Session
from directives.client.transport import Transport
from directives.errors import RemoteError
from directives.settings import Settings

ID = "a" * 40
OTHER = "b" * 40
PRIVATE = {"cache-control": "private", "x-directives-stale-time": "30"}


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Server:
    """Answers each call with a list of its number, and with the headers that it is given."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = PRIVATE
        self.status = 200
        self.calls = 0
        self.error: Exception | None = None
        self.clock = Clock()
        self.session = Session()
        self.session.kept = KeptReplies(clock=self.clock)
        self.transport = Transport(
            lambda: Settings(Path.cwd(), url="http://shop.test"),
            Connections(
                lambda: httpx.AsyncClient(transport=httpx.MockTransport(self.answer), trust_env=False)
            ),
            pauses=(),
            session=lambda: self.session,
        )

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.error is not None:
            raise self.error
        self.calls += 1
        headers = {"content-type": "application/cbor", **self.headers}
        return httpx.Response(self.status, headers=headers, content=cbor2.dumps({"ok": [self.calls]}))

    def call(self, *args: Any, function: str = ID) -> Any:
        return asyncio.run(self.transport.call(function, args, {}))


def test_a_reply_is_used_again_for_as_long_as_the_server_said() -> None:
    """By calls of the same function with the same arguments; each caller has a value of his own."""
    server = Server()
    first = server.call("a")
    server.clock.now += 29
    again = server.call("a")
    assert (first, again, first is again) == ([1], [1], False)
    again.append("mine")
    assert server.call("a") == [1]
    assert [server.call("b"), server.call("a", function=OTHER), server.call("a", True)] == [[2], [3], [4]]
    server.clock.now += 1
    assert server.call("a") == [5]


@pytest.mark.parametrize(
    "headers",
    [
        {"cache-control": "no-store"},
        {"cache-control": "private"},
        {"cache-control": "private", "x-directives-stale-time": "soon"},
        {"cache-control": "private", "x-directives-stale-time": "-1"},
        {"cache-control": "private", "x-directives-stale-time": "9" * 11},
        {"cache-control": "public", "x-directives-stale-time": "30"},
        {"cache-control": "private, no-store", "x-directives-stale-time": "30"},
        {**PRIVATE, "set-cookie": "who=rosa"},
        {**PRIVATE, "x-directives-updated": "1"},
    ],
)
def test_any_other_reply_is_not(headers: dict[str, str]) -> None:
    """Without both words of the server, and of a call that changed something, nothing is kept."""
    server = Server()
    server.headers = headers
    assert [server.call(), server.call()] == [[1], [2]]


def test_an_error_is_not_kept() -> None:
    """Whatever stands in its head."""
    server = Server()
    server.status = 500
    assert [server.call(), server.call()] == [[1], [2]]


@pytest.mark.parametrize("said", [{"x-directives-updated": "1"}, {"set-cookie": "theme=dark"}])
def test_a_call_that_changes_something_drops_what_is_kept(said: dict[str, str]) -> None:
    """The server says that it did, or sets a cookie: the next call asks again."""
    server = Server()
    assert server.call() == [1]
    server.headers = said
    server.call(function=OTHER)
    server.headers = PRIVATE
    assert server.call() == [3]


def test_a_reply_that_was_on_its_way_meanwhile_is_not_kept() -> None:
    """It may be from before the change."""
    kept = KeptReplies()
    asked = kept.asked()
    kept.forget()
    kept.keep(b"key", b"old", 30, asked)
    assert kept.find(b"key") is None


@pytest.mark.parametrize(
    ("error", "forgets"), [(httpx.ReadError("gone"), True), (httpx.ConnectError("no"), False)]
)
def test_a_call_without_a_reply_may_have_changed_something(error: Exception, *, forgets: bool) -> None:
    """What is kept is dropped, unless the server cannot have heard of the call."""
    server = Server()
    assert server.call() == [1]
    server.error = error
    with pytest.raises(RemoteError):
        server.call(function=OTHER)
    server.error = None
    assert server.call() == [server.calls if forgets else 1]
    assert server.calls == 1 + forgets


def test_a_stream_drops_what_is_kept() -> None:
    """Its head cannot tell what it will have changed by its end."""
    server = Server()
    assert server.call() == [1]

    async def read() -> list[Any]:
        return [item async for item in server.transport.stream(OTHER, (), {})]

    server.headers = {"content-type": "application/cbor-seq"}
    assert asyncio.run(read()) == [[2]]
    server.headers = PRIVATE
    assert server.call() == [3]


def test_what_is_kept_has_a_bound() -> None:
    """What was not used for longest makes room; what is larger than all of it is not kept."""
    kept = KeptReplies(3 * (ENTRY_BYTES + 10))
    for key in (b"1", b"2", b"3"):
        kept.keep(key, b"x" * 10, 30, kept.asked())
    assert kept.find(b"1")
    kept.keep(b"4", b"x" * 10, 30, kept.asked())
    kept.keep(b"5", b"x" * 2000, 30, kept.asked())
    assert [key for key in (b"1", b"2", b"3", b"4", b"5") if kept.find(key)] == [b"1", b"3", b"4"]
    kept.keep(b"4", b"y" * 10, 30, kept.asked())
    assert kept.find(b"4") == b"y" * 10
    kept.forget()
    assert kept.find(b"4") is None


def test_parts_of_a_key_cannot_be_mistaken_for_each_other() -> None:
    """Wherever they are cut."""
    assert key_of(b"ab", b"c") != key_of(b"a", b"bc") != key_of(b"abc")
