"""Pages rendered ahead, and deferred parts, in Flask, Starlette and Django: with the framework's own request."""

from __future__ import annotations

from collections.abc import AsyncIterator
from collections.abc import Iterator
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

import pytest
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.template import engines
from django.urls import clear_url_caches
from django.urls import path
from flask import Flask
from flask import render_template_string
from flask_login import LoginManager
from flask_login import current_user
from starlette.applications import Starlette
from starlette.authentication import AuthenticationBackend
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import HTMLResponse
from starlette.routing import Route

from directives.integrations import flask
from directives.integrations import starlette
from directives.runtime import runtime
from directives.settings import Settings
from directives.shell import deferred
from directives.shell.build import Outcome
from directives.shell.build import rendered
from directives.shell.build import shelf_of
from directives.shell.target import Target
from tests.asgi_client import AsgiClient
from tests.integrations.django_server import Client
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

PAGE = "<!doctype html><head></head><body>{% PART %}<p>{{ word }}</p></body>"
SHOP = """
    from directives.request import cookies

    def of_flask(what):
        from flask import request, session, url_for
        return f"{what} of {request.cookies.get('who')} {url_for('page')} {session.get('a')}"

    async def of_starlette(what):
        from directives.integrations.starlette import request
        return f"{what} of {request().cookies.get('who')} {request().url.path}"

    def of_django(what):
        from directives.integrations.django import request
        from django.contrib.auth.models import Group
        return f"{what} of {request().COOKIES.get('who')} {request().user.is_anonymous} {Group.objects.count()}"
"""


@pytest.fixture
def shop(load: Load) -> ModuleType:
    return load(SHOP)


def build(app: Any, *urls: str) -> dict[str, Outcome]:
    """What `directives prerender` does."""
    shelf = shelf_of(runtime)
    outcomes = list(rendered(app, [Target.parse(url) for url in urls], shelf, jobs=2, timeout=20))
    shelf.replace({each.target: each.entry for each in outcomes if each.entry is not None})
    return {each.target.path: each for each in outcomes}


def test_flask(shop: ModuleType, settings: Settings) -> None:
    """A template defers; the part has Flask's request, session and `url_for`, the application is not asked."""
    asked: list[str] = []
    app = Flask("shop_of_a_test")
    app.secret_key = "secret"
    flask.Directives(app)
    # It looks into the session of each request when it has been answered.
    LoginManager(app, add_context_processor=False).user_loader(lambda _: None)

    @app.get("/")
    def page() -> str:
        asked.append("/")
        template = PAGE.replace("{% PART %}", "{{ deferred('…', cart, 'tea') }}")
        return render_template_string(template, cart=shop.of_flask, word="word")

    @app.get("/signed-in")
    def signed_in() -> str:
        from flask import session

        return str(session.get("user"))

    @app.get("/user")
    def user() -> str:
        return render_template_string("{{ user.is_authenticated }}", user=current_user)

    outcomes = build(app, "/", "/signed-in", "/user")
    assert [outcomes[path].kind for path in ("/", "/signed-in", "/user")] == ["partial", "dynamic", "dynamic"]
    asked.clear()
    client = app.test_client()
    client.set_cookie("who", "me")
    for address, times in (("/", 0), ("/?fresh", 1)):
        text = client.get(address).text
        assert '<slot name="directives-0">…</slot><p>word</p></template>' in text
        assert '<directives-part slot="directives-0">tea of me / None</directives-part>' in text
        assert len(asked) == times


def test_starlette(shop: ModuleType, settings: Settings) -> None:
    """The same behind Starlette's own middlewares, one of which runs the application in a task group."""
    asked: list[str] = []

    async def page(_: Any) -> HTMLResponse:
        asked.append("/")
        return HTMLResponse(f"<body>{deferred('…', shop.of_starlette, 'tea')}</body>")

    async def dynamic(_: Any) -> HTMLResponse:
        from directives.request import headers

        return HTMLResponse(str(headers()))

    async def pass_on(request: Any, call_next: Any) -> Any:
        return await call_next(request)

    own = [Middleware(BaseHTTPMiddleware, dispatch=pass_on), Middleware(starlette.Directives)]
    app = Starlette(routes=[Route("/", page), Route("/dynamic", dynamic)], middleware=own)
    outcomes = build(app, "/", "/dynamic")
    assert (outcomes["/"].kind, outcomes["/dynamic"].kind) == ("partial", "dynamic")
    asked.clear()
    with AsgiClient(app, cookie="who=me") as client:
        for address, times in (("/", 0), ("/?fresh", 1)):
            text = client.get(address).text
            assert '<slot name="directives-0">…</slot></template>' in text
            assert '<directives-part slot="directives-0">tea of me /</directives-part>' in text
            assert len(asked) == times


def test_what_the_lifespan_of_starlette_makes(shop: ModuleType, settings: Settings) -> None:
    """A page has it when it is built and when it is rendered anew, and is rendered by the whole application."""
    from directives.cache import revalidate_path

    asked: list[str] = []

    async def page(request: Any) -> HTMLResponse:
        asked.append("/")
        return HTMLResponse(f"{request.state.name} {request.app.state.motto} {request.user.is_authenticated}")

    async def nobody(connection: Any) -> None:
        return None

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, str]]:
        app.state.motto = "green"
        yield {"name": "The tea shop"}

    backend = AuthenticationBackend()
    backend.authenticate = nobody  # type: ignore[method-assign]
    own = [Middleware(AuthenticationMiddleware, backend=backend), Middleware(starlette.Directives)]
    app = Starlette(routes=[Route("/", page)], middleware=own, lifespan=lifespan)
    assert build(app, "/")["/"].kind == "static"
    revalidate_path("/")
    with AsgiClient(app) as client:
        assert [client.get("/").text for _ in range(2)] == ["The tea shop green False"] * 2
        assert asked == ["/", "/"]


@pytest.fixture(params=["wsgi", "asgi"])
def server(request: pytest.FixtureRequest) -> str:
    kind: str = request.param
    return kind


@pytest.fixture
def asked(project: ModuleType, shop: ModuleType) -> Iterator[list[str]]:
    """The paths that the project's views were asked for."""
    asked: list[str] = []

    def page(request: Any) -> HttpResponse:
        asked.append("/")
        template = PAGE.replace(
            "{% PART %}", "{% load directives %}{% deferred '…' 'shop_of_a_test.of_django' 'tea' %}"
        )
        made = engines["django"].from_string(template)
        return HttpResponse(made.render({"word": "word"}, request))

    def plain(request: Any) -> HttpResponse:
        asked.append("/plain")
        return HttpResponse("plain")

    def user(request: Any) -> HttpResponse:
        return HttpResponse(str(request.user))

    project.urlpatterns = [path("", page), path("plain", plain), path("user", user)]  # type: ignore[attr-defined]
    clear_url_caches()
    yield asked
    clear_url_caches()
    project.urlpatterns = []  # type: ignore[attr-defined]


def test_django(server: str, asked: list[str], settings: Settings) -> None:
    """A template defers; the part has Django's request and its database; a page with a user is nobody else's."""
    project = get_wsgi_application() if server == "wsgi" else get_asgi_application()
    outcomes = build(project, "/", "/plain", "/user")
    kinds = [outcomes[path].kind for path in ("/", "/plain", "/user")]
    assert kinds == ["partial", "static", "dynamic"], outcomes
    asked.clear()
    with Client(server) as client:
        plain = client.get("/plain")
        assert (plain.text, plain.headers["content-type"]) == ("plain", "text/html; charset=utf-8")
        again = client.get("/plain", headers={"if-none-match": plain.headers["etag"]})
        assert (again.status_code, asked) == (304, [])
        for address, times in (("/", 0), ("/?fresh", 1)):
            text = client.get(address, headers={"cookie": "who=me"}).text
            assert '<slot name="directives-0">…</slot><p>word</p></template>' in text
            assert '<directives-part slot="directives-0">tea of me True 0</directives-part>' in text
            assert len(asked) == times


def test_django_renders_anew(server: str, asked: list[str], settings: Settings) -> None:
    """A page that is out of date is rendered by the whole project, in a request that is nobody's."""
    from directives.cache import revalidate_path

    build(get_wsgi_application() if server == "wsgi" else get_asgi_application(), "/plain")
    asked.clear()
    revalidate_path("/plain")
    with Client(server) as client:
        assert [client.get("/plain").text for _ in range(2)] == ["plain"] * 2
    assert asked == ["/plain"]
