"""Section F, the static shell, each line by its number."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from directives.cache import revalidate_tag
from directives.drafts import COOKIE
from directives.drafts import draft_token
from directives.request import draft_mode
from directives.runtime import runtime
from directives.settings import Settings
from directives.shell import deferred
from directives.shell import static_params
from directives.shell.build import shelf_of
from directives.shell.listing import listed
from tests.loading import Load
from tests.loading import load
from tests.loading import settings
from tests.shell.pages import Site
from tests.shell.pages import View
from tests.shell.pages import make

__all__ = ["load", "make", "settings"]

Make = Callable[[dict[str, View]], Site]

SHOP = """
    import asyncio
    from directives.cache import cache_life, cache_tag
    from directives.request import connection, cookies, headers, search_params
    runs = []

    def stock():
        'use cache: remote'
        cache_life('hours')
        cache_tag('stock')
        runs.append(1)
        return f"stock {len(runs)}"

    def mine():
        'use cache: private'
        runs.append(1)
        return "mine"

    def forbidden():
        'use cache'
        return str(cookies())

    async def waiting(promise):
        'use cache'
        await asyncio.sleep(30)

    def part():
        connection()
        said = [cookies().get("who"), headers().get("x-who"), search_params().get("who")]
        return " ".join(map(str, said)) + mine()
"""


def paged(*parts: Any) -> str:
    return f"<!doctype html><head></head><body>{''.join(map(str, parts))}</body>"


def test_f01_what_uses_cached_functions_alone(make: Make, load: Load) -> None:
    """It is rendered at build, which fills the functions it calls, and is served without the application."""
    shop = load(SHOP)
    site = make({"/": shop.stock})
    assert site.build("/")["/"].kind == "static"
    assert (shop.stock(), len(shop.runs)) == ("stock 1", 1)
    site.restart()
    assert (site.get("/").text, site.asked) == ("stock 1", [])


@pytest.mark.parametrize("name", ["cookies", "headers", "search_params", "connection", "mine"])
def test_f02_request_data_defers(make: Make, load: Load, name: str) -> None:
    """What asks for it makes a page dynamic, and a deferred part of a page waits for its request; no private function has run."""
    shop = load(SHOP)
    site = make({"/": lambda: str(getattr(shop, name)()), "/part": lambda: paged(deferred("…", shop.part))})
    outcomes = site.build("/", "/part")
    assert (outcomes["/"].kind, outcomes["/part"].kind) == ("dynamic", "partial")
    assert str(outcomes["/"].reason).startswith(f"{'shop_of_a_test.' if name == 'mine' else ''}{name}()")
    assert shop.runs == []
    assert "me you Nonemine" in site.get("/part", cookie="who=me", x_who="you").text


def test_f02_nothing_of_a_request_is_in_a_shell(make: Make, load: Load) -> None:
    """A hundred visitors with marked cookies, headers and queries, some of whom have pages rendered anew: no mark is kept."""
    shop = load(SHOP)
    site = make(
        {"/": lambda: paged(shop.stock(), deferred("…", shop.part)), "/plain": lambda: paged(shop.stock())}
    )
    site.build("/", "/plain")
    marks = [secrets.token_hex(8) for _ in range(100)]
    for number, mark in enumerate(marks):
        if number % 10 == 0:
            revalidate_tag("stock", expire=0)
        path = ("/", "/plain")[number % 2]
        headers = {
            "cookie": f"who={mark}; {mark}=1",
            "x_who": mark,
            "user_agent": mark,
            "accept_language": mark,
        }
        shown = site.get(path, **headers, referer=f"http://{mark}.example/").text
        assert (mark in shown) is (path == "/")
        if number % 5 == 0:
            site.get(f"{path}?who={mark}&{mark}", **headers)
    kept = b"".join(file.read_bytes() for file in (runtime.settings.root / ".directives").glob("cache.db*"))
    assert kept.count(b"stock ") > 2
    assert not [mark for mark in marks if mark.encode() in kept]


def test_f03_parts_are_streamed(make: Make, load: Load) -> None:
    """The fallback is in the page; the part comes behind it, with the name of its place."""
    shop = load(SHOP)
    site = make({"/": lambda: paged(deferred("wait", shop.part))})
    site.build("/")
    text = site.get("/").text
    assert re.search('<slot name="(.+)">wait</slot></template>.*<directives-part slot="\\1">', text)


def test_f04_parameters_are_listed(settings: Settings) -> None:
    """A function beside the page lists the parameters that it is rendered with."""
    before = dict(runtime.listings)
    runtime.listings.clear()
    try:
        static_params("/product/<id>")(lambda: [{"id": 1}, 2])
        assert [str(target) for target in listed(runtime)] == ["/product/1", "/product/2"]
    finally:
        runtime.listings.clear()
        runtime.listings.update(before)


def test_f05_a_fill_that_waits(make: Make, load: Load) -> None:
    """It ends with the time limit and its cause; `cookies()` in a cached function fails at once, with an error of its own."""
    runtime.configure(cache_fill_timeout=0.3)
    shop = load(SHOP)
    site = make({"/forbidden": shop.forbidden})
    site.views["/waits"] = (lambda: asyncio.run(shop.waiting(1))) if site.wsgi else (lambda: shop.waiting(1))
    outcomes = site.build("/forbidden", "/waits", timeout=5)
    assert {each.kind for each in outcomes.values()} == {"failed"}
    assert "CacheScopeError: cookies() was called while" in str(outcomes["/forbidden"].reason)
    assert "Filling a cache during prerender timed out, likely because" in str(outcomes["/waits"].reason)


def test_f06_shells_obey_life_and_tags(make: Make, load: Load) -> None:
    """They live as long as what they use, and are dropped with it; what is rendered on demand shares their results."""
    shop = load(SHOP)
    site = make({"/": shop.stock, "/demand": shop.stock})
    entry = site.build("/")["/"].entry
    assert entry is not None
    assert entry.life == runtime.caches.profile("hours")
    assert site.get("/demand").text == "stock 1"
    revalidate_tag("stock", expire=0)
    assert (site.get("/").text, site.get("/demand").text) == ("stock 2", "stock 2")


def test_f07_drafts(make: Make, load: Load) -> None:
    """A visitor who was let in has everything run, and nothing of it kept."""
    shop = load(SHOP)
    site = make({"/": lambda: f"{shop.stock()} {draft_mode().is_enabled}"})
    site.build("/")
    entries = shelf_of(runtime).cached.handler.stats().entries
    for run in (2, 3):
        assert (
            site.get("/", cookie=f"{COOKIE}={draft_token(runtime.secret_keys())}").text == f"stock {run} True"
        )
    assert site.get("/").text == "stock 1 False"
    assert shelf_of(runtime).cached.handler.stats().entries == entries
