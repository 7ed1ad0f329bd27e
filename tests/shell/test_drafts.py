"""Draft mode: everything runs, nothing is kept, and nobody gets there without being let in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import Client

from directives.drafts import COOKIE
from directives.drafts import LONGEST
from directives.drafts import draft_token
from directives.drafts import is_draft
from directives.request import draft_mode
from directives.runtime import runtime
from directives.settings import Settings
from directives.wsgi import DirectivesMiddleware
from tests.loading import Load
from tests.loading import load
from tests.loading import settings
from tests.shell.pages import Site
from tests.shell.pages import View
from tests.shell.pages import make

__all__ = ["load", "make", "settings"]

Make = Callable[[dict[str, View]], Site]
KEYS = (b"k" * 32, b"l" * 32)

SHOP = """
    from directives.cache import cache_life
    from directives.request import draft_mode
    runs = []

    def post():
        'use cache'
        runs.append(1)
        return f"{len(runs)} {draft_mode().is_enabled}"

    def around():
        'use cache: remote'
        return post()
"""


def drafting() -> str:
    """The cookie of somebody who was let in."""
    return f"a=b; {COOKIE}={draft_token(runtime.secret_keys())}"


def test_a_draft_is_always_fresh_and_never_kept(make: Make, load: Load) -> None:
    """Whoever was let in has each page made for each request; everybody else sees what was rendered ahead."""
    shop = load(SHOP)
    site = make({"/": lambda: f"{shop.around()} {draft_mode().is_enabled}"})
    site.build("/")
    assert site.get("/").text == "1 False False"
    for run in ("2", "3"):
        reply = site.get("/", cookie=drafting())
        assert reply.text == f"{run} True True"
        assert reply.headers["cache-control"] == "private"
    assert site.get("/").text == "1 False False"
    assert shop.around() == "1 False"


def test_a_cookie_that_nobody_signed(make: Make) -> None:
    """A made-up cookie changes nothing."""
    site = make({"/": lambda: "page"})
    site.build("/")
    for value in ("", "1", "99999999999.abc", f"{drafting()}0", "é", "9" * 5000):
        site.get(
            "/",
            cookie=f"{COOKIE}={value}".encode().decode("latin-1")
            if site.wsgi
            else f"{COOKIE}={value}".encode("ascii", "replace").decode(),
        )
    assert not site.asked


@pytest.mark.parametrize(
    ("token", "now", "good"),
    [
        (draft_token(KEYS, 1000), 1000, True),
        (draft_token(KEYS[1:], 1000), 1000, True),
        (draft_token(KEYS, 1000), 1000 + LONGEST, False),
        (draft_token((b"m" * 32,), 1000), 1000, False),
        (draft_token(KEYS, 1000).replace("8", "9", 1), 1000, False),
    ],
)
def test_who_signed_and_when(token: str, now: float, good: bool) -> None:
    """Any of the keys may have signed; a day later nobody is let in any more."""
    assert is_draft(f"{COOKIE}={token}", lambda: KEYS, now) is good


def test_a_server_function_lets_a_visitor_in_and_out(load: Load, settings: Settings) -> None:
    """`enable` and `disable` set a cookie of the browser's session, hidden from scripts; the function sees the change."""
    shop = load("""
    "use server"
    from directives.request import draft_mode

    async def turn(on: bool):
        draft_mode().enable() if on else draft_mode().disable()
        return draft_mode().is_enabled

    async def look():
        return draft_mode().is_enabled
    """)

    def application(environ: Any, start_response: Any) -> Any:
        raise AssertionError("only functions are called")

    client = Client(DirectivesMiddleware(application, runtime))

    def call(function: Any, *args: Any) -> Any:
        reply = client.post(
            f"/_directives/{function.id}", json={"args": list(args)}, base_url="https://localhost"
        )
        return reply.json, reply.headers.get("Set-Cookie", "")

    said, cookie = call(shop.turn, True)
    assert said == {"ok": True}
    assert cookie.endswith("; Secure; HttpOnly; Path=/; SameSite=Lax")
    assert "Max-Age" not in cookie
    assert call(shop.look)[0] == {"ok": True}
    assert call(shop.turn, False)[0] == {"ok": False}
    assert call(shop.look)[0] == {"ok": False}


def test_outside_of_any_request() -> None:
    """Where no request is answered there are no drafts."""
    assert draft_mode().is_enabled is False
