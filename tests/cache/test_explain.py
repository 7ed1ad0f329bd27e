"""Why a call of a cached function misses: asked beforehand, with nothing run."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from markupsafe import Markup

from directives.cache import revalidate_tag
from directives.cache import why
from directives.cache.journal import PLACE
from directives.cache.journal import Journal
from directives.cache.outcome import Answer
from directives.cache.statistics import Reason
from directives.errors import CacheKeyError
from directives.runtime import runtime
from tests.cache.caching import TestClock
from tests.conformance.caching import page
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]

SHOP = """
    from functools import wraps
    from directives.cache import cache_life, cache_tag

    def logged(function):
        @wraps(function)
        def around(*args):
            return function(*args)
        return around

    @logged
    def stock(tea, page=1, *more, shop="here", **others):
        'use cache'
        cache_life('minutes')
        cache_tag('stock', f'stock of {tea}')
        return 7

    async def later(tea):
        'use cache'
        return 7

    def remote(tea):
        'use cache: remote'
        cache_tag('stock', 'teas')
        return 7

    def private():
        'use cache: private'
        return 7

    def around(tea):
        def inner(page):
            'use cache'
            return tea, page
        return inner

    class Shop:
        @classmethod
        def open(cls, day):
            'use cache'
            return day

    def plain():
        return 7
"""


@pytest.fixture
def clock(settings: Any, monkeypatch: pytest.MonkeyPatch) -> TestClock:
    """The clock of the process's caches."""
    made = TestClock()
    monkeypatch.setattr(runtime.caches, "clock", made)
    return made


@pytest.fixture
def shop(clock: TestClock, load: Load) -> ModuleType:
    """A module with cached functions, while developing."""
    runtime.configure(debug=True)
    return load(SHOP)


def test_a_hit(shop: ModuleType, clock: TestClock) -> None:
    """Since when, and for how long it is fresh; asking runs and counts nothing."""
    shop.stock("sencha")
    clock.time += 20
    outcome = why(shop.stock, "sencha", page=1)
    assert (outcome.answer, outcome.reason, outcome.left) == (Answer.HIT, None, 40)
    assert str(outcome) == "shop_of_a_test.stock: hit: computed 20 s ago; fresh for another 40 s"
    counted = {each.name: each for each in runtime.caches.statistics()}["shop_of_a_test.stock"]
    assert (counted.hits, counted.fills) == (0, 1)


def test_stale(shop: ModuleType, clock: TestClock) -> None:
    """An old result would be given: it is past `revalidate`, or a tag was revalidated."""
    shop.stock("sencha")
    shop.stock("assam")
    clock.time += 1
    revalidate_tag("stock of assam")
    clock.time += 2
    stale = why(shop.stock, "assam")
    assert (stale.answer, stale.reason) == (Answer.STALE, None)
    assert stale.detail.startswith("computed 3 s ago; the tag 'stock of assam' was invalidated 2 s ago (")
    clock.time += 60
    assert str(why(shop.stock, "sencha")).endswith("stale: computed 63 s ago; stale after 60 s")


def test_never_seen(shop: ModuleType) -> None:
    """With the arguments that the nearest result does not have, however they are passed."""
    assert str(why(shop.stock, "sencha")) == "shop_of_a_test.stock: miss, never seen"
    shop.stock("sencha", 1)
    shop.stock("assam", 2, 3)
    outcome = why(shop.stock, "sencha", 3, shop="there", note="x")
    assert outcome.reason is Reason.UNSEEN
    assert outcome.differing == ("page", "shop", "others")
    assert outcome.detail == (
        "this call has page=3, shop='there', others={'note': 'x'}; the nearest result has page=1, shop='here', others={}"
    )
    assert "there" not in outcome.brief


def test_look_alikes_differ(shop: ModuleType) -> None:
    """1, 1.0 and True are other arguments, as they are in keys."""
    shop.stock("sencha", 1)
    assert why(shop.stock, "sencha", True).differing == ("page",)
    assert why(shop.stock, "sencha", 1.0).detail == "this call has page=1.0; the nearest result has page=1"


def test_expired_and_evicted(shop: ModuleType, clock: TestClock) -> None:
    """When it was computed, and what became of it."""
    shop.stock("sencha")
    clock.time += 4000
    expired = why(shop.stock, "sencha")
    assert (expired.reason, expired.detail) == (Reason.EXPIRED, "computed 4000 s ago; it lived 3600 s")
    shop.stock("sencha")
    runtime.caches.store("default").handler.clear()
    assert why(shop.stock, "sencha").reason is Reason.EVICTED


@pytest.mark.parametrize("name", ["stock", "remote"])
def test_a_tag(shop: ModuleType, name: str) -> None:
    """Which tag it was, and when: in memory and in a shared store."""
    function = getattr(shop, name)
    function("sencha")
    revalidate_tag("stock", expire=0)
    outcome = why(function, "sencha")
    assert outcome.reason is Reason.TAG
    assert outcome.detail.count("the tag ") == 1
    assert "the tag 'stock' was invalidated" in outcome.detail


def test_code_that_changed(shop: ModuleType) -> None:
    """The same call was computed by another version of the code."""
    shop.stock("sencha")
    filled = runtime.caches.watch.trace.history.all()
    runtime.configure(build_id="the next one")
    for each in filled:
        runtime.caches.watch.trace.history.add(each)
    assert why(shop.stock, "sencha").reason is Reason.CODE
    assert why(shop.stock, "assam").reason is Reason.UNSEEN


def test_whatever_a_cached_function_is(shop: ModuleType) -> None:
    """Coroutines, closures by what they capture, and methods."""
    asyncio.run(shop.later("sencha"))
    assert why(shop.later, "sencha").answer is Answer.HIT
    shop.around("sencha")(1)
    assert why(shop.around("sencha"), 1).answer is Answer.HIT
    assert why(shop.around("assam"), 1).differing == ("tea",)
    shop.Shop.open("monday")
    assert why(shop.Shop.open, "monday").answer is Answer.HIT
    assert why(shop.private).reason is Reason.PRIVATE


def test_what_cannot_be_asked(shop: ModuleType) -> None:
    """No cached function, arguments that it does not take, and arguments that make no key."""
    with pytest.raises(TypeError, match=r"plain is no cached function"):
        why(shop.plain)
    with pytest.raises(TypeError, match="missing a required argument: 'tea'"):
        why(shop.stock)
    with pytest.raises(CacheKeyError, match=r"argument tea"):
        why(shop.stock, object())


def test_a_store_that_fails(shop: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then that is why."""
    shop.stock("sencha")

    def get(*args: object) -> None:
        raise ConnectionError("away")

    monkeypatch.setattr(runtime.caches.store("default").handler, "get", get)
    outcome = why(shop.stock, "sencha")
    assert (outcome.reason, outcome.detail) == (Reason.FAILED, "ConnectionError: away")


def test_the_journal(shop: ModuleType, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the variable set, what was computed is known to other processes, and is its owner's alone to read."""
    monkeypatch.setenv("DIRECTIVES_DEBUG_CACHE", "1")
    runtime.configure(debug=False)
    shop.stock("sencha")
    assert page(shop.private).text == "7"
    path = settings.root / PLACE
    assert path.stat().st_mode & 0o777 == 0o600
    (noted,) = Journal(settings.root).read()
    assert noted.name == "shop_of_a_test.stock"
    assert noted.filled.tags == ("stock", "stock of sencha")
    path.write_text(
        path.read_text().replace(f'"process": {noted.filled.process}', '"process": 1') + '{"half": 1}\n{"na'
    )
    monkeypatch.delenv("DIRECTIVES_DEBUG_CACHE")
    runtime.configure(debug=False)
    runtime.caches.store("default").handler.clear()
    elsewhere = why(shop.stock, "sencha")
    assert elsewhere.reason is Reason.ELSEWHERE
    assert "by process 1, in whose own memory it is kept" in elsewhere.detail
    assert why(shop.stock, "assam").differing == ("tea",)


def test_a_journal_that_cannot_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Costs the line, is logged once, and no call."""
    from directives.cache.history import Called
    from directives.cache.history import Filled

    (tmp_path / ".directives").write_text("no folder")
    journal = Journal(tmp_path)
    for _ in range(2):
        journal.add("shop.stock", Filled(Called("id", "1", b"key", ()), 0.0, 1.0))
    assert len(caplog.records) == 1


def test_what_passes_through(shop: ModuleType, load: Load) -> None:
    """It is no part of the call that is told from others, and is not looked into."""
    module = load(
        """
        def card(children, size):
            'use cache'
            return [children, size]
        """,
        "cards_of_a_test",
    )
    module.card(Markup("<b>tea</b>"), 1)
    assert why(module.card, Markup("<i>"), 1).answer is Answer.HIT
    assert why(module.card, Markup("<i>"), 2).detail == "this call has size=2; the nearest result has size=1"
