"""The pytest plugin: its fixtures as tests use them."""

from __future__ import annotations

import asyncio
import inspect
from types import ModuleType
from typing import Any

import flask
import pytest
from _pytest.assertion.rewrite import AssertionRewriter

import _directives_start
import directives
import directives.integrations.pytest as plugin
from directives.cache import memo
from directives.errors import NoRequestError
from directives.errors import RemoteError
from directives.integrations.flask import Directives
from directives.integrations.pytest import AsClient
from directives.integrations.pytest import AsUser
from directives.integrations.pytest import directives_cache
from directives.integrations.pytest import directives_client
from directives.integrations.pytest import directives_clock
from directives.integrations.pytest import directives_user
from directives.request import cookies
from directives.request import headers
from directives.request import search_params
from directives.runtime import runtime
from directives.testing.caching import CacheOfTest
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = [
    "directives_cache",
    "directives_client",
    "directives_clock",
    "directives_user",
    "load",
    "settings",
]

SHOP = """
    import asyncio
    from directives.access import requires
    from directives.cache import cache_life, update_tag, cache_tag
    from directives.request import cookies

    def signed_in(request, arguments):
        return cookies().get("user") == "ada"

    def stock(tea):
        'use cache'
        cache_life('minutes')
        cache_tag('stock')
        return 7

    def remote(tea):
        'use cache: remote'
        return stock(tea)

    async def later(tea):
        'use cache'
        return 7

    def mine():
        'use cache: private'
        return cookies()["user"]

    @requires(signed_in)
    async def order(tea: str, quantity: int = 1) -> dict:
        'use server'
        update_tag('stock')
        return {"left": stock(tea) - quantity}

    async def teas():
        'use server'
        yield "sencha"
        yield "assam"

    async def count():
        'use server'
        import flask
        flask.session["calls"] = flask.session.get("calls", 0) + 1
        return flask.session["calls"]

    def page(user):
        async def buy(tea: str):
            'use server'
            return [user, tea]
        return buy
"""


@pytest.fixture
def shop(load: Load) -> ModuleType:
    """A module of server and cached functions."""
    return load(SHOP)


def test_the_plugin_is_inert() -> None:
    """It has no hooks, no options and no fixture that runs unasked."""
    assert not [name for name in vars(plugin) if name.startswith("pytest_")]
    assert "autouse" not in inspect.getsource(plugin)


def test_a_hook_that_was_there_before_pytest() -> None:
    """What it has imported by then, pytest does not complain that it cannot rewrite."""
    for module in (directives, _directives_start):
        assert AssertionRewriter.is_rewrite_disabled(module.__doc__ or "")


def test_hits_and_misses(shop: ModuleType, directives_cache: CacheOfTest) -> None:
    """By the clock of the test, in whatever store, also where another function calls."""
    with directives_cache.assert_miss(shop.stock, "never seen"), directives_cache.assert_miss(shop.remote):
        shop.remote("sencha")
    with directives_cache.assert_hit(shop.stock):
        shop.stock("sencha")
    with directives_cache.assert_miss(shop.later):
        asyncio.run(shop.later("sencha"))
    directives_cache.clock.advance(61)
    with directives_cache.assert_stale(shop.stock):
        shop.stock("sencha")
    directives_cache.settle()
    with directives_cache.assert_hit(shop.stock):
        shop.stock("sencha")
    directives_cache.clock.advance(3601)
    with directives_cache.assert_miss(shop.stock, "expired"):
        shop.stock("sencha")
    assert len(directives_cache.outcomes) == 7


def test_what_is_not_as_expected(shop: ModuleType, directives_cache: CacheOfTest) -> None:
    """The error says what happened instead, and why."""
    with (
        pytest.raises(AssertionError, match=r"^shop_of_a_test.stock: expected a hit, and it was not called$"),
        directives_cache.assert_hit(shop.stock),
    ):
        pass
    shop.stock("sencha")
    with (
        pytest.raises(
            AssertionError, match=r"expected a hit; .* miss, never seen: this call has tea='assam'"
        ),
        directives_cache.assert_hit(shop.stock),
    ):
        shop.stock("assam")
    with (
        pytest.raises(AssertionError, match=r"expected a miss, expired; .*stock: miss, never seen"),
        directives_cache.assert_miss(shop.stock, "expired"),
    ):
        shop.stock("oolong")
    with pytest.raises(TypeError, match="is no cached function"), directives_cache.assert_hit(shop.page):
        pass


@pytest.mark.parametrize("again", [1, 2])
def test_caches_are_empty(shop: ModuleType, directives_cache: CacheOfTest, again: int) -> None:
    """What one test computes, no other finds; nothing is written to a disk."""
    with directives_cache.assert_miss(shop.remote, "never seen"):
        shop.remote("sencha")
    assert not (runtime.settings.root / ".directives").exists()


def test_what_was_kept_before_is_not_found(shop: ModuleType, request: pytest.FixtureRequest) -> None:
    """Nor is what the program has computed before the test, by whatever way a hit is found."""
    for _ in range(3):
        shop.stock("sencha")
    clock = runtime.caches.clock
    cache: Any = request.getfixturevalue("directives_cache")
    assert runtime.caches.clock is not clock
    with cache.assert_miss(shop.stock):
        shop.stock("sencha")


def test_as_a_user(shop: ModuleType, directives_user: AsUser) -> None:
    """Request data is that of the block; a memo and private functions remember as long."""
    runs: list[int] = []

    @memo
    def once() -> None:
        runs.append(1)

    user = directives_user(cookies={"user": "a;b"}, headers={"X-Tea": "sencha"}, path="/teas", query="page=2")
    with user as scope:
        assert (cookies()["user"], headers()["x-tea"], search_params()["page"]) == ("a;b", "sencha", "2")
        assert shop.mine() == "a;b"
        once()
        once()
        assert scope.private
    assert runs == [1]
    with pytest.raises(NoRequestError):
        cookies()


def test_as_a_client(shop: ModuleType, directives_client: AsClient, directives_cache: CacheOfTest) -> None:
    """Calls are encoded, checked and admitted; streams, captured values and received functions too."""
    ada = directives_client(cookies={"user": "ada"})
    with directives_cache.assert_miss(shop.stock):
        assert ada.call(shop.order, "sencha", quantity=2) == {"left": 5}
    with pytest.raises(RemoteError, match="valid integer"):
        ada.call(shop.order, "sencha", "many")
    with pytest.raises(RemoteError) as denied:
        directives_client(headers={"X-Who": "ada"}).call(shop.order, "sencha")
    assert denied.value.status == 403
    assert ada.call(shop.teas) == ["sencha", "assam"]
    assert ada.call(shop.page("ada"), "sencha") == ["ada", "sencha"]
    with pytest.raises(TypeError, match="stock is no server function"):
        ada.call(shop.stock, "sencha")


def test_a_client_of_an_application(shop: ModuleType, directives_client: AsClient) -> None:
    """The functions run in the application's context; the client keeps its session."""
    app = flask.Flask("shop")
    app.secret_key = "of a test"
    Directives(app)
    client = directives_client(app)
    assert [client.call(shop.count) for _ in range(3)] == [1, 2, 3]
    assert directives_client(app).call(shop.count) == 1

    async def within() -> object:
        with pytest.raises(RuntimeError, match=r"write `await client\.acall"):
            client.call(shop.count)
        return await client.acall(shop.count)

    assert asyncio.run(within()) == 4
