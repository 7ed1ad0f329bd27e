"""Forms in every kind of application: the page is made anew with what became of them, with and without a script."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import flask
import pytest
from flask import Flask
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from directives.forms import action_state
from directives.http import events
from directives.integrations.flask import Directives as FlaskDirectives
from directives.integrations.starlette import Directives as StarletteDirectives
from directives.runtime import configure
from tests.forms.browsing import SCRIPT
from tests.forms.browsing import SHOP
from tests.forms.browsing import Browser
from tests.forms.browsing import asgi
from tests.forms.browsing import page
from tests.forms.browsing import shown
from tests.forms.browsing import wsgi
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]


@pytest.fixture
def shop(load: Load) -> ModuleType:
    return load(SHOP)


def flask_application(shop: ModuleType) -> Any:
    app = Flask("shop")
    app.secret_key = "of a test"
    app.add_url_rule("/page", "page", lambda: page(shop))
    FlaskDirectives(app)
    return app


def starlette_application(shop: ModuleType) -> Any:
    async def view(request: Request) -> HTMLResponse:
        assert request.method == "GET"
        return HTMLResponse(page(shop))

    session = Middleware(SessionMiddleware, secret_key="of a test")  # type: ignore[arg-type]
    return Starlette(routes=[Route("/page", view)], middleware=[session, Middleware(StarletteDirectives)])


def django_application(project: ModuleType, shop: ModuleType, server: str) -> Any:
    from django.core.asgi import get_asgi_application
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse
    from django.urls import clear_url_caches
    from django.urls import path
    from django.views.decorators.csrf import csrf_exempt

    def view(request: Any) -> HttpResponse:
        assert (request.method, dict(request.POST), "_directives" in request.GET) == ("GET", {}, False)
        return HttpResponse(page(shop))

    project.urlpatterns = [path("page", csrf_exempt(view))]  # type: ignore[attr-defined]
    clear_url_caches()
    return get_asgi_application() if server == "asgi" else get_wsgi_application()


@pytest.fixture(params=["wsgi", "asgi", "flask", "starlette", "django wsgi", "django asgi"])
def browser(request: pytest.FixtureRequest, shop: ModuleType) -> Iterator[Browser]:
    kind: str = request.param
    if kind.startswith("django"):
        application = django_application(request.getfixturevalue("project"), shop, kind.split()[1])
    elif kind in ("wsgi", "asgi"):
        application = {"wsgi": wsgi, "asgi": asgi}[kind](lambda: page(shop))
    else:
        application = {"flask": flask_application, "starlette": starlette_application}[kind](shop)
    with Browser(application, on_loop=kind in ("asgi", "starlette", "django asgi")) as browser:
        yield browser


def test_a_state_goes_on_from_page_to_page(browser: Browser, shop: ModuleType) -> None:
    """The function gets the state of this form alone; the answer is the page with the new one."""
    reply = browser.send(browser.get(), "a", {"step": "2"})
    assert (reply.status_code, shown(reply.text, "a"), shown(reply.text, "b")) == (200, ["2", ""], ["0", ""])
    assert reply.headers["cache-control"] == "no-store"
    assert "etag" not in reply.headers
    assert "<h1>ä</h1>" in reply.text
    again = browser.send(reply.text, "a", {"step": "3"})
    assert shown(again.text, "a") == ["5", ""]
    assert shop.ran == [(0, "2"), (2, "3")]


def test_a_reload_runs_nothing_twice(browser: Browser, shop: ModuleType) -> None:
    """The form that made the page, sent again, shows the page with the same state."""
    start = browser.get()
    first, second = (browser.send(start, "a", {"step": "2"}) for _ in range(2))
    assert shown(first.text, "a") == shown(second.text, "a") == ["2", ""]
    assert shop.ran == [(0, "2")]


def test_an_expected_error_keeps_the_state_and_is_shown(browser: Browser, shop: ModuleType) -> None:
    """The page has the status of the error; the other form of the same function knows nothing of it."""
    one = browser.send(browser.get(), "b", {"step": "1"})
    reply = browser.send(one.text, "b", {"step": "much"})
    assert reply.status_code == 409
    assert reply.headers["x-directives-error"] == "expected"
    assert (shown(reply.text, "a"), shown(reply.text, "b")) == (["0", ""], ["1", "there is no tea left"])


@pytest.mark.parametrize(
    ("fields", "status", "told"),
    [
        ({"tea": "none", "quantity": "1"}, 409, "there is no none left{'tea': 'none'}"),
        ({"tea": "mint", "quantity": "x"}, 422, "The arguments do not fit the function.{'quantity': "),
        ({"tea": "broken", "quantity": "1"}, 500, "The server function failed."),
    ],
)
def test_errors_are_shown_by_the_page(
    browser: Browser, shop: ModuleType, fields: dict[str, str], status: int, told: str
) -> None:
    """Expected ones with their data, those of arguments by field, all others masked; what was sent is filled in."""
    reply = browser.send(browser.get(), "order", fields)
    value, error = shown(reply.text, "order")
    assert (reply.status_code, value) == (status, fields["tea"])
    assert error.startswith(told)
    assert "secret" not in reply.text
    assert shop.ran == []


def test_a_form_without_state_leads_back_to_its_page(browser: Browser, shop: ModuleType) -> None:
    """303: a reload of what follows sends nothing. A cookie of the function's is there by then."""
    reply = browser.send(browser.get(), "order", {"tea": "mint", "quantity": "2"})
    assert (reply.status_code, reply.headers["location"]) == (303, "/page?q=1")
    assert "last=mint; HttpOnly; Path=/; SameSite=Lax" in reply.headers["set-cookie"]
    assert "<p id=last>mint</p>" in browser.get()
    assert shop.ran == [("mint", 2)]


def test_an_error_that_the_page_would_hide_is_told(browser: Browser, shop: ModuleType) -> None:
    """A page that does not look at the error is none to answer with."""
    reply = browser.send(browser.get(), "silent", {"tea": "mint"})
    assert (reply.status_code, reply.text) == (409, "there is no mint left\n")


def test_one_round_trip(browser: Browser, shop: ModuleType) -> None:
    """The runtime gets the result and the page that it has led to, cookies included."""
    start = browser.get()
    reply = browser.send(start, "order", {"tea": "mint", "quantity": "2"}, SCRIPT)
    content = reply.json()
    assert (reply.status_code, content["ok"]) == (200, "mint")
    assert "<p id=last>mint</p>" in content["page"]
    assert "last=mint" in reply.headers["set-cookie"]
    assert len(reply.content) == int(reply.headers["content-length"])
    counted = browser.send(start, "a", {"step": "2"}, SCRIPT).json()
    assert (counted["ok"], shown(counted["page"], "a")) == (2, ["2", ""])


def test_errors_and_redirects_in_one_round_trip(browser: Browser, shop: ModuleType) -> None:
    """An error has the page that shows it, if that does; a redirect has none."""
    start = browser.get()
    refused = browser.send(start, "order", {"tea": "none", "quantity": "1"}, SCRIPT)
    assert (refused.status_code, refused.json()["error"]["data"]) == (409, {"tea": "none"})
    assert shown(refused.json()["page"], "order")[0] == "none"
    hidden = browser.send(start, "silent", {"tea": "mint"}, SCRIPT).json()
    assert (hidden["error"]["kind"], "page" in hidden) == ("expected", False)
    assert browser.send(start, "order", {"tea": "away", "quantity": "1"}, SCRIPT).json() == {
        "redirect": "/thanks"
    }


def test_without_the_word_for_it_a_program_gets_no_page(browser: Browser, shop: ModuleType) -> None:
    """A form that asks for JSON alone is answered as a call."""
    headers = {"accept": "application/json"}
    assert browser.send(browser.get(), "a", {"step": "2"}, headers).json() == {"ok": 2}


def test_files_and_what_is_large_beside_them(browser: Browser, shop: ModuleType) -> None:
    """A form of several parts has its state in a hidden field; the function sees its own fields alone."""
    state = "x" * 5000
    _, form = action_state(shop.describe, state)
    text = f'<form id="f" action="{form.action}" method="post">{form.fields}</form>'
    reply = browser.send(text, "f", {"title": "tea"}, SCRIPT, files={"picture": ("tea.png", b"png")})
    assert reply.json()["ok"] == [5000, ["picture", "title"], "png"]


@pytest.mark.parametrize("is_async", [True, False])
def test_a_page_of_flask_that_takes_posts_of_its_own(shop: ModuleType, is_async: bool) -> None:
    """The view that answers a GET is called, with the session and the messages that the function left, hooks once."""
    app = Flask("shop")
    app.secret_key = "of a test"
    FlaskDirectives(app)
    ran: list[str] = []
    app.before_request(lambda: ran.append(f"before {flask.request.method}"))
    app.teardown_request(lambda error: ran.append("teardown"))

    def view() -> str:
        assert flask.request.method == "GET"
        assert (dict(flask.request.form), flask.request.get_data(), flask.request.args["q"]) == ({}, b"", "1")
        state, form = action_state(shop.flash, 0)
        messages = " ".join(flask.get_flashed_messages())
        return f'<form id="f" action="{form}"><b>{state}</b><i>{messages}</i></form>'

    async def view_on_a_loop() -> str:
        return view()

    app.add_url_rule("/page", "page", view_on_a_loop if is_async else view)
    app.add_url_rule("/page", "other", lambda: "a POST of the page's own", methods=["POST"])
    with Browser(app, on_loop=False) as browser:
        text = browser.get()
        assert browser.send('<form id="f" action="?"></form>', "f", {}).text == "a POST of the page's own"
        ran.clear()
        reply = browser.send(text, "f", {"a": "1"})
        assert shown(reply.text, "f") == ["1", "saved"]
        assert ran == ["before POST", "teardown"]
        assert "messages" not in browser.send(reply.text, "f", {"a": "2"}).headers.get("set-cookie", "")


def test_a_page_that_is_not_for_everybody(shop: ModuleType) -> None:
    """One that leads elsewhere, fails or is not there answers nothing: the words of the reply do."""
    app = Flask("shop")
    FlaskDirectives(app)
    app.add_url_rule("/away", "away", lambda: flask.redirect("/sign-in"))
    app.add_url_rule("/gone", "gone", lambda: flask.abort(410))
    _, form = action_state(shop.count, 0)
    client = app.test_client()
    for path in ("/away", "/gone", "/nowhere"):
        refused = client.post(f"{path}{form}", data={"step": "much"})
        assert (refused.status_code, refused.text) == (409, "there is no tea left\n")
        done = client.post(f"{path}{form}", data={"step": "1"})
        assert (done.status_code, done.location) == (303, path)


def test_a_page_that_follows_tags_holds_nothing_of_its_request(shop: ModuleType) -> None:
    """In Flask the request is torn down before the first event: it may have a connection to a database."""
    configure(live_tags=["stock"])
    app = Flask("shop")
    FlaskDirectives(app)
    ended: list[bool] = []
    app.teardown_request(lambda error: ended.append(True))
    reply = app.test_client().get("/_directives/events?tag=stock", buffered=False)
    assert (reply.status_code, ended) == (200, [True])
    assert next(iter(reply.response)) == b"retry: 3000\nid: 0\n\n"
    reply.close()


@pytest.mark.parametrize("server", ["wsgi", "asgi"])
def test_a_page_that_follows_tags_in_django(
    project: ModuleType, shop: ModuleType, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stream goes through Django's middlewares, and the request's connections are given back before it begins."""
    from django.db import connection
    from django.urls import include
    from django.urls import path

    monkeypatch.setattr(events, "LASTS", 0.05)
    configure(live_tags=["stock"])
    application = django_application(project, shop, server)
    project.urlpatterns.append(path("", include("directives.integrations.django.urls")))  # type: ignore[attr-defined]
    connection.ensure_connection()
    with Browser(application, on_loop=server == "asgi") as browser:
        assert browser.get("/_directives/events?tag=stock") == "retry: 3000\nid: 0\n\n:\n\n"
    assert server == "asgi" or connection.connection is None


def test_tags_of_django_templates(project: ModuleType, shop: ModuleType) -> None:
    """``action_state`` and ``form_of`` give a form, whose parts are there by their names."""
    from django.template import Context
    from django.template import Engine

    libraries = {"directives": "directives.integrations.django.templatetags.directives"}
    template = Engine(libraries=libraries).from_string(
        "{% load directives %}{% action_state count 3 key='k' as form %}<form {{ form|form_attributes }}>{{ form.fields }}"
        "{{ form.state }}{% form_of order as other %}{{ other.problems.tea }}{{ other.values.tea }}{{ other.error|default:'none' }}"
        "{{ order.fields }}<form action='{{ order.action }}'>"
    )
    text = template.render(Context({"count": shop.count, "order": shop.order}))
    assert text.startswith(f'<form action="?_directives={shop.count.id}..')
    assert f'<input type="hidden" name="_directives.{shop.count.id}" value=".' in text
    assert text.endswith(f"\">3none<form action='?_directives={shop.order.id}'>")
