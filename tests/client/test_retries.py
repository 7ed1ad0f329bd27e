"""Calls that are sent again: never so that one runs twice that must not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cbor2
import httpx
import pytest

from directives.client import idempotent
from directives.client.connections import Connections
from directives.client.transport import Transport
from directives.deadlines import deadline
from directives.errors import DeadlineExceeded
from directives.errors import RemoteError
from directives.settings import Settings

UNREACHABLE = httpx.ConnectError("refused")
BROKEN = httpx.RemoteProtocolError("peer closed connection")
CBOR = {"content-type": "application/cbor"}


class Server:
    """A server whose first answers are what it is given; the next is good."""

    def __init__(self, *answers: Exception | int) -> None:
        self.answers = list(answers)
        self.keys: list[str] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.keys.append(request.headers["idempotency-key"])
        answer = self.answers.pop(0) if self.answers else 200
        if isinstance(answer, Exception):
            raise answer
        if answer == httpx.codes.OK:
            return httpx.Response(200, headers=CBOR, content=cbor2.dumps({"ok": "done"}))
        return httpx.Response(answer, headers={"content-type": "text/html"}, content=b"away")

    def call(self, pauses: Sequence[float] = (0, 0)) -> Any:
        transport = Transport(
            lambda: Settings(Path.cwd(), url="http://shop.test"),
            Connections(
                lambda: httpx.AsyncClient(transport=httpx.MockTransport(self.answer), trust_env=False)
            ),
            pauses=pauses,
        )
        return asyncio.run(transport.call("a" * 40, (), {}))


def test_a_call_that_may_have_run_is_not_sent_again() -> None:
    """The connection broke before the reply was complete: the caller is told, and decides."""
    server = Server(BROKEN)
    with pytest.raises(RemoteError, match="broke off") as caught:
        server.call()
    assert (caught.value.kind, len(server.keys)) == ("interrupted", 1)


@pytest.mark.parametrize("answers", [(BROKEN, BROKEN), (BROKEN, UNREACHABLE), (502, 503), (504,)], ids=repr)
def test_one_that_may_run_twice_is(answers: tuple[Exception | int, ...]) -> None:
    """With the same key, by which a server that remembers the first one knows it."""
    server = Server(*answers)
    with idempotent():
        assert server.call() == "done"
    assert len(server.keys) == len(answers) + 1
    assert len(set(server.keys)) == 1


@pytest.mark.parametrize("status", [502, 503, 504, 500])
def test_what_a_proxy_says_is_an_error_otherwise(status: int) -> None:
    """The server may have heard of the call."""
    server = Server(status)
    with pytest.raises(RemoteError, match=f"answered {status}"):
        server.call()
    assert len(server.keys) == 1


def test_what_was_answered_is_not_sent_again() -> None:
    """An error that is no proxy's is the answer."""
    server = Server(500)
    with idempotent(), pytest.raises(RemoteError, match="answered 500"):
        server.call()
    assert len(server.keys) == 1


def test_the_deadline_ends_the_tries() -> None:
    """However many are left, and in the middle of a pause."""
    server = Server(BROKEN, BROKEN)
    with idempotent(), deadline(0.2), pytest.raises(DeadlineExceeded):
        server.call(pauses=(0, 10))
    assert len(server.keys) == 2


def test_the_word_holds_inside_its_block() -> None:
    """And no longer."""
    with idempotent():
        pass
    with pytest.raises(RemoteError, match="broke off"):
        Server(BROKEN).call()
