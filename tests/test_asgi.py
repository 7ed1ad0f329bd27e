"""The ASGI middleware: real server functions behind it, a real application beside it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable
from types import ModuleType
from typing import Any

import pytest

from directives.asgi import DirectivesMiddleware
from directives.errors import SettingsError
from directives.runtime import runtime
from directives.settings import Settings
from directives.wire.budget import Budget
from directives.wire.untrusted import decode_cbor
from directives.wire.untrusted import decode_json
from directives.wire.untrusted import encode_cbor
from directives.wire.untrusted import encode_json
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

CBOR, JSON = "application/cbor", "application/json"
GOOD = encode_cbor({"args": [1]})

SHOP = """
    "use server"
    import asyncio
    from directives.request import connection, cookies, headers, redirect, search_params

    ended = []

    async def echo(value, *, times: int = 1):
        return [value] * times

    async def fail():
        raise ValueError("secret-of-the-function")

    async def look():
        connection()
        return [cookies().get("name"), headers().get("x-name"), search_params().get("q"), id(asyncio.current_task())]

    async def count(to: int):
        for number in range(to):
            yield number

    async def endless():
        try:
            while True:
                await asyncio.sleep(0.01)
                yield 1
        finally:
            ended.append("stream")

    async def sleep():
        try:
            await asyncio.sleep(30)
        finally:
            ended.append("sleep")

    async def save(form):
        redirect("/saved?name=" + form["name"])

    __all__ = ["echo", "fail", "look", "count", "endless", "sleep", "save"]
"""


async def pages(scope: Any, receive: Any, send: Any) -> None:
    """An application beside the endpoint."""
    from directives.request import search_params

    if scope["type"] != "http":
        await send({"type": f"{scope['type']}.seen"})
        return
    text = f"{scope['method']} {scope['path']} {search_params().get('q')}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": text})


class Reply:
    """What the server was sent.

    Attributes:
        status: The status.
        headers: The headers, by their names in small letters.
        body: All of the body.
    """

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.other: list[str] = []

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            assert all(name == name.lower() for name in self.headers)
        elif message["type"] == "http.response.body":
            self.body += message["body"]
        else:
            self.other.append(message["type"])

    @property
    def content(self) -> Any:
        decode = decode_cbor if self.headers["content-type"] == CBOR else decode_json
        return decode(self.body, Budget())


def scope_of(path: str, method: str = "POST", query: str = "", **headers: str) -> dict[str, Any]:
    fields = {"host": "localhost", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in fields.items()],
    }


def ask(
    scope: dict[str, Any], pieces: Iterable[bytes] = (b"",), gone_after: float | None = None, app: Any = pages
) -> Reply:
    """One request to the middleware around an application; its caller may go away after some seconds."""

    async def main() -> Reply:
        reply = Reply()
        left = list(pieces)

        async def receive() -> Any:
            if left:
                return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}
            await asyncio.sleep(60 if gone_after is None else gone_after)
            return {"type": "http.disconnect"}

        await asyncio.wait_for(DirectivesMiddleware(app, runtime)(scope, receive, reply.send), 10)
        return reply

    return asyncio.run(main())


def call(function: Any, *args: Any, media: str = CBOR, query: str = "", **headers: str) -> Reply:
    encode = encode_cbor if media == CBOR else encode_json
    function_id = function if isinstance(function, str) else function.id
    scope = scope_of(f"/_directives/{function_id}", query=query, content_type=media, **headers)
    return ask(scope, [encode({"args": list(args)})])


@pytest.fixture
def shop(load: Load) -> ModuleType:
    return load(SHOP)


@pytest.mark.parametrize("media", [CBOR, JSON])
def test_a_call(shop: ModuleType, media: str) -> None:
    """A server function is called over ASGI and its result comes back."""
    reply = call(shop.echo, {"n": (1, b"x")}, media=media)
    assert (reply.status, reply.headers["content-type"]) == (200, media)
    assert reply.headers["cache-control"] == "no-store"
    assert reply.content == {"ok": [{"n": (1, b"x")}]}


def test_other_requests_reach_the_application(shop: ModuleType) -> None:
    """Pages are the application's, and know their request; so are sockets and the lifespan."""
    assert ask(scope_of("/page", "GET", "q=1")).body == b"GET /page 1"
    assert ask(scope_of("/_directivesX")).body == b"POST /_directivesX None"
    assert ask({"type": "lifespan"}).other == ["lifespan.seen"]


def test_the_application_reads_its_own_body(shop: ModuleType) -> None:
    """Nothing of it has been taken."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": message["body"]})

    assert ask(scope_of("/page", content_type=CBOR), [GOOD], app=app).body == GOOD


def test_a_function_sees_its_request(shop: ModuleType) -> None:
    """Cookies, headers and parameters are there, in the task of the request."""
    reply = call(shop.look, query="q=gr%C3%BCn", cookie="name=me", x_name="you")
    assert reply.content["ok"][:3] == ["me", "you", "grün"]


def test_cookies_that_come_in_several_headers_are_one(shop: ModuleType) -> None:
    """HTTP/2 may send them so; what one server puts together, another hands on (RFC 9113, 8.2.3)."""
    scope = scope_of("/_directives/" + shop.look.id, content_type="application/json", cookie="a=1")
    scope["headers"].append((b"cookie", b"name=me"))
    assert ask(scope, [encode_json({"args": []})]).content["ok"][0] == "me"


def test_a_plain_function_runs_in_a_thread(load: Load, settings: Settings) -> None:
    """The loop goes on meanwhile; the function has its request all the same, and so has a plain generator."""
    import sys

    from directives.compiler import CompilerSettings
    from directives.compiler import compile_module

    source = """
'use server'
import threading
from directives.request import headers
def where():
    return [threading.get_ident(), headers()["x-name"]]
def each():
    yield threading.get_ident()
"""
    compiled = compile_module(
        source, "plain_shop", "plain.py", settings=CompilerSettings(allow_sync_server_functions=True)
    )
    module = ModuleType("plain_shop")
    sys.modules["plain_shop"] = module
    try:
        assert compiled.half is not None
        exec(compile(compiled.half.tree, "plain.py", "exec"), module.__dict__)
        thread, name = call(module.where, x_name="me").content["ok"]
        assert (thread != threading.get_ident(), name) == (True, "me")
        reply = call(module.each, media=JSON, accept="application/jsonl")
        assert decode_json(reply.body.splitlines()[0], Budget())["ok"] != threading.get_ident()
    finally:
        del sys.modules["plain_shop"]
        runtime.functions.forget("plain_shop")


def test_a_form_and_its_way_back(shop: ModuleType) -> None:
    """A plain form posts to its page, and the browser is sent on, below the path the application is mounted at."""
    form = {"content_type": "application/x-www-form-urlencoded"}
    reply = ask(scope_of("/page", query=str(shop.save)[1:], **form), [b"name=", b"x"])
    assert (reply.status, reply.headers["location"]) == (303, "/saved?name=x")
    mounted = scope_of("/shop/page", query=str(shop.echo)[1:], **form) | {"root_path": "/shop"}
    assert ask(mounted, [b"a=1"]).headers["location"] == "/shop/page"


def test_the_endpoint_below_a_mount(shop: ModuleType) -> None:
    """The path that the application is mounted at does not count."""
    scope = scope_of(f"/shop/_directives/{shop.echo.id}", content_type=CBOR) | {"root_path": "/shop"}
    assert ask(scope, [GOOD]).content == {"ok": [1]}


def test_a_stream(shop: ModuleType) -> None:
    """An async generator is sent item by item."""
    reply = call(shop.count, 3, media=JSON, accept="application/jsonl")
    assert reply.body == b'{"ok":0}\n{"ok":1}\n{"ok":2}\n'


def gone(function: Any) -> Reply:
    return ask(scope_of(f"/_directives/{function.id}", content_type=JSON), [b"{}"], gone_after=0.02)


def test_a_caller_that_goes_away(shop: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    """What runs for it is cancelled, a stream closed, and nobody calls that an error."""
    assert gone(shop.sleep).status == 0
    assert gone(shop.endless).body.startswith(b'{"ok":1}\n')
    assert shop.ended == ["sleep", "stream"]
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_call_past_its_deadline(shop: ModuleType) -> None:
    """It is answered with 504, and the function cancelled."""
    assert call(shop.sleep, x_directives_timeout="20").status == 504
    assert shop.ended == ["sleep"]


def test_a_server_that_stops_a_request(shop: ModuleType) -> None:
    """A cancellation from outside goes through."""

    async def main() -> None:
        left = [{"type": "http.request", "body": b"{}", "more_body": False}]

        async def receive() -> Any:
            if not left:
                await asyncio.sleep(60)
            return left.pop()

        app = DirectivesMiddleware(pages, runtime)
        scope = scope_of(f"/_directives/{shop.sleep.id}", content_type=JSON)
        task = asyncio.ensure_future(app(scope, receive, Reply().send))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert shop.ended == ["sleep"]


@pytest.mark.parametrize(
    ("pieces", "headers", "status"),
    [
        ([GOOD[:3], GOOD[3:]], {}, 200),
        ([GOOD, b""], {"content_length": str(len(GOOD))}, 200),
        ([b"x" * (1 << 19)] * 3, {}, 413),
        ([GOOD], {"content_length": str(1 << 30)}, 413),
        ([GOOD], {"content_length": "9" * 5000}, 413),
        ([GOOD], {"content_length": "+5"}, 400),
        ([], {}, 400),
    ],
)
def test_bodies_and_their_lengths(
    shop: ModuleType, pieces: list[bytes], headers: dict[str, str], status: int
) -> None:
    """A body comes in pieces; the limit holds with an announced length and without; a sender may go in the middle."""
    scope = scope_of(f"/_directives/{shop.echo.id}", content_type=CBOR, **headers)
    assert ask(scope, pieces, gone_after=0).status == status


@pytest.mark.parametrize(
    ("headers", "read"),
    [
        ({}, 4),
        ({"content_length": str(2 << 20)}, 4),
        ({"content_length": str(1 << 30)}, 0),
        ({"expect": "100-continue", "content_length": str(2 << 20)}, 0),
    ],
)
def test_a_refused_body_is_read_on_within_reason(
    shop: ModuleType, headers: dict[str, str], read: int
) -> None:
    """Else a client that is still sending would see a broken connection instead of its answer."""
    taken: list[bytes] = []

    scope = scope_of(f"/_directives/{shop.echo.id}", content_type=CBOR, **headers)

    async def main() -> int:
        reply = Reply()

        async def receive() -> Any:
            taken.append(b"x" * (1 << 19))
            return {"type": "http.request", "body": taken[-1], "more_body": len(taken) < 4}

        await DirectivesMiddleware(pages, runtime)(scope, receive, reply.send)
        return reply.status

    assert (asyncio.run(main()), len(taken)) == (413, read)


def test_a_multipart_form(shop: ModuleType) -> None:
    """Its files and fields arrive, piece by piece."""
    body = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nyou\r\n--x--\r\n'
    scope = scope_of("/page", query=str(shop.save)[1:], content_type="multipart/form-data; boundary=x")
    assert ask(scope, [body[:20], body[20:]]).headers["location"] == "/saved?name=you"


def test_no_reply_tells_what_failed(shop: ModuleType) -> None:
    """A failure is masked as over WSGI."""
    reply = call(shop.fail)
    assert (reply.status, b"secret" in reply.body) == (500, False)


def test_many_calls_on_one_loop(shop: ModuleType) -> None:
    """They run at the same time, each in its own request."""

    async def main() -> list[str]:
        app = DirectivesMiddleware(pages, runtime)

        async def one(number: int) -> str:
            reply = Reply()
            sent = iter([{"type": "http.request", "body": b"{}", "more_body": False}])

            async def receive() -> Any:
                return next(sent)

            scope = scope_of(f"/_directives/{shop.look.id}", content_type=JSON, x_name=str(number))
            await app(scope, receive, reply.send)
            name: str = reply.content["ok"][1]
            return name

        return await asyncio.gather(*map(one, range(50)))

    assert asyncio.run(main()) == [str(number) for number in range(50)]


def starlette_app(shop: ModuleType) -> Any:
    from starlette.applications import Starlette
    from starlette.middleware import Middleware
    from starlette.responses import PlainTextResponse
    from starlette.routing import Mount
    from starlette.routing import Route

    async def page(request: Any) -> Any:
        return PlainTextResponse(f"page {await shop.echo(1)}")

    inner = Starlette(routes=[Route("/page", page)], middleware=[Middleware(DirectivesMiddleware)])
    return Starlette(routes=[Mount("/shop", inner)])


def test_around_a_starlette_application(shop: ModuleType) -> None:
    """As a middleware of Starlette's own, and mounted."""
    from httpx import ASGITransport
    from httpx import AsyncClient

    async def main() -> tuple[str, Any]:
        transport = ASGITransport(starlette_app(shop))
        async with AsyncClient(transport=transport, base_url="http://localhost/shop") as client:
            page = await client.get("/page")
            reply = await client.post(f"/_directives/{shop.echo.id}", json={"args": [2]})
            return page.text, reply.json()

    assert asyncio.run(main()) == ("page [1]", {"ok": [2]})


@pytest.mark.parametrize("header", ["idempotency_key", "x_directives_timeout"])
def test_headers_of_the_protocol_reach_the_endpoint(shop: ModuleType, header: str) -> None:
    """One that cannot be read is refused rather than passed over."""
    assert call(shop.echo, 1, **{header: "60000"}).status == 200
    assert call(shop.echo, 1, **{header: "a,b"}).content["error"]["kind"] == "malformed"


async def lifespan(app: Any, sent: list[str]) -> None:
    """Start and stop an application as a server does; what it sends is added to ``sent``."""
    told = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])

    async def receive() -> Any:
        return next(told)

    async def send(message: Any) -> None:
        sent.append(message.get("message", message["type"]))

    await app({"type": "lifespan"}, receive, send)


class Between:
    """A middleware of somebody else's; who looks for what is inside of it finds nothing."""

    def __init__(self, inside: Any) -> None:
        self.inside = inside

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.inside(scope, receive, send)


@pytest.mark.parametrize("between", [lambda app: app, Between])
def test_two_of_them(settings: Settings, between: Any) -> None:
    """The server's start fails, and the message says what to do; a test client, which reads none, has an error to raise."""
    app = DirectivesMiddleware(between(DirectivesMiddleware(pages, runtime)), runtime)
    sent: list[str] = []
    with pytest.raises(SettingsError, match="served twice"):
        asyncio.run(lifespan(app, sent))
    (said,) = sent
    assert "take one of them away" in said


def test_an_application_of_the_other_interface() -> None:
    """An error at once rather than with each request, and the middleware that it wants."""
    from flask import Flask

    with pytest.raises(SettingsError, match=r"^Flask cannot be called .* wrap it in directives\.wsgi\.Dir"):
        DirectivesMiddleware(Flask("shop"))  # type: ignore[arg-type]


def test_a_page_of_cached_results(load: Load) -> None:
    """Its response says how long it may be kept; one that uses none goes out as the application wrote it."""
    module = load("""
        def stock():
            "use cache"
            return 1
    """)
    written = [(b"content-type", b"text/html")]

    def app(uses: Any) -> Any:
        async def answer(scope: Any, receive: Any, send: Any) -> None:
            uses()
            await send({"type": "http.response.start", "status": 200, "headers": written})
            await send({"type": "http.response.body", "body": b""})

        return answer

    assert ask(scope_of("/", "GET"), app=app(int)).headers == {"content-type": "text/html"}
    assert "x-directives-stale-time" in ask(scope_of("/", "GET"), app=app(module.stock)).headers
