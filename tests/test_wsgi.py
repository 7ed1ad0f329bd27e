"""The middleware: real server functions behind it, a real application beside it."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from werkzeug.test import Client
from werkzeug.test import TestResponse
from werkzeug.test import create_environ
from werkzeug.wrappers import Request
from werkzeug.wrappers import Response

from directives.errors import SettingsError
from directives.runtime import Runtime
from directives.runtime import runtime
from directives.settings import Settings
from directives.wire.budget import Budget
from directives.wire.untrusted import decode_cbor
from directives.wire.untrusted import decode_json
from directives.wire.untrusted import encode_cbor
from directives.wire.untrusted import encode_json
from directives.wsgi import DirectivesMiddleware
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

CBOR, JSON = "application/cbor", "application/json"
of_the_server: ContextVar[str] = ContextVar("of_the_server")

SHOP = """
    "use server"
    import threading
    from directives.request import connection, cookies, headers, redirect, search_params

    async def echo(value, *, times: int = 1):
        return [value] * times

    async def fail():
        raise ValueError("secret-of-the-function")

    async def count(to: int):
        for number in range(to):
            yield number

    async def look():
        connection()
        return [cookies().get("name"), headers().get("x-name"), search_params().get("q"), threading.get_ident()]

    async def apply(function, value):
        return await function(value)

    async def give():
        return {"function": echo}

    async def save(form):
        redirect("/saved?name=" + form["name"])
"""


def pages(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """An application beside the endpoint."""
    from directives.request import search_params

    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']} {search_params().get('q')}".encode()]


@pytest.fixture
def shop(load: Load) -> ModuleType:
    return load(SHOP)


@pytest.fixture
def client(shop: ModuleType) -> Client:
    return Client(DirectivesMiddleware(pages, runtime))


def call(client: Client, function: Any, *args: Any, media: str = CBOR, **options: Any) -> TestResponse:
    encode = encode_cbor if media == CBOR else encode_json
    function_id = function if isinstance(function, str) else function.id
    data = encode({"args": list(args)})
    return client.post(f"/_directives/{function_id}", data=data, content_type=media, **options)


def content(response: TestResponse) -> Any:
    decode = decode_cbor if response.mimetype == CBOR else decode_json
    return decode(response.data, Budget())


@pytest.mark.parametrize("media", [CBOR, JSON])
def test_a_call(client: Client, shop: ModuleType, media: str) -> None:
    """A server function is called over WSGI and its result comes back."""
    response = call(client, shop.echo, {"n": (1, b"x")}, media=media)
    assert (response.status, response.mimetype) == ("200 OK", media)
    assert content(response) == {"ok": [{"n": (1, b"x")}]}


def test_keyword_arguments(client: Client, shop: ModuleType) -> None:
    """They arrive by name."""
    body = encode_json({"args": ["x"], "kwargs": {"times": 2}})
    assert content(client.post(f"/_directives/{shop.echo.id}", data=body, content_type=JSON)) == {
        "ok": ["x", "x"]
    }


def test_arguments_that_do_not_fit(client: Client, shop: ModuleType) -> None:
    """422 lists each of them with its path."""
    body = encode_json({"args": [], "kwargs": {"colour": 1}})
    response = client.post(f"/_directives/{shop.echo.id}", data=body, content_type=JSON)
    assert response.status_code == 422
    assert {problem["path"] for problem in content(response)["error"]["problems"]} == {"value", "colour"}


def test_other_requests_reach_the_application(client: Client, shop: ModuleType) -> None:
    """Pages are the application's, and know their request."""
    assert client.get("/page?q=1").text == "GET /page 1"
    assert client.post("/_directivesX").text == "POST /_directivesX None"
    assert client.get(f"/page?_directives={shop.echo.id}").text == "GET /page None"


def test_a_page_has_its_request_only_while_it_is_answered(client: Client) -> None:
    """Afterwards the thread has no current request."""
    from directives.errors import NoRequestError
    from directives.request import headers

    client.get("/")
    with pytest.raises(NoRequestError):
        headers()


def test_a_function_sees_its_request_and_runs_in_its_thread(client: Client, shop: ModuleType) -> None:
    """Cookies, headers and parameters are there; the thread is the request's."""
    client.set_cookie("name", "me")
    response = call(client, shop.look, headers={"X-Name": "you"}, query_string="q=1")
    assert content(response) == {"ok": ["me", "you", "1", threading.get_ident()]}


def test_context_variables_of_the_server_are_seen(load: Load) -> None:
    """What middleware around us set in its context is there."""
    module = load("""
        "use server"
        async def look():
            from tests.test_wsgi import of_the_server
            return of_the_server.get()
    """)
    token = of_the_server.set("set outside")
    try:
        assert content(call(Client(DirectivesMiddleware(pages)), module.look)) == {"ok": "set outside"}
    finally:
        of_the_server.reset(token)


def test_a_form_and_its_way_back(client: Client, shop: ModuleType) -> None:
    """A plain form posts to its page, and the browser is sent on."""
    response = client.post(f"/page{shop.save}", data={"name": "x"})
    assert (response.status_code, response.location) == (303, "/saved?name=x")


def test_a_captured_value_comes_back_by_a_form(load: Load) -> None:
    """A nested function gets what it captured, and the form's fields."""
    module = load("""
        seen = []
        def page(product):
            async def buy(form):
                "use server"
                seen.append((product, form["n"]))
            return buy
    """)
    client = Client(DirectivesMiddleware(pages))
    action = str(module.page("tea"))
    response = client.post(f"/products/1?tab=2&{action[1:]}", data={"n": "3"})
    assert (response.status_code, response.location) == (303, "/products/1?tab=2")
    assert module.seen == [("tea", "3")]
    assert client.post(f"/products/1{action[:-4]}AAAA", data={"n": "3"}).status_code == 400
    assert len(module.seen) == 1


def test_mounted_below_another_path(shop: ModuleType) -> None:
    """The way back from a form has the path that the application is mounted at."""
    client = Client(DirectivesMiddleware(pages))
    response = client.post(
        f"/page?_directives={shop.echo.id}", data={"a": "1"}, base_url="http://localhost/shop"
    )
    assert (response.status_code, response.location) == (303, "/shop/page")


def test_functions_travel_both_ways(client: Client, shop: ModuleType) -> None:
    """A server function passed as an argument can be called; one in a result arrives as a reference."""
    response = call(client, shop.give)
    (reference,) = content(response)["ok"].values()
    assert reference.id == shop.echo.id
    assert content(call(client, shop.apply, reference, 5)) == {"ok": [5]}


@pytest.mark.parametrize("function_id", ["nope", "__class__", "shop.actions.echo"])
def test_a_reference_to_nothing(client: Client, shop: ModuleType, function_id: str) -> None:
    """A reference among the arguments is looked up as exactly as the function called."""
    from directives.wire.references import FunctionReference

    response = call(client, shop.apply, FunctionReference(function_id), 5)
    assert response.status_code == 422
    assert [problem["path"] for problem in content(response)["error"]["problems"]] == ["args[0]"]


def test_a_stream(client: Client, shop: ModuleType) -> None:
    """An async generator is sent item by item, and closed when the server closes the reply."""
    response = call(client, shop.count, 3, media=JSON, headers={"Accept": "application/jsonl"})
    assert response.mimetype == "application/jsonl"
    assert response.data == b'{"ok":0}\n{"ok":1}\n{"ok":2}\n'


def test_a_client_that_leaves_a_stream(load: Load) -> None:
    """Closing the WSGI iterable closes the function's generator."""
    module = load("""
        "use server"
        ended = []
        async def endless():
            try:
                while True:
                    yield 1
            finally:
                ended.append(True)
        __all__ = ["endless"]
    """)
    environ = create_environ(
        f"/_directives/{module.endless.id}", method="POST", data=b"{}", content_type=JSON
    )
    body: Any = DirectivesMiddleware(pages)(environ, lambda status, headers, exc_info=None: bytes.join)
    iterator = iter(body)
    assert next(iterator) == b'{"ok":1}\n'
    body.close()
    assert module.ended == [True]


class Counted(io.BytesIO):
    """A body that counts what is read of it."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


def raw(shop: ModuleType, body: Counted, **environ: Any) -> int:
    """The status of a call with a hand-made environ."""
    made = create_environ(f"/_directives/{shop.echo.id}", method="POST", content_type=CBOR)
    made.pop("CONTENT_LENGTH", None)
    made.update({"wsgi.input": body, **environ})
    statuses: list[str] = []
    list(DirectivesMiddleware(pages)(made, lambda status, headers, exc_info=None: statuses.append(status)))  # type: ignore[arg-type, func-returns-value]
    return int(statuses[0][:3])


GOOD = encode_cbor({"args": [1]})


def test_bodies_and_their_lengths(shop: ModuleType) -> None:
    """A body is read to its announced length, or to its end where the server ends it."""
    assert raw(shop, Counted(GOOD), CONTENT_LENGTH=str(len(GOOD))) == 200
    assert raw(shop, Counted(GOOD + b"next request"), CONTENT_LENGTH=str(len(GOOD))) == 200
    assert raw(shop, Counted(GOOD), **{"wsgi.input_terminated": True}) == 200
    assert raw(shop, Counted(GOOD)) == 400
    assert raw(shop, Counted(GOOD[:-1]), CONTENT_LENGTH=str(len(GOOD))) == 400


@pytest.mark.parametrize("length", ["-1", "+5", "5.0", "0x5", "five", "٥", " 5", "1_0"])
def test_lengths_that_are_none(shop: ModuleType, length: str) -> None:
    """They are malformed, and nothing is read."""
    body = Counted(GOOD)
    assert (raw(shop, body, CONTENT_LENGTH=length), body.taken) == (400, 0)


def test_too_large_bodies_are_not_read(shop: ModuleType) -> None:
    """An announced size over the limit is refused as such; without one, reading stops at the limit."""
    announced = Counted(b"x" * 10)
    assert (raw(shop, announced, CONTENT_LENGTH=str(1 << 30)), announced.taken) == (413, 0)
    assert raw(shop, Counted(b""), CONTENT_LENGTH="9" * 5000) == 413
    endless = Counted(b"x" * (3 << 20))
    assert raw(shop, endless, **{"wsgi.input_terminated": True}) == 413
    assert endless.taken <= (1 << 20) + 1


def test_a_refused_body_is_read_on_within_reason(shop: ModuleType) -> None:
    """Else a client that is still sending would see a broken connection instead of its answer."""
    size = 2 << 20
    body = Counted(b"x" * size + b"next request")
    assert (raw(shop, body, CONTENT_LENGTH=str(size)), body.taken) == (413, size)
    waiting = Counted(b"x" * size)
    assert raw(shop, waiting, CONTENT_LENGTH=str(size), HTTP_EXPECT="100-continue") == 413
    assert waiting.taken == 0


def test_hostile_bodies_leave_the_next_call_alone(
    client: Client, shop: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever comes in is a 4xx without an error in the log, and the next good call is answered."""
    from tests.wire.test_hostile import MALFORMED_CBOR
    from tests.wire.test_hostile import MALFORMED_JSON
    from tests.wire.test_hostile import MALFORMED_TAGGED
    from tests.wire.test_hostile import NESTED

    url = f"/_directives/{shop.echo.id}"
    bodies = [(CBOR, data) for data in (*MALFORMED_CBOR.values(), *MALFORMED_TAGGED.values())]
    bodies += [(JSON, data) for data in MALFORMED_JSON.values()]
    bodies += [(media, data) for media in (CBOR, JSON) for _, data in NESTED.values()]
    bodies += [
        (CBOR, encode_cbor(value))
        for value in (None, [], "x", {"args": 1}, {"kwargs": {"": 1}}, {"args": [1] * 9})
    ]
    for media, data in bodies:
        assert 400 <= client.post(url, data=data, content_type=media).status_code < 500
    assert caplog.records == []
    assert content(call(client, shop.echo, 1)) == {"ok": [1]}


@pytest.mark.parametrize(
    "function_id",
    [
        "__class__",
        "__init__",
        "toString",
        "..",
        "../../etc/passwd",
        "%2e%2e",
        "еcho",
        "echo\u200b",
        "\x00",
        "{}",
        "x" * 5000,
        "ünïcödé",
    ],
)
def test_look_alike_ids(client: Client, function_id: str) -> None:
    """An ID that is none is 404 of its own kind."""
    response = call(client, function_id.replace("%", "%25"))
    assert (response.status_code, response.headers["x-directives-error"]) == (404, "unknown-function")


def test_new_settings_are_used_at_once(client: Client, shop: ModuleType, settings: Settings) -> None:
    """``configure`` while serving takes effect with the next request."""
    runtime.configure(endpoint="/elsewhere", debug=True)
    assert call(client, shop.echo, 1).data == b"POST /_directives/" + shop.echo.id.encode() + b" None"
    body = encode_json({"args": []})
    assert (
        "secret-of-the-function"
        in client.post(f"/elsewhere/{shop.fail.id}", data=body, content_type=JSON).text
    )


def test_many_threads_at_once(shop: ModuleType) -> None:
    """Each request has its own thread's loop; none waits for another's."""
    app = DirectivesMiddleware(pages)
    barrier = threading.Barrier(8, timeout=10)
    results: list[Any] = []

    def work(number: int) -> None:
        client = Client(app)
        barrier.wait()
        results.extend(content(call(client, shop.echo, number))["ok"] for _ in range(10))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == sorted([number] for number in range(8) for _ in range(10))


def test_within_a_running_loop(client: Client, shop: ModuleType) -> None:
    """A WSGI server that runs in a loop's own thread is served beside the loop."""
    import asyncio

    async def main() -> Any:
        return content(call(client, shop.echo, 1))

    assert asyncio.run(main()) == {"ok": [1]}


def test_no_reply_tells_a_path_or_a_key(client: Client, shop: ModuleType) -> None:
    """Outside of debugging no failure shows a file, a class, source or key material."""
    replies = [
        call(client, shop.fail),
        call(client, "nope"),
        call(client, shop.echo, 1, 2, 3),
        client.post(f"/_directives/{shop.echo.id}", data=b"\xff", content_type=CBOR),
        client.get(f"/_directives/{shop.echo.id}"),
        client.post(f"/page?_directives={shop.fail.id}", data={"a": "1"}),
    ]
    for response in replies:
        assert response.status_code >= 400
        for hint in (b"Traceback", b".py", b"/", b"secret", b"Error(", b"ValueError", b"first secret"):
            assert hint not in response.data.replace(b"application/", b"")


def test_the_settings_file_decides_without_code(tmp_path: Path) -> None:
    """Left out, the runtime is the process's own."""
    assert Client(DirectivesMiddleware(pages)).get("/x").status_code == 200


def test_a_form_of_a_page_that_is_sent_twice_runs_once(load: Load) -> None:
    """The page that the application makes gives each form a key; the next page is another form."""
    module = load("""
        liked = []
        def page(tea):
            async def like(form):
                "use server"
                liked.append(tea)
            return like
    """)

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(module.page("sencha")).encode()]

    client = Client(DirectivesMiddleware(app))
    action = client.get("/tea").text
    for _ in range(3):
        assert client.post(f"/tea{action}", data={"a": "1"}).location == "/tea"
    assert module.liked == ["sencha"]
    client.post(f"/tea{client.get('/tea').text}", data={"a": "1"})
    assert module.liked == ["sencha", "sencha"]


def test_a_call_that_comes_twice_at_the_same_time_runs_once(load: Load) -> None:
    """On the threads of a server, each with a loop of its own."""
    module = load("""
        "use server"
        import asyncio
        ran = []
        async def order(tea):
            ran.append(tea)
            await asyncio.sleep(0.05)
            return len(ran)
        __all__ = ["order"]
    """)
    app = DirectivesMiddleware(pages)

    def call(_: int) -> bytes:
        return (
            Client(app)
            .post(
                f"/_directives/{module.order.id}",
                data=encode_cbor({"args": ["sencha"]}),
                content_type=CBOR,
                headers={"Idempotency-Key": '"k"'},
            )
            .data
        )

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(call, range(4))) == [encode_cbor({"ok": 1})] * 4
    assert module.ran == ["sencha"]


class Proxy:
    """A middleware of somebody else's, as werkzeug's own ones are made."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def __call__(self, environ: Any, start_response: Any) -> Any:
        return self.app(environ, start_response)


def test_two_of_them() -> None:
    """An error at once, which says what to do; with something between them, too."""
    for inside in (DirectivesMiddleware(pages), Proxy(DirectivesMiddleware(pages))):
        with pytest.raises(SettingsError, match="served twice.*take one of them away"):
            DirectivesMiddleware(inside)


def test_an_application_that_a_decorator_has_made() -> None:
    """It is asked as what it is, whatever function is inside."""

    @Request.application
    def hello(request: Request) -> Response:
        return Response(f"hello {request.path}")

    assert Client(DirectivesMiddleware(hello)).get("/you").text == "hello /you"


def test_an_application_of_the_other_interface() -> None:
    """An error at once rather than with each request, and the middleware that it wants."""

    async def other(scope: Any, receive: Any, send: Any) -> None: ...

    with pytest.raises(SettingsError, match=r"^other cannot be called .* wrap it in directives\.asgi\.Dir"):
        DirectivesMiddleware(other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("several", "secrets", "warned"),
    [(True, (), True), (True, ("a secret of several machines",), False), (False, (), False)],
)
def test_workers_without_a_secret_of_their_own(
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
    several: bool,
    secrets: tuple[str, ...],
    warned: bool,
) -> None:
    """With the first request the log says, once and in one line, that other machines need it, and how it is set."""
    runtime.configure(secret_keys=secrets)
    client = Client(DirectivesMiddleware(pages))
    for _ in range(2):
        client.get("/", environ_overrides={"wsgi.multiprocess": several})
    said = [record.getMessage() for record in caplog.records]
    assert [("set DIRECTIVES_SECRET_KEYS" in line, "\n" in line) for line in said] == [(True, False)] * warned


def test_a_server_whose_hook_is_off(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """It says so with its first request, in one line, since directives would silently do nothing."""
    serving = Runtime()
    serving.configure(secret_keys=("a secret of this test alone",))
    client = Client(DirectivesMiddleware(pages, serving))
    for _ in range(2):
        client.get("/")
    (said,) = [record.getMessage() for record in caplog.records]
    assert said.startswith("the import hook is off")
    assert "\n" not in said
