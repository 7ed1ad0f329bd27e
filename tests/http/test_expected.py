"""Errors that user code declares for callers to see, in every sort of reply."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from directives.errors import ExpectedError
from directives.errors import TaintError
from directives.http import Endpoint
from tests.answering import scope_of
from tests.http.calling import CBOR
from tests.http.calling import JSON
from tests.http.calling import Server
from tests.http.calling import content
from tests.http.calling import error
from tests.http.calling import request


class OutOfStock(ExpectedError, status=409, type="out-of-stock"):
    sku: str
    left: int

    def __str__(self) -> str:
        return f"only {self.left} of {self.sku} left"


class Odd(ExpectedError):
    value: Any


class Broken(ExpectedError):
    def __str__(self) -> str:
        raise KeyError("hunter2")


async def order(form: Any = None) -> None:
    raise OutOfStock("sencha", 2)


async def odd() -> None:
    raise Odd(object())


async def half_a_pair() -> None:
    raise Odd("\ud800")


async def broken() -> None:
    raise Broken


async def items() -> AsyncIterator[int]:
    yield 1
    raise OutOfStock("sencha", 2)


@pytest.fixture
def server() -> Server:
    return Server({"order": order, "odd": odd, "half": half_a_pair, "broken": broken, "items": items})


@pytest.mark.parametrize("media", [CBOR, JSON])
def test_an_expected_error_crosses_with_its_type_and_data(
    server: Server, media: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Status of the class, its name, its text and its fields; nothing is logged as an error."""
    caplog.set_level(logging.INFO, "directives")
    response = server.call("order", media=media)
    assert error(response) == (409, "expected")
    assert content(response)["error"] == {
        "kind": "expected",
        "message": "only 2 of sencha left",
        "type": "out-of-stock",
        "data": {"sku": "sencha", "left": 2},
    }
    assert [record.levelname for record in caplog.records] == ["INFO"]


def test_a_form_in_a_browser_gets_the_text(server: Server) -> None:
    """In words for a person, with the same status."""
    response = server.submit("_directives=order")
    assert (response.status, response.body) == (409, b"only 2 of sencha left\n")


def test_an_expected_error_is_the_last_item_of_a_stream(server: Server) -> None:
    """What came before it stands."""

    body: Any = server.call("items", media=JSON).body

    async def collect() -> list[bytes]:
        return [piece async for piece in body]

    first, last = asyncio.run(collect())
    assert json.loads(first) == {"ok": 1}
    assert json.loads(last)["error"]["data"] == {"sku": "sencha", "left": 2}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("odd", "unserializable-result"), ("half", "unserializable-result"), ("broken", "internal")],
)
def test_what_cannot_be_told_is_masked(
    server: Server, name: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A field that cannot travel, or a text that cannot be made, is a failure like any other."""
    response = server.call(name)
    assert error(response) == (500, kind)
    assert "hunter2" not in repr(response.body)
    assert content(response)["error"]["digest"] in caplog.text


@pytest.mark.parametrize("query", ["", "_directives=order"])
def test_what_must_not_leave_does_not_leave_in_an_error(server: Server, query: str) -> None:
    """Fields and text of an expected error are looked at like a result."""

    def look(part: Any) -> None:
        if part in ("sencha", "only 2 of sencha left"):
            raise TaintError("this is not for callers")

    endpoint = Endpoint(server.settings, server.dispatch, scope_of, look=lambda: look)
    call = request("/_directives/order", b"{}", content_type=JSON)
    form = request("/", b"a=1", query=query, content_type="application/x-www-form-urlencoded")
    response = asyncio.run(endpoint.handle(form if query else call))
    assert response.status == 500
    assert "sencha" not in repr(response.body)


def test_debugging_adds_the_traceback_and_nothing_else(server: Server) -> None:
    """The same shape, with the server's traceback."""
    plain = content(server.call("order"))["error"]
    server.settings = replace(server.settings, debug=True)
    shown = content(server.call("order"))["error"]
    assert "OutOfStock" in shown.pop("traceback")
    assert shown == plain
