"""Calls that come twice: by a retry, by a double click, by a reload."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from directives.errors import AccessDenied
from directives.errors import ExpectedError
from directives.forms import FormData
from directives.functions import Call
from directives.functions import Started
from directives.http import Endpoint
from directives.http import HttpResponse
from directives.wire.untrusted import encode_cbor
from tests.answering import scope_of
from tests.http.calling import CBOR
from tests.http.calling import JSON
from tests.http.calling import Server
from tests.http.calling import content
from tests.http.calling import error
from tests.http.calling import request

URLENCODED = "application/x-www-form-urlencoded"
KEY = '"8e03978e40d543e8bc936894a57f9324"'


class Closed(ExpectedError):
    day: str


class Shop(Server):
    """One endpoint for all requests, and what ran behind it."""

    def __init__(self) -> None:
        self.ran: list[Any] = []
        self.denied = False
        functions = {
            "order": self.order,
            "other": self.order,
            "fail": self.fail,
            "closed": self.closed,
            "count": self.count,
        }
        super().__init__(functions)
        self.endpoint = Endpoint(self.settings, self.admitting, scope_of)

    def admitting(self, call: Call) -> Started:
        """As dispatch does for a function with a policy."""
        return self.dispatch(call)._replace(admission=self.policy())

    async def policy(self) -> None:
        if self.denied:
            raise AccessDenied

    async def order(self, what: Any = None) -> int:
        self.ran.append(what)
        await asyncio.sleep(0.005)
        return len(self.ran)

    async def fail(self) -> None:
        self.ran.append("fail")
        raise ValueError

    async def closed(self) -> None:
        self.ran.append("closed")
        raise Closed("Sunday")

    async def count(self) -> AsyncIterator[int]:
        self.ran.append("count")
        yield 1

    async def send(self, name: str, *args: Any, key: str | None = KEY, **headers: str) -> HttpResponse:
        body = encode_cbor({"args": list(args)})
        call = request(f"/_directives/{name}", body, content_type=CBOR, **headers)
        return await self.endpoint.handle(call._replace(idempotency_key=key))

    def sent(self, *args: Any, **options: Any) -> HttpResponse:
        return asyncio.run(self.send(*args, **options))

    def submitted(
        self, query: str = "_directives=order~k1", body: bytes = b"a=1", **headers: str
    ) -> HttpResponse:
        headers = {"content_type": URLENCODED, **headers}
        return asyncio.run(self.endpoint.handle(request("/page", body, query=query, **headers)))


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_call_with_a_key_runs_once(shop: Shop) -> None:
    """The same reply each time; without a key, or with another, it is another call."""
    assert [content(shop.sent("order", "tea")) for _ in range(3)] == [{"ok": 1}] * 3
    assert content(shop.sent("order", "tea", key='"another"')) == {"ok": 2}
    assert content(shop.sent("order", "tea", key=None)) == {"ok": 3}
    assert content(shop.sent("order", "tea", key=None)) == {"ok": 4}


def test_two_at_the_same_time_run_once(shop: Shop) -> None:
    """The second waits for the first."""

    async def main() -> list[HttpResponse]:
        return await asyncio.gather(*(shop.send("order", "tea") for _ in range(5)))

    assert [content(response) for response in asyncio.run(main())] == [{"ok": 1}] * 5
    assert shop.ran == ["tea"]


@pytest.mark.parametrize(("name", "argument"), [("other", "tea"), ("order", "coffee")])
def test_a_key_is_for_one_call(shop: Shop, name: str, argument: str) -> None:
    """With another function or another body it is refused: 422, as the draft has it, and nothing runs."""
    shop.sent("order", "tea")
    assert error(shop.sent(name, argument)) == (422, "key-reused")
    assert shop.ran == ["tea"]


def test_a_key_is_for_one_notation_of_the_reply(shop: Shop) -> None:
    """Who asks for JSON is not given CBOR."""
    shop.sent("order", "tea")
    assert error(shop.sent("order", "tea", accept=JSON)) == (422, "key-reused")


@pytest.mark.parametrize("header", ["cookie", "authorization"])
def test_nobody_is_given_the_answer_of_another(shop: Shop, header: str) -> None:
    """Who has somebody else's key and arguments, but not the session, has made another call."""
    assert content(shop.sent("order", "tea", **{header: "karl"})) == {"ok": 1}
    assert content(shop.sent("order", "tea", **{header: "eve"})) == {"ok": 2}
    assert content(shop.sent("order", "tea")) == {"ok": 3}
    assert content(shop.sent("order", "tea", **{header: "karl"})) == {"ok": 1}


def test_where_the_session_is_known_other_cookies_do_not_matter(shop: Shop) -> None:
    """The setting ``captured_session`` says what a visitor is known by."""
    settings = replace(shop.settings, captured_session=lambda request: request.headers.get("x-user"))
    shop.endpoint = Endpoint(settings, shop.admitting, scope_of)
    for cookie in ("a=1", "a=2"):
        assert content(shop.sent("order", "tea", cookie=cookie, x_user="karl")) == {"ok": 1}
    assert content(shop.sent("order", "tea", cookie="a=2", x_user="eve")) == {"ok": 2}


def test_the_policy_is_asked_before_a_reply_is_given_again(shop: Shop) -> None:
    """Who may no longer call learns nothing of what was answered."""
    shop.sent("order", "tea")
    shop.denied = True
    assert error(shop.sent("order", "tea")) == (403, "forbidden")


def test_a_failure_may_be_tried_again(shop: Shop) -> None:
    """A masked error is no result; an expected one is."""
    for _ in range(2):
        assert shop.sent("fail").status == 500
        assert error(shop.sent("closed", key='"closed"')) == (422, "expected")
    assert shop.ran == ["fail", "closed", "fail"]


def test_a_call_that_does_not_fit_is_not_kept(shop: Shop) -> None:
    """What is refused before the function runs can be sent again with the same key."""
    assert error(shop.sent("unknown")) == (404, "unknown-function")
    assert content(shop.sent("order", "tea")) == {"ok": 1}


@pytest.mark.parametrize(("key", "same"), [("abc", '"abc"'), ('"a b"', '"a b"')])
def test_a_key_may_stand_without_quotes(shop: Shop, key: str, same: str) -> None:
    """The draft has quotes; many clients have none."""
    assert content(shop.sent("order", key=key)) == content(shop.sent("order", key=same)) == {"ok": 1}


@pytest.mark.parametrize(
    "key",
    [
        "",
        '""',
        '"',
        '"a',
        'a"',
        '"a","b"',
        "a,b",
        "a b",
        "é",
        '"é"',
        '"a\\"b"',
        '"' + "a" * 256 + '"',
        '"\n"',
        "\x00",
    ],
)
def test_a_key_that_is_none_is_malformed(shop: Shop, key: str) -> None:
    """Rather than a call without one; nothing runs."""
    assert error(shop.sent("order", key=key)) == (400, "malformed")
    assert shop.ran == []


def test_a_stream_is_never_given_again(shop: Shop) -> None:
    """Its items are not kept: it runs each time."""
    for _ in range(2):
        assert shop.sent("count", accept="application/cbor-seq").status == 200
    assert len(shop.calls) == 2


def test_a_late_result_is_there_for_the_next_try(shop: Shop) -> None:
    """The first caller's deadline passed while the function ended."""

    async def blocks() -> str:
        import time

        shop.ran.append("blocks")
        time.sleep(0.01)
        return "done"

    shop.functions["blocks"] = blocks

    async def late() -> HttpResponse:
        call = request("/_directives/blocks", b"{}", content_type=JSON)
        return await shop.endpoint.handle(call._replace(idempotency_key=KEY, timeout="5"))

    async def again() -> HttpResponse:
        call = request("/_directives/blocks", b"{}", content_type=JSON)
        return await shop.endpoint.handle(call._replace(idempotency_key=KEY))

    assert asyncio.run(late()).status == 504
    assert content(asyncio.run(again())) == {"ok": "done"}
    assert shop.ran == ["blocks"]


def test_a_form_that_is_sent_twice_runs_once(shop: Shop) -> None:
    """The page gave its action a key; the browser is sent on as before, and the key is gone from the address."""
    for _ in range(3):
        response = shop.submitted("_directives=order~k1&page=2")
        assert (response.status, dict(response.headers)["Location"]) == (303, "/page?page=2")
    assert len(shop.ran) == 1
    assert shop.calls[0].function_id == "order"


@pytest.mark.parametrize("key", ["k\udcff\udcff", "k 1", "k%20", "kö", "k" * 256, "a~b"])
def test_a_forms_key_that_no_page_was_given(shop: Shop, key: str) -> None:
    """It is malformed, bytes that are no text included, and nothing runs."""
    assert shop.submitted(f"_directives=order~{key}").status == 400
    assert shop.ran == []


def test_a_form_whose_browser_hangs_up_runs_to_its_end(shop: Shop) -> None:
    """With a second click a browser gives up the first request: the second waits for what that began."""
    form = request("/page", b"a=1", query="_directives=order~k1", content_type=URLENCODED)

    async def main() -> HttpResponse:
        first = asyncio.ensure_future(shop.endpoint.handle(form))
        await asyncio.sleep(0.001)
        first.cancel()
        return await shop.endpoint.handle(form)

    assert asyncio.run(main()).status == 303
    assert len(shop.ran) == 1


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("_directives=order~k2", b"a=1"),
        ("_directives=order~k1", b"a=2"),
        ("_directives=order~k1&page=2", b"a=1"),
        ("_directives=order", b"a=1"),
    ],
)
def test_a_form_that_says_something_else_is_another(shop: Shop, query: str, body: bytes) -> None:
    """Somebody who went back and changed a field means it."""
    shop.submitted()
    assert shop.submitted(query, body).status == 303
    assert len(shop.ran) == 2


def test_sealed_values_stand_before_the_key(shop: Shop) -> None:
    """An address holds the ID, what was captured, and the key."""
    shop.submitted("_directives=order.sealed-text~k1")
    assert (shop.calls[0].function_id, shop.calls[0].bound) == ("order", "sealed-text")


def multipart(boundary: str, content: bytes) -> tuple[str, bytes]:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="a"; filename="b.txt"\r\n\r\n'
    return (
        f"multipart/form-data; boundary={boundary}",
        head.encode() + content + f"\r\n--{boundary}--\r\n".encode(),
    )


def test_a_form_with_files_that_is_sent_twice_runs_once(shop: Shop) -> None:
    """A browser makes a new boundary each time; the files count. The function reads them from their beginning."""
    read: list[bytes] = []

    async def save(form: FormData) -> None:
        read.append(form["a"].stream.read())

    shop.functions["save"] = save
    for boundary, text in (("one", b"x" * 200_000), ("two", b"x" * 200_000), ("three", b"y")):
        content_type, body = multipart(boundary, text)
        assert shop.submitted("_directives=save~k1", body, content_type=content_type).status == 303
    assert read == [b"x" * 200_000, b"y"]
