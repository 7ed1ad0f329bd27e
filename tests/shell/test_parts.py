"""Deferred parts: the page at once, each part when it is ready, whatever becomes of the others."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from collections.abc import Iterable
from types import ModuleType
from typing import Any

import pytest
from markupsafe import Markup
from werkzeug.test import create_environ

from directives.errors import DeferredError
from directives.errors import NoRequestError
from directives.runtime import runtime
from directives.settings import Settings
from directives.shell import deferred
from directives.wsgi import DirectivesMiddleware
from tests.loading import Load
from tests.loading import load
from tests.loading import settings
from tests.shell.pages import Site
from tests.shell.pages import View
from tests.shell.pages import make

__all__ = ["load", "make", "settings"]

Make = Callable[[dict[str, View]], Site]

SHOP = """
    import asyncio, time
    from markupsafe import Markup
    from directives.cache import cache_life
    from directives.request import connection, cookies, search_params

    def cart(what):
        connection()
        return Markup("<b>{}'s {}</b>").format(cookies().get("who"), what)

    async def greeting(*, word="hello"):
        return f"{word} <{search_params().get('q')}>"

    def mine():
        'use cache: private'
        return "mine of " + cookies().get("who", "nobody")

    def broken():
        raise ValueError("secret")

    async def after(seconds):
        await asyncio.sleep(seconds)
        return f"after {seconds}"

    def slow(seconds):
        time.sleep(seconds)
        return f"slow {seconds}"
"""
HEAD = "<!doctype html><html><head><link rel=stylesheet href=/a.css></head>"


@pytest.fixture
def shop(load: Load) -> ModuleType:
    return load(SHOP)


def paged(*parts: Any) -> str:
    """A page with some markup in it."""
    return f"{HEAD}<body class='a>b'><main>{''.join(map(str, parts))}</main></body></html>"


def slotted(number: int, markup: str) -> str:
    return f'<directives-part slot="directives-{number}">{markup}</directives-part>'


@pytest.mark.parametrize("ahead", [True, False])
def test_the_function_sees_the_request_and_the_shell_does_not(
    make: Make, shop: ModuleType, ahead: bool
) -> None:
    """The page is the shadow tree of its body, with fallbacks; each part follows, made in the visitor's own request."""
    site = make(
        {
            "/": lambda: paged(
                deferred(Markup("<i>…</i>"), shop.cart, "tea"), deferred("<", shop.greeting, word="hi")
            )
        }
    )
    if ahead:
        assert site.build("/")["/"].kind == "partial"
    reply = site.get("/", cookie="who=me")
    shown, _, rest = reply.text.partition("</template>")
    style = "<link rel=stylesheet href=/a.css>"
    script = '<script type="module" src="/_directives/shell.js"></script>'
    assert shown == (
        f"<!doctype html><html><head>{script}{style}</head><body class='a>b'><template shadowrootmode=\"open\">{style}"
        '<main><slot name="directives-0"><i>…</i></slot><slot name="directives-1">&lt;</slot></main>'
    )
    assert rest.endswith("</body></html>")
    assert slotted(0, "<b>me's tea</b>") in rest
    assert slotted(1, "hi &lt;None&gt;") in rest
    assert (reply.headers["cache-control"], "etag" in reply.headers) == ("private, no-cache", False)
    assert bool(site.asked) is not ahead


def test_a_query_is_for_the_parts(make: Make, shop: ModuleType) -> None:
    """A request with a query is made for it, and its parts come the same way."""
    site = make({"/": lambda: paged(deferred("", shop.greeting))})
    site.build("/")
    assert slotted(0, "hello &lt;1&gt;") in site.get("/?q=1").text


@pytest.mark.parametrize("ahead", [True, False])
def test_what_a_script_fetches_is_whole(make: Make, shop: ModuleType, ahead: bool) -> None:
    """A script that parses a page finds the parts in their places, and the fallback of one that failed."""
    fallback = Markup("<i>…</i>")
    site = make({"/": lambda: paged(deferred(fallback, shop.cart, "tea"), deferred(fallback, shop.broken))})
    if ahead:
        site.build("/")
    reply = site.get("/", sec_fetch_dest="empty", cookie="who=me")
    assert reply.text.startswith(paged("<b>me's tea</b>", '<slot name="directives-1"><i>…</i></slot>'))
    assert reply.text.endswith("-->")
    assert reply.headers["cache-control"] == "private, no-cache"


def test_private_functions_run_in_parts_alone(make: Make, shop: ModuleType) -> None:
    """What one visitor alone sees is in nobody else's page, and in no shell."""
    site = make({"/": lambda: paged(deferred("", shop.mine))})
    assert site.build("/")["/"].kind == "partial"
    assert slotted(0, "mine of me") in site.get("/", cookie="who=me").text
    assert slotted(0, "mine of you") in site.get("/", cookie="who=you").text


@pytest.mark.parametrize("ahead", [True, False])
def test_a_part_that_fails(
    make: Make, shop: ModuleType, caplog: pytest.LogCaptureFixture, ahead: bool
) -> None:
    """The page stands, with the fallback; the log has the error, and both have the digest."""
    site = make({"/": lambda: paged(deferred("fallback", shop.broken), deferred("", shop.cart, "tea"))})
    if ahead:
        site.build("/")
    text = site.get("/").text
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert f"<!-- directives-0 failed: {record.__dict__['directives_digest']} -->" in text
    assert record.exc_info is not None
    assert "secret" in str(record.exc_info[1])
    assert "secret" not in text
    assert "fallback" in text
    assert "'s tea" in text


def test_parts_run_side_by_side_and_come_as_they_are_ready(make: Make, shop: ModuleType) -> None:
    """Coroutines and plain functions do not wait for each other; the first that is ready is sent first."""
    parts = [(shop.slow, 0.3), (shop.after, 0.2), (shop.slow, 0.1), (shop.after, 0.0)]
    site = make({"/": lambda: paged(*(deferred("", function, seconds) for function, seconds in parts))})
    site.build("/")
    site.get("/")
    began = time.monotonic()
    text = site.get("/").text
    assert time.monotonic() - began < 0.55
    order = sorted(range(4), key=lambda number: text.index(f'<directives-part slot="directives-{number}"'))
    assert order == [3, 2, 1, 0]


def test_what_can_be_shown_is_sent_first(settings: Settings, shop: ModuleType) -> None:
    """The page is there before any of its parts has begun to wait; who hangs up then has the others cancelled."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        page = paged(deferred("", shop.after, 60), deferred("", shop.after, 0))
        start_response("200 OK", [("Content-Type", "text/html")])
        return [page.encode()]

    pieces: Any = iter(DirectivesMiddleware(application, runtime)(create_environ("/"), lambda *_: None))  # type: ignore[arg-type, return-value]
    assert next(pieces).endswith(b"</template>")
    assert b"after 0" in next(pieces)
    pieces.close()


def test_plain_functions_run_in_threads_with_the_context(make: Make, shop: ModuleType) -> None:
    """A plain function runs beside the event loop, with the context variables of the request."""
    seen: list[tuple[str, bool]] = []

    def look() -> str:
        from directives.request import cookies

        try:
            asyncio.get_running_loop()
        except RuntimeError:
            seen.append((cookies()["who"], threading.current_thread() is threading.main_thread()))
        return ""

    site = make({"/": lambda: paged(deferred("", look))})
    site.get("/", cookie="who=me")
    assert seen == [("me", False)]


def test_head_runs_no_part(make: Make, shop: ModuleType) -> None:
    """HEAD has the headers of the page, and calls nothing."""
    site = make({"/": lambda: paged(deferred("", shop.broken))})
    site.build("/")
    reply = site.get("/", "HEAD")
    assert (reply.text, reply.headers["cache-control"]) == ("", "private, no-cache")


@pytest.mark.parametrize("ahead", [True, False])
def test_a_part_that_is_thrown_away(make: Make, shop: ModuleType, ahead: bool) -> None:
    """A page whose parts have no place in it is an ordinary one."""

    def view() -> str:
        deferred("", shop.broken)
        return paged("plain")

    site = make({"/": view})
    if ahead:
        assert site.build("/")["/"].kind == "static"
    assert site.get("/").text == paged("plain")


def test_what_cannot_be_found_again(make: Make, shop: ModuleType) -> None:
    """A page that is rendered ahead defers to functions of modules, with values; others say so."""
    site = make(
        {
            "/nested": lambda: paged(deferred("", lambda: "x")),
            "/value": lambda: paged(deferred("", shop.cart, threading.Lock())),
            "/fragment": lambda: str(deferred("", shop.mine)),
        }
    )
    outcomes = site.build("/nested", "/value", "/fragment")
    assert {each.kind for each in outcomes.values()} == {"failed"}
    assert "cannot be found again by its name" in str(outcomes["/nested"].reason)
    assert "EncodeError" in str(outcomes["/value"].reason)
    assert "needs its <body>" in str(outcomes["/fragment"].reason)


def test_where_nothing_can_be_deferred(load: Load, make: Make) -> None:
    """Outside of pages, in cached functions and in deferred parts it is an error that says what to do instead."""
    with pytest.raises(NoRequestError, match="while no page is being made"):
        deferred("", str)
    shop = load("""
    from directives.shell import deferred
    def kept():
        'use cache'
        return str(deferred("", kept))
    """)
    site = make({"/": lambda: failing(lambda: shop.kept())})
    assert "cannot wait for a request" in site.get("/").text


def failing(function: Callable[[], object]) -> str:
    with pytest.raises(DeferredError) as caught:
        function()
    return str(caught.value)
