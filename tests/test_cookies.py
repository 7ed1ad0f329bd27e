"""Cookies that a server function sets."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Iterable
from typing import Any

import pytest
from werkzeug.test import Client

from directives.cookies import CookieChanges
from directives.cookies import Cookies
from directives.errors import ReadOnlyCookiesError
from directives.request import cookies
from directives.wsgi import DirectivesMiddleware
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """A page that sets a cookie, which it cannot."""
    try:
        cookies().set("a", "1")
    except ReadOnlyCookiesError as error:
        start_response("200 OK", [])
        return [str(error).encode()]
    raise AssertionError("a page has set a cookie")


SHOP = """
    "use server"
    from directives.errors import ExpectedError
    from directives.request import cookies, redirect

    class No(ExpectedError):
        pass

    async def change(how: str = ""):
        cookies().set("name", "a b", max_age=60, secure=True, samesite="Strict")
        cookies().set("name", "c")
        cookies().delete("old")
        if how == "refuse":
            raise No()
        if how == "fail":
            raise ValueError()
        if how == "leave":
            redirect("/")
        return dict(cookies())

    async def stream():
        yield 1
        cookies().set("late", "1")

    __all__ = ["change", "stream"]
"""


@pytest.fixture
def client() -> Client:
    client = Client(DirectivesMiddleware(application))
    client.set_cookie("old", "1")
    return client


@pytest.mark.parametrize(("how", "status"), [("", 200), ("refuse", 422), ("leave", 200)])
def test_cookies_reach_the_reply(load: Load, client: Client, how: str, status: int) -> None:
    """The last word of each name, whatever the answer; the function sees them at once."""
    shop = load(SHOP)
    reply = client.post(f"/_directives/{shop.change.id}", json={"args": [how]})
    assert reply.status_code == status
    name, old = reply.headers.getlist("Set-Cookie")
    assert name == "name=c; HttpOnly; Path=/; SameSite=Lax"
    assert old.startswith("old=; Expires=")
    assert old.endswith("GMT; Max-Age=0; HttpOnly; Path=/; SameSite=Lax")
    assert how or reply.json == {"ok": {"name": "c"}}


def test_a_failure_sets_nothing(load: Load, client: Client) -> None:
    """A function that has failed has done nothing."""
    reply = client.post(f"/_directives/{load(SHOP).change.id}", json={"args": ["fail"]})
    assert (reply.status_code, "Set-Cookie" in reply.headers) == (500, False)


def test_a_call_that_comes_again_gets_its_cookies(load: Load, client: Client) -> None:
    """Whoever did not see the first reply needs them all the same."""
    shop = load(SHOP)
    replies = [
        Client(client.application).post(
            f"/_directives/{shop.change.id}", json={}, headers={"Idempotency-Key": "k"}
        )
        for _ in range(2)
    ]
    first, second = (reply.headers.getlist("Set-Cookie") for reply in replies)
    assert first == second
    assert len(first) == 2


def test_where_no_reply_can_carry_them(load: Load, client: Client) -> None:
    """In a page, between the items of a stream and in a cached function an error says where they can be set."""
    assert b"works in a server function" in client.get("/").data
    lines = client.post(f"/_directives/{load(SHOP).stream.id}", json={}).text.splitlines()
    assert (lines[0], '"internal"' in lines[1]) == ('{"ok":1}', True)


def test_a_private_result_sets_none(load: Load, client: Client) -> None:
    """It would be set by the first call alone."""
    module = load("""
        from directives.request import cookies

        def look():
            'use cache: private'
            cookies().set("a", "1")

        async def call():
            'use server'
            try:
                look()
            except Exception as error:
                return type(error).__name__
    """)
    reply = client.post(f"/_directives/{module.call.id}", json={})
    assert reply.json == {"ok": "ReadOnlyCookiesError"}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"name": "a\r\nSet-Cookie: b", "value": "1"}, ValueError),
        ({"name": "", "value": "1"}, ValueError),
        ({"name": "a", "value": 1}, TypeError),
        ({"name": "a", "value": "1", "domain": "x; Secure"}, ValueError),
        ({"name": "a", "value": "1", "samesite": "no"}, ValueError),
    ],
)
def test_what_is_no_cookie(arguments: dict[str, Any], error: type[Exception]) -> None:
    """Nothing gets into the header that is not what it says."""
    changes = CookieChanges()
    with pytest.raises(error):
        Cookies([], changes).set(**arguments)
    assert changes == {}
    Cookies([], changes).set("a", "x\r\n; y", path="/\r\n;")
    assert "\r" not in changes["a", "/\r\n;", None][1]
