"""Results that come item by item."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from directives.http import HttpResponse
from directives.request import headers
from directives.request import redirect
from directives.wire.budget import Budget
from directives.wire.untrusted import decode_json
from tests.http.calling import CBOR
from tests.http.calling import JSON
from tests.http.calling import Server
from tests.http.calling import header


async def count(to: int) -> AsyncIterator[int]:
    for number in range(to):
        yield number


def pieces(response: HttpResponse) -> list[bytes]:
    async def collect() -> list[bytes]:
        return [piece async for piece in response.body]  # type: ignore[union-attr]

    return asyncio.run(collect())


@pytest.mark.parametrize(
    ("media", "stream_type", "expected"),
    [
        (CBOR, "application/cbor-seq", [b"\xa1\x62ok\x00", b"\xa1\x62ok\x01"]),
        (JSON, "application/jsonl", [b'{"ok":0}\n', b'{"ok":1}\n']),
    ],
)
def test_each_item_is_a_reply_of_its_own(media: str, stream_type: str, expected: list[bytes]) -> None:
    """CBOR sequences (RFC 8742) for programs of Python, JSON lines for others."""
    response = Server({"count": count}).call("count", 2, media=media)
    assert (response.status, header(response, "content-type")) == (200, stream_type)
    assert header(response, "cache-control") == "no-store"
    assert pieces(response) == expected


async def fails_late() -> AsyncIterator[int]:
    yield 1
    raise ValueError("secret")


async def cannot_be_sent() -> AsyncIterator[Any]:
    yield 1
    yield object()


async def leaves() -> AsyncIterator[int]:
    yield 1
    redirect("/thanks")


@pytest.mark.parametrize(
    ("function", "kind"), [(fails_late, "internal"), (cannot_be_sent, "unserializable-result")]
)
def test_a_failure_is_the_last_item(function: Any, kind: str) -> None:
    """What came before stands; the error is masked as in any reply."""
    first, last = pieces(Server({"f": function}).call("f", media=JSON))
    assert json.loads(first) == {"ok": 1}
    told = decode_json(last, Budget())["error"]
    assert told["kind"] == kind
    assert "digest" in told
    assert b"secret" not in last


def test_a_redirect_is_the_last_item() -> None:
    """A program is told where to go."""
    assert pieces(Server({"f": leaves}).call("f", media=JSON))[1] == b'{"redirect":"/thanks"}\n'


def test_closing_the_reply_closes_the_generator() -> None:
    """A caller who goes away ends the function's generator where it stands."""
    ended = []

    async def endless() -> AsyncIterator[int]:
        try:
            while True:
                yield 1
        finally:
            ended.append(True)

    body: Any = Server({"f": endless}).call("f").body

    async def leave() -> None:
        await anext(body)
        await body.aclose()

    asyncio.run(leave())
    assert ended == [True]


def test_items_are_made_when_they_are_asked_for() -> None:
    """Nothing runs ahead of the reader."""
    made = []

    async def generate() -> AsyncIterator[int]:
        for number in range(9):
            made.append(number)
            yield number

    body: Any = Server({"f": generate}).call("f").body

    async def two() -> None:
        await anext(body)
        await anext(body)
        assert made == [0, 1]
        await body.aclose()

    asyncio.run(two())


def test_a_generator_sees_its_request() -> None:
    """``headers()`` works in the body of a generator as in any server function."""

    async def generate() -> AsyncIterator[str | None]:
        yield headers().get("x-name")

    assert pieces(Server({"f": generate}).call("f", media=JSON, x_name="me")) == [b'{"ok":"me"}\n']
