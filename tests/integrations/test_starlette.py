"""Server functions inside a Starlette application: what its middlewares give, what of its own a function gives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import starlette
from starlette.applications import Starlette
from starlette.authentication import AuthCredentials
from starlette.authentication import SimpleUser
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount
from starlette.routing import Route

from directives.asgi import DirectivesMiddleware
from directives.errors import CacheScopeError
from directives.errors import NoRequestError
from directives.errors import SettingsError
from directives.integrations.starlette import Directives
from directives.integrations.starlette import ServerFunctions
from directives.integrations.starlette import request
from tests.asgi_client import AsgiClient
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

SHOP = """
    "use server"

    import starlette
    from typing import Annotated
    from starlette.exceptions import HTTPException
    from starlette.requests import Request
    from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, StreamingResponse
    from directives.access import Injected
    from directives.integrations.starlette import request

    def _database():
        return request().state.database

    async def look():
        at = request()
        at.session["seen"] = at.session.get("seen", 0) + 1
        return [at.user.display_name, at.state.database, at.state.of_the_middleware, at.session["seen"], at.url.path]

    async def find(sku: str, at: Annotated[Request, Injected(request)], *, database: Annotated[str, Injected(_database)]):
        return [sku, at.user.display_name, database]

    async def missing(sku):
        raise HTTPException(404, f"there is no {sku}")

    async def forbidden():
        raise HTTPException(403)

    async def broken():
        raise HTTPException(500, "secret-of-the-function")

    async def away(form=None):
        reply = RedirectResponse("/elsewhere")
        reply.set_cookie("way", "out")
        return reply

    async def page(form):
        return PlainTextResponse("thanks", 201)

    async def report(form):
        return StreamingResponse(iter([b"sold,", b"3"]), media_type="text/csv")

    async def itself(form):
        return FileResponse(starlette.__file__)

    async def count(to: int):
        for number in range(to):
            yield [number, request().user.display_name]

    __all__ = ["look", "find", "missing", "forbidden", "broken", "away", "page", "report", "itself", "count"]
"""


class ByHeader:
    """Signs in whoever names itself."""

    async def authenticate(self, conn: Any) -> Any:
        return AuthCredentials(), SimpleUser(conn.headers.get("x-user", "nobody"))


class OfRequests(BaseHTTPMiddleware):
    """Starlette's own way to write a middleware: it runs what is inside in a task of its own."""

    async def dispatch(self, request: Request, call_next: Any) -> Any:
        request.state.of_the_middleware = "was here"
        response = await call_next(request)
        response.headers["x-after"] = "was here"
        return response


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[dict[str, str]]:
    yield {"database": "open"}


async def home(at: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{request().url.path} {request().user.display_name}")


AROUND = [
    Middleware(SessionMiddleware, secret_key="key of the test"),
    Middleware(AuthenticationMiddleware, backend=ByHeader()),
    Middleware(OfRequests),
]


def make_app(*middleware: Middleware, routes: tuple[Any, ...] = ()) -> Starlette:
    return Starlette(routes=[Route("/", home), *routes], middleware=list(middleware), lifespan=lifespan)


@pytest.fixture
def shop(load: Load) -> ModuleType:
    return load(SHOP)


@pytest.fixture
def client(shop: ModuleType) -> Iterator[AsgiClient]:
    with AsgiClient(make_app(*AROUND, Middleware(Directives)), x_user="ada") as client:
        yield client


def call(client: AsgiClient, function: Any, *args: Any, **headers: str) -> Any:
    return client.post(f"/_directives/{function.id}", json={"args": args}, headers=headers)


def submit(client: AsgiClient, function: Any) -> Any:
    return client.post(f"/{function}", data={"tea": "sencha"}, follow_redirects=False)


def test_what_middlewares_and_lifespan_give(client: AsgiClient, shop: ModuleType) -> None:
    """A function sees session, user and state; what it writes into the session is there the next time."""
    path = f"/_directives/{shop.look.id}"
    assert call(client, shop.look).json() == {"ok": ["ada", "open", "was here", 1, path]}
    reply = call(client, shop.look)
    assert reply.json()["ok"][3] == 2
    assert reply.headers["x-after"] == "was here"


def test_a_page_sees_its_request(client: AsgiClient) -> None:
    """So do helpers that it calls."""
    assert client.get("/").text == "/ ada"


def test_the_request_is_injected(client: AsgiClient, shop: ModuleType) -> None:
    """Starlette's request and what the lifespan made are parameters that no caller can send."""
    assert call(client, shop.find, "sencha").json() == {"ok": ["sencha", "ada", "open"]}
    forged = {"args": ["sencha"], "kwargs": {"database": "mine"}}
    assert client.post(f"/_directives/{shop.find.id}", json=forged).status_code == 422


def test_errors_of_starlettes_own(client: AsgiClient, shop: ModuleType) -> None:
    """What a caller caused reaches the caller; status 500 is masked like everything else."""
    reply = call(client, shop.missing, "sencha")
    assert (reply.status_code, reply.json()["error"]["type"]) == (404, "http.404")
    assert reply.json()["error"]["message"] == "there is no sencha"
    assert call(client, shop.forbidden).json()["error"]["kind"] == "forbidden"
    reply = call(client, shop.broken)
    assert (reply.status_code, "secret" in reply.text) == (500, False)


def test_responses_of_starlettes_own(client: AsgiClient, shop: ModuleType) -> None:
    """A form gets them as they are, streams and files too; they are no values."""
    reply = submit(client, shop.page)
    assert (reply.status_code, reply.text) == (201, "thanks")
    reply = submit(client, shop.report)
    assert (reply.headers["content-type"], reply.text) == ("text/csv; charset=utf-8", "sold,3")
    assert submit(client, shop.itself).content == Path(starlette.__file__).read_bytes()
    assert call(client, shop.page, {}).json()["error"]["kind"] == "unserializable-result"


def test_a_redirect_with_a_cookie(client: AsgiClient, shop: ModuleType) -> None:
    """It is one to programs and to forms, and the cookie is set."""
    reply = submit(client, shop.away)
    assert (reply.status_code, reply.headers["location"]) == (303, "/elsewhere")
    assert reply.cookies["way"] == "out"
    reply = call(client, shop.away)
    assert (reply.json(), reply.cookies["way"]) == ({"redirect": "/elsewhere"}, "out")


def test_a_stream(client: AsgiClient, shop: ModuleType) -> None:
    """Its items come through the middlewares; each still knows its request."""
    reply = call(client, shop.count, 2, accept="application/jsonl")
    assert reply.text == '{"ok":[0,"ada"]}\n{"ok":[1,"ada"]}\n'


def test_mounted_for_programs(shop: ModuleType) -> None:
    """Without a middleware of ours around the pages, which stay the application's."""
    app = make_app(*AROUND, routes=(Mount("/_directives", ServerFunctions()),))
    with AsgiClient(app) as client:
        assert call(client, shop.find, "assam").json() == {"ok": ["assam", "nobody", "open"]}
        assert client.get("/_directives/").json()["error"]["kind"] == "method-not-allowed"
        assert submit(client, shop.page).status_code == 405


def test_mounted_deeper(shop: ModuleType) -> None:
    """The path of what is mounted around it does not count."""
    inner = Starlette(routes=[Mount("/_directives", ServerFunctions())])
    with AsgiClient(Starlette(routes=[Mount("/shop", inner)])) as client:
        reply = client.post(f"/shop/_directives/{shop.missing.id}", json={"args": ["x"]})
        assert reply.json()["error"]["type"] == "http.404"


def test_mounted_elsewhere(shop: ModuleType) -> None:
    """Nobody would ever call it there: an error that names both paths."""
    said = r"mounted at '/functions', and clients call /_directives"
    app = Starlette(routes=[Mount("/functions", ServerFunctions())])
    with AsgiClient(app) as client, pytest.raises(SettingsError, match=said):
        client.post("/functions/x")


@pytest.mark.parametrize(
    ("middleware", "said"),
    [
        ([Middleware(Directives), *AROUND], "SessionMiddleware is inside of Directives"),
        (
            [*AROUND[:1], Middleware(Directives), *AROUND[1:]],
            "AuthenticationMiddleware is inside of Directives",
        ),
        ([Middleware(Directives), Middleware(OfRequests), Middleware(Directives)], "served twice"),
        ([Middleware(DirectivesMiddleware), Middleware(Directives)], "served twice"),
    ],
)
def test_in_the_wrong_place(shop: ModuleType, middleware: list[Middleware], said: str) -> None:
    """The server does not start, and is told in one line what to write; where it runs no lifespan each request fails."""
    app = make_app(*middleware)
    with AsgiClient(app) as client:
        assert said in client.failure
        assert "\n" not in client.failure
        with pytest.raises(SettingsError, match=said):
            client.get("/")


def test_mounted_inside_of_a_middleware(shop: ModuleType) -> None:
    """One of the two is too many, however deep it is mounted; the server does not start."""
    inside = Starlette(routes=[Mount("/_directives", ServerFunctions())])
    app = Starlette(routes=[Mount("/shop", inside)], middleware=[Middleware(Directives)])
    with AsgiClient(app) as client:
        assert "served twice" in client.failure


def test_outside_of_a_request() -> None:
    """There is no request to give."""
    with pytest.raises(NoRequestError, match=r"request\(\)"):
        request()


def test_a_cached_function_must_not_look_at_a_request(load: Load) -> None:
    """What it makes of one would be served to all."""
    cached = load("""
        from directives.integrations.starlette import request
        def everybodys():
            "use cache"
            return request().headers["x-user"]
    """)

    async def page(at: Request) -> PlainTextResponse:
        return PlainTextResponse(cached.everybodys())

    app = make_app(Middleware(Directives), routes=(Route("/cached", page),))
    with AsgiClient(app) as client, pytest.raises(CacheScopeError, match=r"request\(\) was called while"):
        client.get("/cached")
