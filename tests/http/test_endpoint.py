"""The endpoint core: request values in, response values out, no server and no framework."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from directives.errors import ArgumentsError
from directives.errors import OutdatedPageError
from directives.errors import SealError
from directives.functions import Call
from directives.functions import Format
from directives.functions import Started
from directives.http import Endpoint
from directives.request import Redirect
from directives.request import redirect
from directives.settings import Settings
from directives.wire.references import FunctionReference
from directives.wire.untrusted import encode_cbor
from directives.wire.untrusted import encode_json
from tests.answering import scope_of
from tests.http.calling import CBOR
from tests.http.calling import JSON
from tests.http.calling import Server
from tests.http.calling import content
from tests.http.calling import error
from tests.http.calling import header
from tests.http.calling import request

REFERENCE = FunctionReference("an id")
ALLOWED_HEADERS = {
    "Allow", "Cache-Control", "Content-Length", "Content-Type", "Location", "X-Content-Type-Options",
    "X-Directives-Error",
}  # fmt: skip


async def echo(*args: Any) -> list[Any]:
    return list(args)


async def fail() -> None:
    raise ValueError("the database password is hunter2")


async def leave(url: str) -> None:
    raise Redirect(url)


async def leave_politely() -> None:
    redirect("/thanks?for=all&the=fish")


async def unserializable() -> Any:
    return {"rows": [1, object()]}


async def odd_message() -> None:
    raise ValueError("half a pair: \ud800")


async def cancelled() -> None:
    raise asyncio.CancelledError


@pytest.fixture
def server() -> Server:
    return Server(
        {
            "echo": echo,
            "fail": fail,
            "leave": leave,
            "leave_politely": leave_politely,
            "unserializable": unserializable,
            "cancelled": cancelled,
            "odd_message": odd_message,
        }
    )


@pytest.mark.parametrize("media", [CBOR, JSON])
def test_a_call_is_answered_in_the_notation_it_came_in(server: Server, media: str) -> None:
    """Without an Accept header the reply has the content type of the call."""
    response = server.call("echo", 1, "two", (3,), media=media)
    assert (response.status, header(response, "content-type")) == (200, media)
    assert content(response) == {"ok": [1, "two", (3,)]}


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        ("application/json", JSON),
        ("application/cbor", CBOR),
        ("application/cbor;q=0.5, application/json", JSON),
        ("application/cbor-seq, application/cbor", CBOR),
        ("text/html, */*;q=0.8", CBOR),
        ("*/*", CBOR),
        ("image/png", CBOR),
        ("", CBOR),
        ("application/json;q=0, application/cbor;q=0.1", CBOR),
        (";;;,,,q=", CBOR),
    ],
)
def test_accept_chooses_the_notation(server: Server, accept: str, media: str) -> None:
    """Accept decides, by its weights; what it leaves open is the notation of the call."""
    assert header(server.call("echo", accept=accept), "content-type") == media


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json ;x=y"]
)
def test_parameters_of_a_content_type_do_not_matter(server: Server, content_type: str) -> None:
    """A media type is compared without case and parameters."""
    response = server.answer(request("/_directives/echo", b'{"args":[1]}', content_type=content_type))
    assert content(response) == {"ok": [1]}


@pytest.mark.parametrize(
    ("message", "call"),
    [
        ({}, Call("echo", (), {}, None)),
        ({"args": [1]}, Call("echo", (1,), {}, None)),
        ({"args": [REFERENCE]}, Call("echo", (REFERENCE,), {}, None, references=True)),
        ({"args": [], "kwargs": {"a": (1,)}, "bound": "sealed"}, Call("echo", (), {"a": (1,)}, "sealed")),
        ({"kwargs": {}, "bound": None}, Call("echo", (), {}, None)),
    ],
)
def test_dispatch_gets_the_call_as_it_was_sent(message: Any, call: Call) -> None:
    """Arguments, keyword arguments and sealed values arrive; parts that are missing are empty."""
    server = Server({"echo": lambda *args, **kwargs: echo(*args)})
    server.answer(request("/_directives/echo", encode_cbor(message), content_type=CBOR))
    server.answer(request("/_directives/echo", encode_json(message), content_type=JSON))
    assert server.calls == [call, call._replace(form=Format.JSON)]


@pytest.mark.parametrize(
    "message",
    [
        None, 1, "text", [], [[], {}], {"args": ()}, {"args": {}}, {"args": "ab"}, {"kwargs": []}, {"kwargs": {1: 2}},
        {"bound": 5}, {"bound": ["x"]}, {"args": [], "self": 1}, {"__class__": 1}, {1: 2}, {"kwargs": {"a": 1, 2: 3}},
    ],
)  # fmt: skip
@pytest.mark.parametrize("media", [CBOR, JSON])
def test_a_body_that_is_no_call_is_malformed(server: Server, message: Any, media: str) -> None:
    """Anything but the exact shape of a call is 400, and nothing is dispatched."""
    encode = encode_cbor if media == CBOR else encode_json
    assert error(server.answer(request("/_directives/echo", encode(message), content_type=media))) == (
        400,
        "malformed",
    )
    assert server.calls == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "The request is malformed: the body is not valid JSON."),
        (b'{"arg":[1]}', 'The request is malformed: the body is no call, which is an object of "args"'),
        (b'{"args":[{"$":["sett",[]]}]}', "The request is malformed: a tagged value has an unknown tag."),
        (b"[" * 500, "The request is larger than the server allows: the body is nested too deep."),
    ],
)
def test_what_is_wrong_with_a_message_is_said(server: Server, body: bytes, message: str) -> None:
    """Whoever writes a client learns which rule it broke, in words that tell nothing of the server."""
    reply = server.answer(request("/_directives/echo", body, content_type=JSON))
    assert content(reply)["error"]["message"].startswith(message)


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD", "OPTIONS", "DELETE", "post"])
def test_other_methods(server: Server, method: str) -> None:
    """Only POST calls; the answer says so."""
    response = server.call("echo", method=method)
    assert error(response) == (405, "method-not-allowed")
    assert header(response, "allow") == "POST"


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/mixed; boundary=x", "text/json"],
)
def test_other_content_types(server: Server, content_type: str) -> None:
    """What a page of another origin could send without asking first is refused."""
    response = server.answer(request("/_directives/echo", b"{}", content_type=content_type))
    assert error(response) == (415, "unsupported-media-type")
    assert error(server.answer(request("/_directives/echo", b"{}"))) == (415, "unsupported-media-type")


def test_the_body_limit(server: Server) -> None:
    """A body over the limit is refused before it is decoded."""
    server.settings = replace(server.settings, body_size_limit=30)
    assert server.call("echo", "x" * 10).status == 200
    assert error(server.call("echo", "x" * 30)) == (413, "too-large")
    assert error(server.answer(request("/_directives/echo", b"\xff" * 31, content_type=CBOR))) == (
        413,
        "too-large",
    )


def test_a_foreign_origin_is_refused_before_the_body_is_read(server: Server) -> None:
    """Nothing of such a request is looked at."""

    async def read(limit: int) -> bytes:
        raise AssertionError("the body was read")

    foreign = request("/_directives/echo", origin="https://evil.example", content_type=CBOR)._replace(
        read=read
    )
    assert error(server.answer(foreign)) == (403, "foreign-origin")
    assert server.calls == []


@pytest.mark.parametrize(
    "function_id",
    [
        "nope",
        "",
        "__class__",
        "toString",
        "../echo",
        "echo/",
        "echo.x",
        "ECHO",
        "еcho",
        "echo\x00",
        "a/b/c",
        "%65cho",
        "echo ",
    ],
)
def test_an_unknown_id_is_told_apart_from_the_applications_404(server: Server, function_id: str) -> None:
    """IDs are looked up exactly; a look-alike finds nothing."""
    assert error(server.call(function_id)) == (404, "unknown-function")


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (SealError("x"), (400, "seal")),
        (OutdatedPageError("x"), (409, "outdated")),
        (ArgumentsError([("x", "must be")]), (422, "arguments")),
        (RuntimeError("x"), (500, "internal")),
    ],
)
def test_what_dispatch_raises_has_its_status(raised: Exception, expected: tuple[int, str]) -> None:
    """Each refusal of dispatch is told apart by status and kind."""

    def refuse(call: Call) -> Started:
        raise raised

    endpoint = Endpoint(Settings(Path("/nowhere")), refuse, scope_of)
    response = asyncio.run(endpoint.handle(request("/_directives/x", b"{}", content_type=JSON)))
    assert error(response) == expected
    problems = content(response)["error"].get("problems")
    assert problems == ([{"path": "x", "reason": "must be"}] if expected[0] == 422 else None)


def test_refusals_raised_by_the_function_itself_are_its_failures() -> None:
    """A function whose own calls are refused has failed; its caller did nothing wrong."""

    async def calls_another() -> None:
        raise ArgumentsError([("secret", "of the inner call")])

    response = Server({"f": calls_another}).call("f")
    assert error(response) == (500, "internal")
    assert b"inner call" not in bytes(response.body)  # type: ignore[arg-type]


def test_failures_are_masked_and_logged_under_a_digest(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller gets a generic message and a digest; the log has the traceback under the same digest."""
    with caplog.at_level(logging.ERROR, "directives"):
        response = server.call("fail", media=JSON)
    told = content(response)["error"]
    assert set(told) == {"kind", "message", "digest"}
    assert b"hunter2" not in bytes(response.body)  # type: ignore[arg-type]
    (record,) = caplog.records
    assert told["digest"] in record.getMessage()
    assert record.exc_info is not None
    assert "hunter2" in str(record.exc_info[1])


def test_debugging_adds_the_traceback_to_the_same_shape(server: Server) -> None:
    """Development and production replies differ by one key."""
    plain = content(server.call("fail"))["error"]
    server.settings = replace(server.settings, debug=True)
    told = content(server.call("fail"))["error"]
    assert set(told) - set(plain) == {"traceback"}
    assert "hunter2" in told["traceback"]
    assert "in fail" in told["traceback"]


def test_a_traceback_that_is_no_unicode_text(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever an exception says, the reply can be sent."""
    caplog.set_level(logging.CRITICAL, "directives")  # pytest-xdist cannot carry such a log to its parent
    server.settings = replace(server.settings, debug=True)
    assert "half a pair: \\ud800" in content(server.call("odd_message", media=JSON))["error"]["traceback"]


def test_an_encode_error_of_the_function_is_its_failure() -> None:
    """Only our own attempt to send the result is called that."""

    async def encodes() -> bytes:
        return encode_cbor(object())

    assert error(Server({"f": encodes}).call("f")) == (500, "internal")


def test_a_result_that_cannot_be_sent(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    """The log names path and type; the caller learns them in debug alone."""
    response = server.call("unserializable")
    assert error(response) == (500, "unserializable-result")
    assert b"rows" not in bytes(response.body)  # type: ignore[arg-type]
    assert "result.rows[1]: object cannot travel" in caplog.text
    server.settings = replace(server.settings, debug=True)
    assert (
        "result.rows[1]: object cannot travel" in content(server.call("unserializable"))["error"]["traceback"]
    )


def test_a_function_that_cancels_itself_has_failed(server: Server) -> None:
    """CancelledError out of the function is an error like others."""
    assert error(server.call("cancelled")) == (500, "internal")


def test_a_cancelled_request_stays_cancelled() -> None:
    """When the server cancels the request, the function is cancelled and no reply is made."""
    stopped = []

    async def slow() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            stopped.append(True)
            raise

    server = Server({"slow": slow})
    endpoint = Endpoint(server.settings, server.dispatch, scope_of)

    async def main() -> None:
        task = asyncio.create_task(endpoint.handle(request("/_directives/slow", b"{}", content_type=JSON)))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert stopped == [True]


def test_a_redirect_is_told_to_programs(server: Server) -> None:
    """A program gets the address as data and decides itself."""
    response = server.call("leave_politely", media=JSON)
    assert (response.status, content(response)) == (200, {"redirect": "/thanks?for=all&the=fish"})


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "/a\r\nSet-Cookie: x=1", "java\tscript:x", "data:text/html,x", "", "/\\evil"],
)
def test_a_redirect_made_by_hand_is_checked_too(server: Server, url: str) -> None:
    """Where nobody may be sent, nobody is sent."""
    assert error(server.call("leave", url)) == (500, "internal")


def test_every_reply_has_no_store_and_only_known_headers(server: Server) -> None:
    """Replies of every kind carry ``Cache-Control: no-store`` and nothing but the headers on the list."""
    responses = [
        server.call("echo"),
        server.call("fail"),
        server.call("unserializable"),
        server.call("leave_politely"),
        server.call("nope"),
        server.call("echo", method="GET"),
        server.call("echo", origin="null"),
        server.submit("_directives=echo"),
        server.submit("_directives=leave_politely"),
        server.submit("_directives=nope"),
        server.answer(request("/_directives/echo", b"x")),
    ]
    for response in responses:
        assert header(response, "cache-control") == "no-store"
        assert header(response, "x-content-type-options") == "nosniff"
        assert {name for name, _ in response.headers} <= ALLOWED_HEADERS


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("POST", "/", ""),
        ("POST", "/_directivesX/abc", ""),
        ("POST", "/_directives", ""),
        ("GET", "/page", "_directives=abc"),
        ("POST", "/page", "x_directives=abc"),
        ("POST", "/page", "a=_directives=abc"),
        ("POST", "/page", "%5Fdirectives=abc"),
    ],
)
def test_what_is_not_ours(server: Server, method: str, path: str, query: str) -> None:
    """Everything else belongs to the application."""
    endpoint = Endpoint(server.settings, server.dispatch, scope_of)
    assert not endpoint.claims(method, path, query)


def test_a_request_shows_no_secrets() -> None:
    """Its repr has neither headers nor query."""
    shown = repr(request("/page", query="_directives=x.sealed", cookie="session=abc"))
    assert shown == "<HttpRequest POST /page>"


def test_another_path_of_the_endpoint() -> None:
    """The setting ``endpoint`` moves it."""
    server = Server({"echo": echo}, Settings(Path("/nowhere"), endpoint="/rpc/v1"))
    assert content(server.answer(request("/rpc/v1/echo", b'{"args":[1]}', content_type=JSON))) == {"ok": [1]}
