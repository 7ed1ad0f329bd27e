"""The build: what comes of each page, and that one page's trouble is nobody else's."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from directives.errors import SettingsError
from directives.request import headers
from directives.runtime import runtime
from directives.settings import Settings
from directives.shell.build import shelf_of
from tests.loading import Load
from tests.loading import load
from tests.loading import settings
from tests.shell.pages import Site
from tests.shell.pages import View
from tests.shell.pages import make

__all__ = ["load", "make", "settings"]

Make = Callable[[dict[str, View]], Site]


@pytest.mark.parametrize(
    ("given", "kind", "reason"),
    [
        ((302, [("Location", "/sign-in")], ""), "dynamic", "answers 302 to /sign-in"),
        ((404, [], ""), "failed", "answers 404"),
        ((500, [], ""), "failed", "answers 500"),
        (([("Set-Cookie", "session=secret; Path=/")], ""), "dynamic", "sets the cookie session"),
        (([("Vary", "Accept-Encoding, Cookie")], ""), "dynamic", "varies by cookie (Vary)"),
        (([("Vary", "*")], ""), "dynamic", "varies by * (Vary)"),
        (([("Cache-Control", "no-cache, Private")], ""), "dynamic", "says Cache-Control: no-cache, Private"),
        (([("Content-Encoding", "gzip")], ""), "dynamic", "is compressed before"),
        (([("Content-Security-Policy", "script-src 'nonce-abc'")], ""), "dynamic", "has a nonce"),
        (([("Vary", "Accept-Encoding"), ("Cache-Control", "public, max-age=60")], ""), "static", None),
    ],
)
def test_a_response_says_whom_it_is_for(make: Make, given: Any, kind: str, reason: str | None) -> None:
    """A response that is one visitor's by its own words is not kept; the table says which words."""
    outcome = make({"/": lambda: given}).build("/")["/"]
    assert outcome.kind == kind
    assert (outcome.entry is None) == (kind != "static")
    assert outcome.reason is None if reason is None else reason in str(outcome.reason)


def test_what_belongs_to_one_response_is_not_kept(make: Make) -> None:
    """Date, server and lengths are made anew for each response; what the application says of caching stays."""
    said = [
        ("Date", "yesterday"),
        ("Content-Length", "4"),
        ("ETag", '"own"'),
        ("Cache-Control", "max-age=60"),
        ("X-A", "1"),
    ]
    site = make({"/": lambda: (said, "page")})
    site.build("/")
    reply = site.get("/")
    assert set(reply.headers) - {"content-type"} == {
        "content-length",
        "etag",
        "cache-control",
        "x-a",
        "x-directives-stale-time",
    }
    assert (reply.headers["cache-control"], reply.headers["x-a"]) == ("max-age=60", "1")
    assert reply.headers["etag"] != '"own"'


def test_a_page_that_raises(make: Make) -> None:
    """What a page raises is its reason, and no other page's."""

    def broken() -> str:
        raise ValueError("of this page")

    outcomes = make({"/": broken, "/b": lambda: "page"}).build("/", "/b")
    assert str(outcomes["/"].reason) == "raises ValueError: of this page"
    assert outcomes["/b"].kind == "static"


def test_a_page_that_hangs(make: Make) -> None:
    """A page that takes too long is given up, with the cause in the words of Next.js and the place where it waits."""
    given_up = False

    def hanging() -> str:
        for _ in range(500):
            if not given_up:
                time.sleep(0.01)
        return "page"

    async def hanging_on_a_loop() -> str:
        await asyncio.sleep(60)
        return "page"

    site = make({"/": lambda: "page", "/b": lambda: "page", "/c": lambda: "page"})
    site.views["/hangs"] = hanging if site.wsgi else hanging_on_a_loop
    outcomes = site.build("/", "/hangs", "/b", "/c", timeout=0.3, jobs=2)
    given_up = True
    assert [outcomes[path].kind for path in ("/", "/hangs", "/b", "/c")] == [
        "static",
        "failed",
        "static",
        "static",
    ]
    assert "Filling a cache during prerender timed out, likely because" in str(outcomes["/hangs"].reason)
    assert "sleep(" in str(outcomes["/hangs"].reason)


def test_a_request_that_an_except_clause_hides(make: Make) -> None:
    """A view cannot take the end of its rendering for an error; what it does about any other end does not count."""

    def careful() -> str:
        try:
            return str(headers())
        except Exception:
            return "hidden"

    def careless() -> str:
        try:
            return str(headers())
        except BaseException:
            return "hidden"

    outcomes = make({"/a": careful, "/b": careless}).build("/a", "/b")
    assert {each.kind for each in outcomes.values()} == {"dynamic"}


def test_private_functions_do_not_run(make: Make, load: Load) -> None:
    """A page that calls a private function waits for its request; the function has not run."""
    shop = load("""
    runs = []
    def mine():
        'use cache: private'
        runs.append(1)
        return "mine"
    """)
    outcome = make({"/": shop.mine}).build("/")["/"]
    assert outcome.kind == "dynamic"
    assert "mine() ('use cache: private')" in str(outcome.reason)
    assert shop.runs == []


def test_life_and_tags_are_those_of_what_was_used(make: Make, load: Load) -> None:
    """The shortest life, all tags, and the path."""
    shop = load("""
    from directives.cache import cache_life, cache_tag
    def a():
        'use cache'
        cache_life('hours'); cache_tag('a')
        return ""
    def b():
        'use cache'
        cache_life('minutes'); cache_tag('b')
        return ""
    """)
    outcomes = make({"/": lambda: shop.a() + shop.b(), "/plain": lambda: "text"}).build("/", "/plain")
    entry, plain = outcomes["/"].entry, outcomes["/plain"].entry
    assert entry is not None
    assert plain is not None
    assert (entry.life, set(entry.tags)) == (runtime.caches.profile("minutes"), {"a", "b", "_path:/"})
    assert plain.life == runtime.caches.profile("default")


def test_a_store_that_nobody_else_sees(settings: Settings) -> None:
    """Shells in the memory of the build's own process would be of no use."""
    runtime.configure(prerender_store="default")
    with pytest.raises(SettingsError, match="is the memory of one process"):
        shelf_of(runtime)
