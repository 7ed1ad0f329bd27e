"""Invalidation: by tag, by path, now or in the background."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest

from directives.cache import cache_tag
from directives.cache import revalidate_path
from directives.cache import revalidate_tag
from directives.cache import update_tag
from directives.cache.caches import Caches
from directives.cache.function import CachedFunction
from directives.cache.handlers.memory import MemoryHandler
from directives.cache.scope import RequestScope
from directives.cache.scope import set_scope
from directives.errors import CacheScopeError
from tests.cache.caching import TestClock
from tests.cache.caching import cached
from tests.cache.caching import call
from tests.cache.caching import make_caches
from tests.loading import Load
from tests.loading import load
from tests.loading import settings

__all__ = ["load", "settings"]


def counting(caches: Caches, tag: str = "stock") -> CachedFunction:
    """A cached function that tells how many times it has run."""
    ran: list[int] = []

    def count() -> int:
        ran.append(1)
        cache_tag(tag)
        return len(ran)

    count.__name__ = tag
    return cached(caches, count)


def serving(caches: Caches, work: Callable[[], Any], path: str = "/", *, serves: bool = True) -> Any:
    """Do something within a request."""

    def request() -> Any:
        scope = RequestScope(caches, path)
        scope.serves = serves
        set_scope(scope)
        return work()

    return copy_context().run(request)


def eventually(function: CachedFunction, value: int) -> None:
    """A refresh in the background brings a value."""
    until = time.monotonic() + 30
    while call(function) != value:
        assert time.monotonic() < until
        time.sleep(0.001)


def test_update_is_read_by_the_same_request() -> None:
    """Expired now: the very next call computes, in this request and elsewhere."""
    clock = TestClock()
    caches = make_caches(clock)
    stock, other = counting(caches), counting(caches, "other")

    def work() -> tuple[Any, Any]:
        before = call(stock)
        update_tag("stock")
        clock.time += 1
        return before, call(stock)

    assert (call(other), serving(caches, work), call(stock), call(other)) == (1, (1, 2), 2, 1)


def test_revalidate_serves_the_old_result_meanwhile() -> None:
    """Stale now, refreshed in the background; gone when the profile's expire has passed."""
    clock = TestClock()
    caches = make_caches(clock)
    stock = counting(caches)
    assert call(stock) == 1
    serving(caches, lambda: revalidate_tag("stock"))
    clock.time += 1
    assert call(stock) == 1
    eventually(stock, 2)
    serving(caches, lambda: revalidate_tag("stock", "seconds"))
    clock.time += 61
    assert call(stock) == 3


def test_revalidate_with_no_time_left() -> None:
    """``expire=0`` drops the result at once."""
    caches = make_caches()
    stock = counting(caches)
    call(stock)
    serving(caches, lambda: revalidate_tag("stock", expire=0))
    assert call(stock) == 2


def test_an_invalidation_defeats_a_fill_under_way() -> None:
    """A result that was begun before it is not served to anybody who comes after it."""
    clock = TestClock()
    caches = make_caches(clock)
    began, go = threading.Event(), threading.Event()
    ran: list[int] = []

    def slow() -> int:
        ran.append(1)
        cache_tag("stock")
        began.set()
        go.wait()
        return len(ran)

    stock = cached(caches, slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(call, stock)
        began.wait()
        clock.time += 1
        serving(caches, lambda: update_tag("stock"))
        clock.time += 1
        go.set()
        assert first.result() == 1
    assert call(stock) == 2


def test_the_outer_result_goes_with_the_inner_tag() -> None:
    """What was made of an invalidated result is invalidated with it."""
    caches = make_caches()
    stock = counting(caches)
    page = cached(caches, lambda: call(stock) * 10)
    assert call(page) == 10
    serving(caches, lambda: update_tag("stock"))
    assert call(page) == 20


def test_a_path() -> None:
    """What the page of a path uses is computed anew at its next visit; other pages keep what they have."""
    clock = TestClock()
    caches = make_caches(clock)
    stock = counting(caches)
    visit = lambda path: serving(caches, lambda: call(stock), path, serves=False)  # noqa: E731
    assert [visit("/blog"), visit("/")] == [1, 1]
    serving(caches, lambda: revalidate_path("/blog/"))
    clock.time += 1
    assert [visit("/"), visit("/blog"), visit("/blog"), visit("/")] == [1, 2, 2, 2]


@pytest.mark.parametrize("path", ["blog", "", 7])
def test_no_path(path: Any) -> None:
    """What does not begin with a slash is refused."""
    with pytest.raises(ValueError, match="begins with a slash"):
        revalidate_path(path)


@pytest.mark.parametrize("serves", [None, False])
def test_update_needs_a_server_function(serves: bool | None) -> None:
    """In a page, and where no request is answered, it says what to use instead."""
    work = lambda: update_tag("stock")  # noqa: E731
    with pytest.raises(CacheScopeError, match="outside of a server function; elsewhere use revalidate_tag"):
        work() if serves is None else serving(make_caches(), work, serves=serves)


def test_update_in_a_server_function_called_by_server_code(load: Load) -> None:
    """Called as an ordinary function, as in a unit test, a server function may update too, through helpers also."""
    module = load("""
    from directives.cache import update_tag

    def helper():
        update_tag('stock')

    async def order():
        'use server'
        helper()
        return 'ordered'
    """)
    import asyncio

    assert asyncio.run(module.order()) == "ordered"
    with pytest.raises(CacheScopeError):
        module.helper()


@pytest.mark.parametrize(
    "word", [lambda: update_tag("t"), lambda: revalidate_tag("t"), lambda: revalidate_path("/")]
)
def test_not_while_computing(word: Callable[[], Any]) -> None:
    """A result does not change what it is made of."""
    caches = make_caches()
    stock = cached(caches, word)
    with pytest.raises(CacheScopeError, match=r"while shop\.<lambda> \('use cache'\) was being computed"):
        serving(caches, lambda: call(stock))


def test_what_is_no_tag() -> None:
    """The same rules as for ``cache_tag``, and for the profile those of ``cache_life``."""
    with pytest.raises(TypeError, match="a tag is a text"):
        revalidate_tag(7)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="did you mean 'hours'"):
        revalidate_tag("stock", "hour")
    with pytest.raises(ValueError, match="expire is a number"):
        revalidate_tag("stock", expire=-1)


def test_a_store_that_cannot_be_told_is_an_error() -> None:
    """Unlike a look-up that fails: silence would serve what is out of date."""
    caches = make_caches()
    stock = counting(caches)
    call(stock)

    def away(tags: Any, mark: Any, /) -> None:
        raise ConnectionError("the store is away")

    stock.handler.mark_tags = away  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        serving(caches, lambda: update_tag("stock"))


def test_a_store_that_cannot_be_told_keeps_it_from_no_other() -> None:
    """Whichever is asked first: what the others hold is gone all the same."""
    for away in ("a", "z"):
        caches = make_caches()
        stock = counting(caches)
        first = call(stock)
        caches.use(away, AwayHandler())
        with pytest.raises(ConnectionError):
            serving(caches, lambda: update_tag("stock"))
        assert call(stock) != first


def test_each_store_that_cannot_be_told_is_named() -> None:
    """The error is of the first, and says why each other one was not told."""
    caches = make_caches()
    for name in ("a", "b", "c"):
        caches.use(name, AwayHandler())
    with pytest.raises(ConnectionError) as caught:
        serving(caches, lambda: update_tag("stock"))
    assert caught.value.__notes__ == ["Another store could not be told either: the store is away"] * 2


class AwayHandler(MemoryHandler):
    """Cannot be told anything."""

    def mark_tags(self, tags: Any, mark: Any, /) -> None:
        raise ConnectionError("the store is away")
