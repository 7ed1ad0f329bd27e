"""Section C, why a call missed, by its number."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
from werkzeug.test import Client

from directives.cache import revalidate_tag
from directives.cache import why
from directives.cache.statistics import Reason
from directives.runtime import runtime
from directives.wsgi import DirectivesMiddleware
from tests.cache.caching import TestClock
from tests.conformance.caching import clock
from tests.conformance.caching import page
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["clock", "load", "settings"]

SHOP = """
    from directives.cache import cache_life, cache_tag

    def stock(tea, page=1):
        'use cache'
        cache_life('minutes')
        cache_tag('stock')
        return 7

    async def order(tea):
        'use server'
        return stock(tea)
"""


def test_c26_every_reason(clock: TestClock, load: Load) -> None:
    """Never seen, which argument differs, expired, evicted, which tag and when, and code that changed."""
    runtime.configure(debug=True)
    module = load(SHOP)

    def reasons() -> Iterator[tuple[str, tuple[str, ...]]]:
        def asked() -> tuple[str, tuple[str, ...]]:
            outcome = why(module.stock, "sencha")
            return str(outcome.reason), outcome.differing

        yield asked()
        module.stock("assam")
        yield asked()
        module.stock("sencha")
        yield asked()
        revalidate_tag("stock", expire=0)
        yield asked()
        clock.time += 1
        module.stock("sencha")
        clock.time += 3600
        yield asked()
        clock.time -= 10
        runtime.caches.store("default").handler.clear()
        yield asked()

    assert list(reasons()) == [
        (Reason.UNSEEN, ()),
        (Reason.UNSEEN, ("tea",)),
        ("None", ()),
        (Reason.TAG, ()),
        (Reason.EXPIRED, ()),
        (Reason.EVICTED, ()),
    ]
    clock.time -= 3600
    revalidate_tag("stock", expire=0)
    filled = runtime.caches.watch.trace.history.all()
    runtime.configure(build_id="2")
    for each in filled:
        runtime.caches.watch.trace.history.add(each)
    assert why(module.stock, "sencha").reason is Reason.CODE


def test_c26_a_header(load: Load) -> None:
    """Of a page and of a call, while developing only; no value of an argument is in it."""
    module = load(SHOP)

    def shown() -> int:
        return (
            int(module.stock("secret tea"))
            + int(module.stock("another", 2))
            + int(module.stock("another", 2))
        )

    assert "x-directives-cache" not in page(shown).headers
    runtime.configure(debug=True)
    name = '"shop_of_a_test.stock"'
    said = page(shown).headers["x-directives-cache"]
    assert "secret" not in said
    first, second, third = said.split(f", {name}")
    assert first == f'{name}; fwd=miss; detail="miss, never seen"'
    assert second == """; fwd=miss; detail="miss, never seen: no result has this call's tea, page\""""
    assert third.startswith('; hit; ttl=59; detail="hit: computed ')
    reply = Client(DirectivesMiddleware(lambda *_: [], runtime)).post(
        f"/_directives/{module.order.id}",
        data=json.dumps({"args": ["secret tea"], "kwargs": {}}),
        content_type="application/json",
        headers={"Accept": "application/json"},
    )
    assert reply.json == {"ok": 7}
    assert reply.headers["x-directives-cache"].startswith(f"{name}; hit; ttl=59; ")
    assert asyncio.run(module.order("secret tea")) == 7


@pytest.mark.parametrize("calls", [20, 23])
def test_c26_a_header_has_an_end(load: Load, calls: int) -> None:
    """A page that uses many results tells of twenty, and how many more there are."""
    module = load(SHOP)
    runtime.configure(debug=True)
    said = page(lambda: [module.stock(number) for number in range(calls)]).headers["x-directives-cache"]
    assert said.count("shop_of_a_test.stock") == 20
    assert said.endswith(', "3 more"') == (calls == 23)
