"""Pages that were rendered ahead are served before the application is touched, for as long as they are right."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from directives.cache import revalidate_path
from directives.cache import revalidate_tag
from directives.compiler.model import Role
from directives.request import connection
from directives.request import cookies
from directives.runtime import Runtime
from directives.runtime import runtime
from directives.settings import Settings
from directives.shell import shelf as shelves
from directives.shell.build import shelf_of
from directives.shell.shells import Shells
from directives.shell.target import Target
from tests.cache.caching import TestClock
from tests.conformance.caching import clock
from tests.loading import Load
from tests.loading import load
from tests.loading import settings
from tests.shell.pages import Site
from tests.shell.pages import View
from tests.shell.pages import eventually
from tests.shell.pages import make

__all__ = ["clock", "load", "make", "settings"]

Make = Callable[[dict[str, View]], Site]

SHOP = """
    from directives.cache import cache_life, cache_tag
    runs = []

    def stock():
        'use cache: remote'
        cache_life(stale=60, revalidate=100, expire=1000)
        cache_tag('stock')
        runs.append(1)
        return f"stock {len(runs)}"

    def near():
        'use cache'
        cache_tag('near')
        runs.append(1)
        return f"near {len(runs)}"
"""


def test_the_application_is_not_touched(make: Make, load: Load) -> None:
    """A page that was rendered ahead is answered from the store, by a process that knows nothing else of it."""
    shop = load(SHOP)
    site = make({"/": lambda: f"<p>{shop.stock()}"})
    site.build("/")
    site.restart()
    reply = site.get("/")
    assert (reply.status, reply.text, site.asked) == (200, "<p>stock 1", [])
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.headers["x-directives-stale-time"] == "60"
    kept = reply.headers["cache-control"].split(", ")
    assert kept[:2] == ["public", "max-age=0"]
    assert kept[3] == "stale-while-revalidate=900"
    assert 90 <= int(kept[2].removeprefix("s-maxage=")) <= 100


def test_what_is_around_is_added_once(make: Make) -> None:
    """A middleware around ours adds what it adds when a shell is served; that it did so at build is not in the shell."""
    site = make({"/": lambda: "<p>tea", "/mine": lambda: "<p>mine"})
    site.app = (signing if site.wsgi else signing_async)(site.app)
    outcomes = site.build("/", "/mine")
    assert (outcomes["/"].kind, str(outcomes["/mine"].reason)) == ("static", "sets the cookie seen")
    for times in range(3):  # as built, and twice as rendered anew
        reply = site.get("/")
        assert (reply.text, reply.headers["x-signed"], len(site.asked)) == ("<p>tea, signed", "yes", times)
        revalidate_path("/")


def signed(headers: list[Any], path: str, encode: Callable[[str], Any]) -> list[Any]:
    """The headers of a response that somebody else's middleware has put its name under."""
    added = [("x-signed", "yes"), *([("set-cookie", "seen=1")] if path == "/mine" else [])]
    others = [each for each in headers if each[0].lower() != encode("content-length")]
    return [*others, *((encode(name), encode(value)) for name, value in added)]


def signing(app: Any) -> Any:
    def answer(environ: Any, start_response: Any) -> Any:
        def begin(status: str, headers: list[Any], *exc_info: Any) -> Any:
            return start_response(status, signed(headers, environ["PATH_INFO"], str), *exc_info)

        return [b"".join(app(environ, begin)) + b", signed"]

    return answer


def signing_async(app: Any) -> Any:
    async def answer(scope: Any, receive: Any, send: Any) -> None:
        async def sign(message: Any) -> None:
            if message["type"] == "http.response.start":
                await send({**message, "headers": signed(message["headers"], scope["path"], str.encode)})
            else:
                await send({**message, "body": message["body"] + b", signed"})

        await app(scope, receive, sign)

    return answer


def test_head_has_no_body(make: Make) -> None:
    """HEAD is answered with the headers of GET."""
    site = make({"/": lambda: "page"})
    site.build("/")
    reply = site.get("/", "HEAD")
    assert (reply.text, reply.headers["content-length"], site.asked) == ("", "4", [])


def test_who_has_it_is_told_so(make: Make) -> None:
    """A browser that has the very bytes gets a 304, with what it may do with them; another one gets the page."""
    site = make({"/": lambda: "page"})
    site.build("/")
    etag = site.get("/").headers["etag"]
    reply = site.get("/", if_none_match=etag)
    assert (reply.status, reply.text, reply.headers["etag"]) == (304, "", etag)
    assert reply.headers["cache-control"].startswith("public, max-age=0, s-maxage=")
    assert site.get("/", if_none_match=f'"other", W/{etag}').status == 304
    assert site.get("/", if_none_match='"other"').status == 200
    assert not site.asked


@pytest.mark.parametrize(
    ("path", "method"), [("/?a=1", "GET"), ("/", "POST"), ("/", "OPTIONS"), ("/other", "GET"), ("/;", "GET")]
)
def test_anything_else_is_the_applications(make: Make, path: str, method: str) -> None:
    """A query, another method and a path that nobody has rendered ahead go to the application."""
    site = make(dict.fromkeys(("/", "/other", "/;"), lambda: "page"))
    site.build("/")
    site.get(path, method)
    assert len(site.asked) == 1


def test_strangers_put_nothing_into_the_store(make: Make) -> None:
    """Paths, hosts and queries that nobody has named are not kept, however many there are."""
    site = make({"/": lambda: "page", **{f"/{number}": lambda: "other" for number in range(50)}})
    site.build("/")
    handler = shelf_of(runtime).cached.handler
    before = handler.stats().entries
    for number in range(50):
        site.get(f"/{number}", host=f"evil{number}.example")
        site.get(f"/?{number}", host=f"evil{number}.example")
        assert site.get("/", host=f"evil{number}.example").text == "page"
    assert handler.stats().entries == before


def test_a_page_of_one_host(make: Make) -> None:
    """A page that was rendered for a host is served for that host alone, in whatever case it is written."""
    site = make({"/": lambda: "page"})
    site.build("https://shop.example/")
    assert site.get("/", host="SHOP.example").text == "page"
    assert not site.asked
    site.get("/", host="evil.example")
    assert site.asked == ["/"]


@pytest.mark.parametrize("expire", [0, 60])
def test_a_tag_drops_the_pages_that_use_it(make: Make, load: Load, expire: int) -> None:
    """Pages that have used a tag are rendered anew when it is invalidated, and no others."""
    shop = load(SHOP)
    site = make({"/a": lambda: shop.stock(), "/b": lambda: "other"})
    site.build("/a", "/b")
    revalidate_tag("stock", expire=expire)
    first = site.get("/a").text
    assert first == ("stock 2" if expire == 0 else "stock 1")
    eventually(lambda: site.get("/a").text == "stock 2")
    assert site.get("/b").text == "other"
    assert set(site.asked) == {"/a"}


def test_a_path_drops_its_page(make: Make, load: Load) -> None:
    """`revalidate_path` drops the page of the path, and no other."""
    shop = load(SHOP)
    site = make({"/a": lambda: shop.stock(), "/b": lambda: shop.stock()})
    site.build("/a", "/b")
    revalidate_path("/a")
    site.get("/a")
    site.get("/b")
    assert site.asked == ["/a"]


def test_old_results_in_memory_do_not_come_back(make: Make, load: Load) -> None:
    """What another process has invalidated is not taken from the memory of the one that renders the page anew."""
    shop = load(SHOP)
    site = make({"/": lambda: shop.near()})
    site.build("/")
    store = shelf_of(runtime).cached.handler
    from directives.cache.entry import expired_now

    store.mark_tags(
        ["near"], expired_now(store.now())
    )  # as another process would: this one's memory is not told
    assert site.get("/").text == "near 2"
    assert site.get("/").text == "near 2"
    assert site.asked == ["/"]


def test_stale_pages_are_served_once_more(make: Make, load: Load, clock: TestClock) -> None:
    """Past its `revalidate` a page is served as it is while it is rendered anew; past its `expire` it is waited for."""
    shop = load(SHOP.replace("use cache: remote", "use cache"))
    runtime.configure(prerender_store="default")
    site = make({"/": lambda: shop.stock()})
    shelf = shelves.Shelf(runtime)
    from directives.shell.build import rendered

    outcomes = list(rendered(site.app, [Target("/")], shelf, jobs=1, timeout=5))
    shelf.replace({each.target: each.entry for each in outcomes if each.entry is not None})
    clock.time += 99
    assert site.get("/").text == "stock 1"
    clock.time += 1
    assert site.get("/").text == "stock 1"
    eventually(lambda: site.get("/").text == "stock 2")
    clock.time += 1001
    assert site.get("/").text == "stock 3"


def test_a_page_that_is_static_no_more(make: Make) -> None:
    """When a page begins to look at its request, the application answers, with the request."""
    dynamic: list[int] = []

    def view() -> str:
        return cookies().get("who", "nobody") if dynamic else "everybody"

    site = make({"/": view})
    site.build("/")
    dynamic.append(1)
    revalidate_path("/")
    assert site.get("/", cookie="who=me").text == "me"
    assert site.get("/", cookie="who=you").text == "you"


def test_a_page_that_fails_stays_what_it_was(make: Make, load: Load) -> None:
    """A stale page that cannot be rendered anew is served on."""
    shop = load(SHOP)
    broken: list[int] = []

    def view() -> str:
        if broken:
            raise RuntimeError("broken")
        return str(shop.stock())

    site = make({"/": view})
    site.build("/")
    broken.append(1)
    revalidate_tag("stock")
    for _ in range(3):
        assert site.get("/").text == "stock 1"


def test_what_others_put_into_the_store_is_no_page(make: Make) -> None:
    """A shell counts only with the stamp of this application, for this page: else the page is rendered anew."""
    site = make({"/": lambda: "page", "/admin": lambda: "admin"})
    site.build("/", "/admin")
    shelf = shelf_of(runtime)
    index = shelf.current()
    assert index is not None
    admin = shelf.cached.handler.get(shelf.key(index, Target("/admin")))
    assert admin is not None
    shelf.cached.handler.set(shelf.key(index, Target("/")), admin.entry)
    site.restart()
    assert site.get("/").text == "page"
    assert shelf.cached.handler.get(shelf.key(index, Target("/"))) is None


def test_a_new_build_replaces_all(make: Make) -> None:
    """What a build does not render any more is the application's; nothing of the old one stays in the store."""
    site = make({"/": lambda: "page", "/old": lambda: "old"})
    site.build("/", "/old")
    entries = shelf_of(runtime).cached.handler.stats().entries
    site.build("/")
    assert shelf_of(runtime).cached.handler.stats().entries == entries - 1
    site.restart()
    site.get("/old")
    assert site.asked == ["/old"]


class Hosts(Shells[str]):
    """Of requests of which there is nothing but the host."""

    def host_of(self, request: str) -> str:
        return request

    def fits(self, request: str) -> bool:
        return True


def test_a_store_that_is_not_there_is_not_made(settings: Settings) -> None:
    """Where nothing was rendered ahead, no file is made to look for it."""
    own = Runtime()
    own.activate(settings, Role.SERVER)
    assert Hosts(own).target("", "/") is None
    assert not (settings.root / ".directives" / "cache.db").exists()


def test_a_lookup_is_one_in_a_dictionary(make: Make) -> None:
    """A path without a shell asks no store, within a second of the last look."""
    site = make({"/": lambda: "page"})
    site.build("/")
    shells = Hosts(runtime)
    assert shells.target("", "/") == Target("/")
    runtime.caches.store("remote").handler.clear()
    assert shells.target("", "/") == Target("/")
    assert shells.target("evil.example", "/nothing") is None


def test_the_request_is_not_that_of_a_visitor(make: Make) -> None:
    """Rendered anew because a visitor comes, a page sees nothing of the visitor."""
    seen: list[object] = []

    def view() -> str:
        from directives.cache.scope import current_scope
        from directives.request import current_request

        seen.append((current_request(), type(current_scope()).__name__))
        return "page"

    site = make({"/": view})
    site.build("/")
    revalidate_path("/")
    assert site.get("/", cookie="secret=1").text == "page"
    assert seen == [(None, "AheadScope")] * 2


def test_connection_makes_a_page_dynamic(make: Make) -> None:
    """`connection()` is the end of rendering ahead: nothing behind it runs."""
    ran: list[int] = []

    def view() -> str:
        connection()
        ran.append(1)
        return "page"

    site = make({"/": view})
    outcome = site.build("/")["/"]
    assert (outcome.kind, ran) == ("dynamic", [])
    assert outcome.reason is not None
    assert outcome.reason.what == "connection()"
    assert "    connection()\n    ^^^^^^^^^^^^" in outcome.reason.where
