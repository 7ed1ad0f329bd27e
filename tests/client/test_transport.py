"""Calls over HTTP, against servers that behave and servers that do not."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import cbor2
import httpx
import pytest

from directives.client.connections import Connections
from directives.client.stubs import server_function
from directives.client.transport import Transport
from directives.errors import EncodeError
from directives.errors import ExpectedError
from directives.errors import RemoteError
from directives.errors import SettingsError
from directives.settings import Settings
from directives.wire.budget import Budget
from directives.wire.references import FunctionReference
from directives.wire.untrusted import decode_cbor
from tests.client.transports import ID
from tests.client.transports import STREAM
from tests.client.transports import Handler
from tests.client.transports import answer
from tests.client.transports import called
from tests.client.transports import streamed
from tests.client.transports import transport


def test_a_call_is_one_post_of_cbor() -> None:
    """The ID is in the path, the arguments in the body, and CBOR is asked for."""
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return answer({"ok": [1, "two"]})(request)

    assert called(transport(handler), 1, b=b"x") == [1, "two"]
    (request,) = seen
    assert (request.method, str(request.url)) == ("POST", f"http://shop.example/base/_directives/{ID}")
    assert request.headers["content-type"] == request.headers["accept"] == "application/cbor"
    assert cbor2.loads(request.content) == {"args": [1], "kwargs": {"b": b"x"}}


def test_a_stub_travels_as_a_reference() -> None:
    """A server function passed as an argument is sent as its ID, not as code."""
    seen: list[Any] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(decode_cbor(request.content, Budget())["args"])
        return answer({"ok": None})(request)

    async def callback() -> None: ...

    called(transport(handler), [server_function("b" * 40)(callback)])
    assert seen == [[[FunctionReference("b" * 40)]]]


def test_an_argument_that_cannot_travel_sends_nothing() -> None:
    """The error names path and type, and the server hears nothing of it."""
    sent: list[httpx.Request] = []
    client = transport(lambda request: sent.append(request) or httpx.Response(500))  # type: ignore[func-returns-value]
    with pytest.raises(EncodeError, match=r"args\[0\]\.items\[1\]: object"):
        called(client, {"items": [1, object()]})
    assert sent == []


def test_an_error_of_the_server_is_a_remote_error() -> None:
    """Kind, status, digest and the refused arguments reach the caller."""
    problems = [{"path": "args[0]", "reason": "must be a text"}]
    content = {"error": {"kind": "arguments", "message": "no.", "digest": "d1", "problems": problems}}
    with pytest.raises(
        RemoteError, match=r"^no\. args\[0\]: must be a text The server's log .* d1\.$"
    ) as caught:
        called(transport(answer(content, 422)))
    error = caught.value
    assert (error.kind, error.status, error.digest) == ("arguments", 422, "d1")
    assert error.problems == (("args[0]", "must be a text"),)


def test_a_traceback_that_the_server_shows_is_a_note() -> None:
    """A server that is being developed sends its traceback along; Python prints it below ours."""
    content = {"error": {"kind": "internal", "message": "no", "digest": "d1", "traceback": "Traceback ..."}}
    with pytest.raises(RemoteError) as caught:
        called(transport(answer(content, 500)))
    assert caught.value.__notes__ == ["On the server:\nTraceback ..."]


@pytest.mark.parametrize(
    "content", [{}, {"kind": 1, "message": [], "digest": {}, "problems": 7, "traceback": 1}]
)
def test_an_error_without_its_parts_is_still_a_remote_error(content: dict[str, Any]) -> None:
    """Fields of a wrong type are left out, whatever the server sends."""
    with pytest.raises(RemoteError) as caught:
        called(transport(answer({"error": content}, 500)))
    error = caught.value
    assert (error.kind, error.digest, error.problems) == ("unknown", None, ())


class OutOfStock(ExpectedError, type="out-of-stock-for-a-client"):
    sku: str


def test_an_expected_error_is_raised_as_its_class() -> None:
    """If the program has imported the class, which the server only names; a traceback is a note here too."""
    content = {
        "kind": "expected",
        "message": "no",
        "type": "out-of-stock-for-a-client",
        "data": {"sku": "sencha"},
    }
    with pytest.raises(OutOfStock) as caught:
        called(transport(answer({"error": {**content, "traceback": "Traceback ..."}}, 422)))
    assert caught.value.sku == "sencha"
    assert caught.value.__notes__ == ["On the server:\nTraceback ..."]


@pytest.mark.parametrize("name", ["sold-out-too", "os.system", "directives.errors.ExpectedError"])
def test_an_expected_error_of_an_unknown_class_is_a_remote_error(name: str) -> None:
    """With the type and data that the server told."""
    content = {"kind": "expected", "message": "no", "type": name, "data": {"sku": "sencha"}}
    with pytest.raises(RemoteError, match="^no$") as caught:
        called(transport(answer({"error": content}, 422)))
    error = caught.value
    assert (error.kind, error.status, error.type, error.data) == ("expected", 422, name, {"sku": "sencha"})


@pytest.mark.parametrize(
    "content",
    [{"type": 1, "data": {}}, {"type": "out-of-stock-for-a-client", "data": []}, {"type": [], "data": 1}, {}],
)
def test_an_expected_error_without_its_parts_is_a_remote_error(content: dict[str, Any]) -> None:
    """Parts of a wrong type are left out, whatever the server sends."""
    with pytest.raises(RemoteError) as caught:
        called(transport(answer({"error": {"kind": "expected", "message": "no", **content}}, 422)))
    assert caught.value.data == {}


def test_a_redirect_is_raised_as_in_the_server() -> None:
    """A function that redirects raises Redirect in the client too."""
    from directives.request import Redirect

    with pytest.raises(Redirect):
        called(transport(answer({"redirect": "/thanks"})))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        cbor2.dumps({"ok": 1})[:-1],
        cbor2.dumps({"ok": 1}) + b"\x00",
        b"\x81" * 5000,
        cbor2.dumps([1]),
        cbor2.dumps({}),
        cbor2.dumps({"ok": 1, "error": {}}),
        cbor2.dumps({"error": "text"}),
        cbor2.dumps({"redirect": 3}),
        cbor2.dumps({"ok": cbor2.CBORTag(35, ".*")}),
        cbor2.dumps({"ok": cbor2.CBORTag(27, ["function", ["../../admin?x=", None]])}),
        cbor2.dumps({"ok": "x" * 20_000}),
    ],
    ids=lambda content: content[:12].hex() or "empty",
)
def test_a_reply_that_is_none_is_one_clear_error(content: bytes) -> None:
    """Whatever else the server says in CBOR is a RemoteError that names the server."""
    with pytest.raises(RemoteError, match=r"http://shop\.example cannot be read") as caught:
        called(transport(answer(content)))
    assert caught.value.kind == "protocol"


@pytest.mark.parametrize("status", [200, 404, 502])
def test_another_kind_of_server_is_one_clear_error(status: int) -> None:
    """A web page instead of a reply says that there is no endpoint at the address."""
    handler: Handler = lambda request: httpx.Response(status, html="<h1>hello</h1>")  # noqa: E731
    for use in (called, streamed):
        with pytest.raises(RemoteError, match="no endpoint of directives is there") as caught:
            use(transport(handler))
        assert (caught.value.kind, caught.value.status) == ("protocol", status)


def test_items_of_a_stream_come_as_they_are_sent() -> None:
    """Each item is there before the next one is made."""
    made: list[int] = []

    async def items() -> AsyncIterator[bytes]:
        for number in range(3):
            made.append(number)
            yield cbor2.dumps({"ok": number})

    async def check() -> None:
        client = transport(lambda request: httpx.Response(200, headers=STREAM, content=items()))
        expected = 0
        async for item in client.stream(ID, (), {}):
            assert (item, made[-1]) == (expected, expected)
            expected += 1
        assert expected == 3

    asyncio.run(check())


def test_an_error_in_a_stream_is_raised_after_the_items_before_it() -> None:
    """What came before the failure is not lost."""
    body = cbor2.dumps({"ok": 1}) + cbor2.dumps({"error": {"kind": "failed", "message": "no", "digest": "d"}})

    async def check() -> None:
        client = transport(lambda request: httpx.Response(200, headers=STREAM, content=body))
        items = client.stream(ID, (), {})
        assert await anext(items) == 1
        with pytest.raises(RemoteError, match="no"):
            await anext(items)

    asyncio.run(check())


def test_a_stream_that_was_cut_is_an_error() -> None:
    """A stream that ends within an item is not mistaken for a short one."""
    body = cbor2.dumps({"ok": "text"})[:-1]
    with pytest.raises(RemoteError, match="ended within an item"):
        streamed(transport(lambda request: httpx.Response(200, headers=STREAM, content=body)))


def test_a_refused_stream_is_the_servers_error() -> None:
    """An error instead of a stream is raised as for a call; a value instead is a protocol error."""
    with pytest.raises(RemoteError, match="gone") as caught:
        streamed(transport(answer({"error": {"kind": "unknown-function", "message": "gone"}}, 404)))
    assert caught.value.kind == "unknown-function"
    with pytest.raises(RemoteError, match="one value instead of a stream"):
        streamed(transport(answer({"ok": 1})))


def test_without_an_address_the_variable_is_named() -> None:
    """A client that was not told its server says which variable to set."""
    with pytest.raises(SettingsError, match="set the variable DIRECTIVES_URL"):
        called(transport(answer({"ok": 1}), url=None))


@pytest.mark.parametrize(
    "url", ["shop.example", "ftp://shop.example", "http://", "http://[::1", "/_directives"]
)
def test_an_address_that_is_none_is_named(url: str) -> None:
    """A setting that is no HTTP address is an error before anything is sent."""
    with pytest.raises(SettingsError, match="DIRECTIVES_URL"):
        called(transport(answer({"ok": 1}), url=url))


def test_a_server_that_is_not_there_is_one_clear_error() -> None:
    """Connection refused names the address, without the name and password in it."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        client = Transport(
            lambda: Settings(Path.cwd(), url=f"http://me:hunter2@127.0.0.1:{port}"), Connections()
        )
        with pytest.raises(
            RemoteError, match=f"cannot reach the server at http://127.0.0.1:{port}: "
        ) as caught:
            called(client)
    assert (caught.value.kind, caught.value.status) == ("unreachable", 0)
    assert "hunter2" not in str(caught.value)


def test_a_connection_that_breaks_is_one_clear_error() -> None:
    """A reply that never ends properly is told apart from a server that was never reached."""

    def handler(request: httpx.Request) -> httpx.Response:
        raise httpx.RemoteProtocolError("peer closed connection")

    with pytest.raises(RemoteError, match="broke off before its reply was complete") as caught:
        called(transport(handler))
    assert caught.value.kind == "interrupted"
